"""What the resources offer the list of firms: filters in its address, so that every number of a resource opens its firms."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import ColumnElement, exists, false, select, true

from crm.firms.models import Firm
from crm.firms.queries import Filter
from crm.kernel import clock
from crm.kernel.db import db
from crm.registers.resources.models import Resource, ResourceFirm, ResourceRegister
from crm.registers.resources.queries import Ties, is_tied, visible_resources
from crm.registers.resources.words import title_in_any
from crm.web.addresses import known_number

ANY, NONE = "any", "none"
TIES = {Ties.NOW: _l("现在"), Ties.BEFORE: _l("以前")}
SERVED: dict[Any, Any] = {ANY: _l("有"), NONE: _l("没有")}


def filters() -> dict[str, Filter]:
    """`resource` names one by its number; `tie`, `role` and `outcome` narrow how its firms are tied to it.

    `served` asks whether any servant (首席科技官 and the like) serves the firm today.
    """
    return {
        "resource": Filter(_l("服务与资源"), _resource, _name),
        "tie": Filter(_l("关联"), lambda value: _narrows() if value in set(Ties) else None, _tie_title),
        "tie_role": Filter(
            _l("角色"), lambda value: _narrows() if title_in_any("role", value) else None, _title("role")
        ),
        "outcome": Filter(
            _l("结果"),
            lambda value: _narrows() if value == NONE or title_in_any("outcome", value) else None,
            lambda value: _("没有填") if value == NONE else title_in_any("outcome", value),
        ),
        "served": Filter(_l("服务人员"), _served, lambda value: SERVED[value], SERVED),
    }


def _asked() -> Any:
    """The resource in the address, if the reader may see it."""
    number = known_number(request.args.get("resource", "").strip())
    if number is None:
        return None
    asked = select(Resource.id, Resource.name, Resource.register)
    return db.session.execute(asked.where(Resource.id == number, visible_resources(current_user))).first()


def _resource(value: str) -> ColumnElement[bool] | None:
    if known_number(value) is None:
        return None
    resource = _asked()
    if resource is None:
        return false()
    tied = select(ResourceFirm.firm_id).where(ResourceFirm.resource_id == resource.id)
    match request.args.get("tie", "").strip():
        case Ties.NOW:
            tied = tied.where(is_tied(clock.today()))
        case Ties.BEFORE:
            tied = tied.where(~is_tied(clock.today()))
    role, outcome = (request.args.get(name, "").strip() for name in ("tie_role", "outcome"))
    if role and title_in_any("role", role):
        tied = tied.where(ResourceFirm.role == role)
    if outcome == NONE:
        tied = tied.where(ResourceFirm.outcome.is_(None))
    elif outcome and title_in_any("outcome", outcome):
        tied = tied.where(ResourceFirm.outcome == outcome)
    return Firm.id.in_(tied)


def _name(value: str) -> Any:
    resource = _asked()
    return None if resource is None else resource.name


def _narrows() -> ColumnElement[bool] | None:
    """Beside a resource it is part of that condition; alone it means nothing."""
    return true() if known_number(request.args.get("resource", "").strip()) is not None else None


def _tie_title(value: str) -> Any:
    return TIES[Ties(value)]


def _title(name: str) -> Any:
    return lambda value: title_in_any(name, value)


def _served(value: str) -> ColumnElement[bool] | None:
    if value not in SERVED:
        return None
    serves = (
        exists()
        .where(ResourceFirm.firm_id == Firm.id, is_tied(clock.today()))
        .where(Resource.id == ResourceFirm.resource_id, Resource.register == ResourceRegister.SERVANT)
    )
    return serves if value == ANY else ~serves
