"""The history of a firm as a person reads it: who, when, by which door, which field, from what to what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask import Flask, current_app
from flask_babel import gettext as _
from sqlalchemy import Boolean, ColumnElement, Date, Enum, and_, select
from sqlalchemy.orm import Mapper

from crm.accounts.models import User
from crm.firms.facts.groups import fact_text, fact_title
from crm.firms.words import ASKED_FOR, ENUMERATIONS, HISTORY, STATES, TECH_FIELDS
from crm.kernel.audit import Action, Change
from crm.kernel.db import Base, db
from crm.kernel.plain import plain, revive
from crm.kernel.types import Exact, Moment, Money, Rate
from crm.web.formatting import UNKNOWN, day, moment, money_text, number, percent
from crm.web.paging import PAGE_SIZE, Page, page_of

LONGEST_TEXT = 300
STATE_OF = ".state"  # how far one value of a year is trusted: `revenue.state`
# What a person calls a record of another table.
_NAMES = ("name", "title", "number")


@dataclass(frozen=True)
class Words:
    """How the changes of one table are told: its title, its columns' titles, and the column that names a record.

    `named_by`: where one column does not tell, those that do together.

    `shown` turns values of a column into what a person reads, where its type does not say it.
    """

    title: Any  # lazy text
    fields: Mapping[str, Any]
    subject: str | None = None
    shown: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    named_by: tuple[str, ...] = ()

    @property
    def naming(self) -> tuple[str, ...]:
        """The columns that name a record in a line of its own."""
        return self.named_by or ((self.subject,) if self.subject else ())

    def named_elsewhere(self, columns: Any) -> tuple[str, ...]:
        """The columns that name a record where another points at it."""
        own = tuple(name for name in _NAMES if name in columns)[:1]
        return self.named_by or own or self.naming


@dataclass(frozen=True)
class Line:
    """One change. `values` are what a record had when it was added or removed."""

    at: datetime
    who: str
    via: Any
    action: Action
    entity: str
    title: Any
    subject: Any
    field: Any
    old: Any
    new: Any
    values: Sequence[tuple[Any, Any]] = field(default_factory=list)


def init_app(app: Flask) -> None:
    app.extensions.setdefault("history_words", {})
    for entity, (title, fields, subject) in HISTORY.items():
        add_words(app, entity, title, fields, subject=subject)
    app.extensions.setdefault("history_enumerations", {}).update(ENUMERATIONS)


def add_words(
    app: Flask,
    entity: str,
    title: Any,
    fields: Mapping[str, Any],
    *,
    subject: str | None = None,
    named_by: tuple[str, ...] = (),
    enumerations: Mapping[type[StrEnum], Mapping[Any, Any]] | None = None,
    shown: Mapping[str, Callable[[Any], Any]] | None = None,
) -> None:
    """A room says how the changes of its table `entity` are told, and the words of its enumerations."""
    app.extensions.setdefault("history_words", {})[entity] = Words(title, fields, subject, shown or {}, named_by)
    app.extensions.setdefault("history_enumerations", {}).update(enumerations or {})


def entities() -> dict[str, Words]:
    """What the history can be narrowed to."""
    return dict(current_app.extensions["history_words"])


def history_of(firm_id: int, entity: str | None, number_of_page: int) -> Page[Line]:
    """One page of the firm's changes, newest first; of one table, if it is named."""
    of_firm: ColumnElement[bool] = Change.firm_id == firm_id
    return changes_where(of_firm if entity is None else and_(of_firm, Change.entity == entity), number_of_page)


def changes_where(condition: ColumnElement[bool], number_of_page: int) -> Page[Line]:
    """One page of the changes that a condition means, newest first."""
    statement = (
        select(Change, User.name)
        .join(User, User.id == Change.actor_id)
        .where(condition)
        .order_by(Change.id.desc())
        .limit(PAGE_SIZE + 1)
        .offset((number_of_page - 1) * PAGE_SIZE)
    )
    page = page_of([(change, who) for change, who in db.session.execute(statement)], number_of_page)
    return Page(_lines(page.rows), page.number, page.more)


