"""How many criteria stand in a firm's way is counted over columns as the case's own list counts them."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from crm.ladder.gate import blocking_criteria
from crm.policy import Edition, Facts, columns_of, editions, evaluate, evaluate_columns
from tests.unit.policy.parks import FirmMaker

EDITIONS = {edition.id: edition for edition in editions()}


@pytest.mark.parametrize("edition", EDITIONS.values(), ids=EDITIONS)
@pytest.mark.parametrize("gaps", [0.0, 0.3])
def test_the_counts_are_those_of_the_firm_s_own_list(edition: Edition, gaps: float) -> None:
    on = edition.until or max(edition.since, date(2026, 6, 15))
    maker = FirmMaker(seed=11, on=on, gaps=gaps)
    park = [Facts.from_document(maker.firm()) for _ in range(40)]
    result = evaluate_columns(edition, columns_of(park), on)
    for index, facts in enumerate(park):
        blocking = [criterion for criterion, _several in blocking_criteria(evaluate(edition, facts, on))]
        counted = Counter(criterion.verdict for criterion in blocking)
        assert (result.not_met[index], result.unknown[index]) == (counted["not_met"], counted["unknown"])
        assert {c.id: c.verdict for c in blocking} == {
            name: ("not_met", "unknown")[codes[index]] for name, codes in result.clauses.items() if codes[index] < 2
        }
