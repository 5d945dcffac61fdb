"""Load and authorise in one call: what lies outside the asker's scope does not exist for them."""

from __future__ import annotations

from typing import Any, TypeVar

from flask import abort, has_request_context, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, select

from crm.accounts.models import User
from crm.accounts.permissions import Role
from crm.accounts.scope import within_scope
from crm.firms.duplicates.models import FirmMerge
from crm.firms.models import Firm
from crm.kernel.db import db
from crm.kernel.errors import NotFoundError

Record = TypeVar("Record")


def visible_firms(user: User) -> ColumnElement[bool]:
    """The condition on `Firm` that the user may see it: a firm's own user that firm, staff their organisation's."""
    if user.role is Role.FIRM:
        return Firm.id == user.firm_id
    organisation_id: Any = Firm.organisation_id
    return within_scope(user, organisation_id)


def load_firm_for(user: User, firm_id: int, *, or_kept: bool = False) -> Firm:
    """The firm, if it lies in the user's scope. Raises NotFoundError (404) otherwise.

    `or_kept`: what is sent to a firm that was merged meanwhile is for the firm that has its records now.
    """
    firm = db.session.scalar(select(Firm).where(Firm.id == firm_id, visible_firms(user)))
    if firm is None:
        kept_id = _kept_id(user, firm_id)
        _lead_to_kept(firm_id, kept_id)
        if or_kept and kept_id is not None:
            return db.session.get_one(Firm, kept_id)
        raise NotFoundError(_("没有这家企业，或它不在您的管辖范围内。"))
    return firm


def _kept_id(user: User, firm_id: int) -> int | None:
    """The firm in the user's scope that a firm was merged into."""
    return db.session.scalar(
        select(FirmMerge.kept_id)
        .join(Firm, Firm.id == FirmMerge.kept_id)
        .where(FirmMerge.gone_id == firm_id, FirmMerge.undone_at.is_(None), visible_firms(user))
        .order_by(FirmMerge.id.desc())
        .limit(1)
    )


def _lead_to_kept(firm_id: int, kept_id: int | None) -> None:
    """The addresses of a firm that was merged (in notices, sheets, bookmarks) show the firm that has its records now.

    Only what is read: who sends something has the firm that went before their eyes, and is told.
    """
    if not has_request_context() or request.method != "GET" or (request.view_args or {}).get("firm_id") != firm_id:
        return
    if kept_id is not None:
        values: dict[str, Any] = {**request.args, **(request.view_args or {}), "firm_id": kept_id}
        abort(redirect(url_for(request.endpoint or "", **values)))


def load_for(user: User, model: type[Record], record_id: int, *conditions: Any) -> Record:
    """A record that has a `firm_id`, if its firm lies in the user's scope. Raises NotFoundError (404) otherwise."""
    columns: Any = model
    statement: Select[Any] = (
        select(model)
        .join(Firm, Firm.id == columns.firm_id)
        .where(columns.id == record_id, visible_firms(user), *conditions)
    )
    record: Record | None = db.session.scalar(statement)
    if record is None:
        raise NotFoundError(_("没有这条记录，或它不在您的管辖范围内。"))
    return record
