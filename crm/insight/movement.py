"""Movement between two days: who came onto the ladder, who rose, who fell, by which step of the log. The states of titles
and of each case are compared, so that for every rung the first count, with those that came and without those that left, is
the last count. A case that began and ended between the days counts as both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from crm.insight.funnel import Conditions, Funnel, narrowed
from crm.kernel.db import db
from crm.ladder.models import (
    Case,
    CaseEvent,
    CaseStatus,
    Credential,
    CredentialEvent,
    CredentialEventKind,
    Rung,
    Stage,
)
from crm.ladder.queries import is_held, last_step
from crm.web.paging import PAGE_SIZE


class What(StrEnum):
    # Titles: held on the later day only, or on the earlier day only.
    NEW = "new"  # held none at all before
    GAINED = "gained"  # held another already
    EXPIRED = "expired"
    REVOKED = "revoked"
    # Cases under way.
    ENTERED = "entered"
    ADVANCED = "advanced"
    BACK = "back"
    CERTIFIED = "certified"
    DROPPED = "dropped"
    REJECTED = "rejected"


class Group(StrEnum):
    CAME = "came"
    ROSE = "rose"
    FELL = "fell"


GROUPS: dict[Group, tuple[What, ...]] = {
    Group.CAME: (What.NEW, What.ENTERED),
    Group.ROSE: (What.GAINED, What.ADVANCED, What.CERTIFIED),
    Group.FELL: (What.EXPIRED, What.REVOKED, What.BACK, What.DROPPED, What.REJECTED),
}
TITLES_IN, TITLES_OUT = (What.NEW, What.GAINED), (What.EXPIRED, What.REVOKED)
CASES_IN, CASES_OUT = (What.ENTERED,), (What.CERTIFIED, What.DROPPED, What.REJECTED)
ENDED = {
    CaseStatus.CERTIFIED: What.CERTIFIED,
    CaseStatus.DROPPED: What.DROPPED,
    CaseStatus.REJECTED: What.REJECTED,
}
ORDER = list(Stage)


@dataclass(frozen=True, slots=True)
class Move:
    """One firm's movement towards or on one rung. `record` is the title's or the case's id.

    `on` is the day of what is named: the first day a title is held or no longer held; of a case, the day it entered or
    ended; of one that moved on or back, the day it reached the stage where it now is.
    """

    firm_id: int
    rung: Rung
    what: What
    on: date
    record: int
    before: Stage | None = None
    after: Stage | None = None

    @property
    def is_title(self) -> bool:
        return self.what in (*TITLES_IN, *TITLES_OUT)


def movement(since: date, until: date, conditions: Conditions = ()) -> list[Move]:
    """Every movement between the ends of two days, the latest first. Three queries."""
    titles = [*_gained(since, until, conditions), *_lost(since, until, conditions)]
    found = [*titles, *case_moves(since, until, conditions)]
    return sorted(found, key=lambda move: (-move.on.toordinal(), move.firm_id, move.rung, move.what))


@dataclass(frozen=True)
class Movement:
    """A period by numbers: where its end stands, the movements of each kind and rung, the firms of each group, and the
    latest movements of each (None: all)."""

    last: Funnel
    counts: dict[tuple[What, Rung], int]
    firms: dict[Group, int]
    latest: dict[Group | None, list[Move]]  # a page, and one more where there are more


def summed(last: Funnel, moves: Sequence[Move]) -> Movement:
    """Movements up to the day of `last` by numbers. A firm may come, rise and fall; in each group it counts once."""
    firms = {group: len({move.firm_id for move in of_group(moves, group)}) for group in Group}
    latest = {group: list(of_group(moves, group))[: PAGE_SIZE + 1] for group in (None, *Group)}
    return Movement(last, dict(counted(moves)), firms, latest)


def of_group(moves: Sequence[Move], group: Group | None) -> Sequence[Move]:
    return moves if group is None else [move for move in moves if move.what in GROUPS[group]]


def counted(moves: Sequence[Move]) -> Counter[tuple[What, Rung]]:
    return Counter((move.what, move.rung) for move in moves)


def firms_of(moves: Sequence[Move], whats: Sequence[What], rung: Rung | None) -> list[int]:
    """The firms behind a number, each once."""
    return list(dict.fromkeys(m.firm_id for m in moves if m.what in whats and (rung is None or m.rung is rung)))


# --- titles --------------------------------------------------------------------------------------------------------


def _gained(since: date, until: date, conditions: Conditions) -> list[Move]:
    """Titles held on the later day by firms that did not hold the rung on the earlier one."""
    other, any_title = aliased(Credential), aliased(Credential)
    same = and_(other.firm_id == Credential.firm_id, other.rung == Credential.rung)
    on_ladder = exists().where(any_title.firm_id == Credential.firm_id, is_held(since, any_title))
    statement = (
        select(Credential.firm_id, Credential.rung, Credential.valid_from, Credential.id, on_ladder)
        .where(
            Credential.valid_from > since,
            is_held(until),
            ~exists().where(same, is_held(since, other)),
        )
        .order_by(Credential.valid_from, Credential.id)
    )
    found: dict[tuple[int, Rung], Move] = {}
    for firm_id, rung, on, record, was_there in db.session.execute(narrowed(statement, Credential.firm_id, conditions)):
        what = What.GAINED if was_there else What.NEW
        found[firm_id, rung] = Move(firm_id, rung, what, on, record)
    return list(found.values())


def _lost(since: date, until: date, conditions: Conditions) -> list[Move]:
    """Rungs held on the earlier day and not on the later one, each with the firm's last title of it and how that ended."""
    held, other, last = aliased(Credential), aliased(Credential), aliased(Credential)
    gone = select(held.firm_id, held.rung).where(
        is_held(since, held),
        or_(held.valid_to < until, held.ended_on <= until),
        ~exists().where(other.firm_id == held.firm_id, other.rung == held.rung, is_held(until, other)),
    )
    pairs = gone.distinct().subquery()
    last_id = (
        select(last.id)
        .where(last.firm_id == pairs.c.firm_id, last.rung == pairs.c.rung, last.valid_from <= until)
        .order_by(last.valid_from.desc(), last.id.desc())
        .limit(1)
        .correlate(pairs)
        .scalar_subquery()
    )
    was_revoked = exists().where(
        CredentialEvent.credential_id == Credential.id,
        CredentialEvent.kind == CredentialEventKind.REVOKED,
        CredentialEvent.on <= until,
    )
    statement = (
        select(
            Credential.firm_id,
            Credential.rung,
            Credential.id,
            Credential.valid_to,
            case((Credential.ended_on <= until, Credential.ended_on)).label("ended_on"),
            was_revoked,
        )
        .select_from(pairs)
        .join(Credential, Credential.id == last_id)
    )
    return [
        Move(firm_id, rung, What.REVOKED if revoked else What.EXPIRED, ended_on or valid_to + timedelta(days=1), record)
        for firm_id, rung, record, valid_to, ended_on, revoked in db.session.execute(
            narrowed(statement, Credential.firm_id, conditions)
        )
    ]


