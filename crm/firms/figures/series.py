"""The series of a firm's figures as its page shows it: rows of cells, newest year first, and the bars of its chart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_login import current_user

from crm.firms.documents.service import visible_document
from crm.firms.figures.keys import GROUPS, FigureKey
from crm.firms.figures.models import FigureSource, YearlyFigures
from crm.firms.figures.plausibility import texts_by_key
from crm.firms.figures.ratios import GROWING, Ratio, growth, rd_ratio
from crm.firms.figures.service import shown
from crm.web.formatting import day, number, percent, yuan

BARS = 5
BAR_WIDTH, GAP, BAR_HEIGHT = 40, 32, 120


@dataclass(frozen=True)
class Cell:
    """One value ready for reading. `text` None: unknown, `note` then says why where that can be said."""

    text: str | None
    note: str | None = None
    exact: str | None = None
    state: Any = None
    source: FigureSource | None = None
    warnings: Sequence[Any] = ()


@dataclass(frozen=True)
class Row:
    title: Any
    unit: Any
    cells: list[Cell]
    key: str | None = None  # None: computed from other rows
    explained: bool = False  # what a computed value lacks is written out, not only said aloud


@dataclass(frozen=True)
class Section:
    title: Any
    rows: list[Row]


@dataclass(frozen=True)
class Bar:
    """One bar of a chart, in the units of its viewBox. `text` None: the year's value is unknown."""

    year: int
    text: str | None
    x: int
    y: float
    width: int
    height: float


def who_text(source: FigureSource) -> str:
    """Who entered or checked a value, and when."""
    return _("%(name)s，%(day)s", name=source.entered_by.name, day=day(source.entered_at.date()))


def _source_text(source: FigureSource | None) -> str | None:
    if source is None:
        return None
    document = visible_document(current_user, source.document)
    if document is None:
        return who_text(source)
    return _("%(who)s，%(document)s", who=who_text(source), document=document.name)


def cells_of(figures: YearlyFigures) -> dict[str, Cell]:
    """Figure key → its cell, for every figure of the year."""
    sources = {source.key: source for source in figures.sources}
    marks = texts_by_key(figures.warnings)
    cells = {}
    for group in GROUPS:
        for key in group.keys:
            value, source = getattr(figures, key.name), sources.get(key.name)
            cells[key.name] = Cell(
                shown(key.name, value),
                _source_text(source),
                _("%(yuan)s 元", yuan=yuan(value)) if key.is_money and value is not None else None,
                source.state if source is not None else None,
                source,
                marks.get(key.name, ()),
            )
    return cells


def sections_of(years: Sequence[YearlyFigures]) -> list[Section]:
    """The table of a series: groups of rows, a cell for each of `years` in their order."""
    series = {figures.year: figures for figures in years}
    cells = [cells_of(figures) for figures in years]

    def computed(title: Any, ratio: Callable[[int], Ratio], explained: bool = False) -> Row:
        found = [ratio(figures.year) for figures in years]
        texts = [Cell(None if each.value is None else percent(each.value), each.reason) for each in found]
        return Row(title, None, texts, explained=explained)

    def rows(keys: Sequence[FigureKey], name: str) -> Iterator[Row]:
        for key in keys:
            yield Row(key.title, key.unit, [cell[key.name] for cell in cells], key.name)
            if key.name in GROWING:
                title = _("%(title)s增长率", title=key.title)
                yield computed(title, lambda year, key=key: growth(series, year, key.name))  # type: ignore[misc]
        if name == "research":
            yield computed(_("研发费用占营业收入"), lambda year: rd_ratio(series, year), explained=True)
            yield computed(
                _("近三年研发费用合计占营业收入合计"), lambda year: rd_ratio(series, year, 3), explained=True
            )

    return [Section(group.title, list(rows(group.keys, group.name))) for group in GROUPS]


def bars_of(years: Sequence[YearlyFigures], key: str) -> list[Bar]:
    """The bars of the newest years, oldest first, scaled to the tallest."""
    newest = sorted(years, key=lambda figures: figures.year)[-BARS:]
    values: list[Decimal | None] = [getattr(figures, key) for figures in newest]
    tallest = max((value for value in values if value is not None), default=Decimal(0))
    bars = []
    for index, (figures, value) in enumerate(zip(newest, values, strict=True)):
        height = float(round(value / tallest * BAR_HEIGHT, 1)) if value is not None and tallest > 0 else 0.0
        text = None if value is None else number(value / 10000, 0 if value >= 1_000_000 else 2)
        x = GAP // 2 + index * (BAR_WIDTH + GAP)
        bars.append(Bar(figures.year, text, x, BAR_HEIGHT + 20 - height, BAR_WIDTH, height))
    return bars
