"""What a person reads for the words of this room."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from crm.ladder.models import CaseStatus, CredentialEventKind, Purpose, Rung, Stage
from crm.policy import vocabulary
from crm.policy.text import Text
from crm.web.language import language


def lazy(text: Text) -> LazyString:
    """A text of the engine in the reader's language, chosen when it is shown."""
    return LazyString(lambda: text[language()])


RUNGS: dict[Rung, Any] = {rung: lazy(vocabulary.RUNGS[rung.value]) for rung in Rung}

SHORT_RUNGS: dict[Rung, Any] = {
    Rung.TECH_SME: _l("科小"),
    Rung.HTE: _l("高企"),
    Rung.INNOVATIVE_SME: _l("创新型"),
    Rung.SRDI: _l("专精特新"),
    Rung.LITTLE_GIANT: _l("小巨人"),
    Rung.LISTED_NEEQ: _l("新三板"),
    Rung.LISTED_BSE: _l("北交所"),
    Rung.LISTED_CHINEXT: _l("创业板"),
    Rung.LISTED_STAR: _l("科创板"),
    Rung.LISTED_MAIN: _l("主板"),
}

LISTED = frozenset(rung for rung in Rung if rung.value.startswith("listed_"))

# The tint of each step on screen; the boards are one step.
LEVELS: dict[Rung, int] = {rung: min(number, 6) for number, rung in enumerate(Rung, start=1)}

STAGES: dict[Stage, Any] = {
    Stage.POOL: _l("入库"),
    Stage.CULTIVATING: _l("培育"),
    Stage.READY: _l("达标"),
    Stage.APPLIED: _l("申报"),
    Stage.CERTIFIED: _l("认定"),
}

STATUSES: dict[CaseStatus, Any] = {
    CaseStatus.OPEN: _l("进行中"),
    CaseStatus.CERTIFIED: _l("已认定"),
    CaseStatus.DROPPED: _l("已终止"),
    CaseStatus.REJECTED: _l("未通过"),
}

PURPOSES: dict[Purpose, Any] = {
    Purpose.NEW: _l("新申报"),
    Purpose.REVIEW: _l("复核"),
    Purpose.ANNUAL: _l("年度更新"),
}

CREDENTIAL_EVENTS: dict[CredentialEventKind, Any] = {
    CredentialEventKind.GRANTED: _l("取得"),
    CredentialEventKind.RENEWED: _l("由新证接续"),
    CredentialEventKind.EXPIRED: _l("到期失效"),
    CredentialEventKind.REVOKED: _l("被撤销"),
}

CASE_FIELDS: dict[str, Any] = {
    "rung": _l("方向"),
    "purpose": _l("申报类型"),
    "stage": _l("阶段"),
    "status": _l("状态"),
    "officer_id": _l("负责专员"),
    "opened_on": _l("入库日期"),
    "stage_since": _l("本阶段起"),
    "ended_on": _l("结束日期"),
    "entry_reason": _l("入库原因"),
    "reason": _l("原因"),
}
CREDENTIAL_FIELDS: dict[str, Any] = {
    "rung": _l("资质"),
    "number": _l("编号"),
    "valid_from": _l("有效期自"),
    "valid_to": _l("有效期至"),
    "ended_on": _l("失效日期"),
    "case_id": _l("培育项目"),
    "document_id": _l("证书文件"),
}
CHECKLIST_FIELDS: dict[str, Any] = {
    "key": _l("清单项"),
    "case_id": _l("培育项目"),
    "on": _l("达到日期"),
    "document_id": _l("文件"),
    "done_by_id": _l("办理人"),
    "done_at": _l("办理时间"),
}

VERDICTS: dict[str, Any] = {"met": _l("符合"), "unknown": _l("待补数据"), "not_met": _l("不符合")}

ITEM_KINDS: dict[str, Any] = {
    "criterion": _l("条件"),
    "document": _l("材料"),
    "declaration": _l("承诺"),
    "step": _l("步骤"),
    "sign_off": _l("签批"),
}
