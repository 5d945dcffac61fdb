"""Many firms against one edition: verdict and score by columns, equal to the exact reading at every threshold."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from crm.policy.answers.assess import Score
from crm.policy.answers.verdict import Outcome, in_the_way, judge
from crm.policy.facts import Facts
from crm.policy.language.clauses import PointsReach
from crm.policy.language.edition import Edition
from crm.policy.readings.algebra import Truth
from crm.policy.readings.columns import Array, Columns, ParkReading, columns_of
from crm.policy.readings.reading import FirmReading

WORDS = np.array(["not_met", "unknown", "met"])


@dataclass(frozen=True)
class ParkResult:
    """Verdicts of a park: codes 0 not met, 1 unknown, 2 met; points as floats (NaN where the edition has no score).

    `clauses` has the same codes for each criterion that decides: 2 also where it does not keep the firm from being met.
    """

    edition: Edition
    on: date
    codes: Array
    low: Array
    high: Array
    clauses: dict[str, Array]

    @property
    def verdicts(self) -> Array:
        """The verdict's word of every firm."""
        return WORDS[self.codes]

    def in_the_way(self) -> tuple[Array, Array]:
        """How many criteria keep each firm from being met: those surely not met, and those nobody can judge yet.

        Of several ways the nearest one counts: the fewest criteria, and of as many the fewest not met.
        """
        size = len(self.codes)
        fewest: tuple[Array, Array] | None = None
        for ways in product(*self.edition.alternatives):
            names = {*self.edition.requires, *(name for option in ways for name in option.needs)}
            found = tuple(
                sum((self.clauses[name] == code for name in names), np.zeros(size, np.int64)) for code in (0, 1)
            )
            if fewest is None:
                fewest = (found[0], found[1])
                continue
            more, less = fewest[0] + fewest[1], found[0] + found[1]
            nearer = (less < more) | ((less == more) & (found[0] < fewest[0]))
            fewest = (np.where(nearer, found[0], fewest[0]), np.where(nearer, found[1], fewest[1]))
        assert fewest is not None  # no ways at all are one way
        return fewest

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
        clauses = {name: _codes(truth, size) for name, truth in in_the_way(edition, reading, outcome).items()}
    codes = _codes(outcome.verdict, size)
    points = [np.array(np.broadcast_to(end, size), float) for end in _ends(outcome)]
    for index in np.flatnonzero(columns.fragile):
        firm = FirmReading(columns.row(int(index)), on)
        exact = judge(edition, firm)
        codes[index] = _code(exact.verdict)
        points[0][index], points[1][index] = _ends(exact)
        for name, truth in in_the_way(edition, firm, exact).items():
            clauses[name][index] = _code(truth)
    reading.forget()
    return ParkResult(edition, on, codes, points[0], points[1], clauses)


def _codes(truth: Truth, size: int) -> Array:
    low, high = (np.broadcast_to(side, size).astype(np.int8) for side in (truth.low, truth.high))
    return low + high


def _code(truth: Truth) -> int:
    return int(truth.low) + int(truth.high)


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
