"""Titles for humans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from crm.exchange.models import ImportKind, Kind, Outcome, RunState
from crm.firms.words import FIGURE_KEYS, FIRM_FIELDS, IP_FIELDS
from crm.registers.kinds import REGISTERS
from crm.registers.resources.kinds import RESOURCES, TIE_FIELDS

KINDS: dict[Kind, Any] = {
    ImportKind.FIRMS: _l("企业名录"),
    ImportKind.FIGURES: _l("年度数据"),
    ImportKind.IP: _l("知识产权"),
    ImportKind.TIES: _l("企业入驻与服务关系"),
    **{register: kind.title for register, kind in REGISTERS.items()},
    **{register: kind.title for register, kind in RESOURCES.items()},
}
# The same as a person chooses among them.
GROUPS: dict[Any, tuple[Kind, ...]] = {
    _l("企业资料"): (ImportKind.FIRMS, ImportKind.FIGURES, ImportKind.IP),
    _l("企业的登记册"): tuple(REGISTERS),
    _l("本地的登记册"): (*RESOURCES, ImportKind.TIES),
}
STATES: dict[RunState, Any] = {
    RunState.UPLOADED: _l("待核对列"),
    RunState.CHECKING: _l("正在核对"),
    RunState.CHECKED: _l("待确认"),
    RunState.RUNNING: _l("正在导入"),
    RunState.DONE: _l("已导入"),
    RunState.FAILED: _l("没有导入"),
    RunState.UNDOING: _l("正在撤销"),
    RunState.UNDONE: _l("已撤销"),
}
STATE_LOOKS: dict[RunState, str] = {
    RunState.CHECKED: "warn",
    RunState.DONE: "good",
    RunState.FAILED: "bad",
    RunState.RUNNING: "accent",
    RunState.CHECKING: "accent",
    RunState.UNDOING: "accent",
}
# What a row would do, and what it did.
PLANNED: dict[Outcome, Any] = {
    Outcome.CREATED: _l("将新增"),
    Outcome.UPDATED: _l("将更新"),
    Outcome.UNCHANGED: _l("不变"),
    Outcome.REJECTED: _l("不能导入"),
}
DONE: dict[Outcome, Any] = {
    Outcome.CREATED: _l("新增"),
    Outcome.UPDATED: _l("更新"),
    Outcome.UNCHANGED: _l("不变"),
    Outcome.REJECTED: _l("没有导入"),
}
OUTCOME_LOOKS = {
    Outcome.CREATED: "good",
    Outcome.UPDATED: "accent",
    Outcome.UNCHANGED: "neutral",
    Outcome.REJECTED: "bad",
}
_OTHER_FIELDS = {"former_names": _l("曾用名"), "contacts": _l("联系人")}
FIELDS: dict[Kind, Mapping[str, Any]] = {
    ImportKind.FIRMS: {**FIRM_FIELDS, **_OTHER_FIELDS},
    ImportKind.FIGURES: FIGURE_KEYS,
    ImportKind.IP: IP_FIELDS,
    ImportKind.TIES: TIE_FIELDS,
    **{register: kind.fields for register, kind in REGISTERS.items()},
    **{register: {**kind.fields, "organisation_id": _l("管理单位")} for register, kind in RESOURCES.items()},
}
