"""Uploading a patent list or figures: recognised, shown with what would be new, changed or unclear, sent as one proposal."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import PurePath

from flask import Response, abort, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as BaseResponse
from wtforms import RadioField

from crm.accounts.access import requires
from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.exchange import engine
from crm.exchange import service as imports
from crm.exchange.blank import write_template
from crm.exchange.engine import Opened, Settled
from crm.exchange.forms import MONEY_UNITS, ColumnsForm, choices_in, columns_form, field_name
from crm.exchange.models import ImportKind, ImportRun, RunState
from crm.exchange.titles import KINDS
from crm.firms.documents.service import media_type_of, store_document
from crm.firms.models import Document, Firm
from crm.firms.proposals import service as proposals
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.portal import uploads
from crm.portal.routes import blueprint, own_firm
from crm.portal.uploads import FATE_LOOKS, FATES, Fate
from crm.web.choices import choices
from crm.web.errors import land
from crm.web.workbooks import XLSX

OFFERED = {kind: KINDS[kind] for kind in (ImportKind.IP, ImportKind.FIGURES)}


class OwnUploadForm(FlaskForm):
    kind = RadioField(_l("什么表"), choices=choices(OFFERED), default=ImportKind.IP.value)
    file = FileField(_l("文件"), validators=[FileRequired(_l("请选择文件。"))])


@blueprint.route("/own/uploads/new", methods=["GET", "POST"])
@requires(Permission.KEEP_OWN_RECORD)
def upload() -> str | BaseResponse:
    firm = own_firm()
    form = OwnUploadForm(kind=request.args.get("kind", ImportKind.IP.value))
    if form.validate_on_submit():
        content, kind = form.file.data.read(), ImportKind(form.kind.data)
        try:
            opened = uploads.peek(content, kind, Settled())
        except DomainError as error:
            error.field = error.field or "file"
            land(form, error)
        else:
            run = imports.begin(
                actor=current_user,
                kind=kind,
                file_name=PurePath((form.file.data.filename or "").replace("\\", "/")).name[-200:],
                content=content,
                organisation=firm.organisation,
                total=len(opened.sheet.rows),
                sheet_name=opened.sheet.name or None,
            )
            return redirect(url_for("portal.own_upload", upload_id=run.id))
    return render_template("portal/upload.html", form=form, kinds=OFFERED)


@blueprint.get("/own/uploads/template/<table>.xlsx")
@requires(Permission.KEEP_OWN_RECORD)
def upload_template(table: str) -> Response:
    """A workbook to fill in, without the columns that say whose a row is."""
    kind = next((each for each in OFFERED if each.value == table), None) or abort(404)
    buffer = io.BytesIO()
    write_template(buffer, kind, own=True)
    buffer.seek(0)
    return send_file(buffer, mimetype=XLSX, as_attachment=True, download_name=f"{KINDS[kind]}.xlsx")


@blueprint.route("/own/uploads/<int:upload_id>", methods=["GET", "POST"])
@requires(Permission.KEEP_OWN_RECORD)
def own_upload(upload_id: int) -> str | BaseResponse:
    """What the file would ask for, row by row. `act` settles the columns anew, or sends all of it to the park."""
    firm, run = own_firm(), _own_run(upload_id)
    if run.state is RunState.DONE:
        return redirect(url_for("portal.own_proposal", proposal_id=run.options["proposal_id"]))
    settled = imports.settled_of(run)
    content = imports.content_of(run)
    opened = uploads.peek(content, run.kind, settled)
    asks_unit = engine.lacks_unit(opened)
    form = _columns(opened, settled, asks_unit)
    if form.validate_on_submit():
        try:
            if request.form.get("act") == "columns":
                return _settle(run, form, opened)
            return _send(run, firm, opened, content)
        except DomainError as error:
            land(form, error)
    rows = uploads.plan_rows(firm, opened)
    return render_template(
        "portal/upload_preview.html",
        run=run,
        kind=KINDS[run.kind],
        form=form,
        columns=[(match, form[field_name(match.index)]) for match in opened.matches],
        lacking=uploads.lacking(opened),
        asks_unit=asks_unit,
        rows=sorted(rows, key=lambda row: row.fate is not Fate.UNCLEAR),
        counts=Counter(row.fate for row in rows),
        asked=len(uploads.wanted_of(rows)),
        fates=FATES,
        looks=FATE_LOOKS,
    )


def _own_run(upload_id: int) -> ImportRun:
    """One of the firm's own; whoever posts holds it, so that it is sent once."""
    mine = select(ImportRun).join(ImportRun.actor).where(User.firm_id == current_user.firm_id)
    if request.method == "POST":
        mine = mine.with_for_update(of=ImportRun)
    run = db.session.scalar(mine.where(ImportRun.id == upload_id))
    if run is None:
        raise NotFoundError(_("没有这次上传。"))
    return run


def _columns(opened: Opened, settled: Settled, asks_unit: bool) -> ColumnsForm:
    """The staff's form; where nothing names the unit, it is no longer taken for 元 in silence."""
    form = columns_form(opened, settled)
    if asks_unit:
        form.unit.choices = choices([(unit, unit) for unit in MONEY_UNITS], empty=_("请选择"))
    del form.create_firms
    return form


def _settle(run: ImportRun, form: ColumnsForm, opened: Opened) -> BaseResponse:
    chosen = choices_in(form, opened)
    settled = Settled(run.options.get("sheet_name"), chosen, form.unit.data or None)
    again = uploads.peek(imports.content_of(run), run.kind, settled)
    if not uploads.lacking(again):
        engine.check_unit(again)
    run.options = {**run.options, "columns": {str(place): key for place, key in chosen.items()}, "unit": settled.unit}
    db.session.flush()
    return redirect(url_for("portal.own_upload", upload_id=run.id))


def _send(run: ImportRun, firm: Firm, opened: Opened, content: bytes) -> BaseResponse:
    wanted = uploads.wanted_of(uploads.plan_rows(firm, opened))
    proposal = proposals.propose(
        actor=current_user,
        firm=firm,
        wanted=wanted,
        note=_("来自表格“%(file)s”", file=run.file_name),
        document=_kept(firm, run, content) if wanted else None,
    )
    run.state, run.finished_at = RunState.DONE, clock.now()
    run.options = {**run.options, "proposal_id": proposal.id}
    db.session.flush()
    flash(_("已提交 %(n)s 项，园区核对后写入档案。", n=len(proposal.fields)), "success")
    return redirect(url_for("portal.own_proposal", proposal_id=proposal.id))


def _kept(firm: Firm, run: ImportRun, content: bytes) -> Document | None:
    """The workbook as evidence for whoever decides; a text file is none that documents take."""
    if media_type_of(content) is None:
        return None
    return store_document(current_user, firm, FileStorage(io.BytesIO(content), filename=run.file_name))
