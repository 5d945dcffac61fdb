"""What can become of a firm between two rules, as pages, addresses and workbooks name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_

from crm.ladder import words
from crm.park.models import ComparedFirm, Verdict

VERDICTS: dict[Verdict, Any] = {Verdict(verdict): word for verdict, word in words.VERDICTS.items()}
Counts = Mapping[str, Mapping[str, int]]  # before → after → firms


@dataclass(frozen=True)
class Movement:
    """Some of the nine pairs of verdicts. `kind` is its look: good, bad or unknown."""

    key: str
    title: Any
    note: Any
    kind: str
    pairs: tuple[tuple[Verdict, Verdict], ...]

    def count(self, counts: Counts) -> int:
        return sum(counts[before][after] for before, after in self.pairs)

    @property
    def condition(self) -> ColumnElement[bool]:
        """On `ComparedFirm`, which holds only firms whose verdict differs."""
        befores, afters = ({pair[place] for pair in self.pairs} for place in (0, 1))
        return and_(ComparedFirm.before.in_(befores), ComparedFirm.after.in_(afters))


def _pairs(before: set[Verdict], after: set[Verdict]) -> tuple[tuple[Verdict, Verdict], ...]:
    return tuple((one, other) for one, other in product(VERDICTS, VERDICTS) if one in before and other in after)


MET, UNKNOWN, NOT_MET = {Verdict.MET}, {Verdict.UNKNOWN}, {Verdict.NOT_MET}

GAINED = Movement("gained", _l("新符合"), _l("变更前没有确定符合"), "good", _pairs(UNKNOWN | NOT_MET, MET))
LOST = Movement("lost", _l("不再符合"), _l("变更后没有确定符合"), "bad", _pairs(MET, UNKNOWN | NOT_MET))


def _single(before: Verdict, after: Verdict) -> Movement:
    kind = {Verdict.MET: "good", Verdict.UNKNOWN: "unknown", Verdict.NOT_MET: "bad"}[after]
    return Movement(f"{before.value}-{after.value}", None, None, kind, ((before, after),))


# The six pairs that differ: those that end well first.
SINGLE = tuple(_single(before, after) for after, before in product(VERDICTS, VERDICTS) if before is not after)
# Each firm whose verdict differs is in one of them: with those that stayed they add up to all.
MAIN = (GAINED, LOST, _single(Verdict.NOT_MET, Verdict.UNKNOWN), _single(Verdict.UNKNOWN, Verdict.NOT_MET))
BY_KEY = {movement.key: movement for movement in (*MAIN, *SINGLE)}


def stayed(counts: Counts) -> int:
    """How many firms keep their verdict."""
    return sum(counts[verdict][verdict] for verdict in VERDICTS)


def total(counts: Counts) -> int:
    """How many firms were judged."""
    return sum(sum(row.values()) for row in counts.values())
