"""The facts of many firms straight from the database into columns: what `ladder.facts.facts_of` says of each, in a dozen SELECTs."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Enum,
    Select,
    String,
    Text,
    cast,
    func,
    inspect,
    null,
    select,
    type_coerce,
)

from crm.firms.facts.statements import AGAINST, VOUCHES
from crm.firms.figures.models import YearlyFigures
from crm.firms.models import Firm, FirmFact
from crm.kernel.bulk import raw_parts
from crm.kernel.db import db
from crm.kernel.types import Exact, Money
from crm.ladder.facts import (
    FIRM_COLUMNS,
    LIST_RECORDS,
    WAN,
    columns_behind,
    facts_of,
    last_day,
    put_fact,
    ties_to_carriers,
    was_held,
)
from crm.ladder.models import Credential
from crm.policy import Columns, Facts
from crm.policy.readings.columns import SAFE_SIZE, Array, ListColumns, as_float
from crm.policy.readings.reading import bare_code
from crm.policy.vocabulary import ANOTHER, FIGURES, LISTS, PROFILE, Key, Shape
from crm.registers.resources.models import ResourceFirm

AT_ONCE = 20_000  # rows fetched at a time: what is held as Python objects stays small
EPOCH = date(1970, 1, 1).toordinal()
STEPS = len(LIST_RECORDS) + 5  # tables read, for the progress


def park_columns(
    condition: ColumnElement[bool] | None, on: date, progress: Callable[[int, int], None] | None = None
) -> tuple[Columns, list[int]]:
    """What is known on a day of all firms that fit a condition on `Firm` (None: of all), and their ids in row order.

    `progress` hears how many of the steps are done. Inside a job wrap the call in `db.reading()`: it takes seconds.
    """
    loader = _Loader(condition, on)
    with _collector_at_rest():
        for done, step in enumerate(loader.steps(), 1):
            step()
            if progress:
                progress(done, STEPS)
    return loader.columns, loader.ids


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Millions of rows come and go, none in a cycle: searching them for cycles takes as long as reading them."""
    working = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if working:
            gc.enable()


