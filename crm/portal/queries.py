"""What a firm's user reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from crm.accounts.models import User
from crm.duties.queries import LAPSES_WITHIN
from crm.duties.rules import months_later
from crm.firms.loaders import load_firm_for
from crm.firms.models import Contact, Firm
from crm.firms.proposals.models import Proposal, ProposalField
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import NotFoundError
from crm.ladder.facts import last_day
from crm.ladder.models import Case, Credential, Stage
from crm.ladder.queries import held_on, open_cases, titles_of
from crm.portal.papers import papers_ahead
from crm.visits.models import Task, TaskState
from crm.web.paging import PAGE_SIZE

KEPT_SHOWN = timedelta(days=180)
MOST_PROMISES, FEW_KEPT = 20, 3


@dataclass(frozen=True)
class Title:
    """A title of the firm on a day. `lapsing`: it ends soon, and no later one of its rung is there."""

    credential: Credential
    until: date | None
    held: bool
    lapsing: bool


def own_firm(user: User) -> Firm:
    """The firm whose user this is."""
    return load_firm_for(user, user.firm_id or 0)


def own_contact(user: User, contact_id: int) -> Contact:
    contact = db.session.get(Contact, contact_id)
    if contact is None or contact.firm_id != user.firm_id:
        raise NotFoundError(_("没有这位联系人。"))
    return contact


def contacts_of(firm: Firm) -> Sequence[Contact]:
    return db.session.scalars(
        select(Contact).where(Contact.firm_id == firm.id).order_by(Contact.main.desc(), Contact.id)
    ).all()


def proposals_of(firm: Firm, page: int = 1, limit: int = PAGE_SIZE + 1) -> Sequence[Proposal]:
    """What the firm asked for, newest first, with fields and what became of them."""
    return db.session.scalars(
        select(Proposal)
        .where(Proposal.firm_id == firm.id)
        .options(
            joinedload(Proposal.submitted_by),
            selectinload(Proposal.fields).options(
                joinedload(ProposalField.decided_by), joinedload(ProposalField.document)
            ),
        )
        .order_by(Proposal.id.desc())
        .limit(limit)
        .offset((page - 1) * PAGE_SIZE)
    ).all()


def titles_on(firm: Firm, on: date) -> list[Title]:
    """The titles the firm holds, and those it lost and has none after; the newest first."""
    titles = titles_of(firm)
    found = []
    for each in reversed(titles):
        until, held = last_day(each), held_on(each, on)
        followed = any(
            other.rung is each.rung and other.valid_from > each.valid_from and other.ended_on is None
            for other in titles
        )
        ends_soon = until is not None and until <= months_later(on, LAPSES_WITHIN)
        if held or not followed:
            found.append(Title(each, until, held, held and ends_soon and not followed))
    return found


@dataclass(frozen=True)
class Promise:
    """What the park promised by a day: kept, overdue, or neither yet."""

    task: Task
    kept_on: date | None
    overdue: bool


def promises_to(firm: Firm, on: date) -> list[Promise]:
    """What the park promised this firm: what is open, nearest date first, then what was kept of late."""
    open_first = select(Task).where(Task.firm_id == firm.id, Task.state == TaskState.OPEN)
    kept = select(Task).where(
        Task.firm_id == firm.id, Task.state == TaskState.DONE, Task.ended_at >= clock.now() - KEPT_SHOWN
    )
    tasks = [
        *db.session.scalars(
            open_first.options(joinedload(Task.assignee)).order_by(Task.due_on, Task.id).limit(MOST_PROMISES)
        ),
        *db.session.scalars(kept.options(joinedload(Task.assignee)).order_by(Task.ended_at.desc()).limit(FEW_KEPT)),
    ]
    return [_promise(task, on) for task in tasks]


def _promise(task: Task, on: date) -> Promise:
    kept_on = task.ended_at.astimezone(clock.LOCAL).date() if task.ended_at is not None else None
    return Promise(task, kept_on, kept_on is None and task.due_on < on)


@dataclass(frozen=True)
class OwnCase:
    """An application of the firm: where it stands, what comes next, and how many papers it still wants."""

    case: Case
    following: Stage
    papers: int


def cases_of(firm: Firm, on: date) -> list[OwnCase]:
    """What is under way for the firm, the lowest rung first."""
    stages = list(Stage)
    found = []
    for case in open_cases(firm):
        there = {item.key for item in case.items if item.document_id is not None}
        lacking = sum(
            paper.key not in there for _stage, now, papers in papers_ahead(case, on) if now for paper in papers
        )
        found.append(OwnCase(case, stages[stages.index(case.stage) + 1], lacking))
    return found


def has_asked(firm: Firm) -> bool:
    """Whether the firm ever sent something in: who never did is told how to begin."""
    return db.session.scalar(select(Proposal.id).where(Proposal.firm_id == firm.id).limit(1)) is not None
