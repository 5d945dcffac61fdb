"""Reads of result lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from crm.accounts.models import User
from crm.accounts.scope import within_scope
from crm.applications.models import ResultList, ResultRow, ResultRowState
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm
from crm.kernel.db import db
from crm.ladder.queries import subtree
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
