"""What services offer the list of firms: who is owed, was told of, was given or declined a service (`service=12.owed`)."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement

from crm.firms.queries import Filter
from crm.kernel.db import db
from crm.services.models import ServiceItem
from crm.services.queries import in_state
from crm.services.words import COUNTED
from crm.web.addresses import known_number


def filters() -> dict[str, Filter]:
    return {"service": Filter(_l("服务"), _condition, _shown)}


def _item(value: str) -> tuple[ServiceItem | None, str]:
    number, _dot, state = value.partition(".")
    item_id = known_number(number)
    return (db.session.get(ServiceItem, item_id) if item_id else None), state


def _condition(value: str) -> ColumnElement[bool] | None:
    item, state = _item(value)
    return in_state(item, state) if item is not None and state in COUNTED else None


def _shown(value: str) -> Any:
    item, state = _item(value)
    return "" if item is None else _("%(service)s：%(state)s", service=item.title, state=COUNTED[state])
