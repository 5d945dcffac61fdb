"""Reads of the hand-over room: whose firms there are, what goes with them, and what was handed over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import defer, joinedload

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.accounts.scope import within_scope
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm
from crm.handover.models import Handover
from crm.kernel.bulk import one_of
from crm.kernel.db import db
from crm.kernel.errors import NotFoundError
from crm.ladder.models import Case, CaseStatus
from crm.visits.models import Need, NeedState, PlannedState, PlannedVisit, Task, TaskState
from crm.web.paging import PAGE_SIZE, Page, page_of

# --- what goes with a firm ---------------------------------------------------------------------------------------


def moved_cases(firm_ids: Sequence[int], giver_id: int | None) -> Select[Case]:
    """Open cases that the giver has at the firms; those that nobody has go along."""
    whose: ColumnElement[bool] = Case.officer_id.is_(None)
    if giver_id is not None:
        whose = or_(whose, Case.officer_id == giver_id)
    return select(Case).where(one_of(Case.firm_id, firm_ids), Case.status == CaseStatus.OPEN, whose).order_by(Case.id)


def moved_tasks(firm_ids: Sequence[int], giver_id: int | None) -> Select[Task]:
    """The giver's open tasks at the firms. A task always has someone: nobody's firms bring none."""
    return (
        select(Task)
        .where(one_of(Task.firm_id, firm_ids), Task.state == TaskState.OPEN, Task.assignee_id == giver_id)
        .order_by(Task.id)
    )


def moved_needs(firm_ids: Sequence[int], giver_id: int | None) -> Select[Need]:
    """Open needs that were given to the giver by name; the others follow the firm's officer by themselves."""
    return (
        select(Need)
        .where(one_of(Need.firm_id, firm_ids), Need.state == NeedState.OPEN, Need.assignee_id == giver_id)
        .where(Need.assignee_id.is_not(None))
        .order_by(Need.id)
    )


def moved_plans(firm_ids: Sequence[int], giver_id: int | None) -> Select[PlannedVisit]:
    """Visits that the giver planned to pay the firms."""
    return (
        select(PlannedVisit)
        .where(
            one_of(PlannedVisit.firm_id, firm_ids),
            PlannedVisit.state == PlannedState.PLANNED,
            PlannedVisit.officer_id == giver_id,
        )
        .order_by(PlannedVisit.id)
    )


@dataclass(frozen=True)
class Going:
    """How much goes with each firm."""

    cases: Counter[int]
    tasks: Counter[int]
    plans: Counter[int]


def going(firm_ids: Sequence[int], giver_id: int | None) -> Going:
    """Three counts for any number of firms."""

    def counted(records: Select[Any], column: Any) -> Counter[int]:
        rows = db.session.execute(records.with_only_columns(column, func.count()).group_by(column).order_by(None))
        return Counter({firm_id: number for firm_id, number in rows})  # noqa: C416

    return Going(
        counted(moved_cases(firm_ids, giver_id), Case.firm_id),
        counted(moved_tasks(firm_ids, giver_id), Task.firm_id),
        counted(moved_plans(firm_ids, giver_id), PlannedVisit.firm_id),
    )


# --- whose firms -------------------------------------------------------------------------------------------------


def firms_of(actor: User, giver: User | None, *conditions: ColumnElement[bool], limit: int) -> list[Firm]:
    """The firms of an officer (None: of nobody) within the actor's scope, in the order of the list."""
    officer = Firm.officer_id.is_(None) if giver is None else Firm.officer_id == giver.id
    return list(
        db.session.scalars(
            select(Firm)
            .where(officer, visible_firms(actor), *conditions)
            .options(joinedload(Firm.organisation))
            .order_by(Firm.sort_key, Firm.id)
            .limit(limit)
        )
    )


def givers(actor: User) -> dict[str, tuple[Any, int]]:
    """Whose firms the actor may hand over: the value in the address → (who, how many firms)."""
    counts = select(Firm.officer_id, func.count()).where(visible_firms(actor)).group_by(Firm.officer_id)
    others = actor.can(Permission.EDIT_VISITS)
    if not others:
        counts = counts.where(Firm.officer_id == actor.id)
    numbers = {officer_id: number for officer_id, number in db.session.execute(counts)}  # noqa: C416
    people = db.session.scalars(
        select(User).where(User.id.in_([each for each in numbers if each is not None])).order_by(User.name, User.id)
    )
    found: dict[str, tuple[Any, int]] = {
        str(person.id): (
            _("%(name)s（已停用）", name=person.name) if person.disabled else person.name,
            numbers[person.id],
        )
        for person in people
    }
    if others and None in numbers:
        found["none"] = (_("没有专员的企业"), numbers[None])
    return found


def firms_in_charge(user: User) -> int:
    """How many firms someone is in charge of: what is left when they go."""
    return db.session.scalar(select(func.count()).select_from(Firm).where(Firm.officer_id == user.id)) or 0


# --- what was handed over ----------------------------------------------------------------------------------------


def _visible(user: User) -> ColumnElement[bool]:
    """Within one's scope, and what one gave or took."""
    organisation_id: Any = Handover.organisation_id
    return or_(within_scope(user, organisation_id), Handover.from_id == user.id, Handover.to_id == user.id)


def handovers_page(user: User, number: int) -> Page[Any]:
    """The hand-overs, the newest first, each with how many firms it had."""
    firms = (
        func.jsonb_array_length(Handover.sheet)
        if db.session.get_bind().dialect.name == "postgresql"
        else func.json_array_length(Handover.sheet)
    )
    rows = db.session.execute(
        select(Handover, firms.label("firms"))
        .where(_visible(user))
        .options(
            defer(Handover.sheet),
            joinedload(Handover.giver),
            joinedload(Handover.taker),
            joinedload(Handover.actor),
            joinedload(Handover.organisation),
        )
        .order_by(Handover.id.desc())
        .limit(PAGE_SIZE + 1)
        .offset((number - 1) * PAGE_SIZE)
    ).all()
    return page_of(rows, number)


def load_handover_for(user: User, handover_id: int) -> Handover:
    """Raises NotFoundError (404) outside the user's scope."""
    found = db.session.scalar(select(Handover).where(Handover.id == handover_id, _visible(user)))
    if found is None:
        raise NotFoundError(_("没有这份移交单，或它不在您的管辖范围内。"))
    return found
