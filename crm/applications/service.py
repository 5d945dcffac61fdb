"""Verbs of applications. Each flushes; the request or the command commits all of it or nothing.

A step changes the application first and its case after: the case's page, an official list, whoever moves the case brings its
applications along (`follow`), and finds nothing to do where the step came from here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import FileStorage

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.applications.answering import keep_facts
from crm.applications.filing import filed
from crm.applications.machine import (
    FILLING,
    RECOMMENDED,
    STEPS,
    Act,
    OpenItemsError,
    State,
    may_fill,
    open_items,
    require,
)
from crm.applications.models import Application, ApplicationEvent, ApplicationPaper
from crm.applications.openings import Opening, window_of
from crm.applications.papers import declarations_of, moves_ahead, papers_of
from crm.applications.prefill import Prefill
from crm.applications.telling import tell_moved
from crm.applications.words import state_title
from crm.firms.documents.service import store_document
from crm.firms.models import Document, Firm
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, EditConflictError, NotAllowedError
from crm.ladder import service as ladder
from crm.ladder.gate import open_items as gate_items
from crm.ladder.models import Case, CaseStatus, Credential, Stage
from crm.ladder.queries import open_case_id
from crm.ladder.service import Certificate
from crm.ladder.service.common import written
from crm.web.conflict import is_outdated

LONGEST_ANSWER = 2000
CERTIFICATE = "certificate"  # the paper that the ladder's checklist asks for at 认定


# --- filling in ---------------------------------------------------------------------------------------------------


def start(*, actor: User, firm: Firm, opening: Opening) -> Application:
    """Begin an application. An officer's opens the case towards the rung where there is none; of a firm's own the park opens it at review."""
    own = actor.can(Permission.KEEP_OWN_RECORD) and actor.firm_id == firm.id
    if not (own or actor.can(Permission.CULTIVATE)):
        raise NotAllowedError(_("您没有做这一步的权限，请联系本单位的负责人。"))
    today = clock.today()
    if opening.programme.disabled or opening.disabled or opening.until < today:
        raise DomainError(_("这个申报窗口已截止或停止受理。"))
    window = window_of(opening)
    _refuse_second(firm, window.id)
    application = Application(
        firm=firm, window=window, window_id=window.id, state=State.DRAFT, state_since=today, answers={}, changes=[]
    )
    application.events.append(ApplicationEvent(on=today, actor=actor, to_state=State.DRAFT))
    join_case(application)
    try:
        with db.session.begin_nested():
            db.session.add(application)
            db.session.flush()
    except IntegrityError:
        _refuse_second(firm, window.id)
        raise
    if not own:
        _open_case(application, actor)
    return application


def under_way(firm_id: int, window_id: int) -> Application | None:
    """The firm's application to a window, unless it was refused or withdrawn."""
    return db.session.scalar(
        select(Application).where(
            Application.firm_id == firm_id,
            Application.window_id == window_id,
            Application.state.not_in([State.REFUSED, State.WITHDRAWN]),
        )
    )


def _refuse_second(firm: Firm, window_id: int) -> None:
    if under_way(firm.id, window_id) is not None:
        raise DomainError(_("这家企业在这个窗口已有一份申报，请在那份里继续。"))


def answer(
    application: Application,
    *,
    actor: User,
    words: Mapping[str, str | None],
    facts: dict[str, Any],
    declared: Sequence[str],
    version: int | str | None = None,
) -> None:
    """Keep what was filled in: words in the application, facts in the record (of a firm's own user as a wish, by path), declarations."""
    _require_filling(application, actor)
    programme = application.window.programme
    asked = {ask["key"]: ask for ask in programme.asks if not ask.get("fact")}
    kept = {key: (text or "").strip() for key, text in words.items() if key in asked and (text or "").strip()}
    for key, text in kept.items():
        if len(text) > LONGEST_ANSWER:
            raise DomainError(_("最多 %(longest)s 字，请精简。", longest=LONGEST_ANSWER), field=key)
    known = {each.key for each, _made in declarations_of(application, clock.today())}
    answers = {"words": kept, "declared": [key for key in declared if key in known]}
    _refuse_outdated(application, version, kept)
    if answers != application.answers:
        application.answers = answers
    keep_facts(application, actor=actor, facts=facts)
    db.session.flush()


