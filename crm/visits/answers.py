"""What a firm answered of its figures at a visit: kept with the visit, and written to its record where that knew nothing.

A figure of a year is named by its path (`years.2025.rd`), a fact of the firm as a whole by its key (`market_share`). A
value is what its form field gives: money in yuan, ratios as fractions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select
from wtforms import BooleanField, Field

from crm.accounts.models import User
from crm.firms import service as firm_service
from crm.firms.facts.groups import FACT_KEYS, fact_text, unit_of
from crm.firms.figures import service as figure_service
from crm.firms.figures.forms import figure_field
from crm.firms.figures.keys import KEYS
from crm.firms.figures.models import FigureSource, YearlyFigures
from crm.firms.forms import fact_field, field_name, from_json, to_json
from crm.firms.models import Firm, FirmFact, State
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.kernel.plain import plain
from crm.policy import title_of
from crm.policy.vocabulary import LISTS, PROFILE
from crm.visits.models import Visit
from crm.web.language import language

MOST = 5  # asked in one form


@dataclass(frozen=True)
class Asked:
    """A fact that can be asked for in one field. `year` is that of a yearly figure."""

    path: str
    key: str
    year: int | None

    @property
    def title(self) -> str:
        return title_of(self.path)[language()]

    @property
    def unit(self) -> Any:
        return KEYS[self.key].unit if self.year else unit_of(FACT_KEYS[self.key])

    def field(self) -> Field:
        """Its form field, not yet bound."""
        return figure_field(KEYS[self.key]) if self.year else fact_field(FACT_KEYS[self.key], None)

    def stored(self, value: Any) -> Any:
        """A field's value as the visit keeps it."""
        if self.year is None:
            return to_json(FACT_KEYS[self.key], value)
        return plain(value)

    def read(self, stored: Any) -> Any:
        """The value of what the visit keeps."""
        if self.year is None:
            return from_json(FACT_KEYS[self.key], stored)
        return Decimal(stored) if isinstance(stored, str) else stored

    def text(self, value: Any) -> str:
        """A value as a person reads it, with its unit."""
        if self.year is None:
            return str(fact_text(self.key, to_json(FACT_KEYS[self.key], value)))
        return f"{figure_service.shown(self.key, value)} {KEYS[self.key].unit}"


class AskedNone(Asked):
    """That a firm has nothing to enter in a list the criteria read: one tick, kept as the empty list."""

    @property
    def unit(self) -> Any:
        return ""

    def field(self) -> Field:
        """Its form field, not yet bound."""
        return BooleanField()

    def stored(self, value: Any) -> Any:
        """What the visit keeps."""
        return []

    def read(self, stored: Any) -> Any:
        """The value of what the visit, or the record, keeps."""
        return True if stored == [] else None

    def text(self, value: Any) -> str:
        """What a person reads."""
        return _("没有")


def asked_by(path: str) -> Asked | None:
    """The fact of a path, of a list that there is nothing; None for one that a single field cannot take (points given by experts)."""
    if path in LISTS:
        return AskedNone(path, path, None)
    head, _dot, rest = path.partition(".")
    if head == "years":
        year, _dot, key = rest.partition(".")
        return Asked(path, key, int(year)) if key in KEYS and year.isdecimal() and len(year) == 4 else None
    return Asked(path, path, None) if path in PROFILE and path in FACT_KEYS else None


def chosen(missing: Iterable[str], first: Sequence[str]) -> list[Asked]:
    """Which of the missing facts a form asks for: those that matter `first`, the latest year of each before."""
    found = [asked for path in missing if path not in LISTS and (asked := asked_by(path)) is not None]
    rank = {key: number for number, key in enumerate(first)}
    return sorted(found, key=lambda asked: (rank.get(asked.key, len(rank)), -(asked.year or 0)))[:MOST]


@dataclass(frozen=True)
class Standing:
    """What the record says of a fact today."""

    value: Any
    state: State
    who: str


def standing(firm: Firm, facts: Collection[Asked]) -> dict[str, Standing]:
    """What is known of these facts, by path. Two queries."""
    if not facts:
        return {}
    years = {asked.year for asked in facts if asked.year}
    rows = db.session.execute(
        select(YearlyFigures, FigureSource.key, FigureSource.state, User.name)
        .outerjoin(FigureSource, FigureSource.figures_id == YearlyFigures.id)
        .outerjoin(User, User.id == FigureSource.entered_by_id)
        .where(YearlyFigures.firm_id == firm.id, YearlyFigures.year.in_(years))
    ).all()
    of_year = {row.YearlyFigures.year: row.YearlyFigures for row in rows}
    source = {(row.YearlyFigures.year, row.key): (row.state, row.name) for row in rows}
    keys = [asked.key for asked in facts if not asked.year]
    stated = {
        fact.key: fact
        for fact in db.session.scalars(select(FirmFact).where(FirmFact.firm_id == firm.id, FirmFact.key.in_(keys)))
    }
    found: dict[str, Standing] = {}
    for asked in facts:
        if asked.year:
            value = getattr(of_year.get(asked.year), asked.key, None)
            state, who = source.get((asked.year, asked.key), (State.DECLARED, ""))
        else:
            fact = stated.get(asked.key)
            value = None if fact is None else asked.read(fact.value)
            state, who = (State.DECLARED, "") if fact is None else (fact.state, fact.entered_by.name)
        if value is not None:
            found[asked.path] = Standing(value, state, who or "")
    return found


