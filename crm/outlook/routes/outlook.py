"""The way to a rung: what is missing, the cheapest sets of changes, the years, the year to come."""

from __future__ import annotations

from flask import render_template, request
from flask_login import current_user

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.loaders import load_firm_for
from crm.ladder.facts import facts_of
from crm.ladder.gate import blocking_criteria, examine
from crm.ladder.standing import score_text
from crm.outlook.asked import asked
from crm.outlook.forecast import coming_year
from crm.outlook.routes import blueprint
from crm.outlook.ways import both, cards, price_form, prices_in, year_ahead
from crm.outlook.years import years_of
from crm.policy.answers.verdict import MET
from crm.policy.foresight.bands import bands
from crm.policy.foresight.moves import default_prices
from crm.policy.foresight.ways import ways as cheapest
from crm.web.charts import span


@blueprint.get("/firms/<int:firm_id>/outlook")
@requires(Permission.VIEW_RECORD)
def outlook(firm_id: int) -> str:
    """The way to one rung. The cheapest sets of changes come after the page."""
    firm = load_firm_for(current_user, firm_id)
    about = asked(firm)
    facts = facts_of(firm, about.on)
    examination = examine(firm, about.rung, about.on, about.purpose, facts)
    today = examination.assessment
    if today is None:
        return render_template("outlook/outlook.html", firm=firm, about=about, lack=examination.lack, today=None)
    parts = [result for result in today.criteria if result.points is not None and result.maximum]
    return render_template(
        "outlook/outlook.html",
        firm=firm,
        about=about,
        today=today,
        score=score_text(today),
        lacks=[] if today.verdict == MET else [result for result, _several in blocking_criteria(today)],
        parts=parts,
        spans={part.id: span(*part.points, part.maximum) for part in parts if part.points and part.maximum},
        bands=bands(today.edition, facts.document, about.on),
        years=years_of(firm, about.rung, about.purpose, about.on, facts, today),
        coming=coming_year(firm, about.rung, about.purpose, about.on, facts, today),
    )


@blueprint.get("/firms/<int:firm_id>/outlook/ways")
@requires(Permission.VIEW_RECORD)
def ways(firm_id: int) -> str:
    """The cheapest sets of changes: a fragment for the page, a page of its own without JavaScript."""
    firm = load_firm_for(current_user, firm_id)
    about = asked(firm)
    facts = facts_of(firm, about.on)
    today = examine(firm, about.rung, about.on, about.purpose, facts).assessment
    form = price_form(default_prices(), request.args)
    right = form.validate()
    found = cheapest(today.edition, facts.document, about.on, prices_in(form)) if today and right else None
    sure, possible = both(found) if found else ((), ())
    fragment = "HX-Request" in request.headers
    return render_template(
        "outlook/_ways.html" if fragment else "outlook/ways.html",
        firm=firm,
        about=about,
        today=today,
        found=found,
        sure=cards(sure, about),
        possible=cards(possible, about),
        ahead=year_ahead(firm, about, facts, prices_in(form)) if today and right else None,
        form=form,
        moves=[move.key for move in found.moves] if found else [],
        immovable=[today.criterion(name) for name in found.immovable] if found and today else [],
    )
