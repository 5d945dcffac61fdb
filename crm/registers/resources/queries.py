"""Reads of the resources: who sees them, their lists, one with its firms, and those of one firm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.orm import contains_eager, joinedload

from crm.accounts.models import Organisation, User
from crm.accounts.permissions import Permission
from crm.accounts.scope import within_scope
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm, Industry
from crm.firms.reference.terms import term_titles
from crm.firms.search import contains, terms_of
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import NotFoundError
from crm.registers.resources.models import Resource, ResourceFirm, ResourceRegister
from crm.web.paging import PAGE_SIZE, Page, page_of

MOST_EXPORTED = 20_000


# --- who sees and keeps them ---------------------------------------------------------------------------------------


def visible_resources(user: User) -> ColumnElement[bool]:
    """The condition on `Resource` that the user may read it: staff read all of their city, whoever keeps it; firms none."""
    if user.organisation is None:
        return false()
    root = f"/{user.organisation.path.split('/')[1]}/"
    paths = db.session.execute(select(Organisation.id, Organisation.path)).all()
    inside = [organisation_id for organisation_id, path in paths if path.startswith(root)]
    return true() if len(inside) == len(paths) else Resource.organisation_id.in_(inside)


def load_resource(user: User, resource_id: int) -> Resource:
    """A resource of the user's city. Raises NotFoundError (404) otherwise."""
    return _load(resource_id, visible_resources(user))


def load_kept_resource(user: User, resource_id: int) -> Resource:
    """A resource that the user may change: its organisation lies in their scope. Raises NotFoundError (404) otherwise."""
    organisation_id: Any = Resource.organisation_id
    return _load(resource_id, within_scope(user, organisation_id))


def _load(resource_id: int, condition: ColumnElement[bool]) -> Resource:
    found = db.session.scalar(
        select(Resource)
        .where(Resource.id == resource_id, condition)
        .options(joinedload(Resource.organisation), joinedload(Resource.user))
    )
    if found is None:
        raise NotFoundError(_("没有这条资源，或它不在您所在的城市。"))
    return found


def may_keep(user: User, resource: Resource) -> bool:
    """Whether the user may change it."""
    return (
        user.can(Permission.EDIT_FIRMS)
        and user.organisation is not None
        and resource.organisation.path.startswith(user.organisation.path)
    )


# --- lists ---------------------------------------------------------------------------------------------------------


