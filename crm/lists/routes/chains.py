"""The page of chains: how many firms stand at which link, and the list of those without a patent shrinking."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.kernel import jobs
from crm.lists import queries, screening
from crm.lists.firm_list import OUTSIDE
from crm.lists.models import Screening
from crm.lists.routes import blueprint
from crm.lists.rules import rule_of
from crm.lists.showing import said
from crm.lists.words import OPEN, PASSED, UNKNOWN
from crm.web.charts import Chart, Point, Series, draw
from crm.web.formatting import moment, number
from crm.web.language import title_in
from crm.web.tables import Cell, Column, Table
from crm.web.workbooks import send_tables


@blueprint.get("/chains")
@requires(Permission.VIEW_FIRMS)
def chains() -> str:
    run = screening.last_run()
    rows = queries.chain_rows(current_user, run)
    return render_template(
        "lists/chains.html",
        rows=[(row, _whom(row), _table(row, True), _shrinking(row, run) if run else None) for row in rows],
        run=run,
        asked=screening.is_asked(),
        failed=screening.has_failed(),
        progress=jobs.progress_of(screening.JOB),
        abandoned=not jobs.has_worker(),
    )


@blueprint.get("/chains.xlsx")
@requires(Permission.VIEW_FIRMS)
def chains_sheet() -> Response:
    """How many firms stand where, a sheet a chain."""
    run = screening.last_run()
    rows = queries.chain_rows(current_user, run)
    return send_tables([_table(row, False, run) for row in rows], _("培育链"))


def _whom(row: queries.ChainRow) -> list[dict[str, Any]]:
    rule = rule_of(row.chain)
    return said(rule) if rule else []


def _table(row: queries.ChainRow, linked: bool, run: Screening | None = None) -> Table:
    """The links from the first to the last; each number opens its firms."""
    chain_id = row.chain.id

    def cell(firms: int, **filters: Any) -> Cell:
        href = url_for("firms.index", **filters) if linked and firms else None
        return Cell(firms, number(firms), href)

    columns = [
        Column(_("环节")),
        Column(_("走到这一环"), "number"),
        Column(_("已完成"), "number"),
        Column(_("未完成"), "number"),
        Column(_("待核实"), "number"),
    ]
    rows = [
        [Cell(_("尚未起步")), cell(row.none, along=f"{chain_id}.0"), Cell(None, "—"), Cell(None, "—"), Cell(None, "—")]
    ]
    for place, each in enumerate(row.links, 1):
        link = each.link.id
        rows.append(
            [
                Cell(f"{place}. {title_in(each.link)}"),
                cell(each.here, along=f"{chain_id}.{place}"),
                cell(each.passed, link=f"{link}.{PASSED}"),
                cell(each.open, link=f"{link}.{OPEN}"),
                cell(each.unknown, link=f"{link}.{UNKNOWN}"),
            ]
        )
    about = [(_("测算于"), moment(run.at))] if run else []
    if row.outside:
        rows.append([Cell(_("不知是否适用")), cell(row.outside, along=f"{chain_id}.{OUTSIDE}"), *[Cell(None, "—")] * 3])
    return Table(title_in(row.chain), columns, rows, about)


def _shrinking(row: queries.ChainRow, run: Screening) -> Chart | None:
    """The firms that have not passed the first link, month by month."""
    points = queries.months_of(current_user, run, row.chain, 0)
    if not points:
        return None
    labels = [f"{point.on.year}-{point.on.month:02}" for point in points[:-1]] + [_("现在")]
    return draw(
        labels,
        [
            Series(_("未完成"), [Point(point.open, text=str(point.open)) for point in points], "bar", 1),
            Series(_("待核实"), [Point(point.unknown, text=str(point.unknown)) for point in points], "line", 3),
        ],
    )
