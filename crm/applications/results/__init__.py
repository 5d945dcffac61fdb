"""Official result lists: read, reconciled with the firms by credit code, and granted as titles."""

from flask import Flask, url_for
from flask_babel import lazy_gettext as _l

from crm.applications.models import ResultList, ResultState
from crm.applications.results import routes, work
from crm.applications.results.service import load_list_for
from crm.applications.results.words import LIST_FIELDS, STATES
from crm.firms.history.records import RecordHistory, offer_history
from crm.firms.history.words import add_words


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
    work.init_app(app)
    add_words(app, "result_list", _l("认定名单"), LIST_FIELDS, subject="title", enumerations={ResultState: STATES})
    of_list = RecordHistory(
        ResultList, load_list_for, lambda found: found.title, lambda found: url_for("results.show", list_id=found.id)
    )
    offer_history(app, of_list)
