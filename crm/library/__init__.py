"""The policy library: documents by number, what they replace, and what cites them."""

from flask import Flask, url_for
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape

from crm.accounts.permissions import Permission
from crm.firms.history.words import add_words
from crm.library import loading, routes
from crm.library import models as models  # its tables
from crm.library.queries import document_by_number
from crm.library.service import FIELDS
from crm.web.layout import Group, Place, add_place


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
    app.extensions.setdefault("reference_loaders", []).append(loading.load)
    app.jinja_env.globals["policy_link"] = policy_link
    add_words(app, "policy_document", _l("政策文件"), FIELDS, subject="number")
    add_place(app, Place("library.index", _l("政策库"), "library", Permission.SIGNED_IN, 66, group=Group.RULES))


def policy_link(number: str | None) -> Markup:
    """The number of a document as a link into the library; as text where the library lacks it."""
    found = document_by_number(number) if number else None
    if found is None:
        return escape(number or "")
    return Markup('<a class="inline-link" href="{}" title="{}">{}</a>').format(
        url_for("library.show", policy_document_id=found.id), found.title, number
    )
