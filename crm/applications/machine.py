"""The state machine of an application: which step may be taken, by whom, and what it needs.

`open_items` blocks a step and lists what is missing: the page shows what the verb refuses. Into 申报 the case is moved when the park
recommends, because the gate asks for the signed recommendation; what the firm has to bring for that move is asked when it submits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.applications.mending import mended
from crm.applications.models import Application, ApplicationState
from crm.applications.openings import AHEAD, CLOSED, opening_of
from crm.applications.papers import declarations_of, moves_ahead, papers_of
from crm.applications.prefill import Line, Prefill, is_the_parks, value_at
from crm.applications.words import state_title
from crm.firms.models import Firm, FirmStatus
from crm.firms.words import STATUSES
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotAllowedError
from crm.ladder import gate
from crm.ladder.facts import Place, last_day, place_of
from crm.ladder.gate import NO_CRITERIA, blocking_criteria
from crm.ladder.models import Case, Credential, Purpose, Stage
from crm.ladder.queries import is_held
from crm.ladder.service.cases import RENEWAL
from crm.ladder.words import STAGES
from crm.policy.answers.verdict import MET
from crm.web.formatting import day
from crm.web.language import language

State = ApplicationState


class Act(StrEnum):
    """The steps, in the imperative."""

    SUBMIT = "submit"
    REVIEW = "review"
    SEND_BACK = "send_back"
    RECOMMEND = "recommend"
    ANNOUNCE = "announce"
    GRANT = "grant"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


@dataclass(frozen=True)
class Step:
    """From which states it leads where. `permission` is the staff's; `own` are the states in which the firm's own user may take it."""

    target: State
    sources: frozenset[State]
    permission: Permission
    own: frozenset[State] = frozenset()


FILLING = frozenset({State.DRAFT, State.RETURNED})
UNDECIDED = frozenset({State.SUBMITTED, State.REVIEWED})
RECOMMENDED = frozenset({State.RECOMMENDED, State.ON_NOTICE})
UNDER_WAY = FILLING | UNDECIDED | RECOMMENDED

STEPS: dict[Act, Step] = {
    Act.SUBMIT: Step(State.SUBMITTED, FILLING, Permission.CULTIVATE, own=FILLING),
    Act.REVIEW: Step(State.REVIEWED, frozenset({State.SUBMITTED}), Permission.CULTIVATE),
    Act.SEND_BACK: Step(State.RETURNED, UNDECIDED | {State.RECOMMENDED}, Permission.CULTIVATE),
    Act.RECOMMEND: Step(State.RECOMMENDED, frozenset({State.REVIEWED}), Permission.SIGN_OFF),
    Act.ANNOUNCE: Step(State.ON_NOTICE, RECOMMENDED, Permission.CULTIVATE),  # again: its days are corrected
    Act.GRANT: Step(State.GRANTED, RECOMMENDED, Permission.SIGN_OFF),
    Act.REFUSE: Step(State.REFUSED, UNDECIDED | RECOMMENDED, Permission.SIGN_OFF),
    # What the park recommended is before the authority: from there the park takes it back.
    Act.WITHDRAW: Step(State.WITHDRAWN, UNDER_WAY, Permission.CULTIVATE, own=FILLING | UNDECIDED),
}


@dataclass(frozen=True)
class Item:
    """One thing that a step still needs. `whose` is `firm` or `park`; `place` is the page where it is mended, None on this page."""

    kind: str  # firm, window, held, mend, answer, paper, declaration, criterion, proposal, stage, notice
    key: str
    title: str
    text: str | None = None
    whose: str = "firm"
    place: Place | None = None


class OpenItemsError(DomainError):
    """The step is blocked; `items` is what is missing."""

    def __init__(self, items: Sequence[Item]) -> None:
        super().__init__(_("还有 %(count)s 项没有完成，不能办这一步。", count=len(items)))
        self.items = list(items)


# --- who ----------------------------------------------------------------------------------------------------------


def is_own(actor: User, application: Application) -> bool:
    return actor.can(Permission.KEEP_OWN_RECORD) and actor.firm_id == application.firm_id


def may(actor: User, application: Application, act: Act) -> bool:
    """Whether this person may take the step now, whatever else it needs."""
    step = STEPS[act]
    if application.state not in step.sources:
        return False
    if is_own(actor, application):
        return application.state in step.own
    return actor.can(step.permission)


def acts_for(actor: User, application: Application) -> list[Act]:
    """The steps this person may take now, in their order."""
    return [act for act in Act if may(actor, application, act)]


def may_fill(actor: User, application: Application) -> bool:
    """Whether this person may answer, choose papers and declare."""
    return may(actor, application, Act.SUBMIT)


# --- what it needs ------------------------------------------------------------------------------------------------


def open_items(application: Application, act: Act, on: date, prefill: Prefill | None = None) -> list[Item]:
    """What still stands in the way of a step; empty when the way is free. What the park has to do does not keep the firm from submitting."""
    match act:
        case Act.SUBMIT:
            return [item for item in filling_items(application, on, prefill) if item.whose == "firm"]
        case Act.REVIEW | Act.RECOMMEND:
            return [
                *_firm_items(application.firm),
                *_to_be_decided(prefill or Prefill.of(application, on)),
                *_gate_items(application, on, Stage.READY if act is Act.REVIEW else Stage.APPLIED),
            ]
        case Act.GRANT:
            return _notice_running(application, on) + _gate_items(application, on, Stage.CERTIFIED)
    return []


def filling_items(application: Application, on: date, prefill: Prefill | None = None) -> list[Item]:
    """All that is missing while it is filled in, the park's part too."""
    prefill = prefill or Prefill.of(application, on)
    return [
        *_firm_items(application.firm),
        *_window_items(application, on),
        *_mending_items(application, prefill),
        *_answer_items(application, prefill),
        *_paper_items(application, on),
        *_criteria_items(application, prefill),
    ]


