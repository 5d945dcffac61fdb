"""What a place has to offer its firms: experts, achievements, instruments, carriers, alliances, events."""

from flask import Flask, url_for
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.firms.history.records import RecordHistory, offer_history
from crm.firms.saved_views.service import offer_views
from crm.firms.tabs import Tab, TabGroup, add_tab
from crm.registers.resources import finding, firm_list, merging, routes
from crm.registers.resources import search_routes as _search_routes  # noqa: F401  its views join the blueprint
from crm.registers.resources import tie_routes as _tie_routes  # noqa: F401
from crm.registers.resources.models import Resource
from crm.registers.resources.queries import load_resource
from crm.registers.resources.words import add_history_words
from crm.web.layout import Group, Place, add_place


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
    add_history_words(app)
    offer_history(app, RecordHistory(Resource, load_resource, lambda each: each.name, _page_of))
    finding.init_app(app)
    merging.init_app(app)
    add_place(app, Place("resources.index", _l("服务与资源"), "resource", Permission.VIEW_FIRMS, 64, group=Group.PARK))
    add_tab(app, Tab("resources.of_firm", _l("服务与资源"), TabGroup.SERVICE, 62))
    offer_views(app, "resources.index", _l("服务与资源"))
    app.extensions.setdefault("firm_filters", {}).update(firm_list.filters())


def _page_of(resource: Resource) -> str:
    return url_for("resources.show", resource_id=resource.id)
