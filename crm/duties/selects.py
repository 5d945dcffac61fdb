"""What is due, as SQL: selects over the titles of a scope and the rules' dates, each with the record there may be.

Every select gives the columns firm_id, credential_id, duty, due_on, state (of the record; NULL without one).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    Date,
    Select,
    String,
    and_,
    cast,
    column,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    table,
    text,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import aliased

from crm.duties.models import DutyRecord, DutyState
from crm.duties.rules import ENDLESS, LONGEST_TERM, Kind, Rule, due_days, duty_name, months_later, rules, term_of
from crm.firms.models import Firm, FirmName
from crm.kernel.db import db
from crm.ladder.models import Credential, Rung

YearlyDay = tuple[Rung, str, date, date]  # rung, name of the duty, due date, the day on which the title has to be held
DAY = timedelta(days=1)
LAPSED_FOR = 12  # months in which a title that lapsed is still to be renewed; after that the firm begins anew


class DueState(StrEnum):
    """Where a duty stands on a day. Past its date it is done, missed, or nobody recorded which."""

    AHEAD = "ahead"
    UNRECORDED = "unrecorded"
    MISSED = "missed"
    DONE = "done"
    LAPSED = "lapsed"  # of a title: its term is over and no other followed


OPEN = frozenset(DueState) - {DueState.DONE}
EVERY = frozenset(DueState)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked for: the day one stands on, the span of due dates (no `since`: all that still counts), narrowed by the rest."""

    on: date
    since: date | None = None
    until: date
    rung: Rung | None = None
    kind: Kind | None = None
    duty: str | None = None
    days: frozenset[date] | None = None
    states: frozenset[DueState] = field(default=OPEN)

    def window(self, months_back: int, rule: Rule | None = None) -> tuple[date, date]:
        """The span of due dates, no further back than so many months; empty where it ends before it begins."""
        earliest = months_later(self.on, -months_back) + DAY
        since, until = max(self.since or earliest, earliest), self.until
        return (max(since, rule.since), min(until, rule.until or ENDLESS)) if rule else (since, until)

    def falls(self, due_on: Any, since: date, until: date) -> ColumnElement[bool]:
        """That a date computed in the database lies in the span, and among the days if they are named."""
        return due_on.between(since, until) if self.days is None else due_on.in_(sorted(self.days))

    def pairs(self, kind: Kind) -> Iterator[tuple[Rule, list[Rung]]]:
        """The rules of a kind asked for, each with its rungs asked for."""
        for rule in rules() if self.kind in (None, kind) else ():
            if rule.kind is kind:
                rungs = [Rung(rung) for rung in rule.rungs if self.rung in (None, rung)]
                rungs = [rung for rung in rungs if self.duty in (None, duty_name(rung, rule.duty))]
                if rungs:
                    yield rule, rungs

    def by_months(self, kind: Kind) -> dict[int, tuple[str, list[Rung]]]:
        """The duty of a kind that counts from a title's own date: by its months, its name and its rungs."""
        found: dict[int, tuple[str, list[Rung]]] = {}
        for rule, rungs in self.pairs(kind):
            _duty, known = found.setdefault(rule.months, (rule.duty, []))
            known += [rung for rung in rungs if rung not in known]
        return found


def occurrences(wanted: Wanted, *, narrowed: bool) -> CompoundSelect | None:
    """All that is due among every firm's titles or, narrowed, among the table of `titles_of`, which the statement is then
    to be given. None where no rule asks for anything.

    Firms no longer in business have no duties.
    """
    titles, in_business = _titles(narrowed)
    arms = [in_business(arm) for kind in (_yearly, _changes, _renewals) for arm in kind(titles, wanted)]
    return union_all(*arms) if arms else None


def numbers(wanted: Wanted, *, narrowed: bool) -> CompoundSelect | None:
    """How much of it is due on which date: columns due_on and number, those of one date to be added up."""
    titles, in_business = _titles(narrowed)
    arms = [*_yearly_numbers(titles, in_business, wanted)]
    for kind in (_changes, _renewals):
        for arm in kind(titles, wanted):
            each = in_business(arm).subquery()
            arms.append(select(each.c.due_on, func.count().label("number")).group_by(each.c.due_on))
    return union_all(*arms) if arms else None


def titles_of(condition: ColumnElement[bool]) -> CTE:
    """The titles of a scope (a condition on `Firm`): looked up once by its firms, then read by every select."""
    mine: Any = Credential
    own = select(*(getattr(mine, name) for name in _COLUMNS))
    firms = select(Firm.id).where(condition, Firm.id.not_in(_out_of_business()))
    return own.where(mine.firm_id.in_(firms)).cte(_TITLES.name).prefix_with("MATERIALIZED")


