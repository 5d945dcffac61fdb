"""The groups of firms that a diagnosis is broken down into: by trade, by size, by place."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.accounts.models import Organisation
from crm.firms.models import Industry
from crm.insight.diagnosis.counting import PLACE, SIZE, TOTAL, TRADE
from crm.insight.diagnosis.sizes import SIZES, Size
from crm.kernel.db import db

BYS: dict[str, Any] = {TRADE: _l("按行业"), SIZE: _l("按规模"), PLACE: _l("按地区、园区")}
Numbers = dict[str, int]


@dataclass(frozen=True)
class Group:
    """A group of firms with its numbers; what was not counted is 0."""

    key: str | None
    title: str
    numbers: Numbers

    def __getitem__(self, name: str) -> int:
        return self.numbers.get(name, 0)

    def share(self, name: str, *others: str) -> Fraction | None:
        """One of the groups that together are those known; None where nothing is known."""
        known = self[name] + sum(self[other] for other in others)
        return Fraction(self[name], known) if known else None

    def ratio(self, above: str, below: str) -> Fraction | None:
        return Fraction(self[above], self[below]) if self[below] else None


def groups_of(stored: list[dict[str, Any]], by: str) -> tuple[Group, list[Group]]:
    """All firms together, and the groups of one way in their order, from the kept numbers."""
    total: Numbers = next((each["numbers"] for each in stored if each["by"] == TOTAL), {})
    mine = [each for each in stored if each["by"] == by]
    titles = _titles(by, [each["key"] for each in mine])
    groups = [Group(each["key"], titles.get(each["key"]) or _unknown(by), each["numbers"]) for each in mine]
    if by == SIZE:
        order = [size.value for size in Size]
        groups.sort(key=lambda group: order.index(group.key) if group.key in order else len(order))
    else:
        groups.sort(key=lambda group: (group.key is None, -group["firms"], group.key or ""))
    return Group("", _("合计"), total), groups


def together(groups: list[Group], most: int) -> list[Group]:
    """The first groups by name and the others in one; what is unknown stands apart."""
    named, unknown = [each for each in groups if each.key is not None], [each for each in groups if each.key is None]
    if len(named) <= most + 1:
        return groups
    numbers: Counter[str] = Counter()
    for each in named[most:]:
        numbers.update(each.numbers)
    rest = Group("", _("其余 %(n)s 组（导出文件里逐组列出）", n=len(named) - most), dict(numbers))
    return [*named[:most], rest, *unknown]


def _titles(by: str, keys: list[str | None]) -> dict[str | None, str]:
    if by == SIZE:
        return {size.value: str(title) for size, title in SIZES.items()}
    if by == PLACE:
        ids = [int(key) for key in keys if key]
        return {
            str(each.id): each.name for each in db.session.scalars(select(Organisation).where(Organisation.id.in_(ids)))
        }
    codes = [key for key in keys if key]
    return {each.code: each.name for each in db.session.scalars(select(Industry).where(Industry.code.in_(codes)))}


def _unknown(by: str) -> str:
    return _("规模不详") if by == SIZE else _("行业不详") if by == TRADE else _("单位不详")
