"""A kept assessment as a PDF to file."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from crm.ladder.assessments.reading import Kept
from crm.ladder.assessments.showing import clauses, facts, score_text
from crm.ladder.words import PURPOSES, RUNGS, VERDICTS
from crm.policy import CERTAINTIES
from crm.policy.text import SIGNS
from crm.web.formatting import UNKNOWN, day, moment
from crm.web.language import language
from crm.web.pdf import Cell, Column, Line, Report


def assessment_pdf(kept: Kept) -> bytes:
    """The verdict with all that it rests on, in the reader's language."""
    row = kept.row
    verdict = str(VERDICTS[row.verdict])
    report = Report(
        _("认定条件测算存档"),
        subtitle=f"{row.firm.name} · {RUNGS[row.rung]}",
        footer=_(
            "版本 %(edition)s，SHA-256 %(hash)s；测算日期 %(on)s",
            edition=row.edition,
            hash=row.edition_hash,
            on=row.on.isoformat(),
        ),
    )
    edition = kept.edition
    report.definitions(
        [
            (_("企业名称"), row.firm.name),
            (_("统一社会信用代码"), row.firm.credit_code or UNKNOWN),
            (_("方向"), str(RUNGS[row.rung])),
            (_("申报类型"), str(PURPOSES[row.purpose])),
            (_("结论"), Line(verdict, strong=True)),
            (_("评分"), Line(score_text(kept.result["score"]) or _("不评分"), strong=bool(kept.result["score"]))),
            (_("测算日期"), day(row.on)),
            (_("存档"), _("编号 %(number)s，%(at)s", number=row.id, at=moment(row.at))),
            *([(_("存档人"), row.actor.name)] if kept.is_staff else []),
            *([(_("途径"), str(row.result["route"]))] if row.result.get("route") else []),
        ]
    )
    report.definitions(
        [
            *([(_("依据"), [edition.document.title[language()], edition.document.number])] if edition else []),
            (
                _("版本"),
                edition.title[language()] + _("（%(reason)s）", reason=row.edition) if edition else row.edition,
            ),
            (_("内容校验码"), Line(row.edition_hash, quiet=True)),
        ],
        columns=1,
    )
    report.heading(_("逐条结论"))
    report.table(
        [
            Column(_("条款"), 3.2),
            Column(_("结论"), 1.25),
            Column(_("实际"), 1.5),
            Column(_("条款要求"), 1.5),
            Column(_("依据的数据与算式"), 5),
        ],
        [_clause(clause) for top in clauses(kept) for clause in (top, *top.get("parts", ()))],
    )
    report.paragraph(_certainties(kept), quiet=True)
    report.heading(_("当时掌握的数据"))
    report.paragraph(_("金额为万元。没有列出的数据当时未知，未知不当作零。"), quiet=True)
    report.table(
        [Column(_("数据"), 3), Column(_("数值"), 2.2), Column(_("核实情况"), 1.1), Column(_("来源"), 4)],
        [
            [fact["title"], fact["value"], _state(fact["state"]), Line(fact["source"] or UNKNOWN, quiet=True)]
            for fact in facts(kept)
        ],
    )
    report.heading(_("如何复算"))
    report.paragraph(_again(kept))
    report.paragraph(
        _(
            "在系统中打开本存档（编号 %(number)s），下载 JSON 文件，然后运行：flask --app app policy rerun 文件名。"
            "文件内含全部事实和整份认定条件，不依赖数据库；结论一致时退出码为 0，不一致时逐条指出。",
            number=row.id,
        ),
        quiet=True,
    )
    report.signatures([_("经办人"), _("复核人"), _("日期")])
    return report.finish()


def _clause(clause: dict[str, Any]) -> list[Cell]:
    points = clause.get("score")
    if points:
        value = points["low"] if points["low"] == points["high"] else f"{points['low']}–{points['high']}"
        actual, asked = _("%(points)s 分", points=value), _("满分 %(max)s", max=points["max"])
    elif clause["threshold"] is not None:
        sign = SIGNS.get(clause["operator"], clause["operator"])
        actual, asked = clause["value"] or _("未知"), f"{sign} {clause['threshold']}"
    else:
        actual, asked = UNKNOWN, UNKNOWN
    grounds: list[str | Line] = []
    if clause["gap"]:
        grounds.append(Line(clause["gap"], strong=True))
    if clause["arithmetic"]:
        grounds.append(clause["arithmetic"])
    if clause["missing"]:
        what = _("、").join(item["title"] for item in clause["missing"])
        grounds.append(_("缺少：%(what)s", what=what))
    if not clause.get("parts"):  # of a score, the parts below say what they used
        grounds += [Line(_figure(figure), quiet=True) for figure in clause["used"]]
    certainty = clause["certainty"]
    return [
        [
            clause["title"],
            Line(clause["article"], quiet=True),
            *([Line(_certainty(certainty), quiet=True)] if certainty != "confirmed" else []),
        ],
        _("不适用") if clause["verdict"] == "not_applicable" else Line(str(VERDICTS[clause["verdict"]]), strong=True),
        actual,
        asked,
        grounds or UNKNOWN,
    ]


def _figure(figure: dict[str, Any]) -> str:
    said = _("%(title)s：%(value)s", title=figure["title"], value=figure["value"])
    rest = [_state(figure["state"]) if figure["state"] else None, figure["source"]]
    return " · ".join(part for part in (said, *rest) if part)


def _state(state: str | None) -> str:
    return {"verified": _("已核实"), "declared": _("未核实")}.get(state or "", UNKNOWN)


def _certainty(code: str) -> str:
    return _("核实程度：%(known)s", known=CERTAINTIES[code][language()])


def _certainties(kept: Kept) -> str:
    codes = [criterion["certainty"] for criterion in kept.result["criteria"]]
    counts = [
        _("%(known)s %(count)s 条", known=CERTAINTIES[code][language()], count=codes.count(code))
        for code in CERTAINTIES
        if code in codes
    ]
    return _("条款中数字的核实程度（存档当时）：%(counts)s。", counts=_("，").join(counts))


def _again(kept: Kept) -> str:
    """What judging it again said when this was printed."""
    again = kept.again
    if again is None:
        return _("存档所用的版本已无法读取，不能复算。")
    if again.same:
        return _("打印时已用存档的数据和版本复算，结论与逐条结果一致。")
    told = "\n".join(f"· {difference.text[language()]}" for difference in again.differences)
    return _("打印时复算，与存档有不同：") + "\n" + told
