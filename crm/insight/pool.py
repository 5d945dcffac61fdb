"""The pool of one rung over a year: which cases stood in it, came in and went out, by channel and by person in charge.

Counted by cases and by the states of two days, as movement is: the first day's count, with those that came in and without
those that went out, is the last day's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, Subquery, and_, func, or_, select

from crm.accounts.models import User
from crm.firms.models import Firm, SourceChannel
from crm.insight.funnel import Conditions, narrowed
from crm.insight.movement import CASES_IN, CASES_OUT, Move, case_moves
from crm.insight.reasons import Explained, explained
from crm.kernel import clock
from crm.kernel.bulk import rows_where_in
from crm.kernel.db import db
from crm.ladder.models import Case, CaseEvent, CaseStatus, Rung
from crm.ladder.queries import last_step


class Part(StrEnum):
    """What a number of the pool counts."""

    FIRST = "first"  # stood in it when the year began
    ENTERED = "entered"
    CERTIFIED = "certified"
    DROPPED = "dropped"
    REJECTED = "rejected"
    LAST = "last"  # stood in it when the year ended, or stands in it today


ENDS = {
    Part.CERTIFIED: CaseStatus.CERTIFIED,
    Part.DROPPED: CaseStatus.DROPPED,
    Part.REJECTED: CaseStatus.REJECTED,
}
NOBODY = 0  # instead of the id of a person in charge


def span(year: int) -> tuple[date, date]:
    """The day before the year, and its last day or today."""
    return date(year - 1, 12, 31), min(date(year, 12, 31), clock.today())


@dataclass(frozen=True)
class Pool:
    """Numbers of cases by part, and by channel (None: nobody knows) or person in charge (None: nobody)."""

    total: Counter[Part]
    channels: dict[SourceChannel | None, Counter[Part]]
    officers: dict[int | None, Counter[Part]]


def pool(rung: Rung, year: int, conditions: Conditions = ()) -> Pool:
    """Count a rung's pool over a year. One query."""
    states = _states(rung, *span(year))
    kept = (states.c.officer_id, states.c.was, states.c.now)
    statement = (
        select(Firm.source_channel, *kept, func.count())
        .join(Firm, Firm.id == states.c.firm_id)
        .group_by(Firm.source_channel, *kept)
    )
    found = Pool(Counter(), {}, {})
    for channel, officer_id, was, now, number in db.session.execute(narrowed(statement, states.c.firm_id, conditions)):
        for part in _parts(was, now):
            for counter in (
                found.total,
                found.channels.setdefault(channel, Counter()),
                found.officers.setdefault(officer_id, Counter()),
            ):
                counter[part] += number
    return found


def _parts(was: CaseStatus | None, now: CaseStatus | None) -> list[Part]:
    first, last = was is CaseStatus.OPEN, now is CaseStatus.OPEN
    ended = next((part for part, status in ENDS.items() if now is status and was is not status), None)
    parts = {Part.FIRST: first, Part.ENTERED: not first and was is not now, Part.LAST: last}
    return [part for part, counts in parts.items() if counts] + ([ended] if ended else [])


def firms_in(part: Part, rung: Rung, year: int, officer: int | None = None) -> ColumnElement[bool]:
    """The firms behind a number; `officer`: those in that person's charge (NOBODY: in nobody's)."""
    states = _states(rung, *span(year))
    was, now = states.c.was, states.c.now
    if part in ENDS:
        wanted = and_(now == ENDS[part], or_(was.is_(None), was != ENDS[part]))
    elif part is Part.ENTERED:
        wanted = and_(now.is_not(None), or_(was.is_(None), and_(was != CaseStatus.OPEN, was != now)))
    else:
        wanted = (was if part is Part.FIRST else now) == CaseStatus.OPEN
    found = select(states.c.firm_id).where(wanted)
    if officer is not None:
        found = found.where(states.c.officer_id == officer if officer else states.c.officer_id.is_(None))
    return Firm.id.in_(found)


def _states(rung: Rung, since: date, until: date) -> Subquery:
    """The cases that were under way at some time between the days, with their status on both."""
    now = Case.status if until >= clock.today() else last_step(until, CaseEvent.to_status)
    return (
        select(
            Case.firm_id,
            Case.officer_id,
            last_step(since, CaseEvent.to_status).label("was"),
            now.label("now"),
        )
        .where(Case.rung == rung, Case.opened_on <= until, or_(Case.ended_on.is_(None), Case.ended_on > since))
        .subquery("pool_state")
    )


@dataclass(frozen=True)
class Passed:
    """One way in or out: with its reason, the firm's channel, and who is in charge of the case."""

    told: Explained
    channel: SourceChannel | None
    officer: str | None


def moves(rung: Rung, year: int, conditions: Conditions = ()) -> list[Move]:
    """Who came in and who went out in the year, the latest first."""
    found = [move for move in case_moves(*span(year), conditions, rung) if move.what in (*CASES_IN, *CASES_OUT)]
    return sorted(found, key=lambda move: (-move.on.toordinal(), move.record, move.what))


def passed(these: Sequence[Move], year: int) -> list[Passed]:
    """The same with what is known of each."""
    statement = select(Case.id, Firm.source_channel, User.name).join(Firm, Firm.id == Case.firm_id)
    statement = statement.outerjoin(User, User.id == Case.officer_id)
    known = {row[0]: row for row in rows_where_in(db.session, statement, Case.id, {move.record for move in these})}
    _since, until = span(year)
    return [Passed(each, *known[each.move.record][1:]) for each in explained(these, until)]


def officer_name(officer_id: int, visible: ColumnElement[bool]) -> str | None:
    """Who this is, for someone who sees a firm whose case is in their charge; None for anybody else."""
    in_charge = select(Case.officer_id).join(Firm, Firm.id == Case.firm_id).where(visible)
    return db.session.scalar(select(User.name).where(User.id == officer_id, User.id.in_(in_charge)))
