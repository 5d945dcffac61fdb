"""A firm at a glance: its latest figures, its IP rights, its place on the ladder and what the next rung lacks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from crm.firms.figures.models import FigureSource, YearlyFigures
from crm.firms.figures.ratios import rd_ratio
from crm.firms.ip.models import IpRight, IpStatus
from crm.firms.ip.rules import CLASSES
from crm.firms.models import Firm, State
from crm.firms.words import FIGURE_KEYS
from crm.kernel.db import db
from crm.web.formatting import number, percent, wan

SHOWN_KEYS = ("revenue", "rd", "employees", "rd_staff")
YEARS = 3  # read at least; a year is a row for each of its sources


@dataclass(frozen=True)
class Latest:
    """The newest known value of one figure, as the shared `figure` takes it."""

    title: Any
    value: str | None
    unit: Any = None
    year: int | None = None
    state: State | None = None


def latest_figures(firm: Firm) -> list[Latest]:
    """Revenue, R&D, their ratio and the staff, each of the newest year that has it. One query."""
    rows = db.session.execute(
        select(YearlyFigures, FigureSource.key, FigureSource.state)
        .outerjoin(FigureSource, (FigureSource.figures_id == YearlyFigures.id) & FigureSource.key.in_(SHOWN_KEYS))
        .where(YearlyFigures.firm_id == firm.id)
        .order_by(YearlyFigures.year.desc())
        .limit(YEARS * len(SHOWN_KEYS))
    ).all()
    series = {row.YearlyFigures.year: row.YearlyFigures for row in rows}
    states = {(row.YearlyFigures.year, row.key): row.state for row in rows}
    shown = [_latest(series, states, key) for key in SHOWN_KEYS]
    return [*shown[:2], _ratio(series), *shown[2:]]


def _latest(series: dict[int, YearlyFigures], states: dict[Any, State], key: str) -> Latest:
    money = key in ("revenue", "rd")
    for year, figures in series.items():
        value = getattr(figures, key)
        if value is not None:
            unit = _("万元") if money else _("人")
            return Latest(FIGURE_KEYS[key], wan(value) if money else number(value), unit, year, states.get((year, key)))
    return Latest(FIGURE_KEYS[key], None)


def _ratio(series: dict[int, YearlyFigures]) -> Latest:
    for year in series:
        ratio = rd_ratio(series, year)
        if ratio.value is not None:
            return Latest(_("研发费用占比"), percent(ratio.value), None, year)
    return Latest(_("研发费用占比"), None)


def ip_counts(firm: Firm) -> dict[str, int]:
    """Rights in force by class ("one", "two", "none"), applications ("pending"), and rights of "unknown" status. One query."""
    rows = db.session.execute(
        select(IpRight.kind, IpRight.status, func.count().label("number"))
        .where(IpRight.firm_id == firm.id)
        .group_by(IpRight.kind, IpRight.status)
    ).all()
    counts: Counter[str] = Counter()
    for row in rows:
        name = {IpStatus.VALID: CLASSES[row.kind].value, IpStatus.PENDING: "pending", None: "unknown"}.get(row.status)
        counts[name or "lapsed"] += row.number
    return counts
