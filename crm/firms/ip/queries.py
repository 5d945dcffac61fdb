"""Reads of the IP register."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from crm.accounts.models import User
from crm.firms.ip.models import IpKind, IpRight, IpStatus
from crm.firms.ip.rules import CLASSES, IpClass
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm
from crm.kernel.db import db
from crm.web.paging import PAGE_SIZE, Page, page_of

UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class IpFilter:
    """What of a register is asked for; None: all. `status` may be "unknown"."""

    kind: IpKind | None = None
    ip_class: IpClass | None = None
    status: IpStatus | str | None = None
    core_product: bool | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.kind is not None:
            found.append(IpRight.kind == self.kind)
        if self.ip_class is not None:
            found.append(IpRight.kind.in_([kind for kind, own in CLASSES.items() if own is self.ip_class]))
        if self.status is not None:
            found.append(IpRight.status.is_(None) if self.status == UNKNOWN else IpRight.status == self.status)
        if self.core_product is not None:
            found.append(IpRight.core_product == self.core_product)
        return found


def rights_of(firm_id: int) -> list[IpRight]:
    """All rights of a firm, newest filing first. One query."""
    return list(
        db.session.scalars(
            select(IpRight)
            .where(IpRight.firm_id == firm_id)
            .order_by(IpRight.filed_on.desc().nulls_last(), IpRight.id.desc())
        )
    )


def rights_page(firm_id: int, wanted: IpFilter, number: int) -> Page[IpRight]:
    """One page of a firm's rights, newest filing first, with their documents."""
    rows = db.session.scalars(
        select(IpRight)
        .where(IpRight.firm_id == firm_id, *wanted.conditions())
        .order_by(IpRight.filed_on.desc().nulls_last(), IpRight.id.desc())
        .options(joinedload(IpRight.document))
        .offset((number - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)
    ).all()
    return page_of(rows, number)


def counts_of(firm_id: int) -> dict[tuple[IpClass, IpStatus | None], int]:
    """(class, status) → how many rights of the firm."""
    counts: dict[tuple[IpClass, IpStatus | None], int] = {}
    rows = db.session.execute(
        select(IpRight.kind, IpRight.status, func.count())
        .where(IpRight.firm_id == firm_id)
        .group_by(IpRight.kind, IpRight.status)
    )
    for kind, status, count in rows:
        key = (CLASSES[kind], status)
        counts[key] = counts.get(key, 0) + count
    return counts


@dataclass(frozen=True)
class Elsewhere:
    """Other firms with the same number: names only of those in the reader's scope."""

    count: int
    firms: list[Firm]


def elsewhere(user: User, firm_id: int, numbers: list[str]) -> dict[str, Elsewhere]:
    """Number → the other firms that have it too (co-owners, or a mistake). One query."""
    if not numbers:
        return {}
    visible = visible_firms(user)
    rows = db.session.execute(
        select(IpRight.number, Firm, visible.label("visible"))
        .join(Firm, Firm.id == IpRight.firm_id)
        .where(IpRight.number.in_(numbers), IpRight.firm_id != firm_id)
        .order_by(IpRight.number, Firm.sort_key, Firm.id)
    )
    found: dict[str, Elsewhere] = {}
    for number, firm, may_see in rows:
        before = found.get(number, Elsewhere(0, []))
        found[number] = Elsewhere(before.count + 1, before.firms + ([firm] if may_see else []))
    return found