def keep_answers(actor: User, visit: Visit, given: Mapping[str, Any]) -> None:
    """Write what was answered, as declared at the visit; what the record knows already stays, and the visit keeps both.

    `given` is path → value. Raises DomainError on `answer.<path>` for what the record cannot take.
    """
    facts = [asked for path in given if (asked := asked_by(path)) is not None]
    known = standing(visit.firm, facts)
    kept = {(entry["key"], entry.get("year")): entry for entry in visit.answers or []}
    for asked in facts:
        value, there = given[asked.path], known.get(asked.path)
        entry = {"key": asked.key, "value": asked.stored(value)}
        if asked.year:
            entry["year"] = asked.year
        if there is None or isinstance(asked, AskedNone):
            try:
                _write(actor, visit, asked, value)
            except DomainError as error:
                error.field = f"answer.{asked.path}"
                raise
        kept[asked.key, asked.year] = entry
    if facts:
        visit.answers = list(kept.values())


def not_kept(visit: Visit, given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Answers that the visit does not hold in these words: title and value."""
    held = {asked.path: entry["value"] for entry in visit.answers or [] if (asked := _asked(entry)) is not None}
    facts = [asked for path in given if (asked := asked_by(path)) is not None]
    return [
        (asked.title, asked.text(given[asked.path]))
        for asked in facts
        if held.get(asked.path) != asked.stored(given[asked.path])
    ]


def _write(actor: User, visit: Visit, asked: Asked, value: Any) -> None:
    if isinstance(asked, AskedNone):
        firm_service.confirm_none(visit.firm, asked.key, actor=actor, on=visit.on)
    elif asked.year:
        figure_service.record_figures(actor=actor, firm=visit.firm, year=asked.year, values={asked.key: value})
    else:
        stored = to_json(FACT_KEYS[asked.key], value)
        firm_service.set_fact(actor=actor, firm=visit.firm, key=asked.key, value=stored, as_of=visit.on)


@dataclass(frozen=True)
class Answered:
    """An answer as the visit's page shows it: `now` is what the record says today where that is something else."""

    title: str
    text: str
    now: str | None
    verified: bool
    href: str  # where it is confirmed or mended


def answers_of(visit: Visit) -> list[Answered]:
    """What was answered at the visit, with what became of it."""
    entries = [(_asked(entry), entry) for entry in visit.answers or []]
    facts = [(asked, asked.read(entry["value"])) for asked, entry in entries if asked is not None]
    known = standing(visit.firm, [asked for asked, _value in facts])
    found = []
    for asked, value in facts:
        there = known.get(asked.path)
        same = there is not None and there.value == value
        now = asked.text(there.value) if there is not None and not same else None
        verified = there is not None and there.state is State.VERIFIED
        found.append(Answered(asked.title, asked.text(value), now, verified, _address(visit.firm_id, asked)))
    return found


def answers_told(entries: Iterable[Mapping[str, Any]]) -> str:
    """What a visit keeps of answers, as the history tells it."""
    facts = [(asked, asked.read(entry["value"])) for entry in entries if (asked := _asked(entry)) is not None]
    return "；".join(f"{asked.title} {asked.text(value)}" for asked, value in facts)


def _asked(entry: Mapping[str, Any]) -> Asked | None:
    return asked_by(f"years.{entry['year']}.{entry['key']}" if entry.get("year") else entry["key"])


# Where what stands in a list is looked at; the others are registers.
_PAGES = {"ip": "firms.ip", "credentials": "ladder.standing", "carriers": "resources.of_firm"}


def _address(firm_id: int, asked: Asked) -> str:
    if isinstance(asked, AskedNone):
        return url_for(_PAGES.get(asked.key, "registers.entries"), firm_id=firm_id)
    if asked.year:
        return url_for("firms.figures_of_year", firm_id=firm_id, year=asked.year)
    return url_for("firms.profile", firm_id=firm_id, _anchor=field_name(asked.key))
