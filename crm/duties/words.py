"""What a person reads for the words of this room."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from crm.duties.models import DutyState
from crm.duties.rules import Kind, rules
from crm.duties.selects import DueState
from crm.ladder.models import Rung
from crm.ladder.words import SHORT_RUNGS
from crm.web.language import language

KINDS: dict[Kind, Any] = {
    Kind.YEARLY: _l("年度填报"),
    Kind.CHANGE: _l("变更报告"),
    Kind.RENEWAL: _l("到期续期"),
}

DUE_STATES: dict[DueState, Any] = {
    DueState.AHEAD: _l("未到期"),
    DueState.UNRECORDED: _l("过期，没有记录"),
    DueState.MISSED: _l("确认漏报"),
    DueState.DONE: _l("已办"),
    DueState.LAPSED: _l("已到期，没有新证"),
}

# The kind of badge and its icon.
LOOKS: dict[DueState, tuple[str, str]] = {
    DueState.AHEAD: ("neutral", "clock"),
    DueState.UNRECORDED: ("unknown", "unknown"),
    DueState.MISSED: ("bad", "cross"),
    DueState.DONE: ("good", "check"),
    DueState.LAPSED: ("bad", "lapsed"),
}

STATES: dict[DutyState, Any] = {DutyState.DONE: _l("已办"), DutyState.MISSED: _l("确认漏报")}

RECORD_FIELDS: dict[str, Any] = {
    "duty": _l("义务"),
    "due_on": _l("期限"),
    "state": _l("结果"),
    "on": _l("办理日期"),
    "note": _l("说明"),
    "document_id": _l("依据文件"),
}


def duty_title(name: str) -> str:
    """`hte.annual_report` as a person reads it; the name itself where no rule knows it any more."""
    rung, _, duty = name.partition(".")
    rule = next((rule for rule in reversed(rules()) if rule.duty == duty and rung in rule.rungs), None)
    return name if rule is None else f"{SHORT_RUNGS[Rung(rung)]} · {rule.title[language()]}"
