"""One form for every register, made of the fields the register uses."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, TextAreaField
from wtforms.validators import InputRequired, Length

from crm.firms.documents.evidence import EvidenceForm
from crm.registers.kinds import REGISTERS, SEVERITIES, RegisterKind
from crm.registers.models import Register
from crm.web.conflict import VersionField
from crm.web.fields import (
    ChoiceField,
    DateField,
    MoneyField,
    TextField,
    TriStateField,
    WholeNumberField,
)

LONGEST = {"name": 200, "number": 60, "note": 2000}


class EntryForm(EvidenceForm):
    """What all registers share; `form_of` adds the fields of one."""

    version = VersionField()
    used: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        """Column → what was typed, for the columns of this register."""
        return {name: self[name].data or None if name == "note" else self[name].data for name in self.used}


@cache
def form_of(register: Register) -> type[EntryForm]:
    """The form of one register."""
    kind = REGISTERS[register]
    fields = {name: _field(kind, name) for name in kind.fields}
    return type(f"{register.name.title()}Form", (EntryForm,), {**fields, "used": tuple(kind.fields)})


def _field(kind: RegisterKind, name: str) -> Field:
    label = kind.fields[name]
    needed = [InputRequired(_l("请填写%(title)s。", title=label))] if name in kind.required else []
    match name:
        case "kind":
            return ChoiceField(label, needed, words=kind.kinds, empty=_l("请选择") if needed else _l("未知"))
        case "level":
            return ChoiceField(label, needed, words=kind.levels)
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
        case "qualified":
            return TriStateField(label, needed)
    longest = LONGEST[name]
    length = Length(max=longest, message=_l("最多 %(longest)s 个字。", longest=longest))
    return (TextAreaField if name == "note" else TextField)(label, [*needed, length])
