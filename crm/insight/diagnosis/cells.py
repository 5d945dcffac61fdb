"""What the tables of a diagnosis are made of: cells, rows by group, bars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from flask_babel import gettext as _

from crm.insight.diagnosis.groups import Group
from crm.insight.diagnosis.models import Benchmark
from crm.web.charts import Chart, Point, Series, draw
from crm.web.formatting import number, percent
from crm.web.tables import Cell, Column, Table

WAN = 10_000 * 100  # fen
BARS = 5  # groups that a chart shows
LABEL = 5  # characters of a name that fit below a bar


def count(value: int) -> Cell:
    """A whole number."""
    return Cell(value, number(value))


def wan_cell(fen: int) -> Cell:
    """An amount of fen, in 万元."""
    return Cell(float(Fraction(fen, WAN)), number(Fraction(fen, WAN)))


def share_cell(value: Fraction | None) -> Cell:
    """A share; None where nothing can be divided."""
    return Cell(None, _("无法计算")) if value is None else Cell(percent(value), percent(value))


def by_group(title: str, columns: Sequence[str], every: Sequence[Group], cells: Callable[[Group], list[Cell]]) -> Table:
    """A row a group: its name, its firms, and what `cells` says of it below `columns`."""
    heads = [Column(_("分组")), Column(_("企业数"), "number"), *(Column(each, "number") for each in columns)]
    return Table(title, heads, [[Cell(group.title), count(group["firms"]), *cells(group)] for group in every])


def bars(
    every: Sequence[Group], title: str, value: Callable[[Group], Fraction | None], mark: Benchmark | None = None
) -> Chart | None:
    """The shares of the groups with most firms, in per cent, and the average they are held against."""
    groups = [group for group in every[1:] if group.key][:BARS]
    if len(groups) < 2:
        return None
    shares = [value(group) for group in groups]
    if not any(shares):
        return None
    points = [Point(None) if each is None else Point(each * 100, text=percent(each, 1)) for each in shares]
    line = (mark.value * 100, f"{mark.place} {percent(mark.value)}") if mark else None
    return draw([short(group.title) for group in groups], [Series(title, points)], line=line)


def short(title: str) -> str:
    """As much of a name as fits below a bar; the table has all of it."""
    return title if len(title) <= LABEL else title[: LABEL - 1] + "…"
