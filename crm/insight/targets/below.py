"""What a target was handed down to: each part's share, what it reached, and by how much the shares miss the whole."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import or_, select

from crm.accounts.models import User
from crm.insight.targets.board import Figures, Reached, all_indicators, of_scope, years_of
from crm.insight.targets.models import Indicator, IndicatorValue, TargetPlan, ValueKind
from crm.insight.targets.now import numbers_of
from crm.insight.targets.plans import Scope, parts_of
from crm.insight.targets.progress import completion
from crm.kernel.db import db


@dataclass(frozen=True)
class Part:
    """One place or officer below: `share` of the year's target (None: none was set)."""

    scope: Scope
    share: IndicatorValue | None
    reached: Reached
    base: Fraction | None  # where it stood in the year before the plan
    downward: bool

    @property
    def completion(self) -> Fraction | None:
        return completion(self.reached.value, Fraction(self.share.value) if self.share else None, self.downward)


@dataclass(frozen=True)
class Below:
    """The parts of a scope. `whole` is what the scope itself is to reach; `difference` the shares' sum less the whole."""

    parts: list[Part]
    whole: Fraction | None
    total: Fraction | None

    @property
    def difference(self) -> Fraction | None:
        return None if self.whole is None or self.total is None else self.total - self.whole


def below(user: User, plan: TargetPlan, scope: Scope, indicator: Indicator, year: int) -> Below:
    """The parts right below a scope. A few statements, however many parts."""
    scopes = {part.key: part for part in parts_of(scope)}
    officers = {part.officer.id: key for key, part in scopes.items() if part.officer is not None}
    places = {part.organisation.id: key for key, part in scopes.items() if part.officer is None}
    indicators = all_indicators()
    mine = or_(
        of_scope(plan, scope),
        IndicatorValue.organisation_id.in_(places) & IndicatorValue.officer_id.is_(None),
        IndicatorValue.officer_id.in_(officers),
    )
    values: dict[str, list[IndicatorValue]] = {key: [] for key in scopes}
    whole = None
    for value in db.session.scalars(select(IndicatorValue).where(IndicatorValue.plan_id == plan.id, mine)):
        key = officers.get(value.officer_id or 0) or places.get(value.organisation_id or 0)
        if key is not None:
            values[key].append(value)
        elif (value.indicator_id, value.kind, value.year) == (indicator.id, ValueKind.TARGET, year):
            whole = Fraction(value.value)
    counted = numbers_of([part.counted for part in scopes.values()], years_of(plan))
    parts = []
    for key, part in scopes.items():
        figures = Figures(plan.from_year, indicators, values[key], counted[part.counted])
        share = next((each for each in values[key] if _is_share(each, indicator, year)), None)
        before = figures.reached(indicator, plan.from_year - 1)
        base = figures.bases.get((indicator.id, plan.from_year - 1))
        parts.append(
            Part(
                part,
                share,
                figures.reached(indicator, year),
                Fraction(base.value) if base is not None else None if before.at_least else before.value,
                indicator.downward,
            )
        )
    shares = [Fraction(part.share.value) for part in parts if part.share is not None]
    return Below(parts, whole, sum(shares, Fraction(0)) if shares else None)


def _is_share(value: IndicatorValue, indicator: Indicator, year: int) -> bool:
    return (value.indicator_id, value.kind, value.year) == (indicator.id, ValueKind.TARGET, year)
