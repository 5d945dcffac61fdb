"""How parks perform: weighted indicators (五好园区), ranked with reasons."""

from flask import Flask
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.firms.history.words import add_words
from crm.insight.performance import loading, routes
from crm.insight.performance import models as models  # its tables
from crm.insight.performance.words import ITEM_FIELDS, VALUE_FIELDS
from crm.web.layout import Group, Place, add_place

PAGES = (routes,)  # imported, they have added their pages to the blueprint


def init_app(app: Flask) -> None:
    app.extensions.setdefault("reference_loaders", []).append(loading.load)
    add_place(app, Place("insight.parks", _l("园区评价"), "rank", Permission.VIEW_FUNNEL, 64, group=Group.PARK))
    add_words(app, "performance_item", _l("评价指标"), ITEM_FIELDS, subject="indicator_id")
    add_words(app, "park_value", _l("园区数值"), VALUE_FIELDS, named_by=("organisation_id", "indicator_id", "year"))
