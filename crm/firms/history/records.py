"""The history of what belongs to no firm: a room says who reads it, and which records go along with one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, current_app
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, or_, select

from crm.accounts.models import User
from crm.firms.history.words import Line, changes_where
from crm.kernel.audit import Action, Change
from crm.kernel.db import Base
from crm.kernel.errors import NotFoundError
from crm.web.paging import Page


@dataclass(frozen=True)
class RecordHistory:
    """`load` gives the record to whoever may read all of its history, and raises NotFoundError otherwise; `back` is its page.

    `parts`: tables whose records go along, each with the column that names the record.
    """

    model: type[Base]
    load: Callable[[User, int], Any]
    title: Callable[[Any], str]
    back: Callable[[Any], str]
    parts: Mapping[Any, str] = field(default_factory=dict)


def offer_history(app: Flask, history: RecordHistory) -> None:
    """A room offers the history of its records of a table."""
    app.extensions.setdefault("record_histories", {})[history.model.__tablename__] = history


def history_offered(entity: str) -> RecordHistory:
    """Raises NotFoundError where no room offers it."""
    found: RecordHistory | None = current_app.extensions.get("record_histories", {}).get(entity)
    if found is None:
        raise NotFoundError(_("没有这样的变更记录。"))
    return found


def history_of_record(history: RecordHistory, record_id: int, number_of_page: int) -> Page[Line]:
    """One page of the changes of a record and its parts, newest first; also of parts that were taken out."""
    own = and_(Change.entity == history.model.__tablename__, Change.entity_id == record_id)
    return changes_where(
        or_(own, *(_of_parts(part, name, record_id) for part, name in history.parts.items())), number_of_page
    )


def _of_parts(part: Any, name: str, record_id: int) -> ColumnElement[bool]:
    there = select(part.id).where(getattr(part, name) == record_id)
    gone = select(Change.entity_id).where(
        Change.entity == part.__tablename__,
        Change.action == Action.DELETED,
        Change.old[name].as_integer() == record_id,
    )
    return and_(Change.entity == part.__tablename__, or_(Change.entity_id.in_(there), Change.entity_id.in_(gone)))
