"""What a person reads for the words of this room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.services.models import MatchState, Phase, ServiceState

PHASES: dict[Phase, Any] = {
    Phase.DISCOVER: _l("发现"),
    Phase.CULTIVATE: _l("培育"),
    Phase.INTRODUCE: _l("推介"),
    Phase.SERVE: _l("服务"),
}
STATES: dict[ServiceState, Any] = {
    ServiceState.OFFERED: _l("已告知"),
    ServiceState.GIVEN: _l("已提供"),
    ServiceState.DECLINED: _l("企业不需要"),
}
OWED = "owed"
REACHED = "reached"  # the firm holds the title that the service prepares for
# What the list of firms is narrowed by, and the columns of the page.
COUNTED: dict[str, Any] = {OWED: _l("还欠"), **{state.value: title for state, title in STATES.items()}}
# What a firm's own page says of a service.
FATES: dict[str, Any] = {**COUNTED, REACHED: _l("已有该资质，不用再提供")}
LOOKS = {OWED: "warn", REACHED: "neutral", "offered": "accent", "given": "good", "declined": "neutral"}
MATCH_STATES: dict[MatchState, Any] = {
    MatchState.PROPOSED: _l("已推荐"),
    MatchState.USED: _l("已对接"),
    MatchState.REFUSED: _l("不合适"),
}
MATCH_LOOKS = {MatchState.PROPOSED: "accent", MatchState.USED: "good", MatchState.REFUSED: "neutral"}


def reason_text(reason: Mapping[str, Any]) -> str:
    """Why a resource was put to a need, as the history tells it."""
    told = [_("诉求里提到：%(words)s", words="、".join(reason["words"]))] if reason.get("words") else []
    told += [
        _("“%(phrase)s”与诉求里的“%(piece)s”相近", phrase=phrase, piece=piece)
        for phrase, piece in reason.get("near", ())
    ]
    if reason.get("trade"):
        told.append(_("同在行业：%(name)s", name=reason["trade"]))
    return "；".join(told) or _("由专员选定")


ITEM_FIELDS: dict[str, Any] = {
    "rung": _l("适用于"),
    "towards": _l("为哪个资质做准备"),
    "phase": _l("环节"),
    "title": _l("服务"),
    "title_en": _l("英文名称"),
    "text": _l("内容"),
    "days": _l("几个工作日内提供"),
    "place": _l("次序"),
    "disabled": _l("停用"),
}
RECORD_FIELDS: dict[str, Any] = {
    "item_id": _l("服务"),
    "state": _l("情况"),
    "on": _l("日期"),
    "by_id": _l("办理人"),
    "note": _l("说明"),
}
MATCH_FIELDS: dict[str, Any] = {
    "need_id": _l("诉求"),
    "resource_id": _l("资源"),
    "state": _l("情况"),
    "reason": _l("理由"),
    "note": _l("说明"),
    "by_id": _l("推荐人"),
    "at": _l("时间"),
}
