"""The numbers of a monthly report, counted for one organisation and month as they stood on its last day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from crm.insight.coverage import Coverage, coverage
from crm.insight.funnel import Conditions, Funnel, funnel, narrowed
from crm.insight.movement import What, counted, movement
from crm.insight.stuck import waited_long
from crm.kernel import clock
from crm.kernel.audit import Change
from crm.kernel.db import db
from crm.ladder.models import Credential, Rung
from crm.ladder.queries import is_held
from crm.visits.models import PlannedState, PlannedVisit, Visit

AHEAD = 60  # days beyond the month within which a title lapses


@dataclass(frozen=True)
class Numbers:
    """`before` and `now`: the ladder before the month and at its end; `long`: cases long in their stage;
    `lapsing` and `planned`: titles that end, and visits, in the weeks after it."""

    before: Funnel
    now: Funnel
    moves: dict[tuple[What, Rung], int]
    long: int
    seen: Coverage
    lapsing: dict[Rung, int]
    planned: int

    def moved(self, *whats: What, rungs: Iterable[Rung] = Rung) -> int:
        """How many movements of these kinds there were on these rungs."""
        return sum(self.moves.get((what, rung), 0) for what in whats for rung in rungs)


def numbers(month: date, until: date, narrow: Conditions = ()) -> Numbers:
    """From the first day of a month to its last day, or to today."""
    before, end = month - timedelta(days=1), until + timedelta(days=AHEAD)
    lapsing = select(Credential.rung, func.count(Credential.firm_id.distinct())).where(
        is_held(until), Credential.valid_to.between(until, end)
    )
    lapsing = narrowed(lapsing, Credential.firm_id, narrow).group_by(Credential.rung)
    planned = (
        select(func.count())
        .select_from(PlannedVisit)
        .outerjoin(Visit, Visit.id == PlannedVisit.visit_id)
        .where(PlannedVisit.on > until, PlannedVisit.on <= end, _stood_planned(until))
    )
    return Numbers(
        funnel(before, narrow),
        funnel(until, narrow),
        dict(counted(movement(before, until, narrow))),
        waited_long(until, narrow),
        coverage(month, until, narrow),
        {rung: firms for rung, firms in db.session.execute(lapsing)},  # noqa: C416  rows are no pairs to the type checker
        db.session.scalar(narrowed(planned, PlannedVisit.firm_id, narrow)) or 0,
    )


def _stood_planned(on: date) -> ColumnElement[bool]:
    """The condition on `PlannedVisit`, with the visit that held it, that it was planned at the end of a day."""
    after = clock.end_of(on)
    called_off_later = exists().where(
        Change.entity == PlannedVisit.__tablename__,
        Change.entity_id == PlannedVisit.id,
        Change.field == "state",
        Change.at >= after,
    )
    return and_(
        PlannedVisit.created_at < after,
        or_(
            PlannedVisit.state == PlannedState.PLANNED,
            Visit.on > on,
            and_(PlannedVisit.state == PlannedState.CALLED_OFF, called_off_later),
        ),
    )
