"""Statutory working days: weekdays, but for the holidays and exchanged days of the State Council's yearly notices.

Kept in `calendar_day`, which an administrator edits: next year's notice comes out in November, and no library knows it before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from flask import g
from sqlalchemy import select

from crm.firms.reference.models import CalendarDay
from crm.kernel.db import db

ONE = timedelta(days=1)
SATURDAY = 5


def add_working_days(day: date, n: int) -> date:
    """The n-th working day after `day`, which itself is not counted (民法典第 201 条); n = 0 gives the day. Raises ValueError below 0."""
    if n < 0:
        raise ValueError("count working days forward")
    exceptions = _exceptions()
    while n:
        day += ONE
        n -= is_working(day, exceptions)
    return day


def working_days_between(a: date, b: date) -> int:
    """How many working days lie after `a`, up to and with `b`; below zero where b comes first: −3 is three working days late."""
    if b < a:
        return -working_days_between(b, a)
    exceptions = _exceptions()
    return sum(is_working(a + ONE * number, exceptions) for number in range(1, (b - a).days + 1))


def known_until() -> date | None:
    """The last day whose holidays are entered: the end of a year; beyond it only weekends count. None: no year is entered.

    A year is entered when its National Day is: every notice has it.
    """
    years = [day.year for day in _exceptions() if (day.month, day.day) == (10, 1)]
    return date(max(years), 12, 31) if years else None


def is_working(day: date, exceptions: Mapping[date, bool]) -> bool:
    """Whether the day is worked, where `exceptions` (day → worked) hold what its weekday does not say."""
    return exceptions.get(day, day.weekday() < SATURDAY)


def forget() -> None:
    """Read the calendar anew: a day has changed."""
    g.pop("calendar_exceptions", None)


def _exceptions() -> Mapping[date, bool]:
    if "calendar_exceptions" not in g:
        rows = db.session.execute(select(CalendarDay.on, CalendarDay.working))
        g.calendar_exceptions = {row.on: row.working for row in rows}
    return g.calendar_exceptions
