"""The funnel: how many firms stand where on a day, as a picture and a table, and how each rung's count went."""

from __future__ import annotations

from datetime import date

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_login import current_user

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.insight.blueprint import blueprint
from crm.insight.filters import asked_filters
from crm.insight.frame import about, day_asked, firms_url, frame, here, note, quick_days
from crm.insight.funnel import Funnel
from crm.insight.kept.counts import FUNNEL, TREND, told
from crm.insight.picture import NARROW, WIDE, draw_funnel
from crm.insight.picture import spark as draw_spark
from crm.kernel import clock
from crm.ladder.models import Rung, Stage
from crm.ladder.words import RUNGS, SHORT_RUNGS, STAGES
from crm.web.formatting import day
from crm.web.tables import Cell, Column, Table
from crm.web.workbooks import send_tables


@blueprint.get("/funnel")
@requires(Permission.VIEW_FUNNEL)
def funnel() -> str:
    """Counts by rung and by stage; each number opens exactly its firms."""
    on, wrong_date = day_asked("on", clock.today())
    counted = told(FUNNEL, current_user, asked_filters(request.args), on, on)
    found, table = counted.value, _table(counted.value)
    urls = {rung: (row[1].href, _cases_url(rung, on)) for rung, row in zip(Rung, table.rows, strict=True)}
    return render_template(
        "insight/funnel.html",
        on=on,
        today=clock.today(),
        counted_at=counted.at,
        wrong_date=wrong_date,
        quick=[(title, each, here("insight.funnel", on=_on(each).get("on"))) for title, each in quick_days()],
        pictures=[draw_funnel(found, urls, layout) for layout in (WIDE, NARROW)],
        picture_note=note(_("截至 %(day)s", day=day(on))),
        table=table,
        sheet_url=here("insight.funnel_sheet"),
        trend_url=here("insight.funnel_trend"),
        **frame("insight.funnel"),
    )


@blueprint.get("/funnel.xlsx")
@requires(Permission.VIEW_FUNNEL)
def funnel_sheet() -> Response:
    on, _wrong = day_asked("on", clock.today())
    asked = asked_filters(request.args)
    found, counts = told(FUNNEL, current_user, asked, on, on).value, told(TREND, current_user, asked, on, on).value
    tables = [_table(found), _trend_table(counts)]
    return send_tables(tables, _("培育漏斗 %(day)s", day=on.isoformat()))


@blueprint.get("/funnel/trend")
@requires(Permission.VIEW_FUNNEL)
def funnel_trend() -> str:
    """The counts of the last eight quarters: loaded after the page."""
    on, _wrong = day_asked("on", clock.today())
    counted = told(TREND, current_user, asked_filters(request.args), on, on)
    counts = counted.value
    shown = [rung for rung in Rung if any(held[rung] for held in counts.values())]
    return render_template(
        "insight/_trend.html",
        sparks=[(rung, draw_spark([held[rung] for held in counts.values()])) for rung in shown],
        first=next(iter(counts), on),
        table=_trend_table(counts),
        counted_at=counted.at,
    )


def _on(on: date) -> dict[str, str]:
    return {"on": on.isoformat()} if on != clock.today() else {}


def _cases_url(rung: Rung, on: date) -> str:
    return firms_url(rung=rung.value, **_on(on))


def _table(found: Funnel) -> Table:
    on = _on(found.on)
    rows = []
    for rung in Rung:
        held, stages = found.held[rung], found.stages[rung]
        cells = [Cell(stages[stage], href=firms_url(rung=rung.value, stage=stage.value, **on)) for stage in Stage]
        rows.append([Cell(str(RUNGS[rung])), Cell(held, href=firms_url(held=rung.value, **on)), *cells])
    columns = [Column(_("方向")), Column(_("持有资质"), "number")]
    columns += [Column(STAGES[stage], "number") for stage in Stage]
    return Table(_("各级各阶段的企业数"), columns, rows, about((_("截至"), day(found.on))))


def _trend_table(counts: dict[date, dict[Rung, int]]) -> Table:
    columns = [Column(_("截至")), *(Column(SHORT_RUNGS[rung], "number") for rung in Rung)]
    rows = [
        [
            Cell(each, text=day(each)),
            *(Cell(held[rung], href=firms_url(held=rung.value, **_on(each))) for rung in Rung),
        ]
        for each, held in counts.items()
    ]
    return Table(_("各级有效资质的企业数"), columns, rows, about())
