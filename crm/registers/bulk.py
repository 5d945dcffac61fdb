"""Many entries, resources or ties at once, for the import: through Core, with their history, versions and search kept as the ORM does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, select, update
from sqlalchemy.orm import Session

from crm.firms.text_index import file_texts
from crm.kernel import audit
from crm.kernel.bulk import chunks, insert_rows, next_ids, rows_where_in, update_seen
from crm.kernel.plain import plain
from crm.registers.models import RegisterEntry
from crm.registers.resources.models import Resource, ResourceFirm
from crm.registers.resources.service import search_columns

Model = type[RegisterEntry] | type[Resource] | type[ResourceFirm]


@dataclass(frozen=True, slots=True)
class RecordChange:
    """New values for a record as it was seen: `version` that of the row, `before` the old values of `values`."""

    id: int
    version: int
    values: Mapping[str, Any]
    before: Mapping[str, Any] = field(default_factory=dict)
    firm_id: int | None = None  # on whose timeline it belongs; None: a resource of the place


def bulk_enter(session: Session, model: Model, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Enter records given by column; their ids, in order. Check them first. The session must be signed."""
    if not rows:
        return []
    table = _table(model)
    session.flush()
    ids = next_ids(session, table, len(rows))
    new = [{**row, "id": each, "version": 1} for each, row in zip(ids, rows, strict=True)]
    if model is Resource:
        for row in new:
            row |= _found_by(row)
    insert_rows(session, table, new)
    _file(session, model, new)
    hidden = audit.BOOKKEEPING | model.unaudited
    audit.record_changes(
        session,
        [
            {
                **_about(table, audit.Action.CREATED, row["id"], row.get("firm_id")),
                "new": {key: plain(value) for key, value in row.items() if value is not None and key not in hidden},
            }
            for row in new
        ],
    )
    return ids


def bulk_change(session: Session, model: Model, changes: Sequence[RecordChange]) -> None:
    """Change records. Raises ChangedMeanwhileError where somebody else saved one of them since it was seen."""
    if not changes:
        return
    table = _table(model)
    session.flush()
    derived = _derived_anew(session, changes) if model is Resource else {}
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for change in changes:
        values = {**change.values, **derived.get(change.id, {})}
        row = {f"new_{key}": value for key, value in values.items()}
        alike.setdefault(tuple(sorted(values)), []).append({"row_id": change.id, "row_version": change.version, **row})
    for keys, rows in alike.items():
        values = {key: bindparam(f"new_{key}", type_=table.c[key].type) for key in keys}
        update_seen(session, update(table).values(values), rows)
    _file(session, model, [{"id": each, **values} for each, values in derived.items()])
    audit.record_changes(
        session,
        [
            {
                **_about(table, audit.Action.UPDATED, change.id, change.firm_id),
                "field": key,
                "old": plain(change.before.get(key)),
                "new": plain(value),
            }
            for change in changes
            for key, value in change.values.items()
        ],
    )
    _forget_loaded(session, model)


def bulk_remove(session: Session, model: Model, ids: Iterable[int]) -> None:
    """Take records out again (undoing an import). The history keeps them."""
    table = _table(model)
    hidden = audit.BOOKKEEPING | model.unaudited
    session.flush()
    for some in chunks(ids):
        found = session.execute(select(table).where(table.c.id.in_(some))).mappings().all()
        history = [
            {
                **_about(table, audit.Action.DELETED, row["id"], row.get("firm_id")),
                "old": {key: plain(value) for key, value in row.items() if value is not None and key not in hidden},
            }
            for row in found
        ]
        audit.record_changes(session, history)
        session.execute(delete(table).where(table.c.id.in_(some)))
    _forget_loaded(session, model)


def _derived_anew(session: Session, changes: Sequence[RecordChange]) -> dict[int, dict[str, str]]:
    """Resource → what lists are ordered and searched by, where a change touches what that is made of."""
    named = {"name", "holder", "words", "number"}
    touched = {change.id: change.values for change in changes if named & change.values.keys()}
    columns = Resource.__table__.c
    present = select(columns.id, *(columns[name] for name in sorted(named)))
    return {
        row.id: _found_by({**row._mapping, **touched[row.id]})
        for row in rows_where_in(session, present, columns.id, touched)
    }


def _found_by(row: Mapping[str, Any]) -> dict[str, str]:
    return search_columns(
        cast(Resource, SimpleNamespace(**{name: row.get(name) for name in ("name", "holder", "words", "number")}))
    )


def _file(session: Session, model: Model, rows: Iterable[Mapping[str, Any]]) -> None:
    if model is Resource:
        file_texts(session.connection(), Resource.__tablename__, ((row["id"], row["search_text"]) for row in rows))


def _about(table: Table, action: audit.Action, record_id: int, firm_id: int | None) -> dict[str, Any]:
    return {"action": action, "entity": table.name, "entity_id": record_id, "firm_id": firm_id}


def _table(model: Model) -> Table:
    return cast(Table, model.__table__)


def _forget_loaded(session: Session, model: Model) -> None:
    for record in list(session.identity_map.values()):
        if isinstance(record, model):
            session.expire(record)
