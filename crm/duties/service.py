"""What may be done with duties: record what became of one, correct that, take it back. What is due is never written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.duties.models import DutyRecord, DutyState
from crm.duties.queries import Due, find
from crm.duties.rules import Kind
from crm.duties.words import RECORD_FIELDS, STATES
from crm.firms.models import Document, Firm
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, EditConflictError, NotFoundError
from crm.ladder.service.common import require
from crm.web import conflict

LONGEST_NOTE = 500


def record_duty(
    firm: Firm,
    duty: str,
    due_on: date,
    state: DutyState,
    *,
    actor: User,
    on: date | None = None,
    note: str | None = None,
    document: Document | None = None,
    version: int | str | None = None,
) -> DutyRecord:
    """Record that a duty was done (`on` a day, today unless said) or surely missed; again, to correct it.

    Raises NotFoundError where the firm has no such duty, DomainError on the field that is wrong, and EditConflictError
    if somebody else recorded it since `version` ("": there was no record; None: a command, which has seen no page).
    """
    require(actor, Permission.CULTIVATE)
    found = duty_of(firm, duty, due_on)
    _check(found, state, on, note)
    done = state is DutyState.DONE
    values = {"state": state, "on": (on or clock.today()) if done else None, "note": (note or "").strip() or None}
    record = found.record
    if record is None:
        return _add(firm, duty, due_on, values, document, actor)
    if version is not None:
        proposed = {**values, "document_id": document.id if document else None}
        conflict.check_version(record, version, proposed, RECORD_FIELDS, _shown)
    for name, value in values.items():
        setattr(record, name, value)
    record.document, record.actor, record.at = document, actor, clock.now()
    db.session.flush()
    return record


def withdraw_record(record: DutyRecord, *, actor: User, version: int | str | None = None) -> None:
    """Take a record back: nobody knows any more what became of the duty. The history keeps it."""
    require(actor, Permission.CULTIVATE)
    if conflict.is_outdated(record, version):
        raise EditConflictError(_("别人刚刚改过这条记录，没有撤回。请核对现在的内容。"), [], version=record.version)
    db.session.delete(record)
    db.session.flush()


def duty_of(firm: Firm, duty: str, due_on: date) -> Due:
    """A duty of the firm that still counts. Raises NotFoundError for any other."""
    found = find(firm, duty, due_on, clock.today())
    if found is None:
        raise NotFoundError(_("这家企业没有这项到期义务，可能资质已变动，请刷新页面。"))
    return found


def _check(found: Due, state: DutyState, on: date | None, note: str | None) -> None:
    if found.rule.kind is Kind.RENEWAL:
        raise DomainError(_("续期不在这里记录：请在资质上登记新证。"))
    if state is DutyState.MISSED and found.due_on >= clock.today():
        raise DomainError(_("期限还没有过，不能记为漏报。"), field="state")
    if on is not None and on > clock.today():
        raise DomainError(_("日期不能晚于今天。"), field="on")
    if len(note or "") > LONGEST_NOTE:
        raise DomainError(_("最多 %(length)s 字。", length=LONGEST_NOTE), field="note")


def _add(
    firm: Firm, duty: str, due_on: date, values: Mapping[str, Any], document: Document | None, actor: User
) -> DutyRecord:
    """The constraint is the truth: where someone else recorded it in this moment, say so in words."""
    record = DutyRecord(firm=firm, duty=duty, due_on=due_on, document=document, actor=actor, **values)
    try:
        with db.session.begin_nested():
            db.session.add(record)
            db.session.flush()
    except IntegrityError:
        of_this = (DutyRecord.firm_id == firm.id, DutyRecord.duty == duty, DutyRecord.due_on == due_on)
        theirs = db.session.scalar(select(DutyRecord).where(*of_this))
        if theirs is None:
            raise
        conflict.check_version(theirs, "", values, RECORD_FIELDS, _shown)
        return theirs
    return record


def _shown(name: str, value: object) -> object:
    if name == "document_id" and value is not None:
        document = db.session.get(Document, value)
        return document.name if document else value
    return STATES[value] if isinstance(value, DutyState) else conflict.plain_words(value)