# By its name only: what is asked of it is put together once, whoever's titles it holds.
_COLUMNS = ("id", "firm_id", "rung", "valid_from", "valid_to", "ended_on")
_TITLES = table("title", *(column(name, getattr(Credential, name).type) for name in _COLUMNS))


def _titles(narrowed: bool) -> tuple[Any, Callable[[Any], Any]]:
    """The titles to look at, and what keeps a select over them to firms in business."""
    if narrowed:
        return _TITLES.c, lambda found: found
    titles: Any = aliased(Credential)
    return titles, lambda found: found.where(titles.firm_id.not_in(_out_of_business()))


def _out_of_business() -> Select:
    # Few firms are: the database looks them up in an index of those alone, which wants the word itself.
    return select(Firm.id).where(Firm.status != literal_column("'active'"))


# --- yearly ----------------------------------------------------------------------------------------------------------


def yearly_days(wanted: Wanted) -> list[YearlyDay]:
    """Each rung's yearly duties and their days: rung, name, due date, and the day on which the title has to be held.

    A report is due on its day if the title is held that day; past it, if the title is held to this day.
    """
    return [
        (rung, duty_name(rung, rule.duty), due_on, max(due_on, wanted.on))
        for rule, rungs in wanted.pairs(Kind.YEARLY)
        for rung in rungs
        for due_on in due_days(rule, *wanted.window(term_of(rung), rule))
        if wanted.days is None or due_on in wanted.days
    ]


def _yearly(titles: Any, wanted: Wanted) -> Iterator[Select]:
    days = yearly_days(wanted)
    if not days:
        return
    day, record = _table_of(days), aliased(DutyRecord)
    yield (
        _select(titles, day.c.duty, day.c.due_on, record.state)
        .join(day, day.c.rung == titles.rung)
        .outerjoin(record, _recorded(record, titles, day.c.duty, day.c.due_on))
        .where(_owes(titles, day), _among(record, day.c.due_on, wanted))
    )


def _yearly_numbers(titles: Any, in_business: Callable[[Any], Any], wanted: Wanted) -> Iterator[Select]:
    """The same as numbers: the titles held less those whose record says otherwise, so that no title is looked at for its record."""
    known = _known(wanted)
    by_title: list[YearlyDay] = []
    by_record: list[YearlyDay] = []
    for each in yearly_days(wanted):
        without = DueState.AHEAD if each[2] >= wanted.on else DueState.UNRECORDED
        (by_title if without in wanted.states else by_record).append(each)
    if by_title:
        day = _table_of(by_title)
        held = in_business(select(func.count(titles.id)).where(titles.rung == day.c.rung, _owes(titles, day)))
        others = _records(titles, in_business, day, DutyRecord.state.not_in(known))
        number = held.correlate(day).scalar_subquery() - others
        yield select(day.c.due_on, number.label("number"))
    if by_record and known:
        day = _table_of(by_record)
        yield select(day.c.due_on, _records(titles, in_business, day, DutyRecord.state.in_(known)).label("number"))


def _records(titles: Any, in_business: Callable[[Any], Any], day: Any, condition: ColumnElement[bool]) -> Any:
    """How many records there are of a duty of a day, of those who owe it."""
    owed = and_(titles.firm_id == DutyRecord.firm_id, titles.rung == day.c.rung, _owes(titles, day))
    found = select(func.count(DutyRecord.id)).where(
        DutyRecord.duty == day.c.duty, DutyRecord.due_on == day.c.due_on, condition, owed
    )
    return in_business(found).correlate(day).scalar_subquery()


def _table_of(days: list[YearlyDay]) -> CTE:
    return _written(tuple(days), "date " if db.session.get_bind().dialect.name == "postgresql" else "")


@lru_cache(maxsize=200)
def _written(days: tuple[YearlyDay, ...], mark: str) -> CTE:
    """The days as a table, written out: to put dozens of values together and bind them would be a third of a page's time."""
    rows = [  # words and dates of the rules, nothing that anybody typed
        f"SELECT '{rung.value}' AS rung, '{duty}' AS duty, {mark}'{due_on}' AS due_on, {mark}'{held}' AS held"
        for rung, duty, due_on, held in days
    ]
    columns = {"rung": Credential.rung.type, "duty": String(), "due_on": Date(), "held": Date()}
    return text(" UNION ALL ".join(rows)).columns(**columns).cte()


def _owes(titles: Any, day: Any) -> ColumnElement[bool]:
    return and_(titles.valid_from < day.c.due_on, _held(titles, day.c.held))


# --- changes ---------------------------------------------------------------------------------------------------------


