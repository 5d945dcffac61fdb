"""The exact reading of one firm and the column reading of a park agree on every clause, verdict and point, at every threshold."""

from datetime import date
from fractions import Fraction
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.policy import Edition, Facts, columns_of, editions, evaluate, evaluate_columns, evaluate_many
from crm.policy.answers.verdict import judge
from crm.policy.language.clauses import PointsReach
from crm.policy.readings.columns import ParkReading
from crm.policy.readings.reading import FirmReading
from tests.unit.policy.lines import compared, even, on_the_line
from tests.unit.policy.parks import FirmMaker

EDITIONS = editions()
KINDS = {edition.id.removesuffix(f".{edition.purpose}"): edition for edition in EDITIONS}


def day_of(edition: Edition) -> date:
    """A day of an edition's life."""
    return edition.until or max(edition.since, date(2026, 6, 15))


def assert_equal_readings(edition: Edition, park: list[Facts], on: date) -> None:
    columns = columns_of(park)
    result = evaluate_columns(edition, columns, on)
    reading = ParkReading(columns, on)
    with np.errstate(all="ignore"):
        judge(edition, reading)
    for index, facts in enumerate(park):
        firm = FirmReading(facts, on)
        outcome = judge(edition, firm)
        assert result.codes[index] == int(outcome.verdict.low) + int(outcome.verdict.high)
        if outcome.score:
            assert (result.low[index], result.high[index]) == (outcome.score.low, outcome.score.high)
        if columns.fragile[index]:
            continue
        for name, truth in firm.outcomes.items():
            sides = [
                np.broadcast_to(side, columns.size)[index]
                for side in (reading.outcomes[name].low, reading.outcomes[name].high)
            ]
            assert sides == [truth.low, truth.high], f"{edition.id} {name}: {facts}"


@pytest.mark.parametrize("edition", EDITIONS, ids=[edition.id for edition in EDITIONS])
@pytest.mark.parametrize("gaps", [0.0, 0.02, 0.2])
def test_the_readings_agree(edition: Edition, gaps: float) -> None:
    """Every edition of every purpose, on firms of its own: some four thousand in all."""
    on = day_of(edition)
    maker = FirmMaker(seed=crc32(f"{edition.id} {gaps}".encode()), on=on, gaps=gaps)
    assert_equal_readings(edition, [Facts.from_document(maker.firm()) for _ in range(40)], on)


@pytest.mark.parametrize("edition", EDITIONS, ids=[edition.id for edition in EDITIONS])
def test_the_readings_agree_just_below_at_and_just_above_every_threshold(edition: Edition) -> None:
    on = day_of(edition)
    maker = FirmMaker(seed=len(edition.id), on=on, gaps=0.0)
    asked: set[tuple[str, Fraction]] = set()
    park: dict[tuple[str, Fraction], list[Facts]] = {}
    for number in range(10):
        facts = Facts.from_document(maker.firm())
        facts = even(facts) if number % 2 else facts
        asked |= {(line.operator, line.threshold) for line in compared(edition, facts, on)}
        for line, firms in on_the_line(edition, facts, on, set(park)):
            park.setdefault((line.operator, line.threshold), []).extend(firms)
    # A score is the sum of parts, each of which has its thresholds; points are above zero, or not, of any firm.
    scores = {c.test.threshold for c in edition.criteria if isinstance(c.test, PointsReach)}
    assert {threshold for _operator, threshold in asked - park.keys()} <= {Fraction(0), *scores}
    assert_equal_readings(edition, [facts for firms in park.values() for facts in firms], on)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), edition=st.sampled_from(EDITIONS), gaps=st.sampled_from([0.0, 0.05, 0.5]))
def test_the_readings_agree_on_any_park(seed: int, edition: Edition, gaps: float) -> None:
    maker = FirmMaker(seed, day_of(edition), gaps)
    assert_equal_readings(edition, [Facts.from_document(maker.firm()) for _ in range(8)], day_of(edition))


@settings(max_examples=60, deadline=None)
@given(
    revenue=st.integers(1, 3000),
    steps=st.sampled_from(["0", "0.000001", "-0.000001", "0.0000000001", "-0.00000000000001"]),
    ratio=st.sampled_from(["0.02", "0.03", "0.04", "0.05", "0.06"]),
    scale=st.sampled_from([1, 7, 1000, 99_999_999]),
)
def test_a_ratio_next_to_its_threshold(revenue: int, steps: str, ratio: str, scale: int) -> None:
    """However small the step and however large the firm, the columns see on which side of the line it is."""
    from decimal import Decimal

    rd = Decimal(revenue) * scale * Decimal(ratio) + Decimal(steps)
    facts = Facts.from_document({"years": {"2025": {"revenue": revenue * scale, "rd": str(max(rd, Decimal(0)))}}})
    on = date(2026, 6, 1)
    for name in ("tech_sme.2017", "innovative_sme.2022", "srdi.2026"):
        assert_equal_readings(KINDS[name], [Facts(), facts], on)


def test_many_firms_get_the_lines_that_one_firm_gets() -> None:
    edition, on = KINDS["tech_sme.2017"], date(2026, 6, 15)
    maker = FirmMaker(3, on, 0.05)
    park = [Facts.from_document(maker.firm()) for _ in range(40)]
    single = [evaluate(edition, facts, on) for facts in park]
    expected = [{"verdict": a.verdict, "score": a.score.as_json() if a.score else None} for a in single]
    assert evaluate_many(edition, park, on) == expected
    assert {line["verdict"] for line in expected} == {"met", "not_met", "unknown"}


def test_an_empty_park_and_an_empty_firm() -> None:
    edition = EDITIONS[0]
    assert evaluate_many(edition, [], day_of(edition)) == []
    assert evaluate_many(edition, [{}], day_of(edition))[0]["verdict"] == "unknown"
