"""Pages of the exchange room: upload, columns, preview, progress, result."""

from __future__ import annotations

import io
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from crm.accounts.access import requires
from crm.accounts.models import Organisation
from crm.accounts.permissions import Permission
from crm.accounts.queries import organisation_choices
from crm.exchange import engine, export, queries, report, service
from crm.exchange.blank import write_template
from crm.exchange.columns import columns_of
from crm.exchange.differences import shown_differences
from crm.exchange.forms import UploadForm, choices_in, columns_form, field_name
from crm.exchange.models import ImportKind, ImportRun, Kind, Outcome, RunState, kind_named
from crm.exchange.rows import unit_of
from crm.exchange.titles import DONE, GROUPS, KINDS, OUTCOME_LOOKS, PLANNED, STATE_LOOKS, STATES
from crm.firms.queries import active_filters
from crm.kernel import clock, jobs
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.registers.models import Register
from crm.registers.resources.models import ResourceRegister
from crm.web.errors import land
from crm.web.language import language
from crm.web.paging import page_number, page_of
from crm.web.workbooks import XLSX

blueprint = Blueprint("exchange", __name__)

WORKING = (RunState.CHECKING, RunState.RUNNING, RunState.UNDOING)
SAMPLES = 3
KEPT_FIRMS_SHOWN = 50


@blueprint.get("/imports")
@requires(Permission.EXCHANGE)
def index() -> str:
    number = page_number()
    page = page_of(queries.runs_for(current_user, number), number)
    return render_template("exchange/index.html", page=page, kinds=KINDS, states=STATES, looks=STATE_LOOKS)


@blueprint.route("/imports/new", methods=["GET", "POST"])
@requires(Permission.EXCHANGE)
def upload() -> str | BaseResponse:
    form = UploadForm(
        kind=kind_named(request.args.get("kind", "")) or ImportKind.FIRMS, organisation_id=current_user.organisation_id
    )
    form.organisation_id.choices = organisation_choices(current_user)
    if form.validate_on_submit():
        file = form.file.data
        content = file.read()
        file.close()
        try:
            run = service.upload(
                actor=current_user,
                kind=form.kind.data,
                file_name=file.filename or "",
                content=content,
                organisation=db.session.get_one(Organisation, form.organisation_id.data),
                language=language(),
            )
        except DomainError as error:
            error.field = error.field or "file"
            land(form, error)
        else:
            return redirect(url_for("exchange.columns", run_id=run.id))
    return render_template("exchange/upload.html", form=form, kinds=KINDS, groups=GROUPS, chosen=form.kind.data)


@blueprint.get("/imports/templates/<kind>.xlsx")
@requires(Permission.EXCHANGE)
def template(kind: str) -> Response:
    """A workbook to fill in: the usual headers, an example row, notes."""
    chosen = kind_named(kind)
    if chosen is None:
        raise NotFoundError(_("没有这个模板"))
    buffer = io.BytesIO()
    write_template(buffer, chosen)
    return _download(buffer, f"{KINDS[chosen]}.xlsx")


@blueprint.route("/imports/<int:run_id>/columns", methods=["GET", "POST"])
@requires(Permission.EXCHANGE)
def columns(run_id: int) -> str | BaseResponse:
    """Which column is what: proposed, and changed by hand."""
    run = service.load_run_for(current_user, run_id, for_update=request.method == "POST")
    if run.state not in (RunState.UPLOADED, RunState.CHECKED, RunState.FAILED):
        return redirect(url_for("exchange.show", run_id=run.id))
    settled = service.settled_of(run)
    sheet_name = request.args.get("sheet") or settled.sheet_name
    if sheet_name != settled.sheet_name:
        settled = engine.Settled(sheet_name, create_firms=settled.create_firms)
    opened = engine.peek(service.content_of(run), run.kind, settled)
    form = columns_form(opened, settled)
    if form.validate_on_submit():
        try:
            service.settle(
                run=run,
                columns=choices_in(form, opened),
                sheet_name=sheet_name,
                unit=form.unit.data or None,
                create_firms="create_firms" not in form or form.create_firms.data,
            )
        except DomainError as error:
            land(form, error)
        else:
            return redirect(url_for("exchange.show", run_id=run.id))
    return render_template(
        "exchange/columns.html",
        run=run,
        kind=KINDS[run.kind],
        form=form,
        opened=opened,
        has_money=any(column.money for column in columns_of(run.kind)),
        unit_above=unit_of(opened.sheet),
        asks_unit=run.kind is ImportKind.FIGURES and engine.lacks_unit(opened),
        rows=[(match, form[field_name(match.index)], _samples(opened, match.index)) for match in opened.matches],
        sheets=sorted({opened.sheet.name, *opened.sheet.other_sheets}),
    )


