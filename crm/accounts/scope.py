"""What a person's place in the organisation tree lets them see."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, false, select, true

from crm.accounts.models import Organisation, User
from crm.kernel.db import db


def organisations_of(user: User) -> list[Organisation]:
    """The organisations under a member of staff, their own first, then in tree order."""
    if user.organisation is None:
        return []
    return list(
        db.session.scalars(
            select(Organisation)
            .where(Organisation.path.startswith(user.organisation.path, autoescape=True))
            .order_by(Organisation.path, Organisation.id)
        )
    )


def sees_all(user: User) -> bool:
    """Whether the user's own is the root of the tree: every row lies in their scope, and no condition is needed."""
    return user.organisation is not None and user.organisation.parent_id is None


def within_scope(user: User, organisation_id: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """The condition that a row's organisation lies under the user's own."""
    if user.organisation is None:
        return false()
    if sees_all(user):
        return true()
    ids = [organisation.id for organisation in organisations_of(user)]
    return organisation_id.in_(ids)
