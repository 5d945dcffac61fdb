"""The rules that ship: just below, at and above each number, and with the fact missing; one firm and a park agree."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from crm.lists.models import FirmList
from crm.lists.rules import rule_of
from crm.policy import Facts, columns_of, evaluate, evaluate_columns
from crm.policy.answers.park import WORDS
from crm.policy.language.rules import read_rule
from crm.policy.language.source import EditionError
from tests.integration.lists.conftest import TODAY, chain_named, link_named, named
from tests.pages import check_page, text_of
from tests.unit.policy.parks import FirmMaker

HTE = {"rung": "hte", "from": "2025-01-01", "to": "2027-12-31"}
PATENT = {"kind": "invention", "status": "valid", "filed_on": "2024-01-01"}
LEADER = {
    "years": {"2025": {"revenue": "40000", "rd": "1200"}},
    "credentials": [HTE],
    "rd_institutions": [{"level": "provincial"}],
}
GROWING = {"years": {y: {"revenue": r, "rd": "60"} for y, r in (("2025", "1200"), ("2024", "1000"), ("2023", "500"))}}
SMALL = {"years": {"2025": {"employees": 299, "revenue": "3000"}}, "credentials": [HTE]}
KEY = {"credentials": [HTE], "rd_institutions": [{"level": "city"}], "ip": [PATENT] * 3}
CHAMPION = {
    "honours": [],
    "niche_years": 10,
    "domestic_rank": 3,
    "years": {"2025": {"revenue": "10000", "rd": "300"}},
}
POOL = {"credentials": [], "ip": [PATENT], "years": {"2025": {"rd": "0.01"}}}
GIANT = {"rung": "little_giant", "from": "2025-01-01", "to": "2028-01-01"}
SRDI = {"rung": "srdi", "from": "2025-01-01", "to": "2028-01-01"}


def changed(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The document with one fact set; None takes it away."""
    made = deepcopy(document)
    *above, key = path.split(".")
    place = made
    for step in above:
        place = place[step]
    if value is None:
        del place[key]
    else:
        place[key] = value
    return made


CASES = [
    ("innovation_leader", LEADER, "met"),
    ("innovation_leader", changed(LEADER, "years.2025.revenue", "39999.99"), "not_met"),
    ("innovation_leader", changed(LEADER, "years.2025.rd", "1199.99"), "not_met"),
    ("innovation_leader", changed(LEADER, "years.2025.rd", None), "unknown"),
    ("innovation_leader", changed(LEADER, "rd_institutions", [{"level": "city"}]), "not_met"),
    ("innovation_leader", changed(LEADER, "credentials", [{**HTE, "to": "2026-05-31"}]), "not_met"),
    (
        "innovation_leader",
        changed(LEADER, "rd_institutions", [{"level": "provincial", "valid_to": "2026-06-01"}]),
        "met",
    ),
    (
        "innovation_leader",
        changed(LEADER, "rd_institutions", [{"level": "provincial", "valid_to": "2026-05-31"}]),
        "not_met",
    ),
    ("high_growth", GROWING, "met"),
    ("high_growth", changed(GROWING, "years.2025.revenue", "1199.99"), "not_met"),
    ("high_growth", changed(GROWING, "years.2025.rd", "59.99"), "not_met"),
    ("high_growth", changed(GROWING, "years.2023.revenue", "499.99"), "not_met"),
    ("high_growth", changed(GROWING, "years.2023.revenue", "833.34"), "not_met"),  # a thousand is 119.99 % of it
    ("high_growth", changed(GROWING, "years.2023.revenue", "833.33"), "met"),
    ("high_growth", changed(GROWING, "years.2023", {}), "unknown"),
    ("tech_micro", SMALL, "met"),
    ("tech_micro", changed(SMALL, "years.2025.employees", 300), "not_met"),
    ("tech_micro", changed(changed(SMALL, "years.2025.employees", 300), "years.2025.revenue", "1999.99"), "met"),
    ("tech_micro", changed(SMALL, "years.2025.employees", None), "unknown"),
    ("tech_micro", changed(SMALL, "credentials", []), "not_met"),
    ("key_innovative", KEY, "met"),
    ("key_innovative", changed(KEY, "ip", [PATENT] * 2), "not_met"),
    ("key_innovative", changed(KEY, "rd_institutions", [{"level": "below"}]), "not_met"),
    ("key_innovative", changed(KEY, "rd_institutions", [{"level": "city", "valid_to": "2026-05-31"}]), "not_met"),
    ("key_innovative", changed(KEY, "rd_institutions", [{"level": "another"}]), "not_met"),
    ("key_innovative", changed(KEY, "rd_institutions", None), "unknown"),
    ("ip_advantage", {"honours": [{"name": "ip_advantage"}]}, "met"),
    ("ip_advantage", {"honours": [{"name": "ip_demo", "valid_to": "2026-06-01"}]}, "met"),
    ("ip_advantage", {"honours": [{"name": "ip_demo", "valid_to": "2026-05-31"}]}, "not_met"),
    ("ip_advantage", {}, "unknown"),
    ("single_champion", CHAMPION, "met"),
    ("single_champion", changed(CHAMPION, "niche_years", 9), "not_met"),
    ("single_champion", changed(CHAMPION, "domestic_rank", 4), "not_met"),
    ("single_champion", changed(CHAMPION, "years.2025.rd", "299.99"), "not_met"),
    ("single_champion", changed(CHAMPION, "domestic_rank", None), "unknown"),
    ("single_champion", {"honours": [{"name": "champion"}]}, "met"),
    ("single_champion", changed(CHAMPION, "honours", [{"name": "champion", "valid_to": "2026-05-31"}]), "met"),
    (
        "single_champion",
        {"niche_years": 1, "honours": [{"name": "champion", "valid_to": "2026-05-31"}]},
        "not_met",
    ),
    ("national_little_giant", {"credentials": [GIANT, SRDI]}, "met"),
    ("national_little_giant", {"credentials": [SRDI]}, "not_met"),
    ("provincial_srdi", {"credentials": [SRDI]}, "met"),
    ("provincial_srdi", {"credentials": [GIANT, SRDI]}, "not_met"),  # counted on the national list only
    ("provincial_srdi", {"credentials": [SRDI, {**GIANT, "to": "2026-05-31"}]}, "met"),
    ("provincial_tech_firm", {"honours": [{"name": "provincial_tech_firm"}]}, "met"),
    ("provincial_tech_firm", {"honours": [], "credentials": [{**HTE, "rung": "tech_sme"}]}, "not_met"),
    ("innovative_pilot", {"honours": [{"name": "innovative_pilot"}]}, "met"),
    ("innovative_pilot", {"honours": []}, "not_met"),
    ("innovative_pilot", {"honours": [{"name": "innovative_pilot", "valid_to": "2026-05-31"}]}, "not_met"),
    ("provincial_tech_firm", {"honours": [{"name": "provincial_tech_firm", "valid_to": "2026-05-31"}]}, "not_met"),
    ("hte_pool", POOL, "met"),
    ("hte_pool", changed(POOL, "years.2025.rd", "0"), "not_met"),
    ("hte_pool", changed(POOL, "credentials", [HTE]), "not_met"),
    ("hte_pool", changed(POOL, "ip", [{**PATENT, "status": "lapsed"}]), "not_met"),
    ("hte_pool", changed(POOL, "ip", None), "unknown"),
]


