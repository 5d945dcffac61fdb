"""A target handed down: in equal parts, or in the measure of what each has. Pure; the parts add up to the whole exactly."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def shared(whole: Fraction, weights: Sequence[Fraction], places: int) -> list[Fraction]:
    """The whole in parts by weight, each of so many decimals; what rounding leaves goes to the largest remainders.

    What the whole has beyond those decimals stays with the first part. Raises ValueError where all weights are zero.
    """
    total = sum(weights)
    if total <= 0:
        raise ValueError("nothing to share by")
    step = Fraction(1, 10**places)
    exact = [whole * weight / total for weight in weights]
    parts = [(part // step) * step for part in exact]
    left = int((whole - sum(parts)) // step)
    order = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[:left]:
        parts[place] += step
    parts[order[0]] += whole - sum(parts)
    return parts


def equally(whole: Fraction, count: int, places: int) -> list[Fraction]:
    return shared(whole, [Fraction(1)] * count, places)
