"""Needs: raised by a firm, given to somebody with a promised day, answered, and rated by the firm. Staff find them in one list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import contains_eager, joinedload, load_only

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.firms.documents.service import store_document
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm
from crm.firms.people import in_charge
from crm.firms.reference.working_days import add_working_days
from crm.firms.rules import officer_for
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotAllowedError
from crm.visits.models import Need, NeedState
from crm.visits.tasks import require_logging
from crm.visits.telling import tell_need_given, tell_need_raised, tell_need_rated, tell_taken_on
from crm.visits.words import NEED_KINDS
from crm.web import conflict
from crm.web.paging import PAGE_SIZE, Page, page_of

ANSWER_WITHIN = (
    10  # working days in which the park answers, from the day it was (last) raised, where nobody promised otherwise
)
LATEST_PROMISE = timedelta(days=366)
LONGEST_NEED, LONGEST_REMARK = 2000, 1000
STARS = range(1, 6)


# --- the firm's verbs ----------------------------------------------------------------------------------------------


def raise_need(actor: User, firm: Firm, *, kind: str, text: str, file: Any = None, agency: bool = False) -> Need:
    """Ask the park for something. `kind` is a key of `words.NEED_KINDS`; `file` an uploaded file; `agency`: that somebody takes
    it through all offices for the firm (全程代办).
    """
    _require_own(actor, firm.id)
    if kind not in NEED_KINDS:
        raise DomainError(_("请选择诉求的类别。"), field="kind")
    document = store_document(actor, firm, file, field="file") if file is not None and file.filename else None
    need = Need(
        firm=firm,
        raised_on=clock.today(),
        raised_by=actor,
        due_on=answer_due(clock.today()),
        kind=kind,
        text=_words(text, LONGEST_NEED, _("请写明需要园区帮什么。"), "text"),
        document=document,
        agency_asked=agency,
    )
    db.session.add(need)
    db.session.flush()
    tell_need_raised(need)
    return need


def take_on(actor: User, firm: Firm, *, kind: str, text: str) -> Need:
    """Write down a matter of the firm's and take it through all offices for it oneself (全程代办). The firm is told."""
    require_logging(actor)
    officer_for(firm.organisation, actor.id)  # raises where the person does not work over the firm
    need = Need(
        firm=firm,
        raised_on=clock.today(),
        due_on=answer_due(clock.today()),
        kind=kind,
        text=_words(text, LONGEST_NEED, _("请写明企业的诉求。"), "text"),
        assignee=actor,
        agency_since=clock.today(),
    )
    db.session.add(need)
    db.session.flush()
    tell_taken_on(need)
    return need


def rate_need(actor: User, need: Need, *, rating: int | None, words: str | None = None) -> Need:
    """Say how the firm found the answer, from 1 to 5, with a word where it likes. Said again, it takes the former's place."""
    _require_own(actor, need.firm_id)
    _require_answered(need)
    if rating not in STARS:
        raise DomainError(_("请选 1 到 5 分。"), field="rating")
    words = (words or "").strip() or None
    if words is not None and len(words) > LONGEST_REMARK:
        raise DomainError(_("最多 %(longest)s 字，请精简。", longest=LONGEST_REMARK), field="words")
    need.rating, need.rating_words, need.rated_on = rating, words, clock.today()
    db.session.flush()
    tell_need_rated(need)
    return need


def object_to_answer(actor: User, need: Need, *, reason: str) -> Need:
    """Open an answered need again, once, because the answer did not help. What was answered stands until the next answer."""
    _require_own(actor, need.firm_id)
    _require_answered(need)
    if need.reopened_on is not None:
        raise DomainError(_("这件诉求已经重新提出过一次。如仍未解决，请另提一件或联系专员。"), field="reason")
    need.objection = _words(reason, LONGEST_REMARK, _("请写明哪里没有解决。"), "reason")
    need.reopened_on, need.state = clock.today(), NeedState.OPEN
    need.due_on = answer_due(clock.today())
    need.rating, need.rating_words, need.rated_on = None, None, None
    db.session.flush()
    tell_need_raised(need, again=True)
    return need


def _require_own(actor: User, firm_id: int) -> None:
    if not actor.can(Permission.KEEP_OWN_RECORD) or actor.firm_id != firm_id:
        raise NotAllowedError(_("只有企业自己可以提出和评价诉求。"))


def _require_answered(need: Need) -> None:
    if need.state is NeedState.OPEN:
        raise DomainError(_("园区还没有答复这件诉求。"))


def _words(text: str | None, longest: int, absent: str, field: str) -> str:
    words = (text or "").strip()
    if not words:
        raise DomainError(absent, field=field)
    if len(words) > longest:
        raise DomainError(_("最多 %(longest)s 字，请精简。", longest=longest), field=field)
    return words


# --- by when -------------------------------------------------------------------------------------------------------


def answer_due(day: date) -> date:
    """The last day of the usual term for a need that is raised on a day, in statutory working days."""
    return add_working_days(day, ANSWER_WITHIN)


def answer_by(need: Need) -> date:
    """The day by which the park is to answer."""
    return need.due_on or answer_due(need.reopened_on or need.raised_on)


def is_late(need: Need) -> bool:
    return need.state is NeedState.OPEN and answer_by(need) < clock.today()


