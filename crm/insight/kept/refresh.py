"""The counts kept, worked out anew every hour. Reading holds no lock; writing is short, one organisation at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, cast

from flask import Flask
from sqlalchemy import Table, delete, func, select

from crm.accounts.models import Organisation
from crm.firms.models import Firm
from crm.insight.kept import LARGE
from crm.insight.kept.counts import COUNTS
from crm.insight.kept.packing import pack
from crm.insight.models import KeptCount
from crm.kernel import clock, jobs
from crm.kernel.bulk import insert_rows
from crm.kernel.db import db

LOOK_EVERY, WORK_EVERY = timedelta(minutes=1), timedelta(hours=1)
TABLE = cast(Table, KeptCount.__table__)


def init_app(app: Flask) -> None:
    jobs.offer_regular(app, "kept-counts", LOOK_EVERY, refresh_if_due)


def refresh_if_due() -> None:
    """Count where that was not done today, or an hour ago."""
    with db.reading():
        last = db.session.scalar(select(func.max(KeptCount.at)))
        small = next(_large(), None) is None
    if last is None and small:
        return
    if last is None or last <= clock.now() - WORK_EVERY or clock.local_day(last) != clock.today():
        refresh()


def refresh() -> int:
    """Count for every large organisation and commit each; how many there are.

    For jobs and commands, with nothing pending in the session.
    """
    with jobs.alone("kept-counts"):
        with db.reading():
            large = list(_large())
        for organisation_id, narrow in large:
            with db.reading():
                rows = _rows(organisation_id, narrow, clock.today())
            db.session.execute(delete(KeptCount).where(KeptCount.organisation_id == organisation_id))
            insert_rows(db.session, TABLE, rows)
            db.session.commit()
        gone = KeptCount.organisation_id.not_in([organisation_id for organisation_id, _narrow in large])
        db.session.execute(delete(KeptCount).where(gone))
        db.session.commit()
        return len(large)


def _rows(organisation_id: int, narrow: list[Any], today: date) -> list[dict[str, Any]]:
    return [
        {
            "organisation_id": organisation_id,
            "name": count.name,
            "since": since,
            "until": until,
            "values": pack(count.count(since, until, narrow)),
            "at": clock.now(),
        }
        for count in COUNTS
        for since, until in count.periods(today)
    ]


def _large() -> Iterator[tuple[int, list[Any]]]:
    """The organisations with many firms at and below them, each with its condition on `Firm`; none for the root."""
    counted = select(Firm.organisation_id, func.count()).group_by(Firm.organisation_id)
    firms = {organisation_id: number for organisation_id, number in db.session.execute(counted)}  # noqa: C416
    every = db.session.scalars(select(Organisation).order_by(Organisation.path)).all()
    for organisation in every:
        below = [each.id for each in every if each.path.startswith(organisation.path)]
        if sum(firms.get(each, 0) for each in below) > LARGE:
            root = organisation.parent_id is None
            yield organisation.id, [] if root else [Firm.organisation_id.in_(below)]