@blueprint.get("/imports/<int:run_id>")
@requires(Permission.EXCHANGE)
def show(run_id: int) -> str | BaseResponse:
    """The run where it stands: working, waiting to be confirmed, or done."""
    run = service.load_run_for(current_user, run_id)
    if run.state is RunState.UPLOADED:
        return redirect(url_for("exchange.columns", run_id=run.id))
    if run.state in WORKING:
        return render_template("exchange/working.html", run=run, kind=KINDS[run.kind], **_progress(run))
    which = request.args.get("rows")
    which = which if which in queries.FILTERS else None
    number = page_number()
    page = page_of(queries.rows_of(run, which, number), number)
    return render_template(
        "exchange/run.html",
        run=run,
        kind=KINDS[run.kind],
        state=STATES[run.state],
        organisation=db.session.get(Organisation, run.options["organisation_id"]),
        of_firms=isinstance(run.kind, Register) or run.kind is ImportKind.TIES,
        there=_page_of(run.kind),
        which=which,
        page=page,
        titles=words_of(run),
        looks=OUTCOME_LOOKS,
        differences=shown_differences(run.kind, page.rows),
        column_titles={column.key: column.title for column in columns_of(run.kind)},
        kept_firms=queries.names_of_firms(run.options.get("kept_firms") or [], KEPT_FIRMS_SHOWN),
    )


@blueprint.get("/imports/<int:run_id>/progress")
@requires(Permission.EXCHANGE)
def progress(run_id: int) -> Response:
    """The bar alone, asked for again and again; when the work is over the page is loaded anew."""
    run = service.load_run_for(current_user, run_id)
    answer = make_response(render_template("exchange/_progress.html", run=run, **_progress(run)))
    if run.state not in WORKING:
        answer.headers["HX-Refresh"] = "true"
    return answer


@blueprint.post("/imports/<int:run_id>/confirm")
@requires(Permission.EXCHANGE)
def confirm(run_id: int) -> BaseResponse:
    run = service.load_run_for(current_user, run_id, for_update=True)
    service.confirm(actor=current_user, run=run)
    return redirect(url_for("exchange.show", run_id=run.id))


@blueprint.post("/imports/<int:run_id>/undo")
@requires(Permission.EXCHANGE)
def undo(run_id: int) -> BaseResponse:
    run = service.load_run_for(current_user, run_id, for_update=True)
    service.undo(actor=current_user, run=run)
    return redirect(url_for("exchange.show", run_id=run.id))


@blueprint.post("/imports/<int:run_id>/discard")
@requires(Permission.EXCHANGE)
def discard(run_id: int) -> BaseResponse:
    run = service.load_run_for(current_user, run_id, for_update=True)
    service.discard(run=run)
    flash(_("这次导入已放弃，没有保存任何内容。"), "success")
    return redirect(url_for("exchange.index"))


@blueprint.get("/imports/<int:run_id>/report.xlsx")
@requires(Permission.EXCHANGE)
def marked(run_id: int) -> Response:
    """The uploaded table with what became of each row, its bad ones marked."""
    run = service.load_run_for(current_user, run_id)
    opened = engine.peek(service.content_of(run), run.kind, service.settled_of(run))
    buffer = io.BytesIO()
    report.write_marked(buffer, opened, report.marks_of(queries.row_results(run), words_of(run)))
    return _download(buffer, _("%(name)s（已标注）.xlsx", name=run.file_name.rpartition(".")[0] or run.file_name))


@blueprint.get("/firms.xlsx")
@requires(Permission.EXCHANGE)
def export_firms() -> Response:
    """The list of firms with its filters, as a workbook."""
    conditions, _chips = active_filters(current_user, request.args)
    buffer = io.BytesIO()
    export.write_firms(buffer, current_user, request.args.get("q", "").strip(), conditions)
    return _download(buffer, _("企业名录 %(day)s.xlsx", day=clock.today().isoformat()))


def _page_of(kind: Kind) -> str:
    """Where what was imported is read."""
    if isinstance(kind, Register):
        return url_for("registers.overview", register=kind.value)
    if isinstance(kind, ResourceRegister):
        return url_for("resources.index", register=kind.value)
    if kind is ImportKind.TIES:
        return url_for("resources.index", register=ResourceRegister.CARRIER.value)
    return url_for("firms.index")


def words_of(run: ImportRun) -> dict[Outcome, Any]:
    """What the outcomes of its rows are called: what they would do, or what they did."""
    return PLANNED if run.state is RunState.CHECKED else DONE


def _download(buffer: io.BytesIO, name: str) -> Response:
    buffer.seek(0)
    return send_file(buffer, mimetype=XLSX, as_attachment=True, download_name=name)


def _progress(run: ImportRun) -> dict[str, Any]:
    """How far the job is, and whether anybody works on it."""
    known = jobs.progress_of(service.progress_key(run.id))
    return {"progress": known, "abandoned": not jobs.has_worker(), "state": STATES[run.state]}


def _samples(opened: engine.Opened, place: int) -> list[str]:
    """A few different values of a column."""
    found: dict[str, None] = {}
    for row in opened.sheet.rows:
        if row[place]:
            found[row[place][:40]] = None
        if len(found) == SAMPLES:
            break
    return list(found)
