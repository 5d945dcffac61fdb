"""Which firms a person's device keeps: those they are about to see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Select, func, select

from crm.accounts.models import User
from crm.desk.queries import Desk
from crm.firms.models import Firm, FirmStatus
from crm.kernel import clock
from crm.kernel.db import db
from crm.visits.models import PlannedState, PlannedVisit, Task, TaskState, Visit

MOST = 40  # firms on one device
PLANS_AHEAD = timedelta(days=7)
TASKS_AHEAD = timedelta(days=14)


def plans_ahead(user: User) -> Sequence[PlannedVisit]:
    """What the person has to visit, from what is overdue to a week ahead."""
    statement = (
        select(PlannedVisit)
        .where(
            PlannedVisit.officer_id == user.id,
            PlannedVisit.state == PlannedState.PLANNED,
            PlannedVisit.on.between(clock.today() - PLANS_AHEAD, clock.today() + PLANS_AHEAD),
        )
        .order_by(PlannedVisit.on, PlannedVisit.id)
        .limit(MOST)
    )
    return db.session.scalars(statement).all()


def firms_ahead(user: User, plans: Sequence[PlannedVisit]) -> list[Firm]:
    """At most `MOST` firms in the person's scope: planned visits, then tasks due, then the own firms nobody saw for long."""
    desk = Desk.of(user)
    due = (
        select(Firm.id)
        .join(Task, Task.firm_id == Firm.id)
        .where(Task.assignee_id == user.id, Task.state == TaskState.OPEN, Task.due_on <= clock.today() + TASKS_AHEAD)
        .group_by(Firm.id)
        .order_by(func.min(Task.due_on), Firm.id)
    )
    last = select(func.max(Visit.on)).where(Visit.firm_id == Firm.id).scalar_subquery()
    unseen = (
        select(Firm.id)
        .where(Firm.officer_id == user.id, Firm.status == FirmStatus.ACTIVE)
        .order_by(last.is_not(None), last, Firm.id)
    )
    wanted = list(dict.fromkeys([plan.firm_id for plan in plans] + _ids(due) + _ids(unseen)))[:MOST]
    firms = {firm.id: firm for firm in db.session.scalars(select(Firm).where(Firm.id.in_(wanted), desk.scope))}
    return [firms[each] for each in wanted if each in firms]


def _ids(statement: Select) -> list[int]:
    return list(db.session.scalars(statement.limit(MOST)))
