"""The days and periods that the manager's pages offer."""

from __future__ import annotations

from datetime import date, timedelta

from crm.firms.ip.rules import later

QUARTERS = 8  # of the trend
Period = tuple[date, date]


def quarter_ends(on: date, count: int) -> list[date]:
    """The last days of the last so many quarters that are over on the day, the earliest first."""
    first_month = (on.month - 1) // 3 * 3 + 1
    start = date(on.year, first_month, 1)
    if on == later(start, months=3) - timedelta(days=1):
        start = later(start, months=3)
    return [later(start, months=-3 * back) - timedelta(days=1) for back in reversed(range(count))]


def trend_days(on: date) -> list[date]:
    """The last days of the last quarters, and the day itself."""
    ends = quarter_ends(on, QUARTERS)
    return ends if ends[-1] == on else [*ends, on]


def often_asked(today: date) -> tuple[date, date, date, date]:
    """Today, the end of the last quarter, of the last year, and a year ago."""
    quarter_end = quarter_ends(today - timedelta(days=1), 1)[0]
    return today, quarter_end, date(today.year - 1, 12, 31), later(today, years=-1)


def covered_periods(today: date) -> tuple[Period, Period, Period, Period, Period]:
    """This month, the last, this quarter, this year so far, the last twelve months."""
    month = today.replace(day=1)
    quarter = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    return (
        (month, today),
        (later(month, months=-1), month - timedelta(days=1)),
        (quarter, today),
        (date(today.year, 1, 1), today),
        (later(today, years=-1), today),
    )
