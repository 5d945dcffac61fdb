"""Verbs and reads of saved views. A view is its owner's: who it is shared with reads it, and sees their own scope through it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Flask, current_app, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from crm.accounts.models import User
from crm.firms.saved_views.models import SavedView
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError

LONGEST_QUERY, LONGEST_NAME, MOST = 2000, 60, 100


class NameTakenError(DomainError):
    """The owner has a view of this name on the same list: it may be replaced by it."""


@dataclass(frozen=True)
class Here:
    """What a list shows of views: those the reader may open, the filters in use, and the view that they are."""

    endpoint: str
    query: str
    views: list[SavedView]
    open: SavedView | None


def offer_views(app: Flask, endpoint: str, title: Any) -> None:
    """Views of this list can be saved. Its template includes `firms/views/_bar.html`."""
    app.extensions.setdefault("view_lists", {})[endpoint] = title


def plain_query(pairs: Iterable[tuple[str, str]]) -> str:
    """The filters of an address in one form: without blanks and the page's number."""
    return urlencode([(name, value.strip()) for name, value in pairs if value.strip() and name != "page"])


def address_of(view: SavedView) -> str:
    return url_for(view.endpoint) + (f"?{view.query}" if view.query else "")


def views_for(user: User, endpoint: str) -> list[SavedView]:
    """One's own views of a list, then those shared by one's organisation and above it."""
    above = [int(part) for part in user.organisation.path.split("/") if part] if user.organisation else []
    found = db.session.scalars(
        select(SavedView)
        .where(SavedView.endpoint == endpoint, or_(SavedView.owner_id == user.id, SavedView.organisation_id.in_(above)))
        .options(joinedload(SavedView.owner))
        .order_by(SavedView.name, SavedView.id)
        .limit(MOST)
    )
    return sorted(found, key=lambda view: view.owner_id != user.id)


def here() -> Here:
    """For the list that the request shows."""
    endpoint, query = request.endpoint or "", plain_query(request.args.items(multi=True))
    views = views_for(current_user, endpoint)
    same = sorted(parse_qsl(query))
    return Here(endpoint, query, views, next((v for v in views if sorted(parse_qsl(v.query)) == same), None))


def own_views(user: User) -> list[SavedView]:
    """All that the user saved, by list."""
    mine = select(SavedView).where(SavedView.owner_id == user.id).order_by(SavedView.endpoint, SavedView.name)
    return [view for view in db.session.scalars(mine) if view.endpoint in current_app.extensions["view_lists"]]


def load_own_view(user: User, view_id: int) -> SavedView:
    """Raises NotFoundError for a view that is another's."""
    view = db.session.scalar(select(SavedView).where(SavedView.id == view_id, SavedView.owner_id == user.id))
    if view is None:
        raise NotFoundError(_("没有这个视图，或它不是您的。"))
    return view


def save_view(*, actor: User, endpoint: str, query: str, name: str, shared: bool, replace: bool = False) -> SavedView:
    """Keep a list with its filters under a name. Raises NameTakenError where one's own has it, unless it is to be replaced."""
    if endpoint not in current_app.extensions["view_lists"]:
        raise DomainError(_("这个页面不能保存为视图。"))
    query = plain_query(parse_qsl(query))
    if len(query) > LONGEST_QUERY:
        raise DomainError(_("条件太多，不能保存。请去掉一些条件。"))
    name = _named(name)
    view = _of_name(actor, endpoint, name)
    if view is not None and not replace:
        raise NameTakenError(_("您已有一个叫“%(name)s”的视图。换一个名称，或覆盖它。", name=name), field="name")
    if view is None:
        view = SavedView(owner=actor, endpoint=endpoint, name=name)
        db.session.add(view)
    view.query = query
    view.organisation_id = actor.organisation_id if shared else None
    db.session.flush()
    return view


def change_view(*, actor: User, view: SavedView, name: str, shared: bool) -> SavedView:
    """Rename a view; share it, or keep it to oneself."""
    name = _named(name)
    other = _of_name(actor, view.endpoint, name)
    if other not in (None, view):
        raise NameTakenError(_("您已有一个叫“%(name)s”的视图，请换一个名称。", name=name), field="name")
    view.name = name
    view.organisation_id = actor.organisation_id if shared else None
    db.session.flush()
    return view


def delete_view(*, view: SavedView) -> None:
    db.session.delete(view)
    db.session.flush()


def _named(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise DomainError(_("请给视图起一个名称，最多 %(longest)s 个字。", longest=LONGEST_NAME), field="name")
    return name


def _of_name(actor: User, endpoint: str, name: str) -> SavedView | None:
    return db.session.scalar(
        select(SavedView).where(SavedView.owner_id == actor.id, SavedView.endpoint == endpoint, SavedView.name == name)
    )
