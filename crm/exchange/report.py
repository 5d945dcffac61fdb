"""Workbooks going out: the uploaded table with its bad rows marked, templates to fill in. No cell can start a formula."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from flask_babel import gettext as _

from crm.exchange.engine import Opened
from crm.exchange.models import Outcome
from crm.exchange.plan import Level
from crm.web.workbooks import open_workbook, safe

SHEET_NAME_LENGTH = 31
WHOLE_UP_TO = 20_000  # rows


@dataclass
class Mark:
    """What is said of a row of the table: what became of it, in words, and the messages as an import row keeps them."""

    outcomes: dict[str, None] = field(default_factory=dict)  # in their order; several where it became several rows
    messages: list[Mapping[str, Any]] = field(default_factory=list)


Marks = Mapping[int, Mark]  # by row number


def marks_of(rows: Iterable[tuple[int, Outcome, Sequence[Mapping[str, Any]]]], words: Mapping[Outcome, Any]) -> Marks:
    """The marks of rows given by number, outcome and messages. `words`: what to call each outcome."""
    marks: defaultdict[int, Mark] = defaultdict(Mark)
    for number, outcome, messages in rows:
        marks[number].outcomes[str(words[outcome])] = None
        marks[number].messages.extend(messages)
    return marks


def write_marked(target: Path | IO[bytes], opened: Opened, marks: Marks) -> None:
    """The table as it came, each row in its place, with two more columns: 结果, 问题; refused cells red, doubtful yellow.

    Of a very long table only the marked rows come back, one below the other, each saying which row it was.
    """
    sheet = opened.sheet
    # A row that became several (a firm with its years) cannot come back in its own place.
    whole = len(sheet.rows) <= WHOLE_UP_TO and len(set(sheet.row_numbers)) == len(sheet.rows)
    places = {match.key: match.index for match in opened.matches if match.key}
    width = len(sheet.header)
    with open_workbook(target) as workbook:
        look = {
            Level.BAD: workbook.add_format({"bg_color": "#F8CBCB", "font_color": "#8A1C1C"}),
            Level.WARNING: workbook.add_format({"bg_color": "#FFF2CC"}),
        }
        bold = workbook.add_format({"bold": True, "bottom": 1})
        page = workbook.add_worksheet(_sheet_name(sheet.name))
        page.set_column(0, width - 1, 18)
        page.set_column(width, width, 12)
        page.set_column(width + 1, width + 1, 70)
        page.freeze_panes(sheet.header_row_number, 0)
        for number, words in enumerate(sheet.preamble):
            page.write_string(number, 0, safe(words))
        for place, header in enumerate([*sheet.header, _("结果"), _("问题")]):
            page.write_string(sheet.header_row_number - 1, place, safe(header), bold)
        line = sheet.header_row_number
        for row_number, cells in zip(sheet.row_numbers, sheet.rows, strict=True):
            mark = marks.get(row_number, Mark())
            messages = mark.messages
            if not (whole or messages):
                continue
            line = row_number if whole else line + 1
            looks = _looks(messages, places, look, width + 1) if messages else {}
            for place, cell in enumerate(cells):
                if cell or place in looks:
                    page.write_string(line - 1, place, safe(cell), looks.get(place))
            page.write_string(line - 1, width, _("、").join(mark.outcomes))
            if messages:
                sentence = _sentence(messages, sheet.header, places)
                if not whole:
                    sentence = _("原第 %(row)s 行：%(sentence)s", row=row_number, sentence=sentence)
                page.write_string(line - 1, width + 1, safe(sentence), looks[width + 1])


def _looks(
    messages: Iterable[Mapping[str, Any]], places: Mapping[str, int], look: Mapping[Level, Any], last: int
) -> dict[int, Any]:
    """The place of each cell to colour; the graver level wins; the last column has the gravest."""
    grave = [Level.WARNING, Level.BAD]
    found: dict[int, int] = {}
    for each in messages:
        rank = grave.index(Level.BAD) if each["level"] == Level.BAD else 0
        for place in (places.get(each["key"], last), last):
            found[place] = max(found.get(place, 0), rank)
    return {place: look[grave[rank]] for place, rank in found.items()}


def _sentence(messages: Iterable[Mapping[str, Any]], header: Sequence[str], places: Mapping[str, int]) -> str:
    pieces = []
    for each in messages:
        place = places.get(each["key"])
        pieces.append(each["text"] if place is None else f"{header[place]}：{each['text']}")
    return "；".join(pieces)


def _sheet_name(name: str) -> str:
    """A name that a workbook takes: short, without its forbidden characters."""
    kept = "".join(character for character in name if character not in "[]:*?/\\'")[:SHEET_NAME_LENGTH]
    return kept or _("导入结果")
