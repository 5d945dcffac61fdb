"""What the room's things are called."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

# What a list's page shows, in the order of its tabs.
MEMBERS, CANDIDATES, UNDECIDED, FAILING, PAST = "members", "candidates", "undecided", "failing", "past"
SHOWN: dict[str, Any] = {
    MEMBERS: _l("在名单"),
    CANDIDATES: _l("可列入"),
    UNDECIDED: _l("尚不能判断"),
    FAILING: _l("已不符合"),
    PAST: _l("已移出"),
}
# Where a firm stands with one link of a chain.
PASSED, OPEN, UNKNOWN = "passed", "open", "unknown"
STANDINGS: dict[str, Any] = {PASSED: _l("已完成"), OPEN: _l("未完成"), UNKNOWN: _l("待核实")}

LIST_FIELDS: dict[str, Any] = {
    "key": _l("代号"),
    "title": _l("名称"),
    "title_en": _l("英文名称"),
    "document_number": _l("依据文件"),
    "quota": _l("名额"),
    "rule": _l("筛选规则"),
    "place": _l("次序"),
    "disabled": _l("停用"),
}
MEMBER_FIELDS: dict[str, Any] = {
    "list_id": _l("名单"),
    "since": _l("列入日期"),
    "until": _l("移出日期"),
    "why": _l("列入理由"),
    "why_off": _l("移出理由"),
    "number": _l("文号或编号"),
    "by_id": _l("经办人"),
}
CHAIN_FIELDS: dict[str, Any] = {**LIST_FIELDS, "rule": _l("适用对象")}
LINK_FIELDS: dict[str, Any] = {
    "chain_id": _l("培育链"),
    "key": _l("代号"),
    "title": _l("名称"),
    "title_en": _l("英文名称"),
    "rule": _l("完成条件"),
    "place": _l("次序"),
}
