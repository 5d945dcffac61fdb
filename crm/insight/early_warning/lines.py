"""The warnings as lines for a person: what will be lost and when, why, and the one thing to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.duties.showing import when
from crm.firms.ip.models import IpKind
from crm.firms.words import IP_KINDS
from crm.insight.early_warning.queries import rows
from crm.insight.funnel import Conditions
from crm.insight.models import EarlyWarning, WarningKind
from crm.kernel import clock
from crm.ladder.models import Purpose, Rung, Stage
from crm.ladder.standing import purposes_of
from crm.ladder.words import RUNGS, STAGES
from crm.web.formatting import day
from crm.web.language import language

KINDS: dict[WarningKind, Any] = {
    WarningKind.TITLE_LAPSES: _l("资质将到期"),
    WarningKind.WINDOW_CLOSES: _l("窗口将关闭"),
    WarningKind.FIGURES_FALL: _l("研发将不达标"),
    WarningKind.PATENT_ENDS: _l("知识产权将到期"),
    WarningKind.UNSEEN: _l("久未走访"),
}
ICONS = {
    WarningKind.TITLE_LAPSES: "lapsed",
    WarningKind.WINDOW_CLOSES: "clock",
    WarningKind.FIGURES_FALL: "figures",
    WarningKind.PATENT_ENDS: "ip",
    WarningKind.UNSEEN: "visit",
}
OPERATORS = {">=": "≥", "<=": "≤"}


@dataclass(frozen=True)
class Line:
    """One warning in words; `far` says how near its day is."""

    warning: EarlyWarning
    firm: str
    credit_code: str | None
    officer: str | None
    organisation: str
    what: str
    why: str
    day: str
    far: str

    @property
    def kind(self) -> Any:
        return KINDS[self.warning.kind]

    @property
    def icon(self) -> str:
        return ICONS[self.warning.kind]

    @property
    def action(self) -> tuple[str, str]:
        """The one thing to do next: its text and address."""
        return _action(self.warning)


def top(conditions: Conditions, limit: int) -> list[Line]:
    """The gravest warnings of the firms that fit the conditions on `Firm`. One query."""
    return lines(conditions, limit=limit)


def lines(
    conditions: Conditions = (), kind: WarningKind | None = None, *, limit: int | None = None, offset: int = 0
) -> list[Line]:
    """The warnings of one kind or all: the gravest kind first, in it the nearest day."""
    today = clock.today()
    return [_line(row, today) for row in rows(conditions, kind, limit=limit, offset=offset)]


def _line(row: Any, today: date) -> Line:
    warning: EarlyWarning = row.EarlyWarning
    what, why = _WORDS[warning.kind](warning)
    dated, far = day(warning.on), when(warning.on, today)
    if warning.kind is WarningKind.UNSEEN:
        seen = date.fromisoformat(warning.values["last"]) if warning.values["last"] else None
        dated = _("上次 %(day)s", day=day(seen)) if seen else _("没有走访记录")
        far = _("%(n)s 天前", n=(today - seen).days) if seen else ""
    return Line(warning, row.firm, row.credit_code, row.officer, row.organisation, what, why, dated, far)


def _rung(warning: EarlyWarning) -> Any:
    return RUNGS[warning.rung] if warning.rung else ""


def _said(values: dict[str, Any], name: str) -> str:
    """A text of the engine that was kept in both languages."""
    text: str = values[name][language()]
    return text


def _case(values: dict[str, Any]) -> str:
    if "stage" not in values:
        return _("没有进行中的培育项目")
    return _("培育项目在“%(stage)s”阶段", stage=STAGES[Stage(values["stage"])])


def _together(*parts: str) -> str:
    return _("；").join(part for part in parts if part)


# --- what and why, kind by kind ------------------------------------------------------------------------------------


def _title(warning: EarlyWarning) -> tuple[str, str]:
    presumed = _("截止日没有登记，按规定年限推算") if warning.values.get("presumed") else ""
    return _("%(rung)s资质到期", rung=_rung(warning)), _together(_case(warning.values), presumed)


def _window(warning: EarlyWarning) -> tuple[str, str]:
    what = _("已符合%(rung)s条件，申报窗口将关闭", rung=_rung(warning))
    return what, _together(
        _("“%(window)s”截止前还没有申报", window=_said(warning.values, "window")), _case(warning.values)
    )


def _figures(warning: EarlyWarning) -> tuple[str, str]:
    values = warning.values
    known = _("，").join(_("%(year)s 年 %(share)s", year=year, share=share) for year, share in values["years"])
    trend = _(
        "研发占比 %(known)s；按趋势推算 %(year)s 年 %(share)s",
        known=known,
        year=values["year"],
        share=values["projected"] or _("未知"),
    )
    if "now" in values:
        clause = _(
            "“%(clause)s”由 %(now)s 变为 %(then)s，须 %(operator)s %(line)s",
            clause=_said(values, "clause"),
            now=_said(values, "now"),
            then=_said(values, "then"),
            operator=OPERATORS.get(values["operator"], values["operator"]),
            line=_said(values, "line"),
        )
    else:
        clause = _("“%(clause)s”将由符合变为不符合", clause=_said(values, "clause"))
    gap = _said(values, "gap") if "gap" in values else ""
    others = _("另有 %(n)s 条", n=values["others"]) if values["others"] else ""
    return _("不再符合%(rung)s的研发条件（推算）", rung=_rung(warning)), _together(trend, clause, gap, others)


def _right(warning: EarlyWarning) -> tuple[str, str]:
    values = warning.values
    kind = IP_KINDS[IpKind(values["right"])]
    marks = [_("用于核心产品") if values["core"] else "", _("高价值") if values["high"] else ""]
    holds = _("企业持有%(rung)s资质", rung=_rung(warning)) if warning.rung else ""
    what = _("%(kind)s“%(title)s”保护期届满", kind=kind, title=values["title"])
    return what, _together(values["number"], *marks, holds)


def _unseen(warning: EarlyWarning) -> tuple[str, str]:
    what = _("久未走访") if warning.values["last"] else _("从未走访")
    return what, _("持有或正在培育%(rung)s，没有安排走访", rung=_rung(warning))


_WORDS = {
    WarningKind.TITLE_LAPSES: _title,
    WarningKind.WINDOW_CLOSES: _window,
    WarningKind.FIGURES_FALL: _figures,
    WarningKind.PATENT_ENDS: _right,
    WarningKind.UNSEEN: _unseen,
}


# --- what to do ----------------------------------------------------------------------------------------------------


def _action(warning: EarlyWarning) -> tuple[str, str]:
    firm_id, values, rung = warning.firm_id, warning.values, warning.rung
    match warning.kind:
        case WarningKind.PATENT_ENDS:
            return _("看知识产权"), url_for("firms.ip", firm_id=firm_id)
        case WarningKind.UNSEEN:
            return _("安排走访"), url_for("visits.plan", firm_id=firm_id)
        case WarningKind.FIGURES_FALL:
            return _("看明年推算"), url_for("outlook.outlook", firm_id=firm_id, rung=rung, purpose=values["purpose"])
    if "case" in values:
        return _("看培育项目"), url_for("ladder.case", case_id=values["case"])
    purpose = _purpose(rung) if warning.kind is WarningKind.TITLE_LAPSES and rung else None
    address = url_for("ladder.standing", firm_id=firm_id, rung=rung, purpose=purpose, _anchor="opened")
    return _("开培育项目"), address


def _purpose(rung: Rung) -> Purpose | None:
    """A title is kept by its review; where there is none, it is won anew."""
    return Purpose.REVIEW if Purpose.REVIEW in purposes_of(rung, clock.today(), None) else None
