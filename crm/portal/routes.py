"""The firm's own pages. What it reads are the record's pages themselves; here it asks for changes and sees what came of them."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.applications.fits import under_way_of
from crm.duties.queries import duties_of
from crm.duties.selects import DueState
from crm.duties.showing import lines
from crm.firms import service
from crm.firms.models import Firm
from crm.firms.proposals import service as proposals
from crm.firms.proposals.models import Proposal
from crm.firms.proposals.shown import lines_of
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.ladder.next_rung import next_rung
from crm.ladder.standing import ladder_steps
from crm.portal import queries
from crm.portal.filling import Filling
from crm.portal.forms import OwnContactForm, TelephoneForm
from crm.portal.tasks import LOOKS, STATES, count_done, next_tasks
from crm.visits.needs import answer_by, is_late, needs_of
from crm.web.errors import land
from crm.web.paging import page_number, page_of

blueprint = Blueprint("portal", __name__)


def own_firm() -> Firm:
    return queries.own_firm(current_user)


@blueprint.get("/own")
@requires(Permission.KEEP_OWN_RECORD)
def home() -> str:
    """Where the firm stands, what is missing for its next rung, what it has to do, and what was promised to it."""
    firm, today = own_firm(), clock.today()
    steps = ladder_steps(firm, today)
    following = next_rung(firm, today, steps)
    groups = Filling(firm, following, today).groups()
    done, total = count_done(groups)
    return render_template(
        "portal/home.html",
        firm=firm,
        steps=steps,
        following=following,
        titles=queries.titles_on(firm, today),
        duties=lines([each for each in duties_of(firm, today) if each.state != DueState.DONE], current_user, today),
        cases=queries.cases_of(firm, today),
        applications=under_way_of(firm),
        promises=queries.promises_to(firm, today),
        proposals=queries.proposals_of(firm, limit=5),
        needs=needs_of(firm, limit=4),
        answer_by=answer_by,
        is_late=is_late,
        tasks=next_tasks(groups, 4),
        done=done,
        total=total,
        states=STATES,
        looks=LOOKS,
        new_here=not queries.has_asked(firm),
        today=today,
    )


@blueprint.get("/own/record")
@requires(Permission.KEEP_OWN_RECORD)
def record() -> Response:
    """The record's own pages begin with the yearly figures."""
    return redirect(url_for("firms.figures", firm_id=own_firm().id))


@blueprint.get("/own/ladder")
@requires(Permission.KEEP_OWN_RECORD)
def ladder() -> Response:
    return redirect(url_for("ladder.standing", firm_id=own_firm().id))


@blueprint.route("/own/contacts", methods=["GET", "POST"])
@requires(Permission.KEEP_OWN_RECORD)
def contacts() -> str | Response:
    """Telephone and contact persons: low risk, so they apply at once and are logged."""
    firm = own_firm()
    telephone, contact = TelephoneForm(obj=firm, prefix="firm-"), OwnContactForm(prefix="contact-")
    asked = request.form.get("what")
    if asked == "telephone" and telephone.validate_on_submit():
        try:
            service.update_profile(actor=current_user, firm=firm, telephone=telephone.telephone.data)
        except DomainError as error:
            land(telephone, error)
        else:
            flash(_("电话已更新。"), "success")
            return redirect(url_for("portal.contacts"))
    if asked == "contact" and contact.validate_on_submit():
        try:
            service.add_contact(
                actor=current_user,
                firm=firm,
                name=contact.name.data or "",
                position=contact.position.data,
                telephone=contact.telephone.data,
                email=contact.email.data,
            )
        except DomainError as error:
            land(contact, error)
        else:
            flash(_("联系人已添加。"), "success")
            return redirect(url_for("portal.contacts"))
    return render_template(
        "portal/contacts.html",
        telephone=telephone,
        contact=contact,
        contacts=queries.contacts_of(firm),
    )


@blueprint.post("/own/contacts/<int:contact_id>/remove")
@requires(Permission.KEEP_OWN_RECORD)
def remove_contact(contact_id: int) -> Response:
    service.remove_contact(actor=current_user, contact=queries.own_contact(current_user, contact_id))
    flash(_("联系人已移除。"), "success")
    return redirect(url_for("portal.contacts"))


@blueprint.get("/own/proposals")
@requires(Permission.KEEP_OWN_RECORD)
def own_proposals() -> str:
    firm, number = own_firm(), page_number()
    page = page_of(queries.proposals_of(firm, number), number)
    return render_template("portal/proposals.html", page=page)


@blueprint.get("/own/proposals/<int:proposal_id>")
@requires(Permission.KEEP_OWN_RECORD)
def own_proposal(proposal_id: int) -> str:
    proposal = _own_proposal(proposal_id)
    return render_template("portal/proposal.html", proposal=proposal, lines=lines_of(proposal))


@blueprint.post("/own/proposals/<int:proposal_id>/withdraw")
@requires(Permission.KEEP_OWN_RECORD)
def withdraw(proposal_id: int) -> Response:
    proposal = _own_proposal(proposal_id)
    try:
        proposals.withdraw(proposal=proposal)
    except DomainError as error:
        db.session.rollback()
        flash(str(error), "danger")
    else:
        flash(_("已撤回还没处理的部分。"), "success")
    return redirect(url_for("portal.own_proposals"))


@blueprint.post("/own/proposals/<int:proposal_id>/settle")
@requires(Permission.KEEP_OWN_RECORD)
def settle(proposal_id: int) -> Response:
    """Let stand what the park refused: it is no task any more."""
    proposal = _own_proposal(proposal_id)
    try:
        proposals.settle(proposal=proposal)
    except DomainError as error:
        db.session.rollback()
        flash(str(error), "danger")
    else:
        flash(_("好的，按园区的意见办，不再申请。"), "success")
    return redirect(url_for("portal.tasks"))


def _own_proposal(proposal_id: int) -> Proposal:
    proposal = db.session.get(Proposal, proposal_id)
    if proposal is None or proposal.firm_id != current_user.firm_id:
        raise NotFoundError(_("没有这份申请。"))
    return proposal
