"""Pages of the IP register."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.facts.statements import statements_of
from crm.firms.ip import queries as ip_queries
from crm.firms.ip import service as ip_service
from crm.firms.ip.forms import IpFilterForm, RightForm
from crm.firms.ip.models import IpRight, IpStatus
from crm.firms.ip.queries import UNKNOWN
from crm.firms.ip.rules import IpClass
from crm.firms.ip.view import line_of
from crm.firms.loaders import load_firm_for, load_for
from crm.firms.models import Firm, State
from crm.firms.routes import blueprint
from crm.firms.words import IP_CLASSES, IP_STATUSES
from crm.kernel import clock
from crm.kernel.errors import DomainError, EditConflictError
from crm.web.conflict import version_sent
from crm.web.errors import land
from crm.web.paging import page_number


@blueprint.get("/firms/<int:firm_id>/ip")
@requires(Permission.VIEW_RECORD)
def ip(firm_id: int) -> str:
    firm = load_firm_for(current_user, firm_id)
    form = IpFilterForm(request.args)
    page = ip_queries.rights_page(firm.id, form.wanted(), page_number())
    elsewhere = ip_queries.elsewhere(current_user, firm.id, [right.number for right in page.rows])
    counts = ip_queries.counts_of(firm.id)
    return render_template(
        "firms/ip.html",
        firm=firm,
        form=form,
        page=page,
        lines=[line_of(right, elsewhere.get(right.number), clock.today()) for right in page.rows],
        counts=counts,
        total=sum(counts.values()),
        classes=[(IpClass(name), title) for name, title in IP_CLASSES.items()],
        statuses=[*IP_STATUSES.items(), (None, _("未知"))],
        unknown=UNKNOWN,
        valid=IpStatus.VALID,
        statement=None if counts else statements_of(firm.id, clock.today()).get("ip"),
    )


@blueprint.route("/firms/<int:firm_id>/ip/new", methods=["GET", "POST"])
@requires(Permission.EDIT_FIRMS)
def create_right(firm_id: int) -> str | Response:
    firm = load_firm_for(current_user, firm_id)
    form = RightForm(firm)
    if form.validate_on_submit():
        try:
            right = ip_service.add_right(
                actor=current_user, firm=firm, document=form.document(current_user, firm), **form.values
            )
        except DomainError as error:
            land(form, error)
        else:
            _tell(right, _("已登记“%(title)s”。", title=right.title))
            return redirect(url_for("firms.ip", firm_id=firm.id))
    return _form_page(firm, form, None)


@blueprint.route("/ip/<int:right_id>/edit", methods=["GET", "POST"])
@requires(Permission.EDIT_FIRMS)
def edit_right(right_id: int) -> str | Response:
    right = load_for(current_user, IpRight, right_id)
    firm = right.firm
    form = RightForm(firm, obj=right)
    if form.validate_on_submit():
        try:
            ip_service.edit_right(
                actor=current_user,
                right=right,
                document=form.document(current_user, firm),
                expected_version=form.version.data,
                **form.values,
            )
        except DomainError as error:
            land(form, error)
        else:
            _tell(right, _("“%(title)s”已保存。", title=right.title))
            return redirect(url_for("firms.ip", firm_id=firm.id))
    return _form_page(firm, form, right)


@blueprint.post("/ip/<int:right_id>/verify")
@requires(Permission.EDIT_FIRMS)
def verify_right(right_id: int) -> Response:
    right = load_for(current_user, IpRight, right_id)
    try:
        ip_service.verify_right(actor=current_user, right=right, expected_version=version_sent())
    except EditConflictError as error:
        flash(str(error), "danger")
        return redirect(url_for("firms.edit_right", right_id=right.id))
    flash(_("“%(title)s”已核实。", title=right.title), "success")
    return redirect(url_for("firms.ip", firm_id=right.firm_id))


@blueprint.post("/ip/<int:right_id>/remove")
@requires(Permission.EDIT_FIRMS)
def remove_right(right_id: int) -> Response:
    right = load_for(current_user, IpRight, right_id)
    firm_id, title = right.firm_id, right.title
    ip_service.remove_right(actor=current_user, right=right)
    flash(_("“%(title)s”已从台账删除，变更记录里仍可查到。", title=title), "success")
    return redirect(url_for("firms.ip", firm_id=firm_id))


def _form_page(firm: Firm, form: RightForm, right: IpRight | None) -> str:
    return render_template("firms/ip_form.html", firm=firm, form=form, right=right, verified=State.VERIFIED)


def _tell(right: IpRight, done: str) -> None:
    """Say what was done, and whether another firm has the same right."""
    flash(done, "success")
    others = ip_queries.elsewhere(current_user, right.firm_id, [right.number]).get(right.number)
    if others is not None:
        flash(line_of(right, others, clock.today()).shared or "", "warning")
