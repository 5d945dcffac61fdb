"""How far a place has come: the straight line between two known years, completion, and how it stands. Pure and exact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction


class Standing(StrEnum):
    MET = "met"
    ON_TRACK = "on_track"
    BEHIND = "behind"
    MISSED = "missed"
    PENDING = "pending"  # the year is not over, and nothing says how far it should be
    UNKNOWN = "unknown"
    NO_TARGET = "no_target"


@dataclass(frozen=True)
class Actual:
    """What was reached. `at_least`: a sum in which figures are missing, so that the truth is this or more."""

    value: Fraction | None
    at_least: bool = False


def straight(points: Mapping[int, Fraction], year: int) -> Fraction | None:
    """The straight line between the known years around one that is not known; None outside of them."""
    before = max((known for known in points if known < year), default=None)
    after = min((known for known in points if known > year), default=None)
    if before is None or after is None:
        return None
    return points[before] + (points[after] - points[before]) * Fraction(year - before, after - before)


def reached(actual: Fraction, target: Fraction, downward: bool) -> bool:
    return actual <= target if downward else actual >= target


def completion(actual: Fraction | None, target: Fraction | None, downward: bool = False) -> Fraction | None:
    """The share of the target that was reached; of what is to shrink, the target's share of what is left.

    None where one is unknown, and where there is nothing to divide by.
    """
    if actual is None or target is None:
        return None
    part, whole = (target, actual) if downward else (actual, target)
    if whole <= 0 or part < 0:
        return Fraction(1) if downward and whole == 0 and part >= 0 else None
    return part / whole


def standing(
    actual: Actual,
    target: Fraction | None,
    *,
    year: int,
    today: date,
    before: Fraction | None,
    downward: bool = False,
) -> Standing:
    """How a year's number stands today. `before` is where the year begins: last year's value on the way, or zero of a
    number that begins anew each year; None: unknown, and then no day within the year says whether it is late.
    """
    if target is None:
        return Standing.NO_TARGET
    if actual.value is None:
        return Standing.UNKNOWN
    if reached(actual.value, target, downward):
        # Of what is to shrink, missing figures hide more of it.
        return Standing.UNKNOWN if downward and actual.at_least else Standing.MET
    if actual.at_least and not downward:
        return Standing.UNKNOWN
    if year < today.year:
        return Standing.MISSED
    if year > today.year or before is None:
        return Standing.PENDING
    gone = Fraction((today - date(year, 1, 1)).days + 1, (date(year, 12, 31) - date(year, 1, 1)).days + 1)
    due = before + (target - before) * gone
    return Standing.ON_TRACK if reached(actual.value, due, downward) else Standing.BEHIND


def yearly_growth(value: Fraction, base: Fraction, years: int) -> Fraction | None:
    """The average growth a year that leads from the base to the value, to the tenth decimal; None from zero or below it."""
    if base <= 0 or value < 0 or years < 1:
        return None
    times = Decimal(value.numerator) / Decimal(value.denominator) * Decimal(base.denominator) / Decimal(base.numerator)
    root = times ** (Decimal(1) / years) if times else Decimal(0)
    return Fraction((root - 1).quantize(Decimal("1e-10")))
