"""The officer's pages: the day, and a firm at a glance."""

from flask import Flask
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.desk import brief, routes
from crm.firms.tabs import Tab, add_tab
from crm.visits.asking import offer_aim
from crm.web.layout import Place, add_place


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
    add_place(app, Place("desk.day", _l("今日"), "home", Permission.LOG_VISITS, 10, thumb=1))
    add_tab(app, Tab("desk.firm", _l("概况"), 10))
    offer_aim(app, brief.aim)
