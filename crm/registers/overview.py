"""One register over all firms of a scope: its entries, what they add up to by kind and level, and the firms that have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, distinct, func, select
from sqlalchemy.orm import joinedload

from crm.accounts.models import Organisation, User
from crm.accounts.scope import sees_all
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm, State
from crm.firms.queries import Filter, active_filters
from crm.firms.words import STATES
from crm.kernel.db import db
from crm.registers.kinds import REGISTERS, TERMS, RegisterKind, titles_of
from crm.registers.models import Register, RegisterEntry, Severity
from crm.web.paging import PAGE_SIZE, Page, page_of

# What the bar narrows by, beside the register's own columns: filters of the list of firms, by the same names.
OF_FIRMS = ("organisation", "officer", "industry", "chain", "division")
NONE = "none"  # in an address: the entry does not say
UNSAID = _l("未注明")
EARLIEST = 1949


@dataclass(frozen=True)
class Asked:
    """What an address asks of a register: `values` are the columns narrowed to, `year` of the entry's day."""

    register: Register
    values: Mapping[str, str]
    year: int | None = None
    state: State | None = None

    @property
    def kind(self) -> RegisterKind:
        return REGISTERS[self.register]

    @property
    def arguments(self) -> dict[str, Any]:
        """The same as an address says it."""
        known: dict[str, Any] = {"register": self.register.value, **self.values}
        if self.year is not None:
            known["year"] = self.year
        return known | ({"state": self.state.value} if self.state is not None else {})

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = [RegisterEntry.register == self.register]
        for name, value in self.values.items():
            column: Any = getattr(RegisterEntry, name)
            found.append(column.is_(None) if value == NONE else column == value)
        if self.year is not None:
            found.append(RegisterEntry.on.between(date(self.year, 1, 1), date(self.year, 12, 31)))
        if self.state is not None:
            found.append(RegisterEntry.state == self.state)
        return found


def asked(arguments: Mapping[str, str]) -> Asked:
    """What the address asks; values that mean nothing in the register are left out, no register is the first."""
    named = arguments.get("register", "")
    register = Register(named) if named in set(Register) else Register.INSTITUTION
    columns = [name for name in (*TERMS, "severity") if name in REGISTERS[register].fields]
    values = {name: value for name in columns if (value := arguments.get(name, "").strip())}
    if values.get("severity") not in (None, NONE, *Severity):
        del values["severity"]
    year, state = arguments.get("year", ""), arguments.get("state", "")
    return Asked(
        register,
        values,
        int(year) if len(year) == 4 and year.isdecimal() and int(year) >= EARLIEST else None,
        State(state) if state in set(State) else None,
    )


def firm_conditions(user: User, arguments: Mapping[str, str]) -> list[ColumnElement[bool]]:
    """The scope and the filters on firms; none where the user sees every firm unfiltered, and no firm need be joined."""
    found, _chips = active_filters(user, {name: arguments[name] for name in OF_FIRMS if arguments.get(name)})
    return found if sees_all(user) else [*found, visible_firms(user)]


def _of_firms(statement: Select[Any], wanted: Sequence[ColumnElement[bool]]) -> Select[Any]:
    # Not a join: rows of firms are wide, and a list of their ids is one look at an index.
    return statement.where(RegisterEntry.firm_id.in_(select(Firm.id).where(*wanted))) if wanted else statement


