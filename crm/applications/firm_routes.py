"""What fits a firm and what it applied for; beginning an application, and its page while it is filled in."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.applications import queries, service
from crm.applications.fits import fits_of
from crm.applications.forms import AnswersForm, answers_form
from crm.applications.models import Application
from crm.applications.openings import Opening, openings_for, programmes_offered, region_of
from crm.applications.page import application_page
from crm.applications.papers import papers_of
from crm.applications.prefill import Prefill
from crm.applications.report import application_pdf
from crm.applications.routes import blueprint
from crm.firms.documents.evidence import documents_of
from crm.firms.loaders import load_firm_for
from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.web.addresses import known_number
from crm.web.errors import land
from crm.web.paging import page_number


@blueprint.get("/own/applications")
@requires(Permission.KEEP_OWN_RECORD)
def own() -> Response:
    return redirect(url_for("applications.firm", firm_id=current_user.firm_id))


@blueprint.get("/firms/<int:firm_id>/applications")
@requires(Permission.VIEW_RECORD)
def firm(firm_id: int) -> str:
    """What the firm has under way, what fits it and until when, and what it applied for before."""
    firm = load_firm_for(current_user, firm_id)
    today = clock.today()
    fits = fits_of(firm, today)
    headings = list(dict.fromkeys(fit.heading for fit in fits))
    return render_template(
        "applications/firm.html",
        firm=firm,
        groups=[(heading, [fit for fit in fits if fit.heading == heading]) for heading in headings],
        page=queries.applications_of(firm, page_number()),
        may_start=current_user.can(Permission.KEEP_OWN_RECORD) or current_user.can(Permission.CULTIVATE),
    )


@blueprint.post("/firms/<int:firm_id>/applications")
@requires(Permission.VIEW_RECORD)
def start(firm_id: int) -> Response:
    firm = load_firm_for(current_user, firm_id)
    try:
        opening = _opening(firm, request.form.get("opening", ""), clock.today())
        application = service.start(actor=current_user, firm=firm, opening=opening)
    except NotFoundError:
        raise
    except DomainError as error:
        db.session.rollback()
        flash(str(error), "danger")
        return redirect(url_for("applications.firm", firm_id=firm_id))
    flash(_("已按档案填好。请补上还缺的，再提交。"), "success")
    return redirect(url_for("applications.show", application_id=application.id))


def _opening(firm: Firm, key: str, on: date) -> Opening:
    """The window named, among those that are offered to this firm."""
    for openings in openings_for(programmes_offered(), region_of(firm), on).values():
        for opening in openings:
            if opening.key == key:
                return opening
    raise DomainError(_("这个申报窗口已截止或停止受理。"))


@blueprint.get("/applications/<int:application_id>")
@requires(Permission.VIEW_RECORD)
def show(application_id: int) -> str:
    return application_page(queries.load_application(current_user, application_id))


@blueprint.post("/applications/<int:application_id>")
@requires(Permission.VIEW_RECORD)
def answer(application_id: int) -> Any:
    """What was filled in and the papers chosen: kept, or kept and handed in. What is wrong with the one does not lose the other."""
    application = queries.load_application(current_user, application_id)
    form = answers_form(application, Prefill.of(application, clock.today()))
    answered = _answer(application, form)
    application = queries.load_application(current_user, application_id)
    changed, faults = _papers(application)
    if not answered:
        form.form_errors.extend(faults.values())
        # With a paper kept the request is no failure: nobody uploads it again for a word that was wrong.
        return application_page(application, answers=form, faults=faults), 200 if changed else 422
    for fault in faults.values():
        flash(_("填的内容已保存，文件没有交上：%(why)s", why=fault), "warning")
    if request.form.get("then") == "submit" and not faults:
        return _submit(application)
    if not faults:
        flash(_("材料已更新，填的内容已保存。") if changed else _("已保存。"), "success")
    return redirect(
        url_for("applications.show", application_id=application.id, _anchor="papers" if changed or faults else None)
    )


def _answer(application: Application, form: AnswersForm) -> bool:
    """Keep what was typed and ticked; False, with the error at its field, where something of it is wrong."""
    if not form.validate_on_submit():
        return False
    try:
        service.answer(
            application,
            actor=current_user,
            words=form.words,
            facts=form.facts,
            declared=request.form.getlist("declared"),
            note=form.note.data,
            version=form.version.data,
        )
    except DomainError as error:
        error.field = _field_of(form, error.field)
        land(form, error)
        return False
    return True


def _papers(application: Application) -> tuple[bool, dict[str, str]]:
    """Hand in each paper chosen or uploaded, take out the one named; whether any was, and what was wrong with the others by key."""
    there = {document.id: document for document in documents_of(application.firm_id)}
    changed, faults = False, {}
    for key in [paper.key for paper in papers_of(application, clock.today())]:
        file, chosen = request.files.get(f"file-{key}"), known_number(request.form.get(f"document-{key}", ""))
        try:
            with db.session.begin_nested():
                if request.form.get("remove") == key:
                    service.take_paper_back(application, key, actor=current_user)
                elif (file and file.filename) or chosen:
                    document = there.get(chosen or 0)
                    service.attach(application, key, actor=current_user, file=file, document=document)
                else:
                    continue
            changed = True
        except DomainError as error:
            faults[key] = str(error.message)
    return changed, faults


def _submit(application: Application) -> Any:
    """Hand in what was just kept. Where something is missing, what was filled in stays, and the page says what."""
    db.session.expire_all()
    application = queries.load_application(current_user, application.id)
    try:
        with db.session.begin_nested():
            service.submit(application, actor=current_user)
    except DomainError as error:
        flash(_("已保存，还没有提交：%(why)s", why=str(error)), "warning")
        return redirect(url_for("applications.show", application_id=application.id, _anchor="open"))
    flash(_("已提交。园区审核后会通知您。"), "success")
    return redirect(url_for("applications.show", application_id=application.id))


def _field_of(form: AnswersForm, name: str | None) -> str | None:
    """The form's field for a path, a fact's key or the key of an answer."""
    for question in form.questions:
        if name is not None and name in (question.path, question.key, (question.path or "").rpartition(".")[2]):
            return question.key if question.path is not None else f"word-{question.key}"
    return name


@blueprint.get("/applications/<int:application_id>.pdf")
@requires(Permission.VIEW_RECORD)
def pdf(application_id: int) -> Response:
    """The application as it was handed in."""
    application = queries.load_application(current_user, application_id)
    if application.filed is None:
        raise NotFoundError(_("这份申报还没有提交，没有可打印的内容。"))
    name = _("申报 %(firm)s %(number)s", firm=application.firm.name, number=application.id)
    content = io.BytesIO(application_pdf(application))
    return send_file(content, mimetype="application/pdf", as_attachment=True, download_name=f"{name}.pdf")