def _firm_items(firm: Firm) -> Iterable[Item]:
    """Who is out of business, or has left, applies for nothing; what the authority decides all the same is recorded."""
    if not_here := why_not_here(firm):
        yield Item("firm", "status", not_here, place=("firms.profile", {"firm_id": firm.id}))


def why_not_here(firm: Firm) -> str | None:
    """Why the firm cannot apply, by its registration; None where it is in business here."""
    if firm.status is FirmStatus.ACTIVE:
        return None
    return _("企业状态是“%(status)s”，不能申报；状态有误的先更正企业信息", status=STATUSES[firm.status])


def _window_items(application: Application, on: date) -> Iterable[Item]:
    """It is handed in while the window is open; what was handed in in time may be mended later."""
    window, programme = application.window, application.window.programme
    opening = opening_of(window)
    if programme.disabled or opening.disabled:
        yield Item("window", "disabled", _("这个申报已停止受理"))
    elif application.submitted_on is None and opening.state(on) == AHEAD:
        yield Item("window", "ahead", _("申报窗口 %(on)s 开放，可以先填好", on=day(opening.since)))
    elif application.submitted_on is None and opening.state(on) == CLOSED:
        yield Item("window", "closed", _("申报窗口已于 %(on)s 截止", on=day(opening.until)))
    if programme.rung is None or application.case is not None or programme.purpose is not Purpose.NEW:
        return
    title = db.session.scalar(
        select(Credential).where(
            Credential.firm_id == application.firm_id, Credential.rung == programme.rung, is_held(on)
        )
    )
    until = last_day(title) if title is not None else None
    if title is not None and (until is None or until - on > RENEWAL):
        words = (
            _("已持证（到 %(day)s），到期前一年内才能再次申报", day=day(until)) if until else _("已持证，没有截止日")
        )
        yield Item(
            "held", "held", words, place=("ladder.standing", {"firm_id": application.firm_id, "_anchor": "titles"})
        )


def _mending_items(application: Application, prefill: Prefill) -> Iterable[Item]:
    """What was sent back is not handed in again as it was, unless the firm says why."""
    if application.state is State.RETURNED and not application.answers.get("note") and not mended(application, prefill):
        words = _("请按退回的意见修改；不需要改的，在“给审核人的说明”里写明原因")
        yield Item("mend", "note", _("退回后还没有改动"), words)


def _answer_items(application: Application, prefill: Prefill) -> Iterable[Item]:
    answers = application.answers.get("words", {})
    for question in prefill.questions:
        if not question.required:
            continue
        known = (
            bool(answers.get(question.key))
            if question.path is None
            else value_at(prefill.facts.document, question.path) is not None
        )
        if not known:
            yield Item("answer", question.key, _("请填写：%(what)s", what=question.title))


def _paper_items(application: Application, on: date) -> Iterable[Item]:
    for paper in papers_of(application, on):
        if paper.required and paper.document is None:
            yield Item("paper", paper.key, paper.title, paper.source)
    for declaration, made in declarations_of(application, on):
        if not made:
            yield Item("declaration", declaration.key, declaration.title[language()])


