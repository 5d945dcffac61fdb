"""A plan's indicators in a scope and year: base, targets, what was reached, how far that is. A few statements, whatever the plan's size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property

from sqlalchemy import ColumnElement, and_, select

from crm.insight.targets.catalogue import measure
from crm.insight.targets.counts import Numbers
from crm.insight.targets.derived import NOTHING, Known, derived, work_out
from crm.insight.targets.measures import Measure, Tally
from crm.insight.targets.models import Indicator, IndicatorValue, TargetPlan, ValueKind
from crm.insight.targets.now import Counting, counting, numbers_of
from crm.insight.targets.plans import Scope
from crm.insight.targets.progress import Actual, Standing, completion, standing, straight
from crm.insight.targets.units import UNITS, aim, from_base, to_base
from crm.kernel import clock
from crm.kernel.db import db


@dataclass(frozen=True)
class Reached:
    """What was reached in a year, in the indicator's unit. `entered` stands before what was `counted`.

    `known` of `of` firms had the figure; `missing` names the indicators that have to be entered first.
    """

    value: Fraction | None = None
    at_least: bool = False
    entered: IndicatorValue | None = None
    counted: Fraction | None = None
    known: int | None = None
    of: int | None = None
    missing: tuple[str, ...] = ()

    @property
    def without(self) -> int:
        """Firms that had no figure."""
        return max(0, (self.of or 0) - (self.known or 0))


@dataclass(frozen=True)
class Line:
    """One indicator. `bases` and `targets` are what was said, by year; `line` is the straight line of a year without a target."""

    indicator: Indicator
    bases: Mapping[int, Fraction]
    targets: Mapping[int, IndicatorValue]
    year: int
    line: Fraction | None
    reached: Reached
    standing: Standing
    quality: list[Indicator] = field(default_factory=list)
    stated_bases: Mapping[int, IndicatorValue] = field(default_factory=dict)

    @property
    def stated(self) -> Fraction | None:
        """The year's target as somebody set it."""
        value = self.targets.get(self.year)
        return None if value is None else Fraction(value.value)

    @property
    def target(self) -> Fraction | None:
        """The year's target; where nobody set one, that of the straight line, which is only computed."""
        return self.line if self.stated is None else self.stated

    @property
    def completion(self) -> Fraction | None:
        return completion(self.reached.value, self.target, self.indicator.downward)

    @property
    def gap(self) -> Fraction | None:
        """How much is missing to the target; None where nothing is, or nobody knows."""
        if self.target is None or self.reached.value is None:
            return None
        short = self.reached.value - self.target if self.indicator.downward else self.target - self.reached.value
        return short if short > 0 else None

    @property
    def base_is_counted(self) -> bool:
        """Whether nobody stated the base: the data give it."""
        return bool(self.bases) and not self.stated_bases

    @property
    def last(self) -> IndicatorValue | None:
        """The target of the last year that has one."""
        return self.targets[max(self.targets)] if self.targets else None

    @property
    def base(self) -> tuple[int, Fraction] | None:
        """The latest base."""
        return (max(self.bases), self.bases[max(self.bases)]) if self.bases else None

    @property
    def in_charge(self) -> str | None:
        of_year = self.targets.get(self.year)
        return next((each.unit_in_charge for each in (of_year, self.last) if each and each.unit_in_charge), None)


class Figures:
    """What is known of every indicator in every year of a plan and scope, worked out as it is asked for."""

    def __init__(
        self,
        first: int,
        indicators: Iterable[Indicator],
        values: Iterable[IndicatorValue],
        counted: Mapping[int, Numbers],
    ) -> None:
        self.first = first
        self.indicators = {each.key: each for each in indicators}
        self.counted = counted
        self.entered: dict[tuple[int, int], IndicatorValue] = {}
        self.bases: dict[tuple[int, int], IndicatorValue] = {}
        for value in values:
            if value.kind is not ValueKind.TARGET:
                kept = self.entered if value.kind is ValueKind.ACTUAL else self.bases
                kept[value.indicator_id, value.year] = value
        self._known: dict[tuple[str, int], tuple[Known, list[str]]] = {}

    def of(self, key: str, year: int) -> Known:
        """In things, yuan or as a ratio: what was entered, or the stated base of the year, or what is counted."""
        return self._look(key, year)[0]

    def _look(self, key: str, year: int) -> tuple[Known, list[str]]:
        if (key, year) not in self._known:
            self._known[key, year] = NOTHING, [key]  # what asks for itself finds nothing
            self._known[key, year] = self._find(key, year)
        return self._known[key, year]

    def _find(self, key: str, year: int) -> tuple[Known, list[str]]:
        indicator = self.indicators.get(key)
        if indicator is None:
            return NOTHING, [key]
        said = self.entered.get((indicator.id, year)) or self.bases.get((indicator.id, year))
        if said is not None:
            return Known(to_base(said.value, indicator.unit)), []
        return self._count(indicator, year)

    def _count(self, indicator: Indicator, year: int) -> tuple[Known, list[str]]:
        made = derived(indicator.measure) if indicator.measure else None
        if made is not None:
            return work_out(made, year, self.of, self.first)
        tally = self.tally(indicator, year)
        if tally is None or tally.value is None:
            return NOTHING, [indicator.key]
        return Known(tally.value, bool(tally.missing) and self.summed(indicator)), []

    def measure_of(self, indicator: Indicator) -> Measure | None:
        return measure(indicator.measure) if indicator.measure else None

    def summed(self, indicator: Indicator) -> bool:
        found = self.measure_of(indicator)
        return found is not None and found.summed

    def tally(self, indicator: Indicator, year: int) -> Tally | None:
        """What the measure reads of the year's counts; None without a measure, or for a year that was not counted."""
        found, numbers = self.measure_of(indicator), self.counted.get(year)
        return None if found is None or numbers is None else found.take(numbers)

    def reached(self, indicator: Indicator, year: int) -> Reached:
        entered = self.entered.get((indicator.id, year))
        known, missing = self._count(indicator, year)
        counted = None if known.value is None else from_base(known.value, indicator.unit)
        tally = self.tally(indicator, year)
        return Reached(
            value=counted if entered is None else Fraction(entered.value),
            at_least=known.at_least and entered is None,
            entered=entered,
            counted=counted,
            known=tally.known if tally else None,
            of=tally.of if tally else None,
            missing=tuple(missing),
        )


