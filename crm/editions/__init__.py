"""The criteria as living data: the library in force, drafts, what is confirmed."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.editions import certainty_routes, draft_routes, library, models, routes
from crm.editions.blueprint import blueprint
from crm.editions.models import EditionState
from crm.editions.showing import citations
from crm.editions.words import EDITION_FIELDS, STATES
from crm.firms.history.words import add_words
from crm.firms.rules import offer_editions
from crm.library.citations import offer_citations
from crm.web.layout import Group, Place, add_place

TABLES = models  # imported, they are known
PAGES = (certainty_routes, draft_routes, routes)  # imported, they have added their pages to the blueprint


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    add_place(app, Place("editions.index", _l("认定条件"), "policy", Permission.SIGNED_IN, 65, group=Group.RULES))
    offer_citations(app, citations)
    offer_editions(app, library.library)
    add_words(
        app,
        "edition",
        _l("认定条件"),
        EDITION_FIELDS,
        subject="name",
        enumerations={EditionState: STATES},
    )
