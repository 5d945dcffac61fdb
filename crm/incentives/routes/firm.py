"""What a firm is entitled to, and claiming a line of it: staff and the firm itself."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.loaders import load_firm_for
from crm.incentives import claims as service
from crm.incentives.forms import ClaimForm
from crm.incentives.queries import claims_of
from crm.incentives.routes import blueprint
from crm.incentives.rules import Kind
from crm.incentives.showing import groups_of, line, lines_of, state_badge, without_a_line
from crm.incentives.subjects import find
from crm.incentives.words import incentive_title
from crm.kernel.errors import DomainError, NotFoundError
from crm.web.errors import land


@blueprint.get("/firms/<int:firm_id>/incentives")
@requires(Permission.VIEW_RECORD)
def firm(firm_id: int) -> str:
    firm = load_firm_for(current_user, firm_id)
    lines = lines_of(firm, current_user)
    lost = without_a_line(firm, lines)
    return render_template(
        "incentives/firm.html",
        firm=firm,
        groups={group.key: group for group in groups_of(lines)},
        lost=[(claim, incentive_title(claim.incentive), state_badge(claim)) for claim in lost],
    )


@blueprint.route("/firms/<int:firm_id>/incentives/<incentive>/<int:year>", methods=["GET", "POST"])
@requires(Permission.VIEW_RECORD)
def claim_line(firm_id: int, incentive: str, year: int) -> str | Response:
    """Claim one line; `cause` in the address names the entry it is for."""
    firm, cause = load_firm_for(current_user, firm_id), request.args.get("cause", "")
    found = find(firm, incentive, year, cause)
    if found is None:
        raise NotFoundError(_("这家企业没有这一项可兑现的政策。"))
    shown = line(firm, found, claims_of(firm.id), current_user)
    form = ClaimForm(firm)
    if found.rule.kind is not Kind.ESTIMATE:
        del form.declared
    if form.validate_on_submit():
        try:
            made = service.claim_entitlement(
                firm,
                incentive,
                year,
                cause,
                actor=current_user,
                document=form.document(current_user, firm),
                declared=form.declared.data if "declared" in form else None,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已申领：%(what)s。", what=shown.title), "success")
            return redirect(url_for("incentives.claim", claim_id=made.id))
    return render_template("incentives/claim_line.html", firm=firm, form=form, line=shown)
