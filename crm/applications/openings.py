"""When a programme is open: the windows of the notices in force for a firm's region, and those that an administrator entered.

A window of a notice is kept nowhere twice: it becomes a row when an application first refers to it, and the row's days are
still read from the notice as long as the notice has that window.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crm.applications.models import Programme, Window
from crm.firms.models import Firm
from crm.kernel.db import db
from crm.ladder.models import Rung
from crm.policy import Notice, notice_for
from crm.policy import Window as NoticeWindow
from crm.policy.language.regions import covers
from crm.policy.notices.shelf import notices
from crm.web.language import language

REMEMBERED = timedelta(days=400)  # how long a window that is over is still told of
OPEN, DUE, AHEAD, CLOSED = "open", "due", "ahead", "closed"


@dataclass(frozen=True)
class Opening:
    """A window in which firms hand in, whether a notice announces it or it was entered. `key` names it in a form."""

    programme: Programme
    key: str
    title: str | None
    year: int
    since: date | None  # None: only the last day was announced
    until: date
    source: str | None
    division_code: str | None
    disabled: bool = False

    def state(self, on: date) -> str:
        """`open`, `due` (not over, its first day unknown), `ahead` or `closed`."""
        if on > self.until:
            return CLOSED
        if self.since is None:
            return DUE
        return OPEN if self.since <= on else AHEAD

    def days(self, on: date) -> int:
        """Days to its first day while it is ahead, else to its last; negative once it is closed."""
        return ((self.since if self.since and self.since > on else self.until) - on).days


def programmes_offered() -> list[Programme]:
    """The programmes that can be applied for, those of the ladder first, from its first rung up."""
    found = db.session.scalars(select(Programme).where(Programme.disabled.is_(False)).order_by(Programme.id))
    order = list(Rung)
    return sorted(found, key=lambda each: len(order) if each.rung is None else order.index(each.rung))


def openings_for(programmes: Iterable[Programme], division_code: str | None, on: date) -> dict[int, list[Opening]]:
    """The windows of each programme (by id) for firms of a division, the first to close first; also those that are over."""
    programmes = list(programmes)
    found: dict[int, list[Opening]] = {
        programme.id: _announced(programme, division_code, on) for programme in programmes
    }
    entered = db.session.scalars(
        select(Window)
        .where(
            Window.programme_id.in_(found),
            Window.notice_key.is_(None),
            Window.disabled.is_(False),
            Window.closes_on >= on - REMEMBERED,
        )
        .order_by(Window.closes_on, Window.id)
    )
    for window in entered:
        if covers(window.division_code, division_code):
            found[window.programme_id].append(opening_of(window))
    return {key: sorted(each, key=lambda opening: opening.until) for key, each in found.items()}


def region_of(firm: Firm) -> str | None:
    """The division whose windows hold for a firm: its own, else that of its park."""
    return firm.division_code or firm.organisation.division_code


def to_know_of(openings: Sequence[Opening], on: date) -> Opening | None:
    """The one that a firm should know of: the first that is not over, else the last one."""
    return next((each for each in openings if each.until >= on), openings[-1] if openings else None)


def opening_of(window: Window) -> Opening:
    """A window that is a row; where it stands for one of a notice, with the days of the notice."""
    opening = Opening(
        window.programme,
        str(window.id),
        window.title,
        window.year,
        window.opens_on,
        window.closes_on,
        window.source,
        window.division_code,
        window.disabled,
    )
    announced = _in_notices(window.programme, window.notice_key) if window.notice_key else None
    return opening if announced is None else _opening(window.programme, *announced, disabled=window.disabled)


def window_of(opening: Opening) -> Window:
    """The row an application refers to; that of a notice's window is made when it is first used."""
    if opening.key.isdecimal():
        return db.session.get_one(Window, int(opening.key))
    by_key = select(Window).where(Window.notice_key == opening.key)
    known = db.session.scalar(by_key)
    if known is not None:
        return known
    announced = _in_notices(opening.programme, opening.key)
    window = Window(
        programme_id=opening.programme.id,
        year=opening.year,
        title=announced[1].title.zh[:60] if announced else opening.title,
        division_code=opening.division_code,
        opens_on=opening.since,
        closes_on=opening.until,
        source=opening.source,
        notice_key=opening.key,
    )
    try:
        with db.session.begin_nested():
            db.session.add(window)
            db.session.flush()
    except IntegrityError:  # somebody else was the first in this moment
        return db.session.scalars(by_key).one()
    return window


def announced_windows(programme: Programme) -> list[Opening]:
    """The windows of every notice for the programme's rung, of all regions, the last to close first."""
    if programme.rung is None:
        return []
    found = [
        _opening(programme, notice, window)
        for notice in notices()
        if notice.rung == programme.rung.value and programme.purpose.value in notice.purposes
        for window in notice.windows
        if window.who == "firm"
    ]
    return sorted(found, key=lambda opening: opening.until, reverse=True)


def _announced(programme: Programme, division_code: str | None, on: date) -> list[Opening]:
    if programme.rung is None:
        return []
    notice = notice_for(programme.rung.value, on, programme.purpose.value, division_code)
    windows = [window for window in notice.windows if window.who == "firm"] if notice else []
    return [_opening(programme, notice, window) for window in windows if notice]


def _opening(programme: Programme, notice: Notice, window: NoticeWindow, *, disabled: bool = False) -> Opening:
    return Opening(
        programme=programme,
        key=_key(programme, notice, window),
        title=window.title[language()],
        year=window.until.year,
        since=window.since,
        until=window.until,
        source=notice.document.number,
        division_code=notice.region,
        disabled=disabled,
    )


def _key(programme: Programme, notice: Notice, window: NoticeWindow) -> str:
    """A window by its notice and name: its days may be moved by a later version of the notice."""
    return f"{programme.key}/{notice.id}/{window.title.zh}"[:160]


def _in_notices(programme: Programme, key: str) -> tuple[Notice, NoticeWindow] | None:
    found = ((notice, window) for notice in notices() for window in notice.windows)
    return next((each for each in found if _key(programme, *each) == key), None)
