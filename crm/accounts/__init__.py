"""Organisations, users, roles, scope, sign-in, permissions."""

from typing import Any

from flask import Flask
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from crm.accounts import routes, signing, staff_routes
from crm.accounts.permissions import Permission
from crm.accounts.words import ROLES
from crm.web.layout import Group, Place, add_place, add_to_user_menu


def init_app(app: Flask) -> None:
    signing.init_app(app)
    app.register_blueprint(routes.blueprint)
    for endpoint, title, icon in (
        ("accounts.users", _l("账号"), "users"),
        ("accounts.organisations", _l("单位"), "building"),
    ):
        add_place(app, Place(endpoint, title, icon, Permission.ADMINISTER_ACCOUNTS, 80, group=Group.RULES))
    add_to_user_menu(app, Place("accounts.sessions", _l("我的账号"), "user", Permission.SIGNED_IN))
    app.context_processor(_frame)


def _frame() -> dict[str, Any]:
    return {"role_title": ROLES[current_user.role]} if current_user and current_user.is_authenticated else {}


__all__ = ["init_app", "staff_routes"]
