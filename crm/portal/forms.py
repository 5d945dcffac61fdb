"""The firm's forms: what it asks to change, with a word and a document for the officer."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from crm.accounts.forms import ADDRESS
from crm.firms.documents.evidence import EvidenceForm
from crm.firms.figures.forms import FiguresForm
from crm.firms.forms import TradeField
from crm.firms.models import Firm
from crm.firms.words import CONTACT_FIELDS, FIRM_FIELDS, TECH_FIELDS
from crm.web.fields import ChoiceField, DateField, MoneyField, TextField

NOTE = _l("给园区的说明")


class ProposedFiguresForm(FiguresForm):
    note = TextAreaField(NOTE, validators=[Length(max=1000)])


class ProposedProfileForm(EvidenceForm):
    """The part of the profile that a firm may ask to change; the fields are those of `proposals.service.PROPOSABLE`."""

    name = StringField(FIRM_FIELDS["name"], validators=[InputRequired(_l("请填写企业名称。")), Length(max=200)])
    short_name = TextField(FIRM_FIELDS["short_name"], validators=[Length(max=60)])
    english_name = TextField(FIRM_FIELDS["english_name"], validators=[Length(max=200)])
    registered_on = DateField(FIRM_FIELDS["registered_on"], not_future=True)
    registered_capital = MoneyField(FIRM_FIELDS["registered_capital"])
    industry_code = TradeField(
        FIRM_FIELDS["industry_code"], description=_l("填代码或名称，例如 C3421 或“金属切削机床制造”")
    )
    tech_field = ChoiceField(FIRM_FIELDS["tech_field"], words=TECH_FIELDS)
    address = TextField(FIRM_FIELDS["address"], validators=[Length(max=300)])
    website = TextField(FIRM_FIELDS["website"], validators=[Length(max=200)])
    business_scope = TextAreaField(FIRM_FIELDS["business_scope"])
    note = TextAreaField(NOTE, validators=[Length(max=1000)])

    def __init__(self, firm: Firm, **options: Any) -> None:
        super().__init__(firm, obj=firm, **options)


class TelephoneForm(FlaskForm):
    telephone = TextField(FIRM_FIELDS["telephone"], validators=[Length(max=60)])


class OwnContactForm(FlaskForm):
    name = StringField(CONTACT_FIELDS["name"], validators=[InputRequired(_l("请填写姓名。")), Length(max=60)])
    position = TextField(CONTACT_FIELDS["position"], validators=[Length(max=60)])
    telephone = TextField(CONTACT_FIELDS["telephone"], validators=[Length(max=60)])
    email = TextField(CONTACT_FIELDS["email"], validators=[Optional(), ADDRESS, Length(max=200)])
