"""Old → new of the rows of a page, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import Organisation, User
from crm.exchange.models import ImportKind, ImportRow, Kind
from crm.exchange.titles import FIELDS
from crm.firms.figures.keys import KEYS, Shape
from crm.firms.figures.models import YearlyFigures
from crm.firms.ip.models import IpRight
from crm.firms.models import Chain, Division, Firm, Industry
from crm.firms.words import CHANNELS, IP_KINDS, IP_STATUSES, STATUSES, TECH_FIELDS
from crm.kernel.db import db
from crm.kernel.plain import revive
from crm.registers.models import Register, RegisterEntry
from crm.registers.resources.models import Resource, ResourceFirm, ResourceRegister
from crm.registers.resources.words import shown as shown_resource
from crm.registers.resources.words import title_in_any
from crm.registers.service import shown as shown_entry
from crm.web.formatting import UNKNOWN, day, money_text, number, percent

MODELS: dict[Kind, Any] = {
    ImportKind.FIRMS: Firm,
    ImportKind.FIGURES: YearlyFigures,
    ImportKind.IP: IpRight,
    ImportKind.TIES: ResourceFirm,
    **dict.fromkeys(Register, RegisterEntry),
    **dict.fromkeys(ResourceRegister, Resource),
}
# Columns that hold the key of another record, and where its name is.
NAMED_BY: dict[str, tuple[Any, Any]] = {
    "organisation_id": (Organisation.id, Organisation.name),
    "officer_id": (User.id, User.name),
    "user_id": (User.id, User.name),
    "chain_id": (Chain.id, Chain.name),
    "industry_code": (Industry.code, Industry.name),
    "division_code": (Division.code, Division.name),
}
WORDS: dict[str, Any] = {
    "status": {**STATUSES, **IP_STATUSES},
    "source_channel": CHANNELS,
    "tech_field": TECH_FIELDS,
    "kind": IP_KINDS,
}


@dataclass(frozen=True)
class Difference:
    title: Any
    old: str
    new: str


def shown_differences(kind: Kind, rows: Sequence[ImportRow]) -> dict[int, list[Difference]]:
    """Row id → its differences, with as many statements as there are kinds of keys."""
    names = _names(rows)
    found: dict[int, list[Difference]] = {}
    for row in rows:
        if row.after:
            before = row.before or {}
            found[row.id] = [
                Difference(
                    FIELDS[kind].get(key, key), _show(kind, key, before.get(key), names), _show(kind, key, new, names)
                )
                for key, new in row.after.items()
            ]
    return found


def _names(rows: Sequence[ImportRow]) -> dict[tuple[str, Any], str]:
    names: dict[tuple[str, Any], str] = {}
    for key, (identity, name) in NAMED_BY.items():
        wanted = {value for row in rows for side in (row.before, row.after) if side and (value := side.get(key))}
        if wanted:
            for value, text in db.session.execute(select(identity, name).where(identity.in_(wanted))):
                names[key, value] = text
    return names


def _show(kind: Kind, key: str, raw: Any, names: dict[tuple[str, Any], str]) -> str:
    if raw is None:
        return UNKNOWN
    if key in NAMED_BY:
        return names.get((key, raw), str(raw))
    model = MODELS[kind]
    value = revive(model, key, raw) if hasattr(model, key) and key not in ("former_names", "contacts") else raw
    if isinstance(kind, Register):
        return str(shown_entry(kind, key, value))
    if isinstance(kind, ResourceRegister):
        return str(shown_resource(kind, key, value))
    if kind is ImportKind.TIES and key in ("role", "outcome"):
        return title_in_any(key, value) or str(value)
    if key in WORDS and value in WORDS[key]:
        return str(WORDS[key][value])
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, date):
        return day(value)
    if isinstance(value, Decimal):
        if key in KEYS and KEYS[key].shape is Shape.RATE:
            return percent(value, 4)
        money = key == "registered_capital" or (key in KEYS and KEYS[key].is_money)
        return money_text(value) if money else number(value)
    return str(value)
