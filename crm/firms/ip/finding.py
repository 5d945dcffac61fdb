"""Rights as a shelf of the search over all registers: by number or how it begins, or by any piece of their titles."""

from __future__ import annotations

from typing import Any

from flask import Flask, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.accounts.models import User
from crm.firms.finding import rights_numbered
from crm.firms.ip.models import IpRight
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm
from crm.firms.search import terms_of
from crm.firms.shelves import Hit, Shelf, add_shelves
from crm.firms.text_index import found_by, holds, keep_index
from crm.kernel.db import db


def init_app(app: Flask) -> None:
    keep_index(IpRight, "title")
    add_shelves(app, [Shelf("right", _l("专利等知识产权"), "ip", 20)], _find)


def _find(user: User, typed: str, limit: int, offset: int) -> dict[str, list[Hit]]:
    numbered = rights_numbered(typed)
    titled = None if numbered is not None else found_by(db.session, IpRight, typed)
    columns = select(IpRight.firm_id, IpRight.number, IpRight.title, Firm.name.label("firm"))
    if numbered is not None:
        statement = columns.where(numbered).order_by(IpRight.number, IpRight.id)
    elif titled is not None:
        found = titled.subquery()
        statement = columns.join(found, found.c.record_id == IpRight.id).order_by(found.c.record_id.desc())
    else:
        return {}
    rows: Any = db.session.execute(
        statement.join(Firm, Firm.id == IpRight.firm_id).where(visible_firms(user)).limit(limit).offset(offset)
    )
    terms = terms_of(typed)
    hits = [
        Hit(row.title, url_for("firms.ip", firm_id=row.firm_id), f"{row.number} · {row.firm}")
        for row in rows
        if numbered is not None or holds(row.title, terms)
    ]
    return {"right": hits}
