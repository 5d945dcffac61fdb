"""Lists with screening rules, and cultivation chains."""

from flask import Flask, url_for
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.firms.history.records import RecordHistory, offer_history
from crm.firms.history.words import add_words
from crm.firms.tabs import Tab, TabGroup, add_badges, add_tab
from crm.library.citations import offer_citations
from crm.lists import firm_list, loading, merging, queries, screening
from crm.lists.models import ChainLink, CultivationChain, FirmList
from crm.lists.routes import administration, blueprint, chains, lists, members
from crm.lists.showing import citations
from crm.lists.words import CHAIN_FIELDS, LINK_FIELDS, LIST_FIELDS, MEMBER_FIELDS
from crm.web.language import title_in
from crm.web.layout import Group, Place, add_place

PAGES = (administration, chains, lists, members)  # imported, they have added their pages to the blueprint


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    merging.init_app(app)
    screening.init_app(app)
    add_place(app, Place("lists.index", _l("名单"), "list", Permission.VIEW_FIRMS, 46, group=Group.FIRMS))
    add_tab(app, Tab("lists.of_firm", _l("名单"), TabGroup.CULTIVATION, 19))
    add_badges(app, firm_list.badges)
    offer_citations(app, citations)
    add_words(app, "firm_list", _l("名单"), LIST_FIELDS, subject="title")
    add_words(app, "list_member", _l("名单成员"), MEMBER_FIELDS, subject="list_id")
    add_words(app, "cultivation_chain", _l("培育链"), CHAIN_FIELDS, subject="title")
    add_words(app, "chain_link", _l("培育链的环节"), LINK_FIELDS, subject="title")
    of_list = RecordHistory(
        FirmList,
        lambda _user, list_id: queries.load_list(list_id),
        title_in,
        lambda found: url_for("lists.show", firm_list_id=found.id),
    )
    of_chain = RecordHistory(
        CultivationChain,
        lambda _user, chain_id: queries.load_chain(chain_id),
        title_in,
        lambda found: url_for("lists.chains", _anchor=f"chain-{found.id}"),
        {ChainLink: "chain_id"},
    )
    offer_history(app, of_list)
    offer_history(app, of_chain)
    app.extensions.setdefault("firm_filters", {}).update(firm_list.filters())
    app.extensions.setdefault("reference_loaders", []).append(loading.load_lists)
