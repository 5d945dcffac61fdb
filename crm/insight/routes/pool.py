"""The pool of a rung over a year: in and out with channel, reason and person in charge."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import Response, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.queries import names_of
from crm.firms.words import CHANNELS, NO_OFFICER
from crm.insight import pool as counting
from crm.insight.blueprint import blueprint
from crm.insight.filters import asked_filters, conditions
from crm.insight.firm_list import pool_value
from crm.insight.frame import about, firms_url, frame, here
from crm.insight.pool import NOBODY, Part, Passed, Pool
from crm.insight.words import PARTS, WHATS
from crm.kernel import clock
from crm.ladder.models import Rung
from crm.ladder.words import RUNGS
from crm.web.formatting import day
from crm.web.paging import PAGE_SIZE, page_number, page_of
from crm.web.tables import Cell, Column, Table
from crm.web.workbooks import send_tables

YEARS = 6  # offered, with the present one


@blueprint.get("/funnel/pool", endpoint="pool")
@requires(Permission.VIEW_FUNNEL)
def pool_page() -> str:
    rung, year = _rung(), _year()
    narrowed = conditions(current_user, asked_filters(request.args))
    found, number = counting.pool(rung, year, narrowed), page_number()
    moves = counting.moves(rung, year, narrowed)
    page = page_of(moves[(number - 1) * PAGE_SIZE : number * PAGE_SIZE + 1], number)
    return render_template(
        "insight/pool.html",
        rung=rung,
        year=year,
        rungs=RUNGS,
        years=[clock.today().year - back for back in range(YEARS)],
        parts=[
            {"title": PARTS[part], "number": found.total[part], "href": _url(part, rung, year)}
            for part in Part
            if found.total[part] or part in (Part.FIRST, Part.ENTERED, Part.LAST)
        ],
        channels=_channels(found, rung, year),
        officers=_officers(found, rung, year),
        page=page,
        details=_details(counting.passed(page.rows, year)),
        sheet_url=here("insight.pool_sheet", page=None),
        return_url=url_for("insight.show_return", return_key="pool", year=year, choice=rung.value),
        **frame("insight.pool"),
    )


@blueprint.get("/funnel/pool.xlsx")
@requires(Permission.VIEW_FUNNEL)
def pool_sheet() -> Response:
    rung, year = _rung(), _year()
    narrowed = conditions(current_user, asked_filters(request.args))
    found, moves = counting.pool(rung, year, narrowed), counting.moves(rung, year, narrowed)
    tables = [_channels(found, rung, year), _officers(found, rung, year), _details(counting.passed(moves, year))]
    return send_tables(tables, _("%(rung)s后备库 %(year)s", rung=RUNGS[rung], year=year))


def _rung() -> Rung:
    """The reserve pool is the high-tech enterprises' (益阳市“十四五”科技发展规划 五（二）); every rung has one."""
    return next((rung for rung in Rung if rung.value == request.args.get("rung")), Rung.HTE)


def _year() -> int:
    this = clock.today().year
    asked = request.args.get("year", type=int)
    return asked if asked is not None and this - YEARS < asked <= this else this


def _url(part: Part, rung: Rung, year: int, officer: int | None = None, **more: str) -> str:
    return firms_url(pool=pool_value(part, rung, year, officer), **more)


def _channels(found: Pool, rung: Rung, year: int) -> Table:
    rows = [
        _row(CHANNELS[channel] if channel else _("未登记"), counter, rung, year, channel=channel or "none")
        for channel, counter in ((each, found.channels.get(each)) for each in (*CHANNELS, None))
        if counter is not None
    ]
    return _table(_("按入库渠道"), _("入库渠道"), [*rows, _row(_("合计"), found.total, rung, year)])


def _officers(found: Pool, rung: Rung, year: int) -> Table:
    names = names_of([each for each in found.officers if each is not None])
    named = sorted(
        found.officers,
        key=lambda each: (each is None, -found.officers[each][Part.LAST], "" if each is None else names[each]),
    )
    rows = [
        _row(NO_OFFICER if each is None else names[each], found.officers[each], rung, year, each or NOBODY)
        for each in named
    ]
    return _table(_("按培育责任人"), _("培育责任人"), rows)


def _row(
    title: Any, counter: Counter[Part], rung: Rung, year: int, officer: int | None = None, **more: str
) -> list[Cell]:
    return [Cell(str(title)), *(Cell(counter[part], href=_url(part, rung, year, officer, **more)) for part in Part)]


def _table(title: str, first: str, rows: list[list[Cell]]) -> Table:
    columns = [Column(first), *(Column(PARTS[part], "number") for part in Part)]
    return Table(title, columns, rows, about((_("方向"), str(RUNGS[_rung()])), (_("年度"), str(_year()))))


def _details(these: list[Passed]) -> Table:
    """Each way in and out: the firm, when, why, by which channel, and who is in charge."""
    rows = [
        [
            Cell(each.told.firm, href=url_for("ladder.case", case_id=each.told.move.record)),
            Cell(str(WHATS[each.told.move.what])),
            Cell(each.told.move.on, text=day(each.told.move.on)),
            Cell(each.told.reason, text=each.told.reason or "—"),
            Cell(str(CHANNELS[each.channel]) if each.channel else None, text=None if each.channel else _("未登记")),
            Cell(each.officer, text=None if each.officer else NO_OFFICER),
        ]
        for each in these
    ]
    titles = (_("企业"), _("进出"), _("日期"), _("原因"), _("入库渠道"), _("培育责任人"))
    kinds = (None, None, "date", None, None, None)
    return Table(_("逐家进出"), [Column(*each) for each in zip(titles, kinds, strict=True)], rows, about())
