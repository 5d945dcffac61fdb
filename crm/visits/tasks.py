"""Verbs of tasks: what somebody promised to do by when. Each flushes; the request commits all of it or nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from flask_babel import gettext as _

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotAllowedError
from crm.visits.models import Task, TaskState, Visit
from crm.visits.queries import staff_for, staff_member_for
from crm.visits.telling import tell_task_given
from crm.visits.words import TASK_FIELDS
from crm.web.conflict import check_version, plain_words


@dataclass(frozen=True, kw_only=True)
class Promised:
    """A task promised: what, by when, by whom."""

    title: str
    due_on: date
    assignee_id: int


def plan_task(actor: User, firm: Firm, promised: Promised, *, visit: Visit | None = None) -> Task:
    """Put a task on someone's list. Only staff who can see the firm may be given one."""
    require_logging(actor)
    task = Task(
        firm=firm,
        visit=visit,
        title=_title(promised, "tasks" if visit else "title"),
        due_on=promised.due_on,
        assignee=_assignee(firm, promised, "tasks" if visit else "assignee_id"),
    )
    db.session.add(task)
    db.session.flush()
    tell_task_given(task)
    return task


def _title(promised: Promised, field: str) -> str:
    title = promised.title.strip()
    if not title:
        raise DomainError(_("请写明要办的事。"), field=field)
    return title


def _assignee(firm: Firm, promised: Promised, field: str) -> User:
    assignee = staff_member_for(firm, promised.assignee_id)
    if assignee is None:
        raise DomainError(_("承办人须是能看到这家企业的在职人员，请重新选择。"), field=field)
    return assignee


def change_task(actor: User, task: Task, promised: Promised, *, version: int | str | None) -> Task:
    """Word an open task anew, put it off, or hand it to another. Who has it may keep it, also when they have left."""
    require_logging(actor)
    _require_open_task(task)
    names = {person.id: person.name for person in [*staff_for(task.firm), task.assignee]}
    check_version(
        task,
        version,
        asdict(promised),
        TASK_FIELDS,
        lambda field, value: names.get(value, value) if field == "assignee_id" else plain_words(value),
    )
    task.title, task.due_on = _title(promised, "title"), promised.due_on
    handed_on = promised.assignee_id != task.assignee_id
    if handed_on:
        task.assignee = _assignee(task.firm, promised, "assignee_id")
    db.session.flush()
    if handed_on:
        tell_task_given(task)
    return task


def end_task(actor: User, task: Task, *, state: TaskState, outcome: str | None = None) -> Task:
    """Settle an open task as done, or drop it with the reason in `outcome`."""
    require_logging(actor)
    _require_open_task(task)
    outcome = (outcome or "").strip() or None
    if state is TaskState.DROPPED and outcome is None:
        raise DomainError(_("不再办理要写明原因。"), field="outcome")
    task.state, task.outcome = state, outcome
    task.ended_at, task.ended_by = clock.now(), actor
    db.session.flush()
    return task


def reopen_task(actor: User, task: Task) -> Task:
    """Undo the end of a task: it is open again, as it was."""
    require_logging(actor)
    if task.state is TaskState.OPEN:
        raise DomainError(_("这件事已经是待办，请刷新页面。"))
    task.state = TaskState.OPEN
    task.outcome, task.ended_at, task.ended_by = None, None, None
    db.session.flush()
    return task


def _require_open_task(task: Task) -> None:
    if task.state is not TaskState.OPEN:
        who = task.ended_by.name if task.ended_by else ""
        raise DomainError(_("这件事已经了结（%(who)s），请刷新页面。如要再办，请先撤销。", who=who))


def require_logging(actor: User) -> None:
    """Raise NotAllowedError for who may not write down visits, tasks and answers."""
    if not actor.can(Permission.LOG_VISITS):
        raise NotAllowedError(_("您没有记录走访和任务的权限。"))
