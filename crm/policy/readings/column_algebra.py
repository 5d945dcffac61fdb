"""The algebra over columns: float64, and exact wherever rounding could decide.

Numbers are floats, which is fast and nearly always enough. Where a rounded number lies next to a threshold, its rows are worked out
again as fractions of whole numbers, by the same steps, as robust geometry does. The two readings are therefore equal, not close.
"""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np

from crm.policy.readings.algebra import COMPARISONS, Algebra, Bool, Number, Truth, Value

MILLION = (
    10**6
)  # a number given has at most six decimals; rows with finer or larger ones are decided exactly from the start
CLOSE = 1e-7


class ColumnAlgebra(Algebra):
    """A whole park at once."""

    size: int

    def constant(self, number: Fraction | int) -> Number:
        return float(number)

    def where(self, condition: Bool, yes: Number, no: Number) -> Number:
        return np.where(condition, yes, no)

    def both(self, one: Bool, other: Bool) -> Bool:
        return np.logical_and(one, other)

    def either(self, one: Bool, other: Bool) -> Bool:
        return np.logical_or(one, other)

    def negate(self, one: Bool) -> Bool:
        return np.logical_not(one)

    def least(self, one: Number, other: Number) -> Number:
        return np.minimum(one, other)

    def most(self, one: Number, other: Number) -> Number:
        return np.maximum(one, other)

    def settled(self, truth: Truth) -> Truth:
        return truth

    def tidy(self, value: Value) -> Value:
        return value

    # numbers, each with the way to have it exactly

    def add(self, values: Sequence[Value]) -> Value:
        def exactly(rows: Any, end: int) -> tuple[Any, Any]:
            parts = [self.fraction(value, rows, end) for value in values]
            return reduce(lambda a, b: (a[0] * b[1] + b[0] * a[1], a[1] * b[1]), parts)

        return replace(super().add(values), rough=True, exactly=exactly)

    def divide(self, above: Value, below: Value) -> Value:
        def exactly(rows: Any, end: int) -> tuple[Any, Any]:
            (n, d), (p, q) = self.fraction(above, rows, end), self.fraction(below, rows, 0)
            return n * q, d * p

        return replace(super().divide(above, below), rough=True, exactly=exactly)

    def choose(self, condition: Bool, yes: Value, no: Value) -> Value:
        def exactly(rows: Any, end: int) -> tuple[Any, Any]:
            met = np.broadcast_to(condition, self.size)[rows]
            chosen, other = (self.fraction(value, rows, end) for value in (yes, no))
            return np.where(met, chosen[0], other[0]), np.where(met, chosen[1], other[1])

        low = np.where(condition, yes.low, no.low)
        high = low if yes.low is yes.high and no.low is no.high else np.where(condition, yes.high, no.high)
        rough = False if yes.rough is False and no.rough is False else np.where(condition, yes.rough, no.rough)
        return Value(low, high, root=yes.root, rough=rough, exactly=exactly)

    def lowest(self, values: Sequence[Value]) -> Value:
        return self._extreme(super().lowest(values), values, 1)

    def highest(self, values: Sequence[Value]) -> Value:
        return self._extreme(super().highest(values), values, -1)

    def _extreme(self, result: Value, values: Sequence[Value], sign: int) -> Value:
        def pick(one: tuple[Any, Any], other: tuple[Any, Any]) -> tuple[Any, Any]:
            first = sign * one[0] * other[1] <= sign * other[0] * one[1]
            return np.where(first, one[0], other[0]), np.where(first, one[1], other[1])

        def exactly(rows: Any, end: int) -> tuple[Any, Any]:
            return reduce(pick, [self.fraction(value, rows, end) for value in values])

        return replace(result, rough=True, exactly=exactly)

    def fraction(self, value: Value, rows: Any, end: int) -> tuple[Any, Any]:
        """Whole numerators and denominators (above zero) of some rows of a value; an open end counts as very large."""
        if value.exactly is not None:
            return value.exactly(rows, end)
        column = np.broadcast_to(value.high if end else value.low, self.size)[rows]
        finite = np.nan_to_num(column, posinf=1e30, neginf=-1e30)
        return np.array([round(number * MILLION) for number in finite.tolist()], object), np.full(
            len(rows), MILLION, object
        )

    def compared(self, value: Value, operator: str, threshold: Fraction) -> tuple[Bool, Bool]:
        limit = float(threshold)
        if value.rough is False:
            return COMPARISONS[operator](value.low, value.high, limit, self)
        ends = [self._side(value, 0, limit, threshold)]
        ends.append(ends[0] if value.low is value.high else self._side(value, 1, limit, threshold))
        return COMPARISONS[operator](ends[0], ends[1], 0, self)

    def _side(self, value: Value, end: int, limit: float, threshold: Fraction) -> Any:
        """Below, at or above the threshold: −1, 0 or 1, for one end of the value."""
        apart = np.broadcast_to((value.high if end else value.low) - limit, self.size)
        side = np.sign(apart)
        rows = np.flatnonzero((np.abs(apart) <= CLOSE * max(1.0, abs(limit))) & value.rough)
        if len(rows):
            above, below = self.fraction(value, rows, end)
            side[rows] = np.sign((above * threshold.denominator - below * threshold.numerator).astype(float))
        return side
