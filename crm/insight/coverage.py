"""Who was seen and what was kept: visits by officer, the share of firms seen by rung, promises kept in time.

What became of promises and needs is told as it was at the end of the period; which firms are in business and in whose
charge they are, as it is today.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, literal_column, null, select, union_all

from crm.accounts.models import User
from crm.firms.models import Firm
from crm.insight.funnel import Conditions, narrowed
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder.models import Credential, Rung
from crm.ladder.queries import is_held
from crm.visits.models import Need, NeedState, Task, TaskState, Visit


@dataclass
class Promises:
    """Tasks that were due within the period, by what became of them."""

    in_time: int = 0
    late: int = 0
    dropped: int = 0
    overdue: int = 0  # open, and the day is past
    open: int = 0  # open, and the day is today

    @property
    def share(self) -> Fraction | None:
        """Of those whose day has come and that were not dropped, how many were kept in time; None: there were none."""
        told = self.in_time + self.late + self.overdue
        return Fraction(self.in_time, told) if told else None


@dataclass
class Officer:
    """One officer's period: visits logged, firms seen, own firms in business and how many of those anyone has seen."""

    id: int | None
    name: str
    visits: int = 0
    firms: int = 0
    own: int = 0
    own_seen: int = 0
    promises: Promises = field(default_factory=Promises)


@dataclass(frozen=True)
class Seen:
    """Of so many firms, so many were seen by anyone."""

    firms: int
    seen: int

    @property
    def share(self) -> Fraction | None:
        return Fraction(self.seen, self.firms) if self.firms else None


@dataclass(frozen=True)
class Needs:
    """Needs raised in the period, those of them answered, and those that somebody took through all offices (全程代办); how long
    answers took, and how they were rated.
    """

    raised: int
    answered: int
    agencies: int
    days: Fraction | None  # median
    rating: Fraction | None  # mean, from 1 to 5
    rated: int


@dataclass(frozen=True)
class Coverage:
    since: date
    until: date
    all_firms: Seen
    by_rung: dict[Rung, Seen]
    without: Seen  # firms that hold no title
    officers: Sequence[Officer]
    promises: Promises
    needs: Needs
    visits: int


# Few firms are not in business: the database looks them up in an index of those alone, which wants the word itself.
_OUT_OF_BUSINESS = select(Firm.id).where(Firm.status != literal_column("'active'"))


def seen_within(since: date, until: date, officer_id: int | None = None) -> ColumnElement[bool]:
    """The condition on `Firm` that someone, or this person, visited it in the period."""
    # Asked of each firm by the index of its own visits: a set of all visits of a year would be read whole.
    visited = exists().where(Visit.firm_id == Firm.id, Visit.on.between(since, until))
    return visited if officer_id is None else visited.where(Visit.officer_id == officer_id)


def visitor_name(officer_id: int, visible: ColumnElement[bool]) -> str | None:
    """Who this is, for someone who sees a firm that they visited; None for anybody else."""
    visited = select(Visit.officer_id).join(Firm, Firm.id == Visit.firm_id).where(visible)
    return db.session.scalar(select(User.name).where(User.id == officer_id, User.id.in_(visited)))


def coverage(since: date, until: date, conditions: Conditions = ()) -> Coverage:
    """The period from one day to the other, both counted. The firms are those in business; six queries."""
    by_rung, holders = _holders(since, until, conditions)
    officers = _officers(since, until, conditions)
    # Every firm is one officer's, or nobody's.
    every = Seen(sum(officer.own for officer in officers), sum(officer.own_seen for officer in officers))
    return Coverage(
        since,
        until,
        every,
        {rung: by_rung.get(rung, Seen(0, 0)) for rung in Rung},
        Seen(every.firms - holders.firms, every.seen - holders.seen),
        officers,
        _sum(officer.promises for officer in officers),
        _needs(since, until, conditions),
        sum(officer.visits for officer in officers),
    )


