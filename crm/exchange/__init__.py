"""Spreadsheets in and out."""

from flask import Flask
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.exchange import routes, work
from crm.web.layout import Group, Place, add_place


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
    add_place(app, Place("exchange.index", _l("导入"), "import", Permission.EXCHANGE, 70, group=Group.RULES))
    work.init_app(app)
