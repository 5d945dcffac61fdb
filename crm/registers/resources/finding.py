"""The resources as shelves of the search over all registers: all nine are looked through at once."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Flask, url_for
from sqlalchemy import func, select, union_all

from crm.accounts.models import User
from crm.firms.reference.terms import term_titles
from crm.firms.search import terms_of
from crm.firms.shelves import Hit, Shelf, add_shelves
from crm.firms.text_index import found_by, is_common, keep_index
from crm.kernel.db import db
from crm.registers.resources.kinds import RESOURCES
from crm.registers.resources.models import Resource, ResourceRegister
from crm.registers.resources.queries import matching, visible_resources

# Of the six registers of the documents (企业、专利、专家、特色资源、成果、需求), those of the place; the others follow.
SIX = {ResourceRegister.EXPERT: 30, ResourceRegister.SPECIAL: 40, ResourceRegister.ACHIEVEMENT: 50}


def init_app(app: Flask) -> None:
    keep_index(Resource, "search_text")
    shelves = [
        Shelf(
            register.value,
            kind.title,
            kind.icon,
            SIX.get(register, 70 + place),
            partial(_list_url, register),
            always=register in SIX,
        )
        for place, (register, kind) in enumerate(RESOURCES.items())
    ]
    add_shelves(app, shelves, _find)


def _find(user: User, typed: str, limit: int, offset: int) -> dict[str, list[Hit]]:
    if not terms_of(typed):
        return {}
    ids = found_by(db.session, Resource, typed)
    columns = (Resource.id, Resource.register, Resource.name, Resource.kind, Resource.holder, Resource.words)
    wanted = (visible_resources(user), *matching(typed))
    if ids is None or is_common(db.session, Resource, typed):
        # Met soon on the way through each register in its order; rare ones are looked up and put in order.
        walks = [
            select(*columns)
            .where(Resource.register == register, *wanted)
            .order_by(Resource.sort_key, Resource.id)
            .limit(limit)
            .offset(offset)
            .subquery()
            for register in RESOURCES
        ]
        statement: Any = union_all(*(select(walk) for walk in walks))
    else:
        place = func.row_number().over(partition_by=Resource.register, order_by=(Resource.sort_key, Resource.id))
        ranked = select(*columns, place.label("place")).where(Resource.id.in_(ids), *wanted).subquery()
        within = (ranked.c.place > offset, ranked.c.place <= offset + limit)
        statement = select(ranked).where(*within).order_by(ranked.c.place)
    rows: Any = db.session.execute(statement)
    hits: dict[str, list[Hit]] = {}
    for row in rows:
        kind = term_titles(f"{row.register}.kind").get(row.kind or "", row.kind)
        note = " · ".join(filter(None, (kind, row.holder, row.words)))
        url = url_for("resources.show", resource_id=row.id)
        hits.setdefault(row.register.value, []).append(Hit(row.name, url, note or None))
    return hits


def _list_url(register: ResourceRegister, typed: str) -> str:
    return url_for("resources.index", register=register.value, q=typed, running="all")
