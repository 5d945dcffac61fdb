"""Which counts are kept, of which periods, and how a page asks for one: the number kept, or counted now where there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar

from crm.accounts.models import Organisation, User
from crm.accounts.scope import organisations_of
from crm.firms.ip.rules import later
from crm.insight.coverage import Coverage, coverage
from crm.insight.days import Period, covered_periods, often_asked, trend_days
from crm.insight.filters import conditions
from crm.insight.funnel import Conditions, Funnel, funnel, trend
from crm.insight.kept.packing import unpack
from crm.insight.models import KeptCount
from crm.insight.movement import Movement, movement, summed
from crm.insight.obliged import Obliged, kept_of, obliged
from crm.insight.report.numbers import Numbers, numbers
from crm.insight.steps import Step, all_steps
from crm.insight.stuck import Stuck, stuck
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder.models import Rung

T = TypeVar("T")
STALE = timedelta(hours=2)  # nobody works them out any more: then they are counted when they are asked for


@dataclass(frozen=True)
class Count(Generic[T]):
    """One thing counted over a period. `periods`: which of them are kept, seen from a day."""

    name: str
    type: Any
    count: Callable[[date, date, Conditions], T]
    periods: Callable[[date], Iterable[Period]]


@dataclass(frozen=True)
class Told(Generic[T]):
    """What was counted; `at`: when, None: just now."""

    value: T
    at: datetime | None = None


def _past_days(today: date) -> set[Period]:
    return {(day, day) for day in (*often_asked(today), *trend_days(today)) if day < today}


def _today(today: date) -> list[Period]:
    return [(today, today)]


COVERAGE = Count[Coverage]("coverage", Coverage, coverage, covered_periods)
FUNNEL = Count[Funnel]("funnel", Funnel, lambda _since, on, narrow: funnel(on, narrow), _past_days)
TREND = Count[dict[date, dict[Rung, int]]](
    "trend",
    dict[date, dict[Rung, int]],
    lambda _since, on, narrow: trend(trend_days(on), narrow),
    _today,
)
STEPS = Count[list[Step]]("steps", list[Step], lambda _since, on, narrow: all_steps(on, narrow), _today)
STUCK = Count[Stuck]("stuck", Stuck, lambda _since, on, narrow: stuck(on, narrow), _today)
MOVEMENT = Count[Movement](
    "movement",
    Movement,
    lambda since, until, narrow: summed(funnel(until, narrow), movement(since, until, narrow)),
    lambda today: [(later(today, years=-1), today)],
)
REPORT = Count[Numbers]("report", Numbers, numbers, lambda today: covered_periods(today)[:2])
OBLIGED = Count[Obliged]("obliged", Obliged, obliged, kept_of)
COUNTS: tuple[Count[Any], ...] = (COVERAGE, FUNNEL, TREND, STEPS, STUCK, MOVEMENT, REPORT, OBLIGED)


def told(count: Count[T], user: User, asked: Mapping[str, str], since: date, until: date) -> Told[T]:
    """The count over the firms that the user sees, narrowed by the filters asked for."""
    organisation_id = _organisation(user, asked)
    row = db.session.get(KeptCount, (organisation_id, count.name, since, until)) if organisation_id else None
    if row is not None and row.at > clock.now() - STALE and clock.local_day(row.at) == clock.today():
        return Told(unpack(count.type, row.values), row.at)
    return Told(count.count(since, until, conditions(user, asked)))


def _organisation(user: User, asked: Mapping[str, str]) -> int | None:
    """The organisation whose firms are asked for; None where they are narrowed by more than that."""
    if not asked:
        return user.organisation_id
    if set(asked) != {"organisation"}:
        return None
    return next((each.id for each in organisations_of(user) if str(each.id) == asked["organisation"]), None)


def told_of(count: Count[T], organisation: Organisation, user: User, since: date, until: date) -> Told[T]:
    """The count over all firms of one organisation in the user's scope."""
    own = organisation.id == user.organisation_id
    return told(count, user, {} if own else {"organisation": str(organisation.id)}, since, until)
