"""What may be done with services: the packages' items, and for a firm: told of, given, declined, or taken back."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.ladder.service.common import require
from crm.services.models import ServiceItem, ServiceRecord, ServiceState
from crm.services.words import ITEM_FIELDS, RECORD_FIELDS, STATES
from crm.web import conflict

LONGEST_NOTE = 500


def load_item(item_id: int) -> ServiceItem:
    """Raises NotFoundError (404) where there is none."""
    found = db.session.get(ServiceItem, item_id)
    if found is None:
        raise NotFoundError(_("没有这项服务。"))
    return found


def keep_item(
    *, actor: User, item: ServiceItem | None, expected_version: int | str | None = None, **values: Any
) -> ServiceItem:
    """Add a service to a package, or change one. Raises DomainError where another has its name."""
    require(actor, Permission.ADMINISTER_REFERENCE)
    same = db.session.scalar(select(ServiceItem).where(ServiceItem.title == values["title"]))
    if same is not None and same is not item:
        raise DomainError(_("已有一项服务叫“%(title)s”。", title=same.title), field="title")
    if item is None:
        item = ServiceItem(**values)
        db.session.add(item)
    else:
        if expected_version is not None:
            conflict.check_version(item, expected_version, values, ITEM_FIELDS)
        for name, value in values.items():
            setattr(item, name, value)
    db.session.flush()
    return item


def record_service(
    *,
    actor: User,
    firm: Firm,
    item: ServiceItem,
    state: ServiceState,
    on: date | None = None,
    note: str | None = None,
    expected_version: int | str | None = None,
) -> ServiceRecord:
    """Say what became of a service for a firm; said again it takes the former's place, which the history keeps.

    Raises EditConflictError where somebody said something else since `expected_version` ("" where nothing was said yet).
    """
    require(actor, Permission.CULTIVATE)
    on = on or clock.today()
    if on > clock.today():
        raise DomainError(_("日期不能晚于今天。"), field="on")
    note = (note or "").strip() or None
    if note is not None and len(note) > LONGEST_NOTE:
        raise DomainError(_("最多 %(longest)s 字，请精简。", longest=LONGEST_NOTE), field="note")
    if state is ServiceState.DECLINED and note is None:
        raise DomainError(_("请写明企业为什么不需要。"), field="note")
    record = record_of(firm, item, kept=True)
    if record is not None and expected_version is not None:
        said = {"state": state, "on": on, "note": note}
        conflict.check_version(record, expected_version, said, RECORD_FIELDS, _shown)
    if record is None:
        record = ServiceRecord(firm_id=firm.id, item_id=item.id, state=state, on=on, by_id=actor.id, note=note)
        try:
            with db.session.begin_nested():
                db.session.add(record)
            return record
        except IntegrityError:  # somebody else recorded it between our look and our writing
            record = record_of(firm, item, kept=True)
            if record is None:
                raise
    record.state, record.on, record.by, record.note = state, on, actor, note
    db.session.flush()
    return record


def _shown(name: str, value: Any) -> Any:
    return STATES[value] if name == "state" else conflict.plain_words(value)


def record_of(firm: Firm, item: ServiceItem, *, kept: bool = False) -> ServiceRecord | None:
    """What was said of the service for the firm; `kept` from others until the request is over."""
    statement = select(ServiceRecord).where(ServiceRecord.firm_id == firm.id, ServiceRecord.item_id == item.id)
    if kept:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return db.session.scalar(statement)


def take_back(*, actor: User, firm: Firm, item: ServiceItem) -> None:
    """The service is owed again. The history keeps what was recorded."""
    require(actor, Permission.CULTIVATE)
    record = record_of(firm, item, kept=True)
    if record is not None:
        db.session.delete(record)
        db.session.flush()
