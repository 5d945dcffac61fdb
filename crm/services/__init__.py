"""Services: what firms at a rung are due, and needs matched with those who can answer them."""

from flask import Flask, url_for
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.firms.history.records import RecordHistory, offer_history
from crm.firms.history.words import add_words
from crm.firms.tabs import Tab, TabGroup, add_tab
from crm.services import firm_list, loading, routes
from crm.services import models as models  # its tables
from crm.services.models import MatchState, Phase, ServiceItem, ServiceState
from crm.services.service import load_item
from crm.services.words import ITEM_FIELDS, MATCH_FIELDS, MATCH_STATES, PHASES, RECORD_FIELDS, STATES, reason_text
from crm.web.language import title_in
from crm.web.layout import Group, Place, add_place


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
    app.extensions.setdefault("reference_loaders", []).append(loading.load)
    app.extensions.setdefault("firm_filters", {}).update(firm_list.filters())
    add_place(app, Place("services.index", _l("服务包"), "service", Permission.VIEW_FIRMS, 46, group=Group.FIRMS))
    add_tab(app, Tab("services.firm", _l("服务包"), TabGroup.SERVICE, 61, Permission.VIEW_RECORD))
    add_words(app, "service_item", _l("服务包"), ITEM_FIELDS, subject="title", enumerations={Phase: PHASES})
    of_item = RecordHistory(
        ServiceItem, lambda _user, item_id: load_item(item_id), title_in, lambda _item: url_for("services.index")
    )
    offer_history(app, of_item)
    add_words(app, "service_record", _l("服务"), RECORD_FIELDS, subject="item_id", enumerations={ServiceState: STATES})
    add_words(
        app,
        "need_match",
        _l("诉求匹配"),
        MATCH_FIELDS,
        subject="resource_id",
        enumerations={MatchState: MATCH_STATES},
        shown={"reason": reason_text},
    )
