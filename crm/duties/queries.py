"""What is due: for a firm, for a scope, counted by month, and which duties are announced on a day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    and_,
    bindparam,
    literal_column,
    select,
    union_all,
)

from crm.accounts.models import User
from crm.accounts.scope import sees_all
from crm.duties.models import DutyRecord, DutyState
from crm.duties.rules import Kind, Rule, days_announced, due_days, months_later, rule_for, rules
from crm.duties.selects import DAY, EVERY, DueState, Wanted, numbers, occurrences, titles_of, yearly_days
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm
from crm.kernel.bulk import rows_where_in
from crm.kernel.db import db
from crm.ladder.models import Case, Credential, Rung

LAPSES_WITHIN = 3  # months in which a title is said to end soon
AHEAD = 12  # months the calendar looks ahead
EVERYTHING = 2**62  # rows

Statement = TypeVar("Statement", Select[Any], CompoundSelect)


@dataclass(frozen=True)
class Tally:
    """How often a duty was surely missed within the title's term up to a day, and how often nobody recorded it.

    `earlier`: missed under a document that names no number; whether they count under the next one, no text says.
    """

    missed: int
    unrecorded: int
    earlier: int

    @property
    def at_most(self) -> int:
        """How many there may be, whatever comes out."""
        return self.missed + self.unrecorded + self.earlier


@dataclass(frozen=True, kw_only=True)
class Due:
    """One duty of a firm for one date. `until` None: the end of the title was not entered, a renewal's date is presumed."""

    firm_id: int
    firm: str
    officer: str | None
    credential_id: int
    rung: Rung
    since: date
    until: date | None
    duty: str
    rule: Rule
    due_on: date
    state: DueState
    record: DutyRecord | None = None
    tally: Tally | None = None
    case_id: int | None = None

    @property
    def presumed(self) -> bool:
        return self.rule.kind is Kind.RENEWAL and self.until is None

    @property
    def overdue(self) -> bool:
        return self.state in (DueState.UNRECORDED, DueState.MISSED, DueState.LAPSED)

    @property
    def lost(self) -> bool | None:
        """Whether so many were missed that the title is to be revoked. None: nobody recorded enough, or no text says."""
        if self.tally is None or self.rule.loses_after is None:
            return False
        if self.tally.missed >= self.rule.loses_after:
            return True
        return None if self.tally.at_most >= self.rule.loses_after else False

    @property
    def one_left(self) -> bool:
        """Whether one more miss loses the title, as far as is known."""
        if self.tally is None or self.rule.loses_after is None or self.lost:
            return False
        return self.tally.at_most >= self.rule.loses_after - 1


@dataclass(frozen=True)
class Notice:
    """A duty announced so many months ahead."""

    due: Due
    months: int


def scope_of(user: User, *conditions: ColumnElement[bool]) -> ColumnElement[bool] | None:
    """What the user sees, narrowed; None where that is every firm: no condition spares the database looking at each."""
    found = [*conditions, *([] if sees_all(user) else [visible_firms(user)])]
    return and_(*found) if found else None


def duties_of(firm: Firm, on: date) -> list[Due]:
    """Every duty of a firm that still counts on the day, done ones too, and those of the year ahead; the earliest first."""
    return due(Firm.id == firm.id, Wanted(on=on, until=months_later(on, AHEAD), states=EVERY))


def due(
    condition: ColumnElement[bool] | None, wanted: Wanted, *, limit: int | None = None, offset: int = 0
) -> list[Due]:
    """What is due in a scope (a condition on `Firm`; None: every firm), the earliest first."""
    if limit is None or condition is not None:
        return _told(_rows(condition, (wanted,), limit, offset), wanted.on)
    # In a whole city a page is full long before the span is read to its end: it is read piece by piece.
    rows: list[Any] = []
    for part in _parts(wanted):
        if offset and (number := sum(counts(condition, part).values())) <= offset:
            offset -= number
            continue
        rows += _rows(condition, (part,), limit - len(rows), offset)
        offset = 0
        if len(rows) == limit:
            break
    return _told(rows, wanted.on)


