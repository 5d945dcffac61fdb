"""What an administrator does with the library: add a document, correct it, say what it replaces."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.accounts.models import User
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.library.models import PolicyDocument
from crm.library.numbers import normal
from crm.web import conflict

FIELDS = {
    "number": _l("文号"),
    "title": _l("标题"),
    "title_en": _l("英文标题"),
    "issuer": _l("发文机关"),
    "division_code": _l("地区"),
    "issued_on": _l("成文日期"),
    "in_force_from": _l("施行日期"),
    "in_force_to": _l("失效日期"),
    "summary": _l("要点"),
    "articles": _l("条款"),
    "address": _l("网址"),
    "replaces_id": _l("取代的文件"),
}


def add_document(*, actor: User, replaces: str | None = None, **values: Any) -> PolicyDocument:
    """Put a document into the library; `replaces` is the number of the one it takes the place of.

    Raises DomainError on the field that is wrong.
    """
    document = PolicyDocument(**_checked(None, replaces, values))
    db.session.add(document)
    db.session.flush()
    return document


def edit_document(
    *,
    actor: User,
    document: PolicyDocument,
    replaces: str | None,
    expected_version: int | str | None = None,
    **values: Any,
) -> PolicyDocument:
    """Correct a document. Raises DomainError as `add_document`, EditConflictError if someone else saved it meanwhile."""
    checked = _checked(document, replaces, values)
    if expected_version is not None:
        conflict.check_version(document, expected_version, checked, FIELDS)
    for name, value in checked.items():
        setattr(document, name, value)
    db.session.flush()
    return document


def _checked(document: PolicyDocument | None, replaces: str | None, values: dict[str, Any]) -> dict[str, Any]:
    values = {**values, "number": normal(values["number"])}
    there = db.session.scalar(select(PolicyDocument).where(PolicyDocument.number == values["number"]))
    if there is not None and there is not document:
        raise DomainError(_("政策库里已有这个文号：%(title)s。", title=there.title), field="number")
    first, last = values.get("in_force_from"), values.get("in_force_to")
    if first is not None and last is not None and last < first:
        raise DomainError(_("失效日期不能早于施行日期。"), field="in_force_to")
    return {**values, "replaces_id": _replaced(document, replaces)}


def _replaced(document: PolicyDocument | None, number: str | None) -> int | None:
    if not number:
        return None
    before = db.session.scalar(select(PolicyDocument).where(PolicyDocument.number == normal(number)))
    if before is None:
        raise DomainError(_("政策库里没有“%(number)s”，请先登记被取代的文件。", number=number), field="replaces")
    earlier: PolicyDocument | None = before
    while earlier is not None:
        if earlier is document:
            raise DomainError(_("文件不能取代自己，也不能互相取代。"), field="replaces")
        earlier = earlier.replaces
    return before.id
