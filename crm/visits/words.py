"""What a person reads for the words of this room. Topics and kinds of needs are data: a new one is a new line."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from crm.visits.models import NeedState, PlannedState, Reluctance, TaskState

# What a visit was about.
TOPICS: dict[str, Any] = {
    "rd": _l("研发投入"),
    "ip": _l("知识产权"),
    "titles": _l("资质申报"),
    "talent": _l("人才"),
    "finance": _l("融资"),
    "market": _l("市场"),
    "site": _l("用地用房"),
    "policy": _l("政策"),
    "transformation": _l("技术改造"),
    "cooperation": _l("产学研合作"),
    "safety": _l("安全环保"),
    "listing": _l("上市"),
}

# What a firm asks for.
NEED_KINDS: dict[str, Any] = {
    "finance": _l("融资"),
    "talent": _l("人才招用"),
    "technology": _l("技术攻关"),
    "titles": _l("资质申报"),
    "policy": _l("政策兑现"),
    "site": _l("用地用房"),
    "energy": _l("水电气"),
    "market": _l("市场开拓"),
    "approval": _l("行政审批"),
    "other": _l("其他"),
}

NEED_STATES: dict[NeedState, Any] = {
    NeedState.OPEN: _l("待答复"),
    NeedState.ANSWERED: _l("已答复"),
    NeedState.CLOSED: _l("不再需要"),
}

TASK_STATES: dict[TaskState, Any] = {
    TaskState.OPEN: _l("待办"),
    TaskState.DONE: _l("已办结"),
    TaskState.DROPPED: _l("不再办理"),
}

PLANNED_STATES: dict[PlannedState, Any] = {
    PlannedState.PLANNED: _l("计划中"),
    PlannedState.HELD: _l("已走访"),
    PlannedState.CALLED_OFF: _l("已取消"),
}

# Why a firm does not innovate.
RELUCTANCES: dict[Reluctance, Any] = {
    Reluctance.UNWILLING: _l("不想"),
    Reluctance.AFRAID: _l("不敢"),
    Reluctance.UNABLE: _l("不能"),
}

# How soon a promise is due: days after the visit.
TERMS: dict[int, Any] = {3: _l("3 天"), 7: _l("1 周"), 14: _l("2 周"), 30: _l("1 个月")}

VISIT_FIELDS: dict[str, Any] = {
    "officer_id": _l("走访人"),
    "on": _l("走访日期"),
    "place": _l("地点"),
    "met": _l("见了谁"),
    "topics": _l("谈了什么事"),
    "said": _l("谈话内容"),
    "reluctance": _l("为什么不创新"),
    "latitude": _l("纬度"),
    "longitude": _l("经度"),
    "accuracy": _l("定位精度（米）"),
    "answers": _l("补上的数据"),
    "key": _l("设备编号"),
}

PLANNED_FIELDS: dict[str, Any] = {
    "officer_id": _l("走访人"),
    "on": _l("走访日期"),
    "starts_at": _l("时间"),
    "purpose": _l("目的"),
    "state": _l("状态"),
    "reason": _l("取消原因"),
    "visit_id": _l("所属走访"),
}

TASK_FIELDS: dict[str, Any] = {
    "title": _l("要办的事"),
    "due_on": _l("期限"),
    "assignee_id": _l("承办人"),
    "state": _l("状态"),
    "outcome": _l("结果"),
    "ended_at": _l("了结时间"),
    "ended_by_id": _l("了结人"),
    "visit_id": _l("所属走访"),
}

NEED_FIELDS: dict[str, Any] = {
    "text": _l("诉求"),
    "kind": _l("类别"),
    "raised_on": _l("提出日期"),
    "assignee_id": _l("办理人"),
    "due_on": _l("答复期限"),
    "agency_asked": _l("企业请求全程代办"),
    "agency_since": _l("全程代办起"),
    "state": _l("状态"),
    "answer": _l("答复"),
    "answered_on": _l("答复日期"),
    "answered_by_id": _l("答复人"),
    "raised_by_id": _l("提出人"),
    "rating": _l("评价"),
    "rating_words": _l("评价说明"),
    "rated_on": _l("评价日期"),
    "document_id": _l("附件"),
    "reopened_on": _l("再次提出日期"),
    "objection": _l("没有解决的原因"),
    "visit_id": _l("所属走访"),
}


STEP_FIELDS: dict[str, Any] = {
    "need_id": _l("诉求"),
    "on": _l("办理日期"),
    "office": _l("在哪个部门"),
    "text": _l("办了什么"),
    "by_id": _l("办理人"),
    "at": _l("登记时间"),
}


def topic_titles(topics: list[Any]) -> list[Any]:
    """Titles of a visit's topics; a topic since removed from the list is shown as it was written."""
    return [TOPICS.get(topic, topic) for topic in topics]
