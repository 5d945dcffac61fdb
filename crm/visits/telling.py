"""Who is told of tasks and needs: whoever is given a task and when it is due; the firm when its need is answered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crm.accounts.models import User
from crm.firms.people import in_charge
from crm.firms.telling import tell_both
from crm.kernel import audit
from crm.kernel.db import db
from crm.notices.models import NoticeKind
from crm.notices.reminders import Reminder, remind
from crm.notices.service import notify, path_of
from crm.visits.models import Need, NeedStep, Task, TaskState

LATE_FOR = timedelta(days=7)  # how long ago the date of a task may be of which nobody was told


def tell_task_given(task: Task) -> None:
    """Whoever has it now, unless they took it themselves."""
    actor_id = audit.signed_by(db.session)
    if actor_id is None or actor_id == task.assignee_id:
        return
    notify(
        [task.assignee],
        NoticeKind.TASK_GIVEN,
        key=f"task {task.id} given {task.assignee_id} {task.version}",
        path=path_of("visits.tasks"),
        firm_id=task.firm_id,
        by=db.session.get_one(User, actor_id).name,
        task=task.title,
    )


def tell_need_given(need: Need) -> None:
    """Whoever is to answer it now, unless they took it themselves."""
    actor_id = audit.signed_by(db.session)
    if actor_id is None or need.assignee is None or actor_id == need.assignee_id:
        return
    notify(
        [need.assignee],
        NoticeKind.NEED_GIVEN,
        key=f"need {need.id} given {need.assignee_id} {need.version}",
        path=path_of("visits.answer_need", need_id=need.id),
        firm_id=need.firm_id,
        by=db.session.get_one(User, actor_id).name,
        firm=need.firm.name,
        need=need.text,
        due=need.due_on,
    )


def tell_need_raised(need: Need, *, again: bool = False) -> None:
    """Whoever is in charge, unless they wrote it down themselves on a visit; `again`: also who answered before."""
    _tell_staff(need, NoticeKind.NEED_RAISED, f"need {need.id} raised again" if again else f"need {need.id} raised")


def tell_need_rated(need: Need) -> None:
    """Whoever is in charge, and who answered."""
    _tell_staff(need, NoticeKind.NEED_RATED, f"need {need.id} rated {need.version}", stars=need.rating)


def _tell_staff(need: Need, kind: NoticeKind, key: str, **values: Any) -> None:
    people = [*in_charge(need.firm), *([need.answered_by] if need.answered_by is not None else [])]
    path, firm = path_of("visits.answer_need", need_id=need.id), need.firm
    notify(people, kind, key=key, path=path, firm_id=firm.id, firm=firm.name, need=need.text, **values)


def tell_need_answered(need: Need) -> None:
    tell_both(
        need.firm,
        NoticeKind.NEED_ANSWERED,
        key=f"need {need.id} answered {need.version}",
        staff_path=path_of("visits.answer_need", need_id=need.id),
        own_path=path_of("portal.own_need", need_id=need.id),
        need=need.text,
    )


def tell_taken_on(need: Need) -> None:
    """The firm, and those in charge of it: who takes the matter through all offices."""
    assert need.assignee is not None
    _tell_of_agency(
        need, NoticeKind.NEED_TAKEN_ON, f"need {need.id} taken on {need.assignee_id}", agent=need.assignee.name
    )


def tell_step_taken(step: NeedStep) -> None:
    words = step.text if step.office is None else f"{step.office}：{step.text}"
    _tell_of_agency(step.need, NoticeKind.NEED_STEP_TAKEN, f"need step {step.id}", step=words)


def _tell_of_agency(need: Need, kind: NoticeKind, key: str, **values: Any) -> None:
    tell_both(
        need.firm,
        kind,
        key=key,
        staff_path=path_of("visits.answer_need", need_id=need.id),
        own_path=path_of("portal.own_need", need_id=need.id),
        need=need.text,
        **values,
    )


def remind_of_tasks() -> None:
    """Once a day: tasks whose date has come, to whoever has them."""
    remind("tasks", _tasks_due)


def _tasks_due(today: date) -> Iterator[Reminder]:
    due = select(Task).where(Task.state == TaskState.OPEN, Task.due_on.between(today - LATE_FOR, today))
    for task in db.session.scalars(due.options(joinedload(Task.assignee)).order_by(Task.due_on, Task.id)):
        told = {
            "key": f"task {task.id} due {task.due_on.isoformat()}",
            "path": path_of("visits.tasks"),
            "firm_id": task.firm_id,
            "task": task.title,
            "due": task.due_on,
        }
        yield [task.assignee], NoticeKind.TASK_DUE, told
