"""Forms of a firm's own record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, MultipleFileField, TextAreaField
from wtforms.validators import InputRequired, Length

from crm.accounts.models import User
from crm.accounts.queries import organisation_words
from crm.firms import queries, rules
from crm.firms.documents.evidence import EvidenceForm
from crm.firms.documents.service import ACCEPTED
from crm.firms.facts.groups import FactGroup
from crm.firms.models import Firm, FirmFact
from crm.firms.rules import LONGEST_BUSINESS_SCOPE
from crm.firms.words import CHANNELS, CONTACT_FIELDS, FIRM_FIELDS, STATUSES, TECH_FIELDS
from crm.kernel.errors import DomainError
from crm.policy.vocabulary import Key, Shape
from crm.web.conflict import VersionField
from crm.web.fields import (
    ChoiceField,
    DateField,
    MoneyField,
    NumberField,
    PercentField,
    TextField,
    TriStateField,
    WholeNumberField,
)
from crm.web.language import language

NONE = _l("（未选）")


class TradeField(TextField):
    """A trade of GB/T 4754, typed as its code or its name; held as its code."""

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        if self.data:
            trade = queries.trade_of(self.data)
            if trade is None:
                raise ValueError(_("没有这个行业。请填国民经济行业代码或名称，例如 C3421。"))
            if trade.disabled and trade.code != self.object_data:
                raise ValueError(_("行业“%(code)s %(name)s”已停用，请改选在用的。", code=trade.code, name=trade.name))
            self.data = trade.code

    def _value(self) -> str:
        if self.process_errors and self.raw_data:
            return str(self.raw_data[0])
        trade = queries.trade_of(self.data) if self.data else None
        return f"{trade.code} {trade.name}" if trade else ""


class RuledForm(FlaskForm):
    """A form whose fields the record's rules judge too, in the same round as the form's own: `rules` holds them once."""

    def validate(self, extra_validators: Any = None) -> bool:
        super().validate(extra_validators)
        for name, judge in self.judges().items():
            if not self[name].errors:
                try:
                    judge()
                except DomainError as error:
                    self[name].errors = [*self[name].errors, error.message]
        return not self.errors

    def judges(self) -> dict[str, Callable[[], Any]]:
        """Field → what raises DomainError if the record could not take its value."""
        raise TypeError("each form says which rules judge it")


class ProfileForm(RuledForm):
    """Every column of a firm's profile. `rules` holds the rules; here is only what the types ask."""

    version = VersionField()
    name = TextField(FIRM_FIELDS["name"], validators=[InputRequired(_l("请填写企业名称。")), Length(max=200)])
    short_name = TextField(FIRM_FIELDS["short_name"], validators=[Length(max=60)])
    english_name = TextField(FIRM_FIELDS["english_name"], validators=[Length(max=200)])
    credit_code = TextField(FIRM_FIELDS["credit_code"], render_kw={"autocomplete": "off", "spellcheck": "false"})
    registration_number = TextField(FIRM_FIELDS["registration_number"])
    stock_code = TextField(FIRM_FIELDS["stock_code"], validators=[Length(max=10)])
    status = ChoiceField(FIRM_FIELDS["status"], words=STATUSES, empty=None)
    registered_on = DateField(FIRM_FIELDS["registered_on"], not_future=True)
    registered_capital = MoneyField(FIRM_FIELDS["registered_capital"])
    capital_currency = TextField(FIRM_FIELDS["capital_currency"], description=_l("三个字母，例如 CNY"))
    industry_code = TradeField(
        FIRM_FIELDS["industry_code"], description=_l("填代码或名称，例如 C3421 或“金属切削机床制造”")
    )
    tech_field = ChoiceField(FIRM_FIELDS["tech_field"], words=TECH_FIELDS)
    chain_id = ChoiceField(FIRM_FIELDS["chain_id"], words={}, empty=NONE)
    division_code = ChoiceField(FIRM_FIELDS["division_code"], words={}, empty=NONE)
    source_channel = ChoiceField(FIRM_FIELDS["source_channel"], words=CHANNELS)
    address = TextField(FIRM_FIELDS["address"], validators=[Length(max=300)])
    telephone = TextField(FIRM_FIELDS["telephone"], validators=[Length(max=60)])
    website = TextField(FIRM_FIELDS["website"], validators=[Length(max=200)])
    business_scope = TextAreaField(FIRM_FIELDS["business_scope"], validators=[Length(max=LONGEST_BUSINESS_SCOPE)])

    def __init__(self, *, obj: Firm | None = None, **options: Any) -> None:
        self._firm = obj
        self._chains = queries.chain_words(obj.chain_id if obj else None)
        self._divisions = queries.division_words()
        super().__init__(obj=obj, **options)

    def process(self, *positional: Any, **named: Any) -> None:
        """Bind the form, what the selects offer being known before a choice is read."""
        self.chain_id.words = self._chains
        self.division_code.words = self._divisions
        super().process(*positional, **named)

    def values(self) -> Any:
        """The profile as `service.update_profile` takes it."""
        fields = ("version", "csrf_token", "organisation_id", "officer_id")
        values = {name: field.data for name, field in self._fields.items() if name not in fields}
        values["business_scope"] = (values["business_scope"] or "").strip() or None
        return values

    def judges(self) -> dict[str, Callable[[], Any]]:
        return {name: partial(rules.clean_profile, {name: value}, self._firm) for name, value in self.values().items()}


