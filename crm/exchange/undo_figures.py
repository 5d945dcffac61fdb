"""Taking imported figures back: the old values, and who had said or verified each, when and from which document."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.exchange.models import ImportRow, ImportRun
from crm.firms.figures.bulk import FiguresRow, bulk_record_figures
from crm.firms.figures.models import FigureSource
from crm.firms.figures.service import state_change
from crm.firms.models import Document, State
from crm.kernel import audit
from crm.kernel.bulk import rows_where_in
from crm.kernel.plain import revive


def restore_figures(
    session: Session, run: ImportRun, actor: User, records: dict[int, tuple[Any, dict[str, Any]]]
) -> None:
    """Set the old values of figures: id → the row as it stands and the values to set."""
    rows = [FiguresRow(row.firm_id, row.year, values) for row, values in records.values()]
    bulk_record_figures(session, rows, actor)
    _restore_sources(session, run, records)


def _restore_sources(session: Session, run: ImportRun, records: dict[int, tuple[Any, dict[str, Any]]]) -> None:
    """Say again of each old value who had declared or verified it, when, and from which document."""
    kept = select(ImportRow.entity_id, ImportRow.before).where(ImportRow.run_id == run.id)
    sources = [
        {name: revive(FigureSource, name, value) for name, value in before[f"{key}.source"].items()}
        for figures_id, before in rows_where_in(session, kept, ImportRow.entity_id, records)
        for key in records[figures_id][1]
        if f"{key}.source" in (before or {})
    ]
    documents = {source["document_id"] for source in sources} - {None}
    there = {row.id for row in rows_where_in(session, select(Document.id), Document.id, documents)}
    if not sources:
        return
    table = cast(Table, FigureSource.__table__)
    said = ("state", "entered_by_id", "entered_at", "document_id")
    session.execute(
        update(table)
        .where(table.c.figures_id == bindparam("row_id"), table.c.key == bindparam("row_key"))
        .values({name: bindparam(f"old_{name}") for name in said}),
        [
            {
                "row_id": source["figures_id"],
                "row_key": source["key"],
                **{f"old_{name}": source[name] for name in said},
                "old_document_id": source["document_id"] if source["document_id"] in there else None,
            }
            for source in sources
        ],
    )
    verified = [(each["figures_id"], each["key"]) for each in sources if each["state"] is State.VERIFIED]
    changes = (
        state_change(figures_id, records[figures_id][0].firm_id, key, State.DECLARED, State.VERIFIED)
        for figures_id, key in verified
    )
    audit.record_changes(session, changes)
