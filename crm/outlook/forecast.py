"""The year to come on a page: which clauses turn, by what figures, and what would prevent it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from crm.editions.library import edition_in_force
from crm.firms.models import Firm
from crm.ladder.facts import FirmFacts
from crm.ladder.models import Purpose, Rung
from crm.outlook.what_if import value_text
from crm.policy import Assessment, NoEdition
from crm.policy.foresight.projection import Forecast, Shift, forecast, next_year
from crm.policy.text import Text
from crm.web.language import language


@dataclass(frozen=True)
class Turning:
    """One clause that turns, in words."""

    shift: Shift

    @property
    def title(self) -> str:
        return self.shift.then.title[language()]

    @property
    def article(self) -> str:
        return self.shift.then.article

    @property
    def now(self) -> str | None:
        return value_text(self.shift.now)

    @property
    def then(self) -> str | None:
        return value_text(self.shift.then)

    @property
    def arithmetic(self) -> list[str]:
        """The clause's own sum, then how each projected figure was drawn."""
        here = language()
        own = [self.shift.then.arithmetic[here]] if self.shift.then.arithmetic else []
        return own + [figure.arithmetic[here] for figure in self.shift.figures]

    @property
    def lapses(self) -> list[str]:
        return [lapse.text[language()] for lapse in self.shift.lapses]

    @property
    def prevents(self) -> str | None:
        """What would keep the clause met: its gap on projected figures."""
        return self.shift.then.gap.text[language()] if self.shift.then.gap else None


@dataclass(frozen=True)
class ComingYear:
    """`lack` says why there is no forecast."""

    then: date
    forecast: Forecast | None = None
    lack: Text | None = None

    @property
    def failing(self) -> Sequence[Turning]:
        return [Turning(shift) for shift in self.forecast.failing] if self.forecast else []

    @property
    def lapsing(self) -> Sequence[Turning]:
        """What fails only if the titles that run out are not renewed."""
        return [Turning(shift) for shift in self.forecast.lapsing] if self.forecast else []

    @property
    def doubtful(self) -> Sequence[Turning]:
        return [Turning(shift) for shift in self.forecast.doubtful] if self.forecast else []

    @property
    def gained(self) -> Sequence[Turning]:
        return [Turning(shift) for shift in self.forecast.gained] if self.forecast else []

    @property
    def points(self) -> Sequence[Turning]:
        return [Turning(shift) for shift in self.forecast.points] if self.forecast else []

    @property
    def other_edition(self) -> str | None:
        """The edition of that day, where it is another than today's."""
        if self.forecast is None or self.forecast.today is self.forecast.today_then:
            return None
        return self.forecast.next_year.edition.title[language()]


def coming_year(firm: Firm, rung: Rung, purpose: Purpose, on: date, facts: FirmFacts, today: Assessment) -> ComingYear:
    """The same day of the next year, by the firm's own trend and the edition that will be in force then."""
    then = next_year(on)
    try:
        edition = edition_in_force(rung.value, then, purpose.value, firm.division_code)
    except NoEdition as error:
        return ComingYear(then, lack=error.text)
    return ComingYear(then, forecast(today.edition, edition, facts.document, on))
