"""Verbs of visits, and the answers to needs. Those of tasks stand in `tasks`. Each flushes; the request commits all of it or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.firms.documents.service import store_document
from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, EditConflictError, NotAllowedError
from crm.kernel.plain import plain
from crm.visits.answers import keep_answers, not_kept
from crm.visits.models import Need, NeedState, Reluctance, Task, TaskState, Visit
from crm.visits.needs import answer_due
from crm.visits.tasks import Promised, end_task, plan_task, require_logging
from crm.visits.telling import tell_need_answered, tell_need_raised
from crm.visits.words import NEED_KINDS, RELUCTANCES, TOPICS, VISIT_FIELDS, topic_titles
from crm.web.conflict import changed_since, check_version, plain_words, told

LONGEST_TEXT = 20_000
LONGEST_LINE = 200
AROUND_THE_EARTH = 40_075_000  # metres


@dataclass(frozen=True, kw_only=True)
class Account:
    """What is told of a visit. `on` not in the future; `topics` are keys of `words.TOPICS`.

    `latitude` and `longitude` in degrees (WGS 84), within `accuracy` metres: all three, or none.
    """

    on: date
    place: str | None = None
    met: str | None = None
    topics: Sequence[str] = ()
    said: str = ""
    reluctance: Reluctance | None = None
    latitude: float | None = None
    longitude: float | None = None
    accuracy: int | None = None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A need the firm raised. `kind` is a key of `words.NEED_KINDS`."""

    kind: str
    text: str


