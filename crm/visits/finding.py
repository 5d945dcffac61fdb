"""Needs as a shelf of the search over all registers: by any piece of what was asked for."""

from __future__ import annotations

from typing import Any

from flask import Flask, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.accounts.models import User
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm
from crm.firms.search import terms_of
from crm.firms.shelves import Hit, Shelf, add_shelves
from crm.firms.text_index import found_by, holds, keep_index
from crm.kernel.db import db
from crm.visits.models import Need
from crm.visits.words import NEED_STATES


def init_app(app: Flask) -> None:
    keep_index(Need, "text")
    add_shelves(app, [Shelf("need", _l("需求"), "need", 60)], _find)


def _find(user: User, typed: str, limit: int, offset: int) -> dict[str, list[Hit]]:
    ids = found_by(db.session, Need, typed)
    if ids is None:
        return {}
    found = ids.subquery()
    rows: Any = db.session.execute(
        select(Need.id, Need.text, Need.state, Firm.name.label("firm"))
        .join(found, found.c.record_id == Need.id)
        .join(Firm, Firm.id == Need.firm_id)
        .where(visible_firms(user))
        .order_by(found.c.record_id.desc())
        .limit(limit)
        .offset(offset)
    )
    terms = terms_of(typed)
    hits = [
        Hit(row.text[:80], url_for("visits.answer_need", need_id=row.id), f"{NEED_STATES[row.state]} · {row.firm}")
        for row in rows
        if holds(row.text, terms)
    ]
    return {"need": hits}