def _changes(titles: Any, wanted: Wanted) -> Iterator[Select]:
    """A new name is to be reported so many months after the day it was taken, if the title was held then and is now."""
    since, until = wanted.window(LONGEST_TERM)
    for months, (duty_key, rungs) in wanted.by_months(Kind.CHANGE).items():
        record = aliased(DutyRecord)
        due_on, duty = _months_later(FirmName.until, months), _duty(titles, duty_key)
        yield (
            _select(titles, duty, due_on, record.state)
            .join(FirmName, FirmName.firm_id == titles.firm_id)
            .outerjoin(record, _recorded(record, titles, duty, due_on))
            .where(
                titles.rung.in_(rungs),
                FirmName.until.between(months_later(since, -months) - 4 * DAY, until),
                wanted.falls(due_on, since, until),
                titles.valid_from <= FirmName.until,
                _held(titles, literal(wanted.on, Date)),
                _among(record, due_on, wanted),
            )
        )


# --- renewals --------------------------------------------------------------------------------------------------------


def _renewals(titles: Any, wanted: Wanted) -> Iterator[Select]:
    """A title is to be renewed by its last day, unless it was ended before or another of its rung followed.

    A title entered without an end is due when its lawful term is over.
    """
    since, until = wanted.window(LAPSED_FOR)
    if DueState.AHEAD not in wanted.states:
        until = min(until, wanted.on - DAY)
    if DueState.LAPSED not in wanted.states:
        since = max(since, wanted.on)
    terms = wanted.by_months(Kind.RENEWAL)
    if since > until or not terms:
        return
    newer = aliased(Credential)
    followed = select(newer.id).where(
        newer.firm_id == titles.firm_id, newer.rung == titles.rung, newer.valid_from > titles.valid_from
    )
    ended_early = and_(titles.ended_on.is_not(None), titles.ended_on <= titles.valid_to)
    duty, state = _duty(titles, "renewal"), cast(null(), DutyRecord.state.type)
    yield _select(titles, duty, titles.valid_to, state).where(
        titles.rung.in_([rung for _duty_key, rungs in terms.values() for rung in rungs]),
        wanted.falls(titles.valid_to, since, until),
        ~ended_early,
        ~followed.exists(),
    )
    for months, (_duty_key, rungs) in terms.items():
        presumed = _months_later(titles.valid_from, months, -1)
        endless = and_(titles.valid_to.is_(None), titles.ended_on.is_(None))
        yield _select(titles, duty, presumed, state).where(
            titles.rung.in_(rungs), endless, wanted.falls(presumed, since, until), ~followed.exists()
        )


# --- shared ----------------------------------------------------------------------------------------------------------


def _select(titles: Any, duty: Any, due_on: Any, state: Any) -> Select:
    return select(
        titles.firm_id.label("firm_id"),
        titles.id.label("credential_id"),
        duty.label("duty"),
        due_on.label("due_on"),
        state.label("state"),
    )


def _duty(titles: Any, duty: str) -> Any:
    return cast(titles.rung, String) + f".{duty}"


def _recorded(record: Any, titles: Any, duty: Any, due_on: Any) -> ColumnElement[bool]:
    return and_(record.firm_id == titles.firm_id, record.duty == duty, record.due_on == due_on)


def _held(titles: Any, on: Any) -> ColumnElement[bool]:
    """`crm.ladder.queries.is_held` for these titles."""
    return and_(
        titles.valid_from <= on,
        or_(titles.valid_to.is_(None), titles.valid_to >= on),
        or_(titles.ended_on.is_(None), titles.ended_on > on),
    )


def _among(record: Any, due_on: Any, wanted: Wanted) -> ColumnElement[bool]:
    """That the duty is in one of the states asked for."""
    states, found = wanted.states, []
    if DueState.UNRECORDED in states:
        found.append(and_(record.state.is_(None), due_on < wanted.on))
    if DueState.AHEAD in states:
        found.append(and_(record.state.is_(None), due_on >= wanted.on))
    return or_(record.state.in_(_known(wanted)), *found)


def _known(wanted: Wanted) -> list[DutyState]:
    return [state for state in DutyState if DueState(state.value) in wanted.states]


def _months_later(day: Any, months: int, days: int = 0) -> Any:
    """`rules.months_later` (and so many days) in the database: neither knows a 31st of February, SQLite would roll over."""
    if db.session.get_bind().dialect.name == "postgresql":
        return cast(day + func.make_interval(0, months, 0, days), Date)
    same = func.date(day, f"+{months} months")
    end = func.date(day, "start of month", f"+{months + 1} months", "-1 day")
    return type_coerce(func.date(func.min(same, end), f"{days:+d} days"), Date)
