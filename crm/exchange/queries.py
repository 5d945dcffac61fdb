"""Reads of the exchange room."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crm.accounts.models import User
from crm.accounts.scope import within_scope
from crm.exchange.models import ImportRow, ImportRun, Outcome
from crm.firms.models import Firm
from crm.kernel.db import db
from crm.web.paging import PAGE_SIZE


def runs_for(user: User, page: int) -> Sequence[ImportRun]:
    """Imports begun by people under the user's organisation, newest first, one page and one more."""
    return db.session.scalars(
        select(ImportRun)
        .join(ImportRun.actor)
        .where(within_scope(user, User.organisation_id))
        .options(joinedload(ImportRun.actor))
        .order_by(ImportRun.created_at.desc(), ImportRun.id.desc())
        .limit(PAGE_SIZE + 1)
        .offset((page - 1) * PAGE_SIZE)
    ).all()


def rows_of(run: ImportRun, outcome: Outcome | None, kept: bool, page: int) -> Sequence[ImportRow]:
    """What rows did, or would do: of one outcome, or those that undoing left standing; one page and one more."""
    statement = select(ImportRow).where(ImportRow.run_id == run.id)
    if outcome is not None:
        statement = statement.where(ImportRow.outcome == outcome)
    if kept:
        statement = statement.where(ImportRow.kept)
    return db.session.scalars(
        statement.order_by(ImportRow.row_number, ImportRow.id).limit(PAGE_SIZE + 1).offset((page - 1) * PAGE_SIZE)
    ).all()


def marks_of(run: ImportRun) -> dict[int, list[dict[str, str]]]:
    """Row number → messages, of the rows that have any."""
    rows = db.session.execute(
        select(ImportRow.row_number, ImportRow.messages)
        .where(ImportRow.run_id == run.id)
        .order_by(ImportRow.row_number)
    )
    return {number: messages for number, messages in rows if messages}


def names_of_firms(firm_ids: Sequence[int], limit: int) -> Sequence[Firm]:
    """Firms by id, in the list's order."""
    return db.session.scalars(select(Firm).where(Firm.id.in_(firm_ids[:limit])).order_by(Firm.sort_key, Firm.id)).all()
