"""Pages of result lists: all of them, a new one, its rows with what became of each, and the decisions on doubtful ones."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from crm.accounts.access import requires
from crm.accounts.models import Organisation
from crm.accounts.permissions import Permission
from crm.accounts.queries import organisation_choices
from crm.applications.follow import by_list
from crm.applications.models import ResultList, ResultRow, ResultRowState, ResultState
from crm.applications.results import deciding, queries, service
from crm.applications.results.forms import DECIDED, ResultListForm, RowForm
from crm.applications.results.words import LOOKS, ROW_LOOKS, ROW_STATES, STATES, WHY
from crm.applications.words import asked_for, state_title
from crm.firms.loaders import load_firm_for
from crm.kernel import jobs
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.ladder.words import RUNGS, STAGES
from crm.web.addresses import known_number
from crm.web.errors import land
from crm.web.paging import page_number

blueprint = Blueprint("results", __name__)

OFFERED = 12  # firms offered for a row
DOUBTFUL = (ResultRowState.PROPOSED, ResultRowState.FAULTY, ResultRowState.UNKNOWN)


@blueprint.get("/results")
@requires(Permission.CULTIVATE)
def index() -> str:
    return render_template(
        "applications/results/index.html",
        page=queries.lists_page(current_user, page_number()),
        rungs=RUNGS,
        states=STATES,
        looks=LOOKS,
    )


@blueprint.route("/results/new", methods=["GET", "POST"])
@requires(Permission.CULTIVATE)
def create() -> str | BaseResponse:
    form = ResultListForm(organisation_id=current_user.organisation_id)
    form.organisation_id.choices = organisation_choices(current_user)
    if form.validate_on_submit():
        file = form.file.data
        content = file.read()
        file.close()
        try:
            results = service.take_in(
                actor=current_user,
                organisation=db.session.get_one(Organisation, form.organisation_id.data),
                rung=form.rung.data,
                title=form.title.data or "",
                decided=form.kind.data == DECIDED,
                document_number=form.document_number.data,
                published_on=form.published_on.data,
                valid_from=form.valid_from.data,
                valid_to=form.valid_to.data,
                file_name=file.filename or "",
                content=content,
            )
        except DomainError as error:
            error.field = error.field or "file"
            land(form, error)
        else:
            return redirect(url_for("results.show", list_id=results.id))
    return render_template("applications/results/new.html", form=form)


@blueprint.get("/results/<int:list_id>")
@requires(Permission.CULTIVATE)
def show(list_id: int) -> str:
    """The list where it stands: being worked on, or its rows (`?state=`)."""
    results = service.load_list_for(current_user, list_id)
    if results.state in service.WORKING:
        return render_template("applications/results/working.html", results=results, **_progress(results))
    asked = request.args.get("state")
    state = next((each for each in ResultRowState if each.value == asked), None)
    page = queries.rows_page(results, state, page_number())
    counts = {each: count for each, count in queries.counts_of(results).items() if count}
    cases = queries.cases_to_end(results) if results.state is ResultState.GRANTED else []
    return render_template(
        "applications/results/show.html",
        results=results,
        rung=RUNGS[results.rung],
        counts=counts,
        state=state,
        page=page,
        candidates=queries.candidates_of(current_user, page.rows),
        cases=cases,
        outcomes=by_list({case.id: title.valid_from for _row, case, title in cases}),
        asked_for=asked_for,
        state_title=state_title,
        stages=STAGES,
        doubtful=sum(counts[each] for each in DOUBTFUL if each in counts),
        words=ROW_STATES,
        looks=ROW_LOOKS,
        why=WHY,
        list_state=STATES[results.state],
        list_look=LOOKS[results.state],
    )


@blueprint.get("/results/<int:list_id>/progress")
@requires(Permission.CULTIVATE)
def progress(list_id: int) -> Response:
    """The bar alone, asked for again and again; when the work is over the page is loaded anew."""
    results = service.load_list_for(current_user, list_id)
    answer = make_response(
        render_template("applications/results/_progress.html", results=results, **_progress(results))
    )
    if results.state not in service.WORKING:
        answer.headers["HX-Refresh"] = "true"
    return answer


@blueprint.post("/results/<int:list_id>/rows/<int:row_id>")
@requires(Permission.CULTIVATE)
def decide(list_id: int, row_id: int) -> BaseResponse:
    """A doubtful row means this firm (`firm`), or none of ours."""
    results = service.load_list_for(current_user, list_id, for_update=True)
    row = service.row_of(results, row_id)
    named = request.form.get("firm")
    firm = load_firm_for(current_user, known_number(named) or 0) if named is not None else None
    try:
        if firm is None:
            deciding.leave(actor=current_user, results=results, row=row)
            flash(_("第 %(row)s 行不采用。", row=row.row), "success")
        else:
            deciding.accept(actor=current_user, results=results, row=row, firm=firm)
            _told(row, firm.name)
    except DomainError as error:
        flash(str(error), "danger")
    return redirect(_rows(list_id))


def _told(row: ResultRow, firm_name: str | None) -> None:
    """What became of a row that was decided."""
    if row.state is ResultRowState.MATCHED:
        flash(_("第 %(row)s 行对上了 %(name)s。", row=row.row, name=firm_name), "success")
    elif row.state is ResultRowState.DUPLICATE:
        flash(
            _(
                "%(name)s 在这份名单的第 %(first)s 行已有，第 %(row)s 行记为重复。要以这一行为准，请点“以这一行为准”。",
                name=firm_name or row.name,
                first=row.note["first"],
                row=row.row,
            ),
            "warning",
        )
    elif row.note.get("wrong"):
        flash(_("第 %(row)s 行是 %(name)s，但日期还要改正。", row=row.row, name=firm_name or row.name), "warning")
    else:
        flash(_("第 %(row)s 行已改正，还没有对上企业：请选企业，或先登记企业。", row=row.row), "warning")


@blueprint.get("/results/<int:list_id>/rows/<int:row_id>")
@requires(Permission.CULTIVATE)
def row(list_id: int, row_id: int) -> str:
    """One row: what is wrong with it, and all that can be done about it. `?q=` looks for its firm."""
    results = service.load_list_for(current_user, list_id)
    return _row_page(results, service.row_of(results, row_id))


def _row_page(results: ResultList, found: ResultRow, form: RowForm | None = None) -> str:
    typed = request.args.get("q", "").strip()
    settled = found.state in (ResultRowState.APPLIED, ResultRowState.HELD, ResultRowState.MATCHED)
    open_ = results.state not in service.WORKING
    return render_template(
        "applications/results/row.html",
        results=results,
        row=found,
        first=queries.row_number(results, found.note["first"]) if found.state is ResultRowState.DUPLICATE else None,
        form=(form or RowForm(obj=found)) if open_ and found.state in deciding.CORRECTED else None,
        firms=queries.firms_like(current_user, results, found, typed, limit=OFFERED) if open_ and not settled else [],
        may_choose=open_ and found.state in deciding.OPEN,
        typed=typed,
        offered=OFFERED,
        words=ROW_STATES,
        looks=ROW_LOOKS,
        why=WHY,
    )


@blueprint.post("/results/<int:list_id>/rows/<int:row_id>/correct")
@requires(Permission.CULTIVATE)
def correct(list_id: int, row_id: int) -> Any:
    """What the row should say; it is matched once more."""
    results = service.load_list_for(current_user, list_id, for_update=True)
    found, form = service.row_of(results, row_id), RowForm()
    if form.validate_on_submit():
        try:
            deciding.correct(
                actor=current_user,
                results=results,
                row=found,
                credit_code=form.credit_code.data,
                number=form.number.data,
                valid_from=form.valid_from.data,
                valid_to=form.valid_to.data,
            )
        except DomainError as error:
            land(form, error)
        else:
            _told(found, found.firm.name if found.firm else None)
            if found.state in DOUBTFUL:
                return redirect(url_for("results.row", list_id=list_id, row_id=row_id))
            return redirect(_rows(list_id))
    results = service.load_list_for(current_user, list_id)
    return _row_page(results, service.row_of(results, row_id), form), 422


@blueprint.post("/results/<int:list_id>/rows/<int:row_id>/prefer")
@requires(Permission.CULTIVATE)
def prefer(list_id: int, row_id: int) -> BaseResponse:
    """Of rows that mean the same firm, this one counts."""
    results = service.load_list_for(current_user, list_id, for_update=True)
    found = service.row_of(results, row_id)
    try:
        deciding.prefer(actor=current_user, results=results, row=found)
        flash(_("以第 %(row)s 行为准。", row=found.row), "success")
    except DomainError as error:
        flash(str(error), "danger")
    return redirect(_rows(list_id))


def _rows(list_id: int) -> str:
    """Back to the rows, of the state that was looked at."""
    return url_for("results.show", list_id=list_id, state=request.args.get("state"))


@blueprint.post("/results/<int:list_id>/again")
@requires(Permission.CULTIVATE)
def match_again(list_id: int) -> BaseResponse:
    return _do(list_id, service.match_again)


@blueprint.post("/results/<int:list_id>/cases")
@requires(Permission.CULTIVATE)
def end_cases(list_id: int) -> BaseResponse:
    """End the cases named (`case`, one or many) whose title the list has brought."""
    results = service.load_list_for(current_user, list_id, for_update=True)
    asked = {number for text in request.form.getlist("case") if (number := known_number(text)) is not None}
    try:
        ended = deciding.end_cases(actor=current_user, results=results, case_ids=asked)
    except DomainError as error:
        db.session.rollback()
        flash(str(error), "danger")
    else:
        flash(ngettext("结束了 %(num)s 个培育项目。", "结束了 %(num)s 个培育项目。", ended), "success")
    return redirect(url_for("results.show", list_id=list_id))


@blueprint.post("/results/<int:list_id>/grant")
@requires(Permission.CULTIVATE)
def grant(list_id: int) -> BaseResponse:
    return _do(list_id, service.grant)


@blueprint.post("/results/<int:list_id>/undo")
@requires(Permission.CULTIVATE)
def undo(list_id: int) -> BaseResponse:
    return _do(list_id, service.undo)


@blueprint.post("/results/<int:list_id>/discard")
@requires(Permission.CULTIVATE)
def discard(list_id: int) -> BaseResponse:
    results = service.load_list_for(current_user, list_id, for_update=True)
    try:
        service.discard(actor=current_user, results=results)
    except DomainError as error:
        flash(str(error), "danger")
        return redirect(url_for("results.show", list_id=list_id))
    flash(_("名单已放弃，没有登记任何资质。"), "success")
    return redirect(url_for("results.index"))


def _do(list_id: int, verb: Any) -> BaseResponse:
    results = service.load_list_for(current_user, list_id, for_update=True)
    try:
        verb(actor=current_user, results=results)
    except DomainError as error:
        flash(str(error), "danger")
    return redirect(url_for("results.show", list_id=list_id))


def _progress(results: ResultList) -> dict[str, Any]:
    return {
        "progress": jobs.progress_of(service.progress_key(results.id)),
        "abandoned": not jobs.has_worker(),
        "state": STATES[results.state],
    }
