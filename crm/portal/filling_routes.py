"""Filling in: the list of tasks, and the forms behind it. Each ends in a proposal that the park decides on."""

from __future__ import annotations

from collections.abc import Iterable

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms import queries as firm_queries
from crm.firms.facts.groups import FACT_GROUPS, unit_of
from crm.firms.figures import queries as figure_queries
from crm.firms.figures.keys import GROUPS, KEYS
from crm.firms.figures.models import YearlyFigures
from crm.firms.figures.plausibility import texts_of, warnings_of
from crm.firms.figures.service import check_year
from crm.firms.forms import facts_form, field_name, from_json
from crm.firms.ip.forms import RightForm
from crm.firms.ip.models import IpRight
from crm.firms.loaders import load_firm_for
from crm.firms.models import Firm, State
from crm.firms.proposals import service as proposals
from crm.firms.proposals.models import Decision, ProposalField, Target
from crm.firms.proposals.service import NEW_RIGHT, PROPOSABLE, Wanted
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.kernel.plain import revive
from crm.ladder.next_rung import next_rung
from crm.portal.filling import Asked, Filling, asked_by, need_of
from crm.portal.forms import ProposedFiguresForm, ProposedProfileForm
from crm.portal.routes import blueprint, own_firm
from crm.portal.tasks import LOOKS, STATES, count_done
from crm.web.addresses import known_number
from crm.web.errors import land


def say_sent() -> None:
    flash(_("已提交，园区处理后您会在“我的申请”看到结果。"), "success")


def _sent() -> Response:
    say_sent()
    return redirect(url_for("portal.tasks"))


@blueprint.get("/own/tasks")
@requires(Permission.KEEP_OWN_RECORD)
def tasks() -> str:
    """What is to be filled in, with the state of each."""
    return _task_page(own_firm(), "portal/tasks.html")


@blueprint.get("/firms/<int:firm_id>/filling")
@requires(Permission.VIEW_FIRMS)
def firm_tasks(firm_id: int) -> str:
    """The same list for the firm's officer, so that both talk about the same."""
    return _task_page(load_firm_for(current_user, firm_id), "portal/firm_tasks.html")


def _task_page(firm: Firm, template: str) -> str:
    today = clock.today()
    following = next_rung(firm, today)
    groups = Filling(firm, following, today).groups()
    done, total = count_done(groups)
    return render_template(
        template, firm=firm, groups=groups, states=STATES, looks=LOOKS, done=done, total=total, following=following
    )


@blueprint.route("/own/profile", methods=["GET", "POST"])
@requires(Permission.KEEP_OWN_RECORD)
def profile() -> str | Response:
    firm = own_firm()
    form = ProposedProfileForm(firm)
    if form.validate_on_submit():
        try:
            proposals.propose(
                actor=current_user,
                firm=firm,
                wanted=[Wanted(target=Target.FIRM, field=key, new=form[key].data) for key in PROPOSABLE],
                note=form.note.data,
                document=form.document(current_user, firm),
            )
        except DomainError as error:
            land(form, error)
        else:
            return _sent()
    asked = asked_by(firm)
    refused = asked.fields(Target.FIRM, None, Decision.REFUSED)
    if not form.is_submitted():
        for name, field in _open_again(asked, Target.FIRM, None):
            form[name].data = revive(Firm, name, field.new)
    return render_template("portal/profile.html", firm=firm, form=form, fields=PROPOSABLE, refused=refused)


@blueprint.route("/own/figures/<int:year>", methods=["GET", "POST"])
@requires(Permission.KEEP_OWN_RECORD)
def figures(year: int) -> str | Response:
    """A year's figures: what the next rung reads first, what the park verified not again."""
    firm, today = own_firm(), clock.today()
    try:
        check_year(year)
    except DomainError as error:
        raise NotFoundError(error.message) from error
    stands = figure_queries.year_with_sources(firm.id, year)
    form = ProposedFiguresForm(firm, obj=stands)
    if form.validate_on_submit():
        try:
            proposals.propose(
                actor=current_user,
                firm=firm,
                wanted=[
                    Wanted(target=Target.FIGURES, target_key=str(year), field=key, new=value)
                    for key, value in form.values.items()
                ],
                note=form.note.data,
                document=form.document(current_user, firm),
            )
        except DomainError as error:
            land(form, error)
        else:
            for text in texts_of(warnings_of(form.values)):
                flash(text, "warning")
            return _sent()
    asked = asked_by(firm)
    if not form.is_submitted():
        for name, field in _open_again(asked, Target.FIGURES, str(year)):
            form[name].data = revive(YearlyFigures, name, field.new)
    states = {source.key: source.state for source in stands.sources} if stands is not None else {}
    verified = {key for key, state in states.items() if state is State.VERIFIED}
    refused = asked.fields(Target.FIGURES, str(year), Decision.REFUSED)
    following = next_rung(firm, today)
    uses = need_of(following).of_year(year)
    asks = [key for key in KEYS if (key in uses and key not in verified) or form[key].errors]
    first = [key for key in KEYS if key in asks or key in refused]  # also where it had been verified
    return render_template(
        "portal/figures.html",
        firm=firm,
        form=form,
        year=year,
        keys=KEYS,
        groups=GROUPS,
        states=states,
        first=first,
        uses=uses,
        verified=[key for key in KEYS if key in verified and key not in first],
        refused=refused,
        pending=asked.fields(Target.FIGURES, str(year), Decision.PENDING),
        following=following,
    )


