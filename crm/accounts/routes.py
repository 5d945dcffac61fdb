"""Signing in and out, and one's own account."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts import queries, service, signing
from crm.accounts.access import public, requires
from crm.accounts.forms import ChangePasswordForm, NewPasswordForm, SignInForm
from crm.accounts.permissions import Permission
from crm.kernel import audit
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.web.addresses import own_address
from crm.web.errors import land

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


@blueprint.route("/set-password/<token>", methods=["GET", "POST"])
@public
def set_password(token: str) -> str | Response:
    """Where an invitation or a reset link leads."""
    user = service.user_of_token(token)
    form = NewPasswordForm()
    if form.validate_on_submit():
        # Whoever holds the link acts as the account it was made for.
        audit.sign(db.session, user.id, audit.Via.PAGE)
        try:
            service.set_password(user=user, password=form.password.data or "")
        except DomainError as error:
            land(form, error)
        else:
            signing.begin_session(user)
            flash(_("密码已设好，欢迎使用。"), "success")
            return redirect(url_for("web.home"))
    return render_template("accounts/set_password.html", form=form, user=user)


@blueprint.route("/account", methods=["GET", "POST"])
@requires(Permission.SIGNED_IN)
def sessions() -> str | Response:
    """One's own account: password, and the browsers signed in."""
    form = ChangePasswordForm()
    if form.validate_on_submit():
        try:
            right = signing.confirm_password(current_user, form.old_password.data or "", request.remote_addr or "")
            if right:
                service.set_password(user=current_user, password=form.password.data or "")
        except DomainError as error:
            land(form, error)
        else:
            if right:
                signing.begin_session(current_user)
                flash(_("密码已更改，其他设备已退出登录。"), "success")
                return redirect(url_for("accounts.sessions"))
            form.old_password.errors = [_("原密码不对。")]
    here = signing.token_hash(session.get("_user_id", ""))
    return render_template("accounts/account.html", form=form, sessions=queries.open_sessions(current_user), here=here)


@blueprint.post("/account/sign-out-everywhere")
@requires(Permission.SIGNED_IN)
def sign_out_everywhere() -> Response:
    signing.end_every_session(current_user)
    session.clear()
    flash(_("已在所有设备上退出登录。"), "success")
    return redirect(url_for("accounts.sign_in"))
