"""Unlikely figures are marked, each rule just inside and just outside its limit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from crm.firms.figures.keys import KEYS
from crm.firms.figures.models import YearlyFigures
from crm.firms.figures.plausibility import RULES, texts_by_key, texts_of, warnings_of
from crm.firms.words import FIGURE_KEYS


def yuan(wan: str) -> Decimal:
    return Decimal(wan) * 10000


@pytest.mark.parametrize(
    ("values", "warning"),
    [
        ({"rd": yuan("101"), "revenue": yuan("100")}, "rd_above_revenue"),
        ({"main_revenue": yuan("100.01"), "revenue": yuan("100")}, "main_revenue_above_revenue"),
        ({"ht_revenue": yuan("5"), "total_income": yuan("4")}, "ht_revenue_above_total_income"),
        ({"rd_domestic": yuan("5"), "rd": yuan("4")}, "rd_domestic_above_rd"),
        ({"st_staff": 11, "employees": 10}, "st_staff_above_employees"),
        ({"rd_staff": 11, "employees": 10}, "rd_staff_above_employees"),
        ({"net_assets": yuan("50"), "total_assets": yuan("100"), "liabilities": yuan("40")}, "unbalanced"),
    ],
)
def test_unlikely(values: dict[str, Any], warning: str) -> None:
    assert warnings_of(values) == [warning]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"rd": yuan("100"), "revenue": yuan("100")},
        {"rd": yuan("100"), "revenue": None},
        {"rd": yuan("0"), "revenue": yuan("0")},
        {"st_staff": 10, "employees": 10},
        {"net_assets": yuan("60"), "total_assets": yuan("100"), "liabilities": yuan("41")},
        {"net_assets": yuan("60060"), "total_assets": yuan("100000"), "liabilities": yuan("40000")},
        {"net_assets": yuan("-10"), "total_assets": yuan("30"), "liabilities": yuan("40")},
        {"net_assets": yuan("60"), "total_assets": yuan("100")},
    ],
)
def test_likely_or_unknown(values: dict[str, Any]) -> None:
    assert warnings_of(values) == []


@pytest.mark.parametrize(
    ("here", "there", "marked"),
    [("3000", "3", True), ("3", "3000", True), ("2999", "3", False), ("3000", "0", False), ("-5000", "5", True)],
)
def test_a_thousandfold_jump_against_the_next_year(here: str, there: str, marked: bool) -> None:
    found = warnings_of({"net_profit": yuan(here)}, [{"net_profit": yuan(there)}, {"net_profit": None}])
    assert (found == ["net_profit_jump"]) is marked


def test_people_may_grow_as_fast_as_they_like() -> None:
    assert warnings_of({"employees": 3000}, [{"employees": 1}]) == []


def test_each_warning_marks_the_cells_it_is_about() -> None:
    marks = texts_by_key(["rd_above_revenue", "unbalanced"])
    assert sorted(marks) == ["liabilities", "net_assets", "rd", "revenue", "total_assets"]
    assert str(marks["rd"][0]) == "研发费用高于营业收入，请核对是否填错或单位不一致。"
    assert texts_of(["a rule of an older version"]) == []


def test_every_rule_and_key_is_a_column_with_a_title() -> None:
    columns = set(YearlyFigures.__table__.columns.keys())
    assert set(KEYS) == set(FIGURE_KEYS)
    assert set(KEYS) == columns - {"id", "firm_id", "year", "warnings", "version"}
    assert all(set(rule.keys) <= set(KEYS) for rule in RULES.values())
