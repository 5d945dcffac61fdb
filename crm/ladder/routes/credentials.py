"""Titles outside a case: one recorded by hand, renewed or revoked."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.loaders import load_firm_for, load_for
from crm.kernel.errors import DomainError
from crm.ladder import service
from crm.ladder.forms import CredentialForm, RevokeForm
from crm.ladder.models import Credential
from crm.ladder.routes import blueprint
from crm.ladder.service.credentials import refuse_revoked
from crm.ladder.words import RUNGS
from crm.web.errors import land


@blueprint.route("/firms/<int:firm_id>/credentials/new", methods=["GET", "POST"])
@requires(Permission.CULTIVATE)
def grant(firm_id: int) -> str | Response:
    firm = load_firm_for(current_user, firm_id)
    form = CredentialForm()
    if form.validate_on_submit():
        try:
            service.grant_credential(
                firm,
                form.rung.data,
                number=form.number.data,
                valid_from=form.valid_from.data,
                valid_to=form.valid_to.data,
                actor=current_user,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已登记资质：%(rung)s。", rung=RUNGS[form.rung.data]), "success")
            return back_to(firm.id)
    return render_template("ladder/credential_form.html", firm=firm, form=form, credential=None)


@blueprint.route("/credentials/<int:credential_id>/renew", methods=["GET", "POST"])
@requires(Permission.CULTIVATE)
def renew(credential_id: int) -> str | Response:
    credential = load_for(current_user, Credential, credential_id)
    try:
        refuse_revoked(credential)
    except DomainError as error:
        flash(str(error), "warning")
        return back_to(credential.firm_id)
    form = CredentialForm(of=credential)
    if form.validate_on_submit():
        try:
            service.renew_credential(
                credential,
                number=form.number.data,
                valid_from=form.valid_from.data,
                valid_to=form.valid_to.data,
                actor=current_user,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已续期：%(rung)s。", rung=RUNGS[credential.rung]), "success")
            return back_to(credential.firm_id)
    return render_template("ladder/credential_form.html", firm=credential.firm, form=form, credential=credential)


@blueprint.route("/credentials/<int:credential_id>/revoke", methods=["GET", "POST"])
@requires(Permission.CULTIVATE)
def revoke(credential_id: int) -> str | Response:
    credential = load_for(current_user, Credential, credential_id)
    form = RevokeForm(credential)
    if form.validate_on_submit():
        try:
            service.revoke_credential(
                credential, form.reason.data, actor=current_user, on=form.on.data, version=form.version.data
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已记录撤销：%(rung)s。", rung=RUNGS[credential.rung]), "success")
            return back_to(credential.firm_id)
    return render_template("ladder/revoke_form.html", firm=credential.firm, form=form, credential=credential)


def back_to(firm_id: int) -> Response:
    return redirect(url_for("ladder.standing", firm_id=firm_id, _anchor="titles"))
