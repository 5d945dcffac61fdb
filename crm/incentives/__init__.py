"""Incentives: what firms are entitled to, what they claim, what is paid, and what became of them."""

from __future__ import annotations

from typing import Any

from flask import Flask, url_for
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.editions.statements import add_statements
from crm.firms.history.records import RecordHistory, offer_history
from crm.firms.history.words import add_words
from crm.firms.saved_views.service import offer_views
from crm.firms.tabs import Tab, TabGroup, add_tab
from crm.incentives import effect, merging, once
from crm.incentives.firm_list import filters
from crm.incentives.models import ClaimState, Provision
from crm.incentives.provisions import load_provision
from crm.incentives.routes import blueprint, claims, firm, policies, provisions
from crm.incentives.rules import rules
from crm.incentives.statements import statements
from crm.incentives.words import (
    CLAIM_FIELDS,
    PAYMENT_FIELDS,
    PROVISION_FIELDS,
    STATES,
    amount_words,
    arithmetic_text,
    cause_text,
    incentive_title,
)
from crm.library.citations import Citation, offer_citations
from crm.library.numbers import normal
from crm.notices.words import add_notice_words
from crm.web.language import language
from crm.web.layout import Group, Place, add_place

PAGES = (claims, firm, policies, provisions)  # imported, they have added their pages to the blueprint


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    add_place(app, Place("incentives.index", _l("政策兑现"), "money", Permission.VIEW_FIRMS, 62, group=Group.PARK))
    add_tab(app, Tab("incentives.firm", _l("政策兑现"), TabGroup.CULTIVATION, 18, Permission.VIEW_RECORD))
    offer_views(app, "incentives.claims", _l("政策申领"))
    add_statements(app, statements)
    offer_citations(app, _citations)
    add_notice_words(app, "incentive", incentive_title)
    add_notice_words(app, "amount", amount_words)
    app.extensions.setdefault("firm_filters", {}).update(filters())
    effect.init_app(app)
    merging.init_app(app)
    app.extensions.setdefault("entries_in_use", []).append(once.entries_in_use)
    shown: dict[str, Any] = {"incentive": incentive_title, "cause": cause_text, "arithmetic": arithmetic_text}
    add_words(
        app,
        "claim",
        _l("政策申领"),
        CLAIM_FIELDS,
        named_by=("incentive", "year"),
        enumerations={ClaimState: STATES},
        shown=shown,
    )
    add_words(app, "claim_payment", _l("政策兑付"), PAYMENT_FIELDS, subject="on")
    add_words(app, "incentive_provision", _l("政策的本地规定"), PROVISION_FIELDS, subject="document", shown=shown)
    of_provision = RecordHistory(
        Provision,
        load_provision,
        lambda found: found.document,
        lambda found: url_for("incentives.policy", incentive=found.incentive),
    )
    offer_history(app, of_provision)


def _citations(number: str) -> list[Citation]:
    """The rules that rest on a document."""
    return [
        Citation(_l("政策兑现"), rule.title[language()], url_for("incentives.policy", incentive=rule.incentive))
        for rule in rules()
        if normal(rule.document.number) == number
    ]