def log_visit(
    actor: User,
    firm: Firm,
    account: Account,
    *,
    files: Iterable[Any] = (),
    needs: Iterable[Asked] = (),
    tasks: Iterable[Promised] = (),
    finished: Iterable[Task] = (),
    answers: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> Visit:
    """Record a visit with its photos and files, the needs raised, the tasks promised and those it settled.

    `files` are uploaded files; `answers` what the firm said of its figures (see `answers.keep_answers`). A `key` under
    which this person kept a visit to this firm already gives that visit back, and nothing is kept again. Raises
    DomainError, on its field, when anything of it cannot be kept; nothing is then kept.
    """
    require_logging(actor)
    if key is not None and (kept := kept_visit(actor, firm, key)) is not None:
        return kept
    files, needs, tasks, finished = list(files), list(needs), list(tasks), list(finished)
    visit = Visit(firm=firm, officer=actor, answers=[], key=None if key is None else _read_key(key))
    _tell(visit, account, more=bool(files or needs or tasks or finished or answers))
    if key is not None:
        try:
            _begin(visit)
        except IntegrityError:
            kept = kept_visit(actor, firm, key)
            if kept is None:
                raise
            return kept
    db.session.add(visit)
    _add(actor, visit, files, needs, tasks)
    keep_answers(actor, visit, answers or {})
    for task in finished:
        end_task(actor, task, state=TaskState.DONE, outcome=_("走访时办结（%(on)s）", on=account.on.isoformat()))
    db.session.flush()
    return visit


def kept_visit(actor: User, firm: Firm, key: str) -> Visit | None:
    """The visit kept under a device's key. Raises DomainError for the key of somebody else's, or of another firm's."""
    visit = db.session.scalar(select(Visit).where(Visit.key == _read_key(key)))
    if visit is not None and (visit.officer_id != actor.id or visit.firm_id != firm.id):
        raise DomainError(_("这份走访的编号已用于另一次走访。请重新打开表单再填，填过的内容请先复制。"), field="key")
    return visit


def _read_key(key: str) -> str:
    try:
        return str(UUID(key))
    except ValueError:
        raise DomainError(_("这份走访的编号读不出。请重新打开表单再填，填过的内容请先复制。"), field="key") from None


def _begin(visit: Visit) -> None:
    """Put the visit's row there, before anything else of it. Raises IntegrityError where its key was kept in this very
    moment."""
    with db.session.begin_nested():
        db.session.add(visit)
        db.session.flush()


def check_same(
    visit: Visit,
    account: Account,
    *,
    files: Sequence[Any],
    needs: Iterable[Asked],
    tasks: Iterable[Promised],
    finished: Iterable[Task],
    answers: Mapping[str, Any],
) -> None:
    """A visit kept under its key is sent again: raise EditConflictError if it tells something else this time.

    It is held against what was kept first: who mended the visit meanwhile, here or elsewhere, is not undone.
    """
    before = changed_since(visit, 1) or {}
    said = {**asdict(account), "said": account.said.strip()}
    first = {name: before.get(name, plain(getattr(visit, name))) for name in said}
    differences = [
        (VISIT_FIELDS[name], _shown(name, getattr(visit, name)), _shown(name, value))
        for name, value in said.items()
        if plain(value) != first[name]
    ]
    known = {need.text for need in visit.needs} | {task.title for task in visit.tasks}
    new = [text for text in [*(need.text for need in needs), *(task.title for task in tasks)] if text not in known]
    differences += [(_("诉求或承诺"), plain_words(None), text) for text in new]
    differences += [(title, plain_words(None), text) for title, text in not_kept(visit, answers)]
    differences += [(_("这次办完的事"), plain_words(None), task.title) for task in finished]
    held = {document.sha256 for document in visit.documents}
    differences += [(_("照片和文件"), plain_words(None), file.filename) for file in files if _digest(file) not in held]
    if differences:
        raise EditConflictError(told(), differences, version=visit.version)


def _digest(file: Any) -> str:
    """The SHA-256 of an uploaded file, in hex, as its document keeps it."""
    digest = hashlib.sha256(file.read()).hexdigest()
    file.seek(0)
    return digest


def edit_visit(
    actor: User,
    visit: Visit,
    account: Account,
    *,
    version: int | str | None,
    files: Iterable[Any] = (),
    needs: Iterable[Asked] = (),
    tasks: Iterable[Promised] = (),
    answers: Mapping[str, Any] | None = None,
) -> Visit:
    """Mend a visit's account and add what was forgotten. Its author may, and whoever may edit visits of others.

    What it holds already is not added again. `version` is that of the visit when the form was opened. Raises EditConflictError when someone saved it since.
    """
    if not may_edit(actor, visit):
        raise NotAllowedError(_("只有记录人和负责人可以修改这次走访。"))
    # Who saves in this very moment is waited for, and then told of like who saved before.
    db.session.refresh(visit, with_for_update=True)
    check_version(visit, version, asdict(account), VISIT_FIELDS, _shown)
    _tell(visit, account, more=bool(visit.needs or visit.tasks or visit.documents or visit.answers))
    asked = {need.text for need in visit.needs}
    promised = {(task.title, task.due_on, task.assignee_id) for task in visit.tasks}
    _add(
        actor,
        visit,
        files,
        [need for need in needs if need.text.strip() not in asked],
        [task for task in tasks if (task.title.strip(), task.due_on, task.assignee_id) not in promised],
    )
    keep_answers(actor, visit, answers or {})
    db.session.flush()
    return visit


def _shown(field: str, value: Any) -> Any:
    if field == "topics":
        return _("、").join(str(title) for title in topic_titles(value)) or plain_words(None)
    return RELUCTANCES[value] if field == "reluctance" and value else plain_words(value)


def may_edit(actor: User, visit: Visit) -> bool:
    return actor.can(Permission.EDIT_VISITS) or (actor.can(Permission.LOG_VISITS) and actor.id == visit.officer_id)


def _tell(visit: Visit, account: Account, *, more: bool) -> None:
    """`more`: something else is kept with it, so that it need not say anything itself."""
    if account.on > clock.today():
        raise DomainError(_("走访日期不能晚于今天。以后的走访请用“安排走访”。"), field="on")
    unknown = [topic for topic in account.topics if topic not in TOPICS]
    if unknown:
        raise DomainError(_("没有“%(topic)s”这个话题。", topic=unknown[0]), field="topics")
    said = account.said.strip()
    if not (said or account.topics or account.reluctance or more):
        raise DomainError(_("请写一句谈了什么，或至少点选一件事。"), field="said")
    if len(said) > LONGEST_TEXT:
        raise DomainError(_("谈话内容最多 %(longest)s 字，请精简或作为文件上传。", longest=LONGEST_TEXT), field="said")
    for field, text in (("place", account.place), ("met", account.met)):
        if text is not None and len(text) > LONGEST_LINE:
            raise DomainError(_("最多 %(longest)s 字，请精简。", longest=LONGEST_LINE), field=field)
    _check_position(account)
    visit.on, visit.place, visit.met, visit.said = account.on, account.place, account.met, said
    visit.reluctance = account.reluctance
    visit.latitude, visit.longitude, visit.accuracy = account.latitude, account.longitude, account.accuracy
    visit.topics = [topic for topic in TOPICS if topic in account.topics]


def _check_position(account: Account) -> None:
    position = (account.latitude, account.longitude, account.accuracy)
    if position == (None, None, None):
        return
    latitude, longitude, accuracy = position
    if latitude is None or longitude is None or accuracy is None:
        raise DomainError(_("位置不完整，请重新点“记下位置”。"), field="latitude")
    if not (abs(latitude) <= 90 and abs(longitude) <= 180 and 0 <= accuracy <= AROUND_THE_EARTH):
        raise DomainError(_("没有这样的位置，请重新点“记下位置”。"), field="latitude")


def _add(actor: User, visit: Visit, files: Iterable[Any], needs: Iterable[Asked], tasks: Iterable[Promised]) -> None:
    for need in needs:
        _raise_need(visit, need)
    for task in tasks:
        if task.due_on < visit.on:
            raise DomainError(_("“%(title)s”的期限早于走访日期，请核对。", title=task.title), field="tasks")
        plan_task(actor, visit.firm, task, visit=visit)
    for file in files:
        visit.documents.append(store_document(actor, visit.firm, file, field="files", internal=True))


def _raise_need(visit: Visit, need: Asked) -> None:
    if need.kind not in NEED_KINDS:
        raise DomainError(_("请选择诉求的类别。"), field="needs")
    if not need.text.strip():
        raise DomainError(_("请写明企业的诉求。"), field="needs")
    raised = Need(
        firm=visit.firm, raised_on=visit.on, due_on=answer_due(visit.on), kind=need.kind, text=need.text.strip()
    )
    visit.needs.append(raised)
    db.session.flush()
    tell_need_raised(raised)


def answer_need(actor: User, need: Need, *, state: NeedState, answer: str | None) -> Need:
    """Say what became of an open need: answered with the words of `answer`, or closed with the reason in it."""
    require_logging(actor)
    if need.state is not NeedState.OPEN:
        who = need.answered_by.name if need.answered_by else ""
        raise DomainError(_("这件诉求已经答复（%(who)s），请刷新页面。如要改写，请先撤销答复。", who=who))
    answer = (answer or "").strip() or None
    if answer is None:
        raise DomainError(_("请写明答复的内容或不再需要的原因。"), field="answer")
    need.state, need.answer = state, answer
    need.answered_on, need.answered_by = clock.today(), actor
    db.session.flush()
    tell_need_answered(need)
    return need


def reopen_need(actor: User, need: Need) -> Need:
    """Undo an answer: the need is open again."""
    require_logging(actor)
    if need.state is NeedState.OPEN:
        raise DomainError(_("这件诉求已经是待答复，请刷新页面。"))
    need.state = NeedState.OPEN
    need.answer, need.answered_on, need.answered_by = None, None, None
    need.rating, need.rating_words, need.rated_on = None, None, None
    db.session.flush()
    return need
