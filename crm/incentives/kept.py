"""The rows of entitlements, effects and counts: read, compared, and only what differs written, a few firms at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, select

from crm.accounts.models import Organisation
from crm.firms.models import Firm
from crm.incentives.models import EntitlementRow, IncentiveCount, PolicyEffect
from crm.kernel.bulk import chunks, insert_rows
from crm.kernel.db import db

WRITTEN = 1_000  # firms written at a time: a moment of SQLite's one write lock
WITHIN = (1, 2, 3)  # years after payment
ROWS, EFFECTS, COUNTS = (cast(Table, model.__table__) for model in (EntitlementRow, PolicyEffect, IncentiveCount))

Row = tuple[str, Decimal | None]  # verdict, yuan
Found = dict[tuple[int, int, str], Row]  # firm, year, cause


@dataclass(frozen=True)
class Effect:
    """How a firm moved on the ladder since a day; `gained[n]` None: the year is not over yet."""

    paid: bool
    since: date
    gained: tuple[int | None, ...]


def stored(incentive: str) -> Found:
    rows = db.session.execute(
        select(ROWS.c.firm_id, ROWS.c.year, ROWS.c.cause, ROWS.c.verdict, ROWS.c.amount).where(
            ROWS.c.incentive == incentive
        )
    )
    return {(firm_id, year, cause): (verdict, amount) for firm_id, year, cause, verdict, amount in rows}


def write(incentive: str, found: Found, stored: Found) -> None:
    fresh = {key: row for key, row in found.items() if stored.get(key) != row}
    stale = [key for key, row in stored.items() if found.get(key) != row]
    by_firm: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for (firm_id, year, cause), (verdict, amount) in fresh.items():
        by_firm[firm_id].append(
            {
                "firm_id": firm_id,
                "incentive": incentive,
                "year": year,
                "cause": cause,
                "verdict": verdict,
                "amount": amount,
            }
        )
    gone: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for firm_id, year, cause in stale:
        gone[firm_id].append({"its_firm": firm_id, "its_year": year, "its_cause": cause})
    same = (
        ROWS.c.incentive == incentive,
        ROWS.c.firm_id == bindparam("its_firm"),
        ROWS.c.year == bindparam("its_year"),
        ROWS.c.cause == bindparam("its_cause"),
    )
    ids = sorted({*by_firm, *gone})
    for start in range(0, len(ids), WRITTEN):
        some = ids[start : start + WRITTEN]
        there = _there(some)
        if old := [key for firm_id in some for key in gone.get(firm_id, ())]:
            db.session.connection().execute(delete(ROWS).where(*same), old)
        insert_rows(db.session, ROWS, [row for firm_id in some if firm_id in there for row in by_firm.get(firm_id, ())])
        db.session.commit()


def _there(ids: Iterable[int]) -> set[int]:
    """Firms deleted meanwhile are left out; the others stay until the commit."""
    return set(db.session.scalars(select(Firm.id).where(Firm.id.in_(ids)).with_for_update(read=True, key_share=True)))


def write_effects(incentive: str, effects: dict[int, Effect]) -> None:
    with db.reading():
        stored = {
            row.firm_id: Effect(row.paid, row.since, (row.gained_1, row.gained_2, row.gained_3))
            for row in db.session.execute(select(EFFECTS).where(EFFECTS.c.incentive == incentive))
        }
    changed = sorted(id_ for id_ in {*effects, *stored} if effects.get(id_) != stored.get(id_))
    for some in (changed[start : start + WRITTEN] for start in range(0, len(changed), WRITTEN)):
        there = _there(some)
        db.session.execute(delete(EFFECTS).where(EFFECTS.c.incentive == incentive, EFFECTS.c.firm_id.in_(some)))
        rows = [
            {
                "firm_id": firm_id,
                "incentive": incentive,
                "paid": effects[firm_id].paid,
                "since": effects[firm_id].since,
                **{f"gained_{years}": gained for years, gained in zip(WITHIN, effects[firm_id].gained, strict=True)},
            }
            for firm_id in some
            if firm_id in there and firm_id in effects
        ]
        insert_rows(db.session, EFFECTS, rows)
        db.session.commit()


def write_counts(incentive: str, counts: dict[tuple[int, int, str], int]) -> None:
    known = set(db.session.scalars(select(Organisation.id)))
    db.session.execute(delete(COUNTS).where(COUNTS.c.incentive == incentive))
    rows = [
        {"incentive": incentive, "organisation_id": organisation, "year": year, "what": what, "number": number}
        for (organisation, year, what), number in counts.items()
        if organisation in known
    ]
    for some in chunks(rows):
        insert_rows(db.session, COUNTS, some)
    db.session.commit()
