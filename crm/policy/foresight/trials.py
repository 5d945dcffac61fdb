"""One firm in many variants: the amounts of its moves at which something turns, and all their combinations judged at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

import numpy as np

from crm.policy.answers.verdict import judge
from crm.policy.facts import Facts
from crm.policy.foresight.moves import Amounts, Move, comparisons, leaves, moved
from crm.policy.language.clauses import Comparison
from crm.policy.language.edition import Edition
from crm.policy.language.measures import Count
from crm.policy.readings.algebra import Truth, Value
from crm.policy.readings.columns import Array, Columns, ParkReading
from crm.policy.readings.reading import FirmReading, Reading

COMBINATIONS = 20_000  # at most so many are tried
EXACT_COMBINATIONS = 300  # … where a figure does not fit a float, so that each is judged by itself


class Trials:
    """A firm's facts with moves made, for reading. Its lists are counted once; what a move adds to a count is added to that."""

    def __init__(self, edition: Edition, facts: Facts, on: date, moves: Sequence[Move]) -> None:
        self.facts, self.on, self.moves = facts, on, tuple(moves)
        found = {id(leaf): leaf for each in comparisons(edition) for leaf in leaves(each.measure)}
        today = FirmReading(facts, on)
        self.counts: list[tuple[Count, Value, tuple[Move, ...]]] = [
            (leaf, leaf.read(today), tuple(move for move in moves if move.raises(leaf, on)))
            for leaf in found.values()
            if isinstance(leaf, Count)
        ]

    def reading(self, amounts: Amounts) -> FirmReading:
        """The exact reading after the moves."""
        figures = [(move, amount) for move, amount in amounts if move.figures]
        reading = FirmReading(moved(self.facts, self.on, figures), self.on)
        by_move = {id(move): amount for move, amount in amounts}
        for count, value, raised in self.counts:
            more = sum((by_move.get(id(move), Fraction(0)) for move in raised), Fraction(0))
            after = replace(value, low=value.low + more, high=value.high + more) if more else value
            reading.memory[id(count)] = (count, after)
        return reading


# the amounts at which something turns


def levels_of(edition: Edition, trials: Trials) -> dict[Move, tuple[int, ...]]:
    """For each move the amounts worth trying, in its steps from 0: where a comparison turns, surely or possibly.

    Where moves act on one number together, each is tried beside each amount of the others (whole ones: every number in between).
    """
    found: dict[Move, set[int]] = {}
    compared = comparisons(edition)
    for move in sorted(trials.moves, key=lambda move: move.unit == "万元"):
        found[move] = {0}
        for each in compared:
            if not move.moves(each.measure, trials.on):
                continue
            beside = [other for other in trials.moves if other is not move and other.moves(each.measure, trials.on)]
            done = [other for other in beside if other in found]
            turns: set[int] = set()
            for steps in product(*(sorted(found[other]) for other in done)):
                others = [(other, n * other.step) for other, n in zip(done, steps, strict=True)]
                turns |= set(_turns(each, move, others, trials))
            if move.unit != "万元" and any(other.unit != "万元" for other in beside):
                turns = set(range(max(turns, default=0) + 1))
            found[move] |= turns
    return {move: tuple(sorted(found[move])) for move in trials.moves if len(found[move]) > 1}


def _turns(each: Comparison, move: Move, others: Amounts, trials: Trials) -> Iterator[int]:
    def read(steps: int) -> tuple[bool, bool]:
        truth = each.work(trials.reading([*others, (move, steps * move.step)]))
        return truth.low, truth.high

    first, last = read(0), read(move.most)
    for end in (0, 1):
        if not first[end] and last[end]:
            yield least(lambda steps, end=end: read(steps)[end], move.most)  # type: ignore[misc]


def least(turned: Callable[[int], bool], most: int) -> int:
    """The smallest number of steps from which on it has turned: not at 0, surely at `most`."""
    below = 0
    while most - below > 1:
        middle = (below + most) // 2
        below, most = (below, middle) if turned(middle) else (middle, most)
    return most


# all combinations

Levels = Mapping[Move, tuple[int, ...]]


@dataclass(frozen=True)
class Tried:
    """Every combination judged: `steps[i]` are the steps of each move in combination i; the first is none at all.

    `surely` and `possibly` have a row for each part of the decision: is it met there? `outcomes`: is the criterion possibly met?
    """

    levels: Levels
    cut: bool
    steps: Array
    surely: Array
    possibly: Array
    outcomes: Mapping[str, Array]
    score: tuple[Array, Array] | None

    @property
    def size(self) -> int:
        return len(self.steps)

    def furthest(self, *readings: Array) -> Array:
        """The combinations in which most parts are met by the first reading, and of those most by the next."""
        kept = np.ones(self.size, bool)
        for parts in readings:
            met = parts.sum(axis=0)
            kept &= met == met[kept].max()
        return kept


