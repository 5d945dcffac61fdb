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
# The units of `units.UNITS`, as a reader is told them.
UNIT_WORDS: dict[str, Any] = {
    "家": _l("家"), "件": _l("件"), "项": _l("项"), "人": _l("人"), "次": _l("次"), "个": _l("个"), "支": _l("支"), "倍": _l("倍"),
    "万人": _l("万人"), "万元": _l("万元"), "亿元": _l("亿元"), "件/家": _l("件/家"), "件/万人": _l("件/万人"),
    "件/百万人": _l("件/百万人"), "百分点": _l("百分点"), "万元/亩": _l("万元/亩"), "%": "%",
}  # fmt: skip


def unit_word(unit: str) -> str:
    """A unit in the reader's language."""
    return str(UNIT_WORDS.get(unit, unit))


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
