"""The monthly report, or another paper made of headings, sentences and tables, as a Word file and as a PDF."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Protocol

from flask_babel import gettext as _

from crm.kernel import clock
from crm.web import pdf
from crm.web.formatting import day, width

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
NARROW, WIDE = 7, 34  # letters, a Chinese character two: what a column wants at least, and gets at most
SPACED, TIGHT = pdf.PADDING, 0.4  # mm around the text of a cell
NUMBER = re.compile(r"[\d\s.,%+\-−–—/（）()≥≤]*")


class PaperSection(Protocol):
    """A heading, a text and a table."""

    @property
    def title(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def columns(self) -> Sequence[str]: ...
    @property
    def rows(self) -> Sequence[Sequence[str]]: ...


class Paper(Protocol):
    """What can be taken along: the monthly report, a diagnosis."""

    @property
    def title(self) -> str: ...
    @property
    def period(self) -> str: ...
    @property
    def organisation(self) -> Any: ...
    @property
    def sections(self) -> Sequence[PaperSection]: ...


def word_file(report: Paper) -> bytes:
    """A4, one page where the words allow: a heading, a sentence and a small table a section."""
    from crm.insight.report.word import written  # with ten megabytes of its own, and few workers write one

    return written(report)


def columns_of(section: PaperSection) -> list[pdf.Column]:
    """The columns as wide as what they hold, those of numbers ending at their right."""
    return [
        pdf.Column(title, min(WIDE, max(NARROW, *(width(text) + 2 for text in (title, *texts)))), _numbers(texts))
        for title, *texts in zip(section.columns, *section.rows, strict=True)
    ]


def _numbers(texts: Sequence[str]) -> bool:
    """Whether most are, for a number may be wanting in words."""
    return 2 * sum(1 for text in texts if NUMBER.fullmatch(text)) > len(texts)


def pdf_file(report: Paper) -> bytes:
    """A4; what would run a little over its first page is set tighter."""
    spaced = _paper(report, SPACED)
    content = spaced.finish()
    if spaced.pages != 2:
        return content
    tight = _paper(report, TIGHT)
    closer = tight.finish()
    return closer if tight.pages == 1 else content


def _paper(report: Paper, padding: float) -> pdf.Report:
    foot = _("%(day)s 由培育数据生成", day=day(clock.today()))
    paper = pdf.Report(report.title, subtitle=report.period, footer=foot, padding=padding)
    for section in report.sections:
        if not section.text and not section.rows:
            continue
        paper.heading(section.title)
        for line in filter(None, section.text.splitlines()):
            paper.paragraph(line)
        if section.rows:
            paper.table(columns_of(section), section.rows)
    return paper
