"""What people do for a checklist: add a document, tick a declaration, record a step, sign off, take it back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_babel import gettext as _

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.firms.documents.service import store_document
from crm.firms.models import Document
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.ladder.checklists import requirement, steps_of
from crm.ladder.models import Case, ChecklistItem
from crm.ladder.service.common import day_of, require, require_open
from crm.web.formatting import day
from crm.web.language import language


def attach_document(case: Case, key: str, file: Any, *, actor: User) -> ChecklistItem:
    """Keep an uploaded file as the document the checklist asks for; a second one takes its place."""
    require(actor, Permission.CULTIVATE)
    _require_kind(case, key, "document")
    return _done(case, key, actor, document=store_document(actor, case.firm, file, field="file"))


def accept_document(case: Case, key: str, document: Document, *, actor: User) -> ChecklistItem:
    """Take a document that is there already, one the firm handed in, as what the checklist asks for."""
    require(actor, Permission.CULTIVATE)
    _require_kind(case, key, "document")
    return _done(case, key, actor, document=document)


def declare(case: Case, key: str, *, actor: User) -> ChecklistItem:
    """Record that the declaration was made."""
    require(actor, Permission.CULTIVATE)
    _require_kind(case, key, "declaration")
    return _done(case, key, actor)


def reach_step(case: Case, key: str, on: date | None, *, actor: User) -> ChecklistItem:
    """Record that a step to the listing was reached on a day: after those that every firm takes before it, in their order."""
    require(actor, Permission.CULTIVATE)
    _require_kind(case, key, "step")
    on = day_of(on)
    steps = steps_of(case.rung)
    place = [step.key for step in steps].index(key)
    reached = {item.key: item.on for item in case.items if item.on is not None}
    skipped = next((step for step in steps[:place] if step.key not in reached and not step.optional), None)
    if skipped is not None:
        raise DomainError(_("请先记录“%(step)s”。", step=skipped.title[language()]), field="key")
    for step in steps[:place]:
        if step.key in reached and reached[step.key] > on:
            raise DomainError(
                _("不能早于“%(step)s”（%(day)s）。", step=step.title[language()], day=day(reached[step.key])),
                field="on",
            )
    for step in steps[place + 1 :]:
        if step.key in reached and reached[step.key] < on:
            raise DomainError(
                _("不能晚于“%(step)s”（%(day)s）。", step=step.title[language()], day=day(reached[step.key])),
                field="on",
            )
    return _done(case, key, actor, on=on)


def sign_off(case: Case, key: str, *, actor: User) -> ChecklistItem:
    """Sign, as someone who may."""
    require(actor, Permission.SIGN_OFF)
    _require_kind(case, key, "sign_off")
    return _done(case, key, actor)


def withdraw(case: Case, key: str, *, actor: User) -> None:
    """Take back what was done for the checklist."""
    found = requirement(case.rung, key)
    require(actor, Permission.SIGN_OFF if found is not None and found.kind == "sign_off" else Permission.CULTIVATE)
    require_open(case)
    remove_items(case, [item for item in case.items if item.key == key])


def remove_items(case: Case, items: Iterable[ChecklistItem]) -> None:
    """Deleted one by one while they still know their case: history asks them for its firm."""
    for item in items:
        db.session.delete(item)
    db.session.flush()
    db.session.expire(case, ["items"])


def _require_kind(case: Case, key: str, kind: str) -> None:
    require_open(case)
    found = requirement(case.rung, key)
    if found is None or found.kind != kind:
        raise DomainError(_("清单里没有这一项，请刷新页面。"))


def _done(case: Case, key: str, actor: User, **values: Any) -> ChecklistItem:
    item = next((item for item in case.items if item.key == key), None)
    if item is None:
        item = ChecklistItem(key=key)
        case.items.append(item)
    item.done_by, item.done_at = actor, clock.now()
    for name, value in values.items():
        setattr(item, name, value)
    db.session.flush()
    return item
