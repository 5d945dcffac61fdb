"""Thousands of rights at once, for the import: the rules of `firms.ip.service`, through Core."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, select, update
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.firms.figures.bulk import Outcome
from crm.firms.ip.models import IpKind, IpRight
from crm.firms.ip.service import check_right
from crm.firms.models import State
from crm.firms.text_index import file_texts
from crm.kernel import audit
from crm.kernel.bulk import chunks, insert_rows, next_ids, rows_where_in, update_seen
from crm.kernel.plain import plain

RIGHTS = cast(Table, IpRight.__table__)
SETTABLE = (
    "kind", "title", "main_class", "filed_on", "granted_on", "status", "acquired", "acquired_on", "owner_rank",
    "core_product", "in_use", "high_value", "spent_on_hte",
)  # fmt: skip


@dataclass(frozen=True)
class RightRow:
    """One right to record. `kind` and `number` are what `firms.ip.service.read_number` answered; a key left out stays."""

    firm_id: int
    number: str
    kind: IpKind
    values: Mapping[str, Any]


@dataclass
class Recorded:
    """What became of a row; `before` are the old values of what changed, for undoing."""

    right_id: int
    outcome: Outcome
    before: dict[str, Any]


def bulk_record_rights(session: Session, rows: Sequence[RightRow], actor: User) -> list[Recorded]:
    """Record many rights by firm and number; the answer has one entry a row, in their order.

    A right that changes is declared again. The session must be signed. Raises DomainError for the first row that
    cannot be kept, before anything is written: check rows with `check_right` to refuse them singly.
    Raises ChangedMeanwhileError where somebody else saved one of the rights meanwhile.
    """
    for row in rows:
        check_right(row.values)
    present = _load(session, {row.firm_id for row in rows})
    loaded = set(present)
    written: dict[tuple[int, str], dict[str, Any]] = {}
    outcomes: list[tuple[dict[str, Any], Outcome, dict[str, Any]]] = []
    for row in rows:
        key, wanted = (row.firm_id, row.number), {**row.values, "kind": row.kind}
        right = present.get(key)
        if right is None:
            check_right({"title": None, **row.values})
            right = {"firm_id": row.firm_id, "number": row.number, "version": 1, "state": State.DECLARED}
            right |= {**dict.fromkeys(SETTABLE), **wanted, "document_id": None}
            present[key] = written[key] = right
            outcomes.append((right, Outcome.CREATED, {}))
            continue
        before = {field: right[field] for field, value in wanted.items() if right[field] != value}
        if before:
            if right["state"] is not State.DECLARED:
                before["state"] = right["state"]
            right |= {field: wanted[field] for field in before if field != "state"} | {"state": State.DECLARED}
            written[key] = right
            right["before"] = {**before, **right.get("before", {})}
        outcomes.append((right, Outcome.UPDATED if before else Outcome.UNCHANGED, before))
    new = [right for key, right in written.items() if key not in loaded]
    old = [right for key, right in written.items() if key in loaded]
    _insert(session, new)
    _update(session, old)
    _forget_loaded(session)
    return [Recorded(right["id"], outcome, before) for right, outcome, before in outcomes]


def bulk_remove_rights(session: Session, right_ids: Iterable[int]) -> None:
    """Take rights out again (undoing an import). The history keeps them."""
    session.flush()
    for ids in chunks(right_ids):
        found = [dict(row) for row in session.execute(select(RIGHTS).where(RIGHTS.c.id.in_(ids))).mappings()]
        audit.record_changes(
            session, [{**_about(right, audit.Action.DELETED), "old": _snapshot(right)} for right in found]
        )
        session.execute(delete(RIGHTS).where(RIGHTS.c.id.in_(ids)))
    _forget_loaded(session)


def _load(session: Session, firm_ids: set[int]) -> dict[tuple[int, str], dict[str, Any]]:
    session.flush()
    rows = rows_where_in(session, select(RIGHTS), RIGHTS.c.firm_id, firm_ids)
    return {(row.firm_id, row.number): dict(row._mapping) for row in rows}


def _insert(session: Session, new: list[dict[str, Any]]) -> None:
    if not new:
        return
    for right, right_id in zip(new, next_ids(session, RIGHTS, len(new)), strict=True):
        right["id"] = right_id
        right.pop("before", None)
    insert_rows(session, RIGHTS, new)
    file_texts(session.connection(), RIGHTS.name, ((right["id"], right["title"]) for right in new))
    audit.record_changes(session, [{**_about(right, audit.Action.CREATED), "new": _snapshot(right)} for right in new])


def _update(session: Session, old: list[dict[str, Any]]) -> None:
    if not old:
        return
    columns = ("state", *SETTABLE)
    update_seen(
        session,
        update(RIGHTS).values({name: bindparam(f"new_{name}") for name in columns}),
        [
            {
                "row_id": right["id"],
                "row_version": right["version"],
                **{f"new_{name}": right[name] for name in columns},
            }
            for right in old
        ],
    )
    renamed = [right for right in old if "title" in right["before"]]
    file_texts(session.connection(), RIGHTS.name, ((right["id"], right["title"]) for right in renamed))
    audit.record_changes(
        session,
        [
            {
                **_about(right, audit.Action.UPDATED),
                "field": field,
                "old": plain(before),
                "new": plain(right[field]),
            }
            for right in old
            for field, before in right["before"].items()
        ],
    )


def _forget_loaded(session: Session) -> None:
    for record in list(session.identity_map.values()):
        if isinstance(record, IpRight):
            session.expire(record)


def _about(right: Mapping[str, Any], action: audit.Action) -> dict[str, Any]:
    return {"action": action, "entity": RIGHTS.name, "entity_id": right["id"], "firm_id": right["firm_id"]}


def _snapshot(right: Mapping[str, Any]) -> dict[str, Any]:
    fields = ("firm_id", "number", "state", "document_id", *SETTABLE)
    return {field: plain(right[field]) for field in fields if right[field] is not None}
