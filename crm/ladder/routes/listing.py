"""The page of the way to a listing: every board with its steps, and how many firms have reached each."""

from __future__ import annotations

from flask import render_template
from flask_login import current_user

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.ladder.checklists import steps_of
from crm.ladder.listing import BOARDS, counts
from crm.ladder.routes import blueprint


@blueprint.get("/listing")
@requires(Permission.VIEW_FIRMS)
def listing() -> str:
    found = counts(current_user)
    return render_template("ladder/listing.html", boards=[(board, steps_of(board), *found[board]) for board in BOARDS])