def attach(
    application: Application,
    key: str,
    *,
    actor: User,
    file: FileStorage | None = None,
    document: Document | None = None,
) -> ApplicationPaper:
    """Hand in a paper: a file uploaded now, or a document the firm has; a second one takes its place."""
    _require_filling(application, actor)
    if key not in {paper.key for paper in papers_of(application, clock.today())}:
        raise DomainError(_("材料清单里没有这一项，请刷新页面。"), field=key)
    if file is not None and file.filename:
        document = store_document(actor, application.firm, file, field=key)
    if document is None or document.firm_id != application.firm_id:
        raise DomainError(_("请先选择文件。"), field=key)
    return _put_paper(application, key, document)


def take_paper_back(application: Application, key: str, *, actor: User) -> None:
    """Take a paper out of the application; the document stays with the firm."""
    _require_filling(application, actor)
    application.papers = [paper for paper in application.papers if paper.key != key]
    db.session.flush()


def _put_paper(application: Application, key: str, document: Document) -> ApplicationPaper:
    paper = next((paper for paper in application.papers if paper.key == key), None)
    if paper is None:
        paper = ApplicationPaper(key=key)
        application.papers.append(paper)
    paper.document, paper.document_id = document, document.id
    db.session.flush()
    return paper


def _require_filling(application: Application, actor: User) -> None:
    if application.state not in FILLING:
        raise DomainError(_("这份申报现在是“%(state)s”，不能修改。", state=state_title(application)))
    if not may_fill(actor, application):
        raise NotAllowedError(_("您没有做这一步的权限，请联系本单位的负责人。"))


def _refuse_outdated(application: Application, version: int | str | None, words: dict[str, str]) -> None:
    """The second of two who fill in one application sees what the first saved beside what they wanted."""
    if not is_outdated(application, version):
        return
    theirs = application.answers.get("words", {})
    titles = {ask["key"]: ask["title"] for ask in application.window.programme.asks}
    differences = [
        (titles[key], theirs.get(key) or _("未填"), words.get(key) or _("未填"))
        for key in titles
        if theirs.get(key, "") != words.get(key, "")
    ]
    if differences:
        raise EditConflictError(
            _("您填写期间，别人已改过这份申报。请对照下面的不同之处，改好后再保存一次；再保存即以您填的为准。"),
            differences,
            version=application.version,
        )


# --- steps --------------------------------------------------------------------------------------------------------


def submit(application: Application, *, actor: User, version: int | str | None = None) -> ApplicationEvent:
    """Hand it in, for the first time or mended. What is filed is frozen: the facts, the answers, the verdict. Raises OpenItemsError."""
    today = clock.today()
    _begin(application, Act.SUBMIT, actor, version)
    join_case(application)
    prefill = Prefill.of(application, today)
    _refuse_open(application, Act.SUBMIT, today, prefill)
    for paper in papers_of(application, today):
        if paper.from_case and paper.document is not None:
            _put_paper(application, paper.key, paper.document)
    application.filed = filed(application, prefill)
    application.submitted_on = application.submitted_on or today
    application.changes = []
    return _step(application, Act.SUBMIT, actor, today)


def review(application: Application, *, actor: User, version: int | str | None = None) -> ApplicationEvent:
    """It is complete and true. The case, opened where there is none, comes to 达标 with its papers and declarations."""
    today = clock.today()
    _begin(application, Act.REVIEW, actor, version)
    join_case(application)
    _refuse_open(application, Act.REVIEW, today)
    event = _step(application, Act.REVIEW, actor, today)
    _open_case(application, actor)
    _bring(application, Stage.READY, actor)
    return event


