"""Forms of resources and of their ties to firms, made of the fields their register uses."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, TextAreaField
from wtforms.validators import InputRequired, Length

from crm.accounts.models import User
from crm.accounts.queries import organisation_words
from crm.firms.forms import TradeField
from crm.firms.queries import officer_words
from crm.firms.reference.terms import term_choices
from crm.registers.resources.kinds import RESOURCES, TIE_FIELDS, ResourceKind
from crm.registers.resources.models import Resource, ResourceFirm, ResourceRegister
from crm.web.conflict import VersionField
from crm.web.fields import ChoiceField, DateField, MoneyField, TextField, WholeNumberField, at_most

LONGEST = {"name": 200, "number": 60, "holder": 200, "words": 1000, "contact": 100, "telephone": 60, "note": 2000}
CHOOSE = _l("请选择")


class ResourceForm(FlaskForm):
    """What all registers share; `form_of` adds the fields of one."""

    version = VersionField()
    register: ResourceRegister
    organisation_id = ChoiceField(_l("管理单位"), [InputRequired(_l("请选择管理单位。"))], words={}, empty=None)

    def __init__(self, user: User, *, obj: Resource | None = None, **options: Any) -> None:
        kind = RESOURCES[self.register]
        self._words: dict[str, Any] = {"organisation_id": organisation_words(user)}
        if obj is not None:
            self._words["organisation_id"].setdefault(obj.organisation_id, obj.organisation.name)
        if "kind" in kind.fields:
            self._words["kind"] = term_choices(f"{self.register}.kind", obj.kind if obj else None)
        if "level" in kind.fields:
            self._words["level"] = term_choices("level", obj.level if obj else None)
        if "user_id" in kind.fields:
            self._words["user_id"] = officer_words(user)
            if obj is not None and obj.user is not None:
                self._words["user_id"].setdefault(obj.user.id, obj.user.name)
        super().__init__(obj=obj, **options)

    def process(self, *positional: Any, **named: Any) -> None:
        """Bind the form, what the selects offer being known before a choice is read."""
        for name, words in self._words.items():
            self[name].words = words
        super().process(*positional, **named)

    @property
    def values(self) -> dict[str, Any]:
        """Column → what was typed, for the columns of this register."""
        return {name: self[name].data or None if name == "note" else self[name].data for name in self.used}

    @property
    def used(self) -> list[str]:
        return list(RESOURCES[self.register].fields)


@cache
def form_of(register: ResourceRegister) -> type[ResourceForm]:
    """The form of one register."""
    kind = RESOURCES[register]
    fields: dict[str, Any] = {name: _field(kind, name) for name in kind.fields}
    return type(f"{register.name.title()}Form", (ResourceForm,), {**fields, "register": register})


def _field(kind: ResourceKind, name: str) -> Field:
    label = kind.fields[name]
    needed = [InputRequired(_l("请填写%(title)s。", title=label))] if name in kind.required else []
    match name:
        case "kind":
            return ChoiceField(label, needed, words={}, empty=CHOOSE)
        case "level":
            return ChoiceField(label, needed, words={})
        case "user_id":
            return ChoiceField(label, needed, words={}, empty=_l("（没有）"))
        case "industry_code":
            return TradeField(label, needed, description=_l("填代码或名称，例如 C3421 或“金属切削机床制造”"))
        case "on" | "valid_to":
            return DateField(label, needed)
        case "amount":
            return MoneyField(label, needed)
        case "capacity":
            return WholeNumberField(label, needed)
    length = at_most(LONGEST[name])
    return (TextAreaField if name == "note" else TextField)(label, [*needed, length])


class TieForm(FlaskForm):
    """How a firm is tied to a resource of one register: since when, until when, with what result."""

    version = VersionField()
    role = ChoiceField(TIE_FIELDS["role"], words={})
    since = DateField(TIE_FIELDS["since"])
    until = DateField(TIE_FIELDS["until"], description=_l("从这一天起不再关联；还在进行就空着"))
    outcome = ChoiceField(TIE_FIELDS["outcome"], words={}, empty=_l("（还没有）"))
    note = TextAreaField(TIE_FIELDS["note"], [at_most(2000)])

    def __init__(self, resource: Resource, *, obj: ResourceFirm | None = None, **options: Any) -> None:
        self._words = {
            name: term_choices(f"{resource.register}.{name}", getattr(obj, name) if obj else None)
            for name in ("role", "outcome")
        }
        super().__init__(obj=obj, **options)

    def process(self, *positional: Any, **named: Any) -> None:
        """Bind the form, what the selects offer being known before a choice is read."""
        for name, words in self._words.items():
            self[name].words = words
        super().process(*positional, **named)

    @property
    def values(self) -> dict[str, Any]:
        """The tie as the service takes it."""
        values = {name: self[name].data for name in ("role", "since", "until", "outcome")}
        return {**values, "note": (self.note.data or "").strip() or None}


class PasteForm(FlaskForm):
    """Many firms at once, as they stand in a list of participants."""

    firms_typed = TextAreaField(
        _l("企业名单"),
        [InputRequired(_l("请粘贴企业的信用代码或名称。")), Length(max=40_000, message=_l("名单太长，请分几次。"))],
        description=_l("每行一家，信用代码或全称；可直接从表格里复制一列"),
    )
    role = ChoiceField(TIE_FIELDS["role"], words={})
    since = DateField(TIE_FIELDS["since"])

    def __init__(self, resource: Resource, **options: Any) -> None:
        self._roles = term_choices(f"{resource.register}.role")
        super().__init__(**options)

    def process(self, *positional: Any, **named: Any) -> None:
        """Bind the form, what the selects offer being known before a choice is read."""
        self.role.words = self._roles
        super().process(*positional, **named)
