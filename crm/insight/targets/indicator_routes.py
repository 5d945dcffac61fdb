"""Pages of the administrator: the indicators there are, and one of them."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.insight.blueprint import blueprint
from crm.insight.targets import derived
from crm.insight.targets.board import all_indicators
from crm.insight.targets.catalogue import offered
from crm.insight.targets.forms import IndicatorForm, indicator_form
from crm.insight.targets.indicator_service import save_indicator
from crm.insight.targets.models import Indicator
from crm.insight.targets.routes import load_indicator
from crm.insight.targets.showing import measure_title
from crm.kernel.errors import DomainError
from crm.web.errors import land
from crm.web.language import title_in


@blueprint.get("/targets/indicators")
@requires(Permission.VIEW_FUNNEL)
def indicators() -> str:
    """Every indicator: its unit, how its number comes about, what it stands beside."""
    found = all_indicators()
    titles = {each.key: title_in(each) for each in found}
    return render_template(
        "insight/targets/indicators.html",
        indicators=found,
        titles=titles,
        how={each.key: measure_title(each, titles) for each in found},
    )


@blueprint.route("/targets/indicators/new", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def create_indicator() -> str | Response:
    form = _form(None)
    if form.validate_on_submit():
        return _save(form, None) or _page(form, None)
    return _page(form, None)


@blueprint.route("/targets/indicators/<int:indicator_id>/edit", methods=["GET", "POST"])
@requires(Permission.ADMINISTER_REFERENCE)
def edit_indicator(indicator_id: int) -> str | Response:
    indicator = load_indicator(indicator_id)
    form = _form(indicator)
    if form.validate_on_submit():
        return _save(form, indicator) or _page(form, indicator)
    return _page(form, indicator)


def _form(indicator: Indicator | None) -> IndicatorForm:
    found = all_indicators()
    titles = {each.key: title_in(each) for each in found}
    measures = {**offered(), **derived.offered(titles, {each.key: each.measure for each in found})}
    if indicator is not None and indicator.measure and indicator.measure not in measures:
        measures[indicator.measure] = measure_title(indicator, titles) or indicator.measure
    others = {key: title for key, title in titles.items() if indicator is None or key != indicator.key}
    return indicator_form(measures, others, indicator)


def _save(form: IndicatorForm, indicator: Indicator | None) -> Response | None:
    names = ("title", "title_en", "unit", "measure", "quality_of", "downward", "disabled")
    values = {name: form[name].data for name in names} | {"place": form.place.data or 0}
    values["title_en"] = values["title_en"] or values["title"]
    if indicator is None:
        values["key"] = form.key.data
    try:
        saved = save_indicator(
            indicator=indicator, expected_version=form.version.data if indicator is not None else None, **values
        )
    except DomainError as error:
        land(form, error)
        return None
    flash(_("指标“%(title)s”已保存。", title=saved.title), "success")
    return redirect(url_for("insight.indicators"))


def _page(form: IndicatorForm, indicator: Indicator | None) -> str:
    return render_template("insight/targets/indicator_form.html", form=form, indicator=indicator)
