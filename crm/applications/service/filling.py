"""Filling in: an application is begun and answered, its papers handed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import FileStorage

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.applications.answering import keep_facts
from crm.applications.machine import FILLING, State, may_fill, why_not_here
from crm.applications.models import Application, ApplicationEvent, ApplicationPaper
from crm.applications.openings import Opening, window_of
from crm.applications.papers import declarations_of, papers_of
from crm.applications.service.cases import join_case, open_case
from crm.applications.words import state_title
from crm.firms.documents.service import store_document
from crm.firms.models import Document, Firm
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, EditConflictError, NotAllowedError
from crm.ladder.checklists import Requirement
from crm.web.conflict import is_outdated
from crm.web.language import language

LONGEST_ANSWER = 2000


def start(*, actor: User, firm: Firm, opening: Opening) -> Application:
    """Begin an application. An officer's opens the case towards the rung where there is none; of a firm's own the park opens it at review."""
    own = actor.can(Permission.KEEP_OWN_RECORD) and actor.firm_id == firm.id
    if not (own or actor.can(Permission.CULTIVATE)):
        raise NotAllowedError(_("您没有做这一步的权限，请联系本单位的负责人。"))
    if not_here := why_not_here(firm):
        raise DomainError(not_here)
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
        open_case(application, actor)
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
    note: str | None = None,
    version: int | str | None = None,
) -> None:
    """Keep what was filled in: words in the application, facts in the record (of a firm's own user as a wish, by path), declarations.

    `note` is what the firm says to the reviewer of what was sent back.
    """
    _require_filling(application, actor)
    programme = application.window.programme
    asked = {ask["key"]: ask for ask in programme.asks if not ask.get("fact")}
    kept = {key: (text or "").strip() for key, text in words.items() if key in asked and (text or "").strip()}
    for key, text in kept.items():
        if len(text) > LONGEST_ANSWER:
            raise DomainError(_("最多 %(longest)s 字，请精简。", longest=LONGEST_ANSWER), field=key)
    declarations = declarations_of(application, clock.today())
    known = {each.key for each, _made in declarations}
    answers: dict[str, Any] = {"words": kept, "declared": [key for key in declared if key in known]}
    if application.state is State.RETURNED and (note := (note or "").strip()):
        answers["note"] = note
    _refuse_outdated(application, version, answers, declarations)
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
    return put_paper(application, key, document)


def take_paper_back(application: Application, key: str, *, actor: User) -> None:
    """Take a paper out of the application; the document stays with the firm."""
    _require_filling(application, actor)
    application.papers = [paper for paper in application.papers if paper.key != key]
    db.session.flush()


def put_paper(application: Application, key: str, document: Document) -> ApplicationPaper:
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


def _refuse_outdated(
    application: Application,
    version: int | str | None,
    answers: Mapping[str, Any],
    declarations: Sequence[tuple[Requirement, bool]],
) -> None:
    """The second of two who fill in one application sees what the first saved beside what they wanted."""
    if not is_outdated(application, version):
        return
    theirs, mine = application.answers.get("words", {}), answers["words"]
    both = [(ask["title"], theirs.get(ask["key"]), mine.get(ask["key"])) for ask in application.window.programme.asks]
    both.append((_("给审核人的说明"), application.answers.get("note"), answers.get("note")))
    differences = [(title, one or _("未填"), other or _("未填")) for title, one, other in both if one != other]
    differences += [
        (each.title[language()], *((_("已勾选"), _("未勾选")) if made else (_("未勾选"), _("已勾选"))))
        for each, made in declarations
        if made != (each.key in answers["declared"])
    ]
    if differences:
        raise EditConflictError(
            _("您填写期间，别人已改过这份申报。请对照下面的不同之处，改好后再保存一次；再保存即以您填的为准。"),
            differences,
            version=application.version,
        )
