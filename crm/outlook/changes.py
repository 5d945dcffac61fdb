"""Changes of a firm's facts: read from the form, applied to a copy of its facts document, and told in words."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from crm.firms.figures.plausibility import NOT_ABOVE, RULES, warnings_of
from crm.firms.forms import to_json
from crm.outlook.forms import NONE, UNKNOWN_LIST, WhatIfForm
from crm.outlook.slots import ListSlot, Slot
from crm.policy import title_of
from crm.policy.text import quantity
from crm.policy.vocabulary import FIGURES, UNCONFIRMED, Shape
from crm.web.formatting import day, money_text
from crm.web.language import language

WAN = 10_000


@dataclass(frozen=True)
class ChangeLine:
    """One thing changed: its field's name, what it is, what it was and what it becomes."""

    name: str
    title: str
    before: str
    after: str


def applied(document: Mapping[str, Any], form: WhatIfForm) -> tuple[dict[str, Any], list[ChangeLine], list[str]]:
    """The document with the changes, what to tell of them, and the names of the fields that changed something."""
    result = copy.deepcopy(dict(document))
    lines: list[ChangeLine] = []
    changed: list[str] = []
    for slot in form.slots():
        value = to_json(slot.key, form._fields[slot.path].data)
        if _same(slot, value):
            continue
        _put(result, slot.path, value)
        changed.append(slot.path)
        lines.append(ChangeLine(slot.path, titled(slot), fact_words(slot, slot.known), fact_words(slot, value)))
    for each in form.lists():
        _change_list(result, each, form, lines, changed)
    return result, lines, changed


def titled(slot: Slot) -> str:
    """What a fact is called away from its group: with its year, and whose points they are."""
    return slot.title if slot.path.startswith("choices.") else title_of(slot.path)[language()]


def _same(slot: Slot, value: Any) -> bool:
    """Whether a value is what the record has: 12 and 12.0 are the same."""
    if value is None or slot.known is None or slot.key.shape in (Shape.FLAG, Shape.TEXT, Shape.DATE):
        return bool(value == slot.known)
    return Decimal(str(value)) == Decimal(str(slot.known))


def _put(document: dict[str, Any], path: str, value: Any) -> None:
    *sections, name = path.split(".")
    place = document
    for section in sections:
        place = place.setdefault(section, {})
    if value is None:
        place.pop(name, None)
    else:
        place[name] = value


def _change_list(
    document: dict[str, Any], each: ListSlot, form: WhatIfForm, lines: list[ChangeLine], changed: list[str]
) -> None:
    now = _("%(n)s 项", n=len(each.entries)) if each.known else _("未知")
    said = form._fields[f"list.{each.name}"].data
    if said == UNKNOWN_LIST and each.known:
        document.pop(each.name, None)
        changed.append(f"list.{each.name}")
        lines.append(ChangeLine(f"list.{each.name}", each.title, now, _("未知")))
        return
    entries = dict(each.entries)
    if said == NONE and not each.whole:
        document.setdefault(each.name, [])
        document[UNCONFIRMED] = [name for name in document.get(UNCONFIRMED, []) if name != each.name]
        changed.append(f"list.{each.name}")
        lines.append(ChangeLine(f"list.{each.name}", each.title, now, _("没有其他") if each.known else _("没有")))
    left = form._fields[f"leave.{each.name}"].data
    for mark in left:
        lines.append(ChangeLine(f"leave.{each.name}", each.title, each.texts[mark], _("不计")))
        entries.pop(mark)
    if left:
        changed.append(f"leave.{each.name}")
    added = []
    for addition in each.additions:
        amount = form._fields[addition.name].data
        if not amount:
            continue
        changed.append(addition.name)
        if addition.amount:
            added.append({**addition.template, "amount": format(amount.normalize(), "f")})
            text = _("另加 %(amount)s", amount=money_text(amount * 10000))
        else:
            added += [dict(addition.template) for _number in range(amount)]
            text = _("另加 %(n)s 项", n=amount)
        there = _("%(n)s 项", n=addition.count(each.entries.values())) if each.known else now
        lines.append(
            ChangeLine(
                addition.name, f"{each.title} · {addition.title}" if str(addition.title) else each.title, there, text
            )
        )
    if left or added:
        document[each.name] = [*entries.values(), *added]


def fact_words(slot: Slot, value: Any) -> str:
    """A value of the facts document as a person reads it."""
    if value is None:
        return _("未知")
    if slot.words is not None:
        return str(slot.words.get(value, value))
    match slot.key.shape:
        case Shape.FLAG:
            return _("是") if value else _("否")
        case Shape.DATE:
            return day(date.fromisoformat(value))
        case Shape.TEXT:
            return str(value)
    return quantity(Decimal(str(value)), slot.key.unit)[language()]


def unlikely(document: Mapping[str, Any], changed: Sequence[str]) -> dict[str, list[str]]:
    """Field → what is unlikely about it, for the years that were changed; it warns and refuses nothing."""
    found: dict[str, list[str]] = {}
    for year in dict.fromkeys(name.split(".")[1] for name in changed):
        values = {
            key: Decimal(str(value)) * (WAN if FIGURES[key].unit == "万元" else 1)
            for key, value in document.get("years", {}).get(year, {}).items()
        }
        for name in warnings_of(values):
            rule = RULES[name]
            for key in rule.keys[:1] if name in _NOT_ABOVE else rule.keys:
                found.setdefault(f"years.{year}.{key}", []).append(str(rule.text))
    return found


_NOT_ABOVE = frozenset(f"{part}_above_{whole}" for part, whole in NOT_ABOVE)
