"""The officer's pages: what firms ask for, and the decision."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.loaders import load_for
from crm.firms.proposals import queries, service
from crm.firms.proposals.models import Decision, Proposal
from crm.firms.proposals.shown import lines_of
from crm.firms.routes import blueprint
from crm.kernel.errors import DomainError
from crm.web.errors import land
from crm.web.paging import page_number, page_of


class DecisionForm(FlaskForm):
    """The fields themselves are read from `decision-<id>` and `reason-<id>`: how many there are differs. `rest` is what
    becomes of those for which nothing was chosen."""

    verify = BooleanField(_l("接受的年度数据和企业情况同时标为已核实"))

    def verdicts(self, proposal: Proposal) -> dict[int, service.Verdict]:
        rest = Decision.ACCEPTED if request.form.get("rest") == Decision.ACCEPTED else None
        chosen = {field: request.form.get(f"decision-{field.id}") or rest for field in proposal.fields}
        return {
            field.id: service.Verdict(Decision(decision), request.form.get(f"reason-{field.id}"))
            for field, decision in chosen.items()
            if decision in (Decision.ACCEPTED, Decision.REFUSED)
            and (field.decision is Decision.PENDING or f"decision-{field.id}" in request.form)
        }


@blueprint.get("/proposals")
@requires(Permission.DECIDE_PROPOSALS)
def proposals() -> str:
    everything = request.args.get("all") == "1"
    number = page_number()
    page = page_of(queries.proposals_for(current_user, open_only=not everything, page=number), number)
    return render_template("firms/proposals/index.html", page=page, everything=everything, pending=Decision.PENDING)


@blueprint.route("/proposals/<int:proposal_id>", methods=["GET", "POST"])
@requires(Permission.DECIDE_PROPOSALS)
def proposal(proposal_id: int) -> str | Response:
    asked = load_for(current_user, Proposal, proposal_id)
    form = DecisionForm()
    errors: dict[str, str] = {}
    if form.validate_on_submit():
        try:
            service.decide(
                actor=current_user,
                proposal=asked,
                verdicts=form.verdicts(asked),
                verify=bool(form.verify.data),
            )
        except DomainError as error:
            land(form, error)
            if error.field and error.field.startswith("field-"):
                errors[error.field] = str(error)
        else:
            flash(_("已处理，企业会看到结果和理由。"), "success")
            return redirect(url_for("firms.proposals"))
    return render_template(
        "firms/proposals/show.html",
        proposal=asked,
        firm=asked.firm,
        lines=lines_of(asked),
        form=form,
        errors=errors,
    )
