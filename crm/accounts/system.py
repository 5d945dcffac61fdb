"""The root organisation and the system's own account, in whose name commands act when nobody is named."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import insert, select, update

from crm.accounts.models import SYSTEM_EMAIL, Organisation, OrganisationKind, User
from crm.accounts.permissions import Role
from crm.accounts.signing import normal_email
from crm.kernel.db import db
from crm.kernel.errors import DomainError

ROOT_NAME = "本市"


def root_organisation() -> Organisation:
    """The top of the tree; made where there is none."""
    root = db.session.scalar(select(Organisation).where(Organisation.parent_id.is_(None)).order_by(Organisation.id))
    if root is not None:
        return root
    # Made by statements: history needs a person, and the first person needs an organisation.
    root_id = db.session.execute(
        insert(Organisation)
        .values(name=ROOT_NAME, kind=OrganisationKind.CITY, path="", disabled=False)
        .returning(Organisation.id)
    ).scalar_one()
    db.session.execute(update(Organisation).where(Organisation.id == root_id).values(path=f"/{root_id}/"))
    return db.session.get_one(Organisation, root_id)


def system_user() -> User:
    """The account that commands act as. Nobody signs in with it."""
    user = db.session.scalar(select(User).where(User.email == SYSTEM_EMAIL))
    if user is not None:
        return user
    root = root_organisation()
    user_id = db.session.execute(
        insert(User)
        .values(email=SYSTEM_EMAIL, name="系统", role=Role.ADMINISTRATOR, organisation_id=root.id, disabled=False)
        .returning(User.id)
    ).scalar_one()
    return db.session.get_one(User, user_id)


def acting_user(email: str | None) -> User:
    """The person a command acts as: the account with this address, or the system's own.

    Raises DomainError when there is no such account.
    """
    if email is None:
        return system_user()
    user = db.session.scalar(select(User).where(User.email == normal_email(email), User.disabled.is_(False)))
    if user is None:
        raise DomainError(_("没有账号 %(email)s，或它已停用。", email=email))
    return user
