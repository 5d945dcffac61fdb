"""The ladder: credentials, cases, checklists, transitions, assessments."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from crm.accounts.permissions import Permission
from crm.firms.finding import Way, add_way
from crm.firms.history.words import add_words
from crm.firms.saved_views.service import offer_views
from crm.firms.tabs import Tab, TabGroup, add_badges, add_tab
from crm.ladder import firm_list, merging
from crm.ladder.checklists import requirement_title
from crm.ladder.models import CaseStatus, Purpose, Rung, Stage
from crm.ladder.routes import assessments as assessment_pages
from crm.ladder.routes import blueprint, bulk, cases, credentials, listing, standing
from crm.ladder.showing import badges, step_text
from crm.ladder.words import (
    CASE_FIELDS,
    CHECKLIST_FIELDS,
    CREDENTIAL_EVENTS,
    CREDENTIAL_FIELDS,
    ITEM_KINDS,
    LEVELS,
    PURPOSES,
    RUNGS,
    SHORT_RUNGS,
    STAGES,
    STATUSES,
)
from crm.notices.words import add_notice_words
from crm.registers.resources.showing import offer_rungs
from crm.web.language import language
from crm.web.layout import Group, Place, add_place

PAGES = (
    assessment_pages,
    bulk,
    cases,
    credentials,
    listing,
    standing,
)  # imported, they have added their pages to the blueprint


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    merging.init_app(app)
    add_place(app, Place("ladder.cases", _l("培育"), "case", Permission.VIEW_FIRMS, 40, group=Group.FIRMS))
    add_tab(app, Tab("ladder.standing", _l("逐条对照"), TabGroup.CULTIVATION, 15, Permission.VIEW_RECORD))
    add_words(
        app,
        "cultivation_case",
        _l("培育项目"),
        CASE_FIELDS,
        subject="rung",
        enumerations={Rung: RUNGS, Stage: STAGES, CaseStatus: STATUSES, Purpose: PURPOSES},
    )
    add_words(app, "credential", _l("资质"), CREDENTIAL_FIELDS, subject="rung")
    add_words(app, "checklist_item", _l("清单"), CHECKLIST_FIELDS, subject="key", shown={"key": requirement_title})
    add_badges(app, badges)
    add_notice_words(app, "rung", lambda rung: SHORT_RUNGS[Rung(rung)])
    add_notice_words(app, "stage", lambda stage: STAGES[Stage(stage)])
    add_notice_words(app, "ending", lambda status: STATUSES[CaseStatus(status)])
    offer_views(app, "ladder.cases", _l("培育项目"))
    app.extensions.setdefault("firm_filters", {}).update(firm_list.filters())
    offer_rungs(app, firm_list.rungs_reached, "reached")
    app.extensions["firm_list_badges"] = firm_list.badges
    add_way(app, Way(_l("证书编号"), "ladder.standing", firm_list.by_certificate))
    app.jinja_env.globals.update(
        rung_title=RUNGS.__getitem__,
        rung_short=SHORT_RUNGS.__getitem__,
        rung_level=LEVELS.__getitem__,
        stage_title=STAGES.__getitem__,
        case_status=STATUSES.__getitem__,
        credential_event=CREDENTIAL_EVENTS.__getitem__,
        item_kind=ITEM_KINDS.__getitem__,
        step_text=step_text,
        in_language=lambda text: text[language()],
    )