def try_all(edition: Edition, trials: Trials) -> Tried:
    """Judge every combination of the levels; where there are too many, some amounts are left out (`cut`)."""
    levels: Levels = levels_of(edition, trials)
    most = [(move, steps[-1] * move.step) for move, steps in levels.items()]
    exact = bool(Columns.from_facts([trials.facts, moved(trials.facts, trials.on, most)]).fragile.any())
    levels, cut = _bounded(levels, EXACT_COMBINATIONS if exact else COMBINATIONS)
    size = prod(len(amounts) for amounts in levels.values())
    steps = np.array(list(product(*levels.values())), np.int64).reshape(size, len(levels))
    surely, possibly, outcomes, score = (_one_by_one if exact else _at_once)(edition, trials, levels, steps)
    return Tried(levels, cut, steps, surely.reshape(-1, size), possibly.reshape(-1, size), outcomes, score)


def _bounded(levels: Levels, most: int) -> tuple[Levels, bool]:
    """Amounts in between are left out first, so that what can be reached at all is still reached, if for more than need be."""
    kept, cut = dict(levels), False
    while prod(len(amounts) for amounts in kept.values()) > most:
        longest = max(kept, key=lambda move: len(kept[move]))
        amounts = kept[longest]
        kept[longest], cut = ((*amounts[:-2], amounts[-1]) if len(amounts) > 2 else amounts[:1]), True
    return kept, cut


Judged = tuple[Array, Array, dict[str, Array], tuple[Array, Array] | None]


def _read(edition: Edition, reading: Reading) -> tuple[list[Truth], dict[str, Any], tuple[Any, Any] | None]:
    """The parts of the decision, what is possible of each criterion, and the points."""
    outcome = judge(edition, reading)
    parts = [reading.outcomes[name] for name in edition.requires]
    parts += [reading.any_of(group) for group in outcome.groups]
    score = (outcome.score.low, outcome.score.high) if outcome.score else None
    return parts, {name: truth.high for name, truth in reading.outcomes.items()}, score


def _one_by_one(edition: Edition, trials: Trials, levels: Levels, steps: Array) -> Judged:
    rows = []
    for row in steps.tolist():
        amounts = [(move, n * move.step) for move, n in zip(levels, row, strict=True)]
        rows.append(_read(edition, trials.reading(amounts)))
    surely, possibly = ([[getattr(truth, side) for truth in parts] for parts, _, _ in rows] for side in ("low", "high"))
    outcomes = {c.id: np.array([possible[c.id] for _, possible, _ in rows]) for c in edition.criteria}
    scores = [score for _, _, score in rows if score]
    ends = (np.array([float(s[0]) for s in scores]), np.array([float(s[1]) for s in scores])) if scores else None
    return np.array(surely, bool).T, np.array(possibly, bool).T, outcomes, ends


def _at_once(edition: Edition, trials: Trials, levels: Levels, steps: Array) -> Judged:
    size = len(steps)
    reading = ParkReading(_tiled(trials, levels, steps), trials.on)
    by_move = {id(move): column for move, column in zip(levels, steps.T, strict=True)}
    for count, value, raised in trials.counts:
        more = sum((by_move[id(m)] * float(m.step) for m in raised if id(m) in by_move), np.zeros(size))
        after = Value(float(value.low) + more, float(value.high) + more, rough=count.of is not None)
        reading.memory[id(count)] = (count, after)
    with np.errstate(all="ignore"):
        parts, possible, score = _read(edition, reading)

    def column(side: Any) -> Array:
        return np.broadcast_to(side, size)

    surely, possibly = (np.array([column(getattr(truth, side)) for truth in parts]) for side in ("low", "high"))
    outcomes = {name: column(side) for name, side in possible.items()}
    return surely, possibly, outcomes, score and (column(score[0]), column(score[1]))


def _tiled(trials: Trials, levels: Levels, steps: Array) -> Columns:
    """The firm as often as there are combinations, with the figures that its moves raise. Lists are counted beforehand."""
    one, size, year = Columns.from_facts([trials.facts]), len(steps), trials.on.year - 1

    def tiled(source: dict[Any, Array]) -> dict[Any, Array]:
        return {key: np.repeat(column, size) for key, column in source.items()}

    figures = tiled(one.figures)
    for move, column in zip(levels, steps.T, strict=True):
        for name in move.figures:
            known = trials.facts.years[year][name]
            raised = {n: float(known + n * move.step) for n in levels[move]}
            figures[name, year] = np.array([raised[n] for n in column.tolist()])
    return Columns(
        size, tiled(one.numbers), tiled(one.texts), figures, {}, {}, tiled(one.expert), tiled(one.choices),
        np.zeros(size, bool), lambda _: trials.facts,
    )  # fmt: skip
