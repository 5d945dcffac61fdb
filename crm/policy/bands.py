"""Clauses that hold for a range of a measure (HT-05a/b/c by revenue): where the firm is, and what happens when it crosses."""

from dataclasses import dataclass
from fractions import Fraction

from crm.policy.assess import CriterionResult
from crm.policy.text import Text


@dataclass(frozen=True)
class Band:
    """One range and what is asked in it. An end is None where there is none; `low_open` and `high_open`: the end itself is outside.

    `criteria` are today's results of its clauses; `here` is None where the measure is unknown.
    `range` says the ends in words (5,000 万元以上至 20,000 万元).
    """

    low: Fraction | None
    low_open: bool
    high: Fraction | None
    high_open: bool
    range: Text
    here: bool | None
    criteria: tuple[CriterionResult, ...]


@dataclass(frozen=True)
class Crossing:
    """What would happen at the step into a neighbouring band, with all of today's other figures.

    `at` is the measure's value there (the first 0.01 万元, or person, inside), `distance` how far it is from today, `up` the direction.
    `criteria` are the results of the other band's clauses there, each with its own gap (how much R&D would be needed) and arithmetic;
    `verdict` is the word of all of them together; `text` says it in a sentence.
    """

    band: Band
    up: bool
    at: Fraction
    distance: Fraction
    verdict: str
    criteria: tuple[CriterionResult, ...]
    text: Text


@dataclass(frozen=True)
class Bands:
    """The bands of an edition, from low to high. `value` is None where the measure is unknown; then there are no crossings.

    `path` is the fact that is measured (`years.2025.revenue`), `text` where the firm stands, in a sentence.
    """

    title: Text
    path: str
    unit: str
    value: Fraction | None
    bands: tuple[Band, ...]
    crossings: tuple[Crossing, ...]
    text: Text
