"""A case begins, ends without a title, or goes on again."""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.firms.models import Firm, SourceChannel
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.ladder.facts import last_day
from crm.ladder.models import Case, CaseEvent, CaseStatus, Credential, Purpose, Rung, Stage
from crm.ladder.queries import is_held, open_case_id
from crm.ladder.service.common import day_of, last_step_on, require, require_open, require_unchanged, step, written
from crm.ladder.telling import tell_ended
from crm.ladder.words import RUNGS, STAGES, STATUSES
from crm.web.formatting import day

RENEWAL = timedelta(days=365)  # before a title ends: as long before, a case for the next one may begin


def open_case(
    firm: Firm,
    rung: Rung,
    *,
    actor: User,
    on: date | None = None,
    purpose: Purpose = Purpose.NEW,
    channel: SourceChannel | None = None,
    reason: str | None = None,
) -> Case:
    """Take the firm into the pool of a rung, for a reason. By which channel it came is said of the firm, once for all rungs.

    Raises DomainError where a case towards that rung is open already, and for a new title where the firm holds it yet
    for longer than RENEWAL. A review or a yearly update is for those that hold it.
    """
    require(actor, Permission.CULTIVATE)
    on = day_of(on, not_before=_last_end(firm.id, rung))
    _require_none_open(firm.id, rung)
    if purpose is Purpose.NEW:
        _require_not_held(firm, rung, on)
    case = Case(
        firm=firm,
        rung=rung,
        purpose=purpose,
        stage=Stage.POOL,
        status=CaseStatus.OPEN,
        officer=firm.officer,
        opened_on=on,
        stage_since=on,
        entry_reason=reason or None,
    )
    if channel is not None:
        firm.source_channel = channel
    case.events.append(CaseEvent(on=on, actor=actor, to_stage=Stage.POOL, to_status=CaseStatus.OPEN))
    _flush_one_open(case)
    return case


def tell_entry_reason(case: Case, reason: str | None, *, actor: User) -> None:
    """Say, or say better, why the firm was taken into the pool."""
    require(actor, Permission.CULTIVATE)
    case.entry_reason = written(reason)
    db.session.flush()


def drop_case(
    case: Case, reason: str | None, *, actor: User, on: date | None = None, version: int | str | None = None
) -> CaseEvent:
    """End the case without a title, for a written reason."""
    return _end(case, CaseStatus.DROPPED, reason, actor=actor, on=on, version=version)


def reject_case(
    case: Case, reason: str | None, *, actor: User, on: date | None = None, version: int | str | None = None
) -> CaseEvent:
    """The authority refused the application. Only what was applied for can be refused."""
    require(actor, Permission.CULTIVATE)
    if case.status is CaseStatus.OPEN and case.stage is not Stage.APPLIED:
        raise DomainError(_("只有“%(stage)s”阶段的项目可以记为未通过；其他情况请终止。", stage=STAGES[Stage.APPLIED]))
    return _end(case, CaseStatus.REJECTED, reason, actor=actor, on=on, version=version)


def reopen_case(
    case: Case, reason: str | None, *, actor: User, on: date | None = None, version: int | str | None = None
) -> CaseEvent:
    """Take up a dropped or rejected case where it stood, for a written reason.

    Raises DomainError where `open_case` would: one is open already, or the firm holds the title meanwhile.
    """
    require(actor, Permission.CULTIVATE)
    require_unchanged(case, version, str(STATUSES[CaseStatus.OPEN]))
    if case.status not in (CaseStatus.DROPPED, CaseStatus.REJECTED):
        raise DomainError(_("只有已终止或未通过的项目可以重新开始。"))
    reason = written(reason)
    on = day_of(on, not_before=_last_end(case.firm_id, case.rung))
    _require_none_open(case.firm_id, case.rung)
    if case.purpose is Purpose.NEW:
        _require_not_held(case.firm, case.rung, on)
    return step(case, actor=actor, on=on, status=CaseStatus.OPEN, reason=reason)


def why_certified_stays(case: Case, event_id: int) -> str | None:
    """Why a certified case cannot be taken up again as if this step had not ended it; None where it can."""
    if case.status is not CaseStatus.CERTIFIED or case.events[-1].id != event_id:
        return _("培育项目之后又有变动")
    if open_case_id(case.firm_id, case.rung) is not None:
        return _("企业已有另一个进行中的同方向培育项目")
    return None


def uncertify_case(case: Case, event_id: int, reason: str, *, actor: User) -> CaseEvent:
    """Take up a case where it was applied for, because what certified it is taken back; its title was taken back before.

    Raises DomainError where something was done since (`why_certified_stays`). The log keeps both steps.
    """
    require(actor, Permission.CULTIVATE)
    if why := why_certified_stays(case, event_id):
        raise DomainError(why)
    return step(case, actor=actor, on=day_of(None), stage=Stage.APPLIED, status=CaseStatus.OPEN, reason=written(reason))


def _end(
    case: Case, status: CaseStatus, reason: str | None, *, actor: User, on: date | None, version: int | str | None
) -> CaseEvent:
    require(actor, Permission.CULTIVATE)
    require_unchanged(case, version, str(STATUSES[status]))
    require_open(case)
    reason = written(reason)
    event = step(case, actor=actor, on=day_of(on, not_before=last_step_on(case)), status=status, reason=reason)
    tell_ended(event)
    return event


def _last_end(firm_id: int, rung: Rung) -> date | None:
    """When the firm's last case towards the rung ended: the next begins no earlier, so that history holds one at a time."""
    return db.session.scalar(select(func.max(Case.ended_on)).where(Case.firm_id == firm_id, Case.rung == rung))


def _require_none_open(firm_id: int, rung: Rung) -> None:
    if open_case_id(firm_id, rung) is not None:
        raise DomainError(
            _("这家企业已有一个进行中的“%(rung)s”培育项目，请在那里继续。", rung=RUNGS[rung]), field="rung"
        )


def _require_not_held(firm: Firm, rung: Rung, on: date) -> None:
    title = db.session.scalar(
        select(Credential).where(Credential.firm_id == firm.id, Credential.rung == rung, is_held(on))
    )
    if title is None:
        return
    until = last_day(title)
    if until is None:
        raise DomainError(_("已持证，没有截止日，不需要新申报。"), field="rung")
    if until - on > RENEWAL:
        raise DomainError(
            _(
                "已持证（到 %(day)s）：到期前一年内才能为新证入库；复核、年度更新请在企业页面选择申报类型。",
                day=day(until),
            ),
            field="rung",
        )


def _flush_one_open(case: Case) -> None:
    """The constraint is the truth: where someone else opened one in this moment, say so in words."""
    firm_id, rung = case.firm.id, case.rung
    try:
        with db.session.begin_nested():
            db.session.add(case)
            db.session.flush()
    except IntegrityError:
        _require_none_open(firm_id, rung)
        raise
