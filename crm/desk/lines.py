"""The lines of the day: each kind of thing as a person reads it, with the one thing to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from flask import request, url_for
from flask_babel import gettext as _

from crm.applications.models import Application
from crm.applications.words import STATES
from crm.desk.queries import Closing, Desk
from crm.desk.watches import Watched
from crm.duties import showing
from crm.duties.rules import Kind
from crm.firms.models import Firm
from crm.firms.proposals.models import Proposal
from crm.kernel import clock
from crm.ladder.words import RUNGS, STAGES
from crm.visits.calendar import day_title
from crm.visits.models import Need, PlannedVisit, Task
from crm.visits.needs import answer_by, is_late
from crm.visits.words import NEED_KINDS
from crm.web.formatting import day as day_text
from crm.web.language import language, title_in

LASTS = timedelta(hours=1)  # of a visit that has a time: nobody says how long it takes
Telephone = tuple[str | None, str]  # whose, and the number


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing to do. `on` orders it within its group; `action` is (text, address), sent as a form where it `posts`;
    `other`: what can be done instead."""

    icon: str
    title: str
    href: str
    note: str
    action: tuple[Any, str]
    posts: bool = False
    other: tuple[Any, str] | None = None
    tone: str | None = None  # bad, warn
    on: date | None = None
    telephone: Telephone | None = None


def hour_is_past(planned: PlannedVisit) -> bool:
    """Whether a visit of today should be over: an hour after it was to begin. One without an hour has the whole day."""
    now = clock.now().astimezone(clock.LOCAL)
    if planned.starts_at is None or planned.on != now.date():
        return False
    return datetime.combine(planned.on, planned.starts_at, clock.LOCAL) + LASTS <= now


def map_address(firm: Firm) -> str | None:
    """Where a map shows the firm's address, in the map program of the telephone where it has one."""
    return f"https://uri.amap.com/search?keyword={quote(firm.address)}" if firm.address else None


def visit_line(planned: PlannedVisit, desk: Desk, telephones: dict[int, Telephone]) -> Line:
    when = planned.starts_at.isoformat("minutes") if planned.starts_at else None
    others = planned.officer_id != desk.user.id
    today, past = planned.on == clock.today(), hour_is_past(planned)
    return Line(
        icon="visit",
        title=planned.firm.name,
        href=url_for("desk.brief", firm_id=planned.firm_id),
        note=_joined(
            _("今天") if today else day_title(planned.on),
            when,
            _("已过时，还没有记下") if past else None,
            planned.officer.name if others else None,
            planned.purpose,
        ),
        action=(_("看计划"), url_for("visits.planned", planned_id=planned.id))
        if others or not today
        else (_("记走访"), url_for("visits.create", firm_id=planned.firm_id, plan=planned.id)),
        other=(_("改期"), url_for("visits.planned", planned_id=planned.id)) if past and not others else None,
        tone="warn" if past else None,
        telephone=telephones.get(planned.firm_id),
    )


def untold_line(planned: PlannedVisit, desk: Desk) -> Line:
    mine = planned.officer_id == desk.user.id
    return Line(
        icon="visit",
        title=planned.firm.name,
        href=url_for("visits.planned", planned_id=planned.id),
        note=_joined(
            _("计划 %(on)s 走访，还没有记下", on=day_title(planned.on)), None if mine else planned.officer.name
        ),
        action=(_("记走访"), url_for("visits.create", firm_id=planned.firm_id, plan=planned.id))
        if mine
        else (_("看计划"), url_for("visits.planned", planned_id=planned.id)),
        tone="warn",
        on=planned.on,
    )


def task_line(task: Task, desk: Desk) -> Line:
    today = clock.today()
    late = task.due_on < today
    if late:
        due = _("过期 %(n)s 天", n=(today - task.due_on).days)
    else:
        due = _("今天到期") if task.due_on == today else _("%(day)s 到期", day=day_title(task.due_on))
    return Line(
        icon="task",
        title=task.title,
        href=url_for("visits.edit_task", task_id=task.id, next=_here()),
        note=_joined(due, task.firm.name, None if desk.own else task.assignee.name),
        action=(_("办结"), url_for("visits.end_task", task_id=task.id, next=_here())),
        posts=True,
        tone="bad" if late else "warn" if task.due_on == today else None,
        on=task.due_on,
    )


