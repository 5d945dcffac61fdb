"""Tasks as the shared task list takes them (templates/_components/tasks.html)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from crm.kernel import clock
from crm.visits.models import Task, TaskState
from crm.visits.words import TASK_STATES
from crm.web.formatting import day

SOON = timedelta(days=7)


def task_item(task: Task, *, with_firm: bool = True) -> dict[str, Any]:
    """One line. Its tick ends the task and leads back to the page that shows it."""
    is_open = task.state is TaskState.OPEN
    today = clock.today()
    ended_on = None if task.ended_at is None else task.ended_at.astimezone(clock.LOCAL).date()
    shown_on = task.due_on if ended_on is None else ended_on
    text = day(shown_on) if is_open else _("%(state)s · %(on)s", state=TASK_STATES[task.state], on=day(shown_on))
    return {
        "title": task.title,
        "href": url_for("visits.edit_task" if is_open else "visits.end_task", task_id=task.id),
        "due": text,
        "iso": shown_on.isoformat(),
        "due_state": _due_state(task, today) if is_open else "done",
        "who": task.assignee.name,
        "firm": task.firm.name if with_firm else None,
        "firm_href": url_for("desk.firm", firm_id=task.firm_id) if with_firm else None,
        "done_url": url_for("visits.end_task", task_id=task.id, next=request.full_path.rstrip("?"))
        if is_open
        else None,
    }


def _due_state(task: Task, today: Any) -> str:
    if task.due_on < today:
        return "overdue"
    return "soon" if task.due_on <= today + SOON else "later"
