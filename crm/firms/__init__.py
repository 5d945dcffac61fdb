"""Firms: profile, names, contacts, yearly figures, IP, proposals, documents."""

from flask import Flask
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.firms import figure_routes, ip_routes, routes, tabs  # noqa: F401  they add their views to the blueprint
from crm.firms.tabs import Tab, add_tab
from crm.web.layout import Place, add_place


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
    tabs.init_app(app)
    add_place(app, Place("firms.index", _l("企业"), "firm", Permission.VIEW_FIRMS, 30))
    add_tab(app, Tab("firms.profile", _l("基本情况"), 20))
    add_tab(app, Tab("firms.figures", _l("年度数据"), 30))
    add_tab(app, Tab("firms.ip", _l("知识产权"), 40))
    add_tab(app, Tab("firms.history", _l("变更记录"), 90))
