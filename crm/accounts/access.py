"""Every route says who may call it; a route that does not is refused when the app is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, abort, current_app, redirect, request, url_for
from flask_login import current_user

from crm.accounts.permissions import Permission
from crm.kernel import audit
from crm.kernel.db import db

View = TypeVar("View", bound=Callable[..., Any])
PUBLIC = "public"  # web stands below this room and writes the word itself


def requires(permission: Permission) -> Callable[[View], View]:
    """Declare the permission a view needs. Stands directly below the route decorator."""

    def mark(view: View) -> View:
        return _declare(view, permission)

    return mark


def public(view: View) -> View:
    """Declare that anyone may call the view."""
    return _declare(view, PUBLIC)


def _declare(view: View, access: Permission | str) -> View:
    vars(view)["access"] = access
    return view


def guard(app: Flask) -> None:
    """Check the declarations now and each request later."""
    undeclared = sorted(
        endpoint
        for endpoint, view in app.view_functions.items()
        if endpoint != "static" and not hasattr(view, "access")
    )
    if undeclared:
        raise RuntimeError(f"these routes do not say who may call them (@requires or @public): {', '.join(undeclared)}")
    app.before_request(_check)


def _check() -> Any:
    if request.endpoint is None or request.endpoint == "static":
        return None
    access = vars(current_app.view_functions[request.endpoint])["access"]
    if current_user.is_authenticated:
        audit.sign(db.session, current_user.id, audit.Via.PAGE)
    if access is PUBLIC:
        return None
    if not current_user.is_authenticated:
        back = request.full_path if request.method == "GET" else None
        return redirect(url_for("accounts.sign_in", next=back))
    if not current_user.can(access):
        abort(403)
    return None
