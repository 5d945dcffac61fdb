"""The points of a scored part: a range, by bands, by steps and by a person's judgement."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from crm.policy.language.clauses import Test, parse_test
from crm.policy.language.measures import Measure
from crm.policy.language.operators import check_unit, parse_measure
from crm.policy.language.source import Spec
from crm.policy.readings.algebra import Truth, Value, merge
from crm.policy.readings.reading import Reading
from crm.policy.text import UNITS, plain
from crm.policy.vocabulary import EXPERT


class Points(ABC):
    """Points as a range: what the facts allow, before a person's judgement."""

    def read(self, reading: Reading) -> Value:
        """The points, worked out once in a reading."""
        return reading.remember(self, self.work)

    @abstractmethod
    def work(self, reading: Reading) -> Value:
        """Work the points out."""


@dataclass(frozen=True)
class Fixed(Points):
    """A number of points, or a range `[low, high]` within which a person decides."""

    low: Fraction
    high: Fraction

    def work(self, reading: Reading) -> Value:
        return reading.between(self.low, self.high)


@dataclass(frozen=True)
class Band:
    """Points for the numbers between two ends; an end is in the band unless it is open. None: no end."""

    low: Fraction | None
    low_open: bool
    high: Fraction | None
    high_open: bool
    points: Fixed

    def read(self, reading: Reading, value: Value) -> Truth:
        """Whether the value lies in the band."""
        ends = []
        if self.low is not None:
            ends.append(reading.compare(value, ">" if self.low_open else ">=", self.low))
        if self.high is not None:
            ends.append(reading.compare(value, "<" if self.high_open else "<=", self.high))
        return reading.all_of(ends)


@dataclass(frozen=True)
class Bands(Points):
    """`measure, unit, bands`: ordered from low to high, without holes."""

    measure: Measure
    unit: str
    bands: tuple[Band, ...]

    def work(self, reading: Reading) -> Value:
        value = self.measure.read(reading)
        cases = [(band.read(reading, value), band.points.read(reading)) for band in self.bands]
        return _cases(reading, cases, Value(0, 0, value.missing, value.figures))

    def line(self) -> tuple[str, Fraction] | None:
        """The operator and number from which on there are points; None where every band has some."""
        lowest, highest = self.bands[0], self.bands[-1]
        if lowest.points.high == 0:
            first = next((band for band in self.bands if band.points.high > 0), None)
            return (">" if first.low_open else ">=", first.low) if first and first.low is not None else None
        last = next((band for band in reversed(self.bands) if band.points.high > 0), None)
        if highest.points.high > 0 or last is None or last.high is None:
            return None
        return "<" if last.high_open else "<=", last.high


@dataclass(frozen=True)
class Steps(Points):
    """`steps`: the first test that is met gives its points; `otherwise` the rest."""

    steps: tuple[tuple[Test, Points], ...]
    otherwise: Points

    def work(self, reading: Reading) -> Value:
        cases: list[tuple[Truth, Value]] = []
        open_still = reading.truth(True)
        for test, points in self.steps:
            truth = test.read(reading)
            cases.append((reading.all_of([open_still, truth]), points.read(reading)))
            open_still = reading.all_of([open_still, reading.not_(truth)])
        cases.append((open_still, self.otherwise.read(reading)))
        return _cases(reading, cases, None)


@dataclass(frozen=True)
class Each(Points):
    """`each`: every test that is met adds its points, up to `cap`."""

    of: tuple[tuple[Test, Fraction], ...]
    cap: Fraction

    def work(self, reading: Reading) -> Value:
        terms = []
        for test, points in self.of:
            truth = test.read(reading)
            gain, none = reading.constant(points), reading.constant(0)
            low, high = reading.where(truth.low, gain, none), reading.where(truth.high, gain, none)
            terms.append(Value(low, high, truth.missing, truth.figures))
        return reading.lowest([reading.add(terms), reading.point(self.cap)])


def _cases(reading: Reading, cases: list[tuple[Truth, Value]], seen: Value | None) -> Value:
    """The range over all cases that are possible. `seen` is what was looked at to tell them apart, where it was one value."""
    low, high = reading.unknown().high, reading.unknown().low
    for truth, points in cases:
        low = reading.where(truth.high, reading.least(low, points.low), low)
        high = reading.where(truth.high, reading.most(high, points.high), high)
    looked_at = [seen] if seen else []
    open_cases = [points for truth, points in cases if truth.high is not False]  # of one firm; in a park all are open
    return Value(low, high, *merge([*looked_at, *(truth for truth, _ in cases), *open_cases]))


