"""Next year's figures from a firm's own trend, and what an edition would say of them. A projection, and labelled so."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from crm.policy.assess import Assessment, CriterionResult
from crm.policy.facts import Facts
from crm.policy.text import Text


@dataclass(frozen=True)
class ProjectedFigure:
    """One figure of the year to come: the value, the years it was drawn from, and how, in a sentence."""

    path: str
    title: Text
    year: int
    value: Fraction
    unit: str
    basis: tuple[tuple[int, Fraction], ...]
    arithmetic: Text


@dataclass(frozen=True)
class Lapse:
    """A title or right that will have ended by then, from its dates alone."""

    path: str
    on: date
    text: Text


@dataclass(frozen=True)
class Projection:
    """A firm a year on. `then` is the same day of the next year; `facts` are what it would be judged by.

    `missing` are the paths of the figures that have too few years known to be projected: they stay unknown.
    """

    on: date
    then: date
    facts: Facts
    figures: tuple[ProjectedFigure, ...]
    lapses: tuple[Lapse, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Shift:
    """One clause today and a year on, under the same edition, with the projected figures and the lapses that it reads."""

    now: CriterionResult
    then: CriterionResult
    figures: tuple[ProjectedFigure, ...]
    lapses: tuple[Lapse, ...]


@dataclass(frozen=True)
class Forecast:
    """What the projection comes to. Parts with points are in `points` where their points change, all other clauses in the lists.

    `today` is under the edition in force today; `today_then` under the edition of the coming year with today's facts (the same object
    where the edition stays), which the clauses are compared with; `next_year` under that edition with the projected facts.
    * `failing`: met now, surely not met then. * `doubtful`: met now, unknown then. * `gained`: not met (or unknown) now, met then.
    """

    projection: Projection
    today: Assessment
    today_then: Assessment
    next_year: Assessment
    failing: tuple[Shift, ...]
    doubtful: tuple[Shift, ...]
    gained: tuple[Shift, ...]
    points: tuple[Shift, ...]
