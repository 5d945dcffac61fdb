"""What the verbs of the ladder share: permission, dates, written reasons, the event of a step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from flask import Flask, current_app
from flask_babel import gettext as _

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, EditConflictError, NotAllowedError
from crm.ladder.models import Assessment, Case, CaseEvent, CaseStatus, Stage
from crm.ladder.words import STAGES, STATUSES
from crm.web.conflict import is_outdated


def require(actor: User, permission: Permission) -> None:
    if not actor.can(permission):
        raise NotAllowedError(_("您没有做这一步的权限，请联系本单位的负责人。"))


def day_of(on: date | None, not_before: date | None = None) -> date:
    """The day something happened: today unless said, never in the future, never before what came before it."""
    on = on or clock.today()
    if on > clock.today():
        raise DomainError(_("日期不能晚于今天。"), field="on")
    if not_before is not None and on < not_before:
        raise DomainError(_("日期不能早于上一步的日期 %(on)s。", on=not_before.isoformat()), field="on")
    return on


def written(reason: str | None, *, at_least: int = 2, field: str = "reason") -> str:
    """A reason in words. Raises DomainError when there is none or it is too short to say anything."""
    reason = (reason or "").strip()
    if len(reason) < at_least:
        raise DomainError(_("请写明原因，至少 %(length)s 个字。", length=at_least), field=field)
    return reason


def require_unchanged(case: Case, version: int | str | None, wanted: str) -> None:
    """Tell the second of two people what the first did. `version` is the one their page showed, None for a command."""
    if not is_outdated(case, version):
        return
    now = f"{STATUSES[case.status]} · {STAGES[case.stage]}"
    raise EditConflictError(
        _("别人刚刚改过这个培育项目，您的操作没有执行。请核对现在的情况后再试。"),
        [(_("状态与阶段"), now, wanted)],
        version=case.version,
    )


def require_open(case: Case) -> None:
    if case.status is not CaseStatus.OPEN:
        raise DomainError(_("这个培育项目%(status)s，不能再移动。", status=STATUSES[case.status]))


def step(
    case: Case,
    *,
    actor: User,
    on: date,
    stage: Stage | None = None,
    status: CaseStatus | None = None,
    reason: str | None = None,
    overridden: bool = False,
    assessment: Assessment | None = None,
) -> CaseEvent:
    """Change a case and write its event: the only place that does either."""
    event = CaseEvent(
        case=case,
        on=on,
        actor=actor,
        from_stage=case.stage,
        from_status=case.status,
        to_stage=stage or case.stage,
        to_status=status or case.status,
        reason=reason,
        overridden=overridden,
        assessment=assessment,
    )
    db.session.add(event)
    if event.to_stage is not case.stage:
        case.stage_since = on
    case.stage, case.status = event.to_stage, event.to_status
    case.ended_on = None if case.status is CaseStatus.OPEN else on
    case.reason = None if case.status is CaseStatus.OPEN else reason
    db.session.flush()
    for follow in current_app.extensions.get("case_followers", ()):
        follow(event)
    return event


def offer_follower(app: Flask, follow: Callable[[CaseEvent], None]) -> None:
    """A room above is called after each step of a case, in its transaction: what it keeps of the case goes along."""
    app.extensions.setdefault("case_followers", []).append(follow)


@dataclass(frozen=True)
class Companion:
    """Something of a room above that ends with a case: what becomes of it where the case is dropped, and where it is rejected
    (None: it goes on).
    """

    title: str
    state: str
    href: str
    dropped: str | None
    rejected: str | None


def offer_companions(app: Flask, find: Callable[[Case], Sequence[Companion]]) -> None:
    """A room above says what would end with a case, for whoever is about to end it."""
    app.extensions.setdefault("case_companions", []).append(find)


def companions_of(case: Case) -> list[Companion]:
    return [each for find in current_app.extensions.get("case_companions", ()) for each in find(case)]


def last_step_on(case: Case) -> date:
    return max((event.on for event in case.events), default=case.opened_on)
