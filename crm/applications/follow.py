"""A case that another page moved brings its applications along: none is left in a state that its case denies.

A certificate ends those of its year, a refusal only what was before the authority, the end of the cultivation all of them; the
others go on without the case. What goes along is told before it is done (`companions`, on the case's page).

A case that is ended because an official list brought its title goes as with a certificate (`by_list`), and back with the list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crm.accounts.models import User
from crm.applications.machine import RECOMMENDED, UNDER_WAY, State
from crm.applications.models import Application, Window
from crm.applications.service.cases import join_case, title_of_case
from crm.applications.service.filling import under_way
from crm.applications.service.steps import put_state
from crm.applications.words import asked_for, state_title
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder.models import Case, CaseEvent, CaseStatus, Credential, Stage
from crm.ladder.service.common import Companion
from crm.ladder.service.moves import ORDER

Outcome = tuple[Application, State]  # an application, and the state it comes to: its own where it goes on


def follow(event: CaseEvent) -> None:
    """Called after each step of a case. A step that came from an application finds it where it belongs already."""
    case = event.case
    granted = db.session.scalar(
        select(Application).where(Application.case_id == case.id, Application.state == State.GRANTED).limit(1)
    )
    # The one that came furthest first: a certificate grants one application, however many belong to the case.
    for application in _under_way(case):
        match event.to_status:
            case CaseStatus.CERTIFIED:
                to = _certified(application, granted, event.on)
            case CaseStatus.REJECTED:
                to = _rejected(application)
            case CaseStatus.DROPPED:
                to = State.WITHDRAWN
            case _:
                to = _moved(application, event)
        if to is not application.state:
            # The firm reads the steps of its application; why the park moved the case is written for the park.
            put_state(application, to, event.actor, event.on, _("随培育项目一并办理"))
        elif event.to_status is not CaseStatus.OPEN:
            application.case = None  # it goes on, and finds the next case when the park reviews it
        if to is State.GRANTED:
            application.credential, granted = title_of_case(case), application
    db.session.flush()


def companions(case: Case) -> list[Companion]:
    """What becomes of the applications of a case that ends without a title, for whoever is about to end it."""
    return [
        Companion(
            title=asked_for(application),
            state=str(state_title(application)),
            href=url_for("applications.show", application_id=application.id),
            dropped=_("撤回"),
            rejected=_("记为未通过") if application.state in RECOMMENDED else None,
        )
        for application in _under_way(case)
    ]


def by_list(titles: Mapping[int, date]) -> dict[int, list[Outcome]]:
    """Case → what becomes of its applications where an official list brought its title, which is valid from this day."""
    there: dict[int, list[Application]] = defaultdict(list)
    for application in db.session.scalars(
        select(Application)
        .where(Application.case_id.in_(titles), Application.state.in_([*UNDER_WAY, State.GRANTED]))
        .options(joinedload(Application.window).joinedload(Window.programme))
        .order_by(Application.id)
    ):
        there[application.case_id or 0].append(application)
    found: dict[int, list[Outcome]] = {}
    for case_id, applications in there.items():
        granted = next((each for each in applications if each.state is State.GRANTED), None)
        found[case_id] = []
        for application in _furthest_first(each for each in applications if each.state in UNDER_WAY):
            to = _certified(application, granted, titles[case_id])
            granted = application if to is State.GRANTED else granted
            found[case_id].append((application, to))
    return found


def settle_by_list(outcomes: Sequence[Outcome], title: Credential, why: str, *, actor: User) -> list[dict[str, Any]]:
    """Bring the applications of a case where the list's title has them be, before the case is ended. What was done, for `unsettle`."""
    done = []
    for application, to in outcomes:
        was, event = application.state, None
        if to is State.GRANTED:
            application.credential = title
        if to is was:
            application.case = None
        else:
            event = put_state(application, to, actor, clock.today(), why).id
        done.append({"id": application.id, "was": was.value, "event": event})
    db.session.flush()
    return done


def standing(case: Case) -> list[Outcome]:
    """The applications under way of a case with their states, before a step that brings them along."""
    return [(application, application.state) for application in _under_way(case)]


def what_followed(before: Sequence[Outcome]) -> list[dict[str, Any]]:
    """What a step did to the applications of a case, for `unsettle`."""
    return [
        {
            "id": application.id,
            "was": was.value,
            "event": application.events[-1].id if application.state is not was else None,
        }
        for application, was in before
    ]


def unsettle(case: Case | None, done: Sequence[Mapping[str, Any]], why: str, *, actor: User) -> int:
    """Take back what `settle_by_list`, or a list's own certification (`what_followed`), did; how many were moved since, or begun anew, and stay as they are.

    Where the case does not go on, or went back since, what rested on its stage is the park's to review again.
    """
    left = 0
    for each in done:
        application = db.session.get(Application, each["id"])
        if application is None:
            continue
        if each["event"] is not None:
            again = application.state is State.WITHDRAWN and under_way(application.firm_id, application.window_id)
            if again or application.events[-1].id != each["event"]:
                left += 1
                continue
            to, application.credential = State(each["was"]), None
            put_state(application, to if _stands(to, case) else State.SUBMITTED, actor, clock.today(), why)
        if application.state in UNDER_WAY:
            join_case(application)
    db.session.flush()
    return left


def _stands(state: State, case: Case | None) -> bool:
    """Whether the case is where an application in this state has it."""
    if state not in (State.REVIEWED, *RECOMMENDED):
        return True
    stage = Stage.READY if state is State.REVIEWED else Stage.APPLIED
    return case is not None and case.status is CaseStatus.OPEN and ORDER.index(case.stage) >= ORDER.index(stage)


def _under_way(case: Case) -> Sequence[Application]:
    found = db.session.scalars(
        select(Application)
        .where(Application.case_id == case.id, Application.state.in_(UNDER_WAY))
        .order_by(Application.id)
    )
    return _furthest_first(found)


def _furthest_first(applications: Iterable[Application]) -> list[Application]:
    return sorted(applications, key=lambda each: list(State).index(each.state), reverse=True)


def _certified(application: Application, granted: Application | None, on: date) -> State:
    """One is granted; what else was asked for by that year is over with it. What was begun for a later year goes on."""
    year = granted.window.year if granted is not None else on.year
    earlier = application.window.year <= year
    handed_in = application.submitted_on is not None
    if granted is None and (application.state in RECOMMENDED or (handed_in and earlier)):
        return State.GRANTED
    return State.WITHDRAWN if earlier else application.state


def _rejected(application: Application) -> State:
    """The authority refused what was before it, and nothing else."""
    return State.REFUSED if application.state in RECOMMENDED else application.state


def _moved(application: Application, event: CaseEvent) -> State:
    """The state that an application under way has to be in after the case went on, or back."""
    now, at = application.state, ORDER.index(event.to_stage)
    if event.from_stage is None or at >= ORDER.index(event.from_stage):
        return now  # what went on has done more than the application asked for
    if now in RECOMMENDED and at < ORDER.index(Stage.APPLIED):
        return State.REVIEWED if event.to_stage is Stage.READY else State.SUBMITTED
    if now is State.REVIEWED and at < ORDER.index(Stage.READY):
        return State.SUBMITTED
    return now
