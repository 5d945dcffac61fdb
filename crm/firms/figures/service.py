"""What may be done with a year's figures: record, verify, remove. The bulk twin stands in figure_bulk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, update

from crm.accounts.models import User
from crm.firms.figures.keys import FIRST_YEAR, KEYS, LARGEST_RATE, Shape
from crm.firms.figures.models import FigureSource, YearlyFigures
from crm.firms.figures.plausibility import Values, warnings_of
from crm.firms.models import Document, Firm, State
from crm.firms.words import FIGURE_KEYS
from crm.kernel import audit, clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, EditConflictError
from crm.web import conflict
from crm.web.formatting import day, number, percent, wan


def record_figures(
    *,
    actor: User,
    firm: Firm,
    year: int,
    values: Mapping[str, Decimal | int | None],
    document: Document | None = None,
    expected_version: int | str | None = None,
) -> YearlyFigures:
    """Set the given figures of one year, money in yuan; None makes a value unknown, a key left out stays as it is.

    A value that changes is declared by `actor` from `document`, also where it had been verified. `expected_version` is
    what the form was opened on (0: no such year yet). Raises DomainError on the field that cannot be kept, and
    EditConflictError if the year was saved by someone else meanwhile.
    """
    check_year(year)
    check_values(values)
    if any(value is not None for value in values.values()):  # what stands there by mistake can be taken out
        check_founded(firm.registered_on, year)
    series = _series(firm.id)
    figures = series.get(year)
    if figures is not None and expected_version is not None:
        conflict.check_version(figures, expected_version, values, FIGURE_KEYS, _with_unit)
    if figures is None:
        figures = YearlyFigures(firm=firm, firm_id=firm.id, year=year, warnings=[])
        db.session.add(figures)
        series[year] = figures
    changed = {key: value for key, value in values.items() if getattr(figures, key) != value}
    for key, value in changed.items():
        setattr(figures, key, value)
    figures.warnings = warnings_of(values_of(figures), _neighbours(series, year))
    db.session.flush()
    _declare(figures, changed, actor, document)
    _judge_again(series, (year - 1, year + 1))
    db.session.flush()
    return figures


def verify_figures(
    *,
    actor: User,
    figures: YearlyFigures,
    keys: Iterable[str],
    document: Document | None = None,
    expected_version: int | str | None = None,
) -> None:
    """Mark values as checked by `actor`, against `document` where one is given.

    `expected_version` is that of the figures the checker saw. Raises DomainError where there is nothing to verify, and
    EditConflictError if a value changed since it was seen.
    """
    keys = list(keys)
    if not keys:
        raise DomainError(_("请先勾选要核实的数值。"), field="keys")
    if conflict.is_outdated(figures, expected_version):
        raise EditConflictError(
            _("您打开页面之后，有人改过这一年的数据。请看过现在的数值，再勾选核实。"), [], version=figures.version
        )
    sources = {source.key: source for source in figures.sources}
    history = []
    for key in keys:
        if key not in KEYS or getattr(figures, key) is None:
            raise DomainError(
                _("%(title)s没有数值，不能核实。", title=KEYS[key].title if key in KEYS else key), field="keys"
            )
        source = sources[key]
        if source.state is not State.VERIFIED:
            history.append(state_change(figures.id, figures.firm_id, key, source.state, State.VERIFIED))
        source.state, source.entered_by, source.entered_at = State.VERIFIED, actor, clock.now()
        if document is not None:
            source.document = document
    db.session.flush()
    audit.record_changes(db.session, history)


def remove_year(*, actor: User, figures: YearlyFigures) -> None:
    """Take a year out of the series (entered for the wrong year, say). The history keeps its values."""
    series = _series(figures.firm_id)
    db.session.delete(figures)
    series.pop(figures.year)
    db.session.flush()
    _judge_again(series, (figures.year - 1, figures.year + 1))


def check_year(year: int) -> None:
    """Raise DomainError for a year that cannot have figures yet, or no longer."""
    latest = clock.today().year
    if not FIRST_YEAR <= year <= latest:
        raise DomainError(_("年度应在 %(first)s 至 %(latest)s 之间。", first=FIRST_YEAR, latest=latest), field="year")


def check_founded(registered_on: date | None, year: int) -> None:
    """Raise DomainError for a year before the firm was founded (`registered_on`; None: nobody knows when)."""
    if registered_on is not None and year < registered_on.year:
        raise DomainError(
            _(
                "%(year)s 年企业还没有成立（%(on)s成立），请核对年份；成立日期有误的，先在基本信息里更正",
                year=year,
                on=day(registered_on),
            ),
            field="year",
        )


def check_values(values: Mapping[str, Any]) -> None:
    """Raise DomainError for a value that its figure cannot have; KeyError for a figure there is not."""
    for name, value in values.items():
        shape = KEYS[name].shape
        if value is None:
            continue
        if shape not in (Shape.SIGNED, Shape.RATE) and value < 0:
            raise DomainError(_("%(title)s不能是负数。", title=KEYS[name].title), field=name)
        if shape is Shape.SCORE and value > 100:
            raise DomainError(_("%(title)s最多 100 分。", title=KEYS[name].title), field=name)
        if shape is Shape.RATE and abs(value) > LARGEST_RATE:
            raise DomainError(_("数字太大，请核对单位。最多 %(maximum)s。", maximum=percent(LARGEST_RATE)), field=name)


def values_of(figures: YearlyFigures) -> dict[str, Any]:
    """The figures of a year as key → value."""
    return {key: getattr(figures, key) for key in KEYS}


def state_change(figures_id: int, firm_id: int, key: str, old: State, new: State) -> dict[str, Any]:
    """The history row that says how far one value is trusted; its field is `<key>.state`."""
    return {
        "action": audit.Action.UPDATED,
        "entity": YearlyFigures.__tablename__,
        "entity_id": figures_id,
        "firm_id": firm_id,
        "field": f"{key}.state",
        "old": old,
        "new": new,
    }


def shown(name: str, value: Any) -> str | None:
    """A figure's value for a reader, money in 万元, a rate in per cent, without its unit; None for unknown."""
    if value is None:
        return None
    if KEYS[name].shape is Shape.RATE:
        return number(value * 100, 4)
    return wan(value) if KEYS[name].is_money else number(value)


