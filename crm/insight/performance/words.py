"""The five of 五好园区, and what the parts of an evaluation are called."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

# 益阳市“十四五”科技发展规划 二（二）
DIMENSIONS: dict[str, Any] = {
    "planning": _l("规划定位好"),
    "platform": _l("创新平台好"),
    "project": _l("产业项目好"),
    "mechanism": _l("体制机制好"),
    "image": _l("发展形象好"),
}
ITEM_FIELDS = {
    "indicator_id": _l("指标"),
    "dimension": _l("维度"),
    "weight": _l("权重"),
    "full_at": _l("满分值"),
    "document_number": _l("权重依据"),
    "place": _l("排列次序"),
    "disabled": _l("停用"),
}
VALUE_FIELDS = {
    "organisation_id": _l("园区"),
    "indicator_id": _l("指标"),
    "year": _l("年度"),
    "value": _l("数值"),
    "source": _l("来源"),
}
