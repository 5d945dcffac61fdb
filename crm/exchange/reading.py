"""A file becomes a sheet of clean strings, as a person sees them, with the numbers of its rows. No database, no Flask."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from typing import Any

from flask_babel import lazy_gettext as _l
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from crm.exchange.columns import column_named, year_of_header
from crm.exchange.file_types import (
    UnreadableFile,
    check_extent,
    damaged,
    file_type,
    protected,
)
from crm.exchange.models import ImportKind, Kind
from crm.kernel.identifiers.checked import Text

MAX_CELL = 32_767  # what a cell of Excel can hold
HEADER_SEARCH = 15

_EDGES = " \t\r\n\v\f\u00a0\u3000\u200b\u200c\u200d\u2060\ufeff"
_DELIMITERS = (",", "\t", ";")
_ENCODINGS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(slots=True)
class RowProblem:
    """A row that the file itself spoils. `column` is its place in the header, None for the whole row."""

    row_number: int
    column: int | None
    text: Text


@dataclass(slots=True)
class Sheet:
    """A table: each row has as many cells as the header. Row numbers are those a spreadsheet shows, from 1."""

    name: str
    header: list[str]
    rows: list[list[str]]
    header_row_number: int
    row_numbers: list[int]
    preamble: list[str] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    other_sheets: list[str] = field(default_factory=list)


def read_sheet(content: bytes, kind: Kind, *, sheet_name: str | None = None) -> Sheet:
    """Read a CSV, XLSX or XLS file for one kind of import; its type is found from the content.

    Without `sheet_name` the first sheet with a known header is taken, else the first that is not empty; the others are
    listed. The header is the row among the first 15 that names most of the kind's columns.
    Raises `UnreadableFile` with a sentence that says what is wrong and how to mend it.
    """

    def known(cell: str) -> str | None:
        column = column_named(kind, cell)
        if column is None and kind is ImportKind.FIGURES and (year := year_of_header(cell)):
            # Bare numbers count as one: four figures of a row may look like years, four headers with 年 do not.
            return f"year {year}" if not cell.isdigit() else "year"
        return column.key if column else None

    return read_table(content, known, sheet_name=sheet_name)


def read_table(content: bytes, known: Callable[[str], str | None], *, sheet_name: str | None = None) -> Sheet:
    """Read a file whose columns are known by another room: `known` gives the key that a header means, None for others."""
    if file_type(content) == "csv":
        return _read_csv(content, known)
    return _read_workbook(content, known, sheet_name)


def _read_csv(content: bytes, known: Callable[[str], str | None]) -> Sheet:
    encoding = _encoding(content)

    def records(delimiter: str) -> Iterator[list[str]]:
        text = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
        return csv.reader(text, delimiter=delimiter)

    def promise(delimiter: str) -> tuple[int, int]:
        try:
            first = list(islice(records(delimiter), HEADER_SEARCH))
        except csv.Error:
            return 0, 0
        return max(_count_known(row, known) for row in first), max(map(len, first))

    best = max(_DELIMITERS, key=promise)
    numbered = _numbered(records(best))
    return _make_sheet("", numbered, known)


def _encoding(content: bytes) -> str:
    marked = [encoding for mark, encoding in _ENCODINGS if content.startswith(mark)]
    if not marked and b"\x00" in content:
        raise UnreadableFile(_l("这不是表格文件：请上传 Excel（.xlsx、.xls）或 CSV 文件"))
    place = 0  # how far the better attempt came
    for attempt in marked or ("utf-8", "gb18030"):
        try:
            content.decode(attempt)
        except UnicodeDecodeError as error:
            place = max(place, error.start)
        else:
            return attempt
    raise UnreadableFile(
        _l(
            "第 %(line)s 行附近有无法识别的字符，文件可能没有传完或不是文本：请另存为“CSV UTF-8”或 .xlsx 后再上传",
            line=content.count(b"\n", 0, place) + 1,
        )
    )


def _numbered(records: Iterable[list[str]]) -> Iterator[tuple[int, list[str]]]:
    number = width = 0
    record: list[str] = []
    try:
        for number, record in enumerate(records, start=1):
            width = max(width, len(record))
            yield number, record
    except csv.Error as error:
        raise UnreadableFile(
            _l(
                "第 %(row)s 行有一格过长（超过 %(limit)s 个字），可能漏了右引号：请改正这一行后重新上传",
                row=number + 1,
                limit=MAX_CELL,
            )
        ) from error
    if record and "\n" in record[-1] and len(record) < width:
        raise UnreadableFile(
            _l("第 %(row)s 行有一个引号没有配对，后面的行都被并进了这一格：请改正这一行后重新上传", row=number)
        )


def _read_workbook(content: bytes, known: Callable[[str], str | None], sheet_name: str | None) -> Sheet:
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
            visible = [meta.name for meta in workbook.sheets_metadata if meta.visible == SheetVisibleEnum.Visible]
            names = visible or workbook.sheet_names
            if sheet_name is not None and sheet_name not in workbook.sheet_names:
                raise UnreadableFile(
                    _l("没有名为“%(name)s”的工作表：有 %(names)s", name=sheet_name, names="、".join(names))
                )
            fallback: Sheet | None = None
            for name in [sheet_name] if sheet_name is not None else names:
                sheet = _read_worksheet(workbook, name, known)
                if sheet is None:
                    continue
                sheet.other_sheets = [other for other in names if other != name]
                if _count_known(sheet.header, known):
                    return sheet
                fallback = fallback or sheet
    except PasswordError as error:
        raise protected() from error
    except CalamineError as error:
        raise damaged() from error
    if fallback is None:
        raise UnreadableFile(_l("表格里没有内容：请检查后重新上传"))
    return fallback


def _read_worksheet(workbook: CalamineWorkbook, name: str, known: Callable[[str], str | None]) -> Sheet | None:
    worksheet = workbook.get_sheet_by_name(name)
    if worksheet.end is None:
        return None
    check_extent(worksheet.end[0] + 1, worksheet.end[1] + 1)
    lost: list[RowProblem] = []

    def records() -> Iterator[tuple[int, list[str]]]:
        for number, values in enumerate(worksheet.iter_rows(), start=1):
            yield (
                number,
                [
                    value if type(value) is str else _as_seen(value, number, place, lost)
                    for place, value in enumerate(values)
                ],
            )

    sheet = _make_sheet(name, records(), known)
    sheet.problems += lost
    return sheet


def _make_sheet(name: str, numbered: Iterable[tuple[int, list[str]]], known: Callable[[str], str | None]) -> Sheet:
    filled = ((number, row) for number, row in ((number, _clean(cells)) for number, cells in numbered) if any(row))
    first = list(islice(filled, HEADER_SEARCH))
    if not first:
        raise UnreadableFile(_l("表格里没有内容：请检查后重新上传"))
    place = max(range(len(first)), key=lambda place: (_count_known(first[place][1], known), -place))
    if not _count_known(first[place][1], known):
        place = max(range(len(first)), key=lambda place: (sum(map(bool, first[place][1])), -place))
    header_row_number, header = first[place]
    while not header[-1]:
        header.pop()
    sheet = Sheet(name, [" ".join(cell.split()) for cell in header], [], header_row_number, [])
    sheet.preamble = [" ".join(filter(None, row)) for _, row in first[:place]]
    width = len(header)
    for number, row in chain(first[place + 1 :], filled):
        if any(row[width:]):
            sheet.problems.append(RowProblem(number, None, _too_wide(len(row), width)))
        if len(max(row, key=len)) > MAX_CELL:
            sheet.problems += _shorten(row, number)
        sheet.rows.append(row[:width] + [""] * (width - len(row)))
        sheet.row_numbers.append(number)
        check_extent(len(sheet.rows), width)
    return sheet


def _clean(cells: list[str]) -> list[str]:
    return [cell if (cell := raw.strip(_EDGES))[:1] not in ("=", "'") else _without_text_marks(cell) for raw in cells]


def _without_text_marks(cell: str) -> str:
    """Undo the two ways in which programs force a spreadsheet to keep text as text: ="000001" and '000001."""
    if cell.startswith('="') and cell.endswith('"'):
        return cell[2:-1]
    if cell.startswith("'") and cell[1:2] in tuple("=+-@0123456789"):
        return cell[1:]
    return cell


