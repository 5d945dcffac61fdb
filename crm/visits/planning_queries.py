"""Reads of planned visits: whose they are, and who else goes to the same firm about the same time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import contains_eager, joinedload

from crm.accounts.models import User
from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.db import db
from crm.visits.models import PlannedState, PlannedVisit, Visit
from crm.visits.words import topic_titles
from crm.web.formatting import day

NOT_TOLD_FOR = timedelta(days=30)  # a planned visit that nobody told of is asked after so long
NEAR = timedelta(days=30)  # visits of others within so many days are told of
BRIEF = 80  # characters of what was said
MOST_NEAR = 6  # of the visits held, and of those planned


def open_plans(*conditions: ColumnElement[bool]) -> Select[PlannedVisit]:
    """Visits still to be held, the earliest first, each with its firm and officer."""
    return (
        select(PlannedVisit)
        .join(Firm, Firm.id == PlannedVisit.firm_id)
        .where(PlannedVisit.state == PlannedState.PLANNED, *conditions)
        .options(contains_eager(PlannedVisit.firm), joinedload(PlannedVisit.officer).joinedload(User.organisation))
        .order_by(PlannedVisit.on, PlannedVisit.starts_at.is_(None), PlannedVisit.starts_at, PlannedVisit.id)
    )


def plan_due(user: User, firm: Firm) -> PlannedVisit | None:
    """This person's own visit to the firm that should have been held by now: the latest of the last weeks."""
    today = clock.today()
    mine = open_plans(
        PlannedVisit.firm_id == firm.id,
        PlannedVisit.officer_id == user.id,
        PlannedVisit.on.between(today - NOT_TOLD_FOR, today),
    )
    return db.session.scalars(mine.order_by(None).order_by(PlannedVisit.on.desc(), PlannedVisit.id.desc())).first()


def plans_of(firm: Firm, limit: int = 20) -> Sequence[PlannedVisit]:
    """Who plans to visit the firm, whoever they are."""
    return db.session.scalars(open_plans(PlannedVisit.firm_id == firm.id).limit(limit)).all()


@dataclass(frozen=True, kw_only=True)
class Near:
    """A visit by somebody else about the same time: held, or planned."""

    mark: str  # what a person who has read of it sends back
    on: date
    days: int  # after the day in question; negative: before it
    officer: str
    organisation: str | None
    planned: bool
    told: str  # what was said, or what it is for
    href: str


def others_near(firm: Firm, on: date, officer_id: int, *, but: int | None = None) -> list[Near]:
    """Visits to the firm by others than this officer within 30 days of the day, the nearest first. Two queries.

    `but`: the planned visit that is being moved.
    """
    first, last = _span(on)
    held = db.session.scalars(
        select(Visit)
        .where(Visit.firm_id == firm.id, Visit.officer_id != officer_id, Visit.on.between(first, last))
        .options(joinedload(Visit.officer).joinedload(User.organisation))
        .order_by(Visit.on.desc(), Visit.id.desc())
        .limit(MOST_NEAR)
    )
    plans = open_plans(
        PlannedVisit.firm_id == firm.id,
        PlannedVisit.officer_id != officer_id,
        PlannedVisit.id != (but or 0),
        PlannedVisit.on.between(first, last),
    )
    found = [_held_near(visit, on) for visit in held]
    found += [_planned_near(planned, on) for planned in db.session.scalars(plans.limit(MOST_NEAR))]
    return sorted(found, key=lambda near: abs(near.days))


def _span(on: date) -> tuple[date, date]:
    """30 days to both sides, as far as there are days."""
    first = on - NEAR if on - date.min > NEAR else date.min
    return first, on + NEAR if date.max - on > NEAR else date.max


def _held_near(visit: Visit, on: date) -> Near:
    said = visit.said or _("、").join(str(title) for title in topic_titles(visit.topics))
    return Near(
        mark=f"visit-{visit.id}",
        on=visit.on,
        days=(visit.on - on).days,
        officer=visit.officer.name,
        organisation=visit.officer.organisation.name if visit.officer.organisation else None,
        planned=False,
        told=said if len(said) <= BRIEF else said[:BRIEF] + "…",
        href=url_for("visits.show", visit_id=visit.id),
    )


def _planned_near(planned: PlannedVisit, on: date) -> Near:
    return Near(
        mark=f"plan-{planned.id}",
        on=planned.on,
        days=(planned.on - on).days,
        officer=planned.officer.name,
        organisation=planned.officer.organisation.name if planned.officer.organisation else None,
        planned=True,
        told=planned.purpose or "",
        href=url_for("visits.planned", planned_id=planned.id),
    )


def when(planned: PlannedVisit) -> str:
    """Its day, and its time where there is one."""
    return " ".join([day(planned.on), *([planned.starts_at.isoformat("minutes")] if planned.starts_at else [])])


@dataclass(frozen=True)
class Seen:
    """Who was at a firm last, and who plans to go next; None where nobody was or does."""

    visit: Visit | None = None
    planned: PlannedVisit | None = None


def seen(firm_ids: Collection[int]) -> dict[int, Seen]:
    """Of each of a few firms its last visit and the next one planned. Two queries."""
    place = func.row_number().over(partition_by=Visit.firm_id, order_by=(Visit.on.desc(), Visit.id.desc()))
    last = select(Visit.id, place.label("place")).where(Visit.firm_id.in_(firm_ids)).subquery()
    visits = db.session.scalars(
        select(Visit).join(last, last.c.id == Visit.id).where(last.c.place == 1).options(joinedload(Visit.officer))
    )
    to_come = open_plans(PlannedVisit.firm_id.in_(firm_ids), PlannedVisit.on >= clock.today())
    plans = db.session.scalars(to_come.limit(20 * len(firm_ids)))
    held = {visit.firm_id: visit for visit in visits}
    planned: dict[int, PlannedVisit] = {}
    for plan in plans:
        planned.setdefault(plan.firm_id, plan)
    return {firm_id: Seen(held.get(firm_id), planned.get(firm_id)) for firm_id in firm_ids}