def send_back(
    application: Application, changes: Sequence[str], *, actor: User, version: int | str | None = None
) -> ApplicationEvent:
    """Ask the firm to mend it: it sees exactly these points. What was recommended comes back from 申报."""
    _begin(application, Act.SEND_BACK, actor, version)
    points = [text.strip() for text in changes if text.strip()]
    if not points:
        raise DomainError(_("请逐条写明要修改什么，企业会看到。"), field="changes")
    application.changes = [{"key": str(number), "text": text} for number, text in enumerate(points, start=1)]
    had_the_case = _has_the_case(application)
    event = _step(application, Act.SEND_BACK, actor, clock.today(), "；".join(points))
    if had_the_case:
        _case_back(application, "；".join(points), actor)
    return event


def recommend(application: Application, *, actor: User, version: int | str | None = None) -> ApplicationEvent:
    """Sign the recommendation: the case moves to 申报 by its own gate."""
    today = clock.today()
    _begin(application, Act.RECOMMEND, actor, version)
    join_case(application)
    _refuse_open(application, Act.RECOMMEND, today)
    event = _step(application, Act.RECOMMEND, actor, today)
    _open_case(application, actor)
    _bring(application, Stage.APPLIED, actor)
    return event


def announce(
    application: Application,
    *,
    actor: User,
    since: date | None,
    until: date | None,
    version: int | str | None = None,
) -> ApplicationEvent:
    """It is on public notice, from one day to another."""
    _begin(application, Act.ANNOUNCE, actor, version)
    if since is None or until is None:
        raise DomainError(_("请填写公示的起止日期。"), field="since" if since is None else "until")
    if until < since:
        raise DomainError(_("公示的截止日期早于起始日期。"), field="until")
    application.notice_from, application.notice_to = since, until
    return _step(application, Act.ANNOUNCE, actor, clock.today())


def grant(
    application: Application,
    *,
    actor: User,
    number: str | None = None,
    certificate: Certificate | None = None,
    file: FileStorage | None = None,
    version: int | str | None = None,
) -> ApplicationEvent:
    """It was granted: of a rung with the certificate, which becomes the firm's title, and the case is certified; else with the number."""
    today = clock.today()
    _begin(application, Act.GRANT, actor, version)
    there = file is not None and bool(file.filename)
    missing = [item for item in open_items(application, Act.GRANT, today) if not (there and item.key == CERTIFICATE)]
    if missing:
        raise OpenItemsError(missing)
    if file is not None and there:
        _put_paper(application, CERTIFICATE, store_document(actor, application.firm, file, field="file"))
    event = _step(application, Act.GRANT, actor, today, certificate.number if certificate else number)
    case = application.case
    if case is not None:
        _accept_papers(application, case, Stage.CERTIFIED, actor)
        ladder.move_case(case, Stage.CERTIFIED, actor=actor, certificate=certificate)
        application.credential = title_of_case(case)
        paper = next((paper for paper in application.papers if paper.key == CERTIFICATE), None)
        if application.credential is not None and paper is not None:
            application.credential.document = paper.document
        db.session.flush()
    return event


def refuse(
    application: Application, reason: str | None, *, actor: User, version: int | str | None = None
) -> ApplicationEvent:
    """The park does not recommend it, or the authority refused it, for a written reason. A case at 申报 is then not passed."""
    _begin(application, Act.REFUSE, actor, version)
    reason = written(reason)
    had_the_case = _has_the_case(application)
    event = _step(application, Act.REFUSE, actor, clock.today(), reason)
    if had_the_case and application.case is not None:
        ladder.reject_case(application.case, reason, actor=actor)
    return event


def withdraw(
    application: Application, reason: str | None, *, actor: User, version: int | str | None = None
) -> ApplicationEvent:
    """The firm, or the park for it, gives it up. One that was handed in needs its reason; the case goes on without it."""
    _begin(application, Act.WITHDRAW, actor, version)
    reason = written(reason) if application.submitted_on is not None else (reason or "").strip() or None
    had_the_case = _has_the_case(application)
    event = _step(application, Act.WITHDRAW, actor, clock.today(), reason)
    if had_the_case:
        _case_back(application, reason or _("申报撤回"), actor)
    return event