def _criteria_items(application: Application, prefill: Prefill) -> Iterable[Item]:
    """The criteria that keep what is handed in from being met; a case that is at 申报 already has passed them, or was let pass."""
    examination, case = prefill.examination, application.case
    if examination is None or (case is not None and Stage.APPLIED not in moves_ahead(case)):
        return
    firm_id, assessment = application.firm_id, examination.assessment
    rung, purpose = prefill.programme.rung, prefill.programme.purpose
    page: Place = ("ladder.standing", {"firm_id": firm_id, "rung": rung, "purpose": purpose.value, "_anchor": "opened"})
    if assessment is None:
        lack = examination.lack[language()] if examination.lack else None
        yield Item("criterion", NO_CRITERIA, _("没有可用的认定条件版本，由园区决定"), lack, "park", page)
        return
    if assessment.verdict == MET:
        return
    blocking = list(blocking_criteria(assessment))
    if not blocking:
        yield Item("criterion", "criteria", _("认定条件尚未全部符合"), None, "firm", page)
    for result, alternative in blocking:
        # What only the park can say is the park's to add before it recommends.
        parks = result.verdict != "not_met" and bool(result.missing) and all(map(is_the_parks, result.missing))
        parts = [
            result.article,
            result.gap.text[language()] if result.gap else "",
            _("几条途径任一即可") if alternative else "",
            _rests_on(prefill.unchecked(figure.path for figure in result.figures)),
        ]
        read = [*result.missing, *(figure.path for figure in result.figures)]
        yield Item(
            "criterion",
            result.id,
            result.title[language()],
            " · ".join(part for part in parts if part) or None,
            "park" if parks else "firm",
            place_of(firm_id, read[0]) if read else page,
        )


def _rests_on(lines: Sequence[Line]) -> str:
    """That a clause is judged by facts nobody has verified, in words."""
    if not lines:
        return ""
    return _("按还没有核实的数据算：%(what)s", what="、".join(f"{line.title} {line.value}" for line in lines))


def _to_be_decided(prefill: Prefill) -> list[Item]:
    """What the firm asked to enter is accepted or refused before the park says anything of the application."""
    waiting = {asked.proposal_id for path, asked in prefill.pending.items() if path in prefill.paths}
    return [
        Item(
            "proposal",
            str(each),
            _("企业填报的数据还没有核对"),
            None,
            "park",
            ("firms.proposal", {"proposal_id": each}),
        )
        for each in sorted(waiting)
    ]


def _gate_items(application: Application, on: date, up_to: Stage) -> list[Item]:
    """What the gate asks on the case's way to a stage, but for what the step itself brings: papers, declarations and the signature.

    A criterion stands once, whichever of the moves asks for it.
    """
    programme = application.window.programme
    if programme.rung is None:
        return []
    case = application.case or Case(
        firm=application.firm,
        firm_id=application.firm_id,
        rung=programme.rung,
        purpose=programme.purpose,
        stage=Stage.POOL,
    )
    brought = set(application.answers.get("declared", ())) | {paper.key for paper in application.papers}
    found: dict[tuple[str, str], Item] = {}
    for stage in moves_ahead(case, up_to):
        for item in gate.open_items(case, stage, on):
            if item.kind == "sign_off" or item.key in brought:
                continue
            place = ("ladder.case", {"case_id": case.id}) if case.id and item.kind != "criterion" else None
            found[item.kind, item.key] = Item(
                item.kind,
                item.key,
                item.title[language()],
                item.text,
                "park",
                item.place if item.kind == "criterion" else place,
            )
    if case.id and up_to is Stage.CERTIFIED and case.stage is not Stage.APPLIED:
        words = _("培育项目在“%(stage)s”阶段，不在申报中", stage=STAGES[case.stage])
        found["stage", "stage"] = Item("stage", "stage", words, None, "park", ("ladder.case", {"case_id": case.id}))
    return list(found.values())


def _notice_running(application: Application, on: date) -> list[Item]:
    if application.state is not State.ON_NOTICE or application.notice_to is None or on > application.notice_to:
        return []
    return [Item("notice", "notice", _("公示到 %(on)s，期满后才能办", on=day(application.notice_to)), None, "park")]


def require(actor: User, application: Application, act: Act) -> None:
    """Raise where this person may not take the step, or it cannot be taken from here."""
    step = STEPS[act]
    if application.state not in step.sources:
        raise DomainError(
            _("这份申报现在是“%(state)s”，不能再办这一步。请核对最新情况。", state=state_title(application))
        )
    if not may(actor, application, act):
        raise NotAllowedError(_("您没有做这一步的权限，请联系本单位的负责人。"))
