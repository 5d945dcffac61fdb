"""Reads of service packages: what a firm is due by its rungs, and over all firms how much is owed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal_column, select, union_all
from sqlalchemy.orm import aliased, joinedload

from crm.accounts.models import User
from crm.accounts.scope import sees_all
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm, FirmStatus
from crm.firms.reference.working_days import add_working_days
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder.models import Credential, Rung
from crm.ladder.queries import is_held
from crm.services.models import ServiceItem, ServiceRecord, ServiceState
from crm.services.words import OWED, REACHED

# A firm that declined or was given a service is owed it no more; one that was only told of it still is.
SETTLED = (ServiceState.GIVEN, ServiceState.DECLINED)


@dataclass(frozen=True)
class Due:
    """One service for one firm. `by` is the day it is to be given by, where the package says so."""

    item: ServiceItem
    record: ServiceRecord | None
    since: date | None
    by: date | None
    reached: bool = False  # the firm holds the title that the service prepares for

    @property
    def state(self) -> str:
        if self.record is None:
            return REACHED if self.reached else OWED
        return self.record.state.value

    @property
    def is_owed(self) -> bool:
        return not self.reached and (self.record is None or self.record.state not in SETTLED)

    @property
    def is_late(self) -> bool:
        return self.is_owed and self.by is not None and self.by < clock.today()


def items() -> list[ServiceItem]:
    """Every service of every package, in the order of the rungs; None, for firms without a title, first."""
    rungs: list[Rung | None] = [None, *Rung]
    found = db.session.scalars(select(ServiceItem).order_by(ServiceItem.place, ServiceItem.id)).all()
    return sorted(found, key=lambda item: rungs.index(item.rung))


def package_of(firm: Firm) -> list[Due]:
    """What the firm is due for the titles it holds today (or for being in business with none), and what it was given for others before."""
    today = clock.today()
    held: dict[Rung | None, date | None] = {
        row.rung: row.since
        for row in db.session.execute(
            select(Credential.rung, func.min(Credential.valid_from).label("since"))
            .where(Credential.firm_id == firm.id, is_held(today))
            .group_by(Credential.rung)
        )
    } or ({None: None} if firm.status is FirmStatus.ACTIVE else {})
    records = {
        record.item_id: record
        for record in db.session.scalars(
            select(ServiceRecord).where(ServiceRecord.firm_id == firm.id).options(joinedload(ServiceRecord.by))
        )
    }
    return [
        Due(
            item,
            records.get(item.id),
            since := held.get(item.rung),
            _by(item, since),
            item.towards is not None and item.towards in held,
        )
        for item in items()
        if item.id in records or (item.rung in held and not item.disabled)
    ]


def _by(item: ServiceItem, since: date | None) -> date | None:
    return None if item.days is None or since is None else add_working_days(since, item.days)


def at_rung(rung: Rung | None, on: date) -> ColumnElement[bool]:
    """The condition on `Firm` that the package of a rung is for it: it holds the title; for None, it is in business and holds none."""
    holds = exists().where(Credential.firm_id == Firm.id, is_held(on))
    if rung is None:
        return and_(Firm.status == FirmStatus.ACTIVE, ~holds)
    return Firm.id.in_(select(Credential.firm_id).where(Credential.rung == rung, is_held(on)))


def has_record(item_id: int, *states: ServiceState) -> ColumnElement[bool]:
    return Firm.id.in_(
        select(ServiceRecord.firm_id).where(ServiceRecord.item_id == item_id, ServiceRecord.state.in_(states))
    )


def in_state(item: ServiceItem, state: str) -> ColumnElement[bool]:
    """The condition on `Firm` that a service of its rung is owed it, or stands in a state."""
    today = clock.today()
    if state != OWED:
        return and_(at_rung(item.rung, today), has_record(item.id, ServiceState(state)))
    owed = and_(at_rung(item.rung, today), ~has_record(item.id, *SETTLED))
    return owed if item.towards is None else and_(owed, ~at_rung(item.towards, today))


def counts(user: User) -> dict[int, dict[str, int]]:
    """Service → how many firms of the user's scope it is for (`firms`), how many are owed it, and how many stand in each state."""
    today = clock.today()
    listed = items()
    firms = _holders(user, today)
    if any(item.rung is None and not item.disabled for item in listed):
        firms[None] = _without_a_title(user, today)
    found = {item.id: {"firms": firms.get(item.rung, 0), **dict.fromkeys(ServiceState, 0)} for item in listed}
    for item_id, state, number in db.session.execute(union_all(*_recorded(user, today, listed))) if listed else ():
        found[item_id][state] = number
    reached = _reached(user, today)
    for item_id, counted in found.items():
        counted[OWED] = counted["firms"] - sum(counted[state] for state in SETTLED) - reached.get(item_id, 0)
    return found


