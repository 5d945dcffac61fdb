"""Pages of a firm's contacts."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms import service
from crm.firms.forms import ContactForm
from crm.firms.loaders import load_firm_for, load_for
from crm.firms.models import Contact
from crm.firms.routes import blueprint
from crm.firms.words import CONTACT_FIELDS
from crm.kernel.errors import DomainError
from crm.web.conflict import check_version
from crm.web.errors import land


@blueprint.route("/firms/<int:firm_id>/contacts/new", methods=["GET", "POST"])
@requires(Permission.EDIT_FIRMS)
def add_contact(firm_id: int) -> str | Response:
    firm = load_firm_for(current_user, firm_id)
    form = ContactForm()
    if form.validate_on_submit():
        try:
            service.add_contact(actor=current_user, firm=firm, **form.values())
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已添加联系人。"), "success")
            return redirect(url_for("firms.profile", firm_id=firm.id, _anchor="contacts"))
    return render_template("firms/contact.html", firm=firm, form=form, contact=None)


@blueprint.route("/contacts/<int:contact_id>/edit", methods=["GET", "POST"])
@requires(Permission.EDIT_FIRMS)
def edit_contact(contact_id: int) -> str | Response:
    contact = load_for(current_user, Contact, contact_id)
    form = ContactForm(obj=contact)
    if form.validate_on_submit():
        try:
            check_version(contact, form.version.data, form.values(), CONTACT_FIELDS)
            service.update_contact(actor=current_user, contact=contact, **form.values())
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已保存。"), "success")
            return redirect(url_for("firms.profile", firm_id=contact.firm_id, _anchor="contacts"))
    return render_template("firms/contact.html", firm=contact.firm, form=form, contact=contact)


@blueprint.post("/contacts/<int:contact_id>/remove")
@requires(Permission.EDIT_FIRMS)
def remove_contact(contact_id: int) -> Response:
    contact = load_for(current_user, Contact, contact_id)
    firm_id = contact.firm_id
    service.remove_contact(actor=current_user, contact=contact)
    flash(_("已移除联系人，变更记录里可以查到。"), "success")
    return redirect(url_for("firms.profile", firm_id=firm_id, _anchor="contacts"))
