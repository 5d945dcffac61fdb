"""Pages of the firms room: the list, a new firm, its profile, who is in charge. Other modules add theirs to the blueprint."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.queries import organisation_words
from crm.firms import queries, service
from crm.firms.duplicates.queries import resembling
from crm.firms.facts import groups as fact_groups
from crm.firms.finding import suggestions
from crm.firms.forms import AssignForm, DocumentsForm, NewFirmForm, ProfileForm
from crm.firms.history import words as history
from crm.firms.loaders import load_firm_for
from crm.firms.models import Firm, FirmStatus
from crm.firms.tabs import firm_url, firm_urls
from crm.firms.words import CHANNELS, FIRM_FIELDS, NO_OFFICER, STATES, STATUSES, TECH_FIELDS
from crm.kernel.errors import DomainError
from crm.web.addresses import own_address
from crm.web.conflict import check_version
from crm.web.errors import land
from crm.web.paging import page_number

blueprint = Blueprint("firms", __name__)


@blueprint.get("/firms")
@requires(Permission.VIEW_FIRMS)
def index() -> str:
    typed = request.args.get("q", "").strip()
    conditions, chips = queries.active_filters(current_user, request.args)
    page = queries.list_firms(current_user, typed, conditions, page_number())
    return render_template(
        "firms/index.html",
        page=page,
        links=firm_urls(row.firm.id for row in page.rows),
        typed=typed,
        chips=[(chip, _without(chip.name)) for chip in chips],
        narrowed=bool(typed or conditions),
        kept=[chip.name for chip in chips],
        organisations=organisation_words(current_user),
        officers={"none": NO_OFFICER} | queries.officer_words(current_user),
        sections=queries.section_words(request.args.get("industry")),
        chains=queries.chain_words(),
        statuses=STATUSES,
        offered=queries.offered_filters(current_user),
    )


@blueprint.get("/firms/found")
@requires(Permission.VIEW_FIRMS)
def found() -> str:
    """What is typed so far into the box of every page may mean these: the options below it."""
    typed = request.args.get("q", "").strip()
    return render_template("firms/_found.html", typed=typed, lines=suggestions(current_user, typed) if typed else ())


def _without(name: str) -> str:
    """The address of the list without one of its filters, from the first page."""
    kept: dict[str, Any] = {key: value for key, value in request.args.items() if key not in (name, "page")}
    return url_for("firms.index", **kept)


@blueprint.route("/firms/new", methods=["GET", "POST"])
@requires(Permission.EDIT_FIRMS)
def create() -> str | Response:
    """A new firm. The address may say its name, code and park (`?name=`), and where to go afterwards (`?back=`)."""
    usual = {"status": FirmStatus.ACTIVE, "capital_currency": "CNY", "officer_id": current_user.id}
    usual |= {name: request.args[name] for name in ("name", "credit_code") if name in request.args}
    form, back = NewFirmForm(current_user, data=usual), own_address(request.args.get("back"))
    if form.validate_on_submit():
        try:
            firm = service.create_firm(
                actor=current_user,
                organisation_id=form.organisation_id.data,
                officer_id=form.officer_id.data,
                **form.values(),
            )
        except DomainError as error:
            _land(form, error)
        else:
            flash(_("已登记“%(name)s”。", name=firm.name), "success")
            if alike := resembling(current_user, firm):
                link = Markup('<a href="{}">{}</a>').format(url_for("firms.merge_with", firm_id=firm.id), _("比较两家"))
                flash(
                    Markup("{} {}").format(_("辖区内已有“%(name)s”，可能是同一家。", name=alike[0].name), link),
                    "warning",
                )
            return redirect(back or firm_url(firm.id))
    return render_template("firms/create.html", form=form, back=back)


def _land(form: ProfileForm, error: DomainError) -> None:
    """As `land`, and a credit code that is taken leads to the firm that has it."""
    land(form, error)
    if isinstance(error, service.CodeTakenError) and error.firm_id is not None:
        link = Markup('{} <a href="{}">{}</a>').format(error.message, firm_url(error.firm_id), _("打开那家企业"))
        form.credit_code.errors = [link]


@blueprint.get("/firms/<int:firm_id>/profile")
@requires(Permission.VIEW_RECORD)
def profile(firm_id: int) -> str:
    firm = load_firm_for(current_user, firm_id)
    return render_template(
        "firms/profile.html",
        firm=firm,
        words={"status": STATUSES, "channel": CHANNELS, "tech_field": TECH_FIELDS, "state": STATES},
        fields=FIRM_FIELDS,
        contacts=queries.contacts_of(firm.id),
        facts=queries.facts_of(firm.id),
        groups=fact_groups.FACT_GROUPS.values(),
        fact_text=fact_groups.fact_text,
        fact_title=fact_groups.fact_title,
        documents=queries.documents_of(current_user, firm.id, page_number()),
        upload=DocumentsForm(),
        may_edit=current_user.can(Permission.EDIT_FIRMS),
    )


@blueprint.route("/firms/<int:firm_id>/edit", methods=["GET", "POST"])
@requires(Permission.EDIT_FIRMS)
def edit(firm_id: int) -> str | Response:
    firm = load_firm_for(current_user, firm_id)
    form = ProfileForm(obj=firm)
    if form.validate_on_submit():
        values = form.values()
        try:
            check_version(firm, form.version.data, values, FIRM_FIELDS, _shown)
            service.update_profile(actor=current_user, firm=firm, **values)
        except DomainError as error:
            _land(form, error)
        else:
            flash(_("已保存。"), "success")
            return redirect(url_for("firms.profile", firm_id=firm.id))
    return render_template("firms/edit.html", firm=firm, form=form)


def _shown(name: str, value: Any) -> Any:
    return history.shown(Firm, name, value)


@blueprint.route("/firms/<int:firm_id>/assign", methods=["GET", "POST"])
@requires(Permission.EDIT_FIRMS)
def assign(firm_id: int) -> str | Response:
    """Hand the firm to another officer or park."""
    firm = load_firm_for(current_user, firm_id)
    form = AssignForm(current_user, firm)
    if form.validate_on_submit():
        values = {"organisation_id": form.organisation_id.data, "officer_id": form.officer_id.data}
        try:
            check_version(firm, form.version.data, values, FIRM_FIELDS, _shown)
            service.assign(actor=current_user, firm=firm, **values)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已保存。走访、培育和历史记录都不受影响。"), "success")
            return redirect(url_for("firms.profile", firm_id=firm.id))
    return render_template("firms/assign.html", firm=firm, form=form)


@blueprint.get("/trades")
@requires(Permission.SIGNED_IN)
def trades() -> str:
    """Trades that fit what is being typed, as options of a datalist."""
    return render_template("firms/_trades.html", trades=queries.trades_like(request.args.get("industry_code", "")))
