"""What a criterion asks: tests, answered met, not met or unknown; and the sums of points that a line is drawn through."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from crm.policy.language.conditions import months_before
from crm.policy.language.measures import Measure
from crm.policy.language.operators import DATES, NUMBERS, check_unit, parse_measure
from crm.policy.language.source import Spec
from crm.policy.readings.algebra import COMPARISONS, Truth, Value
from crm.policy.readings.reading import Reading
from crm.policy.text import UNITS
from crm.policy.vocabulary import CHOICES, PROFILE, Shape


class Test(ABC):
    """A question with the answers met, not met and unknown."""

    __test__ = False  # not a pytest class

    def read(self, reading: Reading) -> Truth:
        """The answer, worked out once in a reading."""
        return reading.remember(self, self.work)

    @abstractmethod
    def work(self, reading: Reading) -> Truth:
        """Work the answer out."""


@dataclass(frozen=True)
class Comparison(Test):
    """`measure, operator, value, unit`."""

    measure: Measure
    operator: str
    threshold: Fraction
    unit: str

    def work(self, reading: Reading) -> Truth:
        return self.measure.compare(reading, self.operator, self.threshold)


@dataclass(frozen=True)
class Flag(Test):
    """`flag: resident_cn`, optionally `is: false`."""

    key: str
    wanted: bool

    def work(self, reading: Reading) -> Truth:
        truth = reading.flag(self.key)
        return truth if self.wanted else reading.not_(truth)


@dataclass(frozen=True)
class Industry(Test):
    """`industry: ["65"]`: the GB/T 4754 code begins so."""

    prefixes: tuple[str, ...]

    def work(self, reading: Reading) -> Truth:
        return reading.starts_with("industry", self.prefixes)


@dataclass(frozen=True)
class FactIn(Test):
    """`fact_in: tech_field, values: […]`: the number is one of these."""

    key: str
    values: tuple[Fraction, ...]

    def work(self, reading: Reading) -> Truth:
        value = reading.fact(self.key)
        return reading.any_of([reading.compare(value, "=", one) for one in self.values])


@dataclass(frozen=True)
class YearsAgo(Test):
    """`date: registered_on, years_ago: 3`: the date lies at least so long back (`months_ago` likewise)."""

    key: str
    months: int

    def work(self, reading: Reading) -> Truth:
        last = months_before(reading.on, self.months)
        return reading.compare(reading.fact(self.key), "<=", Fraction(last.toordinal()))


@dataclass(frozen=True)
class FullYears(Test):
    """`date: registered_on, full_years: 2`: so many whole calendar years lie between the date and this year."""

    key: str
    years: int

    def work(self, reading: Reading) -> Truth:
        first = date(reading.on.year - self.years, 1, 1)
        return reading.compare(reading.fact(self.key), "<=", Fraction(first.toordinal()))


@dataclass(frozen=True)
class All(Test):
    """Every test."""

    of: tuple[Test, ...]

    def work(self, reading: Reading) -> Truth:
        return reading.all_of([test.read(reading) for test in self.of])


@dataclass(frozen=True)
class Any(Test):
    """One of the tests is enough."""

    of: tuple[Test, ...]

    def work(self, reading: Reading) -> Truth:
        return reading.any_of([test.read(reading) for test in self.of])


@dataclass(frozen=True)
class Not(Test):
    """The opposite."""

    of: Test

    def work(self, reading: Reading) -> Truth:
        return reading.not_(self.of.read(reading))


@dataclass(frozen=True)
class CriterionMet(Test):
    """`criterion: TS-01`: another criterion of the edition, read before."""

    id: str

    def work(self, reading: Reading) -> Truth:
        return reading.outcomes[self.id]


@dataclass(frozen=True)
class PointsReach(Test):
    """`points, operator, value`: the sum of scored parts against a line."""

    total: "Total"
    operator: str
    threshold: Fraction
    unit: str = "分"

    def work(self, reading: Reading) -> Truth:
        return reading.compare(self.total.read(reading), self.operator, self.threshold)


# sums of parts


class Total(ABC):
    """The points of several parts together."""

    @abstractmethod
    def read(self, reading: Reading) -> Value: ...

    @abstractmethod
    def ids(self) -> tuple[str, ...]:
        """The parts it is made of."""


@dataclass(frozen=True)
class Part(Total):
    """One scored part."""

    id: str

    def read(self, reading: Reading) -> Value:
        return reading.points[self.id]

    def ids(self) -> tuple[str, ...]:
        return (self.id,)


@dataclass(frozen=True)
class Sum(Total):
    """All parts together, at most `cap`."""

    of: tuple[Total, ...]
    cap: Fraction | None

    def read(self, reading: Reading) -> Value:
        total = reading.add([part.read(reading) for part in self.of])
        return total if self.cap is None else reading.lowest([total, reading.point(self.cap)])

    def ids(self) -> tuple[str, ...]:
        return tuple(name for part in self.of for name in part.ids())


@dataclass(frozen=True)
class Choice(Total):
    """The part the firm chose; the better one where it chose none."""

    key: str
    options: tuple[tuple[str, Total], ...]

    def read(self, reading: Reading) -> Value:
        result = reading.highest([part.read(reading) for _, part in self.options])
        for option, part in self.options:
            result = reading.choose(reading.chosen(self.key, option).low, part.read(reading), result)
        return result

    def ids(self) -> tuple[str, ...]:
        return tuple(name for _, part in self.options for name in part.ids())


# reading them from an edition


def _several(make: Callable[[tuple[Test, ...]], Test], key: str) -> Callable[[Spec], Test]:
    return lambda spec: make(tuple(parse_test(item) for item in spec.need(key).items()) or (All(()),))


def _flag(spec: Spec) -> Test:
    flags = [key for key, entry in PROFILE.items() if entry.shape is Shape.FLAG]
    wanted = spec.get("is")
    return Flag(spec.need("flag").text(flags, "flag"), wanted.flag() if wanted else True)


def _line(spec: Spec) -> tuple[str, Fraction, str]:
    operator = spec.need("operator").text(COMPARISONS, "operator")
    unit = spec.need("unit").text((*UNITS, "级"), "unit")
    return operator if operator in COMPARISONS else "=", spec.need("value").number(), unit


def _comparison(spec: Spec) -> Test:
    before = len(spec.faults)
    comparison = Comparison(parse_measure(spec.need("measure")), *_line(spec))
    if len(spec.faults) == before:
        check_unit(spec, comparison.measure, comparison.unit)
    return comparison


def _points(spec: Spec) -> Test:
    return PointsReach(parse_total(spec.need("points")), *_line(spec))


def _fact_in(spec: Spec) -> Test:
    key = spec.need("fact_in").text(NUMBERS, "fact")
    values = tuple(item.number() for item in spec.need("values").items())
    return FactIn(key if key in NUMBERS else NUMBERS[0], values)


def _years_ago(spec: Spec) -> Test:
    key = spec.need("date").text(DATES, "date")
    key = key if key in DATES else DATES[0]
    if full := spec.get("full_years"):
        return FullYears(key, full.whole())
    months = spec.get("months_ago")
    return YearsAgo(key, months.whole() if months else 12 * spec.need("years_ago").whole())


TESTS: dict[str, Callable[[Spec], Test]] = {
    "measure": _comparison,
    "points": _points,
    "flag": _flag,
    "fact_in": _fact_in,
    "date": _years_ago,
    "industry": lambda spec: Industry(spec.need("industry").texts()),
    "all": _several(All, "all"),
    "any": _several(Any, "any"),
    "not": lambda spec: Not(parse_test(spec.need("not"))),
    "criterion": lambda spec: CriterionMet(spec.need("criterion").text()),
}


def parse_test(spec: Spec, close: bool = True) -> Test:
    """The test a mapping describes."""
    keyword = next((key for key in TESTS if spec.has(key)), None)
    if keyword is None:
        spec.refuse(f"没有写条件，可用：{'、'.join(TESTS)}", f"asks nothing; use one of {', '.join(TESTS)}")
        return Industry(())
    test = TESTS[keyword](spec)
    if close:
        spec.close()
    return test


def parse_total(spec: Spec) -> Total:
    """A sum of parts: ids, capped groups and choices."""
    if isinstance(spec.value, str):
        return Part(spec.value)
    if isinstance(spec.value, list):
        return Sum(tuple(parse_total(item) for item in spec.items()), None)
    if spec.has("choice"):
        key = spec.need("choice").text(CHOICES, "choice")
        options = tuple((name, parse_total(item)) for name, item in spec.need("options").entries())
        if sorted(name for name, _ in options) != sorted(CHOICES.get(key, ())):
            spec.refuse(
                f"选项应为 {'、'.join(CHOICES.get(key, ()))}",
                f"the options are {', '.join(CHOICES.get(key, ()))}",
                "options",
            )
        result: Total = Choice(key, options)
    else:
        cap = spec.get("cap")
        result = Sum(tuple(parse_total(item) for item in spec.need("sum").items()), cap.number() if cap else None)
    spec.close()
    return result
