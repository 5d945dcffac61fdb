"""The form of a what-if: a field for each slot, filled with what is known; and the forms of scenarios."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Field
from wtforms.validators import InputRequired, Length

from crm.firms.forms import from_json
from crm.outlook.slots import Group, ListSlot, Slot
from crm.policy.vocabulary import Shape
from crm.web.conflict import VersionField
from crm.web.fields import (
    ChoiceField,
    DateField,
    NumberField,
    PercentField,
    TextField,
    TriStateField,
    TypedField,
    WholeNumberField,
)

UNKNOWN_LIST, NONE = "unknown", "none"
MOST = 99  # entries that may be added of a kind


class PicksField(Field):
    """Marks of entries, ticked. Those that are not in the list (any more) are in `gone`."""

    def __init__(self, label: Any = None, validators: Any = None, *, marks: Sequence[str] = (), **options: Any) -> None:
        super().__init__(label, validators, **options)
        self.marks = marks
        self.gone: list[str] = []

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = [mark for mark in valuelist if mark in self.marks]
        self.gone = [mark for mark in valuelist if mark not in self.marks]


class WhatIfForm(FlaskForm):
    """The common part; `what_if_form` adds the fields. Nothing is written, so it is sent by GET and has no token."""

    class Meta(FlaskForm.Meta):
        csrf = False

    groups: Sequence[Group]

    def slots(self) -> Iterator[Slot]:
        for group in self.groups:
            for row in group.rows:
                yield from row.slots

    def lists(self) -> Iterator[ListSlot]:
        for group in self.groups:
            yield from group.lists


def what_if_form(groups: Sequence[Group], sent: MultiDict[str, str]) -> WhatIfForm:
    """The form of these slots, with what was sent. A field that was not sent keeps what is known."""
    fields: dict[str, Any] = {}
    known: dict[str, Any] = {}
    for group in groups:
        for row in group.rows:
            for slot in row.slots:
                fields[slot.path] = _field(slot)
                known[slot.path] = from_json(slot.key, slot.known)
        for each in group.lists:
            fields[f"list.{each.name}"] = ChoiceField(
                words={
                    UNKNOWN_LIST: _l("未知"),
                    **({} if each.whole else {NONE: _l("没有其他") if each.known else _l("没有")}),
                },
                empty=_l("按档案") if each.known else _l("未知（按档案）"),
            )
            fields[f"leave.{each.name}"] = PicksField(marks=list(each.entries), default=[])
            for addition in each.additions:
                fields[addition.name] = NumberField(places=6) if addition.amount else WholeNumberField(maximum=MOST)
    form_class: type[WhatIfForm] = type("FilledForm", (WhatIfForm,), {**fields, "groups": groups})
    return form_class(formdata=sent, data=known)


def _field(slot: Slot) -> Any:
    if slot.words is not None:
        return ChoiceField(words=slot.words)
    match slot.key.shape:
        case Shape.FLAG:
            return TriStateField()
        case Shape.DATE:
            return DateField()
        case Shape.RATIO:
            return PercentField()
        case Shape.RATE:
            return PercentField(minimum=None, maximum=10_000)
        case Shape.RANK | Shape.FIELD:
            return WholeNumberField(minimum=1)
        case Shape.TEXT:
            return TextField()
        case Shape.AMOUNT:
            return NumberField(places=6, maximum=10**12)
        case Shape.SIGNED:
            return NumberField(places=6, maximum=10**12, minimum=None)
        case _:
            return NumberField(places=4)


def written(field: Field) -> list[str]:
    """What the field would send: its part of an address."""
    if isinstance(field, PicksField):
        return list(field.data)
    if isinstance(field, ChoiceField):
        return ["" if field.data is None else field.written(field.data)]
    if isinstance(field, TypedField):
        return [field._value()]
    return [field.data or ""]


class NameForm(FlaskForm):
    """What a scenario is called."""

    version = VersionField()
    name = TextField(_l("方案名称"), validators=[InputRequired(_l("请给方案起个名字。")), Length(max=60)])


def filled(changes: Mapping[str, Sequence[str]]) -> MultiDict[str, str]:
    """Changes as a form has them."""
    return MultiDict([(name, value) for name, values in changes.items() for value in values])
