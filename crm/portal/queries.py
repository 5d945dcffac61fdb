"""What a firm's user reads."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from crm.accounts.models import User
from crm.firms.loaders import load_firm_for
from crm.firms.models import Contact, Firm
from crm.firms.proposals.models import Proposal, ProposalField
from crm.kernel.db import db
from crm.kernel.errors import NotFoundError
from crm.visits.models import Task, TaskState
from crm.web.paging import PAGE_SIZE


def own_firm(user: User) -> Firm:
    """The firm whose user this is."""
    return load_firm_for(user, user.firm_id or 0)


def own_contact(user: User, contact_id: int) -> Contact:
    contact = db.session.get(Contact, contact_id)
    if contact is None or contact.firm_id != user.firm_id:
        raise NotFoundError(_("没有这位联系人。"))
    return contact


def contacts_of(firm: Firm) -> Sequence[Contact]:
    return db.session.scalars(
        select(Contact).where(Contact.firm_id == firm.id).order_by(Contact.main.desc(), Contact.id)
    ).all()


def proposals_of(firm: Firm, page: int = 1, limit: int = PAGE_SIZE + 1) -> Sequence[Proposal]:
    """What the firm asked for, newest first, with fields and what became of them."""
    return db.session.scalars(
        select(Proposal)
        .where(Proposal.firm_id == firm.id)
        .options(
            joinedload(Proposal.submitted_by),
            selectinload(Proposal.fields).options(
                joinedload(ProposalField.decided_by), joinedload(ProposalField.document)
            ),
        )
        .order_by(Proposal.id.desc())
        .limit(limit)
        .offset((page - 1) * PAGE_SIZE)
    ).all()


def promises_to(firm: Firm) -> Sequence[Task]:
    """What the park promised this firm and has not done yet, nearest date first."""
    return db.session.scalars(
        select(Task)
        .where(Task.firm_id == firm.id, Task.state == TaskState.OPEN)
        .options(joinedload(Task.assignee))
        .order_by(Task.due_on, Task.id)
        .limit(20)
    ).all()
