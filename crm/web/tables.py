"""Tables as data: shown by `templates/_components/chart.html`, written as a workbook by `crm.web.workbooks`, from one object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import current_app
from itsdangerous import URLSafeSerializer

from crm.web.charts import Chart

Value = str | int | float | date | None


@dataclass(frozen=True)
class Column:
    """A column; `kind` as in `cell()`: number, date or None."""

    title: Any
    kind: str | None = None


@dataclass(frozen=True)
class Cell:
    """`value` goes into a workbook (None: unknown), `text` is what a page shows instead of it, `href` what it opens."""

    value: Value
    text: Any = None
    href: str | None = None
    note: Any = None


@dataclass(frozen=True)
class Table:
    """The first cell of a row is its heading."""

    title: Any
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    about: Sequence[tuple[str, str]] = field(default=())  # stands in the head of a workbook: day, filters


def chart_table(title: Any, chart: Chart, unit: Any = None, column: Any = None) -> Table:
    """The numbers behind a chart: its labels as rows, its series as columns. A range is written as a person reads it."""
    columns = [Column(column or ""), *(Column(drawn.series.title, "number") for drawn in chart.drawn)]
    rows = [
        [Cell(label), *(_cell(drawn.series.points[place]) for drawn in chart.drawn)]
        for place, label in enumerate(chart.labels)
    ]
    return Table(title, columns, rows, [("", str(unit))] if unit else [])


def _cell(point: Any) -> Cell:
    if point.low is None:
        return Cell(None)
    if point.high not in (None, point.low):
        return Cell(point.text)
    number = float(point.low)
    return Cell(int(number) if number.is_integer() else number, point.text or None)


# --- a chart's table, sent back by the page to be written as a workbook ------------------------------------------------


def sealed_chart(title: Any, chart: Chart, unit: Any = None, column: Any = None) -> str:
    """The table as a text that `opened` takes, and only as this house wrote it."""
    table = chart_table(title, chart, unit, column)
    return _seal().dumps(
        [
            str(title),
            [[str(each.title), each.kind] for each in table.columns],
            [[cell.value for cell in row] for row in table.rows],
            [list(pair) for pair in table.about],
        ]
    )


def opened(sealed: str) -> Table:
    """The table of a sealed text. Raises BadSignature for what this house did not write."""
    title, columns, rows, about = _seal().loads(sealed)
    return Table(
        title,
        [Column(*each) for each in columns],
        [[Cell(value) for value in row] for row in rows],
        [(term, value) for term, value in about],
    )


def _seal() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="chart")
