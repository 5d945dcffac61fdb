"""Intervals and three-valued truth, written once for a single firm (exact fractions) and for a whole park (numpy columns).

One concept carries everything: a value lies between `low` and `high`. Known: low == high. Given by a person within a range: low < high.
Unknown: minus to plus infinity. A truth is the same thing over false < true: `low` is “surely”, `high` is “possibly”.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from math import inf
from typing import Any

Number = Any  # Fraction (or ±inf) for one firm; float array for a park
Bool = Any  # bool for one firm; bool array for a park


@dataclass(frozen=True, slots=True)
class Figure:
    """A fact that was used: its path, its year (None for facts without one), value and unit."""

    path: str
    year: int | None
    value: Any
    unit: str


@dataclass(frozen=True, slots=True)
class Value:
    """A number between `low` and `high`. With a `root` n the number meant is (…)^(1/n) − 1, a growth rate kept exact this way.

    The last two are for columns: `rough` where rounding may have happened, and then how to get the number `exactly` for some rows.
    """

    low: Number
    high: Number
    missing: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    root: int = 0
    rough: Bool = False
    exactly: "Exactly | None" = None


@dataclass(frozen=True, slots=True)
class Truth:
    """True for sure (`low`), possibly true (`high`)."""

    low: Bool
    high: Bool
    missing: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()


Exactly = Callable[[Any, int], tuple[Any, Any]]  # rows, 0 for low or 1 for high → whole numerators and denominators


def merge(parts: Iterable[Value | Truth]) -> tuple[tuple[str, ...], tuple[Figure, ...]]:
    """What the parts miss and used, without repeats, in order."""
    missing: dict[str, None] = {}
    figures: dict[str, Figure] = {}
    for part in parts:
        for path in part.missing:
            missing[path] = None
        for figure in part.figures:
            figures[figure.path] = figure
    return tuple(missing), tuple(figures.values())


class Algebra(ABC):
    """The formulas every criterion is made of. Subclasses say how a single comparison or choice is made."""

    @abstractmethod
    def constant(self, number: Fraction | int) -> Number:
        """A number of the edition as this algebra counts."""

    @abstractmethod
    def where(self, condition: Bool, yes: Number, no: Number) -> Number:
        """`yes` where the condition holds, else `no`."""

    @abstractmethod
    def both(self, one: Bool, other: Bool) -> Bool: ...

    @abstractmethod
    def either(self, one: Bool, other: Bool) -> Bool: ...

    @abstractmethod
    def negate(self, one: Bool) -> Bool: ...

    @abstractmethod
    def least(self, one: Number, other: Number) -> Number: ...

    @abstractmethod
    def most(self, one: Number, other: Number) -> Number: ...

    @abstractmethod
    def choose(self, condition: Bool, yes: Value, no: Value) -> Value:
        """The whole value `yes` where the condition surely holds, else `no`."""

    @abstractmethod
    def settled(self, truth: Truth) -> Truth:
        """The truth, with nothing reported missing where it is decided anyway."""

    @abstractmethod
    def tidy(self, value: Value) -> Value:
        """The value, with nothing reported missing where it is known anyway."""

    @abstractmethod
    def compared(self, value: Value, operator: str, threshold: Fraction) -> tuple[Bool, Bool]:
        """Whether the value surely, and possibly, stands so to the threshold."""

    def point(self, number: Fraction | int) -> Value:
        """A known number."""
        return self.between(number, number)

    def between(self, low: Fraction | int, high: Fraction | int) -> Value:
        """A number known only to lie between two."""
        bottom = self.constant(low)
        return Value(bottom, bottom if low == high else self.constant(high))

    def unknown(self, *missing: str) -> Value:
        return Value(-inf, inf, missing)

    def truth(self, known: bool) -> Truth:
        return Truth(known, known)

    def is_unknown(self, value: Value) -> Bool:
        return self.either(value.low == -inf, value.high == inf)

    def is_zero(self, value: Value) -> Bool:
        return self.both(value.low == 0, value.high == 0)

    # numbers

    def add(self, values: Sequence[Value]) -> Value:
        low = sum(v.low for v in values)
        high = low if all(v.low is v.high for v in values) else sum(v.high for v in values)
        return Value(low, high, *merge(values))

    def divide(self, above: Value, below: Value) -> Value:
        """above ÷ below; unknown unless the divisor is known and above zero (a ratio to nothing does not exist)."""
        defined = self.both(below.low > 0, below.low == below.high)
        divisor = self.where(defined, below.low, self.constant(1))
        low = self.where(defined, above.low / divisor, -inf)
        high = self.where(defined, above.high / divisor, inf)
        return Value(low, high, *merge((above, below)))

    def lowest(self, values: Sequence[Value]) -> Value:
        low, high = reduce(self.least, (v.low for v in values)), reduce(self.least, (v.high for v in values))
        return self.tidy(Value(low, high, *merge(values)))

    def highest(self, values: Sequence[Value]) -> Value:
        low, high = reduce(self.most, (v.low for v in values)), reduce(self.most, (v.high for v in values))
        return self.tidy(Value(low, high, *merge(values)))

    def clamp(self, value: Value, low: Number, high: Number) -> Value:
        """The value moved into the range."""
        return replace(
            value, low=self.most(self.least(value.low, high), low), high=self.least(self.most(value.high, low), high)
        )

    # truths

    def all_of(self, truths: Sequence[Truth]) -> Truth:
        if not truths:
            return self.truth(True)
        low, high = reduce(self.both, (t.low for t in truths)), reduce(self.both, (t.high for t in truths))
        return self.settled(Truth(low, high, *merge(truths)))

    def any_of(self, truths: Sequence[Truth]) -> Truth:
        if not truths:
            return self.truth(False)
        low, high = reduce(self.either, (t.low for t in truths)), reduce(self.either, (t.high for t in truths))
        return self.settled(Truth(low, high, *merge(truths)))

    def not_(self, truth: Truth) -> Truth:
        return Truth(self.negate(truth.high), self.negate(truth.low), truth.missing, truth.figures)

    def compare(self, value: Value, operator: str, threshold: Fraction) -> Truth:
        """Met when the whole interval passes, not met when none of it does, else unknown."""
        if value.root:  # the root of x, less one, passes t exactly where x passes (1 + t)^n
            threshold = (1 + threshold) ** value.root
        low, high = self.compared(value, operator, threshold)
        return self.settled(Truth(low, high, value.missing, value.figures))


COMPARISONS: dict[str, Callable[[Number, Number, Number, Algebra], tuple[Bool, Bool]]] = {
    ">=": lambda low, high, limit, _: (low >= limit, high >= limit),
    ">": lambda low, high, limit, _: (low > limit, high > limit),
    "<=": lambda low, high, limit, _: (high <= limit, low <= limit),
    "<": lambda low, high, limit, _: (high < limit, low < limit),
    "=": lambda low, high, limit, a: (a.both(low == limit, high == limit), a.both(low <= limit, high >= limit)),
}


class ExactAlgebra(Algebra):
    """One firm: fractions and plain truth values, with what is missing and what was used."""

    def constant(self, number: Fraction | int) -> Number:
        return Fraction(number)

    def where(self, condition: Bool, yes: Number, no: Number) -> Number:
        return yes if condition else no

    def both(self, one: Bool, other: Bool) -> Bool:
        return one and other

    def either(self, one: Bool, other: Bool) -> Bool:
        return one or other

    def negate(self, one: Bool) -> Bool:
        return not one

    def least(self, one: Number, other: Number) -> Number:
        return min(one, other)

    def most(self, one: Number, other: Number) -> Number:
        return max(one, other)

    def choose(self, condition: Bool, yes: Value, no: Value) -> Value:
        return yes if condition else no

    def settled(self, truth: Truth) -> Truth:
        return replace(truth, missing=()) if truth.low == truth.high and truth.missing else truth

    def tidy(self, value: Value) -> Value:
        return replace(value, missing=()) if value.low == value.high and value.missing else value

    def compared(self, value: Value, operator: str, threshold: Fraction) -> tuple[Bool, Bool]:
        low, high = COMPARISONS[operator](value.low, value.high, threshold, self)
        return low, high
