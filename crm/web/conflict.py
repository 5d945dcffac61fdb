"""Two people edit one record: the second is told, sees what the first saved beside what they wanted, and decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField

from crm.kernel.errors import EditConflictError
from crm.web.formatting import day, number

Shown = Callable[[str, Any], Any]


class VersionField(HiddenField):
    """The version of the record a form was opened on. A form that sends none counts as one opened on no version."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = valuelist[0] if valuelist else None


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
    differences = [
        (titles.get(name, name), show(name, getattr(record, name)), show(name, mine))
        for name, mine in proposed.items()
        if getattr(record, name) != mine
    ]
    if differences:
        raise EditConflictError(told(), differences, version=record.version)


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
    version = form._fields.get("version")
    if version is not None and error.version is not None:
        version.data = error.version
        version.raw_data = None
