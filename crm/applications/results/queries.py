"""Reads of result lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from crm.accounts.models import User
from crm.accounts.scope import within_scope
from crm.applications.models import ResultList, ResultRow, ResultRowState
from crm.firms import search
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder.models import (
    Case,
    CaseEvent,
    CaseStatus,
    Credential,
    CredentialEvent,
    CredentialEventKind,
    Purpose,
)
from crm.ladder.queries import is_held, subtree
from crm.web.paging import PAGE_SIZE, Page, page_of


def lists_page(user: User, number: int) -> Page[ResultList]:
    """The lists of the user's scope, the newest first."""
    rows = db.session.scalars(
        select(ResultList)
        .where(within_scope(user, ResultList.organisation_id))
        .options(joinedload(ResultList.actor), joinedload(ResultList.organisation))
        .order_by(ResultList.published_on.desc(), ResultList.id.desc())
        .offset((number - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)
    ).all()
    return page_of(rows, number)


def of_its_unit(results: ResultList) -> ColumnElement[bool]:
    """The condition on `Firm` that a list may mean it: whoever took it in, the unit's own people grant it and take it back."""
    organisation_id: Any = Firm.organisation_id
    return organisation_id.in_(subtree(results.organisation))


def counts_of(results: ResultList) -> dict[ResultRowState, int]:
    """State → rows, in the order they are worked through."""
    found = dict(
        db.session.execute(
            select(ResultRow.state, func.count())
            .where(ResultRow.result_list_id == results.id)
            .group_by(ResultRow.state)
        ).all()
    )
    return {state: found.get(state, 0) for state in ResultRowState}


def rows_page(results: ResultList, state: ResultRowState | None, number: int) -> Page[ResultRow]:
    """A page of the rows in the order of the file, with their firms; of one state where it is given."""
    statement = select(ResultRow).where(ResultRow.result_list_id == results.id)
    if state is not None:
        statement = statement.where(ResultRow.state == state)
    rows = db.session.scalars(
        statement.options(joinedload(ResultRow.firm))
        .order_by(ResultRow.row, ResultRow.id)
        .offset((number - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)
    ).all()
    return page_of(rows, number)


def candidates_of(user: User, rows: Sequence[ResultRow]) -> dict[int, Firm]:
    """The firms that doubtful rows of a page may mean, by id: those the user may see."""
    wanted = {firm_id for row in rows for firm_id in row.note.get("candidates", ())}
    if not wanted:
        return {}
    return {firm.id: firm for firm in db.session.scalars(select(Firm).where(Firm.id.in_(wanted), visible_firms(user)))}


def term_of(results: ResultList, row: ResultRow) -> tuple[str, date, date | None]:
    """Number and term of a row's title; what the row does not say is said by the list."""
    return *title_of(results, row.number, row.valid_from), row.valid_to or results.valid_to


def title_of(results: ResultList, number: str | None, since: date | None) -> tuple[str, date]:
    """Number and first day of a title whose row says these, or nothing."""
    return (
        number or results.document_number or results.title[:60],
        since or results.valid_from or results.published_on,
    )


def row_number(results: ResultList, number: int) -> ResultRow | None:
    """The row of the list that stands on this line of the file."""
    return db.session.scalar(
        select(ResultRow).where(ResultRow.result_list_id == results.id, ResultRow.row == number).limit(1)
    )


def firms_like(user: User, results: ResultList, row: ResultRow, typed: str, *, limit: int) -> list[Firm]:
    """Firms of the list's unit that a row may mean: of what was typed; otherwise by its code, then by its name."""
    here = [visible_firms(user), of_its_unit(results)]
    ids = list(search.find(db.session, typed or row.name, here, limit=limit)) if typed or row.name else []
    condition: ColumnElement[bool] = Firm.id.in_(ids)
    if not typed and row.credit_code:
        condition = or_(condition, Firm.credit_code == row.credit_code)
    firms = select(Firm).where(condition, *here).options(joinedload(Firm.organisation)).order_by(Firm.sort_key, Firm.id)
    found = db.session.scalars(firms).all()
    return sorted(found, key=lambda firm: firm.credit_code is None or firm.credit_code != row.credit_code)[:limit]


def cases_to_end(results: ResultList, *, limit: int | None = PAGE_SIZE + 1) -> list[tuple[ResultRow, Case, Credential]]:
    """Open cases towards a title that the firm holds today by this list, with it: those begun before it was recorded.

    A case for the next term, begun with the title known, goes on.
    """
    begun, granted = aliased(CaseEvent), aliased(CredentialEvent)
    statement = (
        select(ResultRow, Case, Credential)
        .join(Credential, Credential.id == ResultRow.credential_id)
        .join(granted, (granted.credential_id == Credential.id) & (granted.kind == CredentialEventKind.GRANTED))
        .join(Case, (Case.firm_id == Credential.firm_id) & (Case.rung == Credential.rung))
        .join(begun, (begun.case_id == Case.id) & begun.from_stage.is_(None))
        .join(Firm, Firm.id == Case.firm_id)
        .where(
            ResultRow.result_list_id == results.id,
            ResultRow.state.in_((ResultRowState.APPLIED, ResultRowState.HELD)),
            Case.status == CaseStatus.OPEN,
            Case.purpose.in_((Purpose.NEW, Purpose.REVIEW)),
            is_held(clock.today()),
            begun.at < granted.at,
            of_its_unit(results),
        )
        .options(joinedload(Case.firm))
        .order_by(ResultRow.row)
        .limit(limit)
    )
    return [(row, case, title) for row, case, title in db.session.execute(statement)]
