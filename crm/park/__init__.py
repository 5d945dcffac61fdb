"""The whole park at once: readiness, comparisons."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.firms.tabs import add_badges
from crm.park import comparison_routes, comparisons, firm_list, models, readiness, readiness_routes
from crm.park.blueprint import blueprint
from crm.web.layout import Group, Place, add_place

TABLES = models  # imported, they are known
PAGES = (comparison_routes, readiness_routes)  # imported, they have added their pages to the blueprint


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    add_place(app, Place("park.readiness", _l("达标测算"), "checklist", Permission.VIEW_FUNNEL, 62, group=Group.PARK))
    add_badges(app, readiness.badges)
    app.extensions.setdefault("firm_filters", {}).update(firm_list.filters())
    comparisons.init_app(app)
    readiness.init_app(app)
