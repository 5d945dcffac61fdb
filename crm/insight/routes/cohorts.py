"""Conversion by year of entry: how many rose from one step to another, how long it took, and who is still under way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_login import current_user

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.insight.blueprint import blueprint
from crm.insight.cohorts import WITHIN, Cohort, cohorts, risen_share
from crm.insight.filters import asked_filters, conditions
from crm.insight.firm_list import cohort_value
from crm.insight.frame import about, day_asked, firms_url, frame, here, note
from crm.insight.kept.counts import STEPS, Told, told
from crm.insight.steps import CONSECUTIVE, POOL, Step, entries
from crm.insight.steps import STEPS as STEP_WORDS
from crm.insight.words import KINDS
from crm.kernel import clock
from crm.web.charts import Chart, Point, Series, draw
from crm.web.formatting import day, percent
from crm.web.tables import Cell, Column, Table
from crm.web.workbooks import send_tables

STEP_KINDS = ("entered", "risen", "underway", "lapsed")
RECENT = 3  # years drawn beside all of them
MONTH = Fraction(365, 12)  # days


@blueprint.get("/funnel/cohorts", endpoint="cohorts")
@requires(Permission.VIEW_FUNNEL)
def cohorts_page() -> str:
    """One pair of steps, year by year; each number opens its firms."""
    lower, upper = _pair()
    on, wrong_date = day_asked("on", clock.today())
    found = entries(lower, upper, on, conditions(current_user, asked_filters(request.args)))
    years = cohorts(found, on)
    had = sum(1 for entry in found if entry.had)
    return render_template(
        "insight/cohorts.html",
        lower=lower,
        upper=upper,
        steps=STEP_WORDS,
        uppers={name: title for name, title in STEP_WORDS.items() if name != POOL},
        on=on,
        today=clock.today(),
        wrong_date=wrong_date,
        total=years[0],
        urls={kind: firms_url(cohort=cohort_value(lower, upper, None, kind, on)) for kind in KINDS},
        had=had,
        chart=_chart(years) if years[0].counts["risen"] else None,
        picture_note=note(_pair_title(lower, upper, on)),
        table=_table(lower, upper, years, on),
        sheet_url=here("insight.cohorts_sheet"),
        steps_url=here("insight.cohorts_steps"),
        **frame("insight.cohorts"),
    )


@blueprint.get("/funnel/cohorts.xlsx")
@requires(Permission.VIEW_FUNNEL)
def cohorts_sheet() -> Response:
    lower, upper = _pair()
    on, _wrong = day_asked("on", clock.today())
    narrowed = conditions(current_user, asked_filters(request.args))
    years = cohorts(entries(lower, upper, on, narrowed), on)
    tables = [_table(lower, upper, years, on, whole=True), _steps_table(_steps(on).value, on)]
    return send_tables(tables, _("升级 %(day)s", day=on.isoformat()))


@blueprint.get("/funnel/cohorts/steps")
@requires(Permission.VIEW_FUNNEL)
def cohorts_steps() -> str:
    """Every two steps that follow each other: loaded after the page."""
    on, _wrong = day_asked("on", clock.today())
    counted = _steps(on)
    return render_template("insight/_steps.html", table=_steps_table(counted.value, on), counted_at=counted.at)


def _pair() -> tuple[str, str]:
    """The steps in the address; the first pair where there is none that can be counted."""
    lower, upper = request.args.get("lower", ""), request.args.get("upper", "")
    known = lower in STEP_WORDS and upper in STEP_WORDS and upper not in (POOL, lower)
    return (lower, upper) if known else CONSECUTIVE[0]


def _pair_title(lower: str, upper: str, on: date) -> str:
    return _("%(lower)s → %(upper)s，截至 %(day)s", lower=STEP_WORDS[lower], upper=STEP_WORDS[upper], day=day(on))


def _numbers(
    lower: str, upper: str, year: int | None, counts: Mapping[str, int], on: date, kinds: Sequence[str]
) -> list[Cell]:
    return [Cell(counts[kind], href=firms_url(cohort=cohort_value(lower, upper, year, kind, on))) for kind in kinds]


def _table(lower: str, upper: str, years: Sequence[Cohort], on: date, whole: bool = False) -> Table:
    """`whole`: also, in columns of their own, how many have not been watched for so many years; a page says so beside."""
    columns = [Column(_("进入年份")), Column(KINDS["entered"], "number")]
    for within in WITHIN:
        columns += [Column(KINDS[f"within{within}"], "number")]
        columns += [Column(KINDS[f"short{within}"], "number")] if whole else []
    columns += [Column(KINDS[kind], "number") for kind in ("risen", "underway", "lapsed")]
    columns += [Column(_("中位用时（天）") if whole else _("中位用时"), "number")]
    rows = []
    for cohort in years:
        cells = [Cell(_("历年合计") if cohort.year is None else str(cohort.year))]
        cells += _numbers(lower, upper, cohort.year, cohort.counts, on, ["entered"])
        for within in WITHIN:
            [cell, short] = _numbers(
                lower, upper, cohort.year, cohort.counts, on, [f"within{within}", f"short{within}"]
            )
            cells += [cell, short] if whole else [_share(cell, cohort, within)]
        cells += _numbers(lower, upper, cohort.year, cohort.counts, on, ["risen", "underway", "lapsed"])
        cells.append(_median(cohort.counts, cohort.median))
        rows.append(cells)
    title = _("%(lower)s → %(upper)s", lower=STEP_WORDS[lower], upper=STEP_WORDS[upper])
    return Table(title, columns, rows, about((_("截至"), day(on))))


def _share(cell: Cell, cohort: Cohort, within: int) -> Cell:
    """A number with its share of all that entered; where some have not been watched so long, with how many these are."""
    entered, short = cohort.counts["entered"], cohort.counts[f"short{within}"]
    if not entered:
        return cell
    if short:
        return Cell(cell.value, href=cell.href, note=_("另 %(count)s 家未满", count=short))
    share = Fraction(cohort.counts[f"within{within}"], entered)
    return Cell(cell.value, href=cell.href, note=percent(share, 0))


def _median(counts: Mapping[str, int], days: int | None) -> Cell:
    if not counts["entered"]:
        return Cell(None)
    if days is None:
        return Cell(None, text=_("不足一半已升，尚无中位数"))
    return Cell(days, text=duration(days))


def duration(days: int) -> str:
    """Days as people say them: “1 年 4 个月”; less than two months in days."""
    if days < 2 * MONTH:
        return _("%(days)s 天", days=days)
    years, months = divmod(round(days / MONTH), 12)
    if not years:
        return _("%(months)s 个月", months=months)
    return _("%(years)s 年 %(months)s 个月", years=years, months=months) if months else _("%(years)s 年", years=years)


def _chart(years: Sequence[Cohort]) -> Chart:
    """The share that has risen within 1 to 5 years, as estimated with those under way: all years, and the last few with a rise."""
    series = []
    shown = [years[0], *[each for each in years[1:] if each.counts["risen"]][:RECENT]]
    for tone, cohort in enumerate(shown, start=1):
        points = []
        for within in WITHIN:
            share = risen_share(cohort.curve, 365 * within + within // 4)
            points.append(Point(None) if share is None else Point(share * 100, text=percent(share, 0)))
        title = _("历年合计") if cohort.year is None else _("%(year)s 年进入", year=cohort.year)
        series.append(Series(title, points, "line", tone))
    return draw([_("%(years)s 年内", years=years) for years in WITHIN], series, top=100)


def _steps(on: date) -> Told[list[Step]]:
    return told(STEPS, current_user, asked_filters(request.args), on, on)


def _steps_table(steps: Sequence[Step], on: date) -> Table:
    rows = [
        [
            Cell(
                _("%(lower)s → %(upper)s", lower=STEP_WORDS[step.lower], upper=STEP_WORDS[step.upper]),
                href=here("insight.cohorts", lower=step.lower, upper=step.upper),
            ),
            *_numbers(step.lower, step.upper, None, step.counts, on, STEP_KINDS),
            _median(step.counts, step.median),
        ]
        for step in steps
    ]
    columns = [Column(_("从哪级到哪级")), *(Column(KINDS[kind], "number") for kind in STEP_KINDS)]
    columns.append(Column(_("中位用时"), "number"))
    return Table(_("相邻各级"), columns, rows, about((_("截至"), day(on))))