def promise_answer(
    actor: User,
    need: Need,
    *,
    assignee_id: int | None,
    due_on: date | None,
    agency: bool | None = None,
    expected_version: int | str | None = None,
) -> Need:
    """Give an open need to somebody (None: whoever is in charge of the firm), with the day its answer is promised for.

    `agency`: that person takes it through all offices for the firm (全程代办), or no longer; None: as it was. Raises DomainError
    where that person does not work over the firm, the day is over or lies before the need, or nobody is named who would act for the firm.
    """
    require_logging(actor)
    conflict.check_seen(need, expected_version)
    if need.state is not NeedState.OPEN:
        raise DomainError(_("这件诉求已经答复，请刷新页面。"))
    if due_on is None or due_on < need.raised_on:
        raise DomainError(_("请填写答复期限，不能早于提出的日期。"), field="due_on")
    if due_on < clock.today() and due_on != need.due_on:  # one that is overdue may still be given to somebody else
        raise DomainError(_("答复期限已经过去，请填今天或以后的日期。"), field="due_on")
    if due_on > clock.today() + LATEST_PROMISE:
        raise DomainError(_("答复期限最晚在一年之内，请核对年份。"), field="due_on")
    try:
        assignee = officer_for(need.firm.organisation, assignee_id)
    except DomainError as error:
        error.field = "assignee_id"
        raise
    acts = need.agency_since is not None if agency is None else agency
    if acts and assignee is None:
        raise DomainError(_("全程代办要指定代办人，请选择。"), field="assignee_id")
    given = assignee is not None and assignee.id != need.assignee_id
    taken_on = acts and (need.agency_since is None or given)
    need.assignee, need.due_on = assignee, due_on
    need.agency_since = (need.agency_since or clock.today()) if acts else None
    db.session.flush()
    if taken_on:
        tell_taken_on(need)
    if given:
        tell_need_given(need)
    return need


def hand_on(firm_ids: Sequence[int]) -> None:
    """Firms went to another organisation: their open needs given to somebody who does not work over them any more go to
    whoever is in charge there, who is told; with nobody there they are the organisation's again.
    """
    for need in db.session.scalars(
        select(Need).where(Need.firm_id.in_(firm_ids), Need.state == NeedState.OPEN, Need.assignee_id.is_not(None))
    ):
        try:
            officer_for(need.firm.organisation, need.assignee_id)
        except DomainError:
            need.assignee = next(iter(in_charge(need.firm)), None)
            db.session.flush()
            tell_need_given(need)


# --- lists ---------------------------------------------------------------------------------------------------------


class WhichNeeds(StrEnum):
    OPEN = "open"
    LATE = "late"
    ANSWERED = "answered"
    ALL = "all"


@dataclass(frozen=True, kw_only=True)
class NeedFilter:
    """None does not narrow. `officer_id`: given to this person, or to nobody and of a firm in their charge."""

    which: WhichNeeds = WhichNeeds.OPEN
    kind: str | None = None
    officer_id: int | None = None
    agency: bool = False  # those that somebody takes through the offices, or that a firm asks it of


def needs_page(user: User, wanted: NeedFilter, page: int) -> Page[Need]:
    """The needs of the firms in the user's scope: open ones by the day they are to be answered, others newest first."""
    statement = (
        select(Need)
        .join(Firm, Firm.id == Need.firm_id)
        .where(visible_firms(user), *_conditions(wanted))
        .options(
            # Of a firm and the people only what a line says.
            contains_eager(Need.firm).options(load_only(Firm.name), joinedload(Firm.officer).load_only(User.name)),
            joinedload(Need.answered_by).load_only(User.name),
            joinedload(Need.assignee).load_only(User.name),
        )
        .limit(PAGE_SIZE + 1)
        .offset((page - 1) * PAGE_SIZE)
    )
    if wanted.which in (WhichNeeds.OPEN, WhichNeeds.LATE):
        statement = statement.order_by(Need.due_on, Need.id)
    else:
        statement = statement.order_by(Need.raised_on.desc(), Need.id.desc())
    return page_of(db.session.scalars(statement).all(), page)


def _conditions(wanted: NeedFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.which in (WhichNeeds.OPEN, WhichNeeds.LATE):
        found.append(Need.state == NeedState.OPEN)
    if wanted.which is WhichNeeds.LATE:
        found.append(Need.due_on < clock.today())
    if wanted.which is WhichNeeds.ANSWERED:
        found.append(Need.state != NeedState.OPEN)
    if wanted.kind is not None:
        found.append(Need.kind == wanted.kind)
    if wanted.agency:
        found.append(or_(Need.agency_since.is_not(None), Need.agency_asked))
    if wanted.officer_id is not None:
        # The firms in their charge by an index of their own: `coalesce` over both tables would look at all firms.
        in_charge = select(Firm.id).where(Firm.officer_id == wanted.officer_id)
        nobodys = and_(Need.assignee_id.is_(None), Need.firm_id.in_(in_charge))
        found.append(or_(Need.assignee_id == wanted.officer_id, nobodys))
    return found


def needs_of(firm: Firm, page: int = 1, limit: int = PAGE_SIZE + 1) -> Sequence[Need]:
    """What the firm asked for, itself or in a talk: open first, then the newest."""
    return db.session.scalars(
        select(Need)
        .where(Need.firm_id == firm.id)
        .options(joinedload(Need.answered_by), joinedload(Need.document))
        .order_by((Need.state == NeedState.OPEN).desc(), Need.raised_on.desc(), Need.id.desc())
        .limit(limit)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
