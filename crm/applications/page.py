"""What the page of one application shows: to the firm and to the staff the same, each with the steps that are theirs."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import render_template, request
from flask_login import current_user

from crm.accounts.permissions import Permission
from crm.applications.agency import agency_of
from crm.applications.filing import profile_of
from crm.applications.forms import (
    AnnounceForm,
    AnswersForm,
    GrantForm,
    ReasonForm,
    SendBackForm,
    StepForm,
    answers_form,
    unit_of_question,
)
from crm.applications.machine import Act, Item, State, acts_for, filling_items, may_fill, open_items
from crm.applications.mending import mended, sent_back, with_names
from crm.applications.models import Application, ApplicationEvent
from crm.applications.openings import opening_of
from crm.applications.papers import declarations_of, papers_of
from crm.applications.prefill import Prefill
from crm.applications.words import STATE_KINDS, STATES, state_title
from crm.firms.documents.evidence import documents_of
from crm.firms.documents.service import ACCEPTED
from crm.kernel import clock
from crm.ladder.checklists import Requirement
from crm.ladder.noticing import when
from crm.ladder.standing import address
from crm.web.formatting import day
from crm.web.language import title_in

TRACK = (State.DRAFT, State.SUBMITTED, State.REVIEWED, State.RECOMMENDED, State.ON_NOTICE, State.GRANTED)
# The steps that need something missing to be shown: the others are free.
GUARDED = (Act.SUBMIT, Act.REVIEW, Act.RECOMMEND, Act.GRANT)


def application_page(
    application: Application,
    *,
    answers: AnswersForm | None = None,
    faults: dict[str, str] | None = None,
    failed: dict[Act, StepForm] | None = None,
    missing: list[Item] | None = None,
) -> str:
    """A form that failed is given and shown with its errors, the others are fresh.

    `faults` says by key why a paper was not taken; `missing` is what a refused step still needs.
    """
    today = clock.today()
    prefill = Prefill.of(application, today)
    acts = acts_for(current_user, application)
    filling = may_fill(current_user, application)
    form = answers or (answers_form(application, prefill) if filling else None)
    forms = _forms(application, acts, failed or {})
    judged = _judged(application, acts, prefill)
    window = application.window
    return render_template(
        "applications/show.html",
        firm=application.firm,
        application=application,
        programme=window.programme,
        title_text=title_in(window.programme),
        window_text=" · ".join(part for part in (str(window.year), window.title) if part),
        when=when(opening_of(window), today),
        state=state_title(application),
        state_kind=STATE_KINDS[application.state],
        agency=agency_of(application),
        track=_track(application),
        ended=_ended(application),
        filling=filling,
        form=form,
        unit_of=unit_of_question,
        profile=profile_of(application.firm) if application.filed is None or filling else application.filed["firm"],
        lines=[line.as_json() for line in prefill.lines]
        if application.filed is None or filling
        else application.filed["lines"],
        papers=papers_of(application, today) if filling else [],
        faults=faults or {},
        accepted=ACCEPTED,
        documents=documents_of(application.firm_id) if filling else [],
        declarations=_declarations(application, today, answers) if filling else [],
        resting=_resting(application, prefill, filling),
        **_mended(application, prefill),
        acts=acts,
        forms=forms,
        failed=failed or {},
        items=filling_items(application, today, prefill) if filling else judged,
        missing=missing or [],
        blocked={act for act in acts if act in GUARDED and _blocks(application, act, judged, prefill)},
        happened=[_event(event) for event in reversed(application.events)],
        address=address,
        is_staff=current_user.can(Permission.VIEW_FIRMS),
        Act=Act,
    )


def _declarations(application: Application, on: date, sent: AnswersForm | None) -> list[tuple[Requirement, bool]]:
    """What is declared, and whether it is ticked: as it was sent, where the form comes back."""
    if sent is None:
        return declarations_of(application, on)
    ticked = request.form.getlist("declared")
    return [(each, each.key in ticked) for each, _made in declarations_of(application, on)]


def _resting(application: Application, prefill: Prefill, filling: bool) -> list[dict[str, Any]]:
    """The clauses judged by facts that nobody has verified: now while it is filled in, else as it was handed in."""
    if filling or application.filed is None:
        return prefill.resting
    return list((application.filed["verdict"] or {}).get("resting", []))


def _mended(application: Application, prefill: Prefill) -> dict[str, Any]:
    """What was changed since it was sent back, so far or when it was handed in again, and what the firm said of it."""
    event = sent_back(application)
    filed: dict[str, Any] = application.filed or {}
    if event is None:
        return {"sent_back": None}
    if application.state is State.RETURNED:
        found = [each.as_json() for each in with_names(application, prefill, mended(application, prefill))]
        note = None  # it stands in the form
    else:
        found, note = filed.get("mended", []), filed.get("note")
    return {"sent_back": event, "mended": found, "mending_note": note}


def _judged(application: Application, acts: list[Act], prefill: Prefill) -> list[Item]:
    """What the next guarded step of this person still needs."""
    following = next((act for act in (Act.REVIEW, Act.RECOMMEND, Act.GRANT) if act in acts), None)
    return open_items(application, following, prefill.on, prefill) if following else []


def _blocks(application: Application, act: Act, judged: list[Item], prefill: Prefill) -> bool:
    if act is Act.SUBMIT:
        return bool(open_items(application, act, prefill.on, prefill))
    if act is Act.GRANT:  # the certificate comes with the step
        return any(item.key != "certificate" for item in judged)
    return bool(judged)


def _forms(application: Application, acts: list[Act], failed: dict[Act, StepForm]) -> dict[Act, StepForm]:
    kinds: dict[Act, type[StepForm]] = {
        Act.REVIEW: StepForm,
        Act.SEND_BACK: SendBackForm,
        Act.RECOMMEND: StepForm,
        Act.ANNOUNCE: AnnounceForm,
        Act.GRANT: GrantForm,
        Act.REFUSE: ReasonForm,
        Act.WITHDRAW: ReasonForm,
    }
    return {
        act: failed.get(act) or kind(application, prefix=f"{act.value}-", formdata=None)
        for act, kind in kinds.items()
        if act in acts
    }


def _track(application: Application) -> dict[str, Any]:
    """The way of an application as `stage_track` shows it; returned stands at the filling."""
    reached = {event.to_state: event.on for event in application.events}
    now = application.state
    if now in (State.REFUSED, State.WITHDRAWN):
        now = application.events[-1].from_state or State.DRAFT
    if now is State.RETURNED:
        now = State.DRAFT
    return {
        "current": now.value,
        "stages": [
            {
                "key": state.value,
                "title": state_title(application) if state is application.state else STATES[state],
                "on": day(reached[state]) if state in reached and TRACK.index(state) <= TRACK.index(now) else None,
            }
            for state in TRACK
        ],
    }


def _ended(application: Application) -> dict[str, Any] | None:
    if application.state not in (State.REFUSED, State.WITHDRAWN):
        return None
    reason = next((event.reason for event in reversed(application.events) if event.to_state is application.state), None)
    return {"title": state_title(application), "on": day(application.state_since), "reason": reason}


def _event(event: ApplicationEvent) -> dict[str, Any]:
    """One step as `timeline_item` shows it."""
    kinds = {State.GRANTED: "good", State.REFUSED: "bad", State.RETURNED: "warn", State.WITHDRAWN: "bad"}
    return {
        "title": STATES[event.to_state],
        "on": day(event.on),
        "iso": event.on.isoformat(),
        "who": event.actor.name,
        "icon": "application",
        "kind": kinds.get(event.to_state),
        "text": event.reason,
    }
