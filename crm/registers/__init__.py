"""Registers: institutions, awards, equity, standards, honours, incidents."""

from flask import Flask
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.firms.tabs import Tab, add_tab
from crm.registers import routes


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
    add_tab(app, Tab("registers.entries", _l("资质与平台"), 50, Permission.VIEW_RECORD))
