"""The administrator's pages: vocabularies and their terms, industrial chains, trades, the working days of a year."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.models import Chain, Industry
from crm.firms.reference import queries, service, terms, trades
from crm.firms.reference.forms import (
    ChainForm,
    DayForm,
    DaysForm,
    NewChainForm,
    NewTermForm,
    NewTradeForm,
    TermForm,
    TradeForm,
)
from crm.firms.reference.words import LEVELS
from crm.firms.reference.working_days import known_until
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.web.errors import land
from crm.web.paging import page_number

blueprint = Blueprint("reference", __name__, url_prefix="/reference")

FIRST_YEAR, LAST_YEAR = 2000, 2100
HOLIDAY, WORKING = "holiday", "working"


@blueprint.get("")
@requires(Permission.ADMINISTER_REFERENCE)
def index() -> str:
    """All vocabularies."""
    return render_template("reference/index.html", vocabularies=queries.vocabularies(), tabs=_tabs())


@blueprint.route("/terms/<vocabulary>", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def vocabulary(vocabulary: str) -> Any:
    """The terms of one vocabulary in their order, and a new one."""
    title = _title_of(vocabulary)
    form = NewTermForm()
    if form.validate_on_submit():
        try:
            term = service.add_term(
                actor=current_user, vocabulary=vocabulary, title=form.title.data or "", title_en=form.title_en.data
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已添加“%(title)s”。", title=term.title), "success")
            return redirect(url_for("reference.vocabulary", vocabulary=vocabulary))
    page = render_template(
        "reference/vocabulary.html",
        vocabulary=vocabulary,
        vocabulary_title=title,
        words=terms.all_terms(vocabulary),
        form=form,
    )
    return (page, 422) if form.errors else page


@blueprint.route("/terms/<vocabulary>/<term_key>", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def term(vocabulary: str, term_key: str) -> Any:
    """Rename a term, disable it or bring it back."""
    title = _title_of(vocabulary)
    word = service.term_of(vocabulary, term_key)
    version = queries.term_versions(vocabulary).get(term_key, "")
    known = {"title": word.title, "title_en": word.title_en, "disabled": word.disabled, "version": str(version)}
    form = TermForm(data=known)
    if form.validate_on_submit():
        try:
            service.edit_term(
                actor=current_user,
                vocabulary=vocabulary,
                key=term_key,
                title=form.title.data or "",
                title_en=form.title_en.data,
                disabled=bool(form.disabled.data),
                expected_version=form.version.data if version else None,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已保存。"), "success")
            return redirect(url_for("reference.vocabulary", vocabulary=vocabulary))
    page = render_template("reference/term.html", vocabulary=vocabulary, vocabulary_title=title, word=word, form=form)
    return (page, 422) if form.errors else page


@blueprint.post("/terms/<vocabulary>/<term_key>/move")
@requires(Permission.ADMINISTER_REFERENCE)
def move(vocabulary: str, term_key: str) -> Response:
    """Up or down by one place."""
    _title_of(vocabulary)
    service.move_term(actor=current_user, vocabulary=vocabulary, key=term_key, up=request.form.get("to") == "up")
    return redirect(url_for("reference.vocabulary", vocabulary=vocabulary))


@blueprint.route("/chains", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def chains() -> Any:
    """The local industrial chains, and a new one."""
    form = NewChainForm()
    if form.validate_on_submit():
        try:
            chain = service.add_chain(actor=current_user, name=form.name.data or "", name_en=form.name_en.data)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已添加“%(title)s”。", title=chain.name), "success")
            return redirect(url_for("reference.chains"))
    page = render_template("reference/chains.html", rows=queries.chains(), form=form, tabs=_tabs())
    return (page, 422) if form.errors else page


@blueprint.route("/chains/<int:chain_id>", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def chain(chain_id: int) -> Any:
    found = db.session.get(Chain, chain_id)
    if found is None:
        raise NotFoundError(_("没有这条产业链。"))
    form = ChainForm(obj=found)
    if form.validate_on_submit():
        try:
            service.edit_chain(
                actor=current_user,
                chain=found,
                name=form.name.data or "",
                name_en=form.name_en.data,
                disabled=bool(form.disabled.data),
                expected_version=form.version.data,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已保存。"), "success")
            return redirect(url_for("reference.chains"))
    page = render_template("reference/chain.html", chain=found, form=form)
    return (page, 422) if form.errors else page


@blueprint.route("/industries", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def industries() -> Any:
    """The trades of GB/T 4754: searched, or from the sections down; and a new one."""
    typed, parent = request.args.get("q", "").strip(), request.args.get("parent") or None
    form = NewTradeForm(data={"code": parent or ""})
    if form.validate_on_submit():
        try:
            trade = trades.add_trade(actor=current_user, code=form.code.data or "", name=form.name.data or "")
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已添加“%(title)s”。", title=f"{trade.code} {trade.name}"), "success")
            return redirect(url_for("reference.industries", parent=trade.parent_code))
    page = render_template(
        "reference/industries.html",
        page=queries.trades(typed, parent, page_number()),
        path=[] if typed else queries.trade_path(parent),
        typed=typed,
        levels=LEVELS,
        form=form,
        tabs=_tabs(),
    )
    return (page, 422) if form.errors else page


@blueprint.route("/industries/<industry_code>", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def industry(industry_code: str) -> Any:
    """Rename a trade, disable it or bring it back."""
    found = db.session.get(Industry, industry_code)
    if found is None:
        raise NotFoundError(_("没有这个行业。"))
    form = TradeForm(obj=found)
    if form.validate_on_submit():
        try:
            trades.edit_trade(
                actor=current_user,
                trade=found,
                name=form.name.data or "",
                disabled=bool(form.disabled.data),
                expected_version=form.version.data,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已保存。"), "success")
            return redirect(url_for("reference.industries", parent=found.parent_code))
    page = render_template(
        "reference/industry.html",
        trade=found,
        path=queries.trade_path(found.parent_code),
        levels=LEVELS,
        form=form,
    )
    return (page, 422) if form.errors else page


@blueprint.route("/working-days", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def working_days() -> Any:
    """A year month by month; a year's notice is pasted as lines."""
    year = request.args.get("year", type=int) or clock.today().year
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFoundError(_("没有这一年。"))
    form = DaysForm()
    if form.validate_on_submit():
        try:
            lines = service.read_days(form.text.data or "")
            number = service.enter_days(actor=current_user, lines=lines)
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已登记 %(number)s 天。", number=number), "success")
            return redirect(url_for("reference.working_days", year=lines[0].on.year))
    page = render_template(
        "reference/working_days.html",
        year=queries.year_of(year),
        first=FIRST_YEAR,
        last=LAST_YEAR,
        known_until=known_until(),
        today=clock.today(),
        form=form,
        tabs=_tabs(),
    )
    return (page, 422) if form.errors else page