def _lines(rows: Sequence[tuple[Change, str]]) -> list[Line]:
    changes = [change for change, _who in rows]
    told = Told(changes)
    return [told.line(change, who) for change, who in rows]


def shown(model: type[Base], name: str, value: Any) -> Any:
    """One value of a column as a person reads it (for conflicts); ids become names."""
    told = Told([])
    value = plain(value)
    column = model.__table__.c[name]
    told.collect(column, value)
    told.fetch()
    return told.text(model.__tablename__, name, value)


class Told:
    """Turns changes into lines; the names of what they point at are fetched once for all of them."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self.models: dict[str, Mapper[Any]] = {
            str(mapper.class_.__tablename__): mapper for mapper in Base.registry.mappers
        }
        self.wanted: dict[str, set[Any]] = defaultdict(set)
        self.named: dict[tuple[str, Any], tuple[tuple[str, ...], Sequence[Any]]] = {}
        self.subjects: dict[tuple[str, int], list[Any]] = {}
        for change in changes:
            for name, value in _values(change):
                column = self._column(change.entity, name)
                if column is not None:
                    self.collect(column, value)
        self.fetch()
        self._fetch_subjects(changes)

    def collect(self, column: Any, value: Any) -> None:
        """Note that this id will have to be told by its name."""
        for key in column.foreign_keys:
            if value is not None:
                self.wanted[key.column.table.name].add(value)

    def fetch(self) -> None:
        """Read what names the records that were noted, and those that these are named by in turn: one query a table."""
        while self.wanted:
            wanted, self.wanted = self.wanted, defaultdict(set)
            for table, ids in wanted.items():
                columns = self.models[table].local_table.c
                naming = _words_of(table).named_elsewhere(columns)
                new = {identity for identity in ids if (table, identity) not in self.named}
                if not naming or not new:
                    continue
                key = next(iter(self.models[table].primary_key))
                found = select(key, *(columns[name] for name in naming)).where(key.in_(new))
                names = {identity: values for identity, *values in db.session.execute(found)}
                names |= _when_removed(table, new - set(names), naming)
                for identity, values in names.items():
                    self.named[table, identity] = naming, values
                    for name, value in zip(naming, values, strict=True):
                        self.collect(columns[name], plain(value))

    def name(self, table: str, identity: Any) -> Any:
        """What a person calls the record of another table; None where nothing tells."""
        naming, values = self.named.get((table, identity), ((), ()))
        return self._subject(table, naming, values)

    def _fetch_subjects(self, changes: Sequence[Change]) -> None:
        """What each changed record is called: now, or when it was removed."""
        ids: dict[str, set[int]] = defaultdict(set)
        for change in changes:
            ids[change.entity].add(change.entity_id)
        for entity, words in entities().items():
            if not words.naming or entity not in ids or entity not in self.models:
                continue
            columns = self.models[entity].local_table.c
            found = select(columns.id, *(columns[name] for name in words.naming)).where(columns.id.in_(ids[entity]))
            for identity, *subject in db.session.execute(found):
                self.subjects[entity, identity] = subject
            gone = {identity for identity in ids[entity] if (entity, identity) not in self.subjects}
            for identity, subject in _when_removed(entity, gone, words.naming).items():
                self.subjects[entity, identity] = subject
            for (of, _identity), subject in self.subjects.items():
                for name, value in zip(words.naming, subject, strict=True) if of == entity else ():
                    self.collect(columns[name], plain(value))
        self.fetch()

    def line(self, change: Change, who: str) -> Line:
        words = _words_of(change.entity)
        named = self.subjects.get((change.entity, change.entity_id)) or []
        subject = named[0] if len(named) == 1 else None
        whole = change.field is None
        values = _values(change) if whole else []
        return Line(
            at=change.at,
            who=who,
            via=change.via,
            action=change.action,
            entity=change.entity,
            title=words.title,
            subject=self._subject(change.entity, words.naming, named),
            field=None if whole else _field_title(words, change.field or ""),
            old=None if whole else self.text(change.entity, change.field or "", change.old, subject),
            new=None if whole else self.text(change.entity, change.field or "", change.new, subject),
            values=[
                (words.fields[name], self.text(change.entity, name, value, subject))
                for name, value in values
                if name in words.fields and value is not None
            ],
        )

    def _subject(self, entity: str, naming: Sequence[str], named: Sequence[Any]) -> Any:
        """What a record is called, by what its columns say to a person; None where they say nothing."""
        if not named:
            return None
        if entity == "firm_fact":
            return fact_title(named[0])
        pairs = [(name, value) for name, value in zip(naming, named, strict=True) if value is not None and value != ""]
        return " · ".join(str(self.text(entity, name, plain(value))) for name, value in pairs) or None

    def text(self, entity: str, name: str, value: Any, subject: Any = None) -> Any:
        """A stored value as a person reads it."""
        if value is None or value == "":
            return UNKNOWN
        if entity == "firm_fact" and name == "value":
            return fact_text(subject, value)
        words = entities().get(entity)
        if words is not None and name in words.shown:
            return words.shown[name](value)
        if (entity, name) == ("proposal_field", "field"):
            return next((titles[value] for titles in ASKED_FOR if value in titles), fact_title(value))
        if (entity, name) == ("firm", "tech_field"):
            return TECH_FIELDS.get(value, value)
        if name.endswith(STATE_OF):
            return STATES.get(value, value)
        column = self._column(entity, name)
        return self._plain(value) if column is None else self._typed(entity, column, value)

    def _typed(self, entity: str, column: Any, value: Any) -> Any:
        for key in column.foreign_keys:
            found = self.name(key.column.table.name, value)
            if found is None:
                return value if isinstance(value, str) else _("已删除（编号 %(number)s）", number=value)
            return f"{value} {found}" if isinstance(value, str) else found
        kind: Any = column.type
        if isinstance(kind, Boolean):
            return _("是") if value else _("否")
        if isinstance(kind, Money | Exact | Date | Moment | Enum):
            value = revive(self.models[entity].class_, column.name, value) if isinstance(value, str) else value
        if isinstance(kind, Money):
            return money_text(value)
        if isinstance(kind, Rate):
            return percent(value, 4)
        if isinstance(kind, Exact):
            return number(value, 6)
        if isinstance(kind, Moment):
            return moment(value)
        if isinstance(kind, Date):
            return day(value)
        if isinstance(kind, Enum):
            return current_app.extensions["history_enumerations"].get(type(value), {}).get(value, value)
        return self._plain(value)

    @staticmethod
    def _plain(value: Any) -> Any:
        if isinstance(value, bool):
            return _("是") if value else _("否")
        if isinstance(value, list):
            return "、".join(map(str, value)) or UNKNOWN
        text = str(value)
        return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"

    def _column(self, entity: str, name: str) -> Any:
        mapper = self.models.get(entity)
        return None if mapper is None else mapper.local_table.c.get(name)


def _words_of(entity: str) -> Words:
    return entities().get(entity) or Words(entity, {})


def _when_removed(entity: str, ids: set[Any], naming: Sequence[str]) -> dict[Any, list[Any]]:
    """What named the records that are there no more, as the history keeps it."""
    if not ids or not all(isinstance(identity, int) for identity in ids):
        return {}
    removed = select(Change.entity_id, Change.old).where(
        Change.entity == entity, Change.entity_id.in_(ids), Change.action == Action.DELETED
    )
    return {identity: [(old or {}).get(name) for name in naming] for identity, old in db.session.execute(removed)}


def _field_title(words: Words, name: str) -> Any:
    key = name.removesuffix(STATE_OF)
    title = words.fields.get(key, key)
    return title if key == name else _("%(title)s · 核实情况", title=title)


def _values(change: Change) -> Iterable[tuple[str, Any]]:
    """Each column and value that a change tells of."""
    if change.field is not None:
        return [(change.field, change.old), (change.field, change.new)]
    whole = change.new if change.action is Action.CREATED else change.old
    return list(whole.items()) if isinstance(whole, dict) else []
