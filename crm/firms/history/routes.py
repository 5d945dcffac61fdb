"""The pages of history: of a firm, and of a record that belongs to none."""

from __future__ import annotations

from flask import render_template, request
from flask_login import current_user

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.history import words as firm_history
from crm.firms.history.records import history_of_record, history_offered
from crm.firms.loaders import load_firm_for
from crm.firms.routes import blueprint
from crm.firms.words import ACTIONS, VIAS
from crm.web.paging import page_number


@blueprint.get("/firms/<int:firm_id>/history")
@requires(Permission.VIEW_FIRMS)
def history(firm_id: int) -> str:
    firm = load_firm_for(current_user, firm_id)
    entities = firm_history.entities()
    entity = request.args.get("entity")
    entity = entity if entity in entities else None
    return render_template(
        "firms/history.html",
        firm=firm,
        page=firm_history.history_of(firm.id, entity, page_number()),
        entities=entities,
        entity=entity,
        actions=ACTIONS,
        vias=VIAS,
    )


@blueprint.get("/history/<history_entity>/<int:history_id>")
@requires(Permission.VIEW_FIRMS)
def record_history(history_entity: str, history_id: int) -> str:
    """Who changed what of a plan, a list, a resource …, and of what belongs to it."""
    history = history_offered(history_entity)
    record = history.load(current_user, history_id)
    return render_template(
        "firms/record_history.html",
        name=history.title(record),
        back=history.back(record),
        page=history_of_record(history, history_id, page_number()),
        actions=ACTIONS,
        vias=VIAS,
    )
