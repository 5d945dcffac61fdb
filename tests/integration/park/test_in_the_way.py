"""How many criteria stand in a firm's way is counted over columns as the case's own list counts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from itertools import product

import pytest

from crm.ladder.gate import blocking_criteria
from crm.policy import Edition, Facts, columns_of, editions, evaluate, evaluate_columns
from tests.unit.policy.parks import FirmMaker

EDITIONS = {edition.id: edition for edition in editions()}


def nearest(edition: Edition, blocking: Mapping[str, str]) -> tuple[int, int]:
    """How many of the blocking criteria are not met and unknown by the way with the fewest of them."""
    counts = []
    for ways in product(*edition.alternatives):
        names = {*edition.requires, *(name for option in ways for name in option.needs)}
        of_way = Counter(blocking[name] for name in names if name in blocking)
        counts.append((of_way["not_met"], of_way["unknown"]))
    return min(counts, key=lambda pair: (sum(pair), pair[0]))


@pytest.mark.parametrize("edition", EDITIONS.values(), ids=EDITIONS)
@pytest.mark.parametrize("gaps", [0.0, 0.3])
def test_the_counts_are_those_of_the_firm_s_own_list(edition: Edition, gaps: float) -> None:
    on = edition.until or max(edition.since, date(2026, 6, 15))
    maker = FirmMaker(seed=11, on=on, gaps=gaps)
    park = [Facts.from_document(maker.firm()) for _ in range(40)]
    result = evaluate_columns(edition, columns_of(park), on)
    not_met, unknown = result.in_the_way()
    for index, facts in enumerate(park):
        blocking = [criterion for criterion, _several in blocking_criteria(evaluate(edition, facts, on))]
        assert (not_met[index], unknown[index]) == nearest(edition, {c.id: c.verdict for c in blocking})
        assert {c.id: c.verdict for c in blocking} == {
            name: ("not_met", "unknown")[codes[index]] for name, codes in result.clauses.items() if codes[index] < 2
        }
