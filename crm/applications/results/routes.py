"""Pages of result lists: all of them, a new one, its rows with what became of each, and the decisions on doubtful ones."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from crm.accounts.access import requires
from crm.accounts.models import Organisation
from crm.accounts.permissions import Permission
from crm.accounts.queries import organisation_choices
from crm.applications.models import ResultList, ResultRowState
from crm.applications.results import queries, service
from crm.applications.results.forms import DECIDED, ResultListForm
from crm.applications.results.words import LOOKS, ROW_LOOKS, ROW_STATES, STATES, WHY
from crm.firms.loaders import load_firm_for
from crm.kernel import jobs
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.ladder.words import RUNGS
from crm.web.addresses import known_number
from crm.web.errors import land
from crm.web.paging import page_number

blueprint = Blueprint("results", __name__)


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
    return render_template(
        "applications/results/show.html",
        results=results,
        rung=RUNGS[results.rung],
        counts={each: count for each, count in queries.counts_of(results).items() if count},
        state=state,
        page=page,
        candidates=queries.candidates_of(current_user, page.rows),
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
            service.leave(actor=current_user, results=results, row=row)
            flash(_("第 %(row)s 行不采用。", row=row.row), "success")
        else:
            service.accept(actor=current_user, results=results, row=row, firm=firm)
            flash(_("第 %(row)s 行对上了 %(name)s。", row=row.row, name=firm.name), "success")
    except DomainError as error:
        flash(str(error), "danger")
    return redirect(url_for("results.show", list_id=list_id, state=request.args.get("state")))


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
