"""What a firm could change: what-if, scenarios, ways, years, forecast."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.firms.history.words import add_words
from crm.firms.tabs import Tab, TabGroup, add_tab
from crm.outlook.routes import blueprint, outlook, what_if
from crm.outlook.words import SCENARIO_FIELDS, changes_text

PAGES = (outlook, what_if)  # imported, they have added their pages to the blueprint


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    add_tab(app, Tab("outlook.outlook", _l("路径"), TabGroup.CULTIVATION, 16, Permission.VIEW_RECORD))
    add_words(app, "scenario", _l("假设方案"), SCENARIO_FIELDS, subject="name", shown={"changes": changes_text})
