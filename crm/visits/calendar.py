"""The calendar that all bureaus share: who was and who will be at which firm, a month or a day at a time.

Every visit to a firm of one's scope stands in it, whichever bureau made it. A day shows its first few; the day's own page
has them all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any

from flask import url_for
from flask_babel import format_date, get_locale
from sqlalchemy import ColumnElement, Date, Integer, Select, column, func, literal, null, or_, select, union_all, values
from sqlalchemy.orm import contains_eager

from crm.accounts.models import SYSTEM_EMAIL, Organisation, User
from crm.accounts.permissions import ROLE_PERMISSIONS, Permission
from crm.accounts.scope import sees_all
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.db import db
from crm.visits.models import PlannedState, PlannedVisit, Visit
from crm.web.addresses import known_number
from crm.web.fields import read_date
from crm.web.formatting import month_title

A_DAY = 5  # entries of one day in a month
ON_A_DAYS_PAGE = 300
END = 2**31 - 1  # beyond every id
FIRST, LAST = date(1900, 1, 1), date(2999, 12, 31)
VISITORS = [role for role, permissions in ROLE_PERMISSIONS.items() if Permission.LOG_VISITS in permissions]


def day_title(on: date) -> str:
    """A day of these weeks, with its weekday and without the year."""
    return format_date(on, "M月d日 EEE" if get_locale().language == "zh" else "EEE d MMM")


@dataclass(frozen=True)
class Asked:
    """What the address asks for: the month that holds `on`, or the one day `day`; of one officer, of one bureau."""

    on: date
    day: date | None = None
    officer: int | None = None
    organisation: int | None = None

    @classmethod
    def of(cls, user: User, arguments: Mapping[str, str]) -> Asked:
        """Read the address. What means nothing is left out; `officer=mine` is the reader."""
        chosen = arguments.get("officer", "")
        day = _day(arguments.get("day", ""))
        return cls(
            on=day or _day(arguments.get("on", "")) or clock.today(),
            day=day,
            officer=user.id if chosen == "mine" else known_number(chosen),
            organisation=known_number(arguments.get("organisation", "")),
        )

    @property
    def narrowed(self) -> bool:
        return self.officer is not None or self.organisation is not None

    def address(self, **other: Any) -> str:
        """The calendar's address with the same filters, at another place."""
        return url_for("visits.visit_calendar", officer=self.officer, organisation=self.organisation, **other)


def _day(text: str) -> date | None:
    try:
        day = read_date(text)
    except ValueError:
        return None
    return day if FIRST <= day <= LAST else None


@dataclass(frozen=True)
class Entry:
    """A visit in the calendar. `about` is its record: a visit held, or one planned."""

    on: date
    starts_at: time | None
    planned: bool
    about: int
    firm: str
    officer: str
    organisation: str | None

    @property
    def href(self) -> str:
        if self.planned:
            return url_for("visits.planned", planned_id=self.about)
        return url_for("visits.show", visit_id=self.about)


@dataclass
class Day:
    """One day of the calendar, with its first entries and how many there are."""

    on: date
    inside: bool  # of the month shown
    entries: list[Entry] = field(default_factory=list)
    number: int = 0

    @property
    def past(self) -> bool:
        return self.on < clock.today()

    @property
    def today(self) -> bool:
        return self.on == clock.today()

    @property
    def title(self) -> str:
        return day_title(self.on)


@dataclass(frozen=True)
class Shown:
    """What the page shows."""

    title: str
    weeks: Sequence[Sequence[Day]]
    before: date
    after: date
    officers: Sequence[User]
    organisations: Sequence[Organisation]

    @property
    def days(self) -> list[Day]:
        return [day for week in self.weeks for day in week]

    @property
    def agenda(self) -> tuple[list[Day], list[Day]]:
        """The days of the month that have something, for a narrow screen: those past, and from today on. In the present
        month today stands there whatever it has; another month is not divided."""
        days = [day for day in self.days if day.inside and (day.entries or day.today)]
        if not any(day.today for day in days):
            return [], days
        return [day for day in days if day.past], [day for day in days if not day.past]

    @property
    def weekdays(self) -> list[str]:
        return [format_date(day.on, "EEE") for day in self.weeks[0]]

    @property
    def number(self) -> int:
        return sum(day.number for day in self.days if day.inside)


def shown(user: User, asked: Asked) -> Shown:
    """The month or day asked for. As many queries whatever it holds."""
    chinese = get_locale().language == "zh"
    if asked.day is not None:
        weeks = [[Day(asked.day, inside=True)]]
        before, after = asked.day - timedelta(days=1), asked.day + timedelta(days=1)
        title = format_date(asked.day, "yyyy年M月d日 EEEE" if chinese else "EEEE d MMMM yyyy")
    else:
        weeks = _weeks(asked.on)
        first = asked.on.replace(day=1)
        before = (first - timedelta(days=1)).replace(day=1)
        after = (first + timedelta(days=31)).replace(day=1)
        title = month_title(first)
    days = {day.on: day for week in weeks for day in week}
    _fill(user, asked, days, ON_A_DAYS_PAGE if asked.day else A_DAY)
    officers = visitors(user)
    organisations = {each.organisation.id: each.organisation for each in officers if each.organisation}
    return Shown(
        title, weeks, before, after, officers, sorted(organisations.values(), key=lambda each: (each.path, each.id))
    )


