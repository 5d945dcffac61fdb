"""The checklists' file is read strictly: what it does not mean to say is an error with its key."""

from __future__ import annotations

import pytest

from crm.ladder.checklists import checklists, parse, requirement
from crm.ladder.models import Rung, Stage
from crm.policy.language.source import EditionError

SMALL = """
every_rung:
  cultivating:
    declarations:
      willing: {zh: 同意, en: Agrees}
rungs:
  hte:
    cultivating:
      documents:
        plan: {zh: 方案, en: Plan}
"""


def test_what_holds_for_every_rung_comes_first() -> None:
    found = parse(SMALL, "small.yaml")
    assert [r.key for r in found[Rung.HTE, Stage.CULTIVATING].requirements] == ["willing", "plan"]
    assert [r.key for r in found[Rung.SRDI, Stage.CULTIVATING].requirements] == ["willing"]
    assert found[Rung.HTE, Stage.READY].requirements == ()


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ("declarations:", "declaration:"),
        ("  hte:", "  hightech:"),
        ("    cultivating:\n      documents", "    pool:\n      documents"),
        ("{zh: 方案, en: Plan}", "{zh: 方案}"),
        ("{zh: 方案, en: Plan}", "{zh: 方案, en: Plan, due: soon}"),
        ("    declarations:", "    criteria: some\n    declarations:"),
    ],
)
def test_a_mistake_is_named(wrong: str, key: str) -> None:
    with pytest.raises(EditionError) as refused:
        parse(SMALL.replace(wrong, key, 1), "small.yaml")
    assert "small.yaml" in str(refused.value)


def test_a_key_twice_is_refused() -> None:
    with pytest.raises(EditionError, match="duplicate"):
        parse(SMALL + "  hte:\n    ready:\n      criteria: all\n", "small.yaml")


def test_the_house_has_a_checklist_for_every_move_of_every_rung() -> None:
    found = checklists()
    for rung in Rung:
        assert found[rung, Stage.READY].criteria
        assert found[rung, Stage.APPLIED].criteria
        assert any(r.kind == "sign_off" for r in found[rung, Stage.APPLIED].requirements)


def test_one_key_means_one_thing_within_a_rung() -> None:
    for rung in Rung:
        for stage in Stage:
            for each in checklists()[rung, stage].requirements:
                first = requirement(rung, each.key)
                assert first is not None
                assert (first.kind, first.key) == (each.kind, each.key)
