"""The units of indicators: what a number of a unit is in whole things, whole yuan, or as a plain ratio. Exact, never a float."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor

from crm.kernel.types import Exact


class Dimension(StrEnum):
    COUNT = "count"  # things, people
    MONEY = "money"  # yuan
    RATIO = "ratio"  # one of those for another of those
    OTHER = "other"  # entered only


@dataclass(frozen=True)
class Unit:
    """`factor`: how much one of it is in things, yuan or as a ratio. `places`: decimals that its numbers are handed down in."""

    dimension: Dimension
    factor: Fraction = Fraction(1)
    places: int = 2

    @property
    def additive(self) -> bool:
        """Whether the parts of a place add up to the place's number."""
        return self.dimension in (Dimension.COUNT, Dimension.MONEY)


_THINGS = Unit(Dimension.COUNT, places=0)
UNITS: dict[str, Unit] = {
    **dict.fromkeys(("家", "件", "项", "人", "次", "个", "支"), _THINGS),
    "万人": Unit(Dimension.COUNT, Fraction(10_000)),
    "万元": Unit(Dimension.MONEY, Fraction(10_000)),
    "亿元": Unit(Dimension.MONEY, Fraction(100_000_000)),
    "%": Unit(Dimension.RATIO, Fraction(1, 100)),
    "倍": Unit(Dimension.RATIO),
    "件/家": Unit(Dimension.RATIO),
    "件/万人": Unit(Dimension.RATIO, Fraction(1, 10_000)),
    "件/百万人": Unit(Dimension.RATIO, Fraction(1, 1_000_000)),
    "百分点": Unit(Dimension.OTHER),
    "万元/亩": Unit(Dimension.OTHER),
}


def from_base(value: Fraction, unit: str) -> Fraction:
    """Things, yuan or a ratio as a number of the unit."""
    return value / UNITS[unit].factor


def to_base(value: Fraction | Decimal, unit: str) -> Fraction:
    """A number of the unit as things, yuan or a ratio."""
    return Fraction(value) * UNITS[unit].factor


def to_whole(value: Fraction, unit: str) -> Fraction:
    """To the nearest whole of what is counted in wholes (a firm, a patent); other numbers as they are."""
    return Fraction(rounded(value, 0)) if UNITS[unit].places == 0 else value


def aim(value: Fraction, unit: str, downward: bool) -> Fraction:
    """A target on the way as somebody can reach it: nobody certifies 0.8 of a firm, so that it is the next whole one."""
    if UNITS[unit].places:
        return value
    return Fraction(floor(value) if downward else ceil(value))


def kept(value: Fraction) -> Decimal:
    """A number as the database keeps it: six decimals."""
    return rounded(value, Exact.places)


def rounded(value: Fraction, places: int) -> Decimal:
    """A fraction as a Decimal of so many decimals; a half goes to the even neighbour."""
    whole = (Decimal((value * 10**places).numerator) / (value * 10**places).denominator).quantize(
        Decimal(1), rounding=ROUND_HALF_EVEN
    )
    return whole.scaleb(-places)
