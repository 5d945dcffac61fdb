"""Pages of yearly figures: the series, one year with its sources, its form."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.figures import queries as figure_queries
from crm.firms.figures import series as figure_series
from crm.firms.figures import service as figure_service
from crm.firms.figures.forms import FiguresForm, VerifyForm
from crm.firms.figures.keys import GROUPS, KEYS
from crm.firms.figures.models import YearlyFigures
from crm.firms.figures.plausibility import texts_of
from crm.firms.loaders import load_firm_for
from crm.firms.models import Firm, State
from crm.firms.routes import blueprint
from crm.kernel import clock
from crm.kernel.errors import DomainError, NotFoundError
from crm.web.errors import land

YEARS_OFFERED = 8


@blueprint.get("/firms/<int:firm_id>/figures")
@requires(Permission.VIEW_RECORD)
def figures(firm_id: int) -> str | Response:
    """The series; with ?year=… the year itself, its form for those who may fill it in."""
    firm = load_firm_for(current_user, firm_id)
    year = request.args.get("year", type=int)
    if year is not None and current_user.can(Permission.EDIT_FIRMS):
        return redirect(url_for("firms.edit_figures", firm_id=firm.id, year=year))
    years = figure_queries.years_with_sources(firm.id)[::-1]
    known = {each.year for each in years}
    latest = clock.today().year
    return render_template(
        "firms/figures.html",
        firm=firm,
        years=years,
        sections=figure_series.sections_of(years),
        charts=[(KEYS[key].title, figure_series.bars_of(years, key)) for key in ("revenue", "rd")],
        warned=[(each.year, texts_of(each.warnings)) for each in years if each.warnings],
        missing_years=[year for year in range(latest, latest - YEARS_OFFERED, -1) if year not in known],
    )


@blueprint.get("/firms/<int:firm_id>/figures/<int:year>")
@requires(Permission.VIEW_RECORD)
def figures_of_year(firm_id: int, year: int) -> str:
    firm = load_firm_for(current_user, firm_id)
    figures = _load_year(firm, year)
    return _year_page(firm, figures, VerifyForm(firm, data={"version": figures.version}))


@blueprint.route("/firms/<int:firm_id>/figures/<int:year>/edit", methods=["GET", "POST"])
@requires(Permission.EDIT_FIRMS)
def edit_figures(firm_id: int, year: int) -> str | Response:
    """The form of one year; a year not yet there is added by saving it."""
    firm = load_firm_for(current_user, firm_id)
    figure_service.check_year(year)
    figures = figure_queries.figures_of_year(firm.id, year)
    form = FiguresForm(firm, obj=figures, data=None if figures else {"version": 0})
    if form.validate_on_submit():
        try:
            figures = figure_service.record_figures(
                actor=current_user,
                firm=firm,
                year=year,
                values=form.values,
                document=form.document(current_user, firm),
                expected_version=form.version.data,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("%(year)s 年的数据已保存。", year=year), "success")
            for text in texts_of(figures.warnings):
                flash(text, "warning")
            return redirect(url_for("firms.figures_of_year", firm_id=firm.id, year=year))
    return render_template("firms/figures_form.html", firm=firm, year=year, figures=figures, form=form, groups=GROUPS)


@blueprint.route("/firms/<int:firm_id>/figures/<int:year>/verify", methods=["GET", "POST"])
@requires(Permission.EDIT_FIRMS)
def verify_figures(firm_id: int, year: int) -> str | Response:
    firm = load_firm_for(current_user, firm_id)
    figures = _load_year(firm, year)
    form = VerifyForm(firm, obj=figures)
    if form.validate_on_submit():
        try:
            figure_service.verify_figures(
                actor=current_user,
                figures=figures,
                keys=form.keys.data or [],
                document=form.document(current_user, firm),
                expected_version=form.version.data,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已核实 %(count)s 项。", count=len(form.keys.data or [])), "success")
            return redirect(url_for("firms.figures_of_year", firm_id=firm.id, year=year))
    return _year_page(firm, figures, form)


@blueprint.post("/firms/<int:firm_id>/figures/<int:year>/remove")
@requires(Permission.EDIT_FIRMS)
def remove_figures(firm_id: int, year: int) -> Response:
    firm = load_firm_for(current_user, firm_id)
    figure_service.remove_year(actor=current_user, figures=_load_year(firm, year))
    flash(_("%(year)s 年的数据已删除，变更记录里仍可查到。", year=year), "success")
    return redirect(url_for("firms.figures", firm_id=firm.id))


def _load_year(firm: Firm, year: int) -> YearlyFigures:
    figures = figure_queries.year_with_sources(firm.id, year)
    if figures is None:
        raise NotFoundError(_("这家企业没有 %(year)s 年的数据。", year=year))
    return figures


def _year_page(firm: Firm, figures: YearlyFigures, form: VerifyForm) -> str:
    cells = figure_series.cells_of(figures)
    return render_template(
        "firms/figures_year.html",
        firm=firm,
        figures=figures,
        cells=cells,
        groups=GROUPS,
        form=form,
        who_text=figure_series.who_text,
        open_keys=[key for key, cell in cells.items() if cell.text is not None and cell.state is not State.VERIFIED],
    )
