"""The warnings kept, worked out anew every hour. Reading holds no lock, writing is short and only what differs."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast

from flask import Flask
from sqlalchemy import Table, bindparam, delete, select

from crm.firms.models import Firm
from crm.insight.early_warning import finding
from crm.insight.early_warning.falling import figures_falling
from crm.insight.early_warning.finding import Found
from crm.insight.models import EarlyWarning, EarlyWarningRun, WarningKind
from crm.kernel import clock, jobs
from crm.kernel.bulk import insert_rows
from crm.kernel.db import db

LOOK_EVERY, WORK_EVERY = timedelta(minutes=1), timedelta(hours=1)
WRITTEN = 1_000  # firms written at a time: a moment of SQLite's one write lock
TABLE = cast(Table, EarlyWarning.__table__)
KEY = ("firm_id", "kind", "subject")
Key = tuple[int, WarningKind, str]


def init_app(app: Flask) -> None:
    jobs.offer_regular(app, "early-warning", LOOK_EVERY, refresh_if_due)


def last_run() -> EarlyWarningRun | None:
    return db.session.scalars(select(EarlyWarningRun).order_by(EarlyWarningRun.id.desc()).limit(1)).first()


def refresh_if_due() -> None:
    """Work them out where that was not done today, or an hour ago."""
    with db.reading():
        last = last_run()
        due = last is None or last.on != clock.today() or last.at <= clock.now() - WORK_EVERY
    if due:
        refresh()


def refresh() -> int:
    """Work out all warnings and commit; how many firms' rows were written or removed.

    For jobs and commands, with nothing pending in the session: each part is a transaction of its own.
    """
    with jobs.alone("early-warning"):
        on = clock.today()
        with db.reading():
            found, unjudged = find(on)
            stored = {_key(row): row for row in map(_stored, db.session.execute(select(TABLE)).mappings())}
        fresh = [row for key, row in found.items() if stored.get(key) != row]
        stale = [key for key, row in stored.items() if found.get(key) != row]
        written = _write(fresh, stale)
        run = EarlyWarningRun(on=on, unjudged=unjudged)
        db.session.add(run)
        db.session.flush()
        db.session.execute(delete(EarlyWarningRun).where(EarlyWarningRun.id < run.id))
        db.session.commit()
        return written


def find(on: date) -> tuple[dict[Key, Found], int]:
    """Every warning of the day, and how many firms with falling figures were not judged."""
    falling = figures_falling(on)
    found = [
        *finding.titles_lapsing(on),
        *finding.windows_closing(on),
        *falling.found,
        *finding.rights_ending(on),
        *finding.firms_unseen(on),
    ]
    return {_key(row): row for row in found}, falling.unjudged


def _key(row: Found) -> Key:
    return row.firm_id, row.kind, row.subject


def _stored(row: Any) -> Found:
    return Found(**row)


def _write(fresh: list[Found], stale: list[Key]) -> int:
    ids = sorted({row.firm_id for row in fresh} | {key[0] for key in stale})
    for start in range(0, len(ids), WRITTEN):
        some = set(ids[start : start + WRITTEN])
        _write_some([row for row in fresh if row.firm_id in some], [key for key in stale if key[0] in some])
    return len(ids)


def _write_some(fresh: list[Found], stale: list[Key]) -> None:
    """Store the differences of some firms, and commit; firms deleted meanwhile are left out."""
    wanted = select(Firm.id).where(Firm.id.in_({row.firm_id for row in fresh}))
    there = set(db.session.scalars(wanted.with_for_update(read=True, key_share=True)))
    if stale:
        same = [TABLE.c[name] == bindparam(f"its_{name}") for name in KEY]
        keys = [{f"its_{name}": value for name, value in zip(KEY, key, strict=True)} for key in stale]
        db.session.connection().execute(delete(TABLE).where(*same), keys)
    insert_rows(db.session, TABLE, [vars(row) for row in fresh if row.firm_id in there])
    db.session.commit()
