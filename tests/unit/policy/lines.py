"""Firms on the line: for a comparison of an edition, one figure is moved until the number stands exactly at the threshold."""

from __future__ import annotations

from collections.abc import Container, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from math import inf
from typing import Any

from crm.policy import Edition, Facts
from crm.policy.answers.verdict import judge
from crm.policy.readings.algebra import Value
from crm.policy.readings.reading import FirmReading
from crm.policy.vocabulary import LISTS

STEP = Fraction(1, 10**6)  # 万元: a fen
MANY = 60  # entries of a list


@dataclass(frozen=True)
class Line:
    """One comparison: which facts it reads, and what with."""

    operator: str
    threshold: Fraction
    paths: tuple[str, ...]


class Recorder(FirmReading):
    """A reading that keeps every number it compares."""

    def __init__(self, facts: Facts, on: date) -> None:
        super().__init__(facts, on)
        self.compared_values: dict[Line, Value] = {}

    def compared(self, value: Value, operator: str, threshold: Fraction) -> tuple[Any, Any]:
        line = Line(operator, threshold, tuple(figure.path for figure in value.figures))
        self.compared_values.setdefault(line, value)
        return super().compared(value, operator, threshold)


def compared(edition: Edition, facts: Facts, on: date) -> dict[Line, Value]:
    """The numbers that are compared with something, of this firm."""
    recorder = Recorder(facts, on)
    judge(edition, recorder)
    return recorder.compared_values


def on_the_line(
    edition: Edition, facts: Facts, on: date, known: Container[tuple[str, Fraction]]
) -> Iterator[tuple[Line, list[Facts]]]:
    """For each comparison not known yet that one fact can bring to its line: the firm just below, at and just above it."""
    for line, value in compared(edition, facts, on).items():
        if (line.operator, line.threshold) in known:
            continue
        for path in line.paths:
            firms = _listed(facts, path, line) if path in LISTS else _moved(edition, facts, on, line, value, path)
            if firms:
                yield line, firms
                break


def _listed(facts: Facts, path: str, line: Line) -> list[Facts]:
    """The first entry of the list as often as is asked for, or with the amount that is."""
    entries = facts.lists.get(path)
    if not entries or line.threshold <= 0:
        return []
    if "amount" in LISTS[path]:
        amounts = (line.threshold + step for step in (-STEP, Fraction(0), STEP))
        return [with_fact(facts, path, [{**entries[0], "amount": amount}]) for amount in amounts]
    if line.threshold.denominator != 1 or line.threshold > MANY:
        return []
    return [with_fact(facts, path, entries[:1] * (int(line.threshold) + more)) for more in (-1, 0, 1)]


def _moved(edition: Edition, facts: Facts, on: date, line: Line, value: Value, path: str) -> list[Facts]:
    """The firm with this fact where the comparison is exactly met, if the number changes with it in proportion."""
    fact = fact_of(facts, path)
    if not isinstance(fact, (Fraction, date)) or value.low != value.high or value.low in (inf, -inf):
        return []
    here, step = (Fraction(fact.toordinal()), Fraction(1)) if isinstance(fact, date) else (fact, STEP)

    def moved(number: Fraction) -> Facts:
        return with_fact(facts, path, date.fromordinal(int(number)) if isinstance(fact, date) else number)

    further = compared(edition, moved(here + 1), on).get(line)
    if further is None or further.low in (inf, -inf) or further.low == value.low:
        return []
    there = here + (line.threshold - value.low) / (further.low - value.low)
    if there < step or 10**6 % there.denominator or (step == 1 and there.denominator != 1):
        return []
    exact = compared(edition, moved(there), on).get(line)
    if exact is None or exact.low != line.threshold:
        return []
    return [moved(there + each) for each in (-step, Fraction(0), step)]


def even(facts: Facts) -> Facts:
    """The firm with the same whole figures every year: what it grows by comes out even."""
    year = {key: Fraction(max(1, round(figure))) for key, figure in facts.years[max(facts.years)].items()}
    return replace(facts, years={each: dict(year) for each in facts.years})


def fact_of(facts: Facts, path: str) -> Any:
    head, _, rest = path.partition(".")
    if head == "years":
        year, _, key = rest.partition(".")
        return facts.years.get(int(year), {}).get(key)
    return facts.expert.get(rest) if head == "expert" else facts.profile.get(path)


def with_fact(facts: Facts, path: str, value: Any) -> Facts:
    changed = deepcopy(facts)
    head, _, rest = path.partition(".")
    if head == "years":
        year, _, key = rest.partition(".")
        changed.years[int(year)][key] = value
    elif head == "expert":
        changed.expert[rest] = value
    elif path in LISTS:
        changed.lists[path] = value
    else:
        changed.profile[path] = value
    return changed
