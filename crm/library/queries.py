"""Reads of the policy library."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import g
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import joinedload

from crm.kernel.db import db
from crm.kernel.errors import NotFoundError
from crm.library.models import PolicyDocument
from crm.library.numbers import normal
from crm.web.paging import PAGE_SIZE, Page, page_of


def in_force(day: date) -> ColumnElement[bool]:
    """Documents in force on a day. Of one whose first day is not known it is unknown: it does not count as in force."""
    return and_(
        PolicyDocument.in_force_from <= day,
        or_(PolicyDocument.in_force_to.is_(None), PolicyDocument.in_force_to >= day),
    )


def documents_page(typed: str, number: int, *, force: str | None, day: date) -> Page[PolicyDocument]:
    """A page of documents, newest first; of those whose number, title or issuer has what was typed."""
    statement = select(PolicyDocument).options(joinedload(PolicyDocument.replaces))
    if typed:
        statement = statement.where(
            or_(
                PolicyDocument.number.contains(normal(typed), autoescape=True),
                PolicyDocument.title.contains(typed, autoescape=True),
                PolicyDocument.issuer.contains(typed, autoescape=True),
            )
        )
    condition = {
        "now": in_force(day),
        "past": PolicyDocument.in_force_to < day,
        "unknown": PolicyDocument.in_force_from.is_(None) & PolicyDocument.in_force_to.is_(None),
    }.get(force or "")
    if condition is not None:
        statement = statement.where(condition)
    rows = db.session.scalars(
        statement.order_by(PolicyDocument.issued_on.desc().nulls_last(), PolicyDocument.number)
        .offset((number - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)
    ).all()
    return page_of(rows, number)


def load_document(policy_document_id: int) -> PolicyDocument:
    """Everybody who signs in reads the library. Raises NotFoundError."""
    found = db.session.get(PolicyDocument, policy_document_id, options=[joinedload(PolicyDocument.replaces)])
    if found is None:
        raise NotFoundError(_("政策库里没有这份文件。"))
    return found


def document_by_number(number: str) -> Any:
    """(number, id, title) of the document with a number, however its brackets are written; None where the library has none."""
    return _by_number().get(normal(number))


def successors_of(document: PolicyDocument) -> list[PolicyDocument]:
    """What replaced it."""
    return list(
        db.session.scalars(
            select(PolicyDocument)
            .where(PolicyDocument.replaces_id == document.id)
            .order_by(PolicyDocument.in_force_from, PolicyDocument.id)
        )
    )


def _by_number() -> dict[str, Any]:
    """Number → (id, title) of the whole library, once a request: a page names many documents."""
    if "policy_documents" not in g:
        rows = db.session.execute(select(PolicyDocument.number, PolicyDocument.id, PolicyDocument.title))
        g.policy_documents = {row.number: row for row in rows}
    found: dict[str, Any] = g.policy_documents
    return found
