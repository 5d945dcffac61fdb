"""What notices are called, and the sentence of each kind, made in the reader's language when it is shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import Flask, current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.notices.models import ChannelKind, DeliveryState, MailRhythm, NoticeKind
from crm.web.formatting import UNKNOWN, day

KINDS = {
    NoticeKind.TASK_GIVEN: _l("新交办的任务"),
    NoticeKind.TASK_DUE: _l("到期的任务"),
    NoticeKind.DUTY_NEAR: _l("临近的称号与义务"),
    NoticeKind.PROPOSAL_SUBMITTED: _l("企业提交的修改"),
    NoticeKind.PROPOSAL_DECIDED: _l("已处理的修改"),
    NoticeKind.NEED_GIVEN: _l("交办的诉求"),
    NoticeKind.NEED_RAISED: _l("企业提出的诉求"),
    NoticeKind.NEED_ANSWERED: _l("已答复的诉求"),
    NoticeKind.NEED_TAKEN_ON: _l("全程代办的诉求"),
    NoticeKind.NEED_STEP_TAKEN: _l("代办进展"),
    NoticeKind.NEED_RATED: _l("企业评价的诉求"),
    NoticeKind.CASE_MOVED: _l("培育进展"),
    NoticeKind.APPLICATION_MOVED: _l("申报进展"),
    NoticeKind.TITLE_GRANTED: _l("名单公布的资质"),
    NoticeKind.CLAIM_MADE: _l("政策申领"),
    NoticeKind.CLAIM_APPROVED: _l("核定的政策申领"),
    NoticeKind.CLAIM_REFUSED: _l("不予兑现的政策申领"),
    NoticeKind.CLAIM_PAID: _l("兑付的政策资金"),
    NoticeKind.CLAIM_UNPAID: _l("撤回的兑付登记"),
    NoticeKind.CASE_ENDED: _l("结束的培育"),
    NoticeKind.VISIT_PLANNED: _l("计划中的走访"),
    NoticeKind.VISIT_CALLED_OFF: _l("取消的走访"),
    NoticeKind.FIRMS_HANDED_OVER: _l("移交的企业"),
}

# What a value may be: a name or text as it is; `due` and `on` a date (None: not known); `firms` the first one's name and
# how many there are; others as a room said with `add_notice_words`.
SENTENCES = {
    NoticeKind.TASK_GIVEN: _l("%(by)s交给您一项任务：%(task)s"),
    NoticeKind.TASK_DUE: _l("任务“%(task)s”的期限是%(due)s"),
    NoticeKind.DUTY_NEAR: _l("%(firms)s：%(duty)s，期限%(due)s"),
    NoticeKind.PROPOSAL_SUBMITTED: _l("%(firm)s的%(by)s提交了修改，请核对"),
    NoticeKind.PROPOSAL_DECIDED: _l("%(firm)s提交的修改已处理：接受 %(accepted)s 项，不接受 %(refused)s 项"),
    NoticeKind.NEED_GIVEN: _l("%(by)s交给您一件诉求（%(firm)s：%(need)s），%(due)s前答复"),
    NoticeKind.NEED_RAISED: _l("%(firm)s提出诉求：%(need)s"),
    NoticeKind.NEED_ANSWERED: _l("%(firm)s的诉求已有答复：%(need)s"),
    NoticeKind.NEED_TAKEN_ON: _l("%(firm)s的诉求由%(agent)s全程代办：%(need)s"),
    NoticeKind.NEED_STEP_TAKEN: _l("%(firm)s的诉求“%(need)s”有进展：%(step)s"),
    NoticeKind.NEED_RATED: _l("%(firm)s给诉求“%(need)s”的办理评了%(stars)s星"),
    NoticeKind.CASE_MOVED: _l("%(firm)s的%(rung)s培育进入“%(stage)s”"),
    NoticeKind.APPLICATION_MOVED: _l("%(firm)s的“%(programme)s”申报：%(application_state)s"),
    NoticeKind.TITLE_GRANTED: _l("%(firm)s在公布的名单“%(list)s”上，已登记为%(rung)s，%(on)s起"),
    NoticeKind.CLAIM_MADE: _l("%(firm)s申领“%(incentive)s”，测算金额：%(amount)s"),
    NoticeKind.CLAIM_APPROVED: _l("%(firm)s申领的“%(incentive)s”已核定：%(amount)s"),
    NoticeKind.CLAIM_REFUSED: _l("%(firm)s申领的“%(incentive)s”不予兑现，理由见申领"),
    NoticeKind.CLAIM_PAID: _l("%(firm)s的“%(incentive)s”已兑付：%(amount)s"),
    NoticeKind.CLAIM_UNPAID: _l("%(firm)s的“%(incentive)s”兑付登记有误，已撤回，仍待兑付：%(amount)s"),
    NoticeKind.CASE_ENDED: _l("%(firm)s的%(rung)s培育已结束：%(ending)s"),
    NoticeKind.VISIT_PLANNED: _l("%(by)s计划于%(on)s走访%(firm)s"),
    NoticeKind.VISIT_CALLED_OFF: _l("%(by)s取消了%(on)s走访%(firm)s的计划：%(reason)s"),
    NoticeKind.FIRMS_HANDED_OVER: _l("%(by)s把 %(count)s 家企业移交给%(taker)s，请看移交单"),
}

# In a chat nobody is “您”: `to` names the people told.
CHAT_SENTENCES = {
    **SENTENCES,
    NoticeKind.TASK_GIVEN: _l("%(by)s交给%(to)s一项任务：%(task)s"),
    NoticeKind.NEED_GIVEN: _l("%(by)s交给%(to)s一件诉求（%(firm)s：%(need)s），%(due)s前答复"),
    NoticeKind.TASK_DUE: _l("%(to)s的任务“%(task)s”的期限是%(due)s"),
}

RHYTHMS = {
    MailRhythm.AT_ONCE: _l("有提醒就发"),
    MailRhythm.DIGEST: _l("每天汇总一封"),
    MailRhythm.NONE: _l("不发邮件"),
}

CHANNEL_KINDS = {ChannelKind.WECOM: _l("企业微信"), ChannelKind.DINGTALK: _l("钉钉")}

CHANNEL_FIELDS = {"name": _l("群名称"), "kinds": _l("发送哪些提醒"), "disabled": _l("停用")}

DELIVERY_STATES = {
    DeliveryState.WAITING: _l("待发送"),
    DeliveryState.BEGUN: _l("结果不明"),
    DeliveryState.SENT: _l("已发送"),
    DeliveryState.FAILED: _l("没有发出"),
}

_VALUE = re.compile(r"%\((\w+)\)s")
LONGEST = 120  # characters of a value: a notice names the matter, the page tells it


def needed_values(kind: NoticeKind) -> frozenset[str]:
    """The names of the values without which the kind's sentence cannot be made."""
    return frozenset(_VALUE.findall(str(SENTENCES[kind])))


def add_notice_words(app: Flask, name: str, words: Callable[[Any], Any]) -> None:
    """A room says how the value of this name is told: `words` makes text, in the reader's language, of what was given."""
    app.extensions.setdefault("notice_words", {})[name] = words


def sentence(kind: NoticeKind, values: Mapping[str, Any], *, in_chat: bool = False) -> str:
    """The notice's one sentence, in the language of the page or mail being made."""
    told = str((CHAT_SENTENCES if in_chat else SENTENCES)[kind])
    return told % {name: _told(name, values.get(name)) for name in _VALUE.findall(told)}


def _told(name: str, value: Any) -> str:
    if value is None:
        return UNKNOWN
    if name in ("due", "on"):
        return day(date.fromisoformat(value))
    if name == "firms":
        first, count = _short(value[0]), value[1]
        return first if count == 1 else _("%(firm)s等 %(count)s 家企业", firm=first, count=count)
    words = current_app.extensions.get("notice_words", {}).get(name)
    return _short(words(value) if words else value)


def _short(value: Any) -> str:
    """On one line: a line break in the subject of a mail would be none of ours."""
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
