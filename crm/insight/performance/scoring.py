"""Points of parks: each indicator against the value that earns all of it. Pure and exact; what nobody knows is a range, not zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Rule:
    """One indicator of the evaluation. `full_at` None: the best park's value earns all points."""

    key: str
    dimension: str
    weight: Fraction
    full_at: Fraction | None = None
    downward: bool = False


@dataclass(frozen=True)
class Points:
    """From `low` to `high` of the `weight`; alike where the value is known."""

    low: Fraction
    high: Fraction

    @property
    def known(self) -> bool:
        return self.low == self.high

    def __add__(self, other: Points) -> Points:
        return Points(self.low + other.low, self.high + other.high)


NOTHING = Points(Fraction(0), Fraction(0))


@dataclass(frozen=True)
class Value:
    """A park's value of an indicator; None: unknown. `at_least`: the truth is this or more."""

    value: Fraction | None
    at_least: bool = False


UNKNOWN = Value(None)


def best(rule: Rule, values: Sequence[Value]) -> Fraction | None:
    """The value that earns all points; None where none is set and nobody has one."""
    if rule.full_at is not None:
        return rule.full_at
    known = [each.value for each in values if each.value is not None]
    return (min(known) if rule.downward else max(known)) if known else None


def points(rule: Rule, value: Value, full: Fraction | None) -> Points:
    """In proportion to the full value, at most the weight; of what is to be small, the other way round."""
    if value.value is None or full is None:
        return Points(Fraction(0), rule.weight)
    earned = rule.weight * _share(value.value, full, rule.downward)
    if not value.at_least:
        return Points(earned, earned)
    return Points(Fraction(0), earned) if rule.downward else Points(earned, rule.weight)


def _share(value: Fraction, full: Fraction, downward: bool) -> Fraction:
    part, whole = (full, value) if downward else (value, full)
    if whole <= 0:  # nothing at all: the best there can be of what is to be small, and of the rest no measure
        return Fraction(1) if downward else Fraction(0)
    return max(Fraction(0), min(Fraction(1), part / whole))


@dataclass(frozen=True)
class Reason:
    """How many points an indicator lifts a park above the parks' average, or lowers it; None where one is not known."""

    key: str
    points: Points
    difference: Fraction | None


@dataclass(frozen=True)
class Judged:
    """A park's points, in all and by dimension, and the reasons. `first` to `last`: the ranks it can have."""

    park: int
    total: Points
    dimensions: Mapping[str, Points]
    reasons: Sequence[Reason]
    first: int
    last: int


def judge(rules: Sequence[Rule], values: Mapping[int, Mapping[str, Value]]) -> list[Judged]:
    """Every park, the surely best first. `values`: park → indicator → value."""
    of: dict[int, dict[str, Points]] = {park: {} for park in values}
    for rule in rules:
        given = {park: each.get(rule.key, UNKNOWN) for park, each in values.items()}
        full = best(rule, list(given.values()))
        for park, value in given.items():
            of[park][rule.key] = points(rule, value, full)
    averages = {rule.key: _average([of[park][rule.key] for park in values]) for rule in rules}
    totals = {park: sum(each.values(), NOTHING) for park, each in of.items()}
    found = []
    for park, each in of.items():
        total = totals[park]
        found.append(
            Judged(
                park,
                total,
                {
                    dimension: sum((each[rule.key] for rule in rules if rule.dimension == dimension), NOTHING)
                    for dimension in dict.fromkeys(rule.dimension for rule in rules)
                },
                [_reason(rule.key, each[rule.key], averages[rule.key]) for rule in rules],
                1 + sum(1 for other in totals.values() if other.low > total.high),
                sum(1 for other in totals.values() if other.high >= total.low),
            )
        )
    return sorted(found, key=lambda judged: (-judged.total.low, -judged.total.high, judged.park))


def _average(several: Sequence[Points]) -> Fraction | None:
    """Of the parks whose points are known; None where fewer than two are."""
    known = [each.low for each in several if each.known]
    return sum(known, Fraction(0)) / len(known) if len(known) > 1 else None


def _reason(key: str, earned: Points, average: Fraction | None) -> Reason:
    return Reason(key, earned, earned.low - average if earned.known and average is not None else None)