def duty_line(line: showing.Line, desk: Desk, notice: str | None = None) -> Line:
    renewal = line.due.rule.kind is Kind.RENEWAL
    serious = next((text for kind, text in line.says if kind in ("bad", "warn")), None)
    return Line(
        icon=line.icon,
        title=line.due.firm,
        href=line.href,
        note=_joined(
            _("%(rung)s %(what)s：%(day)s", rung=line.rung, what=line.what, day=line.day),
            notice or line.when,
            serious,
            None if desk.own else line.due.officer,
        ),
        action=(_("看条件"), line.action[1]) if renewal and line.due.case_id is None else line.action,
        tone="bad" if line.due.overdue else None,
        on=line.due.due_on,
    )


def proposal_line(proposal: Proposal, fields: int) -> Line:
    on = proposal.submitted_at.astimezone(clock.LOCAL).date()
    return Line(
        icon="proposal",
        title=proposal.firm.name,
        href=url_for("firms.proposal", proposal_id=proposal.id),
        note=_joined(_("申请修改资料"), _("%(n)s 项待审", n=fields), _waited(on)),
        action=(_("审核"), url_for("firms.proposal", proposal_id=proposal.id)),
        on=on,
    )


def application_line(application: Application) -> Line:
    address = url_for("applications.show", application_id=application.id)
    return Line(
        icon="application",
        title=application.firm.name,
        href=address,
        note=_joined(
            title_in(application.window.programme), str(STATES[application.state]), _waited(application.state_since)
        ),
        action=(_("办理"), address),
        on=application.state_since,
    )


def need_line(need: Need, desk: Desk) -> Line:
    by, today = answer_by(need), clock.today()
    if is_late(need):
        due = _("已超期：应于 %(on)s 前", on=day_text(by))
    else:
        due = _("今天到期") if by == today else _waited(need.reopened_on or need.raised_on)
    return Line(
        icon="need",
        title=need.firm.name,
        href=url_for("desk.firm", firm_id=need.firm_id),
        note=_joined(
            str(NEED_KINDS.get(need.kind, need.kind)),
            need.text if len(need.text) <= 60 else need.text[:60] + "…",
            due,
            None if desk.own or need.firm.officer is None else need.firm.officer.name,
        ),
        action=(_("答复"), url_for("visits.answer_need", need_id=need.id, next=_here())),
        tone="bad" if is_late(need) else "warn" if by == today else None,
        on=by if by <= today else need.reopened_on or need.raised_on,
    )


def _waited(since: date) -> str:
    days = (clock.today() - since).days
    return _("已等 %(n)s 天", n=days) if days > 0 else _("今天提出")


def window_line(closing: Closing, desk: Desk) -> Line:
    days = closing.window.days(clock.today())
    cases = url_for("firms.index", rung=closing.rung.value, stage=None, officer=desk.user.id if desk.own else None)
    return Line(
        icon="clock",
        title=_("%(rung)s：%(what)s", rung=RUNGS[closing.rung], what=closing.window.title[language()]),
        href=cases,
        note=_joined(
            _("%(until)s 截止", until=day_text(closing.window.until)),
            _("还有 %(n)s 天", n=days) if days else _("就是今天"),
            _("%(n)s 家在培育、还没有申报", n=closing.firms),
        ),
        action=(_("看企业"), cases),
        tone="warn",
        on=closing.window.until,
    )


def unseen_line(seen: Watched, desk: Desk) -> Line:
    days = (clock.today() - seen.since).days if seen.since else 0
    last = _("上次走访 %(day)s，%(n)s 天前", day=day_text(seen.since), n=days) if seen.since else _("还没有走访过")
    return Line(
        icon="firm",
        title=seen.firm.name,
        href=url_for("desk.firm", firm_id=seen.firm.id),
        note=_joined(last, _charge(seen.firm, desk)),
        action=(_("安排走访"), url_for("visits.plan", firm_id=seen.firm.id, next=_here())),
    )


def stuck_line(stuck: Watched, desk: Desk) -> Line:
    told = _(
        "%(rung)s，“%(stage)s”阶段自 %(day)s 起未动",
        rung=RUNGS[stuck.record.rung],
        stage=STAGES[stuck.record.stage],
        day=day_text(stuck.since),
    )
    return Line(
        icon="wait",
        title=stuck.firm.name,
        href=url_for("desk.firm", firm_id=stuck.firm.id),
        note=_joined(told, _charge(stuck.firm, desk)),
        action=(_("看卡在哪里"), url_for("ladder.case", case_id=stuck.record.id)),
    )


def _charge(firm: Firm, desk: Desk) -> str | None:
    """Whose firm it is, where it may be another's."""
    if desk.own:
        return None
    return firm.officer.name if firm.officer else _("未指派专员")


def _joined(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)


def _here() -> str:
    return request.full_path.rstrip("?")
