"""Targets: indicators with base, target and actual, handed down and forecast."""

from flask import Flask, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.firms.history.records import RecordHistory, offer_history
from crm.firms.history.words import add_words
from crm.insight.targets import firm_list, indicator_routes, loading, number_routes, refresh, routes
from crm.insight.targets import models as models  # its tables
from crm.insight.targets.plans import citations, load_plan, sets_plan
from crm.insight.targets.words import INDICATOR_FIELDS, PLAN_FIELDS, VALUE_FIELDS, VALUE_KINDS, unit_word
from crm.kernel.errors import NotFoundError
from crm.library.citations import offer_citations
from crm.web.language import title_in
from crm.web.layout import Group, Place, add_place

PAGES = (routes, number_routes, indicator_routes)  # imported, they have added their pages to the blueprint


def init_app(app: Flask) -> None:
    refresh.init_app(app)
    app.jinja_env.globals["unit_word"] = unit_word
    app.extensions.setdefault("firm_filters", {}).update(firm_list.filters())
    app.extensions.setdefault("reference_loaders", []).append(loading.load)
    add_place(app, Place("insight.targets", _l("目标"), "target", Permission.VIEW_FUNNEL, 63, group=Group.PARK))
    offer_citations(app, citations)
    add_words(app, "indicator", _l("指标"), INDICATOR_FIELDS, subject="title")
    add_words(app, "target_plan", _l("规划"), PLAN_FIELDS, subject="title")
    add_words(
        app, "indicator_value", _l("指标数值"), VALUE_FIELDS, enumerations={models.ValueKind: VALUE_KINDS},
        named_by=("indicator_id", "year", "kind", "organisation_id", "officer_id"),
    )  # fmt: skip
    offer_history(
        app, RecordHistory(models.TargetPlan, _own_plan, title_in, _page_of, {models.IndicatorValue: "plan_id"})
    )
    of_indicator = RecordHistory(
        models.Indicator,
        lambda _user, indicator_id: routes.load_indicator(indicator_id),
        title_in,
        lambda _indicator: url_for("insight.targets"),
    )
    offer_history(app, of_indicator)


def _own_plan(user: User, plan_id: int) -> models.TargetPlan:
    """All of its numbers, also those handed down, are read by who sets it."""
    plan = load_plan(user, plan_id)
    if not sets_plan(user, plan):
        raise NotFoundError(_("没有这个规划，或它不在您的管辖范围内。"))
    return plan


def _page_of(plan: models.TargetPlan) -> str:
    return url_for("insight.target_plan", plan_id=plan.id)
