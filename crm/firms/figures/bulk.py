"""Thousands of yearly figures at once, for the import: the same rules as figure_service, through Core."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, select, update
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.firms.figures.keys import KEYS
from crm.firms.figures.models import FigureSource, YearlyFigures
from crm.firms.figures.plausibility import warnings_of
from crm.firms.figures.service import check_values, check_year, state_change
from crm.firms.models import State
from crm.kernel import audit, clock
from crm.kernel.bulk import chunks, insert_rows, next_ids, rows_where_in, update_seen
from crm.kernel.plain import plain
from crm.kernel.types import Json

FIGURES = cast(Table, YearlyFigures.__table__)
SOURCES = cast(Table, FigureSource.__table__)


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class FiguresRow:
    """One firm-year to record: money in yuan; None makes a value unknown, a key left out stays as it is."""

    firm_id: int
    year: int
    values: Mapping[str, Decimal | int | None]


@dataclass
class Recorded:
    """What became of a row; `before` are the old values of what changed and `sources` where they came from, for undoing."""

    figures_id: int
    outcome: Outcome
    before: dict[str, Any]
    sources: dict[str, dict[str, Any]]
    warnings: list[str]


@dataclass
class _Year:
    """One firm-year while it is worked on."""

    id: int | None
    firm_id: int
    year: int
    version: int
    warnings: list[str]
    values: dict[str, Any]
    before: dict[str, Any]
    old_warnings: list[str]
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)  # of the old values of what changed


def bulk_record_figures(session: Session, rows: Sequence[FiguresRow], actor: User) -> list[Recorded]:
    """Record many firm-years; the answer has one entry a row, in their order. Rows of one firm-year follow each other.

    Changed values are declared by `actor`. The session must be signed. Raises DomainError for the first row that
    cannot be kept, before anything is written: check rows with `check_year` and `check_values` to refuse them singly.
    Raises ChangedMeanwhileError where somebody else saved one of the years meanwhile.
    """
    for row in rows:
        check_year(row.year)
        check_values(row.values)
    years = _load(session, {row.firm_id for row in rows})
    touched: dict[tuple[int, int], _Year] = {}
    outcomes: list[tuple[_Year, Outcome, dict[str, Any]]] = []
    for row in rows:
        key = (row.firm_id, row.year)
        present = years.get(key)
        if present is None:
            present = years[key] = _Year(None, row.firm_id, row.year, 1, [], dict.fromkeys(KEYS), {}, [])
            touched[key] = present
            outcome = Outcome.CREATED
        else:
            outcome = Outcome.UNCHANGED
        before = {name: present.values[name] for name, value in row.values.items() if present.values[name] != value}
        if before:
            touched[key] = present
            outcome = Outcome.UPDATED if outcome is Outcome.UNCHANGED else outcome
            present.before = {**before, **present.before}
            present.values |= {name: row.values[name] for name in before}
        outcomes.append((present, outcome, before))
    _judge(years, touched)
    _write(session, list(touched.values()), actor)
    _write_warnings(session, [year for key, year in years.items() if key not in touched])
    _forget_loaded(session)
    return [
        Recorded(present.id or 0, outcome, before, present.sources, present.warnings)
        for present, outcome, before in outcomes
    ]


def bulk_remove_figures(session: Session, figures_ids: Iterable[int]) -> None:
    """Take firm-years out again (undoing an import). The history keeps their values."""
    session.flush()
    for ids in chunks(figures_ids):
        found = session.execute(select(FIGURES).where(FIGURES.c.id.in_(ids))).mappings().all()
        audit.record_changes(
            session,
            [{**_about(row["id"], row["firm_id"], audit.Action.DELETED), "old": _snapshot(dict(row))} for row in found],
        )
        session.execute(delete(SOURCES).where(SOURCES.c.figures_id.in_(ids)))
        session.execute(delete(FIGURES).where(FIGURES.c.id.in_(ids)))
    _forget_loaded(session)


def _load(session: Session, firm_ids: set[int]) -> dict[tuple[int, int], _Year]:
    session.flush()
    years = {}
    for found in rows_where_in(session, select(FIGURES), FIGURES.c.firm_id, firm_ids):
        row = found._mapping
        values = {key: row[key] for key in KEYS}
        years[row["firm_id"], row["year"]] = _Year(
            row["id"], row["firm_id"], row["year"], row["version"], row["warnings"], values, {}, row["warnings"]
        )
    return years


def _judge(years: Mapping[tuple[int, int], _Year], touched: Mapping[tuple[int, int], _Year]) -> None:
    """Renew the warnings of what changed and of its neighbours."""
    for firm_id, year in {(firm_id, year + step) for firm_id, year in touched for step in (-1, 0, 1)}:
        present = years.get((firm_id, year))
        if present is not None:
            around = [years[firm_id, year + step].values for step in (-1, 1) if (firm_id, year + step) in years]
            present.warnings = warnings_of(present.values, around)


def _write(session: Session, touched: list[_Year], actor: User) -> None:
    new = [year for year in touched if year.id is None]
    old = [year for year in touched if year.id is not None]
    history: list[dict[str, Any]] = []
    if new:
        for year, figures_id in zip(new, next_ids(session, FIGURES, len(new)), strict=True):
            year.id = figures_id
            about = _about(figures_id, year.firm_id, audit.Action.CREATED)
            history.append({**about, "new": _snapshot({**_key(year), **year.values})})
        insert_rows(session, FIGURES, [{"id": year.id, **_key(year), "version": 1, **_state(year)} for year in new])
    if old:
        columns: dict[str, Any] = {name: bindparam(name) for name in ("warnings", *KEYS)}
        update_seen(
            session,
            update(FIGURES).values(columns),
            [{"row_id": year.id, "row_version": year.version, **_state(year)} for year in old],
        )
        history += _history_of_updates(session, old)  # also notes the sources that are about to go
    audit.record_changes(session, history)
    _write_sources(session, touched, old, actor)


def _history_of_updates(session: Session, old: list[_Year]) -> Iterator[dict[str, Any]]:
    years = {year.id: year for year in old}
    for year in old:
        for key, before in year.before.items():
            about = _about(year.id, year.firm_id, audit.Action.UPDATED)
            yield {**about, "field": key, "old": plain(before), "new": plain(year.values[key])}
    for source in rows_where_in(session, select(SOURCES), SOURCES.c.figures_id, years):
        year = years[source.figures_id]
        if source.key in year.before:
            year.sources[source.key] = dict(source._mapping)
            if source.state is State.VERIFIED:
                yield state_change(source.figures_id, year.firm_id, source.key, State.VERIFIED, State.DECLARED)


def _write_sources(session: Session, touched: list[_Year], old: list[_Year], actor: User) -> None:
    for key in KEYS:
        for ids in chunks(year.id for year in old if key in year.before):
            session.execute(delete(SOURCES).where(SOURCES.c.key == key, SOURCES.c.figures_id.in_(ids)))
    said = {"state": State.DECLARED, "entered_by_id": actor.id, "entered_at": clock.now()}
    sources = [
        {"figures_id": year.id, "key": key, **said}
        for year in touched
        for key in year.before
        if year.values[key] is not None
    ]
    insert_rows(session, SOURCES, sources)


def _write_warnings(session: Session, untouched: list[_Year]) -> None:
    renewed = [
        {"row_id": year.id, "new_warnings": year.warnings} for year in untouched if year.warnings != year.old_warnings
    ]
    if renewed:
        statement = update(FIGURES).where(FIGURES.c.id == bindparam("row_id"))
        session.execute(statement.values(warnings=bindparam("new_warnings", type_=Json)), renewed)


def _forget_loaded(session: Session) -> None:
    """What the session had read of these tables is read again when it is next asked for."""
    for record in list(session.identity_map.values()):
        if isinstance(record, YearlyFigures | FigureSource):
            session.expire(record)


def _key(year: _Year) -> dict[str, int]:
    return {"firm_id": year.firm_id, "year": year.year}


def _state(year: _Year) -> dict[str, Any]:
    return {"warnings": year.warnings, **year.values}


def _about(figures_id: int | None, firm_id: int, action: audit.Action) -> dict[str, Any]:
    return {"action": action, "entity": FIGURES.name, "entity_id": figures_id, "firm_id": firm_id}


def _snapshot(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: plain(row[key]) for key in ("firm_id", "year", *KEYS) if row[key] is not None}
