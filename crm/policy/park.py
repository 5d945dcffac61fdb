"""Many firms against one edition: verdict and score by columns, equal to the exact reading at every threshold."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np

from crm.policy.assess import Score
from crm.policy.clauses import PointsReach
from crm.policy.columns import Array, Columns, ParkReading, columns_of
from crm.policy.edition import Edition
from crm.policy.facts import Facts
from crm.policy.reading import FirmReading
from crm.policy.verdict import Outcome, judge

WORDS = np.array(["not_met", "unknown", "met"])


@dataclass(frozen=True)
class ParkResult:
    """Verdicts of a park: codes 0 not met, 1 unknown, 2 met; points as floats (NaN where the edition has no score)."""

    edition: Edition
    on: date
    codes: Array
    low: Array
    high: Array

    @property
    def verdicts(self) -> Array:
        """The verdict's word of every firm."""
        return WORDS[self.codes]

    def count(self) -> dict[str, int]:
        """How many firms met, did not meet, are unknown."""
        return {str(name): int((self.codes == code).sum()) for code, name in enumerate(WORDS)}

    def as_json(self, index: int) -> dict[str, Any]:
        """One firm's line as `policy evaluate-many` prints it."""
        line = _line(self.edition)
        score = line and Score(_exact(self.low[index]), _exact(self.high[index]), line.threshold, line.operator)
        return {"verdict": str(WORDS[self.codes[index]]), "score": score.as_json() if score else None}


def _exact(number: Any) -> Fraction:
    return Fraction(repr(float(number)))


def _line(edition: Edition) -> PointsReach | None:
    test = edition.criterion(edition.score).test if edition.score else None
    return test if isinstance(test, PointsReach) else None


def evaluate_columns(edition: Edition, columns: Columns, on: date) -> ParkResult:
    """The verdict and score of every firm of the park."""
    reading = ParkReading(columns, on)
    size = columns.size
    with np.errstate(all="ignore"):
        outcome = judge(edition, reading)
    low = np.broadcast_to(outcome.verdict.low, size)
    high = np.broadcast_to(outcome.verdict.high, size)
    codes = low.astype(np.int8) + high.astype(np.int8)
    points = [np.array(np.broadcast_to(end, size), float) for end in _ends(outcome)]
    fragile = np.flatnonzero(columns.fragile)
    for index in fragile:
        exact = judge(edition, FirmReading(columns.row(int(index)), on))
        codes[index] = int(exact.verdict.low) + int(exact.verdict.high)
        points[0][index], points[1][index] = _ends(exact)
    return ParkResult(edition, on, codes, points[0], points[1])


def _ends(outcome: Outcome) -> tuple[Any, Any]:
    return (outcome.score.low, outcome.score.high) if outcome.score else (np.nan, np.nan)


def evaluate_many(edition: Edition, documents: Iterable[Facts | dict[str, Any]], on: date) -> list[dict[str, Any]]:
    """The verdict and score of each firm, in order, as `policy evaluate-many` prints them. Raises FactsError for a bad document."""
    result = evaluate_columns(edition, columns_of(documents), on)
    return [result.as_json(index) for index in range(len(result.codes))]


def evaluate_park(
    wanted: Iterable[Edition], columns: Columns, on: date, progress: Callable[[Edition], None] | None = None
) -> list[ParkResult]:
    """A park against several editions; `progress` is called after each."""
    results = []
    for edition in wanted:
        results.append(evaluate_columns(edition, columns, on))
        if progress:
            progress(edition)
    return results
