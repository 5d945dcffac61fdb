"""Firms obliged to have an institution for R&D, and those without."""

from __future__ import annotations

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_login import current_user

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.queries import organisation_words
from crm.insight.blueprint import blueprint
from crm.insight.filters import asked_filters
from crm.insight.frame import firms_url
from crm.insight.kept.counts import OBLIGED, Told, told
from crm.insight.obliged import ARTICLE, DOCUMENT, HAVING, WHO, Obliged
from crm.kernel import clock
from crm.web.tables import Cell, Column, Table
from crm.web.workbooks import send_tables


@blueprint.get("/registers/obliged")
@requires(Permission.VIEW_FIRMS)
def obliged() -> str:
    counted = _counted()
    return render_template(
        "insight/obliged.html",
        obliged=counted.value.row("yes"),
        counted_at=counted.at,
        table=_table(counted.value),
        asked=asked_filters(request.args),
        organisations=organisation_words(current_user),
        firms_url=_firms,
        document=DOCUMENT,
        article=ARTICLE,
    )


@blueprint.get("/registers/obliged.xlsx")
@requires(Permission.EXCHANGE)
def export_obliged() -> Response:
    return send_tables([_table(_counted().value)], _("应建研发机构 %(day)s", day=clock.today().isoformat()))


def _counted() -> Told[Obliged]:
    today = clock.today()
    return told(OBLIGED, current_user, asked_filters(request.args), today, today)


def _firms(who: str, having: str | None = None) -> str:
    return firms_url(obliged=who, **({"institution": having} if having else {}))


def _table(found: Obliged) -> Table:
    columns = [Column(_("企业")), Column(_("合计"), "number")]
    columns += [Column(HAVING[having], "number") for having in ("has", "none", "unsaid")]

    def cell(who: str, number: int, having: str | None = None) -> Cell:
        return Cell(number, href=_firms(who, having) if number else None)

    rows = [
        [
            Cell(str(WHO[row.who])),
            cell(row.who, row.firms),
            *(cell(row.who, getattr(row, having), having) for having in ("has", "none", "unsaid")),
        ]
        for row in found.rows
    ]
    about = [(_("依据"), f"{DOCUMENT} {ARTICLE}"), (_("截至"), clock.today().isoformat())]
    return Table(_("应建研发机构的企业"), columns, rows, about)
