"""One's own notices, and how one wishes to be told."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.notices import queries, service
from crm.notices.forms import SettingForm
from crm.web.addresses import own_address, record_number
from crm.web.paging import page_number

blueprint = Blueprint("notices", __name__)


@blueprint.get("/notices")
@requires(Permission.SIGNED_IN)
def index() -> str:
    return render_template("notices/index.html", page=queries.notices_of(current_user, page_number()))


@blueprint.post("/notices/<int:notice_id>/open")
@requires(Permission.SIGNED_IN)
def open_notice(notice_id: int) -> Response:
    """Go where one sees to it; the notice is read then."""
    notice = queries.load_notice_for(current_user, notice_id)
    service.read(notice)
    return redirect(own_address(notice.path) or url_for("notices.index"))


@blueprint.post("/notices/<int:notice_id>/read")
@requires(Permission.SIGNED_IN)
def read(notice_id: int) -> Response:
    service.read(queries.load_notice_for(current_user, notice_id))
    return redirect(url_for("notices.index"))


@blueprint.post("/notices/read")
@requires(Permission.SIGNED_IN)
def read_all() -> Response:
    """Mark as read what the page showed: what came meanwhile stays unread."""
    count = service.read_all(current_user, request.form.get("up_to", 0, type=record_number))
    flash(_("已把 %(count)s 条提醒标为已读。", count=count), "success")
    return redirect(url_for("notices.index"))


@blueprint.route("/notices/settings", methods=["GET", "POST"])
@requires(Permission.SIGNED_IN)
def settings() -> str | Response:
    form = SettingForm(service.setting_of(current_user))
    if form.validate_on_submit():
        assert form.rhythm.data is not None and form.digest_at.data is not None
        service.save_setting(
            current_user, rhythm=form.rhythm.data, digest_at=form.digest_at.data, unmailed=form.unmailed
        )
        flash(_("已保存。"), "success")
        return redirect(url_for("notices.settings"))
    return render_template("notices/settings.html", form=form, mail=current_app.config["MAIL"] is not None)
