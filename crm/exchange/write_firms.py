"""Firms created and changed in bulk: the records, their names and contacts, the search index and the history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Table, bindparam, update
from sqlalchemy.orm import Session

from crm.exchange.plan import FirmChange, NewFirm
from crm.firms import search
from crm.firms.duplicates.models import ids_of_new_firms
from crm.firms.models import Contact, Firm, FirmName
from crm.firms.service import follow_moved
from crm.kernel import audit
from crm.kernel.bulk import chunks, insert_rows, next_ids, update_seen
from crm.kernel.plain import plain

FIRMS = cast(Table, Firm.__table__)


def create_firms(session: Session, firms: Sequence[NewFirm]) -> None:
    """Insert the firms and set their ids; one history row a firm. The session must be signed."""
    rows, history = [], []
    for firm, firm_id in zip(firms, ids_of_new_firms(session, len(firms)), strict=True):
        firm.id = firm_id
        names = search.search_columns(firm.values["name"], firm.values.get("short_name"), firm.former_names)
        rows.append({"id": firm_id, **names, **firm.values})
        new = {key: plain(value) for key, value in firm.values.items() if value is not None}
        if firm.former_names:
            new["former_names"] = "；".join(firm.former_names)
        if firm.contacts:
            new["contacts"] = "；".join(each["name"] for each in firm.contacts)
        history.append(_about("firm", firm_id, firm_id, audit.Action.CREATED, new=new))
    insert_rows(session, FIRMS, rows)
    former = [{"firm_id": firm.id, "name": name} for firm in firms for name in firm.former_names]
    insert_rows(session, FirmName.__table__, former)
    insert_rows(session, Contact.__table__, [{"firm_id": firm.id, **each} for firm in firms for each in firm.contacts])
    search.index_firms(session, rows)
    audit.record_changes(session, history)


def change_firms(session: Session, changes: Sequence[FirmChange]) -> None:
    """Set the changed values. Raises ChangedMeanwhileError where a firm is no longer what the plan saw."""
    alike: dict[tuple[str, ...], list[FirmChange]] = defaultdict(list)
    history: list[dict[str, Any]] = []
    for change in changes:
        alike[tuple(sorted(change.values))].append(change)
        history += [
            _about(
                "firm", change.id, change.id, audit.Action.UPDATED,
                field=key, old=plain(change.before[key]), new=plain(value),
            )
            for key, value in change.values.items()
        ]  # fmt: skip
    for keys, some in alike.items():
        update_seen(
            session,
            update(FIRMS).values({key: bindparam(f"new_{key}") for key in keys}),
            [
                {"row_id": each.id, "row_version": each.version, **{f"new_{key}": each.values[key] for key in keys}}
                for each in some
            ],
        )
    history += _add(session, FirmName, [(each.id, {"name": name}) for each in changes for name in each.former_names])
    history += _add(session, Contact, [(each.id, person) for each in changes for person in each.contacts])
    audit.record_changes(session, history)
    renamed = [each.id for each in changes if each.former_names or {"name", "short_name"} & each.values.keys()]
    search.reindex_firms(session, renamed)
    follow_firms(session, [each.id for each in changes if "organisation_id" in each.values])


def follow_firms(session: Session, moved: list[int]) -> None:
    """What was given to people of the organisation that these firms left is handed on, as on a firm's page."""
    for record in list(session.identity_map.values()) if moved else ():
        if isinstance(record, Firm):
            session.expire(record)
    for some in chunks(moved):
        follow_moved(some)


def _add(session: Session, model: type[FirmName] | type[Contact], items: list[tuple[int, dict[str, Any]]]) -> Any:
    """Insert rows that belong to a firm; the history rows that say so."""
    table = cast(Table, model.__table__)
    ids = next_ids(session, table, len(items)) if items else []
    rows = [{"id": row_id, "firm_id": firm_id, **values} for row_id, (firm_id, values) in zip(ids, items, strict=True)]
    insert_rows(session, table, rows)
    for row_id, (firm_id, values) in zip(ids, items, strict=True):
        new = {key: value for key, value in values.items() if value is not None}
        yield _about(table.name, row_id, firm_id, audit.Action.CREATED, new=new)


def _about(entity: str, entity_id: int, firm_id: int, action: audit.Action, **rest: Any) -> dict[str, Any]:
    return {"entity": entity, "entity_id": entity_id, "firm_id": firm_id, "action": action, **rest}
