"""The staff's list of applications, its workbook, and the same step for many."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.scope import organisations_of
from crm.applications import queries, together
from crm.applications.forms import BULK_ACTS, BulkForm
from crm.applications.machine import State
from crm.applications.models import Application
from crm.applications.queries import WAITING, ApplicationFilter
from crm.applications.routes import blueprint
from crm.applications.words import STATES, state_title
from crm.kernel import clock, jobs
from crm.kernel.errors import DomainError
from crm.ladder.bulk_runs import BulkRun
from crm.ladder.standing import address
from crm.web.addresses import known_number, record_number
from crm.web.errors import land
from crm.web.language import title_in
from crm.web.paging import page_number
from crm.web.tables import Cell, Column, Table
from crm.web.workbooks import send_tables


@blueprint.get("/applications")
@requires(Permission.VIEW_FIRMS)
def index() -> str:
    wanted = asked_filter()
    return _list(wanted, BulkForm(formdata=None))


def _list(wanted: ApplicationFilter, form: BulkForm, **more: Any) -> str:
    page = queries.applications_page(current_user, wanted, page_number())
    return render_template(
        "applications/index.html",
        page=page,
        wanted=wanted,
        asked=request.args.get("state", ""),
        states=STATES,
        programmes=queries.programme_words(),
        years={year: year for year in queries.years_offered()},
        organisations={each.id: each.name for each in organisations_of(current_user)},
        form=form,
        may_act=current_user.can(Permission.CULTIVATE),
        today=clock.today(),
        waiting=WAITING,
        kept=[(name, value) for name, value in request.args.items(multi=True) if name != "page"],
        **{"chosen": set(), **more},
    )


def asked_filter() -> ApplicationFilter:
    """The filter in the address. Without a state, what waits for the park is shown; `all` shows every one."""
    asked = request.args.get("state", "")
    organisation_id = request.args.get("organisation", type=record_number)
    state = next((state for state in State if state.value == asked), None)
    return ApplicationFilter(
        states=frozenset({state}) if state else frozenset() if asked == "all" else WAITING,
        programme=request.args.get("programme", type=record_number),
        year=request.args.get("year", type=record_number),
        organisation=next((o for o in organisations_of(current_user) if o.id == organisation_id), None),
        officer=current_user.id if request.args.get("mine") else None,
    )


@blueprint.get("/applications.xlsx")
@requires(Permission.EXCHANGE)
def export() -> Response:
    """The list with its filters, as a workbook."""
    columns = [
        Column(_("企业")), Column(_("统一社会信用代码")), Column(_("园区")), Column(_("专员")), Column(_("项目")), Column(_("年度"), "number"),
        Column(_("批次")), Column(_("状态")), Column(_("本状态起"), "date"), Column(_("提交"), "date"),
        Column(_("公示起"), "date"), Column(_("公示止"), "date"),
    ]  # fmt: skip
    rows = [_cells(each) for each in queries.applications_found(current_user, asked_filter())]
    about = [(_("导出日期"), clock.today().isoformat())]
    if len(rows) == queries.MOST_EXPORTED:
        about.append((_("最多导出 %(limit)s 条：请加条件分次导出", limit=queries.MOST_EXPORTED), ""))
    table = Table(_("项目申报"), columns, rows, about)
    return send_tables([table], _("项目申报 %(day)s", day=clock.today().isoformat()))


def _cells(application: Application) -> list[Cell]:
    firm, window = application.firm, application.window
    return [
        Cell(value)
        for value in (
            firm.name,
            firm.credit_code,
            firm.organisation.name,
            firm.officer.name if firm.officer else None,
            title_in(window.programme),
            window.year,
            window.title,
            str(state_title(application)),
            application.state_since,
            application.submitted_on,
            application.notice_from,
            application.notice_to,
        )
    ]


# --- many at once -------------------------------------------------------------------------------------------------


@blueprint.post("/applications/bulk")
@requires(Permission.CULTIVATE)
def bulk() -> Any:
    """The same step for those that are ticked: first what would become of each, then it is done. The answer has a page of its own."""
    form = BulkForm()
    ids = [number for text in request.form.getlist("application") if (number := known_number(text)) is not None]
    if form.validate_on_submit():
        try:
            done = request.form.get("step") != "preview"
            run = together.ask(actor=current_user, ids=ids, act=form.act.data, done=done)
        except DomainError as error:
            land(form, error)
        else:
            filters: dict[str, Any] = request.args.to_dict(flat=False)
            return redirect(url_for("applications.together_run", together_id=run.id, **filters))
    return _list(asked_filter(), form, chosen=set(ids)), 422


@blueprint.get("/applications/bulk/<int:together_id>")
@requires(Permission.CULTIVATE)
def together_run(together_id: int) -> str:
    """What became, or would become, of each. It can be read again: looking at it does nothing."""
    run = together.load(current_user, together_id)
    return render_template(
        "applications/together.html",
        act=BULK_ACTS.get(run.asked["act"]),
        filters=request.args.to_dict(flat=False),
        address=address,
        **_progress(run),
    )


@blueprint.get("/applications/bulk/<int:together_id>/progress")
@requires(Permission.CULTIVATE)
def together_progress(together_id: int) -> Response:
    """The bar alone, asked for again and again; when it is over the page is loaded anew."""
    run = together.load(current_user, together_id)
    answer = make_response(render_template("applications/_together.html", **_progress(run)))
    if not run.asked["waits"]:
        answer.headers["HX-Refresh"] = "true"
    return answer


def _progress(run: BulkRun) -> dict[str, Any]:
    known, abandoned = jobs.progress_of(together.progress_key(run.id)), not jobs.has_worker()
    return {"run": run, "progress": known, "abandoned": abandoned}
