"""Pages of the library: all documents, one with what cites it, its form."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.kernel import clock
from crm.kernel.errors import DomainError
from crm.library import queries, service
from crm.library.citations import citations_of
from crm.library.forms import DocumentForm
from crm.library.models import PolicyDocument
from crm.web.errors import land
from crm.web.paging import page_number

blueprint = Blueprint("library", __name__)
FORCE = {"now": _l("现行有效"), "past": _l("已失效"), "unknown": _l("施行日期未登记")}


@blueprint.get("/library")
@requires(Permission.SIGNED_IN)
def index() -> str:
    typed = request.args.get("q", "").strip()
    force = request.args.get("force") if request.args.get("force") in FORCE else None
    return render_template(
        "library/index.html",
        page=queries.documents_page(typed, page_number(), force=force, day=clock.today()),
        typed=typed,
        force=force,
        words=FORCE,
        state=force_of,
        may_write=_may_write(),
    )


@blueprint.get("/library/<int:policy_document_id>")
@requires(Permission.SIGNED_IN)
def show(policy_document_id: int) -> str:
    document = queries.load_document(policy_document_id)
    return render_template(
        "library/show.html",
        document=document,
        state=force_of(document),
        successors=queries.successors_of(document),
        citations=citations_of(document.number),
        may_write=_may_write(),
    )


@blueprint.route("/library/new", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def create() -> str | Response:
    form = DocumentForm()
    if form.validate_on_submit():
        try:
            document = service.add_document(actor=current_user, **form.values)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已登记“%(title)s”。", title=document.title), "success")
            return redirect(url_for("library.show", policy_document_id=document.id))
    return render_template("library/form.html", form=form, document=None)


@blueprint.route("/library/<int:policy_document_id>/edit", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def edit(policy_document_id: int) -> str | Response:
    document = queries.load_document(policy_document_id)
    before = document.replaces.number if document.replaces else None
    form = DocumentForm(obj=document, data={"replaces": before})
    if form.validate_on_submit():
        try:
            service.edit_document(
                actor=current_user, document=document, expected_version=form.version.data, **form.values
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("“%(title)s”已保存。", title=document.title), "success")
            return redirect(url_for("library.show", policy_document_id=document.id))
    return render_template("library/form.html", form=form, document=document)


def force_of(document: PolicyDocument) -> tuple[str, str]:
    """Whether it is in force today, as a badge: its words and its kind."""
    today = clock.today()
    if document.in_force_to is not None and document.in_force_to < today:
        return _("已失效"), "neutral"
    if document.in_force_from is None:
        return _("施行日期未登记"), "unknown"
    return (_("尚未施行"), "warn") if document.in_force_from > today else (_("现行有效"), "good")


def _may_write() -> bool:
    return bool(current_user.can(Permission.ADMINISTER_REFERENCE))
