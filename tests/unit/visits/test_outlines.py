"""What to talk about by rung: the file of the house is whole, and a fault in one is named with file, key and cure."""

from __future__ import annotations

import pytest

from crm.policy.language.source import EditionError
from crm.policy.vocabulary import RUNGS
from crm.visits.outlines import ANY, outline_for, outlines, parse

GOOD = """
any_rung: {topics: [rd], prompts: [{zh: 一, en: one}, {zh: 二, en: two}, {zh: 三, en: three}], facts: [rd]}
rungs:
  hte: {topics: [ip, rd], prompts: [{zh: 一, en: one}, {zh: 二, en: two}, {zh: 三, en: three}], facts: [ht_revenue, market_share]}
"""


def test_every_rung_has_an_outline_and_a_firm_without_an_aim_too() -> None:
    assert set(outlines()) == {ANY, *RUNGS}
    assert outline_for(None) == outline_for("no_such_rung") == outlines()[ANY]
    assert outline_for("hte").topics[0] == "rd"


def test_a_file_is_read() -> None:
    hte = parse(GOOD, "x.yaml")["hte"]
    assert (hte.topics, hte.facts, hte.prompts[2].zh) == (("ip", "rd"), ("ht_revenue", "market_share"), "三")


@pytest.mark.parametrize(
    ("before", "after", "key", "cure"),
    [
        ("facts: [ht_revenue", "facts: [ht_revenu", "rungs.hte.facts[0]", "是否想写 ht_revenue"),
        ("topics: [ip, rd]", "topics: [ip, ip]", "rungs.hte.topics", "ip 写了两次"),
        ("topics: [ip, rd]", "topics: [weather]", "rungs.hte.topics[0]", "没有这个"),
        ("  hte:", "  hightech:", "rungs.hightech", "不是阶梯上的一级"),
        (", {zh: 三, en: three}], facts: [ht", "], facts: [ht", "rungs.hte.prompts", "应有 3 至 5 条，现有 2 条"),
        ("facts: [ht_revenue, market_share]", "fact: [rd]", "rungs.hte.facts", "缺少这一键"),
        ("facts: [ht_revenue, market_share]", "facts: [rd], hint: x", "rungs.hte.hint", "未知的键"),
        ("any_rung:", "every_rung:", "any_rung", "缺少这一键"),
    ],
)
def test_a_fault_is_named_with_its_key_and_its_cure(before: str, after: str, key: str, cure: str) -> None:
    assert before in GOOD
    with pytest.raises(EditionError) as caught:
        parse(GOOD.replace(before, after, 1), "x.yaml")
    assert any((fault.file, fault.key) == ("x.yaml", key) and cure in fault.text.zh for fault in caught.value.faults), (
        str(caught.value)
    )
