"""The calendar of titles and duties."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.duties import routes
from crm.duties.models import DutyState
from crm.duties.showing import citations
from crm.duties.statements import statements
from crm.duties.telling import remind_of_duties
from crm.duties.words import RECORD_FIELDS, STATES, duty_title
from crm.editions.statements import add_statements
from crm.firms.history.words import add_words
from crm.firms.saved_views.service import offer_views
from crm.firms.tabs import Tab, TabGroup, add_tab
from crm.kernel.jobs import offer_regular
from crm.library.citations import offer_citations
from crm.notices.reminders import LOOK_EVERY
from crm.notices.words import add_notice_words
from crm.web.layout import Group, Place, add_place


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
    add_place(app, Place("duties.index", _l("到期"), "lapsed", Permission.VIEW_FIRMS, 45, group=Group.FIRMS))
    add_tab(app, Tab("duties.firm", _l("到期"), TabGroup.CULTIVATION, 19, Permission.VIEW_RECORD))
    offer_views(app, "duties.index", _l("到期日历"))
    add_statements(app, statements)
    add_notice_words(app, "duty", duty_title)
    offer_regular(app, "duty reminders", LOOK_EVERY, remind_of_duties)
    offer_citations(app, citations)
    add_words(
        app,
        "duty_record",
        _l("到期义务"),
        RECORD_FIELDS,
        subject="duty",
        enumerations={DutyState: STATES},
        shown={"duty": duty_title},
    )