@pytest.mark.parametrize(("key", "document", "expected"), CASES)
def test_a_list_screens_by_its_numbers(session: Any, shipped: None, key: str, document: Any, expected: str) -> None:
    rule = rule_of(named(session, key))
    assert rule is not None
    assert evaluate(rule, document, TODAY).verdict == expected
    result = evaluate_columns(rule, columns_of([document]), TODAY)
    assert WORDS[result.codes[0]] == expected, "the park's reading says the same"


INDUSTRIAL = {"industry": "C3990", "years": {"2025": {"revenue": "2500", "main_revenue": "2000"}}}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (INDUSTRIAL, "met"),
        (changed(INDUSTRIAL, "years.2025.main_revenue", "1999.99"), "not_met"),
        (changed(INDUSTRIAL, "years.2025.main_revenue", None), "unknown"),
        ({"industry": "C3990", "years": {"2025": {"revenue": "1999"}}}, "not_met"),
        (changed(INDUSTRIAL, "industry", "I6510"), "not_met"),
        (changed(INDUSTRIAL, "industry", "D4620"), "met"),
        (changed(INDUSTRIAL, "industry", "B0610"), "met"),
        (changed(INDUSTRIAL, "industry", "E4710"), "not_met"),
        (changed(INDUSTRIAL, "industry", "A0513"), "not_met"),
    ],
)
def test_the_chain_of_larger_firms_is_for_industry_above_the_line(
    session: Any, shipped: None, document: Any, expected: str
) -> None:
    rule = rule_of(chain_named(session, "zero_patent"))
    assert rule is not None and evaluate(rule, document, TODAY).verdict == expected


INSIDE = {"kind": "incubator", "from": "2024-01-01"}


