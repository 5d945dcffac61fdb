"""Where a firm stands on the ladder."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.loaders import load_firm_for
from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.ladder import queries, service
from crm.ladder import standing as reading
from crm.ladder.forms import OpenForm
from crm.ladder.models import CaseStatus, Purpose, Rung
from crm.ladder.noticing import noticed
from crm.ladder.routes import blueprint
from crm.ladder.showing import timeline_items
from crm.ladder.words import PURPOSES, RUNGS
from crm.web.addresses import own_address
from crm.web.errors import land
from crm.web.fields import read_date


@blueprint.get("/firms/<int:firm_id>/ladder")
@requires(Permission.VIEW_RECORD)
def standing(firm_id: int) -> str:
    firm = load_firm_for(current_user, firm_id)
    return _page(firm)


@blueprint.post("/firms/<int:firm_id>/cases")
@requires(Permission.CULTIVATE)
def open_case(firm_id: int) -> Any:
    firm = load_firm_for(current_user, firm_id)
    form = OpenForm()
    if form.validate_on_submit():
        try:
            case = service.open_case(
                firm,
                form.rung.data,
                actor=current_user,
                on=form.on.data,
                purpose=form.purpose.data or Purpose.NEW,
                channel=form.channel.data,
                reason=form.reason.data,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已入库：%(rung)s。", rung=RUNGS[case.rung]), "success")
            return redirect(url_for("ladder.case", case_id=case.id))
    return _page(firm, form), 422


@blueprint.post("/firms/<int:firm_id>/none")
@requires(Permission.EDIT_FIRMS)
def confirm_none(firm_id: int) -> Response:
    """Record that a list the criteria read is empty for this firm."""
    firm = load_firm_for(current_user, firm_id)
    try:
        service.confirm_none(firm, request.form.get("list", ""), actor=current_user)
    except DomainError as error:
        db.session.rollback()
        flash(str(error), "danger")
    else:
        flash(_("已记为“没有”。"), "success")
    return redirect(own_address(request.form.get("next")) or url_for("ladder.standing", firm_id=firm_id))


def _page(firm: Firm, form: OpenForm | None = None) -> str:
    try:
        on, wrong_date = read_date(request.args["on"]) if request.args.get("on") else clock.today(), None
    except ValueError as error:
        on, wrong_date = clock.today(), str(error)
    offered = reading.rungs_with_editions()
    cases = queries.cases_of(firm)
    opened = _opened(offered, firm)
    purpose = next((p for p in Purpose if p.value == request.args.get("purpose")), Purpose.NEW)
    summaries = reading.standings(firm, on, offered, {opened: purpose} if opened else {})
    shown = next((summary for summary in summaries if summary.rung is opened), None)
    credentials = queries.credentials_of(firm)
    taken = {case.rung for case in cases if case.status is CaseStatus.OPEN}
    return render_template(
        "ladder/standing.html",
        firm=firm,
        on=on,
        wrong_date=wrong_date,
        steps=reading.ladder_steps(firm, on),
        summaries=summaries,
        shown=shown,
        clauses=reading.clauses(shown.assessment, shown.examination.facts) if shown and shown.assessment else [],
        none_lists=_lists_to_confirm(shown),
        certainties=reading.certainty_text(shown.assessment) if shown and shown.assessment else "",
        noticed=noticed(firm, shown.rung, on, purpose, shown.examination.facts) if shown else None,
        purpose=purpose,
        purposes={p: PURPOSES[p] for p in reading.purposes_of(opened, on, firm.division_code)} if opened else {},
        score=reading.score_text(shown.assessment) if shown and shown.assessment else "",
        cases=cases,
        credentials=credentials,
        held={c.id for c in credentials if queries.held_on(c, on)},
        happened=timeline_items(firm, credentials),
        form=form or OpenForm(taken, channel=firm.source_channel),
        may_keep=current_user.can(Permission.CULTIVATE) and on <= clock.today(),
        may_open=current_user.can(Permission.CULTIVATE) and len(taken) < len(Rung),
    )


def _opened(offered: list[Rung], firm: Firm) -> Rung | None:
    """The rung asked for, else the one to look at; None where none has criteria."""
    asked = next((rung for rung in offered if rung.value == request.args.get("rung")), None)
    return asked if asked is not None or not offered else reading.rung_to_look_at(firm)


def _lists_to_confirm(shown: Any) -> list[dict[str, Any]]:
    """The lists (awards, titles …) the opened rung misses as a whole: where there is none, one tick says so."""
    if shown is None or shown.assessment is None or not current_user.can(Permission.EDIT_FIRMS):
        return []
    return reading.missing_lists(shown.assessment, shown.examination.facts)
