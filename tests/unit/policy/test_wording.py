"""Clauses in plain words, and the difference between two editions."""

from fractions import Fraction

import pytest

from crm.policy import Edition, edition_named, load
from crm.policy.drafting.difference import ADDED, CHANGED, REMOVED, SAME, changes, difference
from crm.policy.drafting.drafts import successor
from crm.policy.drafting.numbers import Number, numbers_of, with_numbers
from crm.policy.drafting.wording import say, say_decision, titles_of
from crm.policy.language.source import parse_yaml, write_yaml
from crm.policy.text import counted, plain, quantity, renminbi

EDITIONS = load()


def test_a_clause_is_said_as_the_law_says_it() -> None:
    clause = edition_named("hte.2016").criterion("HT-05a")
    assert say(clause).zh == "近三年研发费用合计占近三年营业收入合计的比例 ≥ 5%（上年营业收入 ≤ 5,000 万元 的企业）"
    assert say(clause).en == (
        "R&D expense over the last 3 years to revenue over the last 3 years ≥ 5% (firms with Revenue last year ≤ ¥50 million)"
    )


def test_either_and_both_are_told_apart() -> None:
    said = say(edition_named("srdi.2026").criterion("Z26-2a")).zh
    assert said.startswith("上年营业收入 ≥ 1,500 万元，或 近两年新增股权融资（合格机构实缴） ≥ 2,000 万元")
    nested = say(edition_named("listed_star.2026").criterion("ST-1")).zh
    assert nested.startswith("预计市值 ≥ 100,000 万元，且 （（上年净利润 > 0 万元，且 ")


@pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: edition.id)
def test_every_clause_says_something_with_its_numbers_in_both_languages(edition: Edition) -> None:
    numbers = numbers_of(_for_purpose(edition))
    for criterion in edition.criteria:
        text = say(criterion, titles_of(edition))
        assert text.zh and text.en
        for number in numbers:
            if number.clause == criterion.id and not number.path.startswith("parameters"):
                assert _named(number, text.zh, zh=True), (criterion.id, number.path, text.zh)
                assert _named(number, text.en, zh=False), (criterion.id, number.path, text.en)


def _for_purpose(edition: Edition) -> dict[str, object]:
    kept = [c for c in edition.content["criteria"] if edition.purpose in c.get("purposes", [edition.purpose])]
    return {**edition.content, "criteria": kept}


def _named(number: Number, text: str, zh: bool) -> bool:
    shown = plain(number.value * 100) + "%" if number.unit == "比例" else plain(number.value)
    if number.unit == "万元" and not zh:
        return renminbi(number.value) in text
    if number.unit == "年" and number.value.denominator == 1:
        words = counted(int(number.value)) if zh else f"{shown} year"
        return words in text or shown in text or (number.value == 1 and ("上年" in text or "last year" in text))
    if number.path.endswith("months_ago"):
        shown = plain(number.value / 12) if number.value % 12 == 0 else shown
    return shown in text


@pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: edition.id)
def test_the_decision_is_said(edition: Edition) -> None:
    said = " ".join(text.zh for text in say_decision(edition))
    for name in edition.requires:
        assert name in said


def test_an_edition_does_not_differ_from_itself() -> None:
    for edition in EDITIONS:
        assert changes(difference(edition, edition)) == []


def test_the_switch_of_2026_clause_by_clause() -> None:
    found = {each.id: each for each in difference(edition_named("srdi.2022"), edition_named("srdi.2026"))}
    years = found["Z26-1b"]
    assert (years.state, years.was) == (CHANGED, "Z22-1")
    assert [(n.before, n.after, n.unit) for n in years.numbers] == [(2, 3, "年")]
    assert [(n.before, n.after) for n in found["Z26-2a"].numbers] == [(1000, 1500)]
    assert found["Z26-2b"].state == ADDED and found["Z26-2b"].before is None
    assert found["Z22-institution"].state == REMOVED and found["Z22-institution"].after is None
    assert found["document"].state == CHANGED and "63号" in str(found["document"].before)
    assert found["prior_title"].kind == "parameter" and found["prior_title"].state == ADDED


def test_one_changed_threshold_is_the_only_difference() -> None:
    before = edition_named("srdi.2026")
    content = successor(before.content, "srdi.2027", parse_yaml("on: 2027-01-01", "x")["on"])
    content = with_numbers(content, {"criteria[Z26-2c].value": Fraction(3, 4)})
    known = {edition.id: edition for edition in load(extra={"draft": write_yaml(content)})}
    found = changes(difference(known["srdi.2026"], known["srdi.2027"]))
    assert [(each.kind, each.id) for each in found] == [("dates", "dates"), ("clause", "Z26-2c")]
    clause = found[1]
    assert (str(clause.before), str(clause.after)) == (
        "上年负债总额占上年资产总额的比例 ≤ 80%",
        "上年负债总额占上年资产总额的比例 ≤ 75%",
    )
    assert [(n.before, n.after) for n in clause.numbers] == [(Fraction(4, 5), Fraction(3, 4))]
    later = {each.id: each.state for each in difference(known["srdi.2026.review"], known["srdi.2027.review"])}
    assert later["Z26-6"] == SAME and later["Z26-2c"] == CHANGED


def test_a_part_names_what_an_expert_decides() -> None:
    said = say(edition_named("hte.2016").criterion("HT-I4")).zh
    assert "得 1～6 分" in said and "范围内由专家评定" in said


@pytest.mark.parametrize(
    ("wan", "english"),
    [
        ("46.2", "¥462,000"),
        ("2602.0812", "¥26.020812 million"),
        ("-3", "-¥30,000"),
        ("0.0001", "¥1"),
        ("0", "¥0"),
    ],
)
def test_english_reads_money_without_ten_thousands(wan: str, english: str) -> None:
    assert quantity(Fraction(wan), "万元").en == english


@pytest.mark.parametrize(
    ("percent", "shown"),
    [("3.99995", "3.99995%"), ("4.0000001", "4.0000001%"), ("4", "4%"), ("12.5", "12.5%"), ("100/3", "33.3333%")],
)
def test_a_ratio_just_beside_a_line_does_not_read_as_the_line(percent: str, shown: str) -> None:
    assert quantity(Fraction(percent) / 100, "比例").zh == shown