def _reached(user: User, today: date) -> dict[int, int]:
    """Service → how many firms at its rung hold the title that it prepares for, and were neither given nor declined it."""
    # Few firms hold several titles: they are found in one walk, instead of asking it of each title and service.
    several = (
        select(Credential.firm_id)
        .where(is_held(today), *_of(user))
        .group_by(Credential.firm_id)
        .having(func.count() > 1)
        .cte("several")
        .prefix_with("MATERIALIZED")
    )
    above = aliased(Credential)
    settled = exists(ServiceRecord.id).where(
        ServiceRecord.firm_id == several.c.firm_id,
        ServiceRecord.item_id == ServiceItem.id,
        ServiceRecord.state.in_(SETTLED),
    )
    rows = db.session.execute(
        select(ServiceItem.id, func.count(func.distinct(several.c.firm_id)))
        .select_from(several)
        .join(Credential, and_(Credential.firm_id == several.c.firm_id, is_held(today)))
        .join(above, and_(above.firm_id == several.c.firm_id, is_held(today, above)))
        .join(ServiceItem, and_(ServiceItem.rung == Credential.rung, ServiceItem.towards == above.rung))
        .where(~settled)
        .group_by(ServiceItem.id)
    )
    return {item_id: number for item_id, number in rows}  # noqa: C416  as below


def _recorded(user: User, today: date, listed: Sequence[ServiceItem]) -> Iterator[Any]:
    """Service, state and how many firms: of those that hold its title; of services for no title, of those without any.

    A rung at a time: each firm is then looked up once, among the titles of that rung.
    """
    record: Any = ServiceRecord
    if narrowed := _of(user, ServiceRecord.firm_id):  # the scope is looked at once
        mine = select(ServiceRecord.item_id, ServiceRecord.state, ServiceRecord.firm_id).where(*narrowed)
        record = mine.cte("mine").prefix_with("MATERIALIZED").c
    held = exists(Credential.id).where(Credential.firm_id == record.firm_id, is_held(today))
    by_rung: dict[Rung | None, list[int]] = defaultdict(list)
    for item in listed:
        by_rung[item.rung].append(item.id)
    for rung, item_ids in by_rung.items():
        ours = (~held, record.firm_id.not_in(_gone())) if rung is None else (held.where(Credential.rung == rung),)
        found = select(record.item_id, record.state, func.count()).where(record.item_id.in_(item_ids), *ours)
        yield found.group_by(record.item_id, record.state)


def _without_a_title(user: User, today: date) -> int:
    """Firms of the scope in business that hold no title: all, less those that are gone, less those of the others that hold
    one."""
    firms = select(func.count()).select_from(Firm).where(visible_firms(user))
    gone = firms.where(Firm.id.in_(_gone()))
    # Grouped, they are read along the index of firms; told apart within the count, they would be sorted first.
    held = select(Credential.firm_id).where(is_held(today), *_of(user)).group_by(Credential.firm_id).subquery()
    holders = select(func.count()).select_from(held)
    # Few are gone: theirs are taken out at the end, instead of asking it of each title.
    of_gone = gone.where(exists(Credential.id).where(Credential.firm_id == Firm.id, is_held(today)))
    found = select(
        firms.scalar_subquery() - gone.scalar_subquery() - holders.scalar_subquery() + of_gone.scalar_subquery()
    )
    return db.session.scalar(found) or 0


def _gone() -> Select[int]:
    """The firms out of business: few, and in an index of their own, which wants the word itself."""
    return select(Firm.id).where(Firm.status != literal_column("'active'"))


def _holders(user: User, today: date) -> dict[Rung | None, int]:
    """Rung → firms of the scope that hold its title today."""
    rows = db.session.execute(
        select(Credential.rung, func.count(func.distinct(Credential.firm_id)))
        .where(is_held(today), *_of(user))
        .group_by(Credential.rung)
    )
    return {rung: number for rung, number in rows}  # noqa: C416  rows are no pairs to the type checker


def _of(user: User, firm_id: Any = Credential.firm_id) -> list[ColumnElement[bool]]:
    """The condition that the firm lies in the scope: none for who sees all, so that no firm is read."""
    return [] if sees_all(user) else [firm_id.in_(select(Firm.id).where(visible_firms(user)))]
