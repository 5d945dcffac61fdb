"""The monthly report, or another paper made of headings, sentences and tables, as a Word file and as a PDF."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any, Protocol

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from flask_babel import gettext as _

from crm.kernel import clock
from crm.web import pdf
from crm.web.formatting import day, width

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SIDE = 2.2  # cm of margin
NARROW, WIDE = 7, 34  # letters, a Chinese character two: what a column wants at least, and gets at most
SPACED, TIGHT = pdf.PADDING, 0.4  # mm around the text of a cell
NUMBER = re.compile(r"[\d\s.,%+\-−–—/（）()≥≤]*")
HEAVY, BODY = "黑体", "仿宋"  # as offices set their papers; a machine without them takes its own


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
            _table(document, section)
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


def _table(document: object, section: PaperSection) -> None:
    rows = [list(section.columns), *map(list, section.rows)]
    columns = _columns(section)
    table = document.add_table(rows=len(rows), cols=len(columns))  # type: ignore[attr-defined]
    table.autofit = False
    shares = sum(column.share for column in columns)
    for place, row in enumerate(rows):
        for cell, column, text in zip(table.rows[place].cells, columns, row, strict=True):
            cell.width = int(Cm(21 - 2 * SIDE) * column.share / shares)
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(1.5)
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if column.number else None
            run = paragraph.add_run(text)
            run.font.size, run.bold = Pt(9), place == 0
    for place, column in enumerate(table.columns):
        column.width = table.rows[0].cells[place].width
    _lined(table)
    head = table.rows[0]._tr.get_or_add_trPr()
    head.append(head.makeelement(qn("w:tblHeader"), {qn("w:val"): "true"}))


def _lined(table: Any) -> None:
    """Lines between the rows and none between the columns, as on the page."""
    borders = table._tbl.tblPr.makeelement(qn("w:tblBorders"), {})
    for edge in ("top", "bottom", "insideH"):
        line = {"val": "single", "sz": "4", "space": "0", "color": "A6ADAA"}
        borders.append(borders.makeelement(qn(f"w:{edge}"), {qn(f"w:{name}"): value for name, value in line.items()}))
    table._tbl.tblPr.append(borders)


def _columns(section: PaperSection) -> list[pdf.Column]:
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
            paper.table(_columns(section), section.rows)
    return paper
