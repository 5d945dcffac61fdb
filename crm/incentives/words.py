"""What a person reads for the words of this room."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.incentives.models import MERGED, ClaimState
from crm.incentives.rules import Kind, incentives
from crm.kernel.db import db
from crm.registers.models import RegisterEntry
from crm.web.formatting import money_text
from crm.web.language import language

KINDS: dict[Kind, Any] = {
    Kind.BY_LEVEL: _l("按级别奖励"),
    Kind.SHARE: _l("按金额补助"),
    Kind.TOP_UP: _l("达标补贴"),
    Kind.ESTIMATE: _l("税收优惠（估算）"),
    Kind.FILING: _l("备案"),
}

# How a firm comes by it, and what it hands in for it.
COMES: dict[Kind, Any] = {
    Kind.BY_LEVEL: _l("园区核定后拨付"),
    Kind.SHARE: _l("园区核定后拨付"),
    Kind.TOP_UP: _l("园区核定后拨付"),
    Kind.ESTIMATE: _l("不拨款：企业所得税汇算清缴时自己填报，少缴税"),
    Kind.FILING: _l("不拨款：这是一道手续，备案后登记备案号"),
}
HAND_IN: dict[Kind, Any] = {
    Kind.BY_LEVEL: _l("机构的认定文件（批文或公布的名单）"),
    Kind.SHARE: _l("技术合同、付款凭证"),
    Kind.TOP_UP: _l("年度财务报表、研发费用明细"),
    Kind.ESTIMATE: _l("年度纳税申报表的研发费用加计扣除优惠明细表"),
    Kind.FILING: _l("备案文件，由专员登记在研发准备金台账"),
}

STATES: dict[ClaimState, Any] = {
    ClaimState.CLAIMED: _l("已申领，待核定"),
    ClaimState.APPROVED: _l("已核定，待兑付"),
    ClaimState.REFUSED: _l("不予兑现"),
    ClaimState.PART_PAID: _l("部分兑付"),
    ClaimState.PAID: _l("已兑付"),
    ClaimState.WITHDRAWN: _l("已撤回"),
}

# The kind of badge and its icon.
LOOKS: dict[ClaimState, tuple[str, str]] = {
    ClaimState.CLAIMED: ("accent", "wait"),
    ClaimState.APPROVED: ("warn", "clock"),
    ClaimState.REFUSED: ("bad", "cross"),
    ClaimState.PART_PAID: ("warn", "clock"),
    ClaimState.PAID: ("good", "check"),
    ClaimState.WITHDRAWN: ("neutral", "undo"),
}

CLAIM_FIELDS: dict[str, Any] = {
    "incentive": _l("政策"),
    "year": _l("年度"),
    "cause": _l("事由"),
    "amount": _l("测算金额"),
    "arithmetic": _l("当日测算"),
    "state": _l("状态"),
    "claimed_on": _l("申领日期"),
    "claimed_by_id": _l("申领人"),
    "decided_on": _l("核定日期"),
    "decided_by_id": _l("核定人"),
    "decided_amount": _l("核定金额"),
    "reason": _l("理由"),
    "paid_on": _l("首次兑付日期"),
    "paid_amount": _l("已兑付金额"),
    "taken_back": _l("撤回兑付登记"),
    "document_id": _l("申领材料"),
}

PAYMENT_FIELDS: dict[str, Any] = {
    "claim_id": _l("政策申领"),
    "on": _l("兑付日期"),
    "amount": _l("兑付金额"),
    "entered_by_id": _l("登记人"),
}

PROVISION_FIELDS: dict[str, Any] = {
    "organisation_id": _l("单位"),
    "incentive": _l("政策"),
    "since": _l("施行日期"),
    "until": _l("停止日期"),
    "document": _l("本地文件"),
    "document_on": _l("成文日期"),
    "values": _l("本地数额"),
    "entered_by_id": _l("录入人"),
    "entered_at": _l("录入时间"),
}

# What the counts of a policy page count, by their name in addresses.
COUNTED: dict[str, Any] = {
    "entitled": _l("可享受"),
    "unknown": _l("尚不能判定"),
    "claimed": _l("申领过"),
    "approved": _l("已核定"),
    "paid": _l("已兑付"),
    "unclaimed": _l("可享受但没有申领"),
}


def incentive_title(name: str) -> str:
    """What an incentive is called; the name itself where no rule knows it any more."""
    rule = incentives().get(name)
    return name if rule is None else rule.title[language()]


def cause_text(cause: str) -> str:
    """What a claim is for, as the history tells it: the entry's name where it still stands."""
    head, _colon, rest = cause.partition(":")
    number = rest.partition("/")[0]
    entry = db.session.get(RegisterEntry, int(number)) if head == "register_entry" and number.isdigit() else None
    if entry is not None:
        return entry.name
    return _("合并前另一家企业的同一项") if cause.startswith(MERGED) else _("登记册里已删去的一条")


def arithmetic_text(kept: dict[str, Any]) -> str:
    """The sum of the day as the history tells it."""
    return "；".join(step[language()] for step in kept.get("steps", ())) or _("没有可以写出的算式。")


def amount_words(amount: Any) -> str:
    """An amount in a notice, given as decimal text of yuan."""
    return money_text(None if amount is None else Decimal(amount))
