"""One's own calendar as a file that calendar programs fetch again and again (iCalendar, RFC 5545).

Planned visits, tasks due, and the dates of titles and duties of one's own firms. An event keeps its UID for good; a planned
visit counts its changes in SEQUENCE, and is said to be cancelled once it is called off, because a program that has it
already would keep an event that is merely gone. Who has the address reads without signing in: it is the key.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from icalendar import Alarm, Calendar, Event, Timezone, vDuration
from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.desk.lines import LASTS
from crm.duties.queries import Due, due, scope_of
from crm.duties.rules import months_later
from crm.duties.selects import Wanted
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import NotFoundError
from crm.ladder.words import SHORT_RUNGS
from crm.policy.text import LANGUAGES
from crm.visits.models import PlannedState, PlannedVisit, Task
from crm.visits.queries import TaskFilter, Whose, tasks_in
from crm.web.formatting import day
from crm.web.language import language

BACK = timedelta(days=60)  # visits so long ago are still told of
REMINDED = timedelta(hours=1)  # before a visit that has a time
AHEAD = 12  # months of titles and duties
MOST = 1000  # events of a kind
STATUSES = {PlannedState.PLANNED: "CONFIRMED", PlannedState.HELD: "CONFIRMED", PlannedState.CALLED_OFF: "CANCELLED"}


def renew_key(user: User) -> str:
    """Make the key of the person's calendar, or another in its place: who has the old address reads nothing any more."""
    user.calendar_key = secrets.token_urlsafe(32)
    db.session.flush()
    return user.calendar_key


def owner_of(key: str) -> User:
    """Whose calendar the key opens. Raises NotFoundError where there is none, or its owner has left."""
    user = db.session.scalar(select(User).where(User.calendar_key == key, User.disabled.is_(False)))
    if user is None or not user.can(Permission.LOG_VISITS):
        raise NotFoundError(_("没有这个日历，地址可能已经更换。"))
    return user


def calendar_of(user: User) -> bytes:
    """The person's calendar, in their language. Four queries."""
    with force_locale(user.language if user.language in LANGUAGES else LANGUAGES[0]):
        calendar = Calendar()
        calendar.add("prodid", "-//Tidu//Calendar//ZH")
        calendar.add("version", "2.0")
        calendar.add("x-wr-calname", _("梯度：%(name)s", name=user.name))
        calendar.add("x-wr-timezone", str(clock.LOCAL))
        calendar.add("refresh-interval", timedelta(hours=1), parameters={"value": "DURATION"})
        calendar.add("x-published-ttl", vDuration(timedelta(hours=1)))
        calendar.add_component(Timezone.from_tzinfo(clock.LOCAL))
        for event in (*_visits(user), *_tasks(user), *_duties(user)):
            calendar.add_component(event)
        return bytes(calendar.to_ical())


def _visits(user: User) -> Iterator[Event]:
    rows = db.session.scalars(
        select(PlannedVisit)
        .join(Firm, Firm.id == PlannedVisit.firm_id)
        .where(
            PlannedVisit.officer_id == user.id,
            PlannedVisit.on >= clock.today() - BACK,
            visible_firms(user),
        )
        .options(contains_eager(PlannedVisit.firm))
        .order_by(PlannedVisit.on, PlannedVisit.id)
        .limit(MOST)
    )
    for planned in rows:
        link = url_for("visits.planned", planned_id=planned.id, _external=True)
        event = _event(
            f"planned-visit-{planned.id}",
            _("走访 %(firm)s", firm=planned.firm.name),
            planned.on,
            link,
            [planned.purpose, planned.reason, planned.firm.telephone],
            at=planned.starts_at,
            sequence=planned.version - 1,
            status=STATUSES[planned.state],
        )
        event.add("location", planned.firm.address or planned.firm.name)
        if planned.starts_at is not None and planned.state is PlannedState.PLANNED:
            event.add_component(_alarm(str(event["summary"])))
        yield event


def _alarm(text: str) -> Alarm:
    """A reminder in time to set out."""
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", text)
    alarm.add("trigger", -REMINDED)
    return alarm


def _tasks(user: User) -> Iterator[Event]:
    tasks = tasks_in(visible_firms(user), user, TaskFilter(whose=Whose.MINE)).limit(MOST)
    for task in db.session.scalars(tasks):
        yield _task(task)


def _task(task: Task) -> Event:
    link = url_for("visits.edit_task", task_id=task.id, _external=True)
    title = _("任务：%(title)s", title=task.title)
    return _event(f"task-{task.id}", title, task.due_on, link, [task.firm.name], sequence=task.version - 1)


def _duties(user: User) -> Iterator[Event]:
    today = clock.today()
    wanted = Wanted(on=today, since=today, until=months_later(today, AHEAD))
    for each in due(scope_of(user, Firm.officer_id == user.id), wanted, limit=MOST):
        yield _duty(each)


def _duty(each: Due) -> Event:
    link = url_for("duties.firm", firm_id=each.firm_id, _external=True)
    title = _(
        "%(firm)s：%(rung)s %(what)s", firm=each.firm, rung=SHORT_RUNGS[each.rung], what=each.rule.title[language()]
    )
    told = [each.rule.consequence[language()], _("期限 %(day)s", day=day(each.due_on))]
    return _event(f"duty-{each.firm_id}-{each.rung}-{each.duty}-{each.due_on}", title, each.due_on, link, told)


def _event(
    uid: str,
    title: str,
    on: date,
    link: str,
    told: list[str | None],
    *,
    at: time | None = None,
    sequence: int = 0,
    status: str | None = None,
) -> Event:
    event = Event()
    event.add("uid", f"{uid}@tidu")
    event.add("dtstamp", clock.now())
    event.add("summary", title)
    start: Any = on if at is None else datetime.combine(on, at, clock.LOCAL)
    event.add("dtstart", start)
    if on < date.max:  # the last day there is has no end: without one it is a whole day all the same (RFC 5545, 3.6.1)
        event.add("dtend", start + (timedelta(days=1) if at is None else LASTS))
    event.add("description", "\n".join([*(text for text in told if text), link]))
    event.add("url", link)
    event.add("sequence", sequence)
    event.add("transp", "TRANSPARENT" if at is None or status == "CANCELLED" else "OPAQUE")
    if status is not None:
        event.add("status", status)
    return event
