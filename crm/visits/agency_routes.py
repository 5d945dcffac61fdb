"""The steps that somebody takes for a firm: written down, and taken back where they are wrong."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.loaders import load_for
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.visits.agency import note_step, withdraw_step
from crm.visits.models import Need
from crm.visits.need_routes import StepForm, answer_page
from crm.visits.routes import blueprint
from crm.web.errors import land


@blueprint.post("/needs/<int:need_id>/steps")
@requires(Permission.LOG_VISITS)
def note_step_taken(need_id: int) -> Any:
    need = load_for(current_user, Need, need_id)
    form = StepForm()
    if form.validate_on_submit():
        try:
            note_step(current_user, need, on=form.on.data, office=form.office.data, text=form.text.data)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已记下，企业会看到。"), "success")
            return _back(need_id)
    return answer_page(need, step=form), 422


@blueprint.post("/needs/<int:need_id>/steps/<int:step_id>/withdraw")
@requires(Permission.LOG_VISITS)
def withdraw_step_taken(need_id: int, step_id: int) -> Response:
    need = load_for(current_user, Need, need_id)
    try:
        withdraw_step(current_user, need, step_id)
    except DomainError as error:
        db.session.rollback()
        flash(str(error), "danger")
    else:
        flash(_("已删除这一步。"), "success")
    return _back(need_id)


def _back(need_id: int) -> Response:
    return redirect(url_for("visits.answer_need", need_id=need_id, next=request.args.get("next"), _anchor="steps"))