def _begin(application: Application, act: Act, actor: User, version: int | str | None) -> None:
    """Tell the second of two people, and whoever presses twice, what happened meanwhile."""
    require(actor, application, act)
    if is_outdated(application, version):
        raise EditConflictError(
            _("您打开页面之后，这份申报有过改动，您的操作没有执行。请核对现在的情况后再办。"),
            [(_("状态"), state_title(application), "")],
            version=application.version,
        )


def _refuse_open(application: Application, act: Act, on: date, prefill: Prefill | None = None) -> None:
    missing = open_items(application, act, on, prefill)
    if missing:
        raise OpenItemsError(missing)


def _step(application: Application, act: Act, actor: User, on: date, reason: str | None = None) -> ApplicationEvent:
    return put_state(application, STEPS[act].target, actor, on, reason)


def put_state(
    application: Application, state: State, actor: User, on: date, reason: str | None = None
) -> ApplicationEvent:
    """Change the state and write its event: the only place that does either."""
    event = ApplicationEvent(
        application=application, on=on, actor=actor, from_state=application.state, to_state=state, reason=reason
    )
    db.session.add(event)
    application.state, application.state_since = state, on
    db.session.flush()
    tell_moved(event)
    return event


# --- the case -----------------------------------------------------------------------------------------------------


def join_case(application: Application) -> None:
    """The application belongs to the firm's open case towards the rung, where there is one."""
    rung = application.window.programme.rung
    if rung is None or (application.case is not None and application.case.status is CaseStatus.OPEN):
        return
    case_id = open_case_id(application.firm.id, rung)
    application.case = db.session.get(Case, case_id) if case_id is not None else None


def _open_case(application: Application, actor: User) -> None:
    programme = application.window.programme
    if programme.rung is None or application.case is not None:
        return
    application.case = ladder.open_case(application.firm, programme.rung, actor=actor, purpose=programme.purpose)
    db.session.flush()


def _bring(application: Application, up_to: Stage, actor: User) -> None:
    """Move the case, stage by stage, each by the gate, with what the application brings and, into 申报, the signature."""
    case = application.case
    for stage in moves_ahead(case, up_to) if case is not None else ():
        assert case is not None
        _accept_papers(application, case, stage, actor)
        for item in gate_items(case, stage, clock.today()):
            if item.kind == "declaration" and item.key in application.answers.get("declared", ()):
                ladder.declare(case, item.key, actor=actor)
            elif item.kind == "sign_off" and application.state is State.RECOMMENDED:
                ladder.sign_off(case, item.key, actor=actor)
        ladder.move_case(case, stage, actor=actor)


def _accept_papers(application: Application, case: Case, stage: Stage, actor: User) -> None:
    papers = {paper.key: paper.document for paper in application.papers}
    for item in gate_items(case, stage, clock.today()):
        if item.kind == "document" and item.key in papers:
            ladder.accept_document(case, item.key, papers[item.key], actor=actor)


def _case_back(application: Application, reason: str, actor: User) -> None:
    """A case at 申报 for an application that is so no longer goes back to 达标."""
    if application.case is not None and actor.can(Permission.CULTIVATE):
        ladder.move_case(application.case, Stage.READY, actor=actor, reason=reason)


def _has_the_case(application: Application) -> bool:
    """Whether the case is at 申报 for this application, and for no other one that was recommended."""
    case = application.case
    if application.state not in RECOMMENDED or case is None:
        return False
    others = select(Application.id).where(
        Application.case_id == case.id, Application.id != application.id, Application.state.in_(RECOMMENDED)
    )
    return case.status is CaseStatus.OPEN and case.stage is Stage.APPLIED and db.session.scalar(others.limit(1)) is None


def title_of_case(case: Case) -> Credential | None:
    """The title that the case brought."""
    return db.session.scalar(
        select(Credential).where(Credential.case_id == case.id).order_by(Credential.id.desc()).limit(1)
    )