@blueprint.post("/working-days/<int:year>/clear")
@requires(Permission.ADMINISTER_REFERENCE)
def clear_year(year: int) -> Response:
    """Take a year's days out again."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFoundError(_("没有这一年。"))
    number = service.clear_year(actor=current_user, year=year)
    flash(_("%(year)s 年的 %(number)s 天已清空，这一年只按周末推算。", year=year, number=number), "success")
    return redirect(url_for("reference.working_days", year=year))


@blueprint.route("/working-days/<day>", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def working_day(day: str) -> Any:
    """One day: a holiday, worked in exchange, or as its weekday says."""
    try:
        on = date.fromisoformat(day)
    except ValueError:
        raise NotFoundError(_("没有这一天。")) from None
    if not FIRST_YEAR <= on.year <= LAST_YEAR:
        raise NotFoundError(_("没有这一年。"))
    entered = next((row for row in queries.year_of(on.year).entered if row.on == on), None)
    known = {"version": str(service.NOT_ENTERED)}
    if entered:
        kind = WORKING if entered.working else HOLIDAY
        known = {"working": kind, "name": entered.name, "version": str(entered.version)}
    form = DayForm(data=known)
    if form.validate_on_submit():
        chosen = form.working.data
        try:
            service.set_day(
                actor=current_user,
                on=on,
                working=None if chosen is None else chosen == WORKING,
                name=form.name.data,
                expected_version=form.version.data,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已保存。"), "success")
            return redirect(url_for("reference.working_days", year=on.year, _anchor=f"month-{on.month}"))
    page = render_template("reference/working_day.html", on=on, form=form)
    return (page, 422) if form.errors else page


def _title_of(vocabulary: str) -> str:
    title = terms.vocabularies().get(vocabulary)
    if title is None:
        raise NotFoundError(_("没有这张词表。"))
    return title


def _tabs() -> list[dict[str, Any]]:
    titles = {
        "index": _("词表"),
        "chains": _("产业链"),
        "industries": _("行业"),
        "working_days": _("工作日"),
    }
    return [
        {"key": f"reference.{name}", "title": title, "href": url_for(f"reference.{name}")}
        for name, title in titles.items()
    ]
