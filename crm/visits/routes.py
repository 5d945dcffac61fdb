"""Pages of visits. Those of tasks and needs stand in `task_routes`, on the same blueprint."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.loaders import load_firm_for, load_for
from crm.firms.models import Firm
from crm.firms.queries import firms_to_pick
from crm.kernel.db import db
from crm.kernel.errors import DomainError, EditConflictError, NotAllowedError
from crm.visits import planning, queries, service
from crm.visits.answers import answers_of
from crm.visits.asking import Aim, aim_of
from crm.visits.forms import VisitForm, visit_form
from crm.visits.models import PlannedState, PlannedVisit, Visit
from crm.visits.planning_queries import plan_due
from crm.web.addresses import record_number
from crm.web.errors import land
from crm.web.formatting import day
from crm.web.paging import page_number

blueprint = Blueprint("visits", __name__)
OFFERED = 20  # firms to pick from


@blueprint.get("/firms/<int:firm_id>/visits")
@requires(Permission.VIEW_FIRMS)
def index(firm_id: int) -> str:
    firm = load_firm_for(current_user, firm_id)
    return render_template("visits/index.html", firm=firm, page=queries.visits_of(firm, page_number()))


Page = str | Response | tuple[str, int]


@blueprint.route("/firms/<int:firm_id>/visits/new", methods=["GET", "POST"])
@requires(Permission.LOG_VISITS)
def create(firm_id: int) -> Page:
    """A visit is kept once: sent again under its key, it leads to the one that is there.

    Written without network, it may come after its firm was merged into another: it is kept with that one.
    """
    firm = load_firm_for(current_user, firm_id, or_kept=True)
    plan, aim = _plan_named(firm), aim_of(firm)
    form = visit_form(firm, None, aim, _still_planned(plan))
    try:
        kept = service.kept_visit(current_user, firm, form.key.data) if form.is_submitted() and form.key.data else None
        if kept is not None:
            return _again(kept, form)
        if form.validate_on_submit():
            visit = service.log_visit(
                current_user,
                firm,
                form.account,
                **form.brought,
                finished=form.settled,
                key=form.key.data or None,
            )
            flash(_("走访已记下。"), "success")
            _tell_overtaken(form)
            if firm.id != firm_id:
                flash(_("您走访的企业已并入“%(name)s”，走访记在这里。", name=firm.name), "warning")
            if plan is not None:
                _hold(plan, visit)
            return redirect(url_for("visits.show", visit_id=visit.id))
    except DomainError as error:
        land(form, error)
    return _form_page(firm, form, aim, plan=_still_planned(plan) if plan else plan_due(current_user, firm))


def _tell_overtaken(form: VisitForm) -> None:
    if form.overtaken:
        what = "、".join(form.overtaken)
        flash(_("您勾选“没有”的%(what)s，这期间已有人登记或确认，以档案为准。", what=what), "warning")


def _plan_named(firm: Firm) -> PlannedVisit | None:
    """The firm's planned visit that the address names, whatever became of it. One that is not there refuses nothing."""
    number = request.args.get("plan", type=record_number)
    named = (PlannedVisit.id == number, PlannedVisit.firm_id == firm.id)
    return None if number is None else db.session.scalar(select(PlannedVisit).where(*named))


def _still_planned(plan: PlannedVisit | None) -> PlannedVisit | None:
    return plan if plan is not None and plan.state is PlannedState.PLANNED else None


def _hold(plan: PlannedVisit, visit: Visit) -> None:
    """Let the visit hold its plan, and say what became of the plan while the visit was being written."""
    if plan.state is PlannedState.CALLED_OFF:
        flash(_("这次走访的计划先前已取消（%(reason)s），现在改为已走访。", reason=plan.reason or ""), "warning")
    if plan.visit is not None and plan.visit is not visit:
        flash(_("这次计划已经记过一次走访（%(on)s），请核对是否重复。", on=day(plan.visit.on)), "warning")
    planning.hold(plan, visit)


def _again(kept: Visit, form: VisitForm) -> Page:
    """What was sent is there already; where it tells something else this time, the person decides."""
    if form.on.data is not None:
        try:
            service.check_same(
                kept,
                form.account,
                **form.brought,
                finished=form.settled,
            )
        except EditConflictError as error:
            aim = aim_of(kept.firm)
            mending = visit_form(kept.firm, kept, aim)
            land(mending, error)
            return _form_page(kept.firm, mending, aim, visit=kept)
    return redirect(url_for("visits.show", visit_id=kept.id))


def _form_page(
    firm: Firm, form: VisitForm, aim: Aim, *, visit: Visit | None = None, plan: PlannedVisit | None = None
) -> Page:
    """The form; 409 where somebody saved the visit meanwhile."""
    told = None if visit is not None else queries.visit_of_today(current_user, firm)
    page = render_template("visits/form.html", firm=firm, form=form, aim=aim, visit=visit, plan=plan, told=told)
    return (page, 409) if "conflict" in vars(form) else page


@blueprint.get("/visits/new")
@requires(Permission.LOG_VISITS)
def pick() -> str:
    """Which firm was visited."""
    typed = request.args.get("q", "")
    return render_template(
        "visits/pick.html",
        typed=typed,
        firms=firms_to_pick(current_user, typed, limit=OFFERED),
        offered=OFFERED,
    )


@blueprint.get("/visits/<int:visit_id>")
@requires(Permission.VIEW_FIRMS)
def show(visit_id: int) -> str:
    visit = load_for(current_user, Visit, visit_id)
    return render_template(
        "visits/show.html",
        firm=visit.firm,
        visit=visit,
        answers=answers_of(visit),
        may_edit=service.may_edit(current_user, visit),
    )


@blueprint.route("/visits/<int:visit_id>/edit", methods=["GET", "POST"])
@requires(Permission.LOG_VISITS)
def edit(visit_id: int) -> Page:
    visit = load_for(current_user, Visit, visit_id)
    if not service.may_edit(current_user, visit):
        raise NotAllowedError(_("只有记录人和负责人可以修改这次走访。"))
    firm, aim = visit.firm, aim_of(visit.firm)
    form = visit_form(firm, visit, aim)
    if form.validate_on_submit():
        try:
            service.edit_visit(
                current_user,
                visit,
                form.account,
                version=form.version.data,
                **form.brought,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("走访记录已更新。"), "success")
            _tell_overtaken(form)
            return redirect(url_for("visits.show", visit_id=visit.id))
    return _form_page(firm, form, aim, visit=visit)
