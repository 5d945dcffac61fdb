"""A case that another page moved brings its applications along: none is left in a state that its case denies."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select

from crm.applications.machine import RECOMMENDED, UNDER_WAY, State
from crm.applications.models import Application
from crm.applications.service.cases import title_of_case
from crm.applications.service.steps import put_state
from crm.kernel.db import db
from crm.ladder.models import CaseEvent, CaseStatus, Stage
from crm.ladder.service.moves import ORDER


def follow(event: CaseEvent) -> None:
    """Called after each step of a case. A step that came from an application finds it where it belongs already."""
    case = event.case
    applications = db.session.scalars(
        select(Application)
        .where(Application.case_id == case.id, Application.state.in_(UNDER_WAY))
        .order_by(Application.id)
    ).all()
    granted = db.session.scalar(
        select(Application.id).where(Application.case_id == case.id, Application.state == State.GRANTED).limit(1)
    )
    # The one that came furthest first: a certificate grants one application, however many belong to the case.
    for application in sorted(applications, key=lambda each: list(State).index(each.state), reverse=True):
        to = _belongs(application, event)
        if to is State.GRANTED and granted is not None:
            to = State.WITHDRAWN
        if to is application.state:
            continue
        # The firm reads the steps of its application; why the park moved the case is written for the park.
        put_state(application, to, event.actor, event.on, _("随培育项目一并办理"))
        if to is State.GRANTED:
            application.credential, granted = title_of_case(case), application.id
    db.session.flush()


def _belongs(application: Application, event: CaseEvent) -> State:
    """The state that an application under way has to be in after the step."""
    handed_in, now = application.submitted_on is not None, application.state
    match event.to_status:
        case CaseStatus.CERTIFIED:
            return State.GRANTED if handed_in else State.WITHDRAWN
        case CaseStatus.REJECTED:
            return State.REFUSED if handed_in else State.WITHDRAWN
        case CaseStatus.DROPPED:
            return State.WITHDRAWN
    at = ORDER.index(event.to_stage)
    if event.from_stage is None or at >= ORDER.index(event.from_stage):
        return now  # what went on has done more than the application asked for
    if now in RECOMMENDED and at < ORDER.index(Stage.APPLIED):
        return State.REVIEWED if event.to_stage is Stage.READY else State.SUBMITTED
    if now is State.REVIEWED and at < ORDER.index(Stage.READY):
        return State.SUBMITTED
    return now
