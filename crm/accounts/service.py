"""Verbs of the accounts room. An administrator acts within their own organisation's subtree."""

from __future__ import annotations

from flask import current_app
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import delete, select

from crm.accounts.models import SYSTEM_EMAIL, Organisation, OrganisationKind, SignInFailure, User
from crm.accounts.permissions import Role
from crm.accounts.scope import organisations_of
from crm.accounts.signing import end_every_session, hash_password, normal_email
from crm.kernel.audit import Action, record_changes
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError

LINK_LASTS = 7 * 24 * 3600  # seconds
SHORTEST_PASSWORD = 10
BELOW = {
    OrganisationKind.CITY: (OrganisationKind.COUNTY, OrganisationKind.PARK),
    OrganisationKind.COUNTY: (OrganisationKind.PARK,),
    OrganisationKind.PARK: (),
}


def load_organisation_for(actor: User, organisation_id: int) -> Organisation:
    """An organisation under the actor's own. Raises NotFoundError otherwise."""
    for organisation in organisations_of(actor):
        if organisation.id == organisation_id:
            return organisation
    raise NotFoundError(_("没有这个单位，或它不在您的管辖范围内。"))


def load_user_for(actor: User, user_id: int) -> User:
    """A member of staff under the actor's own organisation. Raises NotFoundError otherwise."""
    user = db.session.get(User, user_id)
    if user is None or user.organisation_id is None or user.email == SYSTEM_EMAIL:
        raise NotFoundError(_("没有这个账号，或它不在您的管辖范围内。"))
    load_organisation_for(actor, user.organisation_id)
    return user


def create_staff(*, actor: User, email: str, name: str, role: Role, organisation_id: int) -> User:
    """Open an account for a member of staff; they set their password through `password_token`."""
    if role is Role.FIRM:
        raise DomainError(_("企业账号请在该企业的页面开通。"), field="role")
    organisation = load_organisation_for(actor, organisation_id)
    return _create(email=email, name=name, role=role, organisation_id=organisation.id)


def create_firm_user(*, email: str, name: str, firm_id: int) -> User:
    """Open an account for someone at a firm. The caller has loaded the firm for the actor."""
    return _create(email=email, name=name, role=Role.FIRM, firm_id=firm_id)


def _create(
    *, email: str, name: str, role: Role, organisation_id: int | None = None, firm_id: int | None = None
) -> User:
    email = normal_email(email)
    if db.session.scalar(select(User.id).where(User.email == email)) is not None:
        raise DomainError(_("邮箱 %(email)s 已有账号，请换一个，或为原账号重设密码。", email=email), field="email")
    user = User(email=email, name=name.strip(), role=role, organisation_id=organisation_id, firm_id=firm_id)
    db.session.add(user)
    db.session.flush()
    return user


def update_staff(*, actor: User, user: User, name: str, role: Role, organisation_id: int) -> None:
    """Change a member of staff's name, role or place."""
    if user.id == actor.id and role is not actor.role:
        raise DomainError(_("不能更改自己的角色，请由另一位管理员操作。"), field="role")
    if role is Role.FIRM:
        raise DomainError(_("工作人员不能改为企业账号。"), field="role")
    user.name = name.strip()
    user.role = role
    user.organisation_id = load_organisation_for(actor, organisation_id).id
    db.session.flush()


def disable_user(*, actor: User, user: User) -> None:
    """Close an account: signed out everywhere, kept for the history."""
    if user.id == actor.id:
        raise DomainError(_("不能停用自己的账号。"))
    user.disabled = True
    end_every_session(user)
    db.session.flush()


def enable_user(*, user: User) -> None:
    user.disabled = False
    db.session.flush()


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="set-password")


def password_token(user: User) -> str:
    """What a set-password link carries. It holds for a week and dies with the password it was made under.

    Whoever has the link can become the user, so making one is history.
    """
    _record(user, "password_link")
    return link_token(user)


def link_token(user: User) -> str:
    """The same, of a link whose making is history already: a mail writes it anew, so that it is kept nowhere."""
    return str(_serializer().dumps([user.id, (user.password_hash or "")[-12:]]))


def user_of_token(token: str) -> User:
    """The user of a set-password link. Raises NotFoundError when it is stale or forged."""
    try:
        user_id, mark = _serializer().loads(token, max_age=LINK_LASTS)
    except BadSignature as error:
        raise NotFoundError(_("链接已失效，请向管理员再要一个。")) from error
    user = db.session.get(User, user_id)
    if user is None or user.disabled or user.email == SYSTEM_EMAIL or (user.password_hash or "")[-12:] != mark:
        raise NotFoundError(_("链接已失效，请向管理员再要一个。"))
    return user


def set_password(*, user: User, password: str) -> None:
    """Set a password, lift a lock-out and sign out every browser."""
    if len(password) < SHORTEST_PASSWORD:
        raise DomainError(_("密码至少 %(n)s 个字符。", n=SHORTEST_PASSWORD), field="password")
    if password.lower() in (user.email, user.email.split("@")[0]) or len(set(password)) < 4:
        raise DomainError(_("密码太容易猜到，请换一个。"), field="password")
    user.password_hash = hash_password(password)
    db.session.execute(delete(SignInFailure).where(SignInFailure.email == user.email))
    end_every_session(user)
    _record(user, "password")
    db.session.flush()


def _record(user: User, field: str) -> None:
    """Keep that it happened, never what: on the firm's history too, where the account is a firm's."""
    row = {"action": Action.UPDATED, "entity": "user_account", "entity_id": user.id, "firm_id": user.firm_id}
    record_changes(db.session, [{**row, "field": field}])


def create_organisation(*, actor: User, name: str, kind: OrganisationKind, parent_id: int) -> Organisation:
    """Add a county or a park under an organisation."""
    parent = load_organisation_for(actor, parent_id)
    if kind not in BELOW[parent.kind]:
        raise DomainError(_("“%(name)s”之下不能设这一级单位。", name=parent.name), field="kind")
    organisation = Organisation(name=_unused_name(name), kind=kind, parent_id=parent.id)
    db.session.add(organisation)
    db.session.flush()
    organisation.path = f"{parent.path}{organisation.id}/"
    db.session.flush()
    return organisation


def update_organisation(*, organisation: Organisation, name: str, disabled: bool) -> None:
    """Rename an organisation, or take it out of use (never deleted: records point at it)."""
    if name.strip() != organisation.name:
        organisation.name = _unused_name(name)
    organisation.disabled = disabled
    db.session.flush()


def _unused_name(name: str) -> str:
    name = name.strip()
    if db.session.scalar(select(Organisation.id).where(Organisation.name == name)) is not None:
        raise DomainError(_("已有名为“%(name)s”的单位。", name=name), field="name")
    return name
