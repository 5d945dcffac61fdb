"""Filters of the list that find few firms in a whole city: where to look for them.

A page that is soon full costs little. One that finds three firms of a hundred thousand would have looked at each of them; so
every hour it is kept which firms such a filter finds, where they are few. The list then looks at these alone, and at those
that the history names since: what the filter says of each is asked as ever, so that the answer is the same.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from flask import Flask, current_app
from sqlalchemy import ColumnElement, Table, and_, bindparam, delete, func, select

from crm.firms.models import FewFirms, Firm
from crm.kernel import clock, jobs
from crm.kernel.audit import Change
from crm.kernel.bulk import insert_rows
from crm.kernel.db import db

LOOK_EVERY, WORK_EVERY = timedelta(minutes=1), timedelta(hours=1)
LATE = timedelta(hours=1)  # how long a transaction may last whose changes were not yet seen
MOST = 3_000  # firms; of more a page is soon full
ENTRIES = 20_000  # of the history, looked through for firms
LARGE = 5_000  # firms of the house; fewer are looked at one by one


def init_app(app: Flask) -> None:
    jobs.offer_regular(app, "few-firms", LOOK_EVERY, refresh_if_due)


def where_few(name: str, value: str, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition of a filter, narrowed to the firms it may find where they are known to be few."""
    kept = db.session.get(FewFirms, (name, value))
    if kept is None or clock.local_day(kept.at) != clock.today():  # what is true of a firm may depend on the day
        return condition
    changed = _named_since(kept.at - LATE)
    if changed is None:
        return condition
    # Written into the statement, which takes more numbers than parameters.
    ids = sorted({*kept.firms, *changed})
    return and_(Firm.id.in_(bindparam(None, ids, expanding=True, literal_execute=True)), condition)


def _named_since(moment: datetime) -> set[int] | None:
    """The firms that the history names since then; None where they are many."""
    older = select(Change.id).where(Change.at <= moment).order_by(Change.id.desc()).limit(1).scalar_subquery()
    # Each entry as it comes: to find the firms that differ SQLite would go through the whole history by firm.
    entries = select(Change.firm_id).where(Change.id > func.coalesce(older, 0)).limit(ENTRIES + 1)
    named = db.session.scalars(entries).all()
    firms = {firm_id for firm_id in named if firm_id is not None}
    return None if len(named) > ENTRIES or len(firms) > MOST else firms


# --- worked out every hour -----------------------------------------------------------------------------------------


def refresh_if_due() -> None:
    """Work it out where that was not done today, or an hour ago."""
    with db.reading():
        last = db.session.scalar(select(func.max(FewFirms.at)))
        if last is None and not _is_large():  # nothing is kept, and nothing would be
            return
    if last is None or last <= clock.now() - WORK_EVERY or clock.local_day(last) != clock.today():
        refresh()


def refresh() -> int:
    """Keep the firms of every filter that finds few, and commit; how many filters these are.

    For jobs and commands, with nothing pending in the session.
    """
    with jobs.alone("few-firms"):
        at = clock.now()
        with db.reading():
            rows = _rows(at) if _is_large() else []
        db.session.execute(delete(FewFirms))
        insert_rows(db.session, cast(Table, FewFirms.__table__), rows)
        db.session.commit()
        return len(rows)


def _is_large() -> bool:
    return db.session.scalar(select(Firm.id).limit(1).offset(LARGE)) is not None


def _rows(at: datetime) -> list[dict[str, Any]]:
    rows = []
    for name, offered in current_app.extensions.get("firm_filters", {}).items():
        for value in offered.few() if offered.few else ():
            condition = offered.condition(value)
            if condition is None:
                continue
            firms = list(db.session.scalars(select(Firm.id).where(condition).limit(MOST + 1)))
            if len(firms) <= MOST:
                rows.append({"filter": name, "value": value, "at": at, "firms": firms})
    return rows
