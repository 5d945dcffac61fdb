"""The exact reading of one firm and the column reading of a park give the same verdict and score, at every threshold."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.policy import Edition, Facts, editions, evaluate, evaluate_many
from tests.unit.policy.parks import FirmMaker

EDITIONS = editions()


def day_of(edition: Edition) -> date:
    """A day in the middle of an edition's life."""
    return edition.until or max(edition.since, date(2026, 6, 15))


def one_by_one(edition: Edition, park: list[Facts], on: date) -> list[dict[str, Any]]:
    assessments = [evaluate(edition, facts, on) for facts in park]
    return [{"verdict": a.verdict, "score": a.score.as_json() if a.score else None} for a in assessments]


@pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: edition.id)
@pytest.mark.parametrize("gaps", [0.0, 0.02, 0.2])
def test_the_readings_agree(edition: Edition, gaps: float) -> None:
    on = day_of(edition)
    maker = FirmMaker(seed=len(edition.id) + int(gaps * 100), on=on, gaps=gaps)
    park = [Facts.from_document(maker.firm()) for _ in range(60)]
    assert evaluate_many(edition, park, on) == one_by_one(edition, park, on)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), edition=st.sampled_from(EDITIONS), gaps=st.sampled_from([0.0, 0.05, 0.5]))
def test_the_readings_agree_on_any_park(seed: int, edition: Edition, gaps: float) -> None:
    on = day_of(edition)
    maker = FirmMaker(seed, on, gaps)
    park = [Facts.from_document(maker.firm()) for _ in range(8)]
    assert evaluate_many(edition, park, on) == one_by_one(edition, park, on)


def test_an_empty_park_and_an_empty_firm() -> None:
    edition = EDITIONS[0]
    assert evaluate_many(edition, [], day_of(edition)) == []
    assert evaluate_many(edition, [{}], day_of(edition))[0]["verdict"] == "unknown"
