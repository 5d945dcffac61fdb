"""Two people edit one record: the second is told, sees what the first saved beside what they wanted, and decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import HiddenField

from crm.kernel.audit import Action, Change
from crm.kernel.db import db
from crm.kernel.errors import EditConflictError
from crm.kernel.plain import plain
from crm.web.formatting import day, number

Shown = Callable[[str, Any], Any]


class VersionField(HiddenField):
    """The version of the record a form was opened on, as text. A form that sends none was opened on none: `""`."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = valuelist[0] if valuelist else ""


def version_sent() -> str:
    """The same, of a button that is no form of its own."""
    return request.form.get("version", "")


def is_outdated(record: Any, seen: int | str | None) -> bool:
    """Whether the record is no longer the version that was `seen`. None: a command, which has seen no page."""
    return seen is not None and str(seen) != str(record.version)


def check_seen(record: Any, seen: int | str | None) -> None:
    """Raise EditConflictError if the record that is to be marked as verified is not the one that was `seen`."""
    if is_outdated(record, seen):
        raise EditConflictError(
            _("您打开页面之后，有人改过这条记录。请看过现在的内容，再核实。"), [], version=record.version
        )


def check_version(
    record: Any,
    form_version: int | str | None,
    proposed: Mapping[str, Any],
    titles: Mapping[str, Any],
    shown: Shown | None = None,
) -> None:
    """Raise EditConflictError if `record` was saved after the form with `form_version` was opened.

    `proposed` is attribute → the value this person wants, `titles` attribute → what a person calls it, `shown` turns an
    attribute's value into text. When both saved the same values there is nothing to decide, and nothing is raised.
    Call it before the record is changed.
    """
    if str(form_version) == str(record.version):
        return
    show = shown or (lambda _name, value: plain_words(value))
    opened_on = changed_since(record, form_version)
    differences, theirs = [], {}
    for name, mine in proposed.items():
        now = getattr(record, name)
        if now == mine or (opened_on is not None and name not in opened_on):
            continue  # the same, or changed by this person alone
        if opened_on is not None and plain(mine) == opened_on[name]:
            theirs[name] = now  # this person never touched it: what the other saved stays
            differences.append((titles.get(name, name), show(name, now), _("（您没有改过，已换成别人保存的）")))
        else:
            differences.append((titles.get(name, name), show(name, now), show(name, mine)))
    if differences:
        raise EditConflictError(told(), differences, version=record.version, theirs=theirs)


def changed_since(record: Any, form_version: int | str | None) -> dict[str, Any] | None:
    """What other people changed since the form was opened: column → its value then, as the history keeps it.

    None where the history cannot tell (a record without numbered versions).
    """
    if not isinstance(record.version, int) or not str(form_version).isdecimal():
        return None
    steps = record.version - int(str(form_version))
    mine = (Change.entity == record.__tablename__, Change.entity_id == record.id, Change.action == Action.UPDATED)
    moments = select(Change.at).where(*mine).group_by(Change.at).order_by(Change.at.desc()).limit(max(steps, 0))
    rows = db.session.execute(
        select(Change.field, Change.old).where(*mine, Change.at.in_(moments.scalar_subquery())).order_by(Change.id)
    )
    found: dict[str, Any] = {}
    for column, old in rows:
        found.setdefault(column, old)
    return found or None


def told() -> str:
    """The sentence that tells of a conflict."""
    return _("您填写期间，别人已改过这条记录。请对照下面的不同之处，改好后再保存一次；再保存即以您填的为准。")


def plain_words(value: Any) -> Any:
    """A value as a person reads it."""
    if value is None or value == "":
        return _("未填")
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, Decimal):
        return number(value, 6)
    if isinstance(value, date):
        return day(value)
    return value


def land(form: FlaskForm, error: EditConflictError) -> None:
    """Keep what was typed, show the differences, and let the form be sent again against the version saved now."""
    vars(form)["conflict"] = error
    for name, value in error.theirs.items():
        if name in form._fields:
            form._fields[name].data, form._fields[name].raw_data = value, None
    version = form._fields.get("version")
    if version is not None and error.version is not None:
        version.data = error.version
        version.raw_data = None
