"""The calendar that others fetch, and the page where its address is made."""

from __future__ import annotations

from flask import Response, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as Redirect

from crm.accounts.access import public, requires
from crm.accounts.permissions import Permission
from crm.desk import feed
from crm.desk.routes import blueprint


@blueprint.get("/account/calendar")
@requires(Permission.LOG_VISITS)
def subscription() -> str:
    """The address of one's own calendar, where one was made."""
    key = current_user.calendar_key
    address = url_for("desk.calendar_feed", calendar_key=key, _external=True) if key else None
    return render_template(
        "desk/subscription.html",
        address=address,
        webcal=f"webcal://{address.partition('://')[2]}" if address else None,
    )


@blueprint.post("/account/calendar")
@requires(Permission.LOG_VISITS)
def renew_subscription() -> Redirect:
    """Make the address, or another in place of one that became known."""
    had_one = current_user.calendar_key is not None
    feed.renew_key(current_user)
    flash(_("地址已更换，旧地址不再有效。") if had_one else _("日历地址已生成。"), "success")
    return redirect(url_for("desk.subscription"))


@blueprint.get("/calendar/<calendar_key>.ics")
@public
def calendar_feed(calendar_key: str) -> Response:
    """One person's calendar. Calendar programs do not sign in: the key is the secret."""
    answer = make_response(feed.calendar_of(feed.owner_of(calendar_key)))
    answer.mimetype = "text/calendar"
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Content-Disposition"] = 'inline; filename="tidu.ics"'
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
