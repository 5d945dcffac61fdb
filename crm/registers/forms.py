"""One form for every register, made of the fields the register uses."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, TextAreaField
from wtforms.validators import InputRequired

from crm.firms.documents.evidence import EvidenceForm
from crm.registers.kinds import REGISTERS, SEVERITIES, TERMS, choices_of
from crm.registers.models import Register, RegisterEntry
from crm.web.conflict import VersionField
from crm.web.fields import (
    ChoiceField,
    DateField,
    MoneyField,
    PercentField,
    TextField,
    TriStateField,
    WholeNumberField,
    at_most,
)

LONGEST = {"name": 200, "number": 60, "party": 200, "niche": 200, "note": 2000}


class EntryForm(EvidenceForm):
    """What all registers share; `form_of` adds the fields of one."""

    version = VersionField()
    used: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        """Column → what was typed, for the columns of this register."""
        return {name: self[name].data or None if name == "note" else self[name].data for name in self.used}


class VerifyForm(FlaskForm):
    """Verifying an entry without a document: what it was checked against."""

    against = TextField(
        _l("对照什么核实的"),
        [InputRequired(_l("没有附文件：请写明是对照什么核实的。")), at_most(200)],
        description=_l("如：现场看了认定批文原件；省厅网站公布的名单。写进备注和变更记录。"),
    )
    version = VersionField(id="verify-version")


def form_of(register: Register, entry: RegisterEntry | None = None) -> type[EntryForm]:
    """The form of one register, with the terms that may be chosen today; of an entry, also those that it has already."""
    names = tuple(REGISTERS[register].fields)
    fields = {name: _field(register, name, getattr(entry, name, None)) for name in names}
    return type(f"{register.name.title()}Form", (EntryForm,), {**fields, "used": names})


def _field(register: Register, name: str, present: Any) -> Field:
    kind = REGISTERS[register]
    label = kind.fields[name]
    needed = [InputRequired(_l("请填写%(title)s。", title=label))] if name in kind.required else []
    if name in TERMS:
        empty = _l("请选择") if needed else _l("未知")
        return ChoiceField(label, needed, words=choices_of(register, name, present), empty=empty)
    match name:
        case "severity":
            return ChoiceField(label, needed, words=SEVERITIES)
        case "on":
            return DateField(label, needed, not_future=True)
        case "valid_to":
            return DateField(label, needed)
        case "rank":
            return WholeNumberField(label, needed, minimum=1, maximum=999)
        case "amount":
            return MoneyField(label, needed)
        case "share":
            return PercentField(label, needed)
        case "qualified":
            return TriStateField(label, needed)
    longest = LONGEST[name]
    length = at_most(longest)
    return (TextAreaField if name == "note" else TextField)(label, [*needed, length])
