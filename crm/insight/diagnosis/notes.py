"""Whom and what the numbers of a diagnosis are of, from where and of when: the same on the page and on paper."""

from __future__ import annotations

from flask_babel import gettext as _

from crm.insight.diagnosis.tables import Report, Section
from crm.web.formatting import moment, number
from crm.web.tables import Table


def notes(report: Report) -> str:
    """Whom and what the numbers are of: the same on the page and on paper."""
    told = _(
        "当年底在业的企业，含以后注销、吊销、迁出的 %(gone)s 家；数据取当年的年度数据、当年底的知识产权和研发机构；未知的单独列出，不计入占比。规模按国统字〔2017〕213号划分。为什么不创新取当年初以来最近一次走访的记录。所属园区和行业按现在的登记。",
        gone=number(report.gone),
    )
    if report.undated:
        told += _("另有 %(n)s 家已不在业、不知何时不在业的，没有计入。", n=number(report.undated))
    return told


def notes_section(report: Report) -> Section:
    """The notes as the last section of a paper, with its source and moment."""
    source = _("数据来源：Tidu 梯度企业培育数据库，%(at)s 测算。", at=moment(report.at))
    empty = Table("", [], [])
    return Section("notes", _("口径和来源"), f"{notes(report)}\n{source}", empty)
