"""Values of resources and their ties as a person reads them."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Flask
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.firms.history.words import add_words
from crm.firms.history.words import shown as shown_by_type
from crm.firms.reference.terms import term_titles
from crm.registers.resources.kinds import RESOURCE_FIELDS, RESOURCES, TIE_FIELDS
from crm.registers.resources.models import Resource, ResourceRegister
from crm.registers.resources.queries import Running
from crm.web import conflict
from crm.web.formatting import money_text

RUNNING = {Running.NOW: _l("在用"), Running.ENDED: _l("已结束"), Running.ALL: _l("全部")}


def shown(register: ResourceRegister, name: str, value: Any) -> Any:
    """A column's value of a resource for a reader: terms by their titles, money in 万元, a trade with its code."""
    if value is None or value == "":
        return conflict.plain_words(None)
    if name == "kind":
        return term_titles(f"{register}.kind").get(value, value)
    if name == "level":
        return term_titles("level").get(value, value)
    if name == "amount":
        return money_text(value)
    if name == "capacity":
        return _("%(number)s 家", number=value)
    if name in ("industry_code", "user_id"):
        return shown_by_type(Resource, name, value)
    return conflict.plain_words(value)


def shown_of_tie(register: ResourceRegister, name: str, value: Any) -> Any:
    """The same of a tie."""
    if value is not None and name in ("role", "outcome"):
        return term_titles(f"{register}.{name}").get(value, value)
    return conflict.plain_words(value)


def add_history_words(app: Flask) -> None:
    """How the history tells of resources and ties. A key is the same word in all registers: it alone does not say its own."""
    titles = {register: kind.title for register, kind in RESOURCES.items()}
    of_any = {name: partial(_of_any_register, name) for name in ("kind", "role", "outcome")}
    add_words(
        app,
        "resource",
        _l("资源"),
        RESOURCE_FIELDS,
        subject="name",
        enumerations={ResourceRegister: titles},
        shown={"kind": of_any["kind"], "level": lambda key: term_titles("level").get(key, key)},
    )
    add_words(
        app,
        "resource_firm",
        _l("服务与资源"),
        TIE_FIELDS,
        subject="resource_id",
        shown={"role": of_any["role"], "outcome": of_any["outcome"]},
    )


def title_in_any(name: str, key: str) -> str | None:
    """The title of a kind, role or outcome of any register: a key means the same in all of them."""
    for register in ResourceRegister:
        title = term_titles(f"{register}.{name}").get(key)
        if title is not None:
            return title
    return None


def _of_any_register(name: str, key: str) -> str:
    return title_in_any(name, key) or key
