"""Reads of proposals."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from crm.accounts.models import User
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm
from crm.firms.proposals.models import Proposal
from crm.kernel.db import db
from crm.web.paging import PAGE_SIZE


def proposals_for(user: User, *, open_only: bool, page: int) -> Sequence[Proposal]:
    """Proposals in the user's scope, one page and one more: the open ones longest waiting first, else newest first."""
    order = (Proposal.id,) if open_only else (Proposal.id.desc(),)
    statement = (
        select(Proposal)
        .join(Firm, Firm.id == Proposal.firm_id)
        .where(visible_firms(user))
        .options(contains_eager(Proposal.firm), joinedload(Proposal.submitted_by), selectinload(Proposal.fields))
        .order_by(*order)
        .limit(PAGE_SIZE + 1)
        .offset((page - 1) * PAGE_SIZE)
    )
    if open_only:
        statement = statement.where(Proposal.open)
    return db.session.scalars(statement).all()
