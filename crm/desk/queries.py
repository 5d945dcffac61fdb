"""Reads of the officer's day: whose day it is, and what waits on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, null, or_, select, union_all
from sqlalchemy.orm import contains_eager, joinedload, load_only

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.accounts.scope import sees_all
from crm.applications.machine import UNDECIDED
from crm.applications.models import Application, Programme
from crm.applications.models import Window as ProgrammeWindow
from crm.duties.queries import Due, Notice, announced_between, due_of_each, told_ahead
from crm.duties.selects import Wanted
from crm.duties.showing import span
from crm.firms.loaders import visible_firms
from crm.firms.models import Contact, Firm
from crm.firms.proposals.models import Decision, Proposal, ProposalField
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder.models import Case, CaseStatus, Purpose, Rung, Stage
from crm.policy import Notice as Announcement
from crm.policy import Window, closing_window, regions_told
from crm.visits.models import Need, PlannedState, PlannedVisit, Task
from crm.visits.needs import NeedFilter, needs_page
from crm.visits.planning_queries import NOT_TOLD_FOR, open_plans
from crm.visits.queries import TaskFilter, Whose, tasks_in

NEXT_WITHIN = timedelta(days=14)
ANNOUNCED = timedelta(days=6)  # besides today: who is away for a weekend misses none


@dataclass(frozen=True)
class Desk:
    """Whose day it is. `scope` is the condition on `Firm` of what they see, made once a page;
    `own`: their lists are about the firms in their charge only."""

    user: User
    scope: ColumnElement[bool]
    own: bool

    @classmethod
    def of(cls, user: User) -> Desk:
        """An officer's day is about their own firms; who signs off for others sees the whole scope."""
        return cls(user, visible_firms(user), own=not user.can(Permission.SIGN_OFF))

    @property
    def firms(self) -> ColumnElement[bool]:
        return self.scope & (Firm.officer_id == self.user.id) if self.own else self.scope

    @property
    def narrowed(self) -> ColumnElement[bool] | None:
        """The same; None where it is every firm there is, which spares the calendar looking at each."""
        return None if sees_all(self.user) and not self.own else self.firms


# --- visits --------------------------------------------------------------------------------------------------------


def visits_until_today(desk: Desk, limit: int) -> Sequence[PlannedVisit]:
    """Planned visits of today, and those of the last weeks that nobody told of yet; one's own before those of others."""
    today = clock.today()
    mine = PlannedVisit.officer_id == desk.user.id
    # Which ones first, then their firms: of a city's plans only the few that are shown look theirs up.
    few = select(PlannedVisit.id).where(
        PlannedVisit.state == PlannedState.PLANNED, PlannedVisit.on.between(today - NOT_TOLD_FOR, today)
    )
    if desk.own:
        few = few.where(mine)
    if not sees_all(desk.user):
        few = few.where(PlannedVisit.firm_id.in_(select(Firm.id).where(desk.scope)))
    few = few.order_by(~mine, *_IN_ORDER).limit(limit)
    statement = open_plans(PlannedVisit.id.in_(few)).order_by(None).order_by(~mine, *_IN_ORDER)
    return db.session.scalars(statement).all()


_IN_ORDER = (PlannedVisit.on, PlannedVisit.starts_at.is_(None), PlannedVisit.starts_at, PlannedVisit.id)


def visits_ahead(desk: Desk, limit: int) -> Sequence[PlannedVisit]:
    """One's own visits of the next days."""
    today = clock.today()
    statement = open_plans(
        PlannedVisit.officer_id == desk.user.id,
        PlannedVisit.on > today,
        PlannedVisit.on <= today + NEXT_WITHIN,
        desk.scope,
    )
    return db.session.scalars(statement.limit(limit)).all()


def telephones(firms: Sequence[Firm]) -> dict[int, tuple[str | None, str]]:
    """Whom to call at each firm: (name, number) of its first contact that has one, else its own number. One query."""
    found: dict[int, tuple[str | None, str]] = {firm.id: (None, firm.telephone) for firm in firms if firm.telephone}
    if not firms:
        return found
    contacts = db.session.scalars(
        select(Contact)
        .where(Contact.firm_id.in_([firm.id for firm in firms]), Contact.telephone.is_not(None))
        .order_by(Contact.main, Contact.id.desc())
    )
    for contact in contacts:
        found[contact.firm_id] = (contact.name, contact.telephone or "")
    return found


# --- what is due ---------------------------------------------------------------------------------------------------


def tasks_due(desk: Desk, since: date | None, until: date, limit: int) -> Sequence[Task]:
    """Open tasks due in these days, the earliest first."""
    statement = tasks_in(desk.scope, desk.user, TaskFilter(whose=Whose.MINE if desk.own else Whose.ALL))
    statement = statement.where(Task.due_on <= until)
    if since is not None:
        statement = statement.where(Task.due_on >= since)
    # Dozens are counted and a few shown: of a firm and a person only what a line says.
    named = (contains_eager(Task.firm).load_only(Firm.name), joinedload(Task.assignee).load_only(User.name))
    statement = statement.options(load_only(Task.title, Task.due_on), *named)
    return db.session.scalars(statement.limit(limit)).all()


