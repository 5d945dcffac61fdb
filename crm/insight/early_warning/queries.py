"""Reads of the warnings kept: how many of each kind, and a page of them in the order of what is lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from crm.accounts.models import Organisation, User
from crm.firms.models import Firm
from crm.insight.funnel import Conditions, narrowed
from crm.insight.models import EarlyWarning, WarningKind
from crm.kernel.audit import Change
from crm.kernel.db import db


def counts(conditions: Conditions = ()) -> dict[WarningKind, int]:
    """How many warnings of each kind there are, the gravest kind first. One query."""
    statement = narrowed(select(EarlyWarning.kind, func.count()), EarlyWarning.firm_id, conditions)
    found = dict.fromkeys(WarningKind, 0)
    for kind, number in db.session.execute(statement.group_by(EarlyWarning.kind)):
        found[kind] = number
    return found


def rows(
    conditions: Conditions = (), kind: WarningKind | None = None, *, limit: int | None = None, offset: int = 0
) -> Sequence[Any]:
    """(warning, firm's name, its credit code, officer's name, organisation's name), the gravest kind first, in it the nearest day. One query."""
    statement: Any = (
        select(
            EarlyWarning,
            Firm.name.label("firm"),
            Firm.credit_code,
            User.name.label("officer"),
            Organisation.name.label("organisation"),
        )
        .join(Firm, Firm.id == EarlyWarning.firm_id)
        .join(Organisation, Organisation.id == Firm.organisation_id)
        .outerjoin(User, User.id == Firm.officer_id)
        .where(*conditions)
        .order_by(EarlyWarning.weight, EarlyWarning.on, EarlyWarning.firm_id, EarlyWarning.subject)
        .offset(offset)
    )
    if kind is not None:
        statement = statement.where(EarlyWarning.kind == kind)
    return db.session.execute(statement.limit(limit) if limit is not None else statement).all()


def warned_firms(kind: WarningKind | None) -> ColumnElement[bool]:
    """The condition on `Firm` that there is a warning of it, of that kind."""
    found = select(EarlyWarning.firm_id)
    return Firm.id.in_(found if kind is None else found.where(EarlyWarning.kind == kind))


def changed_since(firm_ids: Iterable[int], at: datetime) -> set[int]:
    """Of some firms, those whose record changed after a moment: what was worked out by then may be settled. One query."""
    last = select(func.max(Change.id)).where(Change.firm_id.in_(set(firm_ids))).group_by(Change.firm_id)
    changed = select(Change.firm_id).where(Change.id.in_(last), Change.at > at)
    return {firm_id for firm_id in db.session.scalars(changed) if firm_id is not None}
