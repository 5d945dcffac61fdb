"""Signing in and out."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts import signing
from crm.accounts.access import public, requires
from crm.accounts.forms import SignInForm
from crm.accounts.permissions import Permission
from crm.kernel.errors import DomainError
from crm.web.errors import land
from crm.web.routes import own_address

blueprint = Blueprint("accounts", __name__)


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> str | Response:
    if current_user.is_authenticated:
        return redirect(url_for("web.home"))
    form = SignInForm()
    if form.validate_on_submit():
        try:
            user = signing.sign_in(form.email.data or "", form.password.data or "", request.remote_addr or "")
        except DomainError as error:
            land(form, error)
        else:
            if user is not None:
                signing.begin_session(user)
                return redirect(own_address(request.args.get("next")) or url_for("web.home"))
            form.form_errors.append(_("邮箱或密码不对。请核对后再试；忘记密码请联系本单位管理员。"))
    return render_template("accounts/sign_in.html", form=form)


@blueprint.post("/sign-out")
@requires(Permission.SIGNED_IN)
def sign_out() -> Response:
    signing.end_session()
    return redirect(url_for("accounts.sign_in"))
