"""What may be done with the evaluation of parks: set weights, enter a park's values."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import Organisation
from crm.insight.performance.models import ParkValue, PerformanceItem
from crm.insight.performance.words import DIMENSIONS, ITEM_FIELDS
from crm.insight.targets.models import Indicator
from crm.insight.targets.service import refuse_unseen
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.web.conflict import check_version


def set_item(*, item: PerformanceItem, expected_version: int | str | None, **values: Any) -> None:
    """Set weight, full value, document and whether it counts. Raises DomainError on its field, EditConflictError."""
    _check(values)
    if expected_version is not None:
        check_version(item, expected_version, values, ITEM_FIELDS)
    for name, value in values.items():
        setattr(item, name, value)
    db.session.flush()


def add_item(*, indicator: Indicator, dimension: str, weight: Decimal, **values: Any) -> PerformanceItem:
    """Let an indicator count. Raises DomainError where it does already, or on the field that is wrong."""
    if dimension not in DIMENSIONS:
        raise DomainError(_("请选择维度。"), field="dimension")
    if db.session.scalar(select(PerformanceItem.id).where(PerformanceItem.indicator_id == indicator.id)) is not None:
        raise DomainError(_("“%(title)s”已经在评价里。", title=indicator.title), field="indicator_id")
    _check({"weight": weight, **values})
    last = db.session.scalar(select(PerformanceItem.place).order_by(PerformanceItem.place.desc()).limit(1)) or 0
    item = PerformanceItem(indicator=indicator, dimension=dimension, weight=weight, place=last + 10, **values)
    db.session.add(item)
    db.session.flush()
    return item


def _check(values: Mapping[str, Any]) -> None:
    if values.get("weight") is not None and values["weight"] < 0:
        raise DomainError(_("权重不能是负数。"), field="weight")
    if values.get("full_at") is not None and values["full_at"] < 0:
        raise DomainError(_("满分值不能是负数。"), field="full_at")


def enter_values(
    *,
    park: Organisation,
    year: int,
    values: Mapping[int, Decimal | None],
    indicators: Mapping[int, Indicator],
    source: str | None,
    seen: str | None = None,
) -> int:
    """Enter a park's values of a year with their source, by indicator; None takes one out. Returns how many changed.

    Raises EditConflictError where someone entered other values since they were `seen`.
    """
    if year > clock.today().year:
        raise DomainError(_("%(year)s 年还没有到。", year=year))
    statement = select(ParkValue).where(ParkValue.organisation_id == park.id, ParkValue.year == year)
    present = {each.indicator_id: each for each in db.session.scalars(statement)}
    refuse_unseen(present, values, indicators, seen)
    changed = 0
    for indicator_id, value in values.items():
        row = present.get(indicator_id)
        if (None if row is None else row.value) == value:
            continue
        changed += 1
        if value is None:
            db.session.delete(row)
            continue
        if not source:
            raise DomainError(_("“%(title)s”：请写明数据来源。", title=indicators[indicator_id].title), field="source")
        if row is None:
            row = ParkValue(organisation=park, indicator_id=indicator_id, year=year, value=value, source=source)
            db.session.add(row)
        row.value, row.source = value, source
    db.session.flush()
    return changed
