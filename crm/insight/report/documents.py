"""The monthly report, or another paper made of headings, sentences and tables, as a Word file and as a PDF."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Protocol

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from flask_babel import gettext as _

from crm.kernel import clock
from crm.web import pdf
from crm.web.formatting import day

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SIDE = 2.2  # cm of margin
FIRST = 2.4  # of the width of another column
HEAVY, BODY = "黑体", "仿宋"  # as offices set their papers; a machine without them takes its own


class PaperSection(Protocol):
    """A heading, a text and a table, whose first column is wider."""

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
    document = Document()
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(SIDE)
    page.top_margin = page.bottom_margin = Cm(1.8)
    document.core_properties.title = f"{report.title} {report.period}"
    document.core_properties.author = report.organisation.name
    _font(document.styles["Normal"], BODY, 10.5)
    _font(document.styles["Title"], HEAVY, 18)
    _font(document.styles["Heading 1"], HEAVY, 12)
    title = document.add_heading(report.title, 0)
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    period = document.add_paragraph(report.period)
    period.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for section in report.sections:
        if not section.text and not section.rows:
            continue
        heading = document.add_heading(section.title, 1)
        heading.paragraph_format.space_before, heading.paragraph_format.space_after = Pt(8), Pt(2)
        for line in filter(None, section.text.splitlines()):
            document.add_paragraph(line).paragraph_format.space_after = Pt(3)
        if section.rows:
            _table(document, [list(section.columns), *map(list, section.rows)])
    foot = document.add_paragraph(_("%(day)s 由培育数据生成", day=day(clock.today())))
    foot.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _font(style: object, name: str, size: float) -> None:
    font = style.font  # type: ignore[attr-defined]
    font.name, font.size = name, Pt(size)
    font.color.rgb = None
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()  # type: ignore[attr-defined]
    fonts.set(qn("w:eastAsia"), name)
    for theirs in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theirs}"), None)  # a font of the theme would come before ours


def _table(document: object, rows: list[list[str]]) -> None:
    table = document.add_table(rows=len(rows), cols=len(rows[0]), style="Table Grid")  # type: ignore[attr-defined]
    for place, row in enumerate(rows):
        for column, (cell, text) in enumerate(zip(table.rows[place].cells, row, strict=True)):
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(0)
            paragraph.alignment = None if column == 0 else WD_ALIGN_PARAGRAPH.RIGHT
            run = paragraph.add_run(text)
            run.font.size, run.bold = Pt(9), place == 0
    share = Cm(21 - 2 * SIDE) // (len(rows[0]) - 1 + FIRST)
    for column, each in enumerate(table.columns):
        for cell in each.cells:
            cell.width = int(share * (FIRST if column == 0 else 1))
    head = table.rows[0]._tr.get_or_add_trPr()
    head.append(head.makeelement(qn("w:tblHeader"), {qn("w:val"): "true"}))


def pdf_file(report: Paper) -> bytes:
    paper = pdf.Report(report.title, subtitle=report.period, footer=_("%(day)s 由培育数据生成", day=day(clock.today())))
    for section in report.sections:
        if not section.text and not section.rows:
            continue
        paper.heading(section.title)
        for line in filter(None, section.text.splitlines()):
            paper.paragraph(line)
        if section.rows:
            first, *others = section.columns
            paper.table([pdf.Column(first, FIRST), *map(pdf.Column, others)], section.rows)
    return paper.finish()
