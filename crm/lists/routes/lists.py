"""Pages of lists: all of them, one with its firms, its workbook; the screening that keeps who fits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.queries import organisation_words
from crm.firms.loaders import load_firm_for
from crm.firms.models import Firm
from crm.firms.queries import active_filters, firms_found, list_firms
from crm.firms.tabs import firm_urls
from crm.kernel import clock, jobs
from crm.kernel.db import db
from crm.ladder.facts import facts_of
from crm.lists import queries, screening
from crm.lists.models import FirmList, ListMember
from crm.lists.routes import blueprint
from crm.lists.rules import chains_in_use, lists_in_use, rule_of
from crm.lists.showing import along, decision_of, judged, lines_of, said
from crm.lists.words import CANDIDATES, FAILING, MEMBERS, PAST, SHOWN, UNDECIDED
from crm.park.models import Verdict
from crm.park.movements import VERDICTS
from crm.web.formatting import day, moment
from crm.web.language import title_in
from crm.web.paging import page_number
from crm.web.tables import Cell, Column, Table
from crm.web.workbooks import send_tables

LOOKS = {Verdict.MET: "good", Verdict.NOT_MET: "bad", Verdict.UNKNOWN: "unknown"}
MOST_ROWS = 20_000  # of a sheet that is no list of members


@blueprint.get("/lists")
@requires(Permission.VIEW_FIRMS)
def index() -> str:
    run = screening.last_run()
    return render_template("lists/index.html", rows=queries.list_rows(current_user, run), **_screened(run))


def _screened(run: Any) -> dict[str, Any]:
    """What the pages say of the last screening."""
    return {"run": run, "asked": screening.is_asked(), "failed": screening.has_failed(), **_progress()}


def _progress() -> dict[str, Any]:
    return {"progress": jobs.progress_of(screening.JOB), "abandoned": not jobs.has_worker()}


@blueprint.get("/lists/<int:firm_list_id>")
@requires(Permission.VIEW_FIRMS)
def show(firm_list_id: int) -> str:
    """One list: its members now or on a day, and by the last screening who could join, who may, who should leave."""
    firm_list = queries.load_list(firm_list_id)
    shown, on = _shown(firm_list), _on()
    typed = request.args.get("q", "").strip()
    conditions, chips = active_filters(current_user, {k: v for k, v in request.args.items() if k == "organisation"})
    conditions.append(queries.standing_to_list(firm_list, shown, on))
    page = list_firms(current_user, typed, conditions, page_number())
    ids = [row.firm.id for row in page.rows]
    run = screening.last_run()
    rule = rule_of(firm_list)
    row = queries.list_rows(current_user, run, firm_list)[0]
    return render_template(
        "lists/show.html",
        firm_list=firm_list,
        shown=shown,
        on=on,
        typed=typed,
        page=page,
        memberships=_at(queries.memberships(firm_list, ids), shown, on),
        rule=rule,
        said=said(rule) if rule else [],
        decision=decision_of(rule) if rule else [],
        broken=firm_list.rule is not None and rule is None,
        tab_items=_tabs(firm_list, row),
        narrowed=bool(typed or chips),
        organisations=organisation_words(current_user),
        may_write=current_user.can(Permission.CULTIVATE),
        links=firm_urls(ids),
        **_screened(run),
    )


def _shown(firm_list: FirmList) -> str:
    asked = request.args.get("show", MEMBERS)
    fitting = SHOWN if firm_list.rule is not None else (MEMBERS, PAST)
    return asked if asked in fitting else MEMBERS


def _on() -> date | None:
    """The day in the address that members are asked for; None: today."""
    try:
        asked = date.fromisoformat(request.args.get("on", ""))
    except ValueError:
        return None
    return asked if asked < clock.today() else None


def _at(found: dict[int, list[ListMember]], shown: str, on: date | None) -> dict[int, ListMember]:
    """The one membership of each firm that the tab is about; the latest, where nothing says otherwise."""
    chosen = {}
    for firm_id, all_of_it in found.items():
        fitting = all_of_it
        if shown == MEMBERS and on is not None:
            fitting = [m for m in all_of_it if m.since <= on and (m.until is None or m.until > on)]
        elif shown == PAST:
            fitting = [m for m in all_of_it if m.until is not None]
        chosen[firm_id] = fitting[-1] if fitting else all_of_it[-1]
    return chosen


def _tabs(firm_list: FirmList, row: queries.ListRow) -> list[dict[str, Any]]:
    counts = {MEMBERS: row.members, CANDIDATES: row.candidates, UNDECIDED: row.undecided, FAILING: row.failing}
    return [
        {
            "key": key,
            "title": title,
            "count": counts.get(key),
            "href": url_for("lists.show", firm_list_id=firm_list.id, show=None if key == MEMBERS else key),
        }
        for key, title in SHOWN.items()
        if firm_list.rule is not None or key in (MEMBERS, PAST)
    ]


@blueprint.get("/lists/<int:firm_list_id>/reasons")
@requires(Permission.VIEW_FIRMS)
def reasons(firm_list_id: int) -> str:
    """What the rule says of each firm of a page of the list, judged today: loaded after the page."""
    firm_list = queries.load_list(firm_list_id)
    rule = rule_of(firm_list)
    if rule is None:
        return ""
    conditions, _chips = active_filters(current_user, {k: v for k, v in request.args.items() if k == "organisation"})
    conditions.append(queries.standing_to_list(firm_list, _shown(firm_list), _on()))
    page = list_firms(current_user, request.args.get("q", "").strip(), conditions, page_number())
    firms = db.session.scalars(select(Firm).where(Firm.id.in_([row.firm.id for row in page.rows]))).all()
    return render_template(
        "lists/_reasons.html", found=lines_of(firms, rule), firm_list=firm_list, verdicts=VERDICTS, looks=LOOKS
    )


@blueprint.get("/lists/<int:firm_list_id>.xlsx")
@requires(Permission.VIEW_FIRMS)
def sheet(firm_list_id: int) -> Response:
    """The page's tab as a workbook: members with their days and reasons, or the firms of the screening."""
    firm_list = queries.load_list(firm_list_id)
    shown, on = _shown(firm_list), _on()
    about = [(_("名单"), title_in(firm_list)), (_("日期"), day(on or clock.today())), (_("范围"), str(SHOWN[shown]))]
    if firm_list.document_number:
        about.append((_("依据文件"), firm_list.document_number))
    if shown in (MEMBERS, PAST):
        table = _members_table(queries.members_of(current_user, firm_list, on, past=shown == PAST), about)
    else:
        run = screening.last_run()
        about.append((_("测算于"), moment(run.at) if run else _("未测算")))
        ids = firms_found(current_user, "", [queries.standing_to_list(firm_list, shown)], limit=MOST_ROWS)
        if len(ids) == MOST_ROWS:
            about.append((_("最多导出 %(limit)s 家", limit=MOST_ROWS), ""))
        table = _firms_table(queries.firms_by_id(current_user, ids), about)
    return send_tables([table], f"{title_in(firm_list)} {SHOWN[shown]} {(on or clock.today()).isoformat()}")


