"""Workbooks going out: no cell can start a formula, whatever a person typed into it."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any

import xlsxwriter
from flask import Response, send_file

from crm.web.tables import Table

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
RISKY = ("=", "+", "-", "@", "\t", "\r")
_HARMLESS = re.compile(r"[-+]+|[-+]?[\d,]*\.?\d+%?")  # a dash for “none”, a number
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")


def safe(value: str) -> str:
    """Text that no spreadsheet takes for a formula, also after it is saved as CSV: a leading apostrophe says text."""
    return f"'{value}" if value.startswith(RISKY) and not _HARMLESS.fullmatch(value) else value


def open_workbook(target: str | Path | IO[bytes]) -> Any:
    """A workbook that writes every text as text."""
    return xlsxwriter.Workbook(
        target,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )


def workbook_of(tables: Sequence[Table]) -> io.BytesIO:
    """A workbook with a sheet for each table: its title and what it is about in the head, numbers and days as such."""
    buffer = io.BytesIO()
    with open_workbook(buffer) as workbook:
        formats = _Formats(
            workbook.add_format({"bold": True, "font_size": 14}),
            workbook.add_format({"bold": True, "bottom": 1, "text_wrap": True}),
            workbook.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
        )
        names: set[str] = set()
        for table in tables:
            _write(workbook.add_worksheet(_sheet_name(str(table.title), names)), table, formats)
    buffer.seek(0)
    return buffer


def send_tables(tables: Sequence[Table], name: str) -> Response:
    """The workbook as a download of this name (without its ending)."""
    return send_file(workbook_of(tables), mimetype=XLSX, as_attachment=True, download_name=f"{name}.xlsx")


@dataclass(frozen=True)
class _Formats:
    title: Any
    head: Any
    day: Any


def _sheet_name(title: str, taken: set[str]) -> str:
    """At most 31 characters, none of those a sheet may not have, and no name twice."""
    plain = _FORBIDDEN.sub(" ", title)[:31].strip("' ") or "1"
    name, number = plain, 1
    while name.casefold() in taken:
        number += 1
        name = f"{plain[:27]} {number}"
    taken.add(name.casefold())
    return name


def _write(sheet: Any, table: Table, formats: _Formats) -> None:
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, max(1, len(table.columns) - 1), 16)
    sheet.write_string(0, 0, safe(str(table.title)), formats.title)
    line = 1
    for term, value in table.about:
        sheet.write_string(line, 0, safe(str(term)))
        sheet.write_string(line, 1, safe(str(value)))
        line += 1
    line += 1
    for place, column in enumerate(table.columns):
        sheet.write_string(line, place, safe(str(column.title)), formats.head)
    for row in table.rows:
        line += 1
        for place, cell in enumerate(row):
            _put(sheet, line, place, cell.value, formats)


def _put(sheet: Any, line: int, place: int, value: Any, formats: _Formats) -> None:
    if value is None:
        return
    if isinstance(value, date):
        sheet.write_datetime(line, place, value, formats.day)
    elif isinstance(value, int | float):
        sheet.write_number(line, place, value)
    else:
        sheet.write_string(line, place, safe(str(value)))
