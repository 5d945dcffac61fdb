"""Pages of the resources: a list for each register, one resource with its firms, its form."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.models import Organisation
from crm.accounts.permissions import Permission
from crm.accounts.queries import organisation_words
from crm.accounts.scope import organisations_of
from crm.firms.queries import section_words
from crm.firms.reference.terms import term_titles
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.registers.resources import queries, service
from crm.registers.resources.forms import ResourceForm, form_of
from crm.registers.resources.kinds import RESOURCES
from crm.registers.resources.models import Resource, ResourceRegister
from crm.registers.resources.queries import Running, Ties, Wanted
from crm.registers.resources.showing import event_table, figures_of, sheet_of
from crm.registers.resources.words import RUNNING, shown, shown_of_tie
from crm.web.addresses import known_number
from crm.web.errors import land
from crm.web.paging import page_number
from crm.web.workbooks import send_tables

blueprint = Blueprint("resources", __name__)


def register_named(name: Any) -> ResourceRegister:
    """The register of an address. Raises NotFoundError (404) for a word that is none."""
    try:
        return ResourceRegister(name)
    except ValueError:
        raise NotFoundError(_("没有这种登记册。")) from None


def asked() -> Wanted:
    """The list in the address, of experts where it names none. What means nothing in it is left out."""
    register = register_named(request.args.get("register") or ResourceRegister.EXPERT)
    given = {name: request.args.get(name, "").strip() for name in ("q", "kind", "level", "industry", "year", "running")}
    year = known_number(given["year"])
    top = known_number(request.args.get("organisation", ""))
    under = organisations_of(current_user)
    chosen = next((each for each in under if each.id == top), None)
    return Wanted(
        register=register,
        typed=given["q"],
        kind=given["kind"] if given["kind"] in term_titles(f"{register}.kind") else None,
        level=given["level"] if given["level"] in term_titles("level") else None,
        industry=given["industry"] or None,
        organisation_ids=[each.id for each in under if each.path.startswith(chosen.path)] if chosen else None,
        year=year if year is not None and 1900 <= year <= 2999 and register is ResourceRegister.EVENT else None,
        running=Running(given["running"]) if given["running"] in set(Running) else Running.NOW,
    )


@blueprint.get("/resources")
@requires(Permission.VIEW_FIRMS)
def index() -> str:
    """One register, ?register=…"""
    wanted = asked()
    kind = RESOURCES[wanted.register]
    return render_template(
        "registers/resources/index.html",
        wanted=wanted,
        kind=kind,
        chosen=sum(map(bool, (wanted.kind, wanted.level, wanted.industry, wanted.organisation_ids)))
        + (wanted.running is not Running.NOW),
        narrowed=wanted != Wanted(register=wanted.register),
        page=queries.list_resources(current_user, wanted, page_number()),
        counts=queries.register_counts(current_user),
        registers=RESOURCES,
        kinds=term_titles(f"{wanted.register}.kind"),
        levels=term_titles("level"),
        sections=section_words(wanted.industry),
        organisations=organisation_words(current_user),
        labels={name: str(label) for name, label in kind.fields.items()},
        running=RUNNING,
        held=event_table(current_user, wanted.year or clock.today().year)
        if wanted.register is ResourceRegister.EVENT
        else None,
    )


@blueprint.get("/resources/export")
@requires(Permission.VIEW_FIRMS)
def export() -> Response:
    """The list with its filters, as a workbook."""
    wanted = asked()
    table = sheet_of(wanted, queries.all_resources(current_user, wanted))
    return send_tables([table], f"{RESOURCES[wanted.register].title} {clock.today().isoformat()}")


@blueprint.get("/resources/<int:resource_id>")
@requires(Permission.VIEW_FIRMS)
def show(resource_id: int) -> str:
    """One resource: what it is, who keeps it, its firms now or (?firms=before) those it had."""
    resource = queries.load_resource(current_user, resource_id)
    kind = RESOURCES[resource.register]
    standing = queries.standing_of(current_user, resource)
    before = kind.moment or request.args.get("firms") == Ties.BEFORE or (not standing.now.all and standing.before.all)
    which = Ties.BEFORE if before else Ties.NOW
    return render_template(
        "registers/resources/show.html",
        resource=resource,
        kind=kind,
        standing=standing,
        which=which,
        page=queries.ties_page(current_user, resource, which, page_number()),
        figures=figures_of(current_user, resource, standing),
        may_keep=queries.may_keep(current_user, resource),
        may_tie=current_user.can(Permission.EDIT_FIRMS),
        shown=shown,
        shown_of_tie=shown_of_tie,
        ended=resource.valid_to is not None and resource.valid_to < clock.today(),
    )


@blueprint.route("/resources/new/<resource_register>", methods=["GET", "POST"])
@requires(Permission.EDIT_FIRMS)
def create(resource_register: str) -> str | Response:
    chosen = register_named(resource_register)
    form = form_of(chosen)(current_user, data={"organisation_id": current_user.organisation_id})
    if form.validate_on_submit():
        try:
            resource = service.add_resource(
                actor=current_user, register=chosen, organisation=_organisation(form), **form.values
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已登记“%(name)s”。", name=resource.name), "success")
            return redirect(url_for("resources.show", resource_id=resource.id))
    return _form_page(form, chosen, None)


@blueprint.route("/resources/<int:resource_id>/edit", methods=["GET", "POST"])
@requires(Permission.EDIT_FIRMS)
def edit(resource_id: int) -> str | Response:
    resource = queries.load_kept_resource(current_user, resource_id)
    form = form_of(resource.register)(current_user, obj=resource)
    if form.validate_on_submit():
        try:
            service.edit_resource(
                actor=current_user,
                resource=resource,
                organisation=_organisation(form),
                expected_version=form.version.data,
                **form.values,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("“%(name)s”已保存。", name=resource.name), "success")
            return redirect(url_for("resources.show", resource_id=resource.id))
    return _form_page(form, resource.register, resource)


@blueprint.post("/resources/<int:resource_id>/end")
@requires(Permission.EDIT_FIRMS)
def end(resource_id: int) -> Response:
    """It ends today; another day is entered in its form."""
    resource = queries.load_kept_resource(current_user, resource_id)
    try:
        service.end_resource(actor=current_user, resource=resource, on=clock.today())
    except DomainError as error:
        flash(str(error), "danger")
    else:
        flash(_("“%(name)s”到今天为止。关联的企业没有改动。", name=resource.name), "success")
    return redirect(url_for("resources.show", resource_id=resource.id))


@blueprint.post("/resources/<int:resource_id>/remove")
@requires(Permission.EDIT_FIRMS)
def remove(resource_id: int) -> Response:
    resource = queries.load_kept_resource(current_user, resource_id)
    register, name = resource.register, resource.name
    try:
        service.remove_resource(actor=current_user, resource=resource)
    except DomainError as error:
        flash(str(error), "danger")
        return redirect(url_for("resources.show", resource_id=resource_id))
    flash(_("“%(name)s”已删除，变更记录里仍可查到。", name=name), "success")
    return redirect(url_for("resources.index", register=register.value))


def _organisation(form: ResourceForm) -> Organisation:
    return db.session.get_one(Organisation, form.organisation_id.data)


def _form_page(form: ResourceForm, register: ResourceRegister, resource: Resource | None) -> str:
    return render_template(
        "registers/resources/form.html", form=form, kind=RESOURCES[register], register=register, resource=resource
    )
