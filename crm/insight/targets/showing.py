"""Numbers of targets as a person reads them, and the tables that are shown, printed and sent as a workbook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from crm.insight.targets.board import Board, Line, Reached
from crm.insight.targets.catalogue import measure, title_of
from crm.insight.targets.derived import derived
from crm.insight.targets.measures import FIGURES
from crm.insight.targets.models import Indicator
from crm.insight.targets.plans import Scope
from crm.insight.targets.progress import straight
from crm.insight.targets.units import aim, rounded
from crm.insight.targets.words import STANDINGS, unit_word
from crm.kernel import clock
from crm.web.charts import Chart, Point, Series, draw
from crm.web.formatting import day, number, percent
from crm.web.language import title_in
from crm.web.tables import Cell, Column, Table

PLACES = 2


def shown(value: Fraction | None) -> str:
    """With two decimals, and four where two would leave hardly anything."""
    return number(value, PLACES if value is None or abs(value) >= Fraction(1, 10) else 2 * PLACES)


def workbook_number(value: Fraction | None) -> float | int | None:
    """As a spreadsheet keeps it: whole, or with the decimals that the page has."""
    if value is None:
        return None
    exact = rounded(value, PLACES)
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def measure_title(indicator: Indicator, titles: dict[str, str]) -> str | None:
    """How its number comes about; None where it is entered."""
    if indicator.measure is None:
        return None
    made = derived(indicator.measure)
    if made is not None:
        return made.title(titles)
    found = measure(indicator.measure)
    return title_of(found) if found is not None else None


def firms_href(indicator: Indicator, scope: Scope, year: int) -> str | None:
    """The list of the firms that a counted number is made of; None where it counts no firms."""
    found = measure(indicator.measure) if indicator.measure else None
    if found is None or found.firms is None or year > clock.today().year:
        return None
    return url_for("firms.index", counted=f"{year}.{found.key}", **scope.firms)  # type: ignore[arg-type]


def missing_href(indicator: Indicator, scope: Scope, year: int) -> str | None:
    """The list of the firms whose figures are missing in it."""
    if indicator.measure not in FIGURES or year > clock.today().year:
        return None
    return url_for("firms.index", lacking=f"{year}.{indicator.measure}", **scope.firms)  # type: ignore[arg-type]


def reached_note(line: Line, titles: dict[str, str]) -> str | None:
    """What has to be known beside the number: that it is a lower bound, where it comes from, what is missing."""
    reached, indicator = line.reached, line.indicator
    if reached.entered is not None:
        note = _("录入：%(source)s", source=reached.entered.source or "")
        if reached.counted is not None:
            note += _("；系统内合计 %(value)s", value=shown(reached.counted))
        return note
    if reached.value is None:
        if reached.of is not None:
            return _("%(of)s 家企业都没有当年数据", of=reached.of)
        names = [titles[key] for key in reached.missing if key in titles and key != indicator.key]
        return _("需先有：%(names)s", names=_("、").join(names)) if names else _("待录入")
    if reached.at_least:
        if reached.without:
            return _("至少：%(n)s 家（项）没有数据，共 %(of)s", n=reached.without, of=reached.of)
        return _("至少：数据不全")
    if reached.without:
        return _("%(known)s 家有数据，%(n)s 家没有", known=reached.known, n=reached.without)
    return None


def target_table(board: Board) -> Table:
    """目标完成表: target, the year's target, what was reached, completion, unit in charge."""
    columns = [
        Column(_("指标")),
        Column(_("单位")),
        Column(_("基数"), "number"),
        Column(_("规划目标"), "number"),
        Column(_("%(year)s 年目标", year=board.year), "number"),
        Column(_("完成值"), "number"),
        Column(_("完成率（%）"), "number"),
        Column(_("责任单位")),
        Column(_("状态")),
        Column(_("说明")),
    ]
    titles = {key: title_in(each) for key, each in board.figures.indicators.items()}
    rows = []
    for line in board.lines:
        base, last = line.base, line.last
        notes = [
            _base_note(line),
            _("规划目标为 %(year)s 年", year=last.year) if last else "",
            _("年度目标按直线推算") if line.stated is None and line.line is not None else "",
            reached_note(line, titles) or "",
        ]
        rows.append(
            [
                Cell(title_in(line.indicator)),
                Cell(unit_word(line.indicator.unit)),
                Cell(workbook_number(base[1] if base else None)),
                Cell(workbook_number(Fraction(last.value) if last else None)),
                Cell(workbook_number(line.target)),
                Cell(workbook_number(line.reached.value)),
                Cell(workbook_number(line.completion * 100 if line.completion is not None else None)),
                Cell(line.in_charge),
                Cell(str(STANDINGS[line.standing])),
                Cell(_("；").join(note for note in notes if note)),
            ]
        )
    return Table(_("目标完成表"), columns, rows, about(board))