class NewFirmForm(ProfileForm):
    """A firm to be registered: its profile, its park and who is in charge."""

    organisation_id = ChoiceField(
        FIRM_FIELDS["organisation_id"], words={}, empty=None, validators=[InputRequired(_l("请选择园区。"))]
    )
    officer_id = ChoiceField(FIRM_FIELDS["officer_id"], words={}, empty=_l("（暂不指派）"))

    def __init__(self, user: User, **options: Any) -> None:
        self._organisations = organisation_words(user)
        self._officers = queries.officer_words(user)
        super().__init__(**options)

    def process(self, *positional: Any, **named: Any) -> None:
        """Bind the form, what the selects offer being known before a choice is read."""
        self.organisation_id.words = self._organisations
        self.officer_id.words = self._officers
        super().process(*positional, **named)


class AssignForm(FlaskForm):
    """Who is in charge of a firm, and where it belongs."""

    version = VersionField()
    organisation_id = ChoiceField(FIRM_FIELDS["organisation_id"], words={}, empty=None)
    officer_id = ChoiceField(FIRM_FIELDS["officer_id"], words={}, empty=_l("（暂不指派）"))

    def __init__(self, user: User, firm: Firm, **options: Any) -> None:
        # What the record says stays a choice, also where it is one no longer: saving something else must not change it.
        self._organisations = organisation_words(user)
        here = firm.organisation
        self._organisations.setdefault(here.id, _("%(name)s（已停用）", name=here.name))
        over = {each.id: each.name for each in queries.officers_over(here)}
        self._officers = over | queries.officer_words(user)
        if firm.officer is not None:
            self._officers.setdefault(firm.officer.id, _("%(name)s（已停用或调离）", name=firm.officer.name))
        super().__init__(obj=firm, **options)

    def process(self, *positional: Any, **named: Any) -> None:
        """Bind the form, what the selects offer being known before a choice is read."""
        self.organisation_id.words = self._organisations
        self.officer_id.words = self._officers
        super().process(*positional, **named)


