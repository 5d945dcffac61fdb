"""The manager's pages: the funnel, conversion, movement, where firms are stuck, early warning, coverage, the monthly report."""

from flask import Flask
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.firms.saved_views.service import offer_views
from crm.insight import firm_list, obliged
from crm.insight import models as models  # its tables
from crm.insight.blueprint import blueprint
from crm.insight.diagnosis import init_app as init_diagnosis
from crm.insight.early_warning import refresh as early_warning
from crm.insight.kept import refresh as kept
from crm.insight.performance import init_app as init_performance
from crm.insight.returns import init_app as init_returns
from crm.insight.routes import anew, cohorts, coverage, funnel, movement, pool, report, stuck, warnings
from crm.insight.routes import diagnosis as diagnosis_pages
from crm.insight.routes import obliged as obliged_pages
from crm.insight.routes import returns as return_pages
from crm.insight.targets import init_app as init_targets
from crm.web.layout import Group, Place, add_place

# Imported, they have added their pages to the blueprint.
PAGES = (
    cohorts,
    coverage,
    diagnosis_pages,
    funnel,
    movement,
    obliged_pages,
    pool,
    report,
    return_pages,
    stuck,
    warnings,
)


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    init_targets(app)
    init_performance(app)
    init_diagnosis(app)
    init_returns(app)
    early_warning.init_app(app)
    kept.init_app(app)
    anew.init_app(app)
    offer_views(app, "insight.funnel", _l("培育漏斗"))
    app.extensions.setdefault("firm_filters", {}).update(firm_list.filters() | obliged.filters())
    add_place(app, Place("insight.funnel", _l("漏斗"), "funnel", Permission.VIEW_FUNNEL, 60, group=Group.PARK))