def _members_table(members: Sequence[ListMember], about: list[tuple[str, str]]) -> Table:
    columns = [
        Column(_("企业名称")),
        Column(_("统一社会信用代码")),
        Column(_("园区")),
        Column(_("列入日期"), "date"),
        Column(_("移出日期"), "date"),
        Column(_("文号或编号")),
        Column(_("列入理由")),
        Column(_("移出理由")),
        Column(_("经办人")),
    ]
    rows = [
        [
            Cell(each.firm.name),
            Cell(each.firm.credit_code),
            Cell(each.firm.organisation.name),
            Cell(each.since),
            Cell(each.until),
            Cell(each.number),
            Cell(each.why),
            Cell(each.why_off),
            Cell(each.by.name),
        ]
        for each in members
    ]
    return Table(about[0][1], columns, rows, about[1:])


def _firms_table(firms: Sequence[Firm], about: list[tuple[str, str]]) -> Table:
    columns = [Column(_("企业名称")), Column(_("统一社会信用代码")), Column(_("园区"))]
    rows = [[Cell(each.name), Cell(each.credit_code), Cell(each.organisation.name)] for each in firms]
    return Table(about[0][1], columns, rows, about[1:])


# --- one firm ----------------------------------------------------------------------------------------------------------


@blueprint.get("/firms/<int:firm_id>/lists")
@requires(Permission.VIEW_FIRMS)
def of_firm(firm_id: int) -> str:
    """The tab of a firm: the lists it is on, every rule held against it today, and where it stands along the chains."""
    firm = load_firm_for(current_user, firm_id)
    facts = facts_of(firm, clock.today())
    members = queries.memberships_of_firm(firm.id)
    present = {each.list_id: each for each in members if each.until is None}
    rules = [
        (each, judged(firm, rule, facts) if (rule := rule_of(each)) else None, present.get(each.id))
        for each in lists_in_use()
    ]
    return render_template(
        "lists/of_firm.html",
        firm=firm,
        members=members,
        rules=sorted(rules, key=_nearest),
        chains=[found for chain in chains_in_use() if (found := along(firm, chain, facts))],
        verdicts=VERDICTS,
        looks=LOOKS,
        may_write=current_user.can(Permission.CULTIVATE),
    )


def _nearest(row: Any) -> int:
    """Those it is on first, then those it could join, those nobody can judge, and the rest."""
    _firm_list, held, member = row
    if member is not None:
        return 0
    return 4 if held is None else {Verdict.MET: 1, Verdict.UNKNOWN: 2, Verdict.NOT_MET: 3}[held.verdict]


# --- the screening --------------------------------------------------------------------------------------------------------


@blueprint.post("/lists/screen")
@requires(Permission.VIEW_FIRMS)
def screen() -> BaseResponse:
    """Have every firm judged anew."""
    screening.ask()
    back = "lists.chains" if request.form.get("back") == "chains" else "lists.index"
    return redirect(url_for(back))


@blueprint.get("/lists/progress")
@requires(Permission.VIEW_FIRMS)
def progress() -> Response:
    """The bar alone, asked for again and again; when the work is over the page is loaded anew."""
    asked = screening.is_asked()
    answer = make_response(render_template("lists/_progress.html", asked=asked, **_progress()))
    if not asked:
        answer.headers["HX-Refresh"] = "true"
    return answer
