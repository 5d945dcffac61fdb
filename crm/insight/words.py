"""What a person reads for the words of this room."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from crm.insight.cohorts import WITHIN
from crm.insight.movement import Group, What
from crm.insight.pool import Part

WHATS: dict[What, Any] = {
    What.NEW: _l("新上阶梯"),
    What.GAINED: _l("又取得一级"),
    What.EXPIRED: _l("资质到期"),
    What.REVOKED: _l("资质被撤销"),
    What.ENTERED: _l("新入库"),
    What.ADVANCED: _l("阶段前进"),
    What.BACK: _l("阶段退回"),
    What.CERTIFIED: _l("培育后认定"),
    What.DROPPED: _l("培育终止"),
    What.REJECTED: _l("申报未通过"),
}
GROUPS: dict[Group, Any] = {
    Group.CAME: _l("新来的"),
    Group.ROSE: _l("上升的"),
    Group.FELL: _l("下降的"),
}
PARTS: dict[Part, Any] = {
    Part.FIRST: _l("年初在库"),
    Part.ENTERED: _l("入库"),
    Part.CERTIFIED: _l("认定出库"),
    Part.DROPPED: _l("终止出库"),
    Part.REJECTED: _l("未通过出库"),
    Part.LAST: _l("期末在库"),
}
KINDS: dict[str, Any] = {
    "entered": _l("进入"),
    "risen": _l("已升"),
    "underway": _l("仍在途"),
    "lapsed": _l("未升，已不在原级"),
    "had": _l("进入时已在上一级"),
    **{f"within{years}": _l("%(years)s 年内升", years=years) for years in WITHIN},
    **{f"short{years}": _l("未满 %(years)s 年", years=years) for years in WITHIN},
}
