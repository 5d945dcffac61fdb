"""The cheapest sets of changes on a page: prices a person may change, and the address where each set is filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict

from crm.editions.library import edition_in_force
from crm.firms.models import Firm
from crm.kernel import clock
from crm.ladder.facts import FirmFacts
from crm.outlook.asked import Asked
from crm.outlook.reads import reads_of
from crm.policy import NoEdition
from crm.policy.foresight.moves import Price
from crm.policy.foresight.projection import project
from crm.policy.foresight.ways import Prices, Way, Ways
from crm.policy.foresight.ways import ways as cheapest
from crm.web.fields import NumberField
from crm.web.formatting import money_text
from crm.web.language import language

PRICE = "price."


class PriceForm(FlaskForm):
    """Assumed prices in 万元 a unit; blank: nobody knows. Sent by GET."""

    class Meta(FlaskForm.Meta):
        csrf = False


def price_form(prices: Sequence[Price], sent: MultiDict[str, str]) -> PriceForm:
    here = language()
    fields = {PRICE + each.key: NumberField(each.title[here], places=6, maximum=10**8) for each in prices}
    known = {PRICE + each.key: _decimal(each.amount) for each in prices}
    form_class: type[PriceForm] = type("FilledPriceForm", (PriceForm,), fields)
    return form_class(formdata=sent, data=known)


def prices_in(form: PriceForm) -> dict[str, Fraction | None]:
    return {
        name.removeprefix(PRICE): None if field.data is None else Fraction(field.data)
        for name, field in form._fields.items()
        if name.startswith(PRICE)
    }


def _decimal(amount: Fraction | None) -> Decimal | None:
    return None if amount is None else Decimal(amount.numerator) / Decimal(amount.denominator)


@dataclass(frozen=True)
class Card:
    """One way as its card shows it; `address` are the arguments of the what-if with its changes (none where it cannot show it)."""

    way: Way
    address: Mapping[str, Any]

    @property
    def changes(self) -> list[str]:
        return [change.text[language()] for change in self.way.changes]

    @property
    def closed(self) -> int | None:
        """The year that is over already, where the way changes a figure of it."""
        years = [int(change.path.split(".")[1]) for change in self.way.changes if change.path.startswith("years.")]
        return next((year for year in years if year < clock.today().year), None)

    @property
    def cost(self) -> str:
        return money_text(self.way.cost * 10000)


def cards(found: Sequence[Way], about: Asked) -> list[Card]:
    return [Card(way, {**about.address, **changes_of(way)}) for way in found]


def both(ways: Ways) -> tuple[Sequence[Way], Sequence[Way]]:
    """The sure sets, and the possible ones that are not sure ones too."""
    sure = [[(change.move, change.amount) for change in way.changes] for way in ways.sure]
    others = [way for way in ways.possible if [(change.move, change.amount) for change in way.changes] not in sure]
    return ways.sure, others


@dataclass(frozen=True)
class YearAhead:
    """What this year's figures would have to be for the same day of the next year: the firm as projected, its titles renewed."""

    then: date
    verdict: str
    sure: Sequence[Card]
    possible: Sequence[Card]


def year_ahead(firm: Firm, about: Asked, facts: FirmFacts, prices: Prices) -> YearAhead | None:
    """None where the year of the assessment is not the present one (it is over, or its last year is not), or no edition is in force then."""
    if about.on.year != clock.today().year:
        return None
    projection = project(facts.document, about.on)
    try:
        edition = edition_in_force(about.rung.value, projection.then, about.purpose.value, firm.division_code)
    except NoEdition:
        return None
    found = cheapest(edition, projection.renewed, projection.then, prices)
    sure, possible = ([Card(way, {}) for way in ways] for ways in both(found))
    return YearAhead(projection.then, found.before.verdict, sure, possible)


def changes_of(way: Way) -> dict[str, str]:
    """The changes of a way as the form of the what-if has them; what rises with them only where the edition reads it."""
    read = {f"years.{year}.{key}" for key, year in reads_of(way.assessment.edition, way.assessment.on).figures}
    found: dict[str, str] = {}
    for change in way.changes:
        if change.path.startswith("years."):
            found[change.path] = _written(change.after)
            found.update({path: _written(after) for path, _before, after in change.with_it if path in read})
        elif change.path == "equity":
            found["add.equity"] = _written(change.amount)
        else:
            found[f"add.{change.path}.{change.move}"] = _written(change.amount)
    return found


def _written(number: Fraction) -> str:
    return format(Decimal(number.numerator) / Decimal(number.denominator), "f")
