"""Reads of the registers."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from crm.kernel.db import db
from crm.registers.models import Register, RegisterEntry
from crm.web.paging import PAGE_SIZE, Page, page_of

SHOWN = 20  # entries of each register on the firm's page; the rest on the register's own
NEWEST_FIRST = (RegisterEntry.on.desc().nulls_last(), RegisterEntry.id.desc())


def entries_of(firm_id: int) -> list[RegisterEntry]:
    """All entries of a firm, by register, newest first. One query."""
    return list(
        db.session.scalars(
            select(RegisterEntry)
            .where(RegisterEntry.firm_id == firm_id)
            .order_by(RegisterEntry.register, *NEWEST_FIRST)
        )
    )


def newest_entries(firm_id: int) -> dict[Register, list[RegisterEntry]]:
    """Register → its newest entries, at most SHOWN, with their documents. One query."""
    place = func.row_number().over(partition_by=RegisterEntry.register, order_by=NEWEST_FIRST).label("place")
    ranked = select(RegisterEntry.id, place).where(RegisterEntry.firm_id == firm_id).subquery()
    rows = db.session.scalars(
        select(RegisterEntry)
        .join(ranked, ranked.c.id == RegisterEntry.id)
        .where(ranked.c.place <= SHOWN)
        .order_by(RegisterEntry.register, ranked.c.place)
        .options(joinedload(RegisterEntry.document))
    )
    found: dict[Register, list[RegisterEntry]] = {register: [] for register in Register}
    for entry in rows:
        found[entry.register].append(entry)
    return found


def counts_of(firm_id: int) -> dict[Register, int]:
    """Register → how many entries the firm has in it; a register without any is left out."""
    rows = db.session.execute(
        select(RegisterEntry.register, func.count().label("entries"))
        .where(RegisterEntry.firm_id == firm_id)
        .group_by(RegisterEntry.register)
    )
    return {row.register: row.entries for row in rows}


def entries_page(firm_id: int, register: Register, number: int) -> Page[RegisterEntry]:
    """One page of one register of a firm, newest first, with documents."""
    rows = db.session.scalars(
        select(RegisterEntry)
        .where(RegisterEntry.firm_id == firm_id, RegisterEntry.register == register)
        .order_by(*NEWEST_FIRST)
        .options(joinedload(RegisterEntry.document))
        .offset((number - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)
    ).all()
    return page_of(rows, number)
