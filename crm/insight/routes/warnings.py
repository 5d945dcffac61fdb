"""Early warning: what firms are going to lose unless somebody acts, the gravest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, render_template, request
from flask_babel import gettext as _
from flask_login import current_user

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.words import NO_OFFICER
from crm.insight.blueprint import blueprint
from crm.insight.early_warning.lines import KINDS, Line, lines
from crm.insight.early_warning.queries import changed_since, counts
from crm.insight.early_warning.refresh import last_run
from crm.insight.filters import asked_filters, conditions
from crm.insight.firm_list import ANY
from crm.insight.frame import about, firms_url, frame, here
from crm.insight.models import WarningKind
from crm.kernel import clock
from crm.web.formatting import moment
from crm.web.paging import PAGE_SIZE, page_number, page_of
from crm.web.tables import Cell, Column, Table
from crm.web.workbooks import send_tables


@blueprint.get("/funnel/warnings")
@requires(Permission.VIEW_FUNNEL)
def warnings() -> str:
    """One page of the warnings of a kind, or of all; each with its one next step."""
    kind, number = _kind(), page_number()
    narrowed = conditions(current_user, asked_filters(request.args))
    numbers = counts(narrowed)
    found, run = lines(narrowed, kind, limit=PAGE_SIZE + 1, offset=(number - 1) * PAGE_SIZE), last_run()
    return render_template(
        "insight/warnings.html",
        page=page_of(found, number),
        kind=kind.value if kind else ANY,
        kind_tabs=_tabs(numbers),
        total=sum(numbers.values()),
        run=run,
        changed=changed_since([line.warning.firm_id for line in found], run.at) if run else set(),
        firms_url=firms_url(warning=kind.value if kind else ANY),
        sheet_url=here("insight.warnings_sheet", page=None),
        **frame("insight.warnings", **({"kind": kind.value} if kind else {})),
    )


@blueprint.get("/funnel/warnings.xlsx")
@requires(Permission.VIEW_FUNNEL)
def warnings_sheet() -> Response:
    """All warnings of the page's kind and filters."""
    found = lines(conditions(current_user, asked_filters(request.args)), _kind())
    return send_tables([_table(found)], _("预警 %(day)s", day=clock.today().isoformat()))


def _kind() -> WarningKind | None:
    asked = request.args.get("kind")
    return next((kind for kind in WarningKind if kind.value == asked), None)


def _tabs(numbers: Mapping[WarningKind, int]) -> list[dict[str, Any]]:
    every = {"key": ANY, "title": _("全部"), "count": sum(numbers.values())}
    kinds = [{"key": kind.value, "title": KINDS[kind], "count": count} for kind, count in numbers.items()]
    asked = [None, *(kind.value for kind in numbers)]
    return [
        {**each, "href": here("insight.warnings", kind=kind, page=None)}
        for each, kind in zip([every, *kinds], asked, strict=True)
    ]


def _table(found: Sequence[Line]) -> Table:
    columns = [
        Column(_("企业")),
        Column(_("统一社会信用代码")),
        Column(_("园区")),
        Column(_("专员")),
        Column(_("类别")),
        Column(_("将失去什么")),
        Column(_("日期"), "date"),
        Column(_("依据")),
    ]
    rows = [
        [
            Cell(each.firm),
            Cell(each.credit_code),
            Cell(each.organisation),
            Cell(each.officer or str(NO_OFFICER)),
            Cell(str(each.kind)),
            Cell(each.what),
            Cell(each.warning.on),
            Cell(each.why),
        ]
        for each in found
    ]
    run, kind = last_run(), _kind()
    told = [(_("类别"), str(KINDS[kind]))] if kind else []
    return Table(_("预警"), columns, rows, about((_("测算于"), moment(run.at) if run else _("未测算")), *told))
