"""Reads of the visits room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from crm.accounts.models import SYSTEM_EMAIL, Organisation, User
from crm.accounts.permissions import Role
from crm.firms.loaders import visible_firms
from crm.firms.models import Contact, Firm
from crm.kernel import clock
from crm.kernel.db import db
from crm.visits.models import Need, NeedState, Task, TaskState, Visit
from crm.web.paging import PAGE_SIZE, Page, page_of

Scope = ColumnElement[bool]  # a condition on `Firm`, from `visible_firms`
MOST_OPEN = 50  # of one firm, shown at once


def _may_see(firm: Firm) -> ColumnElement[bool]:
    """Staff whose organisation is the firm's or stands above it."""
    above = [int(step) for step in firm.organisation.path.split("/") if step]
    return (
        (User.role != Role.FIRM)
        & User.disabled.is_(False)
        & (User.email != SYSTEM_EMAIL)
        & User.organisation_id.in_(above)
    )


def staff_for(firm: Firm) -> Sequence[User]:
    """Who can be given a task about the firm: its own park's people first."""
    return db.session.scalars(
        select(User)
        .join(Organisation, Organisation.id == User.organisation_id)
        .where(_may_see(firm))
        .options(contains_eager(User.organisation))
        .order_by(Organisation.path.desc(), User.name, User.id)
    ).all()


def staff_member_for(firm: Firm, user_id: int) -> User | None:
    """This person, if they can be given a task about the firm."""
    return db.session.scalar(select(User).where(_may_see(firm), User.id == user_id))


def contacts_of(firm: Firm) -> Sequence[Contact]:
    return db.session.scalars(
        select(Contact).where(Contact.firm_id == firm.id).order_by(Contact.main.desc(), Contact.id).limit(MOST_OPEN)
    ).all()


def visits_of(firm: Firm, page: int) -> Page[Visit]:
    """The firm's visits, newest first."""
    rows = db.session.scalars(
        select(Visit)
        .where(Visit.firm_id == firm.id)
        .options(
            joinedload(Visit.officer).joinedload(User.organisation),
            selectinload(Visit.documents),
            selectinload(Visit.needs),
            selectinload(Visit.tasks),
        )
        .order_by(Visit.on.desc(), Visit.id.desc())
        .limit(PAGE_SIZE + 1)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    return page_of(rows, page)


def visit_of_today(officer: User, firm: Firm) -> Visit | None:
    """The last visit to the firm that this person has already told of today."""
    told = (Visit.firm_id == firm.id, Visit.officer_id == officer.id, Visit.on == clock.today())
    return db.session.scalar(select(Visit).where(*told).order_by(Visit.id.desc()).limit(1))


def open_tasks(firm: Firm) -> Sequence[Task]:
    """What is still promised to the firm, the earliest due first."""
    return db.session.scalars(
        select(Task)
        .where(Task.firm_id == firm.id, Task.state == TaskState.OPEN)
        .options(joinedload(Task.assignee))
        .order_by(Task.due_on, Task.id)
        .limit(MOST_OPEN)
    ).all()


def open_needs(firm: Firm) -> Sequence[Need]:
    """What the firm asked for and nobody answered yet, the oldest first."""
    return db.session.scalars(
        select(Need)
        .where(Need.firm_id == firm.id, Need.state == NeedState.OPEN)
        .options(joinedload(Need.document))
        .order_by(Need.raised_on, Need.id)
        .limit(MOST_OPEN)
    ).all()


class Whose(StrEnum):
    MINE = "mine"
    ALL = "all"


class Which(StrEnum):
    OPEN = "open"
    OVERDUE = "overdue"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class TaskFilter:
    whose: Whose = Whose.MINE
    which: Which = Which.OPEN
    firm_id: int | None = None


def tasks_in(scope: Scope, user: User, wanted: TaskFilter) -> Select[Task]:
    """The tasks the filter asks for, of the firms of a scope: open ones by due date, ended ones newest first."""
    statement = (
        select(Task)
        .join(Firm, Firm.id == Task.firm_id)
        .where(scope)
        .options(contains_eager(Task.firm), joinedload(Task.assignee), joinedload(Task.ended_by))
    )
    if wanted.whose is Whose.MINE:
        statement = statement.where(Task.assignee_id == user.id)
    if wanted.firm_id is not None:
        statement = statement.where(Task.firm_id == wanted.firm_id)
    if wanted.which is Which.ENDED:
        return statement.where(Task.state != TaskState.OPEN).order_by(Task.ended_at.desc(), Task.id.desc())
    statement = statement.where(Task.state == TaskState.OPEN).order_by(Task.due_on, Task.id)
    return statement.where(Task.due_on < clock.today()) if wanted.which is Which.OVERDUE else statement


def tasks_page(user: User, wanted: TaskFilter, page: int) -> Page[Task]:
    statement = tasks_in(visible_firms(user), user, wanted).limit(PAGE_SIZE + 1).offset((page - 1) * PAGE_SIZE)
    return page_of(db.session.scalars(statement).all(), page)
