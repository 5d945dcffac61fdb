"""A statement that a firm has none of something (no award, no incident): a `FirmFact` of a list's name with the value []."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select

from crm.firms.models import FirmFact
from crm.kernel.db import db
from crm.policy.vocabulary import LISTS
from crm.web.formatting import day

# A day after it was said, the firm may have won an award or had an accident. A year is what the strictest clause looks
# back on (HT-08: 近 365 天), and no firm's record goes longer without its yearly figures: then it is asked again.
VOUCHES = timedelta(days=365)
# Lists that count against the firm: that an entry stands there does not say that nothing happened since. They are known
# for the same year from their last entry or statement; of the others, what the firm has gained is entered with its own proof.
AGAINST = frozenset({"incidents"})


def vouches(said_on: date, on: date) -> bool:
    """Whether a statement of none still says something of a day: of all days before it, and of a year after."""
    return on <= said_on + VOUCHES


def none_stated(name: str, on: date) -> ColumnElement[bool]:
    """The condition on `FirmFact` that it states of a day that the firm has none of the list."""
    return (FirmFact.key == name) & (FirmFact.as_of >= on - VOUCHES)


@dataclass(frozen=True)
class Statement:
    """What was stated of a list, as a page shows it on a day."""

    said_on: date
    stale: bool

    @property
    def text(self) -> str:
        return why_stale(self.said_on) if self.stale else _("%(day)s 确认没有", day=day(self.said_on))


def statements_of(firm_id: int, on: date) -> dict[str, Statement]:
    """List name → the statement that the firm has none. One query."""
    rows = db.session.execute(
        select(FirmFact.key, FirmFact.as_of).where(FirmFact.firm_id == firm_id, FirmFact.key.in_(LISTS))
    )
    return {name: Statement(said_on, not vouches(said_on, on)) for name, said_on in rows}


def why_stale(said_on: date) -> str:
    """Why a list is unknown although someone stated once that there is none."""
    return _("%(day)s 确认过没有，已过一年，请重新确认", day=day(said_on))


def why_open(known_to: date | None) -> str:
    """Why a list with entries may have others; `known_to` is the day of its last entry or statement."""
    if known_to is None:
        return _("没有人确认过除已登记的以外没有其他，请确认")
    return _("%(day)s 以后没有人确认过没有新的，已过一年，请确认", day=day(known_to))