class Running(StrEnum):
    NOW = "now"
    ENDED = "ended"
    ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a list of one register is narrowed by; None and "" do not narrow."""

    register: ResourceRegister
    typed: str = ""
    kind: str | None = None
    level: str | None = None
    industry: str | None = None
    organisation_ids: Sequence[int] | None = None
    year: int | None = None  # of an event
    running: Running = Running.NOW

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = [Resource.register == self.register, *matching(self.typed)]
        for column, value in ((Resource.kind, self.kind), (Resource.level, self.level)):
            if value:
                found.append(column == value)
        if self.industry:
            found.append(Resource.industry_code.startswith(self.industry, autoescape=True))
        if self.organisation_ids is not None:
            found.append(Resource.organisation_id.in_(self.organisation_ids))
        if self.year is not None:
            found.append(_in_year(self.year))
        if self.running is Running.NOW:
            found.append(_in_force())
        elif self.running is Running.ENDED:
            found.append(Resource.valid_to < clock.today())
        return found


def _in_force() -> ColumnElement[bool]:
    return or_(Resource.valid_to.is_(None), Resource.valid_to >= clock.today())


def matching(typed: str) -> list[ColumnElement[bool]]:
    """The conditions on `Resource` that it holds every word typed: in its name, holder, words or number, its pinyin or initials."""
    return [contains(Resource.search_text, term) for term in terms_of(typed)]


@dataclass(frozen=True)
class Listed:
    """One row of a list: columns of the resource, and how many firms are tied to it (for a carrier: inside)."""

    resource: Any
    firms: int


def list_resources(user: User, wanted: Wanted, number: int) -> Page[Listed]:
    """One page of a register: events newest first, all others in the order of their names."""
    rows = db.session.execute(_rows(user, wanted).limit(PAGE_SIZE + 1).offset((number - 1) * PAGE_SIZE)).all()
    page = page_of(rows, number)
    return Page(_listed(wanted.register, page.rows), page.number, page.more)


def all_resources(user: User, wanted: Wanted) -> list[Listed]:
    """The list for a workbook, at most MOST_EXPORTED of it."""
    return _listed(wanted.register, db.session.execute(_rows(user, wanted).limit(MOST_EXPORTED)).all())


def _rows(user: User, wanted: Wanted) -> Select[Any]:
    statement = (
        select(
            *(column for column in Resource.__table__.c if column.key not in Resource.unaudited),
            Organisation.name.label("organisation"),
            Industry.name.label("industry"),
        )
        .join(Organisation, Organisation.id == Resource.organisation_id)
        .outerjoin(Industry, Industry.code == Resource.industry_code)
        .where(visible_resources(user), *wanted.conditions())
    )
    if wanted.register is ResourceRegister.EVENT:
        return statement.order_by(Resource.on.desc(), Resource.id.desc())
    return statement.order_by(Resource.sort_key, Resource.id)


def _listed(register: ResourceRegister, rows: Sequence[Any]) -> list[Listed]:
    ids = [row.id for row in rows]
    of_these = Resource.register == register if len(ids) > PAGE_SIZE else ResourceFirm.resource_id.in_(ids)
    counts = select(ResourceFirm.resource_id, func.count()).group_by(ResourceFirm.resource_id)
    if len(ids) > PAGE_SIZE:
        counts = counts.join(Resource, Resource.id == ResourceFirm.resource_id)
    if register is not ResourceRegister.EVENT:
        counts = counts.where(is_tied(clock.today()))
    tied: dict[int, int] = dict(db.session.execute(counts.where(of_these)).all()) if ids else {}
    return [Listed(row, tied.get(row.id, 0)) for row in rows]


def register_counts(user: User) -> dict[ResourceRegister, int]:
    """Register → how many resources of the city are in it today: those that its list opens with."""
    shown = select(Resource.register, func.count()).where(visible_resources(user), _in_force())
    rows = db.session.execute(shown.group_by(Resource.register))
    return {register: count for register, count in rows}  # noqa: C416  rows are no pairs to the type checker


# --- the firms of one ------------------------------------------------------------------------------------------------


def is_tied(on: date) -> ColumnElement[bool]:
    """The condition on `ResourceFirm` that the tie holds on the day: `until` is the first day it does no longer."""
    return or_(ResourceFirm.until.is_(None), ResourceFirm.until > on)


class Ties(StrEnum):
    NOW = "now"
    BEFORE = "before"


@dataclass(frozen=True)
class Count:
    """How many firms: of those the reader may see, and of all."""

    visible: int = 0
    all: int = 0

    @property
    def hidden(self) -> int:
        return self.all - self.visible


@dataclass(frozen=True)
class Standing:
    """The firms of a resource in numbers. Outcomes and roles count ties of firms within the reader's scope."""

    now: Count
    before: Count
    roles: Mapping[str, int]  # of those tied now
    outcomes: Mapping[str | None, int]  # of those tied no longer; None: not said

    def of(self, which: Ties) -> Count:
        return self.now if which is Ties.NOW else self.before


def standing_of(user: User, resource: Resource) -> Standing:
    """One query for all its numbers."""
    current = is_tied(clock.today())
    rows = db.session.execute(
        select(
            current.label("current"),
            ResourceFirm.role,
            ResourceFirm.outcome,
            visible_firms(user).label("visible"),
            func.count().label("ties"),
        )
        .join(Firm, Firm.id == ResourceFirm.firm_id)
        .where(ResourceFirm.resource_id == resource.id)
        .group_by("current", ResourceFirm.role, ResourceFirm.outcome, "visible")
    ).all()
    roles: dict[str, int] = {}
    outcomes: dict[str | None, int] = {}
    totals = {True: [0, 0], False: [0, 0]}
    for row in rows:
        total = totals[bool(row.current)]
        total[1] += row.ties
        if not row.visible:
            continue
        total[0] += row.ties
        if row.current and row.role:
            roles[row.role] = roles.get(row.role, 0) + row.ties
        if not row.current:
            outcomes[row.outcome] = outcomes.get(row.outcome, 0) + row.ties
    return Standing(Count(*totals[True]), Count(*totals[False]), roles, outcomes)


