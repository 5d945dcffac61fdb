"""The rules of duties: the house's own file holds, what it does not mean to say is refused, months end where they end."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.duties.rules import FILE, Kind, days_announced, due_days, months_later, parse, rule_for, rules
from crm.policy.language.source import EditionError

SMALL = """
documents:
  law: {number: 〔2020〕1号, title: {zh: 办法, en: Rules}}
rules:
  report:
    duty: annual_report
    kind: yearly
    rungs: [hte]
    title: {zh: 年报, en: Report}
    document: law
    article: 第一条
    source: HT-V2
    certainty: reposted
    in_force: {from: 2020-01-01, to: 2024-12-31}
    due: {month: 5, day: 31}
    notice_months: [3, 1]
    loses_after: 2
    warning: {one_left: {zh: 再漏一次, en: One more}, reached: {zh: 取消, en: Lost}}
    consequence: {zh: 取消资格, en: Lost}
"""


def test_the_houses_own_rules_have_no_fault_and_leave_no_titled_rung_out() -> None:
    found = rules()
    renewals = {rung for rule in found if rule.kind is Kind.RENEWAL for rung in rule.rungs}
    assert renewals == {"tech_sme", "hte", "innovative_sme", "srdi", "little_giant"}
    assert all(rule.article and rule.document and rule.consequence.zh and rule.consequence.en for rule in found)


@pytest.mark.parametrize(
    ("name", "on", "number", "due"),
    [
        ("hte.annual_report", date(2026, 5, 31), "国科发火〔2016〕32号", (5, 31)),
        ("srdi.annual_update", date(2025, 4, 30), "工信部企业〔2022〕63号", (4, 30)),
        ("srdi.annual_update", date(2026, 5, 31), "工信部企业〔2026〕2号", (5, 31)),
        ("little_giant.annual_update", date(2026, 3, 31), "工信部企业〔2022〕63号", (4, 30)),
        ("tech_sme.annual_update", date(2027, 3, 31), "国科发政〔2017〕115号", (3, 31)),
    ],
)
def test_the_day_decides_which_document_holds(name, on, number, due) -> None:
    rule = rule_for(name, on)
    assert rule is not None
    assert (rule.document, rule.due) == (number, due)


def test_there_is_no_duty_of_a_listing_or_before_the_rules() -> None:
    assert rule_for("listed_bse.renewal", date(2026, 1, 1)) is None
    assert rule_for("srdi.annual_update", date(2022, 4, 30)) is None


def test_under_the_switch_of_2026_an_update_is_due_once() -> None:
    days = [
        day for rule in rules() if "srdi" in rule.rungs for day in due_days(rule, date(2025, 1, 1), date(2027, 12, 31))
    ]
    assert days == [date(2025, 4, 30), date(2026, 5, 31), date(2027, 5, 31)]


def test_what_the_file_says_is_read() -> None:
    [rule] = parse(SMALL, "small.yaml")
    assert (rule.loses_after, rule.notice_months, rule.until) == (2, (3, 1), date(2024, 12, 31))
    assert rule.warning is not None
    assert rule.warning.one_left.en == "One more"


@pytest.mark.parametrize(
    ("right", "wrong", "key"),
    [
        ("kind: yearly", "kind: weekly", "rules.report.kind"),
        ("rungs: [hte]", "rungs: [listed_bse]", "rules.report.rungs[0]"),
        ("certainty: reposted", "certainty: sure", "rules.report.certainty"),
        ("document: law", "document: lore", "rules.report.document"),
        ("{month: 5, day: 31}", "{month: 2, day: 30}", "rules.report.due"),
        ("due: {month: 5, day: 31}", "within_months: 3", "rules.report.due"),
        ("[3, 1]", "[1, 3]", "rules.report.notice_months"),
        ("[3, 1]", "[]", "rules.report.notice_months"),
        ("    loses_after: 2\n", "", "rules.report.loses_after"),
        ("loses_after: 2", "loses_after: 0", "rules.report.loses_after"),
        ("to: 2024-12-31", "to: 2019-12-31", "rules.report.in_force"),
        ("article: 第一条", "artikel: 第一条", "rules.report.artikel"),
        ("consequence: {zh: 取消资格, en: Lost}", "consequence: {zh: 取消资格}", "rules.report.consequence.en"),
        ("duty: annual_report", "duty: the_annual_report_on_the_whole_year_before", "rules.report.duty"),
    ],
)
def test_a_mistake_is_named_with_its_key(right: str, wrong: str, key: str) -> None:
    with pytest.raises(EditionError) as refused:
        parse(SMALL.replace(right, wrong, 1), "small.yaml")
    assert ("small.yaml", key) in {(fault.file, fault.key) for fault in refused.value.faults}


def test_two_rules_of_one_duty_at_once_are_refused() -> None:
    text = FILE.read_text(encoding="utf-8").replace(", to: 2026-03-31}", "}")
    with pytest.raises(EditionError) as refused:
        parse(text, "duties.yaml")
    assert {fault.key for fault in refused.value.faults} == {
        f"rules.gradient_{duty}_2026.in_force" for duty in ("update", "renewal", "change")
    }


DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))


@given(DAYS, st.sampled_from((1, 3, 6, 12)))
def test_every_due_date_is_announced_once_a_level(due_on: date, months: int) -> None:
    span = (months_later(due_on, -months) + timedelta(days=shift) for shift in range(-5, 6))
    assert [on for on in span if due_on in days_announced(on, months)] == [months_later(due_on, -months)]


def test_months_end_where_they_end() -> None:
    assert months_later(date(2026, 11, 30), 3) == date(2027, 2, 28)
    assert months_later(date(2027, 5, 31), -3) == date(2027, 2, 28)
    assert months_later(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert days_announced(date(2027, 2, 28), 3) == [date(2027, 5, day) for day in (28, 29, 30, 31)]
    assert days_announced(date(2027, 3, 31), 1) == []
