"""Reads of the room: scenarios, and what the record has become since one was kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crm.accounts.models import User
from crm.firms.loaders import load_for
from crm.firms.models import Firm
from crm.kernel.db import db
from crm.outlook.changes import ChangeLine, fact_words, titled
from crm.outlook.forms import WhatIfForm
from crm.outlook.models import Scenario
from crm.outlook.service import is_internal
from crm.outlook.slots import marked


def load_scenario(user: User, scenario_id: int) -> Scenario:
    """The scenario, if it is of the user's side and of a firm in their scope. Raises NotFoundError (404) otherwise."""
    return load_for(user, Scenario, scenario_id, Scenario.internal.is_(is_internal(user)))


def scenarios_of(user: User, firm: Firm, *ids: int) -> Sequence[Scenario]:
    """The scenarios of the user's side, the newest first; only those with the ids, where any are given."""
    statement = (
        select(Scenario)
        .where(Scenario.firm_id == firm.id, Scenario.internal.is_(is_internal(user)))
        .options(joinedload(Scenario.created_by))
        .order_by(Scenario.id.desc())
    )
    return db.session.scalars(statement.where(Scenario.id.in_(ids)) if ids else statement).all()


def changed_since(scenario: Scenario, form: WhatIfForm) -> list[ChangeLine]:
    """What the record has become since the scenario was kept, as far as its edition reads it."""
    lines = []
    for slot in form.slots():
        was = _at(scenario.record, slot.path)
        if was != slot.known:
            lines.append(ChangeLine(slot.path, titled(slot), fact_words(slot, was), fact_words(slot, slot.known)))
    for each in form.lists():
        entries = scenario.record.get(each.name)
        before = marked(entries or [])
        if (entries is not None) != each.known or set(before) != set(each.entries):
            texts = [_count(entries is not None, before), _count(each.known, each.entries)]
            lines.append(ChangeLine(f"list.{each.name}", each.title, *texts))
    return lines


def _at(document: Mapping[str, Any], path: str) -> Any:
    place: Any = document
    for name in path.split("."):
        place = place.get(name) if isinstance(place, Mapping) else None
    return place


def _count(known: bool, entries: Mapping[str, Any]) -> str:
    return _("%(n)s 项", n=len(entries)) if known else _("未知")
