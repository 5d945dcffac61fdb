"""Visits that are to be: planned, moved, called off, held. And who else goes to the same firm about the same time.

Bureaus visit firms on their own; that a firm has been asked the same thing nine days ago is worth knowing before one calls
it again. `planning_queries.others_near` tells; nothing here forbids a second visit.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, time, timedelta
from typing import Any

from flask_babel import gettext as _

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotAllowedError
from crm.notices.models import NoticeKind
from crm.notices.service import notify, path_of
from crm.visits.models import PlannedState, PlannedVisit, Visit
from crm.visits.planning_queries import open_plans
from crm.visits.queries import staff_for, staff_member_for
from crm.visits.words import PLANNED_FIELDS
from crm.web.conflict import check_version, plain_words

AHEAD = timedelta(days=731)  # further ahead a year is mistyped


@dataclass(frozen=True, kw_only=True)
class Intent:
    """What is planned. `on` not in the past; `officer_id` is who goes."""

    on: date
    officer_id: int
    starts_at: time | None = None
    purpose: str | None = None


def plan_visit(actor: User, firm: Firm, intent: Intent) -> PlannedVisit:
    """Plan a visit. The firm's own officer is told when somebody else goes; so is who was sent.

    Raises DomainError, on its field, when it cannot be planned so.
    """
    _require(actor)
    _check_day(intent.on)
    officer = _officer(firm, intent.officer_id)
    _check_free(firm, officer, intent.on)
    planned = PlannedVisit(
        firm=firm,
        officer=officer,
        on=intent.on,
        starts_at=intent.starts_at,
        purpose=intent.purpose,
    )
    db.session.add(planned)
    db.session.flush()
    _tell(planned, NoticeKind.VISIT_PLANNED, "planned", by=planned.officer.name)
    return planned


def change_plan(actor: User, planned: PlannedVisit, intent: Intent, *, version: int | str | None) -> PlannedVisit:
    """Move a planned visit, word it anew, or send another. Raises EditConflictError when someone saved it since."""
    _require_changeable(actor, planned)
    names = {person.id: person.name for person in [*staff_for(planned.firm), planned.officer]}
    check_version(
        planned,
        version,
        asdict(intent),
        PLANNED_FIELDS,
        lambda field, value: names.get(value, value) if field == "officer_id" else plain_words(plain_time(value)),
    )
    if intent.on != planned.on:
        _check_day(intent.on)
    moved = (intent.on, intent.officer_id) != (planned.on, planned.officer_id)
    officer = planned.officer
    if intent.officer_id != planned.officer_id:
        officer = _officer(planned.firm, intent.officer_id)
    if moved:
        _check_free(planned.firm, officer, intent.on)
    planned.officer, planned.on = officer, intent.on
    planned.starts_at, planned.purpose = intent.starts_at, intent.purpose
    db.session.flush()
    if moved:
        _tell(planned, NoticeKind.VISIT_PLANNED, "planned", by=planned.officer.name)
    return planned


def call_off(actor: User, planned: PlannedVisit, reason: str | None) -> PlannedVisit:
    """Call a planned visit off, with the reason. Who was to go and the firm's own officer are told, unless they did it."""
    _require_changeable(actor, planned)
    reason = (reason or "").strip()
    if not reason:
        raise DomainError(_("请写明取消的原因，同事和以后的您会想知道。"), field="reason")
    planned.state, planned.reason = PlannedState.CALLED_OFF, reason
    db.session.flush()
    _tell(planned, NoticeKind.VISIT_CALLED_OFF, "called off", by=actor.name, reason=reason)
    return planned


def hold(planned: PlannedVisit, visit: Visit) -> None:
    """The planned visit was held by this one. It never refuses: what was written at the firm's door is not lost to a plan.

    A plan called off meanwhile was held after all; one held by an earlier visit stays with that one.
    Raises ValueError for a visit to another firm, for the program.
    """
    if visit.firm_id != planned.firm_id:
        raise ValueError(f"visit {visit.id} is to another firm than plan {planned.id}")
    # Who moves it in this very moment is waited for: else one of the two would be refused.
    db.session.refresh(planned, with_for_update=True)
    if planned.visit_id is None:
        planned.state, planned.visit, planned.reason = PlannedState.HELD, visit, None
        db.session.flush()


def plain_time(value: Any) -> Any:
    """A time of day as a person reads it; any other value as it is."""
    return value.isoformat("minutes") if isinstance(value, time) else value


def may_change(actor: User, planned: PlannedVisit) -> bool:
    """Whether the visit is still to be, and the person may move it or call it off."""
    return planned.state is PlannedState.PLANNED and _is_theirs(actor, planned)


def require_theirs(actor: User, planned: PlannedVisit) -> None:
    """Raise NotAllowedError for a visit of another, unless the person may edit visits of others."""
    if not _is_theirs(actor, planned):
        raise NotAllowedError(_("只有走访人和负责人可以改这次计划。"))


def _is_theirs(actor: User, planned: PlannedVisit) -> bool:
    return actor.can(Permission.EDIT_VISITS) or (actor.can(Permission.LOG_VISITS) and actor.id == planned.officer_id)


def _require(actor: User) -> None:
    if not actor.can(Permission.LOG_VISITS):
        raise NotAllowedError(_("您没有安排走访的权限。"))


def _require_changeable(actor: User, planned: PlannedVisit) -> None:
    require_theirs(actor, planned)
    if planned.state is PlannedState.HELD:
        raise DomainError(_("这次走访已经记下，不能再改计划。请刷新页面。"))
    if planned.state is PlannedState.CALLED_OFF:
        raise DomainError(_("这次走访已经取消，请重新安排。"))


def _check_day(on: date) -> None:
    if on < clock.today():
        raise DomainError(_("计划的日期不能早于今天；已经去过的请直接记走访。"), field="on")
    if on > clock.today() + AHEAD:
        raise DomainError(_("计划的日期在两年以后，请核对年份。"), field="on")


def _check_free(firm: Firm, officer: User, on: date) -> None:
    """One person goes to a firm once a day: a form sent twice plans one visit."""
    same = (PlannedVisit.firm_id == firm.id, PlannedVisit.officer_id == officer.id, PlannedVisit.on == on)
    if db.session.scalars(open_plans(*same)).first() is not None:
        raise DomainError(_("%(name)s这天已经安排走访这家企业，请改那次计划。", name=officer.name), field="on")


def _officer(firm: Firm, officer_id: int) -> User:
    officer = staff_member_for(firm, officer_id)
    if officer is None:
        raise DomainError(_("走访人须是能看到这家企业的在职人员，请重新选择。"), field="officer_id")
    return officer


def _tell(planned: PlannedVisit, kind: NoticeKind, what: str, **values: Any) -> None:
    """The firm's own officer, and who goes, unless they did it themselves."""
    people = {person.id: person for person in (planned.firm.officer, planned.officer) if person is not None}
    notify(
        people.values(),
        kind,
        key=f"visit {planned.id} {what} {planned.version}",  # moved there and back, it is told of each time
        path=path_of("visits.planned", planned_id=planned.id),
        firm_id=planned.firm_id,
        on=planned.on,
        firm=planned.firm.name,
        **values,
    )
