"""Reads of the administrator's pages: vocabularies, chains with their firms, trades, a year month by month."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select

from crm.firms.models import Chain, Firm, Industry
from crm.firms.reference import terms
from crm.firms.reference.models import CalendarDay, Term
from crm.firms.reference.working_days import is_working
from crm.kernel.db import db
from crm.web.paging import PAGE_SIZE, Page, page_of


@dataclass(frozen=True)
class Vocabulary:
    """A vocabulary with how many of its terms are in use, and how many are not any more."""

    name: str
    title: str
    used: int
    disabled: int


def vocabularies() -> list[Vocabulary]:
    """All that have a title: those of the file that ships."""
    found = []
    for name, title in terms.vocabularies().items():
        words = terms.all_terms(name)
        disabled = sum(word.disabled for word in words)
        found.append(Vocabulary(name, title, len(words) - disabled, disabled))
    return found


def term_versions(vocabulary: str) -> dict[str, int]:
    """Key → version of the rows there are."""
    rows = db.session.execute(select(Term.key, Term.version).where(Term.vocabulary == vocabulary))
    return {row.key: row.version for row in rows}


def chains() -> list[tuple[Chain, int]]:
    """The industrial chains, each with the number of its firms, those in use first."""
    firms = select(Firm.chain_id, func.count().label("firms")).group_by(Firm.chain_id).subquery()
    rows = db.session.execute(
        select(Chain, func.coalesce(firms.c.firms, 0))
        .outerjoin(firms, firms.c.chain_id == Chain.id)
        .order_by(Chain.disabled, Chain.id)
    )
    return [(row[0], row[1]) for row in rows]


def trades(typed: str, parent: str | None, number: int) -> Page[Industry]:
    """Trades of GB/T 4754: those that hold what was typed, those below one, or its sections."""
    conditions: list[ColumnElement[bool]] = []
    if typed:
        like = Industry.code.startswith(typed.upper(), autoescape=True) | Industry.name.contains(typed, autoescape=True)
        conditions.append(like)
    elif parent:
        conditions.append(Industry.parent_code == parent)
    else:
        conditions.append(Industry.parent_code.is_(None))
    rows = db.session.scalars(
        select(Industry)
        .where(*conditions)
        .order_by(Industry.code)
        .offset((number - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)
    ).all()
    return page_of(rows, number)


def trade_path(code: str | None) -> list[Industry]:
    """The trade and those above it, from the section down."""
    path: list[Industry] = []
    while code and (found := db.session.get(Industry, code)):
        path.insert(0, found)
        code = found.parent_code
    return path


@dataclass(frozen=True)
class Day:
    """A day of the grid: `entered` is its row, where it is not what its weekday says."""

    on: date
    working: bool
    entered: CalendarDay | None


@dataclass(frozen=True)
class Year:
    """A year month by month; each month is weeks from Monday, with None beside its days."""

    year: int
    months: Sequence[Sequence[Sequence[Day | None]]]
    working: int
    entered: Sequence[CalendarDay]


def year_of(year: int) -> Year:
    rows = list(
        db.session.scalars(
            select(CalendarDay)
            .where(CalendarDay.on.between(date(year, 1, 1), date(year, 12, 31)))
            .order_by(CalendarDay.on)
        )
    )
    entered = {row.on: row for row in rows}
    exceptions = {row.on: row.working for row in rows}
    months: list[list[list[Day | None]]] = []
    working = 0
    for month in range(1, 13):
        weeks: list[list[Day | None]] = []
        for week in calendar.Calendar().monthdatescalendar(year, month):
            days: list[Any] = [None if on.month != month else _day(on, exceptions, entered) for on in week]
            working += sum(day.working for day in days if day is not None)
            weeks.append(days)
        months.append(weeks)
    return Year(year, months, working, rows)


def _day(on: date, exceptions: dict[date, bool], entered: dict[date, CalendarDay]) -> Day:
    return Day(on, is_working(on, exceptions), entered.get(on))