@dataclass(frozen=True)
class Board:
    """A plan in a scope and year."""

    plan: TargetPlan
    scope: Scope
    year: int
    lines: list[Line]
    figures: Figures
    run: Counting | None

    @cached_property
    def by_key(self) -> dict[str, Line]:
        return {line.indicator.key: line for line in self.lines}

    def line(self, indicator: Indicator) -> Line:
        """The line of an indicator, also of one that the plan says nothing of."""
        found = self.by_key.get(indicator.key)
        return found if found is not None else _line(self.figures, indicator, [], self.year, self.plan)


def of_scope(plan: TargetPlan, scope: Scope) -> ColumnElement[bool]:
    """The condition on `IndicatorValue` of a scope's own numbers in a plan."""
    if scope.officer is not None:
        return IndicatorValue.officer_id == scope.officer.id
    if plan.organisation_id in (None, scope.organisation.id):
        return and_(IndicatorValue.organisation_id.is_(None), IndicatorValue.officer_id.is_(None))
    return IndicatorValue.organisation_id == scope.organisation.id


def years_of(plan: TargetPlan) -> range:
    """The plan's years and the one before, up to this one."""
    return range(plan.from_year - 1, min(plan.to_year, clock.today().year) + 1)


def all_indicators() -> list[Indicator]:
    return list(db.session.scalars(select(Indicator).order_by(Indicator.place, Indicator.id)))


def board(plan: TargetPlan, scope: Scope, year: int) -> Board:
    """Everything that the pages of a plan show: its indicators in the order an administrator gave them."""
    indicators = all_indicators()
    own = of_scope(plan, scope)
    values = list(
        db.session.scalars(
            select(IndicatorValue).where(IndicatorValue.plan_id == plan.id, own).order_by(IndicatorValue.year)
        )
    )
    # An indicator is the plan's where the plan says anything of it, also where this scope has no share of it yet.
    stated = set(
        db.session.scalars(
            select(IndicatorValue.indicator_id)
            .where(IndicatorValue.plan_id == plan.id, IndicatorValue.kind != ValueKind.ACTUAL)
            .distinct()
        )
    )
    figures = Figures(plan.from_year, indicators, values, numbers_of([scope.counted], years_of(plan))[scope.counted])
    by_indicator: dict[int, list[IndicatorValue]] = {}
    for value in values:
        by_indicator.setdefault(value.indicator_id, []).append(value)
    lines = [
        _line(figures, each, by_indicator.get(each.id, []), year, plan) for each in indicators if each.id in stated
    ]
    beside: dict[str, list[Indicator]] = {}
    for each in indicators:
        if each.quality_of and not each.disabled:
            beside.setdefault(each.quality_of, []).append(each)
    for line in lines:
        line.quality.extend(beside.get(line.indicator.key, []))
    return Board(plan, scope, year, lines, figures, counting())


def _line(
    figures: Figures, indicator: Indicator, values: Iterable[IndicatorValue], year: int, plan: TargetPlan
) -> Line:
    stated = {value.year: value for value in values if value.kind is ValueKind.BASE}
    targets = {value.year: value for value in values if value.kind is ValueKind.TARGET}
    bases = {when: Fraction(value.value) for when, value in stated.items()}
    found = figures.measure_of(indicator)
    flow = found is not None and found.flow
    if targets and not bases and not flow and plan.from_year - 1 in figures.counted:
        # Where nobody said it, a place or a share begins where the data say that it stood.
        begun = figures.of(indicator.key, plan.from_year - 1)
        if begun.value is not None and not begun.at_least:
            bases = {plan.from_year - 1: from_base(begun.value, indicator.unit)}
    points = {**bases, **{when: Fraction(value.value) for when, value in targets.items()}}
    between = None if year in points else straight(points, year)
    line = None if between is None else aim(between, indicator.unit, indicator.downward)
    reached = figures.reached(indicator, year)
    before = Fraction(0) if flow else points.get(year - 1, straight(points, year - 1))
    target = Fraction(targets[year].value) if year in targets else line
    stands = standing(
        Actual(reached.value, reached.at_least),
        target,
        year=year,
        today=clock.today(),
        before=before,
        downward=indicator.downward,
    )
    return Line(indicator, bases, targets, year, line, reached, stands, stated_bases=stated)


def default_year(plan: TargetPlan) -> int:
    """This year, or the nearest one of the plan."""
    return max(plan.from_year, min(clock.today().year, plan.to_year))


def is_additive(indicator: Indicator) -> bool:
    return UNITS[indicator.unit].additive


def day_of_year(year: int) -> date:
    """The day that a year's numbers tell of."""
    return min(date(year, 12, 31), clock.today())
