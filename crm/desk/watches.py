"""What to keep an eye on: firms nobody has seen for long, and cases that stand still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, select, union
from sqlalchemy.orm import aliased, joinedload, load_only

from crm.accounts.models import User
from crm.desk.queries import Desk
from crm.firms.models import Firm, FirmStatus
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder.models import Case, CaseStatus, Stage
from crm.visits.models import PlannedState, PlannedVisit, Visit

STUCK_AFTER = timedelta(days=90)


class Watch(StrEnum):
    """What to keep an eye on; each is a list of its own."""

    STUCK = "stuck"  # cases that stand still
    UNVISITED = "unvisited"  # firms nobody visited for long


@dataclass(frozen=True)
class Watched:
    """A firm on one of the lists, and the record that put it there (None for an unvisited firm)."""

    firm: Firm
    record: Any
    since: date | None


def watched(desk: Desk, watch: Watch, *, limit: int, offset: int = 0) -> Sequence[Watched]:
    """The firms of one list, the most pressing first."""
    # Dozens are counted and a few shown: of a firm only what a line says.
    shown = (load_only(Firm.name), joinedload(Firm.officer).load_only(User.name))
    statement = _LISTS[watch](desk, limit, offset).options(*shown)
    return [Watched(*row) for row in db.session.execute(statement)]


def set_unseen_after(user: User, days: int) -> None:
    """After so many days without a visit a firm stands on this person's day."""
    user.unseen_after = days
    db.session.flush()


def _stuck(desk: Desk, limit: int, offset: int) -> Select:
    """Open cases that have stood on one stage for long, and are not waiting for the authority's decision."""
    stuck = (
        Case.status == CaseStatus.OPEN,
        Case.stage.in_((Stage.POOL, Stage.CULTIVATING, Stage.READY)),
        Case.stage_since <= clock.today() - STUCK_AFTER,
    )
    found = select(Firm, Case, Case.stage_since).join(Firm, Firm.id == Case.firm_id)
    found = found.options(load_only(Case.rung, Case.stage))
    in_order = (Case.stage_since, Case.id)
    if not desk.own:
        return found.where(*stuck, desk.scope).order_by(*in_order).limit(limit).offset(offset)
    # Each of the two has an index; either of them in one condition has none. Those shown look up the rest.
    cases = select(Case.id, Case.stage_since).where(*stuck)
    seen = select(Firm.id).where(Firm.id == Case.firm_id, desk.scope).exists()
    given = aliased(Case)  # few cases have somebody of their own
    in_charge = union(
        cases.join(Firm, Firm.id == Case.firm_id).where(Firm.officer_id == desk.user.id, desk.scope),
        cases.where(Case.id.in_(select(given.id).where(given.officer_id == desk.user.id)), seen),
    )
    each = in_charge.subquery()
    few = select(each.c.id).order_by(each.c.stage_since, each.c.id).limit(limit).offset(offset)
    return found.where(Case.id.in_(few)).order_by(*in_order)


def _unvisited(desk: Desk, limit: int, offset: int) -> Select:
    """Firms in business without a visit for the term, and without one planned: the longest first for one's own, by name
    in a wide scope."""
    today = clock.today()
    visits = select(Visit.on).where(Visit.firm_id == Firm.id)
    planned = select(PlannedVisit.id).where(PlannedVisit.state == PlannedState.PLANNED, PlannedVisit.on >= today)
    last = select(func.max(Visit.on)).where(Visit.firm_id == Firm.id).scalar_subquery()
    if not desk.own:
        return (
            select(Firm, last.label("visit"), last.label("since"))
            .where(
                Firm.status == FirmStatus.ACTIVE,
                ~visits.where(Visit.on > today - timedelta(days=desk.user.unseen_after)).exists(),
                ~planned.where(PlannedVisit.firm_id == Firm.id).exists(),
                desk.firms,
            )
            .order_by(Firm.sort_key, Firm.id)
            .limit(limit)
            .offset(offset)
        )
    # All of one's own are put in order, so their last visits are looked up once and not for each place that names them;
    # only those shown look up the rest.
    own = select(Firm.id, Firm.sort_key, last.label("last")).where(Firm.status == FirmStatus.ACTIVE, desk.firms)
    each = own.cte("own").prefix_with("MATERIALIZED")
    seen = func.coalesce(each.c.last, date.min)
    few = (
        select(each)
        .where(
            seen <= today - timedelta(days=desk.user.unseen_after),
            ~planned.where(PlannedVisit.firm_id == each.c.id).exists(),
        )
        .order_by(seen, each.c.sort_key, each.c.id)
        .limit(limit)
        .offset(offset)
        .subquery()
    )
    return (
        select(Firm, few.c.last.label("visit"), few.c.last.label("since"))
        .join(few, few.c.id == Firm.id)
        .order_by(func.coalesce(few.c.last, date.min), Firm.sort_key, Firm.id)
    )


_LISTS = {Watch.STUCK: _stuck, Watch.UNVISITED: _unvisited}
