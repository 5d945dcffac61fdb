"""PDFs to file: a title block, definitions, tables whose header is repeated and whose rows are not cut, a footer.

Text is text: nothing in it is read as markup, and a character that the font lacks is shown as □.

report = Report(title, subtitle=…, footer=…)
report.heading(…); report.paragraph(…); report.definitions(…); report.table(columns, rows)
report.finish() -> bytes
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask_babel import gettext as _

from crm.web.language import language

FONT = Path(__file__).with_name("fonts") / "NotoSansSC-Regular.ttf"  # made by scripts/font
NAME = "Noto Sans SC"
REPLACEMENT = "□"

# A4 in mm, sizes in points.
MARGIN, TOP, BOTTOM = 16.0, 16.0, 18.0
TITLE, HEADING, BODY, SMALL = 17.0, 11.5, 9.0, 7.5
LEADING = 0.52  # mm of a line per point of its type
PADDING = 1.3
INK, MUTED, RULE, SHADE = (26, 32, 44), (92, 100, 114), (203, 208, 216), (241, 243, 246)

# A line may break between any two Chinese characters, but not before these, nor after those.
NOT_FIRST = "、。，．：；！？）〕］｝》〉」』】”’…％%℃,.:;!?)]}"
NOT_LAST = "（〔［｛《〈「『【“‘([{≥≤＞＜>"
TOKENS = re.compile(r"\s+|[A-Za-z0-9À-ʯ_.,:;/@#%&+\-−–'=]+|.", re.DOTALL)


@dataclass(frozen=True)
class Line:
    """A paragraph of a cell. `strong` is bold; `quiet` is small and grey."""

    text: str
    strong: bool = False
    quiet: bool = False

    @property
    def size(self) -> float:
        return SMALL if self.quiet else BODY


Cell = str | Line | Sequence[str | Line]


@dataclass(frozen=True)
class Column:
    """A column of a table: its title, its share of the width, and whether it holds numbers, which end at its right."""

    title: str
    share: float = 1.0
    number: bool = False


@dataclass(frozen=True)
class _Set:
    """A line as it is set: text that fits the width, in the style of its paragraph."""

    text: str
    line: Line

    @property
    def height(self) -> float:
        return self.line.size * LEADING


class Report:
    """One document of A4 pages. `footer` stands at the foot of every page, with the page's number.

    `padding`: mm around the text of a cell.
    """

    def __init__(self, title: str, *, subtitle: str = "", footer: str = "", padding: float = PADDING) -> None:
        from fpdf import FPDF  # here and below: it takes forty megabytes, and few workers print

        self._footer, self._padding = footer, padding
        self._pdf = pdf = FPDF(format="A4")
        pdf.set_auto_page_break(False)
        pdf.set_margins(MARGIN, TOP, MARGIN)
        pdf.add_font(NAME, "", FONT)
        pdf.set_title(legible(title))
        pdf.set_lang("zh-CN" if language() == "zh" else "en")
        pdf.set_creator("Tidu")
        pdf.add_page()
        pdf.set_y(TOP)
        self._block(title, TITLE, strong=True)
        if subtitle:
            self._block(subtitle, HEADING, colour=MUTED)
        pdf.set_y(pdf.y + 1.5)
        self._rule(pdf.y, INK, 0.5)
        pdf.set_y(pdf.y + 3)

    @property
    def width(self) -> float:
        return float(self._pdf.epw)

    @property
    def pages(self) -> int:
        return len(self._pdf.pages)

    # --- what a report is made of --------------------------------------------------------------------------------

    def heading(self, text: str) -> None:
        """The heading of a section; it never stands last on a page."""
        self._need(HEADING * LEADING + 24)
        self._pdf.set_y(self._pdf.y + 3)
        self._block(text, HEADING, strong=True)
        self._pdf.set_y(self._pdf.y + 1.2)

    def paragraph(self, text: str, *, quiet: bool = False, strong: bool = False) -> None:
        self._block(text, SMALL if quiet else BODY, strong=strong, colour=MUTED if quiet else INK)
        self._pdf.set_y(self._pdf.y + 1.2)

    def definitions(self, items: Sequence[tuple[str, Cell]], columns: int = 2) -> None:
        """Terms with their values, side by side in `columns`; what is long has the whole width (`columns=1`)."""
        width = self.width / columns
        term_width = 26.0
        for start in range(0, len(items), columns):
            group = items[start : start + columns]
            terms = [self._set(Line(term, quiet=True), term_width - 2) for term, _value in group]
            values = [self._set(value, width - term_width - 3) for _term, value in group]
            height = max(_height(lines) for lines in (*terms, *values)) + 1.4
            self._need(height)
            top = self._pdf.y
            for index, (term, value) in enumerate(zip(terms, values, strict=True)):
                left = MARGIN + index * width
                self._lines(term, left, top + 0.35)
                self._lines(value, left + term_width, top)
            self._pdf.set_y(top + height)
        self._pdf.set_y(self._pdf.y + 1)

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
        """A ruled table. Its header is repeated on each page; a row is cut only where it is longer than a page."""
        shares = sum(column.share for column in columns)
        widths = [self.width * column.share / shares for column in columns]
        numbers = [column.number for column in columns]
        header = [
            self._set(Line(column.title, strong=True), w - 2 * PADDING)
            for column, w in zip(columns, widths, strict=True)
        ]
        whole_page = self._bottom - TOP - self._row_height(header)
        fresh = True
        for row in rows:
            cells = [self._set(cell, width - 2 * PADDING) for cell, width in zip(row, widths, strict=True)]
            for part in _parts(cells, whole_page):
                height = self._row_height(part)
                if fresh:
                    self._need(self._row_height(header) + height)
                    self._row(header, widths, numbers, shade=True)
                elif self._pdf.y + height > self._bottom:
                    self._new_page()
                    self._row(header, widths, numbers, shade=True)
                fresh = False
                self._row(part, widths, numbers)
        self._pdf.set_y(self._pdf.y + 2)

    def signatures(self, titles: Sequence[str]) -> None:
        """Places to sign by hand, side by side."""
        self._need(24)
        top, width = self._pdf.y + 14, self.width / len(titles)
        for index, title in enumerate(titles):
            left = MARGIN + index * width
            self._lines([_Set(legible(title), Line("", quiet=True))], left, top - SMALL * LEADING)
            start = left + self._measure(title, SMALL) + 2
            with self._pdf.local_context(draw_color=MUTED, line_width=0.2):
                self._pdf.line(start, top, left + width - 6, top)
        self._pdf.set_y(top + 4)

    def finish(self) -> bytes:
        """The document; every page now knows how many there are."""
        from fpdf.fonts import TTFFont

        pdf = self._pdf
        pages = len(pdf.pages)
        for number in range(1, pages + 1):
            pdf.page = number
            right = _("第 %(number)s 页，共 %(pages)s 页", number=number, pages=pages)
            baseline = pdf.h - BOTTOM + 6
            self._rule(baseline - 1.5, RULE, 0.2)
            limit = self.width - self._measure(right, SMALL) - 6
            for index, part in enumerate(self._set(Line(self._footer, quiet=True), limit)[:2]):
                self._lines([part], MARGIN, baseline + index * part.height)
            self._lines(
                [_Set(right, Line("", quiet=True))], MARGIN + self.width - self._measure(right, SMALL), baseline
            )
        content = bytes(pdf.output())
        for font in pdf.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()  # it leaves the file open
        return content

    # --- how it is drawn ---------------------------------------------------------------------------------------------

    @property
    def _bottom(self) -> float:
        return float(self._pdf.h) - BOTTOM

    def _new_page(self) -> None:
        self._pdf.add_page()
        self._pdf.set_y(TOP)

    def _need(self, height: float) -> None:
        """Begin a new page where this much does not fit on this one."""
        if self._pdf.y + height > self._bottom and self._pdf.y > TOP:
            self._new_page()

    def _block(self, text: str, size: float, *, strong: bool = False, colour: tuple[int, int, int] = INK) -> None:
        for line in _wrapped(legible(text), self.width, self._meter(size)):
            height = size * LEADING
            self._need(height)
            self._write(line, MARGIN, self._pdf.y, size, strong, colour)
            self._pdf.set_y(self._pdf.y + height)

    def _set(self, cell: Cell, width: float) -> list[_Set]:
        """The lines of a cell, as wide as it is."""
        paragraphs = [cell] if isinstance(cell, (str, Line)) else cell
        lines = [Line(paragraph) if isinstance(paragraph, str) else paragraph for paragraph in paragraphs]
        return [
            _Set(text, line) for line in lines for text in _wrapped(legible(line.text), width, self._meter(line.size))
        ]

    def _row(
        self, cells: Sequence[Sequence[_Set]], widths: Sequence[float], numbers: Sequence[bool], shade: bool = False
    ) -> None:
        pdf, top, height = self._pdf, self._pdf.y, self._row_height(cells)
        if shade:
            pdf.set_fill_color(*SHADE)
            pdf.rect(MARGIN, top, self.width, height, style="F")
        left = MARGIN
        for lines, width, number in zip(cells, widths, numbers, strict=True):
            self._lines(lines, left + PADDING, top + self._padding, width - 2 * PADDING if number else None)
            left += width
        self._rule(top + height, RULE, 0.2)
        pdf.set_y(top + height)

    def _row_height(self, cells: Sequence[Sequence[_Set]]) -> float:
        return max(_height(lines) for lines in cells) + 2 * self._padding

    def _lines(self, lines: Sequence[_Set], left: float, top: float, right: float | None = None) -> None:
        """`right`: how far from `left` each line ends; else it begins there."""
        for part in lines:
            line = part.line
            indent = right - self._measure(part.text, line.size) if right is not None else 0.0
            self._write(part.text, left + indent, top, line.size, line.strong, MUTED if line.quiet else INK)
            top += part.height

    def _write(
        self, text: str, left: float, top: float, size: float, strong: bool, colour: tuple[int, int, int]
    ) -> None:
        """One line of text. Bold is the same outlines, with an edge."""
        if not text:
            return
        from fpdf.enums import TextMode

        pdf = self._pdf
        mode = TextMode.FILL_STROKE if strong else TextMode.FILL
        with pdf.local_context(text_mode=mode, line_width=size * 0.03, draw_color=colour, text_color=colour):
            pdf.set_font(NAME, size=size)
            pdf.text(left, top + size * 0.36, text)

    def _rule(self, top: float, colour: tuple[int, int, int], thickness: float) -> None:
        with self._pdf.local_context(draw_color=colour, line_width=thickness):
            self._pdf.line(MARGIN, top, MARGIN + self.width, top)

    def _meter(self, size: float) -> Callable[[str], float]:
        return lambda text: self._measure(text, size)

    def _measure(self, text: str, size: float) -> float:
        """The width of a text in mm."""
        return sum(map(_advance, text)) * size * 25.4 / 72


@lru_cache(maxsize=1)
def _widths() -> dict[int, float]:
    """The width of each character of the font, in ems."""
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    with TTFont(FONT, lazy=True) as font:
        units, metrics = font["head"].unitsPerEm, font["hmtx"]
        return {code: metrics[name][0] / units for code, name in font.getBestCmap().items()}


def _advance(character: str) -> float:
    return _widths().get(ord(character), 1.0)


def legible(text: str) -> str:
    """The text as the font can show it: □ for a character it lacks, nothing for one without a shape."""
    known = _widths()
    shown = []
    for character in unicodedata.normalize("NFC", text):
        if character in "\n" or ord(character) in known:
            shown.append(character)
        elif character.isspace():
            shown.append(" ")
        elif unicodedata.category(character) not in ("Cc", "Cf", "Mn", "Me"):
            shown.append(REPLACEMENT)
    return "".join(shown)


def _wrapped(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """The text in lines no wider than `width`: Latin words whole, Chinese with its rules for the ends of lines."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for token in _tokens(paragraph, width, measure):
            if line and measure(line + token.rstrip()) > width:
                lines.append(line.rstrip())
                line = token.lstrip()
            else:
                line += token
        lines.append(line.rstrip())
    return lines


