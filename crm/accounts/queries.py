"""Reads of the accounts room."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from wtforms.fields.choices import SelectChoice

from crm.accounts.models import SYSTEM_EMAIL, Organisation, User, UserSession
from crm.accounts.scope import organisations_of
from crm.kernel.db import db
from crm.web.choices import choices
from crm.web.paging import PAGE_SIZE


def staff_under(actor: User, page: int) -> Sequence[User]:
    """Accounts of staff under the actor's organisation, one page and one more."""
    ids = [organisation.id for organisation in organisations_of(actor)]
    return db.session.scalars(
        select(User)
        .where(User.organisation_id.in_(ids), User.email != SYSTEM_EMAIL)
        .options(joinedload(User.organisation))
        .order_by(User.disabled, User.name, User.id)
        .limit(PAGE_SIZE + 1)
        .offset((page - 1) * PAGE_SIZE)
    ).all()


def names_of(user_ids: Collection[int]) -> dict[int, str]:
    """User id → name. One query."""
    rows = db.session.execute(select(User.id, User.name).where(User.id.in_(user_ids)))
    return {row.id: row.name for row in rows}


def users_of_firm(firm_id: int) -> Sequence[User]:
    return db.session.scalars(
        select(User).where(User.firm_id == firm_id).order_by(User.disabled, User.name, User.id)
    ).all()


def open_sessions(user: User) -> Sequence[UserSession]:
    """The browsers this user is signed in with, newest first."""
    return db.session.scalars(
        select(UserSession)
        .where(UserSession.user_id == user.id, UserSession.ended_at.is_(None))
        .order_by(UserSession.created_at.desc(), UserSession.id.desc())
        .limit(50)
    ).all()


def organisation_words(user: User, present_id: int | None = None) -> dict[int, str]:
    """The organisations in use under the user, and the one that a record has already, set in by their depth."""
    tree: list[Organisation] = organisations_of(user)
    top = min((organisation.path.count("/") for organisation in tree), default=0)
    return {
        organisation.id: "　" * (organisation.path.count("/") - top) + _title(organisation)
        for organisation in tree
        if not organisation.disabled or organisation.id == present_id
    }


def organisation_choices(user: User, present_id: int | None = None) -> list[SelectChoice]:
    """The same as the choices of a select."""
    return choices(organisation_words(user, present_id))


def _title(organisation: Organisation) -> str:
    return _("%(name)s（已停用）", name=organisation.name) if organisation.disabled else organisation.name