def _count_known(row: list[str], known: Callable[[str], str | None]) -> int:
    return len({known(cell) for cell in row} - {None})


def _too_wide(cells: int, width: int) -> Text:
    return _l(
        "这一行有 %(cells)s 格，标题只有 %(width)s 列：可能文字里有未加引号的逗号，请改正",
        cells=cells,
        width=width,
    )


def _shorten(row: list[str], number: int) -> Iterator[RowProblem]:
    for place, cell in enumerate(row):
        if len(cell) > MAX_CELL:
            row[place] = cell[:40] + "…"
            text = _l("这一格有 %(length)s 个字，超过上限 %(limit)s：请删减", length=len(cell), limit=MAX_CELL)
            yield RowProblem(number, place, text)


def _as_seen(value: Any, row_number: int, place: int, lost: list[RowProblem]) -> str:
    """The value of a cell as its reader sees it: no 1.0, no 9.1E+17; dates in ISO form."""
    if type(value) is float:
        text = repr(int(value)) if value.is_integer() else f"{value:.15g}"
        if "e" in text:
            text = format(Decimal(text), "f")
        if abs(value) >= 1e15:
            lost.append(
                RowProblem(
                    row_number,
                    place,
                    _l("这一格是数字格式，表格软件只保留 15 位有效数字，后面的已丢失：请把该列设为文本格式后重新填写"),
                )
            )
        return text
    if type(value) is datetime:
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ", "minutes")
    if type(value) is date:
        return value.isoformat()
    if type(value) is bool:
        return "TRUE" if value else "FALSE"
    return str(value)
