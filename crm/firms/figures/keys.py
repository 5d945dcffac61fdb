"""The figures of a year as data: what each is called, how it is written, in which group it stands.

To add a figure: a column in `figures`, a title in `words.FIGURE_KEYS`, an entry here, a migration. Forms, pages, checks
and imports follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from crm.firms.words import FIGURE_KEYS

FIRST_YEAR = 1990
LARGEST_RATE = Decimal(100)  # more is a mistake of units


class Shape(StrEnum):
    AMOUNT = "amount"  # Decimal yuan, not below zero
    SIGNED = "signed"  # Decimal yuan of either sign
    WHOLE = "whole"  # people, items
    SCORE = "score"  # Decimal points, at most one hundred
    RATE = "rate"  # a Decimal fraction of either sign, shown in per cent


@dataclass(frozen=True)
class FigureKey:
    """One column of `YearlyFigures`."""

    name: str
    shape: Shape
    unit: Any

    @property
    def title(self) -> Any:
        return FIGURE_KEYS[self.name]

    @property
    def is_money(self) -> bool:
        return self.shape in (Shape.AMOUNT, Shape.SIGNED)


@dataclass(frozen=True)
class Group:
    name: str
    title: Any
    keys: tuple[FigureKey, ...]


WAN, PEOPLE, ITEMS, POINTS = _l("万元"), _l("人"), _l("项"), _l("分")


def _amounts(*names: str) -> tuple[FigureKey, ...]:
    return tuple(FigureKey(name, Shape.AMOUNT, WAN) for name in names)


def _signed(*names: str) -> tuple[FigureKey, ...]:
    return tuple(FigureKey(name, Shape.SIGNED, WAN) for name in names)


def _people(*names: str) -> tuple[FigureKey, ...]:
    return tuple(FigureKey(name, Shape.WHOLE, PEOPLE) for name in names)


GROUPS = (
    Group(
        "business",
        _l("经营"),
        _amounts("revenue", "main_revenue", "ht_revenue", "total_income", "cost_expense")
        + _signed("net_profit", "operating_cash_flow")
        + (FigureKey("roe", Shape.RATE, "%"),),
    ),
    Group("research", _l("研发"), (*_amounts("rd", "rd_domestic"), FigureKey("transfers", Shape.WHOLE, ITEMS))),
    Group(
        "staff",
        _l("人员"),
        _people("employees", "st_staff", "college_staff", "rd_staff", "masters_staff", "doctors_staff"),
    ),
    Group("assets", _l("资产"), _amounts("total_assets", "liabilities") + _signed("net_assets")),
    Group("other", _l("其他"), (FigureKey("quality_score", Shape.SCORE, POINTS),)),
)
KEYS: dict[str, FigureKey] = {key.name: key for group in GROUPS for key in group.keys}
