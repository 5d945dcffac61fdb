"""The parks a person sees, their values of a year, computed or entered, and the evaluation made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crm.accounts.models import Organisation, OrganisationKind, User
from crm.accounts.scope import within_scope
from crm.insight.performance.models import ParkValue, PerformanceItem
from crm.insight.performance.scoring import UNKNOWN, Judged, Rule, Value, judge
from crm.insight.targets.board import Figures, all_indicators
from crm.insight.targets.counts import Numbers
from crm.insight.targets.models import Indicator
from crm.insight.targets.now import Counting, counting, numbers_of
from crm.insight.targets.units import to_base
from crm.kernel.db import db
from crm.kernel.errors import NotFoundError


@dataclass(frozen=True)
class Evaluation:
    """All parks of the city in a year. A person sees the parks in their scope, each at its place among all."""

    year: int
    items: Sequence[PerformanceItem]
    parks: Mapping[int, Organisation]
    values: Mapping[int, Mapping[str, Value]]
    entered: Mapping[tuple[int, int], ParkValue]
    judged: Sequence[Judged]
    run: Counting | None

    def of(self, park_id: int) -> Judged:
        return next(each for each in self.judged if each.park == park_id)

    @property
    def weight(self) -> Fraction:
        return sum((Fraction(item.weight) for item in self.items), Fraction(0))


def all_items(disabled: bool = False) -> list[PerformanceItem]:
    statement = select(PerformanceItem).options(joinedload(PerformanceItem.indicator))
    if not disabled:
        statement = statement.where(PerformanceItem.disabled.is_(False))
    return list(db.session.scalars(statement.order_by(PerformanceItem.place, PerformanceItem.id)))


def evaluation(year: int) -> Evaluation:
    """Six statements, however many parks. The rank needs them all, whoever asks."""
    items, indicators, run = all_items(), all_indicators(), counting()
    parks = {
        each.id: each
        for each in db.session.scalars(
            select(Organisation).where(Organisation.kind == OrganisationKind.PARK, Organisation.disabled.is_(False))
        )
    }
    entered = {
        (each.organisation_id, each.indicator_id): each
        for each in db.session.scalars(select(ParkValue).where(ParkValue.year == year))
    }
    counted = numbers_of([("organisation", park_id) for park_id in parks], [year])
    values = {
        park_id: _values(year, items, indicators, park_id, counted["organisation", park_id].get(year), entered)
        for park_id in parks
    }
    rules = [
        Rule(
            item.indicator.key,
            item.dimension,
            Fraction(item.weight),
            None if item.full_at is None else to_base(item.full_at, item.indicator.unit),
            item.indicator.downward,
        )
        for item in items
    ]
    return Evaluation(year, items, parks, values, entered, judge(rules, values), run)


def _values(
    year: int,
    items: Sequence[PerformanceItem],
    indicators: Sequence[Indicator],
    park_id: int,
    numbers: Numbers | None,
    entered: Mapping[tuple[int, int], ParkValue],
) -> dict[str, Value]:
    """What was entered of a park, and for the rest what is counted: in things, yuan or as a ratio."""
    figures = Figures(year, indicators, [], {} if numbers is None else {year: numbers})
    found = {}
    for item in items:
        said = entered.get((park_id, item.indicator_id))
        if said is not None:
            found[item.indicator.key] = Value(to_base(said.value, item.indicator.unit))
        elif item.indicator.measure is None:
            found[item.indicator.key] = UNKNOWN
        else:
            known = figures.of(item.indicator.key, year)
            found[item.indicator.key] = Value(known.value, known.at_least)
    return found


def visible_parks(user: User) -> list[int]:
    """The parks in the person's scope; who works in a county that is no park sees the parks below it."""
    mine = within_scope(user, Organisation.__table__.c.id)
    return list(db.session.scalars(select(Organisation.id).where(Organisation.kind == OrganisationKind.PARK, mine)))


def load_park(user: User, organisation_id: int) -> Organisation:
    """A park in the person's scope. Raises NotFoundError otherwise."""
    park = db.session.get(Organisation, organisation_id)
    if park is None or park.kind is not OrganisationKind.PARK or park.id not in visible_parks(user):
        raise NotFoundError(_("没有这个园区，或它不在您的管辖范围内。"))
    return park