def due_of_each(condition: ColumnElement[bool] | None, wanted: Sequence[Wanted], *, limit: int) -> list[list[Due]]:
    """What is due by each of several questions of one day, so many of each at most.

    In a narrowed scope one statement answers all of them: its titles are looked up once.
    """
    if condition is None:
        return [due(None, each, limit=limit) for each in wanted]
    found: list[list[Any]] = [[] for _each in wanted]
    for row in _rows(condition, tuple(wanted), limit, 0):
        found[row.question].append(row)
    return [_told(rows, each.on) for rows, each in zip(found, wanted, strict=True)]


def _rows(
    condition: ColumnElement[bool] | None, wanted: tuple[Wanted, ...], limit: int | None, offset: int
) -> Sequence[Any]:
    found = _put_together(wanted, condition is not None, _dialect())
    if found is None:
        return []
    span = {"at_most": EVERYTHING if limit is None else limit, "after": offset}
    return db.session.execute(_over(found, condition), span).all()


# To put the statement together takes longer than to run it; people who ask for the same days have the same one.
@lru_cache(maxsize=40)
def _put_together(wanted: tuple[Wanted, ...], narrowed: bool, dialect: str) -> Select[Any] | None:
    """The statement of what is due by each question, over every firm's titles or the table that `_over` adds; `question`:
    which one; `at_most`, `after`: the rows of each."""
    few = []
    for question, each in enumerate(wanted):
        union = occurrences(each, narrowed=narrowed)
        if union is not None:
            found = union.subquery()
            first = select(literal_column(str(question), Integer).label("question"), found)
            first = first.order_by(found.c.due_on, found.c.firm_id, found.c.duty)
            few.append(first.limit(bindparam("at_most", type_=BigInteger)).offset(bindparam("after", type_=BigInteger)))
    if not few:
        return None
    some = union_all(*(select(each.subquery()) for each in few)).subquery("some")
    return (
        select(
            some,
            Firm.name.label("firm"),
            User.name.label("officer"),
            Credential.rung,
            Credential.valid_from,
            Credential.valid_to,
            Credential.ended_on,
            Case.id.label("case_id"),
            DutyRecord,
        )
        .join(Firm, Firm.id == some.c.firm_id)
        .join(Credential, Credential.id == some.c.credential_id)
        .outerjoin(User, User.id == Firm.officer_id)
        .outerjoin(
            Case,
            and_(Case.firm_id == Firm.id, Case.rung == Credential.rung, Case.status == literal_column("'open'")),
        )
        .outerjoin(
            DutyRecord,
            and_(
                DutyRecord.firm_id == some.c.firm_id,
                DutyRecord.duty == some.c.duty,
                DutyRecord.due_on == some.c.due_on,
            ),
        )
        .order_by(some.c.question, some.c.due_on, some.c.firm_id, some.c.duty)
    )


@lru_cache(maxsize=40)
def _counted(wanted: Wanted, narrowed: bool, dialect: str) -> CompoundSelect | None:
    return numbers(wanted, narrowed=narrowed)


def _over(found: Statement, condition: ColumnElement[bool] | None) -> Statement:
    """The statement over the titles of a scope."""
    return found if condition is None else found.add_cte(titles_of(condition))


def _dialect() -> str:
    return str(db.session.get_bind().dialect.name)


def _parts(wanted: Wanted) -> Iterator[Wanted]:
    """The span cut at the days of yearly duties, on which most is due: one such day, then two more, then four …"""
    days = sorted({due_on for _rung, _name, due_on, _held in yearly_days(wanted)} | {wanted.until})
    since, number = wanted.since, 1
    while days:
        piece, days = days[:number], days[number:]
        yield replace(wanted, since=since, until=piece[-1])
        since, number = piece[-1] + DAY, number * 2


def counts(condition: ColumnElement[bool] | None, wanted: Wanted) -> dict[date, int]:
    """How many duties are due on each date. One query."""
    counted = _counted(wanted, condition is not None, _dialect())
    found: dict[date, int] = defaultdict(int)
    for due_on, number in db.session.execute(_over(counted, condition)) if counted is not None else ():
        found[due_on] += number
    return {due_on: number for due_on, number in found.items() if number}


