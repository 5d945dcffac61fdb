"""Firms: profile, names, contacts, yearly figures, IP, proposals, documents."""

from datetime import timedelta

from flask import Flask, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from crm.accounts.permissions import Permission
from crm.firms import contact_routes, few, finding, routes, tabs
from crm.firms.documents import routes as document_routes
from crm.firms.documents.service import visible_document
from crm.firms.duplicates import cores
from crm.firms.duplicates import routes as duplicate_routes
from crm.firms.facts import routes as fact_routes
from crm.firms.figures import routes as figure_routes
from crm.firms.history import routes as history_routes
from crm.firms.history import words as history
from crm.firms.ip import finding as right_finding
from crm.firms.ip import routes as ip_routes
from crm.firms.proposals import routes as proposal_routes
from crm.firms.proposals.models import Decision, Target
from crm.firms.proposals.words import DECISIONS, TARGETS
from crm.firms.reference import routes as reference_routes
from crm.firms.saved_views import routes as view_routes
from crm.firms.saved_views import service as saved_views
from crm.firms.tabs import Tab, TabGroup, add_tab
from crm.kernel.jobs import offer_regular
from crm.web.layout import Group, Place, add_place

CORES_EVERY = timedelta(minutes=1)  # firms that came in bulk have no core yet


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
    tabs.init_app(app)
    finding.init_app(app)
    right_finding.init_app(app)
    saved_views.offer_views(app, "firms.index", _l("企业"))
    app.jinja_env.globals.update(views_here=saved_views.here, view_url=saved_views.address_of)
    history.init_app(app)
    app.extensions["history_enumerations"].update({Decision: DECISIONS, Target: TARGETS})
    few.init_app(app)
    offer_regular(app, "name cores", CORES_EVERY, cores.fill)
    app.jinja_env.globals["visible_document"] = lambda document: visible_document(current_user, document)
    app.extensions["search_url"] = _search_url
    add_place(app, Place("firms.index", _l("企业"), "firm", Permission.VIEW_FIRMS, 30, group=Group.FIRMS, thumb=2))
    add_place(
        app, Place("firms.proposals", _l("企业申请"), "proposal", Permission.DECIDE_PROPOSALS, 47, group=Group.FIRMS)
    )
    app.register_blueprint(reference_routes.blueprint)
    add_place(
        app,
        Place("reference.index", _l("词表与日历"), "term", Permission.ADMINISTER_REFERENCE, 90, group=Group.RULES),
    )
    add_tab(app, Tab("firms.profile", _l("基本情况"), TabGroup.RECORD, 20, Permission.VIEW_RECORD))
    add_tab(app, Tab("firms.figures", _l("年度数据"), TabGroup.RECORD, 30, Permission.VIEW_RECORD))
    add_tab(app, Tab("firms.ip", _l("知识产权"), TabGroup.RECORD, 40, Permission.VIEW_RECORD))
    add_tab(app, Tab("firms.history", _l("变更记录"), TabGroup.RECORD, 55))


def _search_url() -> str | None:
    """Where the search box of every page leads: nowhere for those who see no list."""
    return url_for("firms.index") if current_user.can(Permission.VIEW_FIRMS) else None


# These add their views to the room's blueprint, or their tables, by being imported.
__all__ = [
    "contact_routes",
    "document_routes",
    "duplicate_routes",
    "fact_routes",
    "figure_routes",
    "history_routes",
    "init_app",
    "ip_routes",
    "proposal_routes",
    "view_routes",
]
