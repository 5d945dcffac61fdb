"""The paper as a Word file."""

from __future__ import annotations

import io
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from flask_babel import gettext as _

from crm.insight.report.documents import Paper, PaperSection, columns_of
from crm.kernel import clock
from crm.web.formatting import day

SIDE = 2.2  # cm of margin
HEAVY, BODY = "黑体", "仿宋"  # as offices set their papers; a machine without them takes its own


def written(report: Paper) -> bytes:
    """`documents.word_file`."""
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
    columns = columns_of(section)
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
