"""Pages of the facts of a firm as a whole: a form a group, and the check of one fact."""

from __future__ import annotations

import hashlib
import json
from types import SimpleNamespace
from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms import queries, service
from crm.firms.facts.groups import FACT_GROUPS, FACT_KEYS, FactGroup, fact_text, fact_title, unit_of
from crm.firms.forms import FactsForm, as_json, facts_form, field_name
from crm.firms.loaders import load_firm_for
from crm.firms.models import Firm
from crm.firms.routes import blueprint
from crm.kernel import clock
from crm.kernel.errors import DomainError
from crm.web.conflict import check_version, version_sent
from crm.web.errors import land


@blueprint.route("/firms/<int:firm_id>/facts/<group_name>", methods=["GET", "POST"])
@requires(Permission.EDIT_FIRMS)
def edit_facts(firm_id: int, group_name: str) -> str | Response:
    """One group of facts. Only those that change take the date, the document and the state given."""
    firm = load_firm_for(current_user, firm_id)
    group = FACT_GROUPS.get(group_name) or abort(404)
    facts = queries.facts_of(firm.id)
    known = {key: as_json(item, facts[key].value if key in facts else None) for key, item in group.keys.items()}
    form = facts_form(firm, group, facts, as_of=clock.today(), version=_digest(known))
    if form.validate_on_submit():
        try:
            _save(firm, group, known, form)
        except DomainError as error:
            error.field = field_name(error.field) if error.field in group.keys else error.field
            land(form, error)
        else:
            flash(_("已保存。"), "success")
            return redirect(url_for("firms.profile", firm_id=firm.id, _anchor=f"facts-{group.name}"))
    units = {key: unit_of(item) for key, item in group.keys.items()}
    return render_template("firms/facts.html", firm=firm, group=group, form=form, units=units, field_name=field_name)


def _save(firm: Firm, group: FactGroup, known: dict[str, Any], form: FactsForm) -> None:
    wanted = form.values()
    # Facts have no version of their own: what was on the page is compared with what is there now.
    seen = SimpleNamespace(version=_digest(known), **known)
    check_version(seen, form.version.data, wanted, {key: fact_title(key) for key in group.keys}, fact_text)
    document = form.document(current_user, firm)
    for key, value in wanted.items():
        if value != known[key]:
            service.set_fact(
                actor=current_user,
                firm=firm,
                key=key,
                value=value,
                as_of=form.as_of.data,
                document=document,
                verified=bool(form.verified.data),
            )


def _digest(known: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:16]


@blueprint.post("/firms/<int:firm_id>/facts/<key>/verify")
@requires(Permission.EDIT_FIRMS)
def verify_fact(firm_id: int, key: str) -> Response:
    firm = load_firm_for(current_user, firm_id)
    if key not in FACT_KEYS:
        abort(404)
    try:
        service.verify_fact(actor=current_user, firm=firm, key=key, expected_version=version_sent())
    except DomainError as error:
        flash(str(error), "danger")
    else:
        flash(_("“%(title)s”已记为核实。", title=fact_title(key)), "success")
    return redirect(url_for("firms.profile", firm_id=firm.id, _anchor=field_name(key)))
