"""Who is told of what happens at a firm: who is in charge of it at the park, and its own people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import aliased

from crm.accounts.models import SYSTEM_EMAIL, Organisation, User
from crm.accounts.permissions import Role
from crm.firms.models import Firm
from crm.kernel.bulk import rows_where_in
from crm.kernel.db import db


def in_charge(firm: Firm) -> list[User]:
    """The firm's officer; where it has none at work there, the managers nearest above it."""
    return in_charge_of([firm.id])[firm.id]


def in_charge_of(firm_ids: Iterable[int]) -> dict[int, list[User]]:
    """The same of many firms, by their ids. Three queries."""
    above = aliased(Organisation)
    rows = list(
        rows_where_in(
            db.session,
            select(Firm.id, User, Organisation.path, above.path)
            .join(Organisation, Organisation.id == Firm.organisation_id)
            .outerjoin(User, (User.id == Firm.officer_id) & User.disabled.is_(False))
            .outerjoin(above, above.id == User.organisation_id),
            Firm.id,
            firm_ids,
        )
    )
    # Who was moved to another organisation sees the firm no more.
    officers = {firm_id: user for firm_id, user, path, of_user in rows if of_user and path.startswith(of_user)}
    managers = _managers() if len(officers) < len(rows) else {}
    return {
        firm_id: [officers[firm_id]] if firm_id in officers else _nearest(managers, path)
        for firm_id, _user, path, _of_user in rows
    }


def _managers() -> dict[int, list[User]]:
    """The managers at work, by their organisation."""
    found: dict[int, list[User]] = defaultdict(list)
    people = select(User).where(User.role == Role.MANAGER, User.disabled.is_(False), User.email != SYSTEM_EMAIL)
    for user in db.session.scalars(people.order_by(User.id)):
        found[user.organisation_id or 0].append(user)
    return found


def _nearest(managers: dict[int, list[User]], path: str) -> list[User]:
    steps = [int(step) for step in reversed(path.split("/")) if step]
    return next((managers[step] for step in steps if step in managers), [])


def own_people(firm: Firm) -> list[User]:
    """The firm's own users who can sign in."""
    return own_people_of([firm.id])[firm.id]


def own_people_of(firm_ids: Iterable[int]) -> dict[int, list[User]]:
    """The same of many firms, by their ids."""
    found: dict[int, list[User]] = defaultdict(list)
    users = select(User.firm_id, User).where(User.disabled.is_(False)).order_by(User.id)
    for firm_id, user in rows_where_in(db.session, users, User.firm_id, firm_ids):
        found[firm_id].append(user)
    return found
