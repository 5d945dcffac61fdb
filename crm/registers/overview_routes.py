"""Pages of one register over all firms of a scope: its entries, what they add up to, the same as a workbook."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import Response, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.queries import organisation_words
from crm.accounts.scope import organisations_of
from crm.firms.queries import officer_words
from crm.firms.tabs import firm_urls
from crm.firms.words import NO_OFFICER, STATES
from crm.kernel.db import db
from crm.registers import overview as reads
from crm.registers.kinds import REGISTERS, TERMS, RegisterGroup, titles_of
from crm.registers.overview import NONE, OF_FIRMS, UNSAID, Asked, Sum, Summary, word_of
from crm.registers.routes import blueprint
from crm.registers.service import shown
from crm.web.formatting import wan
from crm.web.paging import page_number
from crm.web.tables import Cell, Column, Table
from crm.web.workbooks import send_tables

AT_MOST = 20_000  # entries in one workbook: what a page can make while its reader waits


@blueprint.get("/registers")
@requires(Permission.VIEW_FIRMS)
def overview() -> str:
    """The entries of one register, newest first."""
    what = reads.asked(request.args)
    page = reads.entries(what, reads.firm_conditions(current_user, request.args), page_number())
    return render_template(
        "registers/overview.html",
        what=what,
        kind=what.kind,
        page=page,
        links=firm_urls(entry.firm_id for entry in page.rows),
        places={e.firm_id: url_for("registers.entries", firm_id=e.firm_id) for e in page.rows},
        words={name: titles_of(what.register, name) for name in (*TERMS, "severity") if name in what.kind.fields},
        registers={
            group.value: {r.value: kind.title for r, kind in REGISTERS.items() if kind.group is group}
            for group in RegisterGroup
        },
        offered={name: _offered(what, name) for name in (*TERMS, "severity") if name in what.kind.fields},
        years={year: year for year in reads.years_of(what.register)},
        states=STATES,
        organisations=organisation_words(current_user),
        officers={"none": NO_OFFICER} | officer_words(current_user),
        narrowed=bool(set(_kept(what)) - {"register"}),
        kept=_kept(what),
        shown=shown,
    )


@blueprint.get("/registers/sums")
@requires(Permission.VIEW_FIRMS)
def sums() -> str:
    """What those entries add up to: a part of the overview, added up after the page is there, or a page of its own."""
    what = reads.asked(request.args)
    summed = reads.summary(what, reads.firm_conditions(current_user, request.args))
    kept = _kept(what)
    return render_template(
        "registers/_sums.html" if request.headers.get("HX-Request") else "registers/sums.html",
        kind=what.kind,
        summed=summed,
        table=_table(what, summed, kept),
        kept=kept,
        firms_url=url_for("firms.index", **_of_firms(kept), entries=reads.filter_value(what)),
    )


@blueprint.get("/registers.xlsx")
@requires(Permission.EXCHANGE)
def export() -> Response:
    """The overview with its filters, as a workbook; at most 20,000 entries."""
    what = reads.asked(request.args)
    statement = reads.all_entries(what, reads.firm_conditions(current_user, request.args)).limit(AT_MOST)
    places = {each.id: each.name for each in organisations_of(current_user)}
    fields = what.kind.fields
    columns = [Column(_("企业")), Column(_("统一社会信用代码")), Column(_("园区"))]
    columns += [
        Column(_("%(title)s（元）", title=fields[name]) if name == "amount" else fields[name]) for name in fields
    ]
    rows = [
        [Cell(row.firm), Cell(row.credit_code), Cell(places.get(row.organisation_id))]
        + [Cell(_value(what, name, getattr(row.RegisterEntry, name))) for name in fields]
        + [Cell(str(STATES[row.RegisterEntry.state]))]
        for row in db.session.execute(statement)
    ]
    about = [(_("最多导出 %(limit)s 条：请加条件分次导出", limit=AT_MOST), "")] if len(rows) == AT_MOST else []
    table = Table(what.kind.title, [*columns, Column(_("核实情况"))], rows, about)
    return send_tables([table], _("登记册 %(register)s", register=what.kind.title))


def _value(what: Asked, name: str, value: Any) -> Any:
    """A column's value in a workbook: money as exact yuan, days as days, words as a person reads them."""
    if value is None or name == "on" or name == "valid_to":
        return value
    if name == "amount":
        return int(value) if value == value.to_integral_value() else str(value)
    return value if name == "rank" else str(shown(what.register, name, value))


def _offered(what: Asked, name: str) -> Mapping[str, Any]:
    return {**titles_of(what.register, name), NONE: UNSAID}


def _kept(what: Asked) -> dict[str, Any]:
    """The filters in use, as an address says them."""
    return what.arguments | {name: request.args[name] for name in OF_FIRMS if request.args.get(name)}


def _of_firms(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in kept.items() if name in OF_FIRMS}


def _table(what: Asked, summed: Summary, kept: Mapping[str, Any]) -> Table:
    """Kinds down; across what stands beside them (levels, roles) and, where the register has amounts, their sum."""
    beside, money = summed.beside, "amount" in what.kind.fields
    kinds, values = ({pair[place] for pair in summed.cells} for place in (0, 1))
    across = _in_order(what, beside, values) if beside else []

    def cell(part: Sum, **narrowed: str | None) -> Cell:
        address = {**kept, **{name: NONE if value is None else value for name, value in narrowed.items()}}
        return Cell(part.entries, href=url_for("registers.overview", **address) if part.entries else None)

    columns = [Column(what.kind.fields.get("kind", "")), Column(_("合计"), "number")]
    columns += [Column(word_of(what.register, beside or "", value), "number") for value in across]
    columns += [Column(_("%(title)s（万元）", title=what.kind.fields["amount"]), "number")] if money else []
    rows = []
    for kind in _in_order(what, "kind", kinds):
        of_kind = summed.of_kind(kind)
        row = [Cell(str(word_of(what.register, "kind", kind))), cell(of_kind, kind=kind)]
        row += [cell(summed.cells.get((kind, value), Sum()), kind=kind, **{beside or "": value}) for value in across]
        rows.append(row + ([_amount(of_kind)] if money else []))
    last = [Cell(_("合计")), cell(summed.total), *(cell(summed.of_value(v), **{beside or "": v}) for v in across)]
    return Table(what.kind.title, columns, [*rows, last + ([_amount(summed.total)] if money else [])])


def _amount(part: Sum) -> Cell:
    """A sum, and how many entries have no amount: they stand in no sum."""
    if part.entries == part.unsaid:
        return Cell(None)
    note = _("另有 %(number)s 条未填金额", number=part.unsaid) if part.unsaid else None
    return Cell(str(part.amount / Decimal(10000)), wan(part.amount), note=note)


def _in_order(what: Asked, name: str, values: set[str | None]) -> list[str | None]:
    """In the order of the vocabulary, what it does not know after it, what is not said last."""
    places = {key: place for place, key in enumerate(titles_of(what.register, name))}
    return sorted(values, key=lambda value: (value is None, places.get(value or "", len(places)), value or ""))
