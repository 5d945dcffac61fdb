"""The front door, the language switch and the styleguide."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from flask_login import current_user
from itsdangerous import BadSignature
from werkzeug.wrappers import Response

from crm.policy.text import LANGUAGES
from crm.web.addresses import own_address
from crm.web.styleguide import sample_chart, sample_form
from crm.web.tables import opened
from crm.web.workbooks import send_tables

blueprint = Blueprint("web", __name__)


@blueprint.get("/")
def home() -> Response:
    """Send each person to their own first page."""
    if not current_user.is_authenticated:
        return redirect(url_for("accounts.sign_in"))
    return redirect(url_for(current_user.first_page))


@blueprint.post("/language")
def set_language() -> Response:
    chosen = request.form.get("language")
    if chosen in LANGUAGES:
        session["language"] = chosen
    return redirect(own_address(request.form.get("next")) or url_for("web.home"))


@blueprint.post("/chart.xlsx")
def chart_sheet() -> Response:
    """The numbers behind a chart as a workbook: the page sends back the table that it was given."""
    try:
        table = opened(request.form.get("table", ""))
    except BadSignature:
        abort(400)
    return send_tables([table], str(table.title))


@blueprint.get("/styleguide")
def styleguide() -> str:
    return render_template("styleguide.html", form=sample_form(), years=sample_chart())


# The access declaration stands in a room above this one; anyone may call these.
for view in (home, set_language, chart_sheet, styleguide):
    vars(view)["access"] = "public"