@pytest.mark.parametrize(
    ("chain", "link", "document", "expected"),
    [
        (
            "zero_patent",
            "patent",
            {"ip": [{"kind": "utility_model", "status": "pending", "filed_on": "2026-06-01"}]},
            "met",
        ),
        ("zero_patent", "patent", {"ip": [{"kind": "utility_model", "filed_on": "2026-06-02"}]}, "not_met"),
        ("zero_patent", "patent", {"ip": [{"kind": "software", "filed_on": "2024-01-01"}]}, "not_met"),
        ("zero_patent", "patent", {"ip": [{"kind": "design", "granted_on": "2026-06-02"}]}, "not_met"),
        ("zero_patent", "patent", {"ip": [{"kind": "design"}]}, "met"),
        ("zero_patent", "patent", {"ip": []}, "not_met"),
        ("zero_patent", "patent", {}, "unknown"),
        ("zero_patent", "institution", {"rd_institutions": [{"level": "below"}]}, "met"),
        ("zero_patent", "institution", {"rd_institutions": [{"level": "another"}]}, "met"),
        ("zero_patent", "institution", {"rd_institutions": [{"valid_to": "2026-06-01"}]}, "met"),
        ("zero_patent", "institution", {"rd_institutions": [{"valid_to": "2026-05-31"}]}, "not_met"),
        ("zero_patent", "hte", {"credentials": [HTE]}, "met"),
        ("makerspace_to_park", "incubator", {"carriers": [{**INSIDE, "to": "2025-01-01"}]}, "met"),
        ("makerspace_to_park", "makerspace", {"carriers": [INSIDE]}, "met"),
        ("makerspace_to_park", "makerspace", {"carriers": [{**INSIDE, "kind": "nursery"}]}, "not_met"),
        ("makerspace_to_park", "incubator", {"carriers": [{**INSIDE, "kind": "makerspace"}]}, "not_met"),
        ("makerspace_to_park", "park", {"carriers": [{**INSIDE, "kind": "park", "to": "2026-05-31"}]}, "not_met"),
        ("makerspace_to_park", "park", {"carriers": [{**INSIDE, "kind": "park", "to": "2026-06-01"}]}, "met"),
        ("nursery_to_accelerator", "accelerator", {}, "unknown"),
        ("nursery_to_accelerator", "nursery", {"carriers": [{"kind": "nursery"}]}, "met"),
    ],
)
def test_a_link_is_passed(session: Any, shipped: None, chain: str, link: str, document: Any, expected: str) -> None:
    rule = rule_of(link_named(session, chain, link))
    assert rule is not None and evaluate(rule, document, TODAY).verdict == expected


def test_both_readings_agree_on_random_firms(session: Any, shipped: None) -> None:
    maker = FirmMaker(5, TODAY, 0.2)
    documents = [maker.firm() for _ in range(200)]
    columns = columns_of(documents)
    seen = set()
    for each in session.query(FirmList):
        rule = rule_of(each)
        assert rule is not None
        one = [evaluate(rule, Facts.from_document(document), TODAY).verdict for document in documents]
        park = [str(WORDS[code]) for code in evaluate_columns(rule, columns, TODAY).codes]
        assert one == park, each.key
        seen |= set(one)
    assert seen == {"met", "not_met", "unknown"}


@pytest.mark.parametrize(
    ("text", "where", "cure"),
    [
        ("criteria: []", "criteria", "至少写一条"),
        ("criteria: 3", "criteria", "至少写一条"),
        ("rung: hte\ncriteria:\n  - {id: A}", "rung", "请删去"),
        (
            "criteria:\n  - {id: A, title: {zh: 甲, en: a}, article: 一, certainty: ours, measure: {figure: revnue, year: -1}, operator: '>=', value: 1, unit: 万元}",
            "criteria[A].measure.figure",
            "revenue",
        ),
        (
            "criteria:\n  - {id: A, title: {zh: 甲, en: a}, article: 一, certainty: ours, measure: {figure: revenue, year: -1}, operator: '>=', value: 1, unit: 人}",
            "criteria[A].unit",
            "万元",
        ),
        ("criteria:\n  - {id: A", "line", "YAML"),
    ],
)
def test_a_rule_s_faults_are_named_with_key_and_cure(text: str, where: str, cure: str) -> None:
    with pytest.raises(EditionError) as caught:
        read_rule("rule", text)
    assert any(where in fault.key and cure in fault.text.zh for fault in caught.value.faults), caught.value


WRONG = """criteria:
  - id: GS-2
    title: {zh: 规模以上, en: Above designated size}
    article: 四
    certainty: general
    all:
      - {measure: {figure: main_revenue, year: -1}, operator: ">=", value: 2000, unit: 万元}
      - {measure: {figure: revenu, year: -1}, operator: ">=", value: 2000, unit: 万元}
  - id: GS-3
    title: {zh: 甲, en: a}
    article: 五
    certainty: maybe
    flag: {fact: resident_cn}
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            WRONG,
            [
                "第 8 行 criteria[GS-2].all[1].measure.figure：revenu：没有这个",
                "第 12 行 criteria[GS-3].certainty：maybe",
            ],
        ),
        ("criteria:\n  - id: A\n   title: x", ["第 3 行：不是可以读取的 YAML：缩进不一致"]),
        ("criteria:\n  - {id: A}\nrungs: 3", ["第 3 行 rungs：规则里只写", "第 2 行 criteria[A].title：缺少这一键"]),
        ("hello", ["file：应为一份"]),
    ],
)
def test_who_typed_a_rule_is_told_the_line_and_sees_an_example(session, park, sign_in, text, told) -> None:
    client = sign_in(park.administrator)
    values = {"key": "wrong_rule", "title": "演示名单", "title_en": "Demo", "place": "9", "rule": text}
    answer = client.post("/lists/new", data=values)
    page = text_of(check_page(answer))
    for sentence in told:
        assert sentence in page
    assert "规则的写法" in page and "certainty: ours" in page, "an example is at hand"
    assert session.query(FirmList).filter_by(key="wrong_rule").count() == 0
