"""Entering what a place's own documents say of an incentive."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.models import Organisation
from crm.accounts.permissions import Permission
from crm.accounts.scope import organisations_of
from crm.incentives import provisions as service
from crm.incentives.forms import ProvisionForm, provision_form, terms_asked
from crm.incentives.models import Provision
from crm.incentives.routes import blueprint
from crm.incentives.rules import Rule, incentives
from crm.kernel.errors import DomainError, NotFoundError
from crm.web.errors import land


@blueprint.route("/incentives/policies/<incentive>/provisions/new", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def create_provision(incentive: str) -> str | Response:
    rule = incentives().get(incentive)
    if rule is None:
        raise NotFoundError(_("没有这项政策。"))
    return _edit(rule, None)


@blueprint.route("/incentives/provisions/<int:provision_id>", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def edit_provision(provision_id: int) -> str | Response:
    found = service.load_provision(current_user, provision_id)
    rule = incentives().get(found.incentive)
    if rule is None:
        raise NotFoundError(_("没有这项政策。"))
    return _edit(rule, found)


@blueprint.post("/incentives/provisions/<int:provision_id>/remove")
@requires(Permission.ADMINISTER_REFERENCE)
def remove_provision(provision_id: int) -> Response:
    found = service.load_provision(current_user, provision_id)
    incentive = found.incentive
    service.remove_provision(found, actor=current_user)
    flash(_("已删除；以前的申领保留当时的测算。"), "success")
    return redirect(url_for("incentives.policy", incentive=incentive))


def _edit(rule: Rule, found: Provision | None) -> str | Response:
    organisations = {each.id: each for each in organisations_of(current_user)}
    offered = {each.id: each.name for each in organisations.values()}
    if found is not None:
        offered = {found.organisation_id: found.organisation.name}
    form = provision_form(rule)(offered, data=_data(found))
    if form.validate_on_submit():
        try:
            _save(rule, found, form, organisations)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已保存，从今天起按它测算；以前的申领保留当时的测算。"), "success")
            return redirect(url_for("incentives.policy", incentive=rule.incentive))
    return render_template("incentives/provision.html", form=form, rule=rule, provision=found, terms=terms_asked(rule))


def _data(found: Provision | None) -> dict[str, Any]:
    if found is None:
        return {}
    values = {key: Decimal(value) for key, value in found.values.items()}
    return {
        "organisation_id": found.organisation_id,
        "document": found.document,
        "document_on": found.document_on,
        "since": found.since,
        "until": found.until,
        "version": str(found.version),
        **values,
    }


def _save(
    rule: Rule, found: Provision | None, form: ProvisionForm, organisations: dict[int, Organisation]
) -> Provision:
    organisation = organisations.get(form.organisation_id.data)
    if organisation is None:
        raise DomainError(_("请选择本单位或下级单位。"), field="organisation_id")
    return service.save_provision(
        found,
        actor=current_user,
        incentive=rule.incentive,
        organisation=organisation,
        since=form.since.data,
        until=form.until.data,
        document=form.document.data or "",
        document_on=form.document_on.data,
        values={key: form[key].data for key in terms_asked(rule)},
        version=form.version.data if found is not None else None,
    )
