"""IP rights created and changed in bulk, with their history."""

from __future__ import annotations

from collections import defaultdict
from typing import cast

from sqlalchemy import Table, bindparam, update
from sqlalchemy.orm import Session

from crm.exchange.models import Outcome
from crm.exchange.plan import PlannedRow
from crm.firms.ip import IpRight
from crm.kernel import audit
from crm.kernel.bulk import insert_rows, next_ids
from crm.kernel.plain import plain

RIGHTS = cast(Table, IpRight.__table__)


def write_rights(session: Session, rows: list[PlannedRow]) -> None:
    """Write what the rows plan (their firms exist by now) and note the rights' ids. The session must be signed."""
    new = [row for row in rows if row.outcome is Outcome.CREATED]
    history = []
    records = []
    for row, right_id in zip(new, next_ids(session, RIGHTS, len(new)) if new else (), strict=True):
        row.entity_id = right_id
        record = {"firm_id": row.deed.firm_id, "number": row.deed.number, **row.deed.values}
        records.append({"id": right_id, **record})
        values = {key: plain(value) for key, value in record.items()}
        history.append({**_about(row, audit.Action.CREATED), "new": values})
    insert_rows(session, RIGHTS, records)
    alike: dict[tuple[str, ...], list[dict[str, object]]] = defaultdict(list)
    for row in rows:
        if row.outcome is Outcome.UPDATED:
            values = row.deed.values
            alike[tuple(sorted(values))].append(
                {"row_id": row.entity_id, **{f"new_{key}": value for key, value in values.items()}}
            )
            history += [
                {**_about(row, audit.Action.UPDATED), "field": key, "old": (row.before or {})[key], "new": plain(value)}
                for key, value in values.items()
            ]
    for keys, some in alike.items():
        values = {key: bindparam(f"new_{key}", type_=RIGHTS.c[key].type) for key in keys}
        statement = update(RIGHTS).where(RIGHTS.c.id == bindparam("row_id"))
        session.execute(statement.values({**values, "version": RIGHTS.c.version + 1}), some)
    audit.record_changes(session, history)


def _about(row: PlannedRow, action: audit.Action) -> dict[str, object]:
    return {"action": action, "entity": "ip_right", "entity_id": row.entity_id, "firm_id": row.deed.firm_id}
