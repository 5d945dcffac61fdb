"""The officer's pages: the day, and a firm at a glance."""

from flask import Flask
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.desk import brief, offline, routes
from crm.desk import feed_routes as _feed_routes  # noqa: F401  its views join the blueprint
from crm.firms.tabs import Tab, TabGroup, add_tab
from crm.visits.asking import offer_aim
from crm.web.layout import Place, add_place, add_to_user_menu


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
    offline.init_app(app)
    add_place(app, Place("desk.day", _l("今日"), "home", Permission.LOG_VISITS, 10, thumb=1))
    add_to_user_menu(app, Place("desk.subscription", _l("订阅我的日历"), "calendar", Permission.LOG_VISITS))
    add_tab(app, Tab("desk.firm", _l("概况"), TabGroup.OVERVIEW, 10))
    offer_aim(app, brief.aim)