class ContactForm(RuledForm):
    version = VersionField()
    name = TextField(CONTACT_FIELDS["name"], validators=[InputRequired(_l("请填写姓名。")), Length(max=60)])
    position = TextField(CONTACT_FIELDS["position"], validators=[Length(max=60)])
    telephone = TextField(CONTACT_FIELDS["telephone"], validators=[Length(max=60)])
    email = TextField(CONTACT_FIELDS["email"], validators=[Length(max=200)])
    main = BooleanField(CONTACT_FIELDS["main"], id="main-contact")  # the page has a “main” of its own

    def values(self) -> dict[str, Any]:
        """The contact as the service takes it."""
        return {name: self[name].data for name in CONTACT_FIELDS}

    def judges(self) -> dict[str, Callable[[], Any]]:
        return {name: partial(rules.clean_contact, {name: value}) for name, value in self.values().items()}


class DocumentsForm(FlaskForm):
    files = MultipleFileField(
        _l("文件"),
        validators=[InputRequired(_l("请选择文件。"))],
        description=_l("PDF、图片或 Word、Excel、PPT 文件。"),
        render_kw={"accept": ACCEPTED},
    )


# --- facts -------------------------------------------------------------------------------------------------------


class FactsForm(RuledForm, EvidenceForm):
    """The common part of a group of facts; `facts_form` adds a field a fact."""

    version = VersionField()
    as_of = DateField(_l("截至日期"), not_future=True, validators=[InputRequired(_l("请填写截至日期。"))])
    verified = BooleanField(
        _l("已对照依据核实"), description=_l("勾选后，本次改动的各项记为“已核实”；否则为“未核实”。")
    )
    group: FactGroup

    def values(self) -> dict[str, Any]:
        """Fact key → value as the facts document has it; None: unknown."""
        return {key: to_json(item, self[field_name(key)].data) for key, item in self.group.keys.items()}

    def judges(self) -> dict[str, Callable[[], Any]]:
        known = {key: value for key, value in self.values().items() if value is not None}
        return {field_name(key): partial(rules.fact, key, value) for key, value in known.items()}


def field_name(key: str) -> str:
    """A form field's name for a fact's key (`expert.transfer`)."""
    return f"fact-{key.replace('.', '-')}"


def facts_form(firm: Firm, group: FactGroup, facts: dict[str, FirmFact], **options: Any) -> FactsForm:
    """A form with the fields of one group, filled with what is known."""
    fields = {field_name(key): fact_field(item, group.words.get(key)) for key, item in group.keys.items()}
    form_class: type[FactsForm] = type("GroupForm", (FactsForm,), {**fields, "group": group})
    known = {field_name(key): from_json(item, facts[key].value) for key, item in group.keys.items() if key in facts}
    return form_class(firm, data={**known, **options})


def fact_field(item: Key, words: dict[Any, Any] | None) -> Any:
    """The form field of a fact of the firm as a whole, not yet bound."""
    title = item.title[language()]
    match item.shape:
        case Shape.FLAG:
            return TriStateField(title)
        case Shape.RATIO:
            return PercentField(title)
        case Shape.DATE:
            return DateField(title)
        case Shape.RANK | Shape.FIELD:
            return WholeNumberField(title, minimum=1)
        case Shape.TEXT:
            return ChoiceField(title, words=words or {})
        case Shape.AMOUNT:
            return NumberField(title, places=6, maximum=10**12)
        case _:
            return NumberField(title, places=4, minimum=0)


def to_json(item: Key, value: Any) -> Any:
    """A form's value as the facts document has it: amounts, shares and rates as decimal text, so that they stay exact."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        if item.shape in (Shape.AMOUNT, Shape.SIGNED, Shape.RATIO, Shape.RATE):
            return format(value.normalize(), "f")
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def from_json(item: Key, value: Any) -> Any:
    """The form's value of what is stored; what cannot be read is shown as not known."""
    if value is None or isinstance(value, list):
        return None
    match item.shape:
        case Shape.FLAG | Shape.TEXT:
            return value
        case Shape.DATE:
            return date.fromisoformat(value)
        case Shape.RANK | Shape.FIELD:
            return int(value)
        case _:
            return Decimal(str(value))


def as_json(item: Key, stored: Any) -> Any:
    """A stored value as this form would store it, so that the two can be compared."""
    return to_json(item, from_json(item, stored))
