"""Pages of the firms room: the list, a new firm, the profile. Other modules of the room add theirs to the blueprint."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask_login import current_user

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.loaders import load_firm_for

blueprint = Blueprint("firms", __name__)


@blueprint.get("/firms")
@requires(Permission.VIEW_FIRMS)
def index() -> str:
    return render_template("firms/index.html")


@blueprint.get("/firms/<int:firm_id>/profile")
@requires(Permission.VIEW_FIRMS)
def profile(firm_id: int) -> str:
    firm = load_firm_for(current_user, firm_id)
    return render_template("firms/profile.html", firm=firm)


@blueprint.get("/firms/<int:firm_id>/history")
@requires(Permission.VIEW_FIRMS)
def history(firm_id: int) -> str:
    firm = load_firm_for(current_user, firm_id)
    return render_template("firms/history.html", firm=firm)
