"""Forms of the incentives room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from crm.firms.documents.evidence import EvidenceForm
from crm.incentives.claims import LONGEST_REASON
from crm.incentives.models import Claim
from crm.incentives.rules import TERM_TITLES, TERMS, Kind, Rule, unit_of
from crm.kernel import clock
from crm.web.conflict import VersionField
from crm.web.fields import ChoiceField, DateField, MoneyField, NumberField, PercentField, TextField
from crm.web.formatting import day, money_text
from crm.web.language import language

REASON = Length(max=LONGEST_REASON, message=_l("最多 500 字。"))
APPROVE, REFUSE = "approve", "refuse"


class ClaimForm(EvidenceForm):
    """Claiming one line. `declared` is asked of estimates only."""

    declared = MoneyField(
        _l("可加计的研发费用"),
        description=_l("按纳税申报表填写；留空则按账面研发费用估算。"),
    )


class DecideForm(FlaskForm):
    """Approve an amount or refuse."""

    verdict: Any = ChoiceField(
        _l("核定"),
        [InputRequired(_l("请选择。"))],
        words={APPROVE: _l("同意兑现"), REFUSE: _l("不予兑现")},
        empty=_l("请选择"),
    )
    amount = MoneyField(_l("核定金额"), description=_l("不予兑现时不用填。"))
    reason = TextAreaField(_l("理由"), [REASON], description=_l("不予兑现，或核定金额高于测算时必填。"))
    on = DateField(_l("核定日期"), not_future=True, default=clock.today)
    version = VersionField()


class PayForm(FlaskForm):
    """What was paid, and when. Its fields have ids of their own: the form to decide stands on the same page."""

    on = DateField(_l("兑付日期"), not_future=True, default=clock.today, id="paid-on")
    amount = MoneyField(_l("兑付金额"), id="paid-amount")
    version = VersionField(id="pay-version")


class TakeBackForm(FlaskForm):
    """Which payment that was entered was none, and why."""

    payment: Any = ChoiceField(
        _l("哪一笔"), [InputRequired(_l("请选择。"))], words={}, empty=None, id="take-back-payment"
    )
    reason = TextAreaField(
        _l("撤回的原因"),
        [InputRequired(_l("请写明原因。")), Length(max=200, message=_l("最多 200 字。"))],
        id="take-back-reason",
    )
    version = VersionField(id="take-back-version")

    def __init__(self, claim: Claim, **options: Any) -> None:
        self._payments = {
            each.id: _("%(on)s，%(amount)s", on=day(each.on), amount=money_text(each.amount)) for each in claim.payments
        }
        super().__init__(**options)

    def process(self, *positional: Any, **named: Any) -> None:
        """Bind the form, the payments being known before the choice is read."""
        self.payment.words = self._payments
        super().process(*positional, **named)


class BulkForm(FlaskForm):
    """Many claims approved as counted, on one day."""

    on = DateField(_l("核定日期"), not_future=True, default=clock.today)


class ProvisionForm(FlaskForm):
    """What a document of the place says; made for one rule by `provision_form`."""

    organisation_id: Any = ChoiceField(_l("适用单位"), [InputRequired(_l("请选择。"))], words={}, empty=None)
    document = TextField(
        _l("本地文件"), [InputRequired(_l("请填写文号或文件名称。")), Length(max=120, message=_l("最多 120 字。"))]
    )
    document_on: Any = DateField(_l("成文日期"), [InputRequired(_l("请填写成文日期。"))])
    since: Any = DateField(_l("施行日期"), [InputRequired(_l("请填写施行日期。"))])
    until = DateField(_l("停止日期"), description=_l("仍在施行的留空。"))
    version = VersionField()

    def __init__(self, organisations: Mapping[int, str], **options: Any) -> None:
        self._organisations = organisations
        super().__init__(**options)

    def process(self, *positional: Any, **named: Any) -> None:
        """Bind the form, the organisations being known before the choice is read."""
        self.organisation_id.words = self._organisations
        super().process(*positional, **named)


def terms_asked(rule: Rule) -> tuple[str, ...]:
    """The numbers a place may name: all of a kind, but not the rates of the income tax."""
    if rule.kind in (Kind.ESTIMATE, Kind.FILING):
        return ()
    return tuple(key for key in TERMS[rule.kind] if rule.kind is not Kind.BY_LEVEL or key in rule.terms)


def provision_form(rule: Rule) -> type[ProvisionForm]:
    """The form with a field for each number of the rule."""
    here = language()
    fields: dict[str, Any] = {}
    for key in terms_asked(rule):
        term = rule.terms.get(key)
        says = term.text[here] if term is not None and term.value is not None else None
        description = _l("文件规定 %(says)s；与它相同的留空。", says=says) if says else _l("文件没有写明。")
        title = TERM_TITLES[key][here]
        if unit_of(key) == "比例":
            fields[key] = PercentField(title, description=description)
        else:
            fields[key] = NumberField(title, places=6, description=description)
    return type("ProvisionFormOfRule", (ProvisionForm,), fields)
