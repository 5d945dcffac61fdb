"""Figures as accountants keep them, a firm a row and a year a column (“2025年营业收入”), turned to one row a firm and year."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from crm.exchange.columns import column_named, year_of_header
from crm.exchange.models import ImportKind
from crm.exchange.reading import Sheet

YEAR_HEADER = "年份"
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)\s*(?:年度|年末|年底|年)?")
_LEFT_OVER = re.compile(r"\(\s*\)|^[\s_\-—:]+|[\s_\-—:]+$")
_YEAR_IN_TITLE = re.compile(r"((?:19|20)\d\d)\s*(?:年度|年)")


def long_form(sheet: Sheet) -> Sheet:
    """One row a firm and year, where years stand in the headers, alone or before a figure's name, or in one title above the
    table; else the sheet as it is.

    A row of the file keeps its number in each of its years; a year without any value is left out.
    """
    if any(_key(header) == "year" for header in sheet.header):
        return sheet
    if (turned := _turned(sheet)) is not None:
        return turned
    dated = {place: found for place, header in enumerate(sheet.header) if (found := _dated(header))}
    if dated:
        return _unfolded(sheet, dated)
    years = {year for words in (*sheet.preamble, sheet.name) for year in _YEAR_IN_TITLE.findall(words)}
    if len(years) == 1:
        year = years.pop()
        return replace(sheet, header=[*sheet.header, YEAR_HEADER], rows=[[*row, year] for row in sheet.rows])
    return sheet


def _turned(sheet: Sheet) -> Sheet | None:
    """A statement, a figure a row and a year a column, as one row a year; None for any other sheet.

    Each year's row bears the number of the header, where its year stands.
    """
    years = {place: year for place, header in enumerate(sheet.header) if (year := year_of_header(header))}
    named = [place for place in range(len(sheet.header)) if place not in years]
    figures = {place: sum(_key(row[place]) is not None for row in sheet.rows) for place in named}
    names = max(figures, key=lambda place: figures[place], default=None)
    if not years or names is None or not figures[names]:
        return None
    units = next((place for place in named if sheet.header[place].strip() == "单位"), None)
    titles = [
        f"{row[names]}（{row[units]}）" if units is not None and row[units] and "元" in row[units] else row[names]
        for row in sheet.rows
    ]
    return replace(
        sheet,
        header=[YEAR_HEADER, *titles],
        rows=[[str(year), *(row[place] for row in sheet.rows)] for place, year in years.items()],
        row_numbers=[sheet.header_row_number] * len(years),
        problems=[],
    )


def _dated(header: str) -> tuple[str, str] | None:
    """The year in the header of a figure, and the header without it."""
    text = unicodedata.normalize("NFKC", header)
    years = _YEAR.findall(text)
    rest = _LEFT_OVER.sub("", _YEAR.sub("", text))
    return (years[0], rest) if len(years) == 1 and _key(rest) is not None else None


def _key(header: str) -> str | None:
    column = column_named(ImportKind.FIGURES, header)
    return column.key if column else None


def _unfolded(sheet: Sheet, dated: dict[int, tuple[str, str]]) -> Sheet:
    kept = [place for place in range(len(sheet.header)) if place not in dated]
    titles = list(dict.fromkeys(title for _year, title in dated.values()))
    years = sorted({year for year, _title in dated.values()})
    places = {found: place for place, found in dated.items()}
    rows, numbers = [], []
    for number, row in zip(sheet.row_numbers, sheet.rows, strict=True):
        for year in years:
            figures = [row[places[year, title]] if (year, title) in places else "" for title in titles]
            if any(figures):
                rows.append([*(row[place] for place in kept), year, *figures])
                numbers.append(number)
    header = [*(sheet.header[place] for place in kept), YEAR_HEADER, *titles]
    moved = {place: new for new, place in enumerate(kept)}
    moved |= {place: len(kept) + 1 + titles.index(title) for place, (_year, title) in dated.items()}
    problems = [replace(problem, column=moved.get(problem.column)) for problem in sheet.problems]  # type: ignore[arg-type]
    return replace(sheet, header=header, rows=rows, row_numbers=numbers, problems=problems)
