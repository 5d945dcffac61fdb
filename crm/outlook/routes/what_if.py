"""The what-if of a firm, and its scenarios. What is changed here is never written into the record."""

from __future__ import annotations

from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.loaders import load_firm_for
from crm.firms.models import Firm
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.outlook import queries, service
from crm.outlook.asked import Asked, asked
from crm.outlook.compare import compared
from crm.outlook.forms import NameForm, filled
from crm.outlook.models import Scenario
from crm.outlook.routes import blueprint
from crm.outlook.what_if import WhatIf, parted
from crm.outlook.what_if import what_if as imagine
from crm.web.addresses import known_number
from crm.web.conflict import version_sent
from crm.web.errors import land

COMPARED = 3


@blueprint.get("/firms/<int:firm_id>/what-if")
@requires(Permission.VIEW_RECORD)
def what_if(firm_id: int) -> Response:
    """Facts changed in thought: the page, or by htmx the fragment with the answer.

    With `?scenario=` alone a kept one: today's record, its changes, the edition of its day.
    """
    firm = load_firm_for(current_user, firm_id)
    opened = _opened(firm)
    if opened is not None and set(request.args) == {"scenario"}:
        about, sent = Asked(opened.rung, opened.on, opened.purpose, firm.division_code), filled(opened.changes)
    else:
        about, sent = asked(firm), request.args
    return _page(about, imagine(firm, about.rung, about.on, about.purpose, sent), opened)


@blueprint.get("/firms/<int:firm_id>/scenarios")
@requires(Permission.VIEW_RECORD)
def scenarios(firm_id: int) -> str:
    """The scenarios kept for the firm; two or three of them side by side with ?compare=…"""
    return _list(load_firm_for(current_user, firm_id))


@blueprint.post("/firms/<int:firm_id>/scenarios")
@requires(Permission.VIEW_RECORD)
def save_scenario(firm_id: int) -> Any:
    firm = load_firm_for(current_user, firm_id)
    about, form = asked(firm), NameForm()
    made = imagine(firm, about.rung, about.on, about.purpose, request.form)
    if form.validate_on_submit():
        try:
            kept = service.save_scenario(actor=current_user, made=made, name=form.name.data or "")
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已存为方案“%(name)s”。档案没有改动。", name=kept.name), "success")
            return redirect(url_for("outlook.what_if", firm_id=firm.id, scenario=kept.id))
    return _page(about, made, None, form), 422


@blueprint.post("/scenarios/<int:scenario_id>/overwrite")
@requires(Permission.VIEW_RECORD)
def overwrite_scenario(scenario_id: int) -> Response:
    kept = queries.load_scenario(current_user, scenario_id)
    firm = kept.firm
    about = asked(firm)
    made = imagine(firm, about.rung, about.on, about.purpose, request.form)
    try:
        service.overwrite_scenario(actor=current_user, scenario=kept, made=made, version=version_sent())
    except DomainError as error:
        db.session.rollback()
        flash(str(error), "danger")
        return redirect(_address(about, made, None))
    flash(_("方案“%(name)s”已覆盖。", name=kept.name), "success")
    return redirect(url_for("outlook.what_if", firm_id=firm.id, scenario=scenario_id))


@blueprint.post("/scenarios/<int:scenario_id>/rename")
@requires(Permission.VIEW_RECORD)
def rename_scenario(scenario_id: int) -> Any:
    kept = queries.load_scenario(current_user, scenario_id)
    firm, form = kept.firm, NameForm()
    if form.validate_on_submit():
        try:
            service.rename_scenario(
                actor=current_user, scenario=kept, name=form.name.data or "", version=form.version.data
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("方案已改名为“%(name)s”。", name=kept.name), "success")
            return redirect(url_for("outlook.scenarios", firm_id=firm.id))
    return _list(firm, scenario_id, form), 422


@blueprint.post("/scenarios/<int:scenario_id>/remove")
@requires(Permission.VIEW_RECORD)
def remove_scenario(scenario_id: int) -> Response:
    kept = queries.load_scenario(current_user, scenario_id)
    firm_id, name = kept.firm_id, kept.name
    service.remove_scenario(actor=current_user, scenario=kept)
    flash(_("方案“%(name)s”已删除。", name=name), "success")
    return redirect(url_for("outlook.scenarios", firm_id=firm_id))


# --- the pages ---------------------------------------------------------------------------------------------------


def _list(firm: Firm, renamed: int | None = None, form: NameForm | None = None) -> str:
    """The list; `form` is what could not be saved as the name of `renamed`."""
    kept = queries.scenarios_of(current_user, firm)
    wanted = [known_number(text) for text in request.args.getlist("compare")]
    chosen = [each for each in kept if each.id in wanted]
    return render_template(
        "outlook/scenarios.html",
        firm=firm,
        kept=kept,
        chosen=[each.id for each in chosen],
        comparison=compared(firm, chosen[:COMPARED]) if len(chosen) > 1 else None,
        too_few=bool(wanted) and len(chosen) < 2,
        too_many=len(chosen) > COMPARED,
        renamed=renamed,
        form=form,
    )


def _page(about: Asked, made: WhatIf, opened: Scenario | None, form: NameForm | None = None) -> Response:
    fragment = "HX-Request" in request.headers and form is None
    if fragment and made.form is None:  # no edition any more: the whole page says so
        return Response(headers={"HX-Redirect": _address(about, made, opened)})
    first, rest = ([], []) if fragment else parted(made)
    changed, others = made.rows
    answer = make_response(
        render_template(
            "outlook/_outcome.html" if fragment else "outlook/what_if.html",
            firm=made.firm,
            about=about,
            made=made,
            first=first,
            rest=rest,
            changed=changed,
            others=others,
            opened=opened,
            missing=opened is None and form is None and "scenario" in request.args,
            since=queries.changed_since(opened, made.form) if opened and made.form else [],
            name_form=form or NameForm(formdata=None),
            fragment=fragment,
        )
    )
    if fragment:
        answer.headers["HX-Replace-Url"] = _address(about, made, opened)
    answer.status_code = 422 if fragment and made.wrong else 200
    return answer


def _address(about: Asked, made: WhatIf, opened: Scenario | None) -> str:
    """The page with its changes and nothing else."""
    values: dict[str, Any] = {**about.address, **made.changes}
    if opened is not None and made.changes:
        values["scenario"] = opened.id
    return url_for("outlook.what_if", firm_id=made.firm.id, **values)


def _opened(firm: Firm) -> Scenario | None:
    """The scenario the page was opened from, as long as it is there."""
    number = known_number(request.args.get("scenario", ""))
    found = queries.scenarios_of(current_user, firm, number) if number is not None else []
    return found[0] if found else None
