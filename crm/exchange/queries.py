"""Reads of the exchange room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import joinedload

from crm.accounts.models import User
from crm.accounts.scope import within_scope
from crm.exchange.models import ImportRow, ImportRun, Outcome
from crm.exchange.service import begun_by_staff
from crm.firms.models import Firm
from crm.kernel.db import db
from crm.web.paging import PAGE_SIZE

WARNED, KEPT = "warned", "kept"
FILTERS = (*(outcome.value for outcome in Outcome), WARNED, KEPT)


def runs_for(user: User, page: int) -> Sequence[ImportRun]:
    """Imports begun by people under the user's organisation, newest first, one page and one more."""
    return db.session.scalars(
        select(ImportRun)
        .join(ImportRun.actor)
        .where(begun_by_staff(), within_scope(user, User.organisation_id))
        .options(joinedload(ImportRun.actor))
        .order_by(ImportRun.created_at.desc(), ImportRun.id.desc())
        .limit(PAGE_SIZE + 1)
        .offset((page - 1) * PAGE_SIZE)
    ).all()


def rows_of(run: ImportRun, which: str | None, page: int) -> Sequence[ImportRow]:
    """What rows did, or would do, one page and one more. `which`: an outcome, WARNED, KEPT (by undoing), or None for all."""
    statement = select(ImportRow).where(ImportRow.run_id == run.id)
    if which == WARNED:
        # Quotes within a text are escaped, so that only the level itself can match.
        warning = cast(ImportRow.messages, Text).contains('"warning"')
        statement = statement.where(ImportRow.outcome != Outcome.REJECTED, warning)
    elif which == KEPT:
        statement = statement.where(ImportRow.kept)
    elif which is not None:
        statement = statement.where(ImportRow.outcome == Outcome(which))
    return db.session.scalars(
        statement.order_by(ImportRow.row_number, ImportRow.id).limit(PAGE_SIZE + 1).offset((page - 1) * PAGE_SIZE)
    ).all()


def row_results(run: ImportRun) -> Iterator[tuple[int, Outcome, list[dict[str, str]]]]:
    """Of each row its number, what became of it, and the messages."""
    columns = select(ImportRow.row_number, ImportRow.outcome, ImportRow.messages)
    for row in db.session.execute(columns.where(ImportRow.run_id == run.id).order_by(ImportRow.row_number)):
        yield row.row_number, row.outcome, row.messages


def names_of_firms(firm_ids: Sequence[int], limit: int) -> Sequence[Firm]:
    """Firms by id, in the list's order."""
    return db.session.scalars(select(Firm).where(Firm.id.in_(firm_ids[:limit])).order_by(Firm.sort_key, Firm.id)).all()
