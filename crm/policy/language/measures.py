"""The small set of operators that make a number out of facts. Each reads one firm or a whole park by the same lines."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from crm.policy.language.conditions import Condition
from crm.policy.readings.algebra import Truth, Value
from crm.policy.readings.reading import Reading
from crm.policy.text import Text, inside, last_years, that_year
from crm.policy.vocabulary import FIGURES, PROFILE


@dataclass(frozen=True)
class Lever:
    """What would have to change for a value to reach a target: whose amount, from where to where, in which unit."""

    name: Text
    now: Fraction
    needed: Fraction
    unit: str


class Measure(ABC):
    """A number read from facts."""

    def read(self, reading: Reading) -> Value:
        """The number, worked out once in a reading."""
        return reading.remember(self, self.work)

    @abstractmethod
    def work(self, reading: Reading) -> Value:
        """Work the number out."""

    def compare(self, reading: Reading, operator: str, threshold: Fraction) -> Truth:
        """How the number stands to a threshold."""
        return reading.compare(self.read(reading), operator, threshold)

    @abstractmethod
    def name(self, year: int | None) -> Text:
        """What it is called, with its years; `year` is the year of the assessment, None: 上年、近三年."""

    def parts(self) -> tuple["Measure", ...]:
        """What its arithmetic is made of; nothing for a plain figure."""
        return ()

    def lever(self, reading: Reading, target: Fraction) -> Lever | None:
        """How far the figure a firm can move is from the target (one firm only); None when there is none."""
        return None


class Plain(Measure):
    """A number a firm has as such; its own lever."""

    unit: str

    def lever(self, reading: Reading, target: Fraction) -> Lever | None:
        value = self.read(reading)
        if value.low != value.high:
            return None
        return Lever(self.name(reading.on.year), value.low, target, self.unit)


@dataclass(frozen=True)
class Fact(Plain):
    """`fact: niche_years`: a number of the firm without a year."""

    key: str

    @property
    def unit(self) -> str:  # type: ignore[override]
        return PROFILE[self.key].unit

    def work(self, reading: Reading) -> Value:
        return reading.fact(self.key)

    def name(self, year: int | None) -> Text:
        return PROFILE[self.key].title


@dataclass(frozen=True)
class YearFigure(Plain):
    """`figure: rd, year: -1`: a figure of the year before the assessment (−1), the one before that (−2) …"""

    key: str
    year: int

    @property
    def unit(self) -> str:  # type: ignore[override]
        return FIGURES[self.key].unit

    def work(self, reading: Reading) -> Value:
        return reading.figure(self.key, reading.on.year + self.year)

    def name(self, year: int | None) -> Text:
        title = FIGURES[self.key].title
        if year is None:
            when = that_year(-self.year)
            return Text(f"{when.zh}{title.zh}", f"{title.en} {when.en}")
        return Text(f"{year + self.year} 年{title.zh}", f"{title.en} {year + self.year}")


@dataclass(frozen=True)
class Latest(YearFigure):
    """`latest: quality_score, nth: 1`: the figure of the assessment's own year, or last year's where there is none yet; nth 2: the one before."""

    def work(self, reading: Reading) -> Value:
        this_year = reading.figure(self.key, reading.on.year)
        current = reading.figure(self.key, reading.on.year + self.year)
        return reading.choose(
            reading.is_unknown(this_year), reading.figure(self.key, reading.on.year + self.year - 1), current
        )

    def name(self, year: int | None) -> Text:
        title = FIGURES[self.key].title
        return Text(
            f"最近{'一' if self.year == 0 else '第二'}次{title.zh}",
            f"{'Latest' if self.year == 0 else 'Last but one'} {inside(title.en)}",
        )


@dataclass(frozen=True)
class YearSum(Plain):
    """`sum: rd, years: 3`: over the last full years; a firm younger than that counts the years it has existed."""

    key: str
    years: int

    @property
    def unit(self) -> str:  # type: ignore[override]
        return FIGURES[self.key].unit

    def work(self, reading: Reading) -> Value:
        years = range(reading.on.year - self.years, reading.on.year)
        zero = reading.point(0)
        return reading.add(
            [reading.choose(reading.before_founding(y), zero, reading.figure(self.key, y)) for y in years]
        )

    def name(self, year: int | None) -> Text:
        title = FIGURES[self.key].title
        when = last_years(self.years, year)
        return Text(f"{when.zh}{title.zh}合计", f"{title.en} {when.en}")


@dataclass(frozen=True)
class YearlyAverage(Plain):
    """`yearly_average: transfers, years: 3`: the sum over the years the firm has existed, by their number."""

    key: str
    years: int

    @property
    def unit(self) -> str:  # type: ignore[override]
        return FIGURES[self.key].unit

    def _years_existed(self, reading: Reading) -> Value:
        one, zero = reading.point(1), reading.point(0)
        years = range(reading.on.year - self.years, reading.on.year)
        return reading.add([reading.choose(reading.before_founding(y), zero, one) for y in years])

    def work(self, reading: Reading) -> Value:
        return reading.divide(YearSum(self.key, self.years).read(reading), self._years_existed(reading))

    def lever(self, reading: Reading, target: Fraction) -> Lever | None:
        if self.unit == "比例":  # rates do not add up
            return super().lever(reading, target)
        return YearSum(self.key, self.years).lever(reading, target * self._years_existed(reading).low)

    def name(self, year: int | None) -> Text:
        title = FIGURES[self.key].title
        when = last_years(self.years, year)
        return Text(f"{when.zh}{title.zh}年均", f"{title.en}, yearly average {when.en}")


@dataclass(frozen=True)
class Ratio(Measure):
    """`ratio: [above, below]`; there is no ratio to zero."""

    above: Measure
    below: Measure

    def work(self, reading: Reading) -> Value:
        return reading.divide(self.above.read(reading), self.below.read(reading))

    def name(self, year: int | None) -> Text:
        above, below = self.above.name(year), self.below.name(year)
        return Text(f"{above.zh}占{below.zh}的比例", f"{above.en} to {inside(below.en)}")

    def parts(self) -> tuple[Measure, ...]:
        return (self.above, self.below)

    def lever(self, reading: Reading, target: Fraction) -> Lever | None:
        below = self.below.read(reading)
        if below.low != below.high or below.low <= 0:
            return None
        return self.above.lever(reading, target * below.low)


@dataclass(frozen=True)
class Extreme(Measure):
    """`lowest: […]` or `highest: […]` of several numbers."""

    of: tuple[Measure, ...]
    lowest: bool

    def work(self, reading: Reading) -> Value:
        values = [measure.read(reading) for measure in self.of]
        return reading.lowest(values) if self.lowest else reading.highest(values)

    def compare(self, reading: Reading, operator: str, threshold: Fraction) -> Truth:
        truths = [measure.compare(reading, operator, threshold) for measure in self.of]
        every = self.lowest == (operator in (">=", ">"))
        return reading.all_of(truths) if every else reading.any_of(truths)

    def name(self, year: int | None) -> Text:
        names = [measure.name(year) for measure in self.of]
        word = Text("最低值", "lowest of") if self.lowest else Text("最高值", "highest of")
        return Text("、".join(n.zh for n in names) + f"的{word.zh}", f"{word.en} " + ", ".join(n.en for n in names))

    def parts(self) -> tuple[Measure, ...]:
        return self.of

    def lever(self, reading: Reading, target: Fraction) -> Lever | None:
        known = [(measure, value) for measure in self.of if (value := measure.read(reading)).low == value.high]
        if len(known) != len(self.of):
            return None
        pick = min if self.lowest else max
        return pick(known, key=lambda pair: pair[1].low)[0].lever(reading, target)


@dataclass(frozen=True)
class Growth(Measure):
    """`growth: main_revenue, years: n`: the mean of the last n yearly rates; `compound: true`: the constant rate over n years."""

    key: str
    years: int
    compound: bool

    def _back(self) -> Sequence[int]:
        """The years it reads, counted back from last year; a constant rate needs only the two ends."""
        return (self.years, 0) if self.compound else range(self.years, -1, -1)

    def _figures(self, reading: Reading) -> list[Value]:
        return [reading.figure(self.key, reading.on.year - 1 - n) for n in self._back()]

    def work(self, reading: Reading) -> Value:
        figures = self._figures(reading)
        if self.compound and self.years > 1:
            factor = reading.divide(figures[-1], figures[0])
            return replace(factor, root=self.years)
        rates = [reading.divide(now, before) for before, now in pairwise(figures)]
        mean = reading.divide(reading.add(rates), reading.point(self.years)) if self.years > 1 else rates[0]
        return replace(mean, root=1)

    def name(self, year: int | None) -> Text:
        title = FIGURES[self.key].title
        kind = Text("复合增长率", "compound growth") if self.compound else Text("增长率", "growth")
        if self.years > 1 and not self.compound:
            kind = Text("平均增长率", "mean growth")
        if year is None:
            when = that_year(1) if self.years == 1 else last_years(self.years, None)
        else:
            when = last_years(self.years + 1, year)
        return Text(f"{when.zh}{title.zh}{kind.zh}", f"{title.en}, {kind.en} {when.en}")

    def parts(self) -> tuple[Measure, ...]:
        return tuple(YearFigure(self.key, -1 - n) for n in self._back())

    def lever(self, reading: Reading, target: Fraction) -> Lever | None:
        figures = self._figures(reading)
        known = [value.low for value in figures if value.low == value.high]
        if len(known) < len(figures) or any(figure <= 0 for figure in known[:-1]):
            return None
        if self.compound:
            needed = known[0] * (1 + target) ** self.years
        else:
            earlier = sum((now / before for before, now in pairwise(known[:-1])), Fraction(0))
            needed = known[-2] * ((1 + target) * self.years - earlier)
        return YearFigure(self.key, -1).lever(reading, needed)


@dataclass(frozen=True)
class SmoothedGrowth(Measure):
    """`smoothed_growth: net_assets`: ½(second ÷ first + third ÷ second) − 1 over three years, with the special cases of 195号 三(八)4.

    First year zero, or not yet founded: third ÷ second − 1. Second year zero: no growth. One year only: `single_year`.
    A negative figure: `negative` (zero, or unknown, for a person to decide).
    """

    key: str
    single_year: str
    negative: str

    def work(self, reading: Reading) -> Value:
        year = reading.on.year
        first, second, third = (reading.figure(self.key, year - n) for n in (3, 2, 1))
        none = reading.point(1)  # everything here is the factor of growth, one more than the rate
        outcome = {"zero": none, "unknown": reading.unknown()}
        later = reading.divide(third, second)
        whole = reading.divide(reading.add([reading.divide(second, first), later]), reading.point(2))
        young = reading.either(reading.before_founding(year - 3), reading.is_zero(first))
        rate = reading.choose(young, later, whole)
        rate = reading.choose(reading.is_zero(second), none, rate)
        below = reading.either(reading.either(second.high < 0, third.high < 0), first.high < 0)
        rate = reading.choose(below, outcome[self.negative], rate)
        result = reading.choose(reading.before_founding(year - 2), outcome[self.single_year], rate)
        return replace(result, root=1)

    def name(self, year: int | None) -> Text:
        title = FIGURES[self.key].title
        when = last_years(3, year)
        return Text(f"{when.zh}{title.zh}增长率", f"{title.en}, growth {when.en}")

    def parts(self) -> tuple[Measure, ...]:
        return tuple(YearFigure(self.key, -n) for n in (3, 2, 1))


@dataclass(frozen=True)
class Count(Plain):
    """`count: ip, where: …`: how many entries count; with `total: equity, of: amount` their sum."""

    list: str
    title: Text
    where: Condition
    of: str | None
    unit: str = "项"

    def work(self, reading: Reading) -> Value:
        items = reading.each(self.list)
        counted = [self.where.read(item) for item in items]
        return reading.tally(self.list, counted, [item.number(self.of) for item in items] if self.of else None)

    def name(self, year: int | None) -> Text:
        return self.title


@dataclass(frozen=True)
class Age(Plain):
    """`age: registered_on`: days from the date to the assessment."""

    key: str
    unit: str = "天"

    def work(self, reading: Reading) -> Value:
        since = reading.fact(self.key)
        on = reading.on.toordinal()
        return replace(since, low=on - since.high, high=on - since.low)

    def name(self, year: int | None) -> Text:
        title = PROFILE[self.key].title
        return Text(f"自{title.zh}起的天数", f"Days since {inside(title.en)}")


def unit_of(measure: Measure) -> str:
    """The unit a measure counts in; a ratio and a rate are fractions."""
    if isinstance(measure, Extreme):
        return unit_of(measure.of[0])
    return str(getattr(measure, "unit", "比例"))