# --- cases ---------------------------------------------------------------------------------------------------------


def case_moves(since: date, until: date, conditions: Conditions = (), rung: Rung | None = None) -> list[Move]:
    """What became of the cases with a step between the days: each stood somewhere on both."""
    touched = (
        select(CaseEvent.case_id, func.min(CaseEvent.on).label("first"))
        .where(CaseEvent.on > since, CaseEvent.on <= until)
        .group_by(CaseEvent.case_id)
        .subquery()
    )
    was, now = aliased(CaseEvent), aliased(CaseEvent)
    steps = (was.to_stage, was.to_status, now.to_stage, now.to_status, now.on, touched.c.first)
    statement = (
        select(Case.firm_id, Case.rung, Case.id, *steps)
        .join(touched, touched.c.case_id == Case.id)
        .join(now, now.id == last_step(until))
        .outerjoin(was, was.id == last_step(since))
    )
    if rung is not None:
        statement = statement.where(Case.rung == rung)
    rows = db.session.execute(narrowed(statement, Case.firm_id, conditions))
    return [move for row in rows for move in _case_moves(*row)]


def _case_moves(
    firm_id: int,
    rung: Rung,
    record: int,
    before: Stage | None,
    was: CaseStatus | None,
    after: Stage,
    status: CaseStatus,
    last: date,
    first: date,
) -> Iterator[Move]:
    """What became of a case. One that began and ended between the days did both: the numbers still add up."""
    was_open, is_open = was is CaseStatus.OPEN, status is CaseStatus.OPEN
    stood = before if was_open else None
    if not was_open and (is_open or was is not status):
        yield Move(firm_id, rung, What.ENTERED, first, record, None, after)
    if not is_open and (was_open or was is not status):
        yield Move(firm_id, rung, ENDED[status], last, record, stood, after)
    if was_open and is_open and before is not None and before is not after:
        what = What.ADVANCED if ORDER.index(after) > ORDER.index(before) else What.BACK
        yield Move(firm_id, rung, what, last, record, before, after)