def entries(what: Asked, wanted: Sequence[ColumnElement[bool]], number: int) -> Page[RegisterEntry]:
    """One page of entries with their firms, newest first."""
    ids = db.session.scalars(
        _of_firms(select(RegisterEntry.id), wanted)
        .where(*what.conditions)
        .order_by(RegisterEntry.on.desc().nulls_last(), RegisterEntry.id.desc())
        .offset((number - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)
    ).all()
    page = page_of(ids, number)
    found = {
        entry.id: entry
        for entry in db.session.scalars(
            select(RegisterEntry)
            .where(RegisterEntry.id.in_(page.rows))
            .options(
                joinedload(RegisterEntry.firm)
                .load_only(Firm.name, Firm.organisation_id)
                .joinedload(Firm.organisation)
                .load_only(Organisation.name)
            )
        )
    }
    return Page([found[each] for each in page.rows], page.number, page.more)


def all_entries(what: Asked, wanted: Sequence[ColumnElement[bool]]) -> Select[*tuple[Any, ...]]:
    """The same entries for a workbook: columns only, in the order of the page."""
    return (
        select(RegisterEntry, Firm.name.label("firm"), Firm.credit_code, Firm.organisation_id)
        .join(Firm, Firm.id == RegisterEntry.firm_id)
        .where(*wanted, *what.conditions)
        .order_by(RegisterEntry.on.desc().nulls_last(), RegisterEntry.id.desc())
    )


@dataclass(frozen=True)
class Sum:
    """What entries add up to; `unsaid` have no amount, and stand in no sum."""

    entries: int = 0
    amount: Decimal = Decimal(0)
    unsaid: int = 0

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.entries + other.entries, self.amount + other.amount, self.unsaid + other.unsaid)


@dataclass(frozen=True)
class Summary:
    """A register added up: in all, and by its kinds and the column beside them."""

    firms: int
    total: Sum
    beside: str | None  # level or role, whichever the register has
    cells: Mapping[tuple[str | None, str | None], Sum]  # kind, value of `beside`

    def of_kind(self, kind: str | None) -> Sum:
        return sum((cell for (each, _value), cell in self.cells.items() if each == kind), Sum())

    def of_value(self, value: str | None) -> Sum:
        return sum((cell for (_kind, each), cell in self.cells.items() if each == value), Sum())


def summary(what: Asked, wanted: Sequence[ColumnElement[bool]]) -> Summary:
    """What the entries asked for add up to."""
    beside = next((name for name in ("level", "role", "severity") if name in what.kind.fields), None)
    column: Any = getattr(RegisterEntry, beside) if beside else None
    groups = [RegisterEntry.kind, *([column] if beside else [])]
    statement = _of_firms(
        select(
            *groups,
            func.count().label("entries"),
            func.sum(RegisterEntry.amount).label("amount"),
            func.count(RegisterEntry.amount).label("said"),
        ).select_from(RegisterEntry),
        wanted,
    ).where(*what.conditions)
    cells = {
        (row[0], row[1] if beside else None): Sum(row.entries, row.amount or Decimal(0), row.entries - row.said)
        for row in db.session.execute(statement.group_by(*groups))
    }
    firms = _of_firms(select(func.count(distinct(RegisterEntry.firm_id))), wanted).where(*what.conditions)
    return Summary(db.session.scalar(firms) or 0, sum(cells.values(), Sum()), beside, cells)


def years_of(register: Register) -> list[int]:
    """From the newest entry's year back to the oldest's."""
    # One look at each end of the index: both in one question would read all between.
    first, last = (
        db.session.scalar(select(end(RegisterEntry.on)).where(RegisterEntry.register == register))
        for end in (func.min, func.max)
    )
    return [] if first is None or last is None else list(range(last.year, first.year - 1, -1))


# --- the firms that have such entries: a filter of their list -----------------------------------------------------


def entries_filter() -> Filter:
    """`entries=register%3Dinstitution%26level%3Dcity` in the address of the list of firms: who has such an entry."""
    return Filter(
        _l("登记册"),
        lambda value: Firm.id.in_(select(RegisterEntry.firm_id).where(*_read(value).conditions)),
        lambda value: _said(_read(value)),
    )


def filter_value(what: Asked) -> str:
    """The same entries as the value of that filter."""
    return urlencode(what.arguments)


def _read(value: str) -> Asked:
    return asked(dict(parse_qsl(value)))


def _said(what: Asked) -> str:
    """What is asked, as a person reads it."""
    parts = [str(what.kind.title)]
    parts += [str(word_of(what.register, name, value)) for name, value in what.values.items()]
    if what.year is not None:
        parts.append(str(what.year))
    if what.state is not None:
        parts.append(str(STATES[what.state]))
    return " · ".join(parts)


def word_of(register: Register, name: str, value: str | None) -> Any:
    """A value of a column of terms as a person reads it; None and NONE: the entry does not say."""
    return UNSAID if value in (None, NONE) else titles_of(register, name).get(value, value)
