"""The manager's pages: the funnel."""

from flask import Flask
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.firms.saved_views.service import offer_views
from crm.insight import models as models  # its tables
from crm.insight import routes
from crm.web.layout import Group, Place, add_place


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
    offer_views(app, "insight.funnel", _l("培育漏斗"))
    add_place(app, Place("insight.funnel", _l("漏斗"), "funnel", Permission.VIEW_FUNNEL, 60, group=Group.PARK))