def _holders(since: date, until: date, conditions: Conditions) -> tuple[dict[Rung, Seen], Seen]:
    """The firms in business that hold a title, by rung, and all of them. One query, which looks up each title's visits once."""
    titles = select(Credential.firm_id, Credential.rung).where(
        is_held(until), Credential.firm_id.not_in(_OUT_OF_BUSINESS)
    )
    held = narrowed(titles, Credential.firm_id, conditions).distinct().subquery()
    visited = exists().where(Visit.firm_id == held.c.firm_id, Visit.on.between(since, until))
    seen = select(held, case((visited, 1), else_=0).label("seen")).cte("held").prefix_with("MATERIALIZED")
    firms = select(seen.c.firm_id, seen.c.seen).distinct().subquery()
    rows = db.session.execute(
        union_all(
            select(seen.c.rung, func.count(), func.sum(seen.c.seen)).group_by(seen.c.rung),
            select(null(), func.count(), func.coalesce(func.sum(firms.c.seen), 0)).select_from(firms),
        )
    )
    found = {rung: Seen(number, int(of_them)) for rung, number, of_them in rows}
    return {Rung(rung): each for rung, each in found.items() if rung is not None}, found[None]


def _officers(since: date, until: date, conditions: Conditions) -> list[Officer]:
    found: dict[int | None, Officer] = {}

    def officer(user_id: int | None) -> Officer:
        return found.setdefault(user_id, Officer(user_id, ""))

    visits = select(Visit.officer_id, func.count(), func.count(Visit.firm_id.distinct())).where(
        Visit.on.between(since, until)
    )
    for user_id, number, firms in db.session.execute(
        narrowed(visits, Visit.firm_id, conditions).group_by(Visit.officer_id)
    ):
        officer(user_id).visits, officer(user_id).firms = number, firms
    seen = func.coalesce(func.sum(case((seen_within(since, until), 1), else_=0)), 0)
    for user_id, number, own_seen in db.session.execute(
        select(Firm.officer_id, func.count(), seen)
        .where(Firm.id.not_in(_OUT_OF_BUSINESS), *conditions)
        .group_by(Firm.officer_id)
    ):
        officer(user_id).own, officer(user_id).own_seen = number, int(own_seen)
    promised = select(Task.assignee_id, Task.state, Task.due_on, Task.ended_at).where(Task.due_on.between(since, until))
    for user_id, state, due_on, ended_at in db.session.execute(narrowed(promised, Task.firm_id, conditions)):
        _note(officer(user_id).promises, state, due_on, ended_at, until)
    names = {user.id: user.name for user in db.session.scalars(select(User).where(User.id.in_(found)))}
    for user_id, each in found.items():
        each.name = names.get(user_id, "") if user_id is not None else ""
    return sorted(found.values(), key=lambda each: (each.id is None, -each.visits, each.name, each.id or 0))


def _note(promises: Promises, state: TaskState, due_on: date, ended_at: datetime | None, until: date) -> None:
    ended_on = None if ended_at is None else clock.local_day(ended_at)
    if ended_on is not None and ended_on <= until:
        if state is TaskState.DROPPED:
            promises.dropped += 1
        elif ended_on <= due_on:
            promises.in_time += 1
        else:
            promises.late += 1
    elif due_on < clock.today():
        promises.overdue += 1
    else:
        promises.open += 1


def _sum(several: Iterable[Promises]) -> Promises:
    together = Promises()
    for each in several:
        for name in vars(together):
            setattr(together, name, getattr(together, name) + getattr(each, name))
    return together


def _needs(since: date, until: date, conditions: Conditions) -> Needs:
    answer = (Need.answered_on, Need.reopened_on, Need.rating, Need.rated_on)
    raised = select(Need.raised_on, Need.state, Need.agency_since, *answer).where(Need.raised_on.between(since, until))
    rows = db.session.execute(narrowed(raised, Need.firm_id, conditions)).all()
    answered = [row for row in rows if _was_answered(row, until)]
    days = [(row.answered_on - row.raised_on).days for row in answered]
    ratings = [row.rating for row in answered if row.rated_on is not None and row.rated_on <= until]
    return Needs(
        len(rows),
        len(answered),
        sum(1 for row in rows if row.agency_since is not None and row.agency_since <= until),
        Fraction(median(days)) if days else None,
        Fraction(sum(ratings), len(ratings)) if ratings else None,
        len(ratings),
    )


def _was_answered(need: Any, until: date) -> bool:
    """Whether it stood answered at the end of the day; an answer the firm objected to later still stood then."""
    if need.answered_on is None or need.answered_on > until:
        return False
    objected = need.reopened_on is not None and need.answered_on <= need.reopened_on <= until
    return need.state is not NeedState.CLOSED and not (need.state is NeedState.OPEN and objected)
