"""What pages call the parts of targets."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from crm.insight.targets.models import ValueKind
from crm.insight.targets.progress import Standing

STANDINGS: dict[Standing, Any] = {
    Standing.MET: _l("已完成"),
    Standing.ON_TRACK: _l("进度正常"),
    Standing.BEHIND: _l("落后进度"),
    Standing.MISSED: _l("未完成"),
    Standing.PENDING: _l("进行中"),
    Standing.UNKNOWN: _l("数据不足"),
    Standing.NO_TARGET: _l("没有目标"),
}
STANDING_KINDS: dict[Standing, str] = {
    Standing.MET: "good",
    Standing.ON_TRACK: "good",
    Standing.BEHIND: "warn",
    Standing.MISSED: "bad",
    Standing.PENDING: "neutral",
    Standing.UNKNOWN: "unknown",
    Standing.NO_TARGET: "neutral",
}
VALUE_KINDS: dict[ValueKind, Any] = {
    ValueKind.BASE: _l("基数"),
    ValueKind.TARGET: _l("目标"),
    ValueKind.ACTUAL: _l("完成"),
}
INDICATOR_FIELDS = {
    "key": _l("编号"),
    "title": _l("指标名称"),
    "title_en": _l("英文名称"),
    "unit": _l("单位"),
    "measure": _l("取数方式"),
    "quality_of": _l("对应的数量指标"),
    "downward": _l("越少越好"),
    "place": _l("排列次序"),
    "disabled": _l("停用"),
}
PLAN_FIELDS = {
    "organisation_id": _l("单位"),
    "title": _l("规划名称"),
    "title_en": _l("英文名称"),
    "document_number": _l("依据文件"),
    "from_year": _l("第一年"),
    "to_year": _l("最后一年"),
}
VALUE_FIELDS = {
    "plan_id": _l("规划"),
    "indicator_id": _l("指标"),
    "kind": _l("类别"),
    "year": _l("年度"),
    "organisation_id": _l("单位"),
    "officer_id": _l("专员"),
    "value": _l("数值"),
    "unit_in_charge": _l("责任单位"),
    "article": _l("条款"),
    "source": _l("来源"),
    "on": _l("截至"),
}
