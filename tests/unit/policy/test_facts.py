"""The facts document: what is unknown, what is exact, and what is refused with which path."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from crm.policy import Facts, FactsError, title_of


def refused(document: Any) -> list[str]:
    with pytest.raises(FactsError) as error:
        Facts.from_document(document)
    return [problem.path for problem in error.value.problems]


def test_absent_and_null_are_unknown_but_zero_false_and_empty_are_values() -> None:
    facts = Facts.from_document(
        {"resident_cn": None, "banned_products": False, "niche_years": 0, "ip": [], "awards": None}
    )
    assert facts.profile == {"banned_products": False, "niche_years": 0}
    assert facts.lists == {"ip": []}


def test_amounts_are_exact_as_numbers_and_as_text() -> None:
    facts = Facts.from_json('{"years": {"2025": {"rd": 0.1, "revenue": "46.20"}}}')
    assert facts.years[2025] == {"rd": Fraction(1, 10), "revenue": Fraction(231, 5)}


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"years": {"2025": {"employes": 3}}}, "years.2025.employes"),
        ({"years": {"2025": {"employees": -1}}}, "years.2025.employees"),
        ({"years": {"2025": {"employees": "twelve"}}}, "years.2025.employees"),
        ({"years": {"2025": {"employees": True}}}, "years.2025.employees"),
        ({"years": {"2025": {"rd": "1,000"}}}, "years.2025.rd"),
        ({"years": {"2025": {"rd": "1.2亿"}}}, "years.2025.rd"),
        ({"years": {"2025": {"rd": {"amount": 5}}}}, "years.2025.rd"),
        ({"years": {"2025": {"rd": -5}}}, "years.2025.rd"),
        ({"years": {"2025": {"rd": 10**30}}}, "years.2025.rd"),
        ({"years": {"last": {}}}, "years.last"),
        ({"years": {"25": {}}}, "years.25"),
        ({"years": {"2025": 5}}, "years.2025"),
        ({"years": []}, "years"),
        ({"registered_on": "2025-02-30"}, "registered_on"),
        ({"registered_on": "30/6/2025"}, "registered_on"),
        ({"registered_on": 2025}, "registered_on"),
        ({"market_share": 12}, "market_share"),
        ({"tech_field": 9}, "tech_field"),
        ({"domestic_rank": 0}, "domestic_rank"),
        ({"resident_cn": "yes"}, "resident_cn"),
        ({"ip": {}}, "ip"),
        ({"unconfirmed": "incidents"}, "unconfirmed"),
        ({"unconfirmed": ["incident"]}, "unconfirmed"),
        ({"unconfirmed": [{}]}, "unconfirmed"),
        ({"ip": ["x"]}, "ip[0]"),
        ({"ip": [{"kind": "inventoin"}]}, "ip[0].kind"),
        ({"ip": [{}, {"colour": 1}]}, "ip[1].colour"),
        ({"equity": [{"amount": "many"}]}, "equity[0].amount"),
        ({"expert": {"transfer": -1}}, "expert.transfer"),
        ({"choices": {"tech_sme_rd_route": "best"}}, "choices.tech_sme_rd_route"),
        ({"unknown": 1}, "unknown"),
        ([], "$"),
        (None, "$"),
    ],
)
def test_what_is_refused_is_named_by_its_path(document: Any, path: str) -> None:
    assert refused(document) == [path]


def test_all_faults_are_found_in_one_go_with_a_cure() -> None:
    with pytest.raises(FactsError) as error:
        Facts.from_document({"years": {"2025": {"employes": 3, "rd": "x"}}, "abnormal": False})
    assert [problem.path for problem in error.value.problems] == ["years.2025.employes", "years.2025.rd", "abnormal"]
    assert "did you mean employees?" in error.value.problems[0].text.en
    assert "employees" in error.value.problems[0].text.zh


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("{", "line 1 column 2"),
        ('{"niche_years": NaN}', "niche_years"),
        ('{"years": {"2025": {"rd": -Infinity}}}', "years.2025.rd"),
        ('{"ip": [{}, {"kind": NaN}]}', "ip[1].kind"),
        ('{"niche_years": 1e9999999999999999999}', "niche_years"),
        ('{"niche_years": 1e999999999}', "niche_years"),
        ('{"niche_years": ' + "9" * 5000 + "}", "niche_years"),
        ('{"ip": [], "ip": []}', "ip"),
        ('{"years": {"2025": {"rd": 1, "rd": 2}}}', "years.2025.rd"),
        ('{"ip": [{}, {"kind": "design", "kind": null}]}', "ip[1].kind"),
        ("[" * 100_000, "$"),
    ],
)
def test_broken_json(text: str, path: str) -> None:
    with pytest.raises(FactsError) as error:
        Facts.from_json(text)
    assert [problem.path for problem in error.value.problems] == [path]


def test_a_python_document_may_hold_dates_and_floats() -> None:
    facts = Facts.from_document({"registered_on": date(2020, 1, 1), "years": {2025: {"rd": 0.1}}})
    assert facts.profile["registered_on"] == date(2020, 1, 1)
    assert facts.years[2025]["rd"] == Fraction(1, 10)


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("years.2025.rd", "2025 年研发费用"),
        ("ip", "知识产权"),
        ("ip[2].status", "知识产权第 3 项的法律状态"),
        ("expert.transfer", "专家评分：科技成果转化能力"),
        ("niche_years", "从事特定细分市场年限"),
    ],
)
def test_a_path_in_words(path: str, title: str) -> None:
    assert str(title_of(path)) == title
