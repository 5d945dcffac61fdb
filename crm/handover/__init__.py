"""Hand-over: firms go from one officer to another, with all that is under way."""

from flask import Flask
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.handover import routes
from crm.handover.queries import firms_in_charge
from crm.web.layout import Group, Place, add_place


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
    app.jinja_env.globals["firms_in_charge"] = firms_in_charge
    add_place(app, Place("handover.index", _l("移交"), "external", Permission.EDIT_FIRMS, 49, group=Group.FIRMS))
