"""Tables that are handed in: what is missing is seen before they are taken along."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_login import current_user

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.insight.blueprint import blueprint
from crm.insight.returns.issued import NUMBER, Return, ReturnColumn, returns
from crm.insight.returns.sources import Line, lines
from crm.kernel import clock
from crm.kernel.errors import NotFoundError
from crm.ladder.standing import address
from crm.web.formatting import day, number
from crm.web.language import language
from crm.web.paging import page_number, page_of
from crm.web.tables import Cell, Column, Table
from crm.web.workbooks import send_tables

YEARS = 6  # offered
AT_ONCE = 500  # rows read together for a workbook
ROWS = 30  # of a page: each shows all its columns
COUNTED = 2000  # rows looked at for what is missing
EVERY = "every"  # in the address: of all rungs


@blueprint.get("/returns")
@requires(Permission.VIEW_FUNNEL)
def returns_page() -> str:
    """All tables that can be handed in."""
    return render_template("insight/returns/index.html", rows=list(returns().values()), here=language())


@blueprint.get("/returns/<return_key>")
@requires(Permission.VIEW_FUNNEL)
def show_return(return_key: str) -> str:
    """A page of rows with what each lacks; how many lack which column is loaded after it."""
    issued = _issued(return_key)
    year, chosen = _year(issued), _chosen(issued)
    first = (page_number() - 1) * ROWS
    found = lines(issued.source, current_user, year, chosen, limit=ROWS + 1, offset=first)
    page = page_of(found, page_number(), ROWS)
    return render_template(
        "insight/returns/show.html",
        issued=issued,
        title=_title(issued, chosen, language()),
        page=page,
        why=issued.source.why(current_user, year),
        rows=[
            (line, _cells(issued, line, first + place), _missing(issued, line))
            for place, line in enumerate(page.rows, 1)
        ],
        year=year,
        years=range(clock.today().year, clock.today().year - YEARS, -1),
        chosen=chosen,
        said={"return_key": return_key, "year": year, "choice": chosen or (EVERY if issued.choice else None)},
        every=EVERY,
        shown=_shown,
    )


@blueprint.get("/returns/<return_key>/missing")
@requires(Permission.VIEW_FUNNEL)
def missing_of_return(return_key: str) -> str:
    """How many rows lack each column that is needed."""
    issued, lacking, total = _issued(return_key), Counter[str](), 0
    for line in islice(_every(issued, _year(issued), _chosen(issued)), COUNTED):
        total += 1
        lacking.update(column.title for column in _lacking(issued, line))
    return render_template(
        "insight/returns/_missing.html",
        rows=[(column.title, lacking[column.title]) for column in issued.columns if lacking[column.title]],
        total=total,
        cut=total == COUNTED,
    )


@blueprint.get("/returns/<return_key>.xlsx")
@requires(Permission.VIEW_FUNNEL)
def return_sheet(return_key: str) -> Response:
    """The table with its columns as issued; what is not known stays empty."""
    issued = _issued(return_key)
    year, chosen = _year(issued), _chosen(issued)
    # Rungs are not mixed in one list: where all are wanted, each has its own sheet.
    parts = list(issued.source.choices) if issued.choice and chosen is None else [chosen]
    tables = [table for part in parts if (table := _table(issued, year, part)).rows]
    name = f"{_title(issued, chosen, 'zh')} {year}"
    return send_tables(tables or [_table(issued, year, chosen)], name)


def _table(issued: Return, year: int, chosen: str | None) -> Table:
    rows = [
        [Cell(value) for value in _values(issued, line, place)]
        for place, line in enumerate(_every(issued, year, chosen), 1)
    ]
    organisation = current_user.organisation
    about = [
        (_("填报单位"), organisation.name if organisation else ""),
        (_("年度"), str(year)),
        (_("填报日期"), day(clock.today())),
    ]
    columns = [Column(column.title) for column in issued.columns]
    return Table(_title(issued, chosen, "zh"), columns, rows, about)


def _title(issued: Return, chosen: str | None, tongue: str) -> str:
    """A list of one rung bears its name."""
    if not issued.choice or chosen is None:
        return issued.title[tongue]
    rung = issued.source.choices[chosen]
    return f"{rung}{issued.title['zh']}" if tongue == "zh" else f"{issued.title['en']}: {rung}"


def _every(issued: Return, year: int, chosen: str | None) -> Iterator[Line]:
    offset = 0
    while part := lines(issued.source, current_user, year, chosen, limit=AT_ONCE, offset=offset):
        yield from part
        offset += len(part)


def _values(issued: Return, line: Line, place: int) -> list[Any]:
    return [_plain(place if column.name == NUMBER else column.field.value(line)) for column in issued.columns]


def _plain(value: Any) -> Any:
    """As a workbook keeps it: numbers as numbers."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _cells(issued: Return, line: Line, place: int) -> list[Any]:
    return [place if column.name == NUMBER else column.field.value(line) for column in issued.columns]


def _shown(value: Any) -> Any:
    """As the page shows it."""
    if isinstance(value, date):
        return day(value)
    return number(value) if isinstance(value, Decimal) else value


def _lacking(issued: Return, line: Line) -> list[ReturnColumn]:
    return [column for column in issued.columns if column.needed and column.field.value(line) is None]


def _missing(issued: Return, line: Line) -> list[tuple[str, str | None]]:
    """What the row lacks, each with the page where it is filled in."""
    found = []
    for column in _lacking(issued, line):
        place = column.field.mend(line)
        found.append((column.title, address(place) if place else None))
    return found


def _issued(key: str) -> Return:
    found = returns().get(key)
    if found is None:
        raise NotFoundError(_("没有这张表。"))
    return found


def _year(issued: Return) -> int:
    """The year in the address; otherwise the one that is handed in now."""
    last = clock.today().year
    asked = request.args.get("year", type=int)
    return asked if asked is not None and last - YEARS < asked <= last else last - issued.last_year


def _chosen(issued: Return) -> str | None:
    asked = request.args.get("choice") or issued.choice
    return asked if asked in issued.source.choices else None
