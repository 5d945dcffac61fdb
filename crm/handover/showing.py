"""A kept sheet as a person reads it: on the page and in the PDF the same lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from crm.handover.models import Handover
from crm.ladder.models import Rung, Stage
from crm.ladder.words import RUNGS, STAGES
from crm.web.formatting import day, moment
from crm.web.pdf import Cell, Column, Line, Report


@dataclass(frozen=True)
class Shown:
    """One firm of the sheet: its head, and lines by heading; a heading without lines says so itself."""

    firm_id: int
    name: str
    about: str
    parts: Sequence[tuple[Any, Sequence[str]]]


def numbers(handover: Handover) -> dict[str, int]:
    """What went: firms, cases, tasks and planned visits."""
    sheet = handover.sheet
    return {
        "firms": len(sheet),
        **{
            kind: sum(bool(record["moved"]) for entry in sheet for record in entry[kind])
            for kind in ("cases", "tasks", "plans")
        },
    }


def shown(entry: dict[str, Any]) -> Shown:
    """An entry of the sheet in the reader's language."""
    return Shown(
        entry["firm_id"],
        entry["name"],
        " · ".join(filter(None, [entry["code"], entry["organisation"]])),
        [
            (_("阶梯与阶段"), _stages(entry)),
            (_("未办的承诺"), [_promise(task) for task in entry["tasks"]]),
            (
                _("待答复的诉求"),
                [need["text"] + _("（%(reason)s）", reason=_day(need["raised_on"])) for need in entry["needs"]],
            ),
            (_("计划的走访"), [_plan(plan) for plan in entry["plans"]]),
            (_("上次走访"), _last(entry["last_visit"])),
            (_("离下一级还缺"), _missing(entry["next"])),
        ],
    )


def _day(text: str) -> str:
    return day(date.fromisoformat(text))


def _rung(key: str) -> str:
    return str(RUNGS[Rung(key)])


def _stages(entry: dict[str, Any]) -> list[str]:
    held = [_("持有%(rung)s", rung=_rung(key)) for key in entry["held"]]
    cases = [
        _(
            "%(rung)s：%(stage)s，%(day)s起",
            rung=_rung(case["rung"]),
            stage=STAGES[Stage(case["stage"])],
            day=_day(case["since"]),
        )
        for case in entry["cases"]
    ]
    return held + cases


def _promise(task: dict[str, Any]) -> str:
    line = _("%(day)s前：%(task)s", day=_day(task["due_on"]), task=task["title"])
    return line if task["moved"] else line + _("（仍由%(name)s办理）", name=task["who"])


def _plan(plan: dict[str, Any]) -> str:
    line = _day(plan["on"]) + (_("：%(purpose)s", purpose=plan["purpose"]) if plan["purpose"] else "")
    return line if plan["moved"] else line + _("（仍由%(name)s走访）", name=plan["who"])


def _last(visit: dict[str, Any] | None) -> list[str]:
    if visit is None:
        return []
    head = _("%(day)s，%(name)s", day=_day(visit["on"]), name=visit["by"])
    return [head + _("：%(purpose)s", purpose=visit["said"]) if visit["said"] else head]


def _missing(following: dict[str, Any] | None) -> list[str]:
    if following is None:
        return []
    if following["reason"]:
        return [f"{_rung(following['rung'])}{_('：')}{following['reason']}"]
    if following["verdict"] == "met":
        return [_("%(rung)s：条件都已具备", rung=_rung(following["rung"]))]
    lines = [f"{_rung(following['rung'])}{_('：')}{lack}" for lack in following["lacks"]]
    return [*lines, _("另有 %(n)s 条", n=following["more"])] if following["more"] > 0 else lines


def handover_pdf(handover: Handover) -> bytes:
    """The sheet to file and to sign."""
    counted = numbers(handover)
    report = Report(
        _("企业移交单"),
        subtitle=_("%(giver)s → %(taker)s", giver=giver_name(handover), taker=handover.taker.name),
        footer=_("移交单编号 %(number)s，%(at)s", number=handover.id, at=moment(handover.at)),
    )
    report.definitions(
        [
            (_("移交人"), giver_name(handover)),
            (_("接收人"), handover.taker.name),
            (_("办理人"), handover.actor.name),
            (_("时间"), moment(handover.at)),
            (_("企业"), str(counted["firms"])),
            (_("进行中的培育项目"), str(counted["cases"])),
            (_("未办的任务"), str(counted["tasks"])),
            (_("计划的走访"), str(counted["plans"])),
        ]
    )
    if handover.note:
        report.definitions([(_("说明"), handover.note)], columns=1)
    report.heading(_("逐家情况"))
    rows: list[list[Cell]] = []
    for firm in map(shown, handover.sheet):
        said: list[str | Line] = []
        for heading, lines in firm.parts:
            said += [Line(str(heading), quiet=True), *(lines or [_("无")])]
        rows.append([[Line(firm.name, strong=True), Line(firm.about, quiet=True)], said])
    report.table([Column(_("企业"), 1), Column(_("移交时的情况"), 2.4)], rows)
    report.signatures([_("移交人"), _("接收人"), _("监交人")])
    return report.finish()


def giver_name(handover: Handover) -> str:
    return handover.giver.name if handover.giver else _("（原无专员）")