class _Loader:
    """One loading: the firms found, and the columns as they fill."""

    def __init__(self, condition: ColumnElement[bool] | None, on: date) -> None:
        self.on = on
        self.wanted = None if condition is None else select(Firm.id).where(condition)
        everyone = select(Firm.id) if self.wanted is None else self.wanted
        self.ids = list(db.session.scalars(everyone.order_by(Firm.id)))
        self.known_ids = np.array(self.ids, np.int64)
        size = len(self.ids)
        self.columns = Columns(
            size,
            {},
            {},
            {},
            {},
            {name: np.full(size, -np.inf) for name in LISTS},
            {},
            {},
            np.zeros(size, bool),
            self._exact,
        )

    def steps(self) -> Iterator[Callable[[], None]]:
        yield self._firms
        yield self._figures
        for name in LIST_RECORDS:
            yield lambda name=name: self._list(name)  # type: ignore[misc]
        yield self._credentials
        yield self._carriers
        yield self._facts

    def _exact(self, index: int) -> Facts:
        firm = db.session.get_one(Firm, self.ids[index])
        return Facts.from_document(facts_of(firm, self.on).document)

    # reading

    def _parts(
        self, owner: Any, columns: Sequence[Any], *conditions: Any
    ) -> Iterator[tuple[Array, list[Sequence[Any]]]]:
        """Rows of a table by firm, a part at a time: the park's row of each, and the values column by column."""
        statement: Select[Any] = select(owner, *columns).where(*conditions)
        if self.wanted is not None:
            statement = statement.where(owner.in_(self.wanted))
        for part in raw_parts(db.session, statement, AT_ONCE):
            firm_ids, *given = zip(*part, strict=True)
            found = np.array(firm_ids, np.int64)
            rows = np.minimum(np.searchsorted(self.known_ids, found), max(len(self.ids) - 1, 0))
            here = self.known_ids[rows] == found if self.ids else np.zeros(len(found), bool)
            values: list[Sequence[Any]] = [*given]
            if not here.all():  # firms that came since ours were found
                values = [[value for value, kept in zip(column, here, strict=True) if kept] for column in given]
            yield rows[here], values

    def _numbers(self, rows: Array, values: Sequence[Any], column: Any, key: Key) -> Array:
        """Numbers of a column as floats, NaN for unknown; rows whose number a float may round are marked."""
        if key.shape is Shape.DATE:
            return _ordinals(values)
        numbers = np.array(values, float)
        if isinstance(column.type, Money):
            numbers /= WAN * 10**Money.places
        elif isinstance(column.type, Exact):
            numbers /= 10**Exact.places
        self.columns.fragile[rows[np.abs(numbers) >= SAFE_SIZE]] = True
        return numbers

    # the parts of facts_of

    def _firms(self) -> None:
        columns = [getattr(Firm, column) for column in FIRM_COLUMNS.values()]
        for rows, values in self._parts(Firm.id, [raw(column) for column in columns]):
            for name, column, given in zip(FIRM_COLUMNS, columns, values, strict=True):
                if PROFILE[name].shape is Shape.TEXT:
                    codes = [None if code is None else bare_code(code) for code in given]
                    self._into(self.columns.texts, name, None)[rows] = codes
                else:
                    numbers = self._numbers(rows, given, column, PROFILE[name])
                    self._into(self.columns.numbers, name)[rows] = numbers

    def _figures(self) -> None:
        columns = [getattr(YearlyFigures, name) for name in FIGURES]
        for rows, (years, *values) in self._parts(YearlyFigures.firm_id, [YearlyFigures.year, *map(raw, columns)]):
            of_year = {year: np.flatnonzero(np.array(years) == year) for year in set(years)}
            for key, column, given in zip(FIGURES.values(), columns, values, strict=True):
                numbers = self._numbers(rows, given, column, key)
                for year, places in of_year.items():
                    known = places[~np.isnan(numbers[places])]
                    if len(known):
                        self._into(self.columns.figures, (key.name, year))[rows[known]] = numbers[known]

    def _list(self, name: str) -> None:
        """Entries of kinds and levels no criterion knows are left out, but say that the list is known."""
        model, condition = LIST_RECORDS[name]
        owners: list[Array] = []
        gathered: dict[str, list[Array]] = {attribute: [] for attribute in LISTS[name]}
        words: dict[str, int] = {}
        columns = [_attribute(model, name, attribute) for attribute in LISTS[name]]
        for rows, values in self._parts(model.firm_id, [raw(column) for column in columns], condition):
            counted = np.ones(len(rows), bool)
            part = {}
            for key, column, given in zip(LISTS[name].values(), columns, values, strict=True):
                if key.shape is Shape.TEXT:
                    part[key.name] = _codes(given, words)
                    if key.values:
                        known = [words[word] for word in key.values if word in words]
                        fits = np.isnan(part[key.name]) | np.isin(part[key.name], known)
                        if ANOTHER in key.values:
                            part[key.name][~fits] = words.setdefault(ANOTHER, len(words))
                        else:
                            counted &= fits
                else:
                    part[key.name] = self._numbers(rows, given, column, key)
            known_to = part["on"] + VOUCHES.days if name in AGAINST else np.inf
            np.fmax.at(self.columns.known_until[name], rows, known_to)
            owners.append(rows[counted])
            for attribute, numbers in part.items():
                gathered[attribute].append(numbers[counted])
        self._put_list(name, owners, gathered, words)

    def _credentials(self) -> None:
        columns = (Credential.rung, Credential.valid_from, Credential.valid_to, Credential.ended_on)
        statement = select(Credential.firm_id, *columns).where(Credential.valid_from <= self.on)
        place = {firm_id: row for row, firm_id in enumerate(self.ids)}
        if self.wanted is not None:
            statement = statement.where(Credential.firm_id.in_(self.wanted))
        held: list[tuple[int, Any]] = []
        title: Any
        for title in db.session.execute(statement.execution_options(yield_per=AT_ONCE)):
            row = place.get(title.firm_id)
            if row is not None:
                self.columns.known_until["credentials"][row] = np.inf
                if was_held(title):
                    held.append((row, title))
        words: dict[str, int] = {}
        gathered = {
            "rung": [_codes([title.rung.value for _row, title in held], words)],
            "from": [_ordinals([title.valid_from for _row, title in held])],
            "to": [_ordinals([last_day(title) for _row, title in held])],
            "number": [np.full(len(held), np.nan)],
            "revoked_on": [np.full(len(held), np.nan)],  # no edition asks for it; notices do, of one firm at a time
        }
        self._put_list("credentials", [np.array([row for row, _title in held], np.intp)], gathered, words)

    def _carriers(self) -> None:
        statement = ties_to_carriers(self.on)
        if self.wanted is not None:
            statement = statement.where(ResourceFirm.firm_id.in_(self.wanted))
        place = {firm_id: row for row, firm_id in enumerate(self.ids)}
        ties = [tie for tie in db.session.execute(statement) if tie.firm_id in place]
        rows = np.array([place[tie.firm_id] for tie in ties], np.intp)
        self.columns.known_until["carriers"][rows] = np.inf
        words: dict[str, int] = {}
        gathered = {
            "kind": [_codes([tie.kind for tie in ties], words)],
            "level": [_codes([tie.level for tie in ties], words)],
            "from": [_ordinals([tie.since for tie in ties])],
            "to": [_ordinals([tie.until for tie in ties]) - 1],  # `until` is the first day outside
            "name": [_codes([tie.name for tie in ties], words)],
        }
        self._put_list("carriers", [rows], gathered, words)

    def _put_list(
        self, name: str, owners: list[Array], gathered: dict[str, list[Array]], words: dict[str, int]
    ) -> None:
        def joined(parts: list[Array], kind: Any) -> Array:
            return np.concatenate(parts) if parts else np.empty(0, kind)

        attributes = {attribute: joined(parts, float) for attribute, parts in gathered.items()}
        self.columns.lists[name] = ListColumns(joined(owners, np.intp), attributes, words)

    def _facts(self) -> None:
        stated: dict[tuple[str, str], int] = {}  # flags and counts are the same few values again and again
        parts = [(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0))]
        columns = [FirmFact.key, cast(FirmFact.value, Text), raw(FirmFact.as_of)]
        for rows, (keys, values, days) in self._parts(FirmFact.firm_id, columns):
            codes = [stated.setdefault(pair, len(stated)) for pair in zip(keys, values, strict=True)]
            parts.append((rows, np.array(codes, np.intp), _ordinals(days)))
        of_row, of_code, of_day = (np.concatenate(side) for side in zip(*parts, strict=True))
        order = np.argsort(of_code, kind="stable")
        ends = np.searchsorted(of_code[order], np.arange(len(stated) + 1))
        for (key, value), first, last in zip(stated, ends, ends[1:], strict=False):
            self._stated(key, value, of_row[order[first:last]], of_day[order[first:last]])

    def _stated(self, key: str, value: str | None, rows: Array, days: Array) -> None:
        """Put one value of one fact into the rows of the firms that have it, each as of its day."""
        document: dict[str, Any] = {}
        put_fact(document, key, None if value is None else json.loads(value))
        facts, columns = Facts.from_document(document), self.columns
        for name, known in facts.profile.items():
            if isinstance(known, str):
                self._into(columns.texts, name, None)[rows] = bare_code(known)
            else:
                self._into(columns.numbers, name)[rows] = as_float(known, rows, columns.fragile)
        for name, points in facts.expert.items():
            self._into(columns.expert, name)[rows] = as_float(points, rows, columns.fragile)
        for name, option in facts.choices.items():
            self._into(columns.choices, name, None)[rows] = option
        for name in facts.lists:
            until = columns.known_until[name]
            until[rows] = np.maximum(until[rows], days + VOUCHES.days)

    def _into(self, columns: dict[Any, Array], key: Any, unknown: float | None = np.nan) -> Array:
        """The column of this key; a new one is all unknown."""
        if key not in columns:
            columns[key] = np.full(self.columns.size, unknown, object if unknown is None else float)
        return columns[key]


def raw(column: Any) -> Any:
    """The column as the driver gives it: whole fen, words, dates as text; no object a row."""
    kind = String() if isinstance(column.type, (Date, Enum, String)) else BigInteger()
    return type_coerce(column, kind)


def _attribute(model: Any, name: str, attribute: str) -> Any:
    there = [getattr(model, column) for column in columns_behind(name, attribute) if column in inspect(model).columns]
    if not there:
        return type_coerce(null(), String)
    return there[0] if len(there) == 1 else func.coalesce(*there)


def _ordinals(values: Sequence[Any]) -> Array:
    days = np.array(values, "datetime64[D]")
    return np.where(np.isnat(days), np.nan, days.astype(np.int64) + EPOCH)


def _codes(values: Sequence[str | None], words: dict[str, int]) -> Array:
    """The number of each word; new words are added."""
    for word in dict.fromkeys(values):
        if word is not None:
            words.setdefault(word, len(words))
    return np.array([np.nan if word is None else words[word] for word in values], float)
