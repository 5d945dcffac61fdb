"""Accounts of a firm's people, opened by the officer from the firm's page."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts import queries, service
from crm.accounts.access import requires
from crm.accounts.forms import FirmUserForm
from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.accounts.staff_routes import link_for
from crm.firms.loaders import load_firm_for, load_for
from crm.firms.models import Firm
from crm.kernel.errors import DomainError
from crm.portal.routes import blueprint
from crm.web.errors import land


@blueprint.route("/firms/<int:firm_id>/accounts", methods=["GET", "POST"])
@requires(Permission.EDIT_FIRMS)
def accounts(firm_id: int) -> str | Response:
    firm = load_firm_for(current_user, firm_id)
    form = FirmUserForm()
    if form.validate_on_submit():
        try:
            person = service.create_firm_user(email=form.email.data or "", name=form.name.data or "", firm_id=firm.id)
        except DomainError as error:
            land(form, error)
        else:
            return _invitation(firm, person, _("账号已开通"))
    people = queries.users_of_firm(firm.id)
    return render_template("portal/accounts.html", firm=firm, form=form, people=people)


@blueprint.post("/firm-accounts/<int:user_id>/link")
@requires(Permission.EDIT_FIRMS)
def account_link(user_id: int) -> str:
    """Make the link with which someone at the firm sets their password, and show it this once."""
    person = load_for(current_user, User, user_id)
    if person.disabled:
        raise DomainError(_("账号已停用，请先启用。"))
    return _invitation(load_firm_for(current_user, person.firm_id or 0), person, _("新的链接"))


def _invitation(firm: Firm, person: User, title: str) -> str:
    """The link, and words to send it with, shown this once."""
    link = link_for(person)
    words = _(
        "%(name)s：%(park)s为%(firm)s开通了企业账号。请在七天内打开 %(link)s 设置密码，以后用 %(email)s 登录，"
        "可以看企业离下一级还差什么、填报数据、提诉求。链接等同钥匙，请勿转发。",
        name=person.name,
        park=firm.organisation.name,
        firm=firm.name,
        link=link,
        email=person.email,
    )
    return render_template(
        "portal/invitation.html", firm=firm, person=person, link=link, words=words, title_words=title
    )


@blueprint.post("/firm-accounts/<int:user_id>/disable")
@requires(Permission.EDIT_FIRMS)
def disable_account(user_id: int) -> Response:
    person = load_for(current_user, User, user_id)
    service.disable_user(actor=current_user, user=person)
    flash(_("账号已停用，并已在所有设备上退出。"), "success")
    return redirect(url_for("portal.accounts", firm_id=person.firm_id))


@blueprint.post("/firm-accounts/<int:user_id>/enable")
@requires(Permission.EDIT_FIRMS)
def enable_account(user_id: int) -> Response:
    person = load_for(current_user, User, user_id)
    service.enable_user(user=person)
    flash(_("账号已启用。"), "success")
    return redirect(url_for("portal.accounts", firm_id=person.firm_id))
