"""What a person reads for the words of this room."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.applications.models import Application, ApplicationState, Programme
from crm.kernel.db import db
from crm.ladder.checklists import requirement_title
from crm.web.formatting import UNKNOWN, day
from crm.web.language import title_in

STATES: dict[ApplicationState, Any] = {
    ApplicationState.DRAFT: _l("填报中"),
    ApplicationState.SUBMITTED: _l("待审核"),
    ApplicationState.RETURNED: _l("退回修改"),
    ApplicationState.REVIEWED: _l("待推荐"),
    ApplicationState.RECOMMENDED: _l("已推荐"),
    ApplicationState.ON_NOTICE: _l("公示中"),
    ApplicationState.GRANTED: _l("已认定"),
    ApplicationState.REFUSED: _l("未通过"),
    ApplicationState.WITHDRAWN: _l("已撤回"),
}
# Of a programme that leads to no title.
GRANTED_PROJECT = _l("已立项")

STATE_KINDS: dict[ApplicationState, str] = {
    ApplicationState.DRAFT: "neutral",
    ApplicationState.SUBMITTED: "accent",
    ApplicationState.RETURNED: "warn",
    ApplicationState.REVIEWED: "accent",
    ApplicationState.RECOMMENDED: "accent",
    ApplicationState.ON_NOTICE: "accent",
    ApplicationState.GRANTED: "good",
    ApplicationState.REFUSED: "bad",
    ApplicationState.WITHDRAWN: "neutral",
}

APPLICATION_FIELDS: dict[str, Any] = {
    "window_id": _l("申报窗口"),
    "case_id": _l("培育项目"),
    "state": _l("状态"),
    "state_since": _l("本状态起"),
    "answers": _l("填报内容"),
    "filed": _l("提交时的内容"),
    "submitted_on": _l("提交日期"),
    "changes": _l("要修改的内容"),
    "notice_from": _l("公示起"),
    "notice_to": _l("公示止"),
    "credential_id": _l("资质"),
    "need_id": _l("全程代办"),
}
PAPER_FIELDS: dict[str, Any] = {"application_id": _l("申报"), "key": _l("材料"), "document_id": _l("文件")}
PROGRAMME_FIELDS: dict[str, Any] = {
    "key": _l("代号"),
    "title": _l("名称"),
    "title_en": _l("英文名称"),
    "rung": _l("对应资质"),
    "purpose": _l("申报类型"),
    "document_number": _l("文号"),
    "summary": _l("说明"),
    "asks": _l("填报内容"),
    "papers": _l("材料"),
    "disabled": _l("停用"),
}
WINDOW_FIELDS: dict[str, Any] = {
    "programme_id": _l("项目"),
    "year": _l("年度"),
    "title": _l("批次"),
    "division_code": _l("地区"),
    "opens_on": _l("开放日期"),
    "closes_on": _l("截止日期"),
    "source": _l("依据"),
    "notice_key": _l("通知"),
    "disabled": _l("停用"),
}


def state_title(application: Application) -> Any:
    if application.state is ApplicationState.GRANTED and application.window.programme.rung is None:
        return GRANTED_PROJECT
    return STATES[application.state]


def asked_for(application: Application) -> str:
    """What is applied for: the programme, its year and batch."""
    window = application.window
    return " ".join(part for part in (title_in(window.programme), str(window.year), window.title) if part)


# --- in the history -----------------------------------------------------------------------------------------------


def answers_text(value: Any) -> str:
    """What was filled in, as the history tells it: what was written, and how much was declared."""
    written = [text for text in value.get("words", {}).values() if text]
    if declared := len(value.get("declared", [])):
        written.append(_("承诺 %(n)s 项", n=declared))
    if note := value.get("note"):
        written.append(_("说明：%(note)s", note=note))
    return "；".join(written) or UNKNOWN


def filed_text(value: Any) -> str:
    return _("%(day)s 提交的内容，见申报书", day=day(date.fromisoformat(value["on"])))


def paper_title(key: str) -> str:
    """What a paper is called, by the checklists or the programme that asks for it; the key itself where none does any more."""
    told = requirement_title(key)
    if told != key:
        return told
    asked = (paper for papers in db.session.scalars(select(Programme.papers)) for paper in papers)
    return next((title_in(paper) for paper in asked if paper["key"] == key), key)


def changes_text(value: Any) -> str:
    return "；".join(each["text"] for each in value) or UNKNOWN


SHOWN = {"answers": answers_text, "filed": filed_text, "changes": changes_text}
