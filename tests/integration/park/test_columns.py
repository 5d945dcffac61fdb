"""The park's columns say of each firm exactly what its own page says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from crm.firms.figures.models import YearlyFigures
from crm.firms.models import Firm
from crm.ladder.facts import facts_of
from crm.park.columns import park_columns
from crm.policy import Columns, Facts, editions, evaluate, evaluate_columns
from tests.factories import Park
from tests.integration.park.makers import random_firms
from tests.queries import count_queries

ON = date(2026, 6, 15)
EDITIONS = [edition for edition in editions() if edition.in_force(ON)]


@pytest.mark.parametrize("gaps", [0.0, 0.05, 0.4])
def test_a_park_from_the_database_is_judged_as_each_firm_of_it(session, park: Park, gaps: float) -> None:
    random_firms(session, park.park, park.officer, ON, 60, seed=round(gaps * 100), gaps=gaps)
    columns, ids = park_columns(None, ON)
    firms = list(session.scalars(select(Firm).order_by(Firm.id)))
    assert ids == [firm.id for firm in firms]
    facts = [Facts.from_document(facts_of(firm, ON).document) for firm in firms]
    answers: set[str] = set()
    for edition in EDITIONS:
        result = evaluate_columns(edition, columns, ON)
        single = [evaluate(edition, each, ON) for each in facts]
        assert list(result.verdicts) == [assessment.verdict for assessment in single], edition.id
        answers |= set(result.verdicts)
        if edition.score:
            points = [(float(a.score.low), float(a.score.high)) for a in single if a.score]
            assert list(zip(result.low, result.high, strict=True)) == points, edition.id
    assert answers == {"met", "not_met", "unknown"}


def test_the_columns_are_those_of_the_facts_documents(session, park: Park) -> None:
    random_firms(session, park.park, park.officer, ON, 40, seed=7)
    columns, ids = park_columns(None, ON)
    expected = Columns.from_facts(
        [Facts.from_document(facts_of(session.get_one(Firm, each), ON).document) for each in ids]
    )
    assert columns.size == expected.size
    for found, wanted in (
        (columns.numbers, expected.numbers),
        (columns.figures, expected.figures),
        (columns.expert, expected.expert),
        (columns.texts, expected.texts),
        (columns.choices, expected.choices),
        (_listed(columns), _listed(expected)),
    ):
        assert found.keys() == wanted.keys()
        for key in wanted:  # compared as text, where NaN equals NaN
            assert str(found[key].tolist()) == str(wanted[key].tolist()), key
    assert columns.fragile.tolist() == expected.fragile.tolist()
    for name, entries in expected.lists.items():
        assert _entries(columns.lists[name]) == _entries(entries), name


def _listed(columns: Columns) -> dict[str, Any]:
    """Which firms' lists are known on the day."""
    return {name: until >= ON.toordinal() for name, until in columns.known_until.items()}


def _entries(entries) -> list[str]:
    """The entries of a list as text, words as words, in an order of no meaning."""
    words = {code: word for word, code in entries.words.items()}
    rows = zip(entries.owner.tolist(), *(column.tolist() for column in entries.attributes.values()), strict=True)
    texts = {"kind", "status", "acquired", "level", "name", "rung", "severity", "number"}
    named = [
        [
            f"{name}={words.get(value, value) if name in texts else value}"
            for name, value in zip(entries.attributes, row[1:], strict=True)
        ]
        for row in rows
    ]
    return sorted(f"{owner}: {attributes}" for owner, attributes in zip(entries.owner.tolist(), named, strict=True))


def test_only_the_firms_asked_for_are_loaded_in_few_queries(session, park: Park) -> None:
    random_firms(session, park.park, park.officer, ON, 5)
    random_firms(session, park.other_park, park.officer, ON, 5, seed=2)
    steps: list[tuple[int, int]] = []
    park_id = park.park.id
    with count_queries(session) as queries:
        columns, ids = park_columns(
            Firm.organisation_id == park_id, ON, lambda done, total: steps.append((done, total))
        )
    assert len(queries) <= 13
    assert ids == list(session.scalars(select(Firm.id).where(Firm.organisation_id == park.park.id).order_by(Firm.id)))
    assert columns.size == 6  # the five, and the park's own
    assert steps[-1][0] == steps[-1][1]


def test_no_firm_at_all(session, park: Park) -> None:
    columns, ids = park_columns(Firm.id == 0, ON)
    assert (columns.size, ids) == (0, [])
    assert [len(evaluate_columns(edition, columns, ON).codes) for edition in EDITIONS] == [0] * len(EDITIONS)


def test_numbers_too_large_for_a_float_are_judged_exactly(session, park: Park) -> None:
    """One fen above 5 % of nine million million yuan."""
    revenue = Decimal("9000000000000.00")
    session.add(YearlyFigures(firm_id=park.firm.id, year=2025, revenue=revenue, rd=revenue / 20 + Decimal("0.01")))
    session.flush()
    columns, _ids = park_columns(Firm.id == park.firm.id, ON)
    assert columns.fragile.tolist() == [True]
    assert columns.row(0) == Facts.from_document(facts_of(park.firm, ON).document)
