"""Titles: granted, renewed, revoked, expired. Each writes its event; the firm's rung follows from what it holds."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.firms.models import Document, Firm
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.ladder.facts import last_day
from crm.ladder.models import Case, Credential, CredentialEvent, CredentialEventKind, Rung
from crm.ladder.queries import is_held
from crm.ladder.service.common import day_of, require, written
from crm.ladder.words import LISTED, RUNGS
from crm.web.conflict import is_outdated

# Titles whose number is the certificate's own; of the others many give the number of the document that published them.
NUMBERED = (Rung.TECH_SME, Rung.HTE)


def grant_credential(
    firm: Firm,
    rung: Rung,
    *,
    number: str | None,
    valid_from: date,
    valid_to: date | None,
    actor: User,
    case: Case | None = None,
    document: Document | None = None,
) -> Credential:
    """Record a title the firm was given, now or in the past. Every title but a listing has a last day.

    It has a number, or the `document` that published it.
    """
    require(actor, Permission.CULTIVATE)
    number = _checked(rung, number, valid_from, valid_to, document)
    _require_of_this_firm(firm, rung, number, valid_from)
    _require_no_overlap(firm, rung, valid_from, valid_to)
    return _grant(firm, rung, number, valid_from, valid_to, actor, case, document)


def renew_credential(
    credential: Credential,
    *,
    number: str | None,
    valid_from: date,
    valid_to: date | None,
    actor: User,
    case: Case | None = None,
    document: Document | None = None,
) -> Credential:
    """Record the title that follows this one. The older ends on the day the new one begins, if it still runs then."""
    require(actor, Permission.CULTIVATE)
    refuse_revoked(credential)
    number = _checked(credential.rung, number, valid_from, valid_to, document)
    _require_of_this_firm(credential.firm, credential.rung, number, valid_from)
    if valid_from <= credential.valid_from:
        raise DomainError(_("新证的起始日应晚于旧证的起始日。"), field="valid_from")
    if credential.ended_on is not None and credential.ended_on < valid_from:
        raise DomainError(_("旧证已经失效，请作为新资质登记。"))
    if credential.valid_to is not None and valid_from > credential.valid_to + timedelta(days=1):
        raise DomainError(_("旧证在新证起始日之前已到期，中间有空档，请作为新资质登记。"), field="valid_from")
    _require_no_overlap(credential.firm, credential.rung, valid_from, valid_to, apart_from=credential)
    credential.ended_on = valid_from
    _event(credential, CredentialEventKind.RENEWED, valid_from, actor, number)
    return _grant(credential.firm, credential.rung, number, valid_from, valid_to, actor, case, document)


def refuse_revoked(credential: Credential) -> None:
    """Raise DomainError where the title was revoked: what was taken away is not renewed."""
    if any(event.kind is CredentialEventKind.REVOKED for event in credential.events):
        raise DomainError(_("这项资质已被撤销，不能续期。重新取得的请作为新资质登记。"))


def title_running(firm: Firm, rung: Rung, on: date) -> Credential | None:
    """The title that began before the day and is held on it: what begins that day follows it."""
    return db.session.scalar(
        select(Credential).where(
            Credential.firm_id == firm.id, Credential.rung == rung, Credential.valid_from < on, is_held(on)
        )
    )


def revoke_credential(
    credential: Credential, reason: str | None, *, actor: User, on: date | None = None, version: int | str | None = None
) -> Credential:
    """The authority took the title away: from `on` the firm no longer holds it."""
    require(actor, Permission.CULTIVATE)
    if is_outdated(credential, version) or credential.ended_on is not None:
        raise DomainError(_("这项资质已经失效或刚被别人改过，请刷新后核对。"))
    reason = written(reason)
    on = day_of(on, not_before=credential.valid_from)
    if credential.valid_to is not None and on > credential.valid_to:
        raise DomainError(_("这项资质在 %(on)s 已经到期。", on=credential.valid_to.isoformat()), field="on")
    credential.ended_on = on
    _event(credential, CredentialEventKind.REVOKED, on, actor, reason)
    db.session.flush()
    return credential


def record_expiries(on: date | None = None, *, actor: User) -> list[Credential]:
    """Record every title whose last day lies before `on`. Doing it again records nothing twice."""
    require(actor, Permission.CULTIVATE)
    on = day_of(on)
    expired = db.session.scalars(
        select(Credential)
        .where(Credential.ended_on.is_(None), Credential.valid_to < on)
        .order_by(Credential.valid_to, Credential.id)
    ).all()
    for credential in expired:
        assert credential.valid_to is not None
        credential.ended_on = credential.valid_to + timedelta(days=1)
        _event(credential, CredentialEventKind.EXPIRED, credential.ended_on, actor)
    db.session.flush()
    return list(expired)


def _grant(
    firm: Firm,
    rung: Rung,
    number: str | None,
    valid_from: date,
    valid_to: date | None,
    actor: User,
    case: Case | None,
    document: Document | None,
) -> Credential:
    credential = Credential(
        firm=firm, rung=rung, number=number, valid_from=valid_from, valid_to=valid_to, document=document
    )
    credential.case_id = case.id if case else None
    db.session.add(credential)
    _event(credential, CredentialEventKind.GRANTED, valid_from, actor)
    db.session.flush()
    return credential


def _event(credential: Credential, kind: CredentialEventKind, on: date, actor: User, reason: str | None = None) -> None:
    credential.events.append(CredentialEvent(kind=kind, on=on, actor=actor, reason=reason))


def checked_certificate(rung: Rung, number: str | None, valid_from: date, valid_to: date | None) -> str:
    """The number without surrounding space; raises DomainError for what cannot be a certificate."""
    number = (number or "").strip()
    if not number:
        raise DomainError(_("请填写证书或入库编号。"), field="number")
    if len(number) > 60:
        raise DomainError(_("编号最多 60 个字符。"), field="number")
    _check_term(rung, valid_from, valid_to)
    return number


def _checked(
    rung: Rung, number: str | None, valid_from: date, valid_to: date | None, document: Document | None
) -> str | None:
    """The same; no number where the document that published the title stands for it."""
    if document is None or (number or "").strip():
        return checked_certificate(rung, number, valid_from, valid_to)
    _check_term(rung, valid_from, valid_to)
    return None


def _check_term(rung: Rung, valid_from: date, valid_to: date | None) -> None:
    if valid_from > clock.today():
        raise DomainError(_("有效期起始日不能晚于今天。"), field="valid_from")
    if valid_to is None and rung not in LISTED:
        raise DomainError(_("请填写有效期截止日。"), field="valid_to")
    if valid_to is not None and valid_to < valid_from:
        raise DomainError(_("有效期截止日早于起始日，请核对。"), field="valid_to")


def _require_of_this_firm(firm: Firm, rung: Rung, number: str | None, valid_from: date) -> None:
    """Raise DomainError for a title older than the firm, or a certificate that is another firm's."""
    if firm.registered_on is not None and valid_from < firm.registered_on:
        raise DomainError(
            _("有效期起始日早于企业成立日期 %(on)s，请核对。", on=firm.registered_on.isoformat()), field="valid_from"
        )
    if rung not in NUMBERED or number is None:
        return
    same = select(Credential.id).where(
        Credential.number == number, Credential.rung == rung, Credential.firm_id != firm.id
    )
    if db.session.scalar(same.limit(1)) is not None:
        raise DomainError(_("编号“%(number)s”已登记在另一家企业名下，请核对证书。", number=number), field="number")


def overlaps(other: Any, valid_from: date, valid_to: date | None) -> bool:
    """Whether a title, given by its term, was held on any day of another term."""
    ends = last_day(other)
    return (ends is None or valid_from <= ends) and (valid_to is None or valid_to >= other.valid_from)


def _require_no_overlap(
    firm: Firm, rung: Rung, valid_from: date, valid_to: date | None, apart_from: Credential | None = None
) -> None:
    """A firm holds a title once at a time: what follows another is its renewal."""
    others = db.session.scalars(
        select(Credential).where(Credential.firm_id == firm.id, Credential.rung == rung).order_by(Credential.id)
    )
    for other in others:
        if other is not apart_from and overlaps(other, valid_from, valid_to):
            raise DomainError(
                _(
                    "这段有效期与已登记的“%(rung)s”%(number)s 重叠。续期请用“续期”，更正请先核对旧证。",
                    rung=RUNGS[rung],
                    number=other.number or "",
                ),
                field="valid_from",
            )
