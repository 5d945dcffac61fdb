"""The steps of an application, each by the state machine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from crm.accounts.models import User
from crm.applications.filing import filed
from crm.applications.machine import STEPS, Act, OpenItemsError, State, open_items, require
from crm.applications.mending import mended, with_names
from crm.applications.models import Application, ApplicationEvent
from crm.applications.papers import papers_of
from crm.applications.prefill import Prefill
from crm.applications.service.cases import (
    accept_papers,
    bring_case,
    holds_case,
    join_case,
    open_case,
    return_case,
    title_of_case,
)
from crm.applications.service.filling import put_paper
from crm.applications.telling import tell_moved
from crm.applications.words import state_title
from crm.firms.documents.service import store_document
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, EditConflictError
from crm.ladder import service as ladder
from crm.ladder.gate import CERTIFICATE
from crm.ladder.models import Stage
from crm.ladder.service import Certificate
from crm.ladder.service.common import written
from crm.web.conflict import is_outdated


def submit(application: Application, *, actor: User) -> ApplicationEvent:
    """Hand in what was just answered, for the first time or mended. Raises OpenItemsError.

    What is filed is frozen: the facts, the answers, the verdict.
    """
    today = clock.today()
    _begin(application, Act.SUBMIT, actor, None)
    join_case(application)
    prefill = Prefill.of(application, today)
    _refuse_open(application, Act.SUBMIT, today, prefill)
    for paper in papers_of(application, today):
        if paper.from_case and paper.document is not None:
            put_paper(application, paper.key, paper.document)
    note = application.answers.get("note") if application.state is State.RETURNED else None
    since = [each.as_json() for each in with_names(application, prefill, mended(application, prefill))]
    application.filed = {**filed(application, prefill), "mended": since, "note": note}
    application.submitted_on = application.submitted_on or today
    application.changes = []
    return _step(application, Act.SUBMIT, actor, today, note)


def review(application: Application, *, actor: User, version: int | str | None = None) -> ApplicationEvent:
    """It is complete and true. The case, opened where there is none, comes to 达标 with its papers and declarations."""
    return _with_its_case(application, Act.REVIEW, Stage.READY, actor, version)


def send_back(
    application: Application, changes: Sequence[str], *, actor: User, version: int | str | None = None
) -> ApplicationEvent:
    """Ask the firm to mend it: it sees exactly these points. What was recommended comes back from 申报."""
    _begin(application, Act.SEND_BACK, actor, version)
    points = [text.strip() for text in changes if text.strip()]
    if not points:
        raise DomainError(_("请逐条写明要修改什么，企业会看到。"), field="changes")
    application.answers = {key: value for key, value in application.answers.items() if key != "note"}
    application.changes = [{"key": str(number), "text": text} for number, text in enumerate(points, start=1)]
    had_the_case = holds_case(application)
    event = _step(application, Act.SEND_BACK, actor, clock.today(), "；".join(points))
    if had_the_case:
        return_case(application, "；".join(points), actor)
    return event


def recommend(application: Application, *, actor: User, version: int | str | None = None) -> ApplicationEvent:
    """Sign the recommendation: the case moves to 申报 by its own gate."""
    return _with_its_case(application, Act.RECOMMEND, Stage.APPLIED, actor, version)


def _with_its_case(
    application: Application, act: Act, stage: Stage, actor: User, version: int | str | None
) -> ApplicationEvent:
    """A step of the park's that brings the case, opened where there is none, to a stage."""
    today = clock.today()
    _begin(application, act, actor, version)
    join_case(application)
    _refuse_open(application, act, today)
    event = _step(application, act, actor, today)
    open_case(application, actor)
    bring_case(application, stage, actor)
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
    skipped: str | None = None,
    version: int | str | None = None,
) -> ApplicationEvent:
    """It was granted: of a rung with the certificate, which becomes the firm's title, and the case is certified; else with the number.

    The number or the paper is enough, as the checklist has it. `skipped`: why no public notice was recorded before.
    """
    today = clock.today()
    _begin(application, Act.GRANT, actor, version)
    number = certificate.number if certificate else number
    there = file is not None and bool(file.filename)
    missing = open_items(application, Act.GRANT, today)
    if number or there:
        missing = [item for item in missing if item.key != CERTIFICATE]
    if missing:
        raise OpenItemsError(missing)
    if application.window.programme.rung is None and not number and not there:
        raise DomainError(_("请填写编号，或上传公布文件。"), field="number")
    reasons = [number]
    if application.state is State.RECOMMENDED:
        reasons.append(_("未登记公示：%(why)s", why=written(skipped, field="skipped")))
    if file is not None and there:
        put_paper(application, CERTIFICATE, store_document(actor, application.firm, file, field="file"))
    event = _step(application, Act.GRANT, actor, today, "；".join(text for text in reasons if text) or None)
    case = application.case
    if case is not None:
        accept_papers(application, case, Stage.CERTIFIED, actor)
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
    had_the_case = holds_case(application)
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
    had_the_case = holds_case(application)
    event = _step(application, Act.WITHDRAW, actor, clock.today(), reason)
    if had_the_case:
        return_case(application, reason or _("申报撤回"), actor)
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
