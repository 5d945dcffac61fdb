"""Official result lists: read, reconciled with the firms by credit code, and granted as titles."""

from flask import Flask
from flask_babel import lazy_gettext as _l

from crm.applications.models import ResultState
from crm.applications.results import routes, work
from crm.applications.results.words import LIST_FIELDS, STATES
from crm.firms.history.words import add_words


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
    work.init_app(app)
    add_words(app, "result_list", _l("认定名单"), LIST_FIELDS, subject="title", enumerations={ResultState: STATES})
