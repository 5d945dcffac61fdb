"""The cheapest sets of changes by which one firm would reach a rung: computed by trying them, not guessed.

`ways(edition, facts, on)` finds what the firm could do more of (`moves`), tries the amounts at which a clause or a point turns in all
combinations at once with the park's reading, keeps those that reach furthest, and judges each one shown exactly.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from math import floor
from typing import Any

import numpy as np

from crm.policy.answers.assess import Assessment, CriterionResult, Score, evaluate
from crm.policy.answers.verdict import MET, UNKNOWN, judge
from crm.policy.facts import Facts
from crm.policy.foresight.moves import Move, Price, default_prices, moved, moves_of
from crm.policy.foresight.trials import Trials, Tried, try_all
from crm.policy.language.clauses import Choice, PointsReach, Sum, Total
from crm.policy.language.edition import Edition
from crm.policy.readings.columns import Array
from crm.policy.readings.reading import FirmReading
from crm.policy.text import Text, join, quantity

BEST = 5  # sets of each kind that are returned
Prices = Mapping[str, Fraction | None]


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
    * `tried`: how many combinations were judged; `cut`: there were more, and some amounts in between were
      left out, so that a set may change more than need be.
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


def ways(edition: Edition, facts: Facts | dict[str, Any], on: date, prices: Prices | None = None) -> Ways:
    """The cheapest sets of changes by which the firm would reach the rung, or come as near as it can.

    `prices` (move → 万元 a unit, not below zero; None: nobody knows) replace the assumed ones. Raises FactsError for a bad document.
    """
    firm = facts if isinstance(facts, Facts) else Facts.from_document(facts)
    assumed = {
        price.key: replace(price, amount=prices[price.key]) if prices and price.key in prices else price
        for price in default_prices()
    }
    before = evaluate(edition, firm, on)
    trials = Trials(edition, firm, on, moves_of(edition, firm, on))
    tried = try_all(edition, trials)

    def best(kept: Array) -> tuple[Way, ...]:
        sets = [_priced(amounts, firm, on, assumed) for amounts in _smallest(tried, kept)]
        first = sorted(sets, key=lambda each: (len(each.unpriced), each.cost, len(each.changes)))[:BEST]
        return tuple(_proved(each, edition, firm, on, assumed) for each in first)

    sure, possible = best(tried.furthest(tried.surely, tried.possibly)), best(tried.furthest(tried.possibly))
    after = next((way.assessment for way in (*sure, *possible)), before)
    return Ways(
        before=before,
        moves=tuple(
            MoveTried(m.key, m.title, m.path, m.unit, assumed[m.key].amount, tuple(n * m.step for n in steps))
            for m, steps in tried.levels.items()
        ),
        prices=tuple(assumed.values()),
        sure=sure,
        possible=possible,
        immovable=_immovable(edition, tried),
        unknown=tuple(
            dict.fromkeys(path for each in open_criteria(after) if each.verdict == UNKNOWN for path in each.missing)
        ),
        score=_score_now(edition, firm, on, before, tried),
        tried=tried.size,
        cut=tried.cut,
    )


def open_criteria(assessment: Assessment) -> list[CriterionResult]:
    """The deciding criteria that are not (yet) met: required ones, and those of alternatives none of which is met."""
    edition = assessment.edition
    verdicts = {result.id: result.verdict for result in assessment.criteria}
    deciding = set(edition.requires)
    for group in edition.alternatives:
        if not any(all(verdicts[name] == MET for name in option.needs) for option in group):
            deciding |= {name for option in group for name in option.needs}
    return [result for result in assessment.criteria if result.id in deciding and result.verdict != MET]


# choosing


def _smallest(tried: Tried, kept: Array) -> list[list[tuple[Move, Fraction]]]:
    """The kept combinations of which no other kept one needs as little of every move; none where nothing has to change."""
    if kept[0]:
        return []
    left = tried.steps[kept]
    left = left[np.argsort(left.sum(axis=1), kind="stable")]
    result = []
    while len(left):
        least = left[0]
        result.append([(move, int(n) * move.step) for move, n in zip(tried.levels, least, strict=True) if n])
        left = left[(left < least).any(axis=1)]
    return result


@dataclass(frozen=True)
class _Priced:
    """A set of amounts with what it costs, before it is judged."""

    amounts: list[tuple[Move, Fraction]]
    changes: tuple[Change, ...]
    cost: Fraction
    unpriced: tuple[str, ...]


def _priced(amounts: list[tuple[Move, Fraction]], firm: Facts, on: date, prices: Mapping[str, Price]) -> _Priced:
    changes = tuple(_change(move, amount, firm, on, prices[move.key].amount) for move, amount in amounts)
    cost = sum((change.cost for change in changes if change.cost is not None), Fraction(0))
    return _Priced(amounts, changes, cost, tuple(change.move for change in changes if change.cost is None))


def _change(move: Move, amount: Fraction, firm: Facts, on: date, price: Fraction | None) -> Change:
    more = quantity(amount, move.unit)
    if move.figures:
        year = on.year - 1
        known = firm.years[year]
        before = known[move.path.rpartition(".")[2]]
        others = [name for name in move.figures if not move.path.endswith(f".{name}")]
        old, new = quantity(before, ""), quantity(before + amount, move.unit)
        text = Text(
            f"{move.title.zh}由 {old.zh} 增至 {new.zh}（增加 {more.zh}）",
            f"{move.title.en} from {old.en} to {new.en} ({more.en} more)",
        )
        with_it = tuple((f"years.{year}.{name}", known[name], known[name] + amount) for name in others)
    elif move.kinds:
        before = Fraction(sum(entry.get("kind") in move.kinds for entry in firm.lists["ip"]))
        text = Text(
            f"新取得{move.title.zh} {more.zh}（自主取得、有效、用于主导产品）",
            f"{move.title.en}: {more.en} newly obtained (own, in force, used for the main product)",
        )
        with_it = ()
    else:
        before = sum((Fraction(entry.get("amount", 0)) for entry in firm.lists[move.path]), Fraction(0))  # type: ignore[arg-type]
        text = Text(f"新增{move.title.zh} {more.zh}", f"{move.title.en}: {more.en} more")
        with_it = ()
    cost = None if price is None else price * amount
    return Change(move.key, move.path, before, before + amount, amount, move.unit, cost, text, with_it)


def _proved(each: _Priced, edition: Edition, firm: Facts, on: date, prices: Mapping[str, Price]) -> Way:
    after = moved(firm, on, each.amounts)
    return Way(each.changes, each.cost, each.unpriced, _sum_of(each, prices), after, evaluate(edition, after, on))


def _sum_of(each: _Priced, prices: Mapping[str, Price]) -> Text:
    """46.2 万元 × 1 + 3 人 × 15 万元 = 91.2 万元; what has no price is named."""
    terms = []
    for change in each.changes:
        price = prices[change.move]
        if price.amount is not None:
            amount, one = quantity(change.amount, change.unit), quantity(price.amount, "万元")
            factor = Text(f" × {one.zh}", f" × {one.en}") if change.unit != "万元" else _times(price.amount)
            terms.append(Text(f"{price.title.zh} {amount.zh}{factor.zh}", f"{price.title.en} {amount.en}{factor.en}"))
    parts = []
    if terms:
        total, added = quantity(each.cost, "万元"), join(terms, " + ", " + ")
        parts.append(Text(f"{added.zh} = {total.zh}", f"{added.en} = {total.en}"))
    if each.unpriced:
        names = [prices[key].title for key in each.unpriced]
        parts.append(Text("未定价：" + "、".join(n.zh for n in names), "no price: " + ", ".join(n.en for n in names)))
    return join(parts)


def _times(price: Fraction) -> Text:
    factor = quantity(price, "").zh
    return Text("", "") if price == 1 else Text(f" × {factor}", f" × {factor}")


# what is left


def _immovable(edition: Edition, tried: Tried) -> tuple[str, ...]:
    """The clauses in the way in every combination: required ones, and those of alternatives none of which becomes possible."""
    parts: list[tuple[str, ...]] = [(name,) for name in edition.requires]
    parts += [tuple(dict.fromkeys(n for option in group for n in option.needs)) for group in edition.alternatives]
    stuck = {
        name
        for names, possible in zip(parts, tried.possibly, strict=True)
        if not possible.any()
        for name in names
        if not tried.outcomes[name].any()
    }
    return tuple(criterion.id for criterion in edition.criteria if criterion.id in stuck)


def _score_now(edition: Edition, firm: Facts, on: date, before: Assessment, tried: Tried) -> ScoreNow | None:
    if before.score is None or edition.score is None or tried.score is None:
        return None
    line = edition.criterion(edition.score).test
    assert isinstance(line, PointsReach)
    reading = FirmReading(firm, on)
    judge(edition, reading)
    counting = set(_counting(line.total, reading))
    parts = tuple(
        PartPoints(result.id, result.title, *result.points, result.maximum, result.id in counting)
        for result in before.criteria
        if result.id in line.total.ids() and result.points is not None and result.maximum is not None
    )
    score = before.score
    best = (Fraction(repr(float(end.max()))) for end in tried.score)
    return ScoreNow(parts, score, _short(score, score.low), _short(score, score.high), (next(best), next(best)))


def _counting(total: Total, reading: FirmReading) -> tuple[str, ...]:
    match total:
        case Sum(of, _):
            return tuple(name for part in of for name in _counting(part, reading))
        case Choice(key, options):
            stated = next((part for option, part in options if reading.chosen(key, option).low), None)
            best = max((part for _, part in options), key=lambda part: ((v := part.read(reading)).low, v.high))
            return _counting(stated or best, reading)
    return total.ids()


def _short(score: Score, points: Fraction) -> Fraction:
    """The points missing to the line; where the line itself does not pass, whole points are counted to the next."""
    missing = score.line - points
    if score.operator == ">" and missing >= 0:
        return Fraction(floor(missing) + 1)
    return max(missing, Fraction(0))