@blueprint.route("/own/facts/<group_name>", methods=["GET", "POST"])
@requires(Permission.KEEP_OWN_RECORD)
def facts(group_name: str) -> str | Response:
    """One group of facts of the firm as a whole."""
    firm, today = own_firm(), clock.today()
    group = FACT_GROUPS.get(group_name) or abort(404)
    stands = firm_queries.facts_of(firm.id)
    form = facts_form(firm, group, stands, as_of=today)
    del form.verified
    if form.validate_on_submit():
        as_of = form.as_of.data or today
        try:
            proposals.propose(
                actor=current_user,
                firm=firm,
                wanted=[
                    Wanted(target=Target.FACT, target_key=as_of.isoformat(), field=key, new=value)
                    for key, value in form.values().items()
                ],
                note=None,
                document=form.document(current_user, firm),
            )
        except DomainError as error:
            error.field = field_name(error.field) if error.field in group.keys else error.field
            land(form, error)
        else:
            return _sent()
    asked = asked_by(firm)
    refused = {
        key: each for key, each in asked.fields(Target.FACT, None, Decision.REFUSED).items() if key in group.keys
    }
    if not form.is_submitted():
        for name, field in _open_again(asked, Target.FACT, None):
            if name in group.keys:
                form[field_name(name)].data = from_json(group.keys[name], field.new)
    uses = need_of(next_rung(firm, today)).uses
    known = {key: stands[key].state for key in group.keys if key in stands}
    first = [
        key for key in group.keys if (key in uses or form[field_name(key)].errors) and known.get(key) != State.VERIFIED
    ]
    first = [key for key in group.keys if key in first or key in refused]
    return render_template(
        "portal/facts.html",
        firm=firm,
        form=form,
        group=group,
        first=first,
        uses=uses,
        known=known,
        refused=refused,
        units={key: unit_of(item) for key, item in group.keys.items()},
        field_name=field_name,
    )


def _open_again(asked: Asked, target: Target, key: str | None) -> Iterable[tuple[str, ProposalField]]:
    """What was refused, or still waits: the form is opened with what was sent."""
    for decision in (Decision.PENDING, Decision.REFUSED):
        yield from asked.fields(target, key, decision).items()


@blueprint.get("/own/rights")
@requires(Permission.KEEP_OWN_RECORD)
def rights() -> str:
    """What became of the rights the firm sent in, and the ways to add more."""
    firm, asked = own_firm(), asked_by(own_firm())
    return render_template(
        "portal/rights.html",
        firm=firm,
        total=len(proposals.Record(firm).rights),
        pending=asked.fields(Target.IP, None, Decision.PENDING).values(),
        refused=asked.fields(Target.IP, None, Decision.REFUSED).values(),
    )


@blueprint.route("/own/ip/new", methods=["GET", "POST"])
@requires(Permission.KEEP_OWN_RECORD)
def new_right() -> str | Response:
    """A right; `?again=<id>` opens the form with one that was refused."""
    firm = own_firm()
    form = RightForm(firm)
    again = _refused_right(firm)
    if form.validate_on_submit():
        try:
            proposals.propose(
                actor=current_user,
                firm=firm,
                wanted=[Wanted(target=Target.IP, field=NEW_RIGHT, new=form.values)],
                note=None,
                document=form.document(current_user, firm),
            )
        except DomainError as error:
            land(form, error)
        else:
            return _sent()
    if again is not None and not form.is_submitted():
        for name, value in (again.new or {}).items():
            form[name].data = revive(IpRight, name, value)
    return render_template("portal/right.html", form=form, again=again)


def asked_again(firm: Firm) -> ProposalField | None:
    """What of the firm's own wishes `?again=<id>` names."""
    number = known_number(request.args.get("again", ""))
    found = db.session.get(ProposalField, number) if number is not None else None
    return found if found is not None and found.proposal.firm_id == firm.id else None


def _refused_right(firm: Firm) -> ProposalField | None:
    found = asked_again(firm)
    return found if found is not None and found.field == NEW_RIGHT else None
