"""The cheapest sets of changes by which one firm would reach a rung: computed by trying them, not guessed.

`ways(edition, facts, on)` finds what the firm could do more of (`moves`), tries the levels at which a clause or a point turns in all
combinations at once with the park's reading, keeps those that reach furthest, and judges each one shown exactly.
"""

from dataclasses import dataclass
from fractions import Fraction

from crm.policy.assess import Assessment, Score
from crm.policy.facts import Facts
from crm.policy.text import Text


@dataclass(frozen=True)
class Price:
    """What one unit of a move is assumed to cost, in 万元 (None: nobody knows, such sets are listed last).

    `key` is the move: `rd`, `staff`, `ht_revenue`, `main_revenue`, `transfers`, `equity`, or the kind of a new right (`invention` …).
    """

    key: str
    title: Text
    unit: str
    amount: Fraction | None


@dataclass(frozen=True)
class Change:
    """One move in a set: the fact at `path` goes from `before` to `after` (`amount` more), at `cost` 万元 (None: no price).

    `path` is a figure (`years.2025.rd`) or a list (`ip`, `equity`): there `before` and `after` count what the list has of it.
    `with_it` names the figures that rise by the same amount (staff: the headcount), as (path, before, after).
    """

    move: str
    path: str
    before: Fraction
    after: Fraction
    amount: Fraction
    unit: str
    cost: Fraction | None
    text: Text
    with_it: tuple[tuple[str, Fraction, Fraction], ...]


@dataclass(frozen=True)
class Way:
    """One set of changes, none of which can be left out or made smaller; `assessment` is the exact answer after it (the proof).

    `cost` is that of the priced changes, `unpriced` names the moves without a price, `arithmetic` says the sum in words.
    `facts` are the firm's facts after the changes. `assessment.verdict` is `met` where the set surely reaches the rung, `unknown`
    where it reaches it only if what is unknown or judged by a person turns out well, `not_met` where something no move changes is left.
    """

    changes: tuple[Change, ...]
    cost: Fraction
    unpriced: tuple[str, ...]
    arithmetic: Text
    facts: Facts
    assessment: Assessment


@dataclass(frozen=True)
class PartPoints:
    """The points of one scored part today. `counts` is false where another part counts instead (the R&D route not taken)."""

    id: str
    title: Text
    low: Fraction
    high: Fraction
    maximum: Fraction
    counts: bool


@dataclass(frozen=True)
class ScoreNow:
    """A scored rung's points by part, and how many are missing to the line: surely, and at the best judgement (0: none).

    `best` are the most points that any combination tried would give: surely, and possibly.
    """

    parts: tuple[PartPoints, ...]
    score: Score
    missing_sure: Fraction
    missing_possible: Fraction
    best: tuple[Fraction, Fraction]


@dataclass(frozen=True)
class MoveTried:
    """A move the edition reads and the firm can make, and the amounts that were tried (0 is the first)."""

    key: str
    title: Text
    path: str
    unit: str
    price: Fraction | None
    amounts: tuple[Fraction, ...]


@dataclass(frozen=True)
class Ways:
    """The answer. `before` is today's assessment; numbers are exact, money in 万元.

    * `sure`: the best sets after which as much as can be had is met whatever a person judges and whatever is still unknown.
      Where `assessment.verdict` of its sets is `met` the rung is reached. Empty: nothing the firm can do makes anything surely better.
    * `possible`: the best sets after which nothing the moves can change stands in the way any more; how a person judges, or what is
      unknown, decides. Empty where nothing has to change for that. A set that is in `sure` too is in both.
    * `immovable`: ids of the deciding clauses that are not met today and that no combination tried makes even possible.
    * `unknown`: paths of the facts still missing after the best set (after today's facts where there is no set).
    * `tried`: how many combinations were judged; `cut`: the space was larger and its largest amounts were left out.
    """

    before: Assessment
    moves: tuple[MoveTried, ...]
    prices: tuple[Price, ...]
    sure: tuple[Way, ...]
    possible: tuple[Way, ...]
    immovable: tuple[str, ...]
    unknown: tuple[str, ...]
    score: ScoreNow | None
    tried: int
    cut: bool