def _base_note(line: Line) -> str:
    if line.base is None:
        return ""
    year = line.base[0]
    return _("基数为 %(year)s 年系统统计", year=year) if line.base_is_counted else _("基数为 %(year)s 年", year=year)


def about(board: Board) -> list[tuple[str, str]]:
    found = [(_("规划"), board.plan.title), (_("范围"), board.scope.name), (_("年度"), str(board.year))]
    if board.plan.document_number:
        found.append((_("依据文件"), board.plan.document_number))
    if board.run is not None:
        found.append((_("统计截至"), day(board.run.on)))
    return [*found, (_("导出日期"), day(clock.today()))]


def trend_chart(board: Board, line: Line) -> Chart:
    """An indicator over the plan's years: targets as bars, what was reached as a line, the straight line where nothing is set."""
    plan = board.plan
    years = sorted({*line.bases, *range(plan.from_year, plan.to_year + 1), *line.targets})
    points = {**line.bases, **{year: Fraction(value.value) for year, value in line.targets.items()}}
    reached = {year: board.figures.reached(line.indicator, year).value for year in years if year <= clock.today().year}

    def series(title: str, values: Iterable[Fraction | None], kind: str, tone: int) -> Series:
        return Series(
            title, [Point(value, text=shown(value) if value is not None else "") for value in values], kind, tone
        )

    said = [points.get(year) for year in years]
    indicator = line.indicator
    straight_ones = {year: value for year in years if (value := straight(points, year)) is not None}
    between = [
        points[year]
        if year in points
        else aim(straight_ones[year], indicator.unit, indicator.downward)
        if year in straight_ones
        else None
        for year in years
    ]
    drawn = [series(_("基数和目标"), said, "bar", 1)]
    if any(year not in points and value is not None for year, value in zip(years, between, strict=True)):
        drawn.append(series(_("直线推算（非文件数）"), between, "line", 3))
    drawn.append(series(_("完成"), [reached.get(year) for year in years], "line", 2))
    return draw([str(year) for year in years], drawn)


def pairs_table(board: Board) -> Table | None:
    """Number beside quality (数量与质量双提升): each against the year before; None where the plan pairs none."""
    year, figures = board.year, board.figures
    columns = [
        Column(_("数量指标")),
        Column(_("上年"), "number"),
        Column(_("本年"), "number"),
        Column(_("质量指标")),
        Column(_("上年"), "number"),
        Column(_("本年"), "number"),
        Column(_("同时提升")),
    ]
    rows = []
    for line in board.lines:
        for quality in line.quality:
            moved = []
            cells = []
            for indicator in (line.indicator, quality):
                before, now = (figures.reached(indicator, when) for when in (year - 1, year))
                moved.append(_moved(before, now, indicator.downward))
                cells.append(
                    [
                        Cell(workbook_number(before.value), _with_unit(before, indicator)),
                        Cell(workbook_number(now.value), _with_unit(now, indicator)),
                    ]
                )
            rows.append(
                [Cell(title_in(line.indicator)), *cells[0], Cell(title_in(quality)), *cells[1], Cell(_together(*moved))]
            )
    return Table(_("数量与质量"), columns, rows, about(board)) if rows else None


def _with_unit(reached: Reached, indicator: Indicator) -> str | None:
    if reached.value is None:
        return None
    text = f"{shown(reached.value)} {unit_word(indicator.unit)}"
    return _("至少 %(value)s", value=text) if reached.at_least else text


def _moved(before: Reached, now: Reached, downward: bool) -> int | None:
    """1 better, 0 as before, -1 worse; None where one is not known for certain."""
    if before.value is None or now.value is None or before.at_least or now.at_least:
        return None
    way = (now.value > before.value) - (now.value < before.value)
    return -way if downward else way


def _together(number_moved: int | None, quality_moved: int | None) -> str:
    if number_moved is None or quality_moved is None:
        return _("尚不能判断")
    if number_moved > 0 and quality_moved > 0:
        return _("双提升")
    if number_moved > 0 > quality_moved:
        return _("数量升、质量降")
    if quality_moved > 0 > number_moved:
        return _("质量升、数量降")
    return _("没有同时提升")


def share_text(value: Fraction | None, at_least: bool) -> str | None:
    """A completion, exact to a tenth of a per cent."""
    if value is None:
        return None
    return _("至少 %(share)s", share=percent(value, 1)) if at_least else percent(value, 1)


def citation(values: Sequence[Any]) -> str | None:
    """Article and words of the first value that has them."""
    return next((each.source for each in values if each is not None and each.source), None)
