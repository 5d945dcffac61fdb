"""The groups of facts follow the engine's vocabulary: nothing missing, nothing twice, nothing it does not know."""

from __future__ import annotations

from collections import Counter

import pytest

from crm.firms.facts import groups
from crm.policy.vocabulary import PROFILE


def test_every_fact_of_the_engine_stands_in_one_group() -> None:
    placed = Counter(key for _name, _title, keys in groups._GROUPS for key in keys)
    assert placed == Counter(set(PROFILE) - set(groups._COLUMNS))


def test_a_key_the_engine_does_not_know_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "_GROUPS", (*groups._GROUPS, ("odd", "odd", ("first_participation",))))
    with pytest.raises(KeyError, match="first_participation"):
        groups._groups()