@dataclass(frozen=True)
class Duties:
    """Titles and yearly duties: due within a month, overdue, and what entered one of its notice levels this week; of each
    the earliest first."""

    soon: list[Due]
    overdue: list[Due]
    announced: list[Notice]


def duties_due(desk: Desk, limit: int) -> Duties:
    """So many of each at most."""
    today = clock.today()
    asked = [Wanted(on=today, since=since, until=until) for since, until in (span("1", today), span("overdue", today))]
    week = today - ANNOUNCED, today
    announced = announced_between(*week)
    soon, overdue, *ahead = due_of_each(desk.narrowed, [*asked, *([announced] if announced else [])], limit=limit)
    return Duties(soon, overdue, told_ahead(ahead[0], *week) if ahead else [])


@dataclass(frozen=True)
class Closing:
    """A window in which firms apply, that closes soon; and how many firms have a case that was not handed in yet."""

    rung: Rung
    announcement: Announcement
    window: Window
    firms: int


def windows_closing(desk: Desk) -> list[Closing]:
    """Windows of the notices in force that close soon, for which somebody prepares; the first to close first. One query."""
    today = clock.today()
    regions = {rung: regions_told(rung.value) for rung in Rung}
    closing = [
        (rung, purpose)
        for rung in Rung
        for purpose in Purpose
        if any(closing_window(rung.value, today, purpose.value, region) for region in regions[rung])
    ]
    if not closing:
        return []
    found: dict[tuple[str, str], Closing] = {}
    for row in db.session.execute(
        _preparing(desk, closing, by_division=any(regions[rung] - {None} for rung, _ in closing))
    ):
        told = closing_window(row.rung.value, today, row.purpose.value, row.division_code)
        if told is None:
            continue
        notice, window = told
        key = (notice.id, window.fingerprint)
        before = found[key].firms if key in found else 0
        found[key] = Closing(row.rung, notice, window, before + row.number)
    return sorted(found.values(), key=lambda each: each.window.until)


def _preparing(desk: Desk, closing: Sequence[tuple[Rung, Purpose]], *, by_division: bool) -> Select[Any]:
    """Open cases before their application by rung and purpose; the firms are looked at only where it matters which they are."""
    division: Any = Firm.division_code if by_division else null()
    columns = (Case.rung, Case.purpose, division.label("division_code"))
    asked = or_(*(and_(Case.rung == rung, Case.purpose == purpose) for rung, purpose in closing))
    found = (
        select(*columns, func.count().label("number"))
        .select_from(Case)
        .where(Case.status == CaseStatus.OPEN, Case.stage.in_((Stage.POOL, Stage.CULTIVATING, Stage.READY)), asked)
        .group_by(Case.rung, Case.purpose, *([division] if by_division else []))
    )
    if by_division or desk.narrowed is not None:
        found = found.join(Firm, Firm.id == Case.firm_id).where(desk.firms)
    return found


# --- who waits for an answer ---------------------------------------------------------------------------------------


def waiting_proposals(desk: Desk, limit: int) -> Sequence[tuple[Proposal, int]]:
    """Proposals to decide on in the scope, the longest waiting first, each with its number of open fields."""
    pending = (
        select(func.count())
        .where(ProposalField.proposal_id == Proposal.id, ProposalField.decision == Decision.PENDING)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Proposal, pending)
        .join(Firm, Firm.id == Proposal.firm_id)
        .where(Proposal.open, desk.scope)
        .options(contains_eager(Proposal.firm).load_only(Firm.name))
        .order_by(Proposal.id)
        .limit(limit)
    )
    return [(proposal, number) for proposal, number in rows]


def waiting_applications(desk: Desk, limit: int) -> Sequence[Application]:
    """Applications in the scope that wait for the park's review or recommendation, the longest waiting first."""
    seen = [] if sees_all(desk.user) else [select(Firm.id).where(Firm.id == Application.firm_id, desk.scope).exists()]
    # Each state's are met along its index in order, until there are enough; only those look up what a line says.
    in_order = (Application.state_since, Application.id)
    few = [
        select(Application.id).where(Application.state == state, *seen).order_by(*in_order).limit(limit).subquery()
        for state in UNDECIDED
    ]
    return db.session.scalars(
        select(Application)
        .join(Firm, Firm.id == Application.firm_id)
        .join(Application.window)
        .join(ProgrammeWindow.programme)
        .where(Application.id.in_(union_all(*(select(each) for each in few))))
        .options(
            load_only(Application.state, Application.state_since),
            contains_eager(Application.firm).load_only(Firm.name),
            contains_eager(Application.window)
            .load_only(ProgrammeWindow.id)
            .contains_eager(ProgrammeWindow.programme)
            .load_only(Programme.title, Programme.title_en),
        )
        .order_by(*in_order)
        .limit(limit)
    ).all()


def waiting_needs(desk: Desk) -> Sequence[Need]:
    """What firms asked for and nobody answered yet, by the day on which it is to be answered; a page of them at most."""
    return needs_page(desk.user, NeedFilter(officer_id=desk.user.id if desk.own else None), 1).rows
