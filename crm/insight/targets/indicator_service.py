"""What an administrator may do with indicators: add one, set what may be changed of it."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from crm.insight.targets.catalogue import measure
from crm.insight.targets.derived import derived
from crm.insight.targets.models import Indicator, IndicatorValue
from crm.insight.targets.units import UNITS, Dimension
from crm.insight.targets.words import INDICATOR_FIELDS, unit_word
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.web.conflict import check_version


def save_indicator(
    *, indicator: Indicator | None, expected_version: int | str | None = None, **values: Any
) -> Indicator:
    """Add an indicator or set what may be changed of one: its key stays. Raises DomainError on the field that is wrong."""
    key = indicator.key if indicator is not None else values.get("key")
    if indicator is None and db.session.scalar(select(Indicator.id).where(Indicator.key == key)) is not None:
        raise DomainError(_("已有编号为“%(key)s”的指标。", key=key), field="key")
    _check_measure(str(key), values["unit"], values.get("measure"))
    beside = values.get("quality_of")
    if beside is not None and beside == key:
        raise DomainError(_("一个指标不能和自己配对。"), field="quality_of")
    if indicator is None:
        indicator = Indicator(**values)
        db.session.add(indicator)
    else:
        values.pop("key", None)
        if values["unit"] != indicator.unit and db.session.scalar(
            select(IndicatorValue.id).where(IndicatorValue.indicator_id == indicator.id).limit(1)
        ):
            raise DomainError(_("已有数值用着单位“%(unit)s”，不能再改。", unit=unit_word(indicator.unit)), field="unit")
        if expected_version is not None:
            check_version(indicator, expected_version, values, INDICATOR_FIELDS)
        for name, value in values.items():
            setattr(indicator, name, value)
    db.session.flush()
    return indicator


def _check_measure(key: str, unit: str, chosen: str | None) -> None:
    """A number has to fit its unit: firms are not counted in yuan."""
    if chosen is None:
        return
    given = dimension_of(chosen, {key})
    if given is None:
        raise DomainError(_("这个取数方式用不上，请另选。"), field="measure")
    if given is not UNITS[unit].dimension:
        raise DomainError(_("取数方式与单位“%(unit)s”对不上，请核对。", unit=unit), field="unit")


def dimension_of(chosen: str, asked: set[str]) -> Dimension | None:
    """The dimension of what a measure gives; None for one that means nothing, or that needs itself."""
    found = measure(chosen)
    if found is not None:
        return found.dimension
    made = derived(chosen)
    if made is None or asked & set(made.of):
        return None
    dimensions = []
    for name in made.of:
        indicator = db.session.scalar(select(Indicator).where(Indicator.key == name))
        if indicator is None or indicator.unit not in UNITS:
            return None
        if indicator.measure and derived(indicator.measure) and dimension_of(indicator.measure, asked | {name}) is None:
            return None
        dimensions.append(UNITS[indicator.unit].dimension)
    return made.dimension(dimensions)