def _weeks(on: date) -> list[list[Day]]:
    """The weeks of a month from Monday to Sunday, filled up with days of the months beside it."""
    first = on.replace(day=1)
    monday = first - timedelta(days=first.weekday())
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    number = ((last - monday).days // 7) + 1
    return [
        [Day(each, each.month == on.month) for each in (monday + timedelta(days=7 * week + day) for day in range(7))]
        for week in range(number)
    ]


def _fill(user: User, asked: Asked, days: dict[date, Day], most: int) -> None:
    """The first few of each day, those held before those planned, and how many there are. Four queries."""
    scope = None if sees_all(user) else visible_firms(user)  # who sees every firm needs none looked at

    def narrow(model: Any) -> list[ColumnElement[bool]]:
        return [*_by_whom(asked, model), *([] if scope is None else [model.firm_id.in_(select(Firm.id).where(scope))])]

    planned = PlannedVisit.state == PlannedState.PLANNED
    span = min(days), max(days)
    counts = [
        select(model.on, func.count().label("number")).where(model.on.between(*span), *conditions).group_by(model.on)
        for model, conditions in ((Visit, narrow(Visit)), (PlannedVisit, [planned, *narrow(PlannedVisit)]))
    ]
    for row in db.session.execute(union_all(*counts)):
        days[row.on].number += row.number
    place = func.row_number().over(partition_by=PlannedVisit.on, order_by=(*_BY_HOUR, PlannedVisit.id)).label("place")
    first = select(PlannedVisit.id, place).where(PlannedVisit.on.between(*span), planned, *narrow(PlannedVisit))
    ranked = first.subquery()
    to_come = _told(PlannedVisit, PlannedVisit.starts_at).join(ranked, ranked.c.id == PlannedVisit.id)
    to_come = to_come.where(ranked.c.place <= most).order_by(PlannedVisit.on, ranked.c.place)
    for row in (*db.session.execute(_first_held(list(days), asked, scope, most)), *db.session.execute(to_come)):
        if len(days[row.on].entries) < most:
            days[row.on].entries.append(Entry(**row._mapping))


_BY_HOUR = (PlannedVisit.starts_at.is_(None), PlannedVisit.starts_at)


def _first_held(days: Sequence[date], asked: Asked, scope: ColumnElement[bool] | None, most: int) -> Select[Any]:
    """The first visits held on each day. Each day's last one to be shown is found first: the index then gives those up
    to it, without reading the thousands after them. One query beside the statement."""
    day = values(column("on", Date), name="day").data([(each,) for each in days]).cte("day")
    last = select(Visit.id).where(Visit.on == day.c.on, *_by_whom(asked, Visit))
    if scope is not None:
        # Of the few visits read one by one each looks up its own firm.
        last = last.where(select(Firm.id).where(Firm.id == Visit.firm_id, scope).correlate(Visit).exists())
    until = last.order_by(Visit.id).limit(1).offset(most - 1).correlate(day).scalar_subquery()
    ends = [(on, END if last_id is None else last_id) for on, last_id in db.session.execute(select(day.c.on, until))]
    end = values(column("on", Date), column("id", Integer), name="end").data(ends).cte("end")
    found = _told(Visit, null()).join(end, (Visit.on == end.c.on) & (Visit.id <= end.c.id))
    return found.where(*_by_whom(asked, Visit), *([] if scope is None else [scope])).order_by(Visit.on, Visit.id)


def _told(model: Any, starts_at: Any) -> Select[Any]:
    """What an entry says of a visit."""
    return (
        select(
            model.on,
            starts_at.label("starts_at"),
            literal(starts_at is PlannedVisit.starts_at).label("planned"),
            model.id.label("about"),
            Firm.name.label("firm"),
            User.name.label("officer"),
            Organisation.name.label("organisation"),
        )
        .join(Firm, Firm.id == model.firm_id)
        .join(User, User.id == model.officer_id)
        .outerjoin(Organisation, Organisation.id == User.organisation_id)
    )


def _by_whom(asked: Asked, model: Any) -> list[ColumnElement[bool]]:
    found = []
    if asked.officer is not None:
        found.append(model.officer_id == asked.officer)
    if asked.organisation is not None:
        found.append(model.officer_id.in_(select(User.id).where(User.organisation_id == asked.organisation)))
    return found


def visitors(user: User) -> Sequence[User]:
    """Who may visit firms of the user's scope: people of the bureaus under theirs, of their own, and of those above it."""
    assert user.organisation is not None  # staff
    above = [int(step) for step in user.organisation.path.split("/") if step]
    return db.session.scalars(
        select(User)
        .join(Organisation, Organisation.id == User.organisation_id)
        .where(
            or_(Organisation.path.startswith(user.organisation.path, autoescape=True), Organisation.id.in_(above)),
            User.role.in_(VISITORS),
            User.disabled.is_(False),
            User.email != SYSTEM_EMAIL,
        )
        .options(contains_eager(User.organisation))
        .order_by(User.id != user.id, Organisation.path, User.name, User.id)
    ).all()
