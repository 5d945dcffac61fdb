"""Registers: what firms have (institutions, awards, contracts, loans, products, projects …) and what the place offers."""

from flask import Flask
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.firms.history.words import add_words
from crm.firms.saved_views.service import offer_views
from crm.firms.tabs import Tab, TabGroup, add_tab
from crm.registers import overview_routes as _overview_routes  # noqa: F401  its views join the blueprint
from crm.registers import resources, routes
from crm.registers.kinds import ENTRY_FIELDS, REGISTERS, SEVERITIES, TERMS, told
from crm.registers.models import Register, Severity
from crm.registers.overview import entries_filter
from crm.registers.proposing import offer_entries
from crm.web.layout import Group, Place, add_place


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
    titles = {register: kind.title for register, kind in REGISTERS.items()}
    add_words(
        app,
        "register_entry",
        _l("登记册"),
        ENTRY_FIELDS,
        subject="name",
        enumerations={Register: titles, Severity: SEVERITIES},
        shown={name: told(name) for name in TERMS},
    )
    resources.init_app(app)
    offer_entries(app)
    add_tab(app, Tab("registers.entries", _l("登记册"), TabGroup.RECORD, 50, Permission.VIEW_RECORD))
    add_place(app, Place("registers.overview", _l("登记册"), "register", Permission.VIEW_FIRMS, 48, group=Group.FIRMS))
    offer_views(app, "registers.overview", _l("登记册"))
    app.extensions.setdefault("firm_filters", {})["entries"] = entries_filter()
