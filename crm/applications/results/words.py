"""What a person reads of result lists."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from crm.applications.models import ResultRowState, ResultState

ROW_STATES: dict[ResultRowState, Any] = {
    ResultRowState.PROPOSED: _l("待确认"),
    ResultRowState.FAULTY: _l("有问题"),
    ResultRowState.UNKNOWN: _l("系统里没有"),
    ResultRowState.DUPLICATE: _l("名单内重复"),
    ResultRowState.MATCHED: _l("已对上"),
    ResultRowState.HELD: _l("早已登记"),
    ResultRowState.APPLIED: _l("已登记资质"),
    ResultRowState.LEFT: _l("不采用"),
}
ROW_LOOKS: dict[ResultRowState, str] = {
    ResultRowState.PROPOSED: "warn",
    ResultRowState.FAULTY: "bad",
    ResultRowState.UNKNOWN: "unknown",
    ResultRowState.DUPLICATE: "warn",
    ResultRowState.MATCHED: "accent",
    ResultRowState.HELD: "neutral",
    ResultRowState.APPLIED: "good",
    ResultRowState.LEFT: "neutral",
}
STATES: dict[ResultState, Any] = {
    ResultState.READING: _l("正在核对名单"),
    ResultState.READ: _l("待登记"),
    ResultState.GRANTING: _l("正在登记资质"),
    ResultState.GRANTED: _l("已登记"),
    ResultState.UNDOING: _l("正在撤回"),
    ResultState.FAILED: _l("没有读成"),
}
LOOKS: dict[ResultState, str] = {
    ResultState.READING: "accent",
    ResultState.READ: "warn",
    ResultState.GRANTING: "accent",
    ResultState.GRANTED: "good",
    ResultState.UNDOING: "accent",
    ResultState.FAILED: "bad",
}
# Why a name is only a proposal.
WHY: dict[str, Any] = {
    "no_code": _l("名单没有信用代码，只有名称相同"),
    "other_code": _l("名称相同，信用代码不同"),
    "wrong_code": _l("名称相同，名单上的信用代码有误"),
    "another": _l("信用代码和名称各是一家企业的"),
}
LIST_FIELDS: dict[str, Any] = {
    "organisation_id": _l("单位"),
    "rung": _l("资质"),
    "title": _l("名单"),
    "document_number": _l("文号"),
    "decided": _l("正式公布"),
    "published_on": _l("公布日期"),
    "valid_from": _l("有效期自"),
    "valid_to": _l("有效期至"),
    "file_name": _l("文件"),
    "sha256": _l("文件指纹"),
    "state": _l("状态"),
    "error": _l("问题"),
    "actor_id": _l("导入人"),
    "at": _l("导入时间"),
}
