"""Ratios are exact and say which figure they lack."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from crm.firms.figures.models import YearlyFigures
from crm.firms.figures.ratios import growth, rd_ratio


def year(**values: int | None) -> YearlyFigures:
    return YearlyFigures(**{key: None if value is None else Decimal(value) for key, value in values.items()})


SERIES = {
    2022: year(revenue=300, rd=10),
    2023: year(revenue=600, rd=20),
    2024: year(revenue=0, rd=40),
    2025: year(revenue=700, rd=None),
}


def test_the_ratio_of_one_year_is_exact() -> None:
    assert rd_ratio(SERIES, 2022).value == Fraction(1, 30)


def test_three_years_are_summed_before_they_are_divided() -> None:
    assert rd_ratio(SERIES, 2024, 3).value == Fraction(70, 900)


def test_a_missing_figure_makes_the_ratio_unknown_and_is_named() -> None:
    ratio = rd_ratio(SERIES, 2025, 3)
    assert ratio.value is None
    assert ratio.reason == "缺少 2025 年研发费用"
    assert rd_ratio(SERIES, 2023, 3).reason == "缺少 2021 年研发费用、2021 年营业收入"


def test_no_revenue_is_no_ratio() -> None:
    assert rd_ratio(SERIES, 2024).value is None
    assert rd_ratio(SERIES, 2024).reason == "营业收入为零，比例无从计算"


def test_growth() -> None:
    assert growth(SERIES, 2023, "revenue").value == 1
    assert growth(SERIES, 2024, "revenue").value == -1
    assert growth(SERIES, 2025, "revenue").reason == "上年营业收入不大于零，增长率无从计算"
    assert growth(SERIES, 2022, "revenue").reason == "缺少 2021 年营业收入"
