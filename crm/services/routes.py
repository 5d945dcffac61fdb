"""Pages of services: the packages and what is owed, one firm's package, and who could answer a need."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.loaders import load_firm_for, load_for
from crm.kernel.errors import DomainError, NotFoundError
from crm.ladder.words import RUNGS
from crm.registers.resources.kinds import RESOURCES
from crm.registers.resources.queries import load_resource
from crm.services import matching, queries, service
from crm.services.forms import ItemForm, RecordForm
from crm.services.models import MatchState, ServiceItem, ServiceState
from crm.services.words import COUNTED, FATES, LOOKS, MATCH_LOOKS, MATCH_STATES, PHASES
from crm.visits.models import Need
from crm.web.addresses import record_number
from crm.web.errors import land
from crm.web.language import title_in

blueprint = Blueprint("services", __name__)


@blueprint.get("/services")
@requires(Permission.VIEW_FIRMS)
def index() -> str:
    """Every package, with how many firms are due each service, how many got it, and how many are owed it."""
    items = queries.items()
    return render_template(
        "services/index.html",
        packages=[(rung, [item for item in items if item.rung == rung]) for rung in (None, *RUNGS)],
        counts=queries.counts(current_user),
        columns=COUNTED,
        phases=PHASES,
        rungs=RUNGS,
        may_write=current_user.can(Permission.ADMINISTER_REFERENCE),
    )


@blueprint.route("/services/items/new", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def create_item() -> str | Response:
    return _item_page(None)


@blueprint.route("/services/items/<int:item_id>", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def edit_item(item_id: int) -> str | Response:
    return _item_page(service.load_item(item_id))


def _item_page(item: ServiceItem | None) -> str | Response:
    form = ItemForm(obj=item)
    if form.validate_on_submit():
        try:
            kept = service.keep_item(
                actor=current_user, item=item, expected_version=form.version.data if item else None, **form.values
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("“%(title)s”已保存。", title=kept.title), "success")
            return redirect(url_for("services.index"))
    return render_template("services/item.html", form=form, item=item)


@blueprint.get("/firms/<int:firm_id>/services")
@requires(Permission.VIEW_RECORD)
def firm(firm_id: int) -> str:
    """What the firm is offered at its rung, was given, and is owed."""
    firm = load_firm_for(current_user, firm_id)
    package = queries.package_of(firm)
    return render_template(
        "services/firm.html",
        firm=firm,
        package=package,
        rungs=RUNGS,
        phases=PHASES,
        words=FATES,
        looks=LOOKS,
        may_write=current_user.can(Permission.CULTIVATE),
    )


@blueprint.route("/firms/<int:firm_id>/services/<int:item_id>", methods=["GET", "POST"])
@requires(Permission.CULTIVATE)
def record(firm_id: int, item_id: int) -> str | Response:
    """Told of, given or declined, with its day and a word."""
    firm, item = load_firm_for(current_user, firm_id), service.load_item(item_id)
    asked = next((state for state in ServiceState if state == request.args.get("state")), ServiceState.GIVEN)
    said = service.record_of(firm, item)
    form = RecordForm(data={"state": asked, "version": str(said.version) if said else ""})
    if form.validate_on_submit():
        try:
            service.record_service(
                actor=current_user, firm=firm, item=item, state=form.state.data, on=form.on.data, note=form.note.data,
                expected_version=form.version.data,
            )  # fmt: skip
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已记下“%(title)s”。", title=title_in(item)), "success")
            return redirect(url_for("services.firm", firm_id=firm.id))
    return render_template("services/record.html", firm=firm, item=item, form=form)


@blueprint.post("/firms/<int:firm_id>/services/<int:item_id>/take-back")
@requires(Permission.CULTIVATE)
def take_back(firm_id: int, item_id: int) -> Response:
    firm, item = load_firm_for(current_user, firm_id), service.load_item(item_id)
    service.take_back(actor=current_user, firm=firm, item=item)
    flash(_("“%(title)s”重新列为还欠。", title=title_in(item)), "success")
    return redirect(url_for("services.firm", firm_id=firm.id))


@blueprint.get("/needs/<int:need_id>/matches")
@requires(Permission.LOG_VISITS)
def matches(need_id: int) -> str:
    """Who could answer the need, and what was put to it."""
    need = load_for(current_user, Need, need_id)
    return render_template(
        "services/matches.html",
        need=need,
        firm=need.firm,
        found=matching.matches_for(current_user, need),
        put=matching.matches_of(need),
        registers=RESOURCES,
        states=MATCH_STATES,
        looks=MATCH_LOOKS,
        trades=matching.trade_names,
    )


@blueprint.post("/needs/<int:need_id>/matches")
@requires(Permission.LOG_VISITS)
def put_to(need_id: int) -> Response:
    need = load_for(current_user, Need, need_id)
    chosen = request.form.get("resource", type=record_number)
    try:
        if chosen is None:
            raise DomainError(_("请选择要推荐的资源。"))
        resource = load_resource(current_user, chosen)
        matching.put_to(actor=current_user, need=need, resource=resource, note=request.form.get("note"))
    except NotFoundError:
        raise
    except DomainError as error:
        flash(str(error), "danger")
    else:
        flash(_("已推荐“%(name)s”，企业在诉求页能看到。", name=resource.name), "success")
    return redirect(url_for("services.matches", need_id=need_id))


@blueprint.post("/need-matches/<int:match_id>")
@requires(Permission.LOG_VISITS)
def decide(match_id: int) -> Response:
    match = matching.load_match(current_user, match_id)
    try:
        matching.decide(
            actor=current_user, match=match, state=MatchState.USED if request.form.get("used") else MatchState.REFUSED
        )
    except DomainError as error:
        flash(str(error), "danger")
    else:
        flash(_("已记下：%(state)s。", state=MATCH_STATES[match.state]), "success")
    return redirect(url_for("services.matches", need_id=match.need_id))
