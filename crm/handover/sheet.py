"""The hand-over sheet: how each firm stood that day, as data that stays true whatever changes later."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from crm.accounts.models import User
from crm.firms.models import Firm
from crm.kernel.db import db
from crm.ladder.models import Case, CaseStatus, Credential, Rung
from crm.ladder.next_rung import next_rung
from crm.ladder.queries import is_held
from crm.visits.models import Need, NeedState, PlannedState, PlannedVisit, Task, TaskState, Visit

LONGEST_SAID = 300


def make_sheet(firms: Sequence[Firm], giver: User | None, on: date) -> list[dict[str, Any]]:
    """One entry a firm: titles held, open cases, promises, needs, planned visits, the last visit, what is missing."""
    ids = [firm.id for firm in firms]
    held = _by_firm(db.session.scalars(select(Credential).where(Credential.firm_id.in_(ids), is_held(on))))
    cases = _by_firm(
        db.session.scalars(select(Case).where(Case.firm_id.in_(ids), Case.status == CaseStatus.OPEN).order_by(Case.id))
    )
    tasks = _by_firm(
        db.session.scalars(
            select(Task)
            .where(Task.firm_id.in_(ids), Task.state == TaskState.OPEN)
            .options(joinedload(Task.assignee))
            .order_by(Task.due_on, Task.id)
        )
    )
    needs = _by_firm(
        db.session.scalars(
            select(Need).where(Need.firm_id.in_(ids), Need.state == NeedState.OPEN).order_by(Need.raised_on, Need.id)
        )
    )
    plans = _by_firm(
        db.session.scalars(
            select(PlannedVisit)
            .where(PlannedVisit.firm_id.in_(ids), PlannedVisit.state == PlannedState.PLANNED)
            .options(joinedload(PlannedVisit.officer))
            .order_by(PlannedVisit.on, PlannedVisit.id)
        )
    )
    visits = _last_visits(ids)
    giver_id = giver.id if giver else None
    return [
        {
            "firm_id": firm.id,
            "name": firm.name,
            "code": firm.credit_code or firm.registration_number,
            "organisation": firm.organisation.name,
            "held": [rung.value for rung in Rung if rung in {title.rung for title in held[firm.id]}],
            "cases": [
                {
                    "rung": case.rung.value,
                    "stage": case.stage.value,
                    "since": case.stage_since.isoformat(),
                    "moved": case.officer_id in (None, giver_id),
                }
                for case in cases[firm.id]
            ],
            "tasks": [
                {
                    "title": task.title,
                    "due_on": task.due_on.isoformat(),
                    "who": task.assignee.name,
                    "moved": task.assignee_id == giver_id,
                }
                for task in tasks[firm.id]
            ],
            "needs": [{"text": need.text, "raised_on": need.raised_on.isoformat()} for need in needs[firm.id]],
            "plans": [
                {
                    "on": plan.on.isoformat(),
                    "purpose": plan.purpose,
                    "who": plan.officer.name,
                    "moved": plan.officer_id == giver_id,
                }
                for plan in plans[firm.id]
            ],
            "last_visit": visits.get(firm.id),
            "next": _next(firm, on),
        }
        for firm in firms
    ]


def _by_firm(records: Iterable[Any]) -> defaultdict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for record in records:
        found[record.firm_id].append(record)
    return found


def _last_visits(ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    numbered = (
        select(
            Visit.id,
            func.row_number()
            .over(partition_by=Visit.firm_id, order_by=(Visit.on.desc(), Visit.id.desc()))
            .label("place"),
        )
        .where(Visit.firm_id.in_(ids))
        .subquery()
    )
    last = (
        select(Visit)
        .join(numbered, numbered.c.id == Visit.id)
        .where(numbered.c.place == 1)
        .options(joinedload(Visit.officer))
    )
    return {
        visit.firm_id: {"on": visit.on.isoformat(), "by": visit.officer.name, "said": visit.said[:LONGEST_SAID]}
        for visit in db.session.scalars(last)
    }


def _next(firm: Firm, on: date) -> dict[str, Any] | None:
    """The rung the firm works towards and what is in its way, in the language of whoever hands over."""
    following = next_rung(firm, on)
    if following is None:
        return None
    lacks = [
        lack.title + _("（%(reason)s）", reason=lack.text) if lack.text else lack.title for lack in following.lacks
    ]
    return {
        "rung": following.rung.value,
        "verdict": following.verdict,
        "reason": following.reason,
        "lacks": lacks,
        "more": following.total - len(lacks),
    }
