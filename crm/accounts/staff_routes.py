"""Accounts of staff, and the organisation tree: the administrator's pages."""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts import queries, service
from crm.accounts.access import requires
from crm.accounts.forms import NewOrganisationForm, OrganisationForm, StaffForm
from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.accounts.routes import blueprint
from crm.accounts.scope import organisations_of
from crm.accounts.words import ORGANISATION_KINDS, ROLES
from crm.kernel.errors import DomainError
from crm.web.errors import land
from crm.web.paging import page_number, page_of


def link_for(user: User) -> str:
    """The address to hand to someone, so that they set their own password; a room above may send it to them too."""
    for told in current_app.extensions.get("link_made", ()):
        told(user)
    return url_for("accounts.set_password", token=service.password_token(user), _external=True)


@blueprint.get("/users")
@requires(Permission.ADMINISTER_ACCOUNTS)
def users() -> str:
    page = page_of(queries.staff_under(current_user, page_number()), page_number())
    return render_template("accounts/users.html", page=page, roles=ROLES)


@blueprint.route("/users/new", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_ACCOUNTS)
def create_user() -> str | Response:
    form = StaffForm()
    form.organisation_id.choices = queries.organisation_choices(current_user)
    if form.validate_on_submit():
        try:
            user = service.create_staff(
                actor=current_user,
                email=form.email.data or "",
                name=form.name.data or "",
                role=form.role.data,
                organisation_id=form.organisation_id.data,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("账号已开通。请生成链接，交给本人设置密码。"), "success")
            return redirect(url_for("accounts.user", user_id=user.id))
    return render_template("accounts/user_form.html", form=form, user=None)


@blueprint.route("/users/<int:user_id>", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_ACCOUNTS)
def user(user_id: int) -> str | Response:
    person = service.load_user_for(current_user, user_id)
    form = StaffForm(obj=person)
    form.organisation_id.choices = queries.organisation_choices(current_user, person.organisation_id)
    del form.email  # the address is the account's name and stays
    if form.validate_on_submit():
        try:
            service.update_staff(
                actor=current_user,
                user=person,
                name=form.name.data or "",
                role=form.role.data,
                organisation_id=form.organisation_id.data,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已保存。"), "success")
            return redirect(url_for("accounts.users"))
    return render_template("accounts/user_form.html", form=form, user=person)


@blueprint.post("/users/<int:user_id>/link")
@requires(Permission.ADMINISTER_ACCOUNTS)
def link(user_id: int) -> str:
    """Make the link with which a member of staff sets their password, and show it this once."""
    person = service.load_user_for(current_user, user_id)
    if person.disabled:
        raise DomainError(_("账号已停用，请先启用。"))
    return render_template("accounts/link.html", user=person, link=link_for(person), back=url_for("accounts.users"))


@blueprint.post("/users/<int:user_id>/disable")
@requires(Permission.ADMINISTER_ACCOUNTS)
def disable_user(user_id: int) -> Response:
    person = service.load_user_for(current_user, user_id)
    service.disable_user(actor=current_user, user=person)
    flash(_("账号已停用，并已在所有设备上退出。"), "success")
    return redirect(url_for("accounts.user", user_id=person.id))


@blueprint.post("/users/<int:user_id>/enable")
@requires(Permission.ADMINISTER_ACCOUNTS)
def enable_user(user_id: int) -> Response:
    service.enable_user(user=service.load_user_for(current_user, user_id))
    flash(_("账号已启用。"), "success")
    return redirect(url_for("accounts.users"))


@blueprint.route("/organisations", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_ACCOUNTS)
def organisations() -> str | Response:
    form = NewOrganisationForm()
    form.parent_id.choices = queries.organisation_choices(current_user)
    if form.validate_on_submit():
        try:
            service.create_organisation(
                actor=current_user,
                name=form.name.data or "",
                kind=form.kind.data,
                parent_id=form.parent_id.data,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已添加。"), "success")
            return redirect(url_for("accounts.organisations"))
    tree = organisations_of(current_user)
    return render_template("accounts/organisations.html", form=form, tree=tree, kinds=ORGANISATION_KINDS)


@blueprint.route("/organisations/<int:organisation_id>", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_ACCOUNTS)
def organisation(organisation_id: int) -> str | Response:
    place = service.load_organisation_for(current_user, organisation_id)
    form = OrganisationForm(obj=place)
    if form.validate_on_submit():
        try:
            service.update_organisation(
                organisation=place, name=form.name.data or "", disabled=bool(form.disabled.data)
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已保存。"), "success")
            return redirect(url_for("accounts.organisations"))
    return render_template("accounts/organisation_form.html", form=form, organisation=place)
