"""Pages of visits. Those of tasks and needs stand in `task_routes`, on the same blueprint."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.loaders import load_firm_for, load_for
from crm.kernel.errors import DomainError, NotAllowedError
from crm.visits import brief, queries, service
from crm.visits.forms import VisitForm
from crm.visits.models import Visit
from crm.web.errors import land
from crm.web.paging import page_number

blueprint = Blueprint("visits", __name__)
OFFERED = 20  # firms to pick from


@blueprint.get("/firms/<int:firm_id>/visits")
@requires(Permission.VIEW_FIRMS)
def index(firm_id: int) -> str:
    firm = load_firm_for(current_user, firm_id)
    return render_template("visits/index.html", firm=firm, page=queries.visits_of(firm, page_number()))


@blueprint.route("/firms/<int:firm_id>/visits/new", methods=["GET", "POST"])
@requires(Permission.LOG_VISITS)
def create(firm_id: int) -> str | Response:
    firm = load_firm_for(current_user, firm_id)
    form = VisitForm(firm)
    if form.validate_on_submit():
        try:
            visit = service.log_visit(
                current_user,
                firm,
                form.account,
                files=form.uploads,
                needs=form.asked,
                tasks=form.promised,
                finished=form.settled,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("走访已记下。"), "success")
            return redirect(url_for("visits.show", visit_id=visit.id))
    return render_template(
        "visits/form.html",
        firm=firm,
        form=form,
        visit=None,
        last=queries.last_visit(firm),
        needs=queries.open_needs(firm),
        questions=brief.questions_about(firm),
    )


@blueprint.get("/visits/new")
@requires(Permission.LOG_VISITS)
def pick() -> str:
    """Which firm was visited."""
    typed = request.args.get("q", "")
    return render_template(
        "visits/pick.html",
        typed=typed,
        firms=queries.firms_to_visit(current_user, typed, limit=OFFERED),
        offered=OFFERED,
    )


@blueprint.get("/visits/<int:visit_id>")
@requires(Permission.VIEW_FIRMS)
def show(visit_id: int) -> str:
    visit = load_for(current_user, Visit, visit_id)
    return render_template(
        "visits/show.html", firm=visit.firm, visit=visit, may_edit=service.may_edit(current_user, visit)
    )


@blueprint.route("/visits/<int:visit_id>/edit", methods=["GET", "POST"])
@requires(Permission.LOG_VISITS)
def edit(visit_id: int) -> str | Response:
    visit = load_for(current_user, Visit, visit_id)
    if not service.may_edit(current_user, visit):
        raise NotAllowedError(_("只有记录人和负责人可以修改这次走访。"))
    firm = visit.firm
    form = VisitForm(firm, visit)
    if form.validate_on_submit():
        try:
            service.edit_visit(
                current_user,
                visit,
                form.account,
                version=form.version.data,
                files=form.uploads,
                needs=form.asked,
                tasks=form.promised,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("走访记录已更新。"), "success")
            return redirect(url_for("visits.show", visit_id=visit.id))
    return render_template("visits/form.html", firm=firm, form=form, visit=visit)
