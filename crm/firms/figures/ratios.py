"""Ratios and growth from a series of years: exact, and unknown as soon as one value is (which one is said)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from flask_babel import gettext as _

from crm.firms.words import FIGURE_KEYS

Series: TypeAlias = Mapping[int, Any]  # year → an object with the figures as attributes
GROWING = ("revenue", "main_revenue", "rd", "net_assets")


@dataclass(frozen=True)
class Ratio:
    """An exact value, or None with the reason in a sentence."""

    value: Fraction | None
    reason: str | None = None


def rd_ratio(series: Series, year: int, years: int = 1) -> Ratio:
    """研发费用 ÷ 营业收入 over `years` years up to `year`: sum(rd) / sum(revenue) (国科发火〔2016〕32号第十一条 (五))."""
    span = range(year - years + 1, year + 1)
    missing = [(each, key) for each in span for key in ("rd", "revenue") if _value(series, each, key) is None]
    if missing:
        return Ratio(None, _missing(missing))
    revenue = sum(Fraction(_value(series, each, "revenue")) for each in span)
    if revenue == 0:
        return Ratio(None, _("营业收入为零，比例无从计算"))
    return Ratio(sum((Fraction(_value(series, each, "rd")) for each in span), Fraction(0)) / revenue)


def growth(series: Series, year: int, key: str) -> Ratio:
    """This year's value ÷ last year's − 1; unknown where last year's is not above zero."""
    missing = [(each, key) for each in (year - 1, year) if _value(series, each, key) is None]
    if missing:
        return Ratio(None, _missing(missing))
    before = Fraction(_value(series, year - 1, key))
    if before <= 0:
        return Ratio(None, _("上年%(title)s不大于零，增长率无从计算", title=FIGURE_KEYS[key]))
    return Ratio(Fraction(_value(series, year, key)) / before - 1)


def _value(series: Series, year: int, key: str) -> Any:
    figures = series.get(year)
    return None if figures is None else getattr(figures, key)


def _missing(values: list[tuple[int, str]]) -> str:
    return _(
        "缺少 %(values)s",
        values=_("、").join(_("%(year)s 年%(title)s", year=year, title=FIGURE_KEYS[key]) for year, key in values),
    )
