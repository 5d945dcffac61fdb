"""Pages of planned visits, and the calendar of all visits."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.loaders import load_firm_for, load_for
from crm.firms.models import Firm
from crm.firms.queries import firms_to_pick
from crm.kernel import clock
from crm.kernel.errors import DomainError
from crm.visits import calendar, planning, planning_queries
from crm.visits.models import PlannedVisit
from crm.visits.planning_forms import CallOffForm, PlanForm
from crm.visits.planning_queries import Near, others_near
from crm.visits.routes import OFFERED, blueprint
from crm.web.addresses import own_address, record_number
from crm.web.errors import land
from crm.web.fields import read_date


def day_asked(name: str = "on") -> date | None:
    """The day in the address, where there is one."""
    return request.args.get(name, type=read_date)


@blueprint.get("/visits/calendar")
@requires(Permission.VIEW_FIRMS)
def visit_calendar() -> str:
    """A month of visits, or all of one day (`day`)."""
    asked = calendar.Asked.of(current_user, request.args)
    return render_template(
        "visits/calendar.html", asked=asked, shown=calendar.shown(current_user, asked), today=clock.today()
    )


@blueprint.get("/visits/plan")
@requires(Permission.LOG_VISITS)
def pick_planned() -> str:
    """Which firm is to be visited: each with who was there last and who goes next."""
    typed = request.args.get("q", "")
    firms = firms_to_pick(current_user, typed, limit=OFFERED)
    seen = planning_queries.seen([firm.id for firm in firms])
    return render_template(
        "visits/pick.html", planning=True, typed=typed, firms=firms, seen=seen, on=day_asked(), offered=OFFERED
    )


@blueprint.route("/firms/<int:firm_id>/visits/plan", methods=["GET", "POST"])
@requires(Permission.LOG_VISITS)
def plan(firm_id: int) -> str | Response:
    firm = load_firm_for(current_user, firm_id)
    form = PlanForm(firm, on=day_asked(), purpose=request.args.get("purpose"))
    near = _near(firm, form)
    unread = False
    if form.validate_on_submit() and not (unread := _unread(near)):
        try:
            planned = planning.plan_visit(current_user, firm, form.intent)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已安排 %(when)s 走访。", when=planning_queries.when(planned)), "success")
            return redirect(_back(planned))
    return render_template("visits/plan_form.html", firm=firm, form=form, planned=None, near=near, unread=unread)


@blueprint.get("/firms/<int:firm_id>/visits/near")
@requires(Permission.LOG_VISITS)
def near(firm_id: int) -> str:
    """Who else visits the firm about the day chosen in the form: a part of it, asked for when the day changes."""
    firm = load_firm_for(current_user, firm_id)
    on = day_asked()
    officer_id = request.args.get("officer_id", current_user.id, type=record_number)
    found = others_near(firm, on, officer_id, but=request.args.get("but", type=record_number)) if on else []
    return render_template("visits/_near.html", near=found)


@blueprint.get("/visits/planned/<int:planned_id>")
@requires(Permission.VIEW_FIRMS)
def planned(planned_id: int) -> str:
    planned = load_for(current_user, PlannedVisit, planned_id)
    return render_template(
        "visits/planned.html",
        firm=planned.firm,
        planned=planned,
        near=others_near(planned.firm, planned.on, planned.officer_id, but=planned.id),
        may_change=planning.may_change(current_user, planned),
    )


@blueprint.route("/visits/planned/<int:planned_id>/edit", methods=["GET", "POST"])
@requires(Permission.LOG_VISITS)
def change_plan(planned_id: int) -> str | Response:
    planned = load_for(current_user, PlannedVisit, planned_id)
    planning.require_theirs(current_user, planned)
    form = PlanForm(planned.firm, planned)
    near = _near(planned.firm, form, planned)
    unread = False
    if form.validate_on_submit() and not (unread := form.on.data != planned.on and _unread(near)):
        try:
            planning.change_plan(current_user, planned, form.intent, version=form.version.data)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("计划已改：%(when)s。", when=planning_queries.when(planned)), "success")
            return redirect(_back(planned))
    return render_template(
        "visits/plan_form.html", firm=planned.firm, form=form, planned=planned, near=near, unread=unread
    )


@blueprint.route("/visits/planned/<int:planned_id>/call-off", methods=["GET", "POST"])
@requires(Permission.LOG_VISITS)
def call_off(planned_id: int) -> str | Response:
    planned = load_for(current_user, PlannedVisit, planned_id)
    planning.require_theirs(current_user, planned)
    form = CallOffForm()
    if form.validate_on_submit():
        try:
            planning.call_off(current_user, planned, form.reason.data)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已取消 %(when)s 的走访。", when=planning_queries.when(planned)), "success")
            return redirect(_back(planned))
    return render_template("visits/call_off.html", firm=planned.firm, form=form, planned=planned)


def _near(firm: Firm, form: PlanForm, planned: PlannedVisit | None = None) -> list[Near]:
    """Who else visits the firm about the day that stands in the form."""
    if form.on.data is None or form.officer_id.data is None:
        return []
    return others_near(firm, form.on.data, form.officer_id.data, but=planned.id if planned else None)


def _unread(near: list[Near]) -> bool:
    """Whether there is a visit of another that the person has not said of: all the same."""
    return not {each.mark for each in near} <= set(request.form.get("anyway", "").split())


def _back(planned: PlannedVisit) -> str:
    """Where the person came from, if the page said so; else the plan."""
    return own_address(request.args.get("next")) or url_for("visits.planned", planned_id=planned.id)