@dataclass(frozen=True)
class Judged(Points):
    """Points a person gives within the range the facts allow (`expert: transfer`)."""

    range: Points
    key: str

    def work(self, reading: Reading) -> Value:
        allowed = self.range.read(reading)
        given = reading.expert(self.key)
        clamped = reading.clamp(given, allowed.low, allowed.high)
        return Value(clamped.low, clamped.high, *merge((allowed, given)))


def most_of(points: Points) -> Fraction:
    """The most points that can be had, whatever the facts."""
    match points:
        case Fixed(_, high):
            return high
        case Bands(_, _, bands):
            return max((band.points.high for band in bands), default=Fraction(0))
        case Steps(steps, otherwise):
            return max(most_of(each) for each in (*(each for _, each in steps), otherwise))
        case Each(_, cap):
            return cap
        case Judged(inner, _):
            return most_of(inner)
    raise TypeError(points)


NOTHING = Fixed(Fraction(0), Fraction(0))


def _fixed(spec: Spec) -> Fixed:
    if isinstance(spec.value, list):
        ends = [item.number() for item in spec.items()]
        if len(ends) != 2 or ends[0] > ends[1]:
            spec.refuse("分值范围写作 [低, 高]", "a range of points is [low, high]")
            return NOTHING
        return Fixed(ends[0], ends[1])
    return Fixed(spec.number(), spec.number())


def _band(spec: Spec) -> Band:
    low, above = spec.get("from"), spec.get("above")
    below, up_to = spec.get("below"), spec.get("up_to")
    if (low and above) or (below and up_to):
        spec.refuse("每端只写一种界限", "give each end once: from or above, below or up_to")
    points = _fixed(spec.need("points"))
    spec.close()
    bottom, top = low or above, below or up_to
    return Band(
        bottom.number() if bottom else None, above is not None, top.number() if top else None, below is not None, points
    )


def _bands(spec: Spec) -> Bands:
    before = len(spec.faults)
    measure = parse_measure(spec.need("measure"))
    unit = spec.need("unit").text((*UNITS, "级"), "unit")
    if len(spec.faults) == before:
        check_unit(spec, measure, unit)
    bands = sorted((_band(item) for item in spec.need("bands").items()), key=lambda b: (b.low is not None, b.low or 0))
    for lower, upper in pairwise(bands):
        if lower.high is None or upper.low is None or lower.high > upper.low:
            spec.refuse("两档重叠，请改界限", "two bands overlap; change their ends", "bands")
        elif lower.high < upper.low or (lower.high_open and upper.low_open):
            spec.refuse(
                f"{plain(lower.high)} 与 {plain(upper.low)} 之间没有档，请补上",
                f"a hole between {plain(lower.high)} and {plain(upper.low)}; close it",
                "bands",
            )
        elif not lower.high_open and not upper.low_open:
            end = plain(upper.low)
            spec.refuse(f"{end} 落在两档里，请改一端", f"{end} is in two bands; open one end", "bands")
    if bands and (bands[0].low is not None or bands[-1].high is not None):
        spec.refuse(
            "最低档不写下限，最高档不写上限",
            "leave the lowest band without a lower end and the highest without an upper end",
            "bands",
        )
    return Bands(measure, unit, tuple(bands))


def parse_points(spec: Spec) -> Points:
    """The points a mapping describes: a number, a range, bands or steps."""
    if not isinstance(spec.value, dict):
        return _fixed(spec)
    result: Points = NOTHING
    if spec.has("bands"):
        result = _bands(spec)
    elif spec.has("steps"):
        steps = []
        for step in spec.need("steps").items():
            steps.append((parse_test(step.need("when")), parse_points(step.need("points"))))
            step.close()
        result = Steps(tuple(steps), parse_points(spec.need("otherwise")))
    elif spec.has("each"):
        each = []
        for item in spec.need("each").items():
            each.append((parse_test(item.need("when")), item.need("points").number()))
            item.close()
        result = Each(tuple(each), spec.need("cap").number())
    else:
        spec.refuse("写分值、范围、bands、steps 或 each", "give points, a range, bands, steps or each")
        return result
    spec.close()
    return result


def judged(points: Points, key: Spec | None) -> Points:
    """The points with the person's judgement named by the key, if one is named."""
    if key is None:
        return points
    return Judged(points, name) if (name := key.text(EXPERT, "expert key")) in EXPERT else points
