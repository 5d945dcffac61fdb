"""Pages that tie firms to resources: from the resource, from the firm, many at once, and one tie."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.loaders import load_firm_for, load_for
from crm.firms.queries import firms_to_pick
from crm.kernel import clock
from crm.kernel.errors import DomainError
from crm.registers.resources import queries, service
from crm.registers.resources.forms import PasteForm, TieForm
from crm.registers.resources.kinds import RESOURCES
from crm.registers.resources.models import Resource, ResourceFirm, ResourceRegister
from crm.registers.resources.pasting import Pasted, chosen_firms, read_firms
from crm.registers.resources.queries import Wanted
from crm.registers.resources.routes import blueprint, register_named
from crm.registers.resources.words import shown, shown_of_tie
from crm.web.addresses import known_number
from crm.web.errors import land

OFFERED = 20


@blueprint.get("/firms/<int:firm_id>/resources")
@requires(Permission.VIEW_FIRMS)
def of_firm(firm_id: int) -> str:
    """The tab of a firm: what it is tied to, by register."""
    firm = load_firm_for(current_user, firm_id)
    ties = queries.resources_of(firm.id)
    today = clock.today()
    groups = [
        (register, kind, [(tied, queries.holds_on(tied, today)) for tied in ties if tied.resource.register is register])
        for register, kind in RESOURCES.items()
    ]
    return render_template(
        "registers/resources/of_firm.html",
        firm=firm,
        groups=[group for group in groups if group[2]],
        may_tie=current_user.can(Permission.EDIT_FIRMS),
        shown=shown,
        shown_of_tie=shown_of_tie,
    )


@blueprint.get("/firms/<int:firm_id>/resources/new")
@requires(Permission.EDIT_FIRMS)
def pick_resource(firm_id: int) -> str:
    """To what the firm is to be tied."""
    firm = load_firm_for(current_user, firm_id)
    register = register_named(request.args.get("register") or ResourceRegister.EXPERT)
    typed = request.args.get("q", "").strip()
    page = queries.list_resources(current_user, Wanted(register=register, typed=typed), 1)
    return render_template(
        "registers/resources/pick_resource.html",
        firm=firm,
        register=register,
        registers=RESOURCES,
        typed=typed,
        rows=page.rows[:OFFERED],
        more=page.more or len(page.rows) > OFFERED,
        offered=OFFERED,
        shown=shown,
    )


@blueprint.get("/resources/<int:resource_id>/firms")
@requires(Permission.EDIT_FIRMS)
def pick_firm(resource_id: int) -> str:
    """Which firm is to be tied to it."""
    resource = queries.load_resource(current_user, resource_id)
    typed = request.args.get("q", "")
    return render_template(
        "registers/resources/pick_firm.html",
        resource=resource,
        kind=RESOURCES[resource.register],
        typed=typed,
        firms=firms_to_pick(current_user, typed, limit=OFFERED),
        offered=OFFERED,
    )


@blueprint.route("/resources/<int:resource_id>/firms/<int:firm_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_FIRMS)
def tie(resource_id: int, firm_id: int) -> str | Response:
    """Tie the firm; ?back=firm leads back to the firm's page."""
    resource = queries.load_resource(current_user, resource_id)
    firm = load_firm_for(current_user, firm_id)
    form = TieForm(resource, data={"since": resource.on if RESOURCES[resource.register].moment else clock.today()})
    if form.validate_on_submit():
        try:
            service.tie(actor=current_user, resource=resource, firm=firm, **form.values)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("“%(firm)s”已关联“%(resource)s”。", firm=firm.name, resource=resource.name), "success")
            return redirect(_back(resource, firm.id))
    return render_template(
        "registers/resources/tie.html",
        form=form,
        resource=resource,
        kind=RESOURCES[resource.register],
        firm=firm,
        tied=None,
        back=_back(resource, firm.id),
    )


@blueprint.route("/resource-ties/<int:tie_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_FIRMS)
def edit_tie(tie_id: int) -> str | Response:
    """Change a tie, or end it by its last field."""
    tied = load_for(current_user, ResourceFirm, tie_id)
    resource, firm = tied.resource, tied.firm
    form = TieForm(resource, obj=tied)
    if form.validate_on_submit():
        try:
            service.edit_tie(actor=current_user, tied=tied, expected_version=form.version.data, **form.values)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已保存。"), "success")
            return redirect(_back(resource, firm.id))
    return render_template(
        "registers/resources/tie.html",
        form=form,
        resource=resource,
        kind=RESOURCES[resource.register],
        firm=firm,
        tied=tied,
        back=_back(resource, firm.id),
    )


@blueprint.post("/resource-ties/<int:tie_id>/remove")
@requires(Permission.EDIT_FIRMS)
def remove_tie(tie_id: int) -> Response:
    """Take out a tie entered by mistake."""
    tied = load_for(current_user, ResourceFirm, tie_id)
    back = _back(tied.resource, tied.firm_id)
    service.remove_tie(actor=current_user, tied=tied)
    flash(_("关联已删除，企业的变更记录里仍可查到。"), "success")
    return redirect(back)


@blueprint.route("/resources/<int:resource_id>/paste", methods=["GET", "POST"])
@requires(Permission.EDIT_FIRMS)
def paste(resource_id: int) -> str | Response:
    """Many firms at once: a pasted list is looked at first, what is ticked there is tied."""
    resource = queries.load_resource(current_user, resource_id)
    form = PasteForm(resource, data={"since": resource.on if RESOURCES[resource.register].moment else clock.today()})
    pasted: Pasted | None = None
    if form.validate_on_submit():
        pasted = read_firms(current_user, form.firms_typed.data or "")
        ticked = [number for text in request.form.getlist("firm") if (number := known_number(text)) is not None]
        if "save" in request.form and ticked:
            try:
                made = service.tie_many(
                    actor=current_user,
                    resource=resource,
                    firms=chosen_firms(current_user, ticked),
                    role=form.role.data,
                    since=form.since.data,
                )
            except DomainError as error:
                land(form, error)
            else:
                flash(ngettext("已登记 %(num)s 家企业。", "已登记 %(num)s 家企业。", len(made)), "success")
                return redirect(url_for("resources.show", resource_id=resource.id))
    return render_template(
        "registers/resources/paste.html",
        form=form,
        resource=resource,
        kind=RESOURCES[resource.register],
        pasted=pasted,
        tied=queries.firms_tied(resource, [firm.id for firm in pasted.firms]) if pasted else frozenset(),
    )


def _back(resource: Resource, firm_id: int) -> str:
    """Where one came from: the firm's page (?back=firm), or the resource's."""
    if request.args.get("back") == "firm":
        return url_for("resources.of_firm", firm_id=firm_id)
    return url_for("resources.show", resource_id=resource.id)