def _tokens(paragraph: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """What a line may not be broken inside of."""
    tokens: list[str] = []
    for piece in TOKENS.findall(paragraph):
        if (
            tokens
            and ((piece[0] in NOT_FIRST) or (tokens[-1][-1] in NOT_LAST))
            and measure(tokens[-1] + piece) <= width
        ):
            tokens[-1] += piece
        elif measure(piece) <= width:
            tokens.append(piece)
        else:  # a word wider than the line, such as a hash
            tokens += _chopped(piece, width, measure)
    return tokens


def _chopped(word: str, width: float, measure: Callable[[str], float]) -> list[str]:
    parts = [""]
    for character in word:
        if parts[-1] and measure(parts[-1] + character) > width:
            parts.append("")
        parts[-1] += character
    return parts


def _height(lines: Sequence[_Set]) -> float:
    return sum(line.height for line in lines)


def _row_height(cells: Sequence[Sequence[_Set]]) -> float:
    return max(_height(lines) for lines in cells) + 2 * PADDING


def _parts(cells: list[list[_Set]], room: float) -> list[list[list[_Set]]]:
    """The row whole where a page has room for it, else in pieces that a page has room for."""
    parts = []
    while _row_height(cells) > room:
        heads, tails = [], []
        for lines in cells:
            count, height = 0, 2 * PADDING
            while count < len(lines) and height + lines[count].height <= room:
                height += lines[count].height
                count += 1
            heads.append(lines[:count])
            tails.append(lines[count:])
        parts.append(heads)
        cells = tails
    return [*parts, cells]
