"""The resources as shelves of the search over all registers."""

from __future__ import annotations

from functools import partial

from flask import Flask, url_for
from sqlalchemy import select

from crm.accounts.models import User
from crm.firms.reference.terms import term_titles
from crm.firms.search import terms_of
from crm.firms.shelves import Hit, Shelf, add_shelf
from crm.kernel.db import db
from crm.registers.resources.kinds import RESOURCES
from crm.registers.resources.models import Resource, ResourceRegister
from crm.registers.resources.queries import matching, visible_resources

# Of the six registers of the documents (企业、专利、专家、特色资源、成果、需求), those of the place; the others follow.
SIX = {ResourceRegister.EXPERT: 30, ResourceRegister.SPECIAL: 40, ResourceRegister.ACHIEVEMENT: 50}


def add_shelves(app: Flask) -> None:
    for place, (register, kind) in enumerate(RESOURCES.items()):
        add_shelf(
            app,
            Shelf(
                register.value,
                kind.title,
                kind.icon,
                SIX.get(register, 70 + place),
                partial(_find, register),
                partial(_list_url, register),
                always=register in SIX,
            ),
        )


def _find(register: ResourceRegister, user: User, typed: str, limit: int, offset: int) -> list[Hit]:
    if not terms_of(typed):
        return []
    kinds = term_titles(f"{register}.kind")
    rows = db.session.execute(
        select(Resource.id, Resource.name, Resource.kind, Resource.holder, Resource.words)
        .where(Resource.register == register, visible_resources(user), *matching(typed))
        .order_by(Resource.sort_key, Resource.id)
        .limit(limit)
        .offset(offset)
    )
    return [
        Hit(
            row.name,
            url_for("resources.show", resource_id=row.id),
            " · ".join(filter(None, (kinds.get(row.kind or "", row.kind), row.holder, row.words))) or None,
        )
        for row in rows
    ]


def _list_url(register: ResourceRegister, typed: str) -> str:
    return url_for("resources.index", register=register.value, q=typed, running="all")