def find(firm: Firm, duty: str, due_on: date, on: date) -> Due | None:
    """One duty of a firm that counts on the day, whatever became of it."""
    wanted = Wanted(on=on, since=due_on, until=due_on, duty=duty, states=EVERY)
    return next(iter(due(Firm.id == firm.id, wanted)), None)


# --- notices -------------------------------------------------------------------------------------------------------


def notices_between(first: date, last: date, condition: ColumnElement[bool] | None = None) -> list[Notice]:
    """The duties that reached one of their notice levels in these days, as things stand on the last; the most pressing first.

    Each once a level; none that is done by then.
    """
    announced = announced_between(first, last)
    return told_ahead(due(condition, announced), first, last) if announced else []


def announced_between(first: date, last: date) -> Wanted | None:
    """What to ask for, to learn what reached a notice level in these days; None where no rule announces anything."""
    days = frozenset(day for level in _levels(first, last).values() for day in level if day >= last)
    if not days:
        return None
    return Wanted(on=last, since=min(days), until=max(days), days=days, states=frozenset({DueState.AHEAD}))


def told_ahead(found: Iterable[Due], first: date, last: date) -> list[Notice]:
    """What was found by `announced_between`, each with the level it reached."""
    levels = _levels(first, last)
    return [
        Notice(each, months)
        for each in found
        for months in each.rule.notice_months
        if each.due_on in levels[months] and each.since <= months_later(each.due_on, -months)
    ]


def _levels(first: date, last: date) -> dict[int, set[date]]:
    """Months ahead → the due dates announced in these days."""
    return {
        months: {day for on in _days(first, last) for day in days_announced(on, months)}
        for months in {months for rule in rules() for months in rule.notice_months}
    }


def _days(first: date, last: date) -> Iterable[date]:
    return (first + DAY * number for number in range((last - first).days + 1))


# --- what a line says beside its date ------------------------------------------------------------------------------


def _told(rows: Sequence[Any], on: date) -> list[Due]:
    counted = {row.firm_id for row in rows if (rule := rule_for(row.duty, row.due_on)) and rule.loses_after}
    of_firms = select(DutyRecord.firm_id, DutyRecord.duty, DutyRecord.due_on, DutyRecord.state)
    states: dict[int, dict[tuple[str, date], DutyState]] = defaultdict(dict)
    for firm_id, duty, due_on, state in rows_where_in(db.session, of_firms, DutyRecord.firm_id, counted):
        states[firm_id][duty, due_on] = state
    found = []
    for row in rows:
        rule = rule_for(row.duty, row.due_on)
        if rule is None:  # before there were rules
            continue
        found.append(
            Due(
                firm_id=row.firm_id,
                firm=row.firm,
                officer=row.officer,
                credential_id=row.credential_id,
                rung=row.rung,
                since=row.valid_from,
                until=row.valid_to,
                duty=row.duty,
                rule=rule,
                due_on=row.due_on,
                state=_state(rule, row.due_on, row.state, on),
                record=row.DutyRecord,
                tally=_tally(rule, row, states[row.firm_id], on) if rule.loses_after else None,
                case_id=row.case_id,
            )
        )
    return found


def _state(rule: Rule, due_on: date, recorded: DutyState | None, on: date) -> DueState:
    if recorded is not None:
        return DueState(recorded.value)
    if due_on >= on:
        return DueState.AHEAD
    return DueState.LAPSED if rule.kind is Kind.RENEWAL else DueState.UNRECORDED


def _tally(rule: Rule, row: Any, recorded: dict[tuple[str, date], DutyState], on: date) -> Tally:
    """Counted over the term of the title, by whichever rule each date was due."""
    ends = [on - DAY, *([row.valid_to] if row.valid_to else []), *([row.ended_on - DAY] if row.ended_on else [])]
    counted = Counter(
        (recorded.get((row.duty, day)), each.loses_after is not None)
        for each in rules()
        if each.duty == rule.duty and row.rung in each.rungs
        for day in due_days(each, row.valid_from + DAY, min(ends))
    )
    missed = DutyState.MISSED
    return Tally(counted[missed, True], counted[None, True] + counted[None, False], counted[missed, False])
