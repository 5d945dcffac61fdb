"""Applications: programmes and windows, what a firm hands in, and the official lists of results."""

from flask import Flask, url_for
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.applications import admin_routes, firm_routes, results, staff_routes, step_routes, together
from crm.applications.agency import application_of_need
from crm.applications.fits import offer_fits, programmes_that_fit
from crm.applications.follow import companions, follow
from crm.applications.loading import load_programmes
from crm.applications.merging import applications as merging_rule
from crm.applications.models import ApplicationState, Programme, Window
from crm.applications.programmes import load_programme
from crm.applications.routes import blueprint
from crm.applications.words import (
    APPLICATION_FIELDS,
    PAPER_FIELDS,
    PROGRAMME_FIELDS,
    SHOWN,
    STATE_KINDS,
    STATES,
    WINDOW_FIELDS,
    paper_title,
    state_title,
)
from crm.firms.duplicates.preview import add_rule
from crm.firms.history.records import RecordHistory, offer_history
from crm.firms.history.words import add_words
from crm.firms.saved_views.service import offer_views
from crm.firms.tabs import Tab, TabGroup, add_tab
from crm.ladder.service.common import offer_companions, offer_follower
from crm.notices.words import add_notice_words
from crm.web.language import title_in
from crm.web.layout import Group, Place, add_place

PAGES = (admin_routes, firm_routes, staff_routes, step_routes)  # imported, they have added their pages to the blueprint


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    app.extensions.setdefault("reference_loaders", []).append(load_programmes)
    add_place(app, Place("applications.own", _l("项目申报"), "application", Permission.KEEP_OWN_RECORD, 22))
    add_place(
        app,
        Place("applications.index", _l("项目申报"), "application", Permission.VIEW_FIRMS, 42, group=Group.FIRMS),
    )
    add_tab(app, Tab("applications.firm", _l("项目申报"), TabGroup.CULTIVATION, 17, Permission.VIEW_RECORD))
    add_words(
        app,
        "application",
        _l("项目申报"),
        APPLICATION_FIELDS,
        subject="window_id",
        enumerations={ApplicationState: STATES},
        shown=SHOWN,
    )
    add_words(app, "application_document", _l("申报材料"), PAPER_FIELDS, subject="key", shown={"key": paper_title})
    add_words(app, "programme", _l("申报项目"), PROGRAMME_FIELDS, subject="title")
    add_words(app, "programme_window", _l("申报窗口"), WINDOW_FIELDS, named_by=("programme_id", "year", "title"))
    of_programme = RecordHistory(
        Programme, load_programme, title_in, lambda found: url_for("applications.programme", programme_id=found.id),
        {Window: "programme_id"},
    )  # fmt: skip
    offer_history(app, of_programme)
    add_notice_words(app, "application_state", lambda state: STATES[ApplicationState(state)])
    offer_views(app, "applications.index", _l("项目申报"))
    offer_follower(app, follow)
    offer_companions(app, companions)
    offer_fits(app, programmes_that_fit)
    add_rule(app, "application", merging_rule)
    app.jinja_env.globals.update(
        application_state=state_title,
        application_state_kind=STATE_KINDS.__getitem__,
        application_of_need=application_of_need,
    )
    together.init_app(app)
    results.init_app(app)
