"""A statement that a firm has none of something (no award, no incident): a `FirmFact` of a list's name with the value []."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import ColumnElement

from crm.firms.models import FirmFact

# A day after it was said, the firm may have won an award or had an accident. A year is what the strictest clause looks
# back on (HT-08: 近 365 天), and no firm's record goes longer without its yearly figures: then it is asked again.
VOUCHES = timedelta(days=365)


def vouches(said_on: date, on: date) -> bool:
    """Whether a statement of none still says something of a day: of all days before it, and of a year after."""
    return on <= said_on + VOUCHES


def none_stated(name: str, on: date) -> ColumnElement[bool]:
    """The condition on `FirmFact` that it states of a day that the firm has none of the list."""
    return (FirmFact.key == name) & (FirmFact.as_of >= on - VOUCHES)
