"""Reads of the officer's day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import contains_eager

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.duties.queries import due, notices_between, scope_of
from crm.duties.selects import Wanted
from crm.duties.showing import Line, line, lines, span
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm, FirmStatus
from crm.firms.proposals.models import Decision, Proposal, ProposalField
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder.models import Case, CaseStatus, Stage
from crm.visits.models import Task, Visit
from crm.visits.queries import TaskFilter, Which, Whose, tasks_in

VISIT_EVERY = timedelta(days=90)
STUCK_AFTER = timedelta(days=90)
TASKS_AHEAD = timedelta(days=14)
NOTICES_SHOWN = timedelta(days=6)  # besides today: who is away for a weekend misses none


class Watch(StrEnum):
    """What to keep an eye on; each is a list of its own."""

    STUCK = "stuck"  # cases that stand still
    UNVISITED = "unvisited"  # firms nobody visited for long


@dataclass(frozen=True)
class Watched:
    """A firm on one of the lists, and the record that put it there (None for an unvisited firm)."""

    firm: Firm
    record: Any
    since: date | None


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


def watched(desk: Desk, watch: Watch, *, limit: int, offset: int = 0) -> Sequence[Watched]:
    """The firms of one list, the most pressing first."""
    statement = _LISTS[watch](desk).limit(limit).offset(offset)
    return [Watched(*row) for row in db.session.execute(statement)]


def _stuck(desk: Desk) -> Select:
    """Open cases that have stood on one stage for long, and are not waiting for the authority's decision."""
    in_charge = or_(Firm.officer_id == desk.user.id, Case.officer_id == desk.user.id)
    return (
        select(Firm, Case, Case.stage_since)
        .join(Firm, Firm.id == Case.firm_id)
        .where(
            Case.status == CaseStatus.OPEN,
            Case.stage.in_((Stage.POOL, Stage.CULTIVATING, Stage.READY)),
            Case.stage_since <= clock.today() - STUCK_AFTER,
            desk.scope,
            *([in_charge] if desk.own else []),
        )
        .order_by(Case.stage_since, Case.id)
    )


def _unvisited(desk: Desk) -> Select:
    """Firms in business without a visit for the term: the longest first for one's own, by name in a wide scope."""
    visits = select(Visit.on).where(Visit.firm_id == Firm.id)
    last = select(func.max(Visit.on)).where(Visit.firm_id == Firm.id).scalar_subquery()
    order = (func.coalesce(last, date.min), Firm.sort_key, Firm.id) if desk.own else (Firm.sort_key, Firm.id)
    return (
        select(Firm, last.label("visit"), last.label("since"))
        .where(
            Firm.status == FirmStatus.ACTIVE,
            ~visits.where(Visit.on > clock.today() - VISIT_EVERY).exists(),
            desk.firms,
        )
        .order_by(*order)
    )


_LISTS = {Watch.STUCK: _stuck, Watch.UNVISITED: _unvisited}


@dataclass(frozen=True)
class Calendar:
    """What the calendar says for the day: what is overdue, what is due in a month, what was announced this week."""

    overdue: Sequence[Line]
    soon: Sequence[Line]
    notices: Sequence[tuple[Line, int]]  # with the months ahead


def calendar(desk: Desk, limit: int) -> Calendar:
    """The first of each list; titles and yearly duties alike."""
    today = clock.today()
    condition = scope_of(desk.user, *([Firm.officer_id == desk.user.id] if desk.own else []))

    def some(within: str) -> list[Line]:
        since, until = span(within, today)
        return lines(due(condition, Wanted(on=today, since=since, until=until), limit=limit), desk.user, today)

    announced = notices_between(today - NOTICES_SHOWN, today, condition, limit=limit)
    return Calendar(
        some("overdue"), some("1"), [(line(notice.due, desk.user, today), notice.months) for notice in announced]
    )


def due_tasks(desk: Desk, limit: int) -> Sequence[Task]:
    """Open tasks due within the next days or overdue, the earliest first."""
    wanted = TaskFilter(whose=Whose.MINE if desk.own else Whose.ALL, which=Which.OPEN)
    statement = tasks_in(desk.scope, desk.user, wanted).where(Task.due_on <= clock.today() + TASKS_AHEAD)
    return db.session.scalars(statement.limit(limit)).all()


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
        .options(contains_eager(Proposal.firm))
        .order_by(Proposal.id)
        .limit(limit)
    )
    return [(proposal, number) for proposal, number in rows]
