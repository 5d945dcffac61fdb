"""One application as it was handed in, as a PDF to print and file."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_login import current_user

from crm.accounts.permissions import Permission
from crm.applications.models import Application
from crm.applications.words import STATES, state_title
from crm.ladder.words import VERDICTS
from crm.web.formatting import UNKNOWN, day
from crm.web.language import language, title_in
from crm.web.pdf import Column, Line, Report


def application_pdf(application: Application) -> bytes:
    """What was filed, in the reader's language; nothing of it is read from the record of today."""
    filed: dict[str, Any] = application.filed or {}
    window, firm, verdict = application.window, filed["firm"], filed["verdict"]
    report = Report(
        title_in(window.programme),
        subtitle=firm["name"],
        footer=_("申报编号 %(number)s，提交于 %(on)s", number=application.id, on=filed["on"]),
    )
    batch = " · ".join(part for part in (str(window.year), window.title) if part)
    report.definitions(
        [
            (_("企业名称"), firm["name"]),
            (_("统一社会信用代码"), firm["credit_code"] or UNKNOWN),
            (_("地址"), firm["address"] or UNKNOWN),
            (_("电话"), firm["telephone"] or UNKNOWN),
            (_("年度和批次"), batch),
            (_("状态"), Line(str(state_title(application)), strong=True)),
        ]
    )
    if firm["contacts"]:
        people = [" ".join(part for part in each.values() if part) for each in firm["contacts"]]
        report.definitions([(_("联系人"), people)], columns=1)
    report.heading(_("填报内容"))
    for each in filed["answers"]:
        report.definitions([(_title(each), each["text"] or UNKNOWN)], columns=1)
    report.heading(_("提交时的数据"))
    report.table(
        [Column(_("数据"), 3), Column(_("数值"), 2), Column(_("核实情况"), 1.2), Column(_("来源"), 3)],
        [
            [
                line["title"],
                line["value"] or UNKNOWN,
                state_words(line["state"]),
                Line(line["source"] or UNKNOWN, quiet=True),
            ]
            for line in filed["lines"]
        ],
    )
    if verdict is not None:
        report.definitions(
            [
                (_("认定条件测算"), Line(str(VERDICTS[verdict["verdict"]]), strong=True)),
                (_("评分"), verdict["score"] or _("不评分")),
                (_("依据"), verdict["number"]),
                (_("版本"), [verdict["edition"], Line(verdict["hash"][:12], quiet=True)]),
            ]
        )
    report.heading(_("材料和承诺"))
    staff = current_user.can(Permission.VIEW_FIRMS)
    papers = [each for each in filed["papers"] if staff or not each["internal"]]
    report.table([Column(_("材料"), 3), Column(_("文件"), 4)], [[each["title"], each["name"]] for each in papers])
    for each in filed["declared"]:
        report.paragraph(_title(each))
    report.heading(_("办理经过"))
    report.table(
        [Column(_("日期"), 1.3), Column(_("步骤"), 1.3), Column(_("说明"), 4)],
        [[day(event.on), str(STATES[event.to_state]), event.reason or UNKNOWN] for event in application.events],
    )
    report.signatures([_("企业（盖章）"), _("经办人"), _("日期")])
    return report.finish()


def state_words(state: str | None) -> str:
    """How far a value is trusted, in words."""
    words = {"verified": _("已核实"), "declared": _("未核实"), "pending": _("企业填报，待核对")}
    return words.get(state or "", UNKNOWN)


def _title(item: dict[str, Any]) -> str:
    return str(item["title_en"] if language() == "en" else item["title"])