def ties_page(user: User, resource: Resource, which: Ties, number: int) -> Page[ResourceFirm]:
    """One page of the resource's ties to firms the user may see: now in the order of names, before the last first."""
    statement = (
        select(ResourceFirm)
        .join(Firm, Firm.id == ResourceFirm.firm_id)
        .where(ResourceFirm.resource_id == resource.id, visible_firms(user))
        .options(contains_eager(ResourceFirm.firm).joinedload(Firm.organisation))
        .limit(PAGE_SIZE + 1)
        .offset((number - 1) * PAGE_SIZE)
    )
    today = is_tied(clock.today())
    if which is Ties.NOW:
        statement = statement.where(today).order_by(Firm.sort_key, Firm.id, ResourceFirm.id)
    else:
        statement = statement.where(~today).order_by(ResourceFirm.until.desc(), Firm.sort_key, ResourceFirm.id)
    return page_of(db.session.scalars(statement).all(), number)


def firms_tied(resource: Resource, firm_ids: Sequence[int]) -> frozenset[int]:
    """Those of the firms that are tied to it already: for an event, that came; for all others, that are today."""
    tied = select(ResourceFirm.firm_id).where(
        ResourceFirm.resource_id == resource.id, ResourceFirm.firm_id.in_(firm_ids)
    )
    if resource.register is not ResourceRegister.EVENT:
        tied = tied.where(is_tied(clock.today()))
    return frozenset(db.session.scalars(tied))


# --- the resources of one firm ---------------------------------------------------------------------------------------


def resources_of(firm_id: int) -> list[ResourceFirm]:
    """The firm's ties with their resources: by register, those that hold today first, the newest first. One query."""
    ties = db.session.scalars(
        select(ResourceFirm)
        .where(ResourceFirm.firm_id == firm_id)
        .join(ResourceFirm.resource)
        .options(contains_eager(ResourceFirm.resource).joinedload(Resource.organisation))
        .order_by(ResourceFirm.since.desc().nulls_last(), ResourceFirm.id.desc())
    ).all()
    order = {register: place for place, register in enumerate(ResourceRegister)}
    return sorted(ties, key=lambda tied: (order[tied.resource.register], not holds_on(tied, clock.today())))


def holds_on(tied: ResourceFirm, on: date) -> bool:
    """`is_tied` of a record."""
    return tied.until is None or tied.until > on


# --- events ------------------------------------------------------------------------------------------------------------


def _in_year(year: int) -> ColumnElement[bool]:
    return and_(Resource.on >= date(year, 1, 1), Resource.on <= date(year, 12, 31))


def events_in(user: User, year: int, organisation: Organisation | None = None) -> dict[str, int]:
    """Kind of event → how many were held in the year by the organisations in the user's scope, or of those under
    `organisation`; every kind that is a term is there, 0 where none was held. Events still to come do not count.
    """
    organisation_id: Any = Resource.organisation_id
    statement = (
        select(Resource.kind, func.count())
        .where(
            Resource.register == ResourceRegister.EVENT,
            _in_year(year),
            Resource.on <= clock.today(),
            within_scope(user, organisation_id),
        )
        .group_by(Resource.kind)
    )
    if organisation is not None:
        under = select(Organisation.id).where(Organisation.path.startswith(organisation.path, autoescape=True))
        statement = statement.where(Resource.organisation_id.in_(under))
    counted: dict[str, int] = dict(db.session.execute(statement).all())  # type: ignore[arg-type]
    return dict.fromkeys(term_titles("event.kind"), 0) | counted
