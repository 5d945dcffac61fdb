"""What the firm hands in: the papers of an open case, and documents for its record."""

from __future__ import annotations

from flask import Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.wrappers import Response
from wtforms import HiddenField

from crm.accounts.access import requires
from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.firms.documents.service import ACCEPTED, store_document
from crm.firms.forms import DocumentsForm
from crm.firms.loaders import load_for
from crm.firms.proposals import service as proposals
from crm.firms.proposals.models import Decision, ProposalField, Target
from crm.firms.proposals.service import Wanted
from crm.firms.proposals.targets import Handling, offer_handling
from crm.firms.queries import documents_of
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.ladder import service as ladder
from crm.ladder.checklists import requirement
from crm.ladder.models import Case, CaseStatus, Stage
from crm.ladder.words import PURPOSES, RUNGS, SHORT_RUNGS, STAGES
from crm.portal.filling import asked_by
from crm.portal.papers import papers_ahead
from crm.portal.routes import blueprint, own_firm
from crm.web.errors import land
from crm.web.language import language
from crm.web.paging import page_number


class PaperForm(FlaskForm):
    key = HiddenField()
    file = FileField(_l("文件"), render_kw={"accept": ACCEPTED})


@blueprint.route("/own/cases/<int:case_id>", methods=["GET", "POST"])
@requires(Permission.KEEP_OWN_RECORD)
def own_case(case_id: int) -> str | Response:
    """Where an application stands, what comes next, and the papers it wants. A file sent in waits for the park."""
    case = load_for(current_user, Case, case_id)
    form = PaperForm()
    if form.validate_on_submit():
        try:
            _hand_in(case, form)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已提交，园区核对后计入材料清单。"), "success")
            return redirect(url_for("portal.own_case", case_id=case.id))
    asked = asked_by(case.firm)
    stages = list(Stage)
    return render_template(
        "portal/case.html",
        firm=case.firm,
        case=case,
        form=form,
        rung_title=RUNGS[case.rung],
        purpose=PURPOSES[case.purpose],
        stages=[{"key": stage.value, "title": STAGES[stage]} for stage in stages],
        following=stages[stages.index(case.stage) + 1] if case.status is CaseStatus.OPEN else None,
        stage_titles=STAGES,
        groups=papers_ahead(case, clock.today()),
        done={item.key: item for item in case.items if item.document is not None},
        pending=asked.fields(Target.PAPER, str(case.id), Decision.PENDING),
        refused=asked.fields(Target.PAPER, str(case.id), Decision.REFUSED),
    )


def _hand_in(case: Case, form: PaperForm) -> None:
    key = form.key.data or ""
    if key not in {each.key for _stage, now, papers in papers_ahead(case, clock.today()) if now for each in papers}:
        raise DomainError(_("清单里现在不收这一项，请刷新页面。"))
    if not form.file.data or not form.file.data.filename:
        raise DomainError(_("请先选择文件。"), field="file")
    document = store_document(current_user, case.firm, form.file.data, field="file")
    proposals.propose(
        actor=current_user,
        firm=case.firm,
        wanted=[Wanted(target=Target.PAPER, target_key=str(case.id), field=key, new=document.name)],
        note=None,
        document=document,
    )


def offer_papers(app: Flask) -> None:
    """A paper that is accepted stands on its case's checklist."""
    offer_handling(app, Target.PAPER, Handling(_paper_title, _accept_paper))


def _paper_title(asked: ProposalField) -> str:
    case = db.session.get(Case, int(asked.target_key or 0))
    found = requirement(case.rung, asked.field) if case is not None else None
    if case is None or found is None:
        return _("申报材料：%(key)s", key=asked.field)
    return _("%(rung)s材料：%(title)s", rung=SHORT_RUNGS[case.rung], title=found.title[language()])


def _accept_paper(actor: User, asked: ProposalField) -> None:
    case = db.session.get(Case, int(asked.target_key or 0))
    if case is None or case.firm_id != asked.proposal.firm_id or asked.document is None:
        raise DomainError(_("这份材料或它的项目已不在了，不能接受。"), field=f"field-{asked.id}")
    ladder.accept_document(case, asked.field, asked.document, actor=actor)


@blueprint.route("/own/documents", methods=["GET", "POST"])
@requires(Permission.KEEP_OWN_RECORD)
def own_documents() -> str | Response:
    """The firm's documents: those of its record, uploaded by itself or by the park, as evidence of its values."""
    firm, form = own_firm(), DocumentsForm()
    if request.method == "POST" and form.validate_on_submit():
        chosen = [file for file in form.files.data or [] if getattr(file, "filename", None)]
        try:
            for file in chosen:
                store_document(current_user, firm, file, field="files")
        except DomainError as error:
            land(form, error)
        else:
            flash(ngettext("已上传 %(num)s 份文件。", "已上传 %(num)s 份文件。", len(chosen)), "success")
            return redirect(url_for("portal.own_documents"))
    return render_template("portal/documents.html", form=form, page=documents_of(current_user, firm.id, page_number()))