def _with_unit(name: str, value: Any) -> str:
    return _("未知") if value is None else f"{shown(name, value)} {KEYS[name].unit}"


def _series(firm_id: int) -> dict[int, YearlyFigures]:
    rows = db.session.scalars(select(YearlyFigures).where(YearlyFigures.firm_id == firm_id))
    return {row.year: row for row in rows}


def _neighbours(series: Mapping[int, YearlyFigures], year: int) -> list[Values]:
    return [values_of(series[other]) for other in (year - 1, year + 1) if other in series]


def renew_warnings(firm_id: int) -> None:
    """Judge all years of a firm anew: after its years were put together otherwise than by `record_figures`."""
    series = _series(firm_id)
    _judge_again(series, series)


def _judge_again(series: Mapping[int, YearlyFigures], years: Iterable[int]) -> None:
    """Renew the warnings of neighbours, past their versions: nobody edited them."""
    for year in years:
        if year in series:
            figures = series[year]
            warnings = warnings_of(values_of(figures), _neighbours(series, year))
            if warnings != figures.warnings:
                db.session.execute(
                    update(YearlyFigures).where(YearlyFigures.id == figures.id).values(warnings=warnings)
                )


def _declare(figures: YearlyFigures, changed: Mapping[str, Any], actor: User, document: Document | None) -> None:
    sources = {source.key: source for source in figures.sources}
    history = []
    for key, value in changed.items():
        source = sources.get(key)
        if source is not None and source.state is State.VERIFIED:
            history.append(state_change(figures.id, figures.firm_id, key, State.VERIFIED, State.DECLARED))
        if value is None:
            if source is not None:
                figures.sources.remove(source)
            continue
        if source is None:
            source = FigureSource(key=key)
            figures.sources.append(source)
        source.state = State.DECLARED
        source.entered_by, source.entered_at, source.document = actor, clock.now(), document
    audit.record_changes(db.session, history)
