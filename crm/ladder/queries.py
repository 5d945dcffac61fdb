"""Reads of the ladder: titles held, the firm's rung, cases, the timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from crm.accounts.models import Organisation, User
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder.facts import last_day
from crm.ladder.models import Assessment, Case, CaseEvent, CaseStatus, Credential, CredentialEvent, Rung, Stage
from crm.web.paging import PAGE_SIZE, Page, page_of

# The statuses in which a case counts at its stage: open ones, and at `certified` those that got there.
STANDING = (CaseStatus.OPEN, CaseStatus.CERTIFIED)


def held_on(credential: Credential, on: date) -> bool:
    """Whether the title was held on the date: the last day of its term is included, the day it was ended is not."""
    last = last_day(credential)
    return credential.valid_from <= on and (last is None or on <= last)


def is_held(on: date, title: Any = Credential) -> ColumnElement[bool]:
    """`held_on` as a condition on `Credential` or an alias of it."""
    return and_(
        title.valid_from <= on,
        or_(title.valid_to.is_(None), title.valid_to >= on),
        or_(title.ended_on.is_(None), title.ended_on > on),
    )


def last_step(on: date, what: Any = CaseEvent.id) -> Any:
    """The id of the last step that a row of `Case` had taken by the end of a day, or `what` else the index of steps has
    of it; none where it began later."""
    step = aliased(CaseEvent)
    return (
        select(getattr(step, what.key))
        .where(step.case_id == Case.id, step.on <= on)
        .order_by(step.on.desc(), step.id.desc())
        .limit(1)
        .correlate(Case)
        .scalar_subquery()
    )


def case_states(on: date) -> Subquery:
    """Where every case stood at the end of a day: columns `firm_id`, `rung`, `stage`, `status`.

    Today is read from the cases themselves, a past day from the log of their steps.
    """
    if on >= clock.today():
        return select(Case.firm_id, Case.rung, Case.stage, Case.status).subquery("case_state")
    # Two looks into the index of a case's steps are less than one into their table; none for a case that began later.
    stage, status = last_step(on, CaseEvent.to_stage), last_step(on, CaseEvent.to_status)
    states = select(Case.firm_id, Case.rung, stage.label("stage"), status.label("status"))
    return states.where(Case.opened_on <= on).subquery("case_state")


def holds(on: date, rung: Rung | None = None) -> ColumnElement[bool]:
    """The condition on `Firm` that it held the title on the date (`rung` None: any title)."""
    held = select(Credential.firm_id).where(is_held(on))
    return Firm.id.in_(held if rung is None else held.where(Credential.rung == rung))


def cultivated(on: date, rung: Rung | None = None, stage: Stage | None = None) -> ColumnElement[bool]:
    """The condition on `Firm` that a case of it stood there on the date. Dropped and rejected cases stand nowhere."""
    state = case_states(on)
    found = select(state.c.firm_id).where(state.c.status.in_(STANDING))
    if rung is not None:
        found = found.where(state.c.rung == rung)
    if stage is not None:
        found = found.where(state.c.stage == stage)
    elif rung is not None:
        found = found.where(state.c.status == CaseStatus.OPEN)
    return Firm.id.in_(found)


def titles_of(firm: Firm) -> list[Credential]:
    """Every title the firm holds or held, oldest first, without its events: for pages that only say which."""
    return list(
        db.session.scalars(
            select(Credential).where(Credential.firm_id == firm.id).order_by(Credential.valid_from, Credential.id)
        )
    )


def credentials_of(firm: Firm) -> list[Credential]:
    """Every title the firm holds or held, with its events, oldest first."""
    return list(
        db.session.scalars(
            select(Credential)
            .where(Credential.firm_id == firm.id)
            .options(selectinload(Credential.events).joinedload(CredentialEvent.actor), joinedload(Credential.document))
            .order_by(Credential.valid_from, Credential.id)
        )
    )


def rung_of(firm: Firm, on: date) -> Rung | None:
    """The highest title the firm holds on the date; None where it holds none."""
    held = set(db.session.scalars(select(Credential.rung).where(Credential.firm_id == firm.id, is_held(on))))
    return highest(held)


def highest(rungs: set[Rung]) -> Rung | None:
    return next((rung for rung in reversed(Rung) if rung in rungs), None)


@dataclass(frozen=True, kw_only=True)
class CaseFilter:
    """What a list of cases is narrowed by; None does not narrow. `organisation` stands for its whole subtree."""

    rung: Rung | None = None
    stage: Stage | None = None
    status: CaseStatus | None = None
    officer: int | None = None
    organisation: Organisation | None = None


def cases_page(user: User, wanted: CaseFilter, number: int) -> Page[Case]:
    """One page of the cases the user may see, the one that waits longest in its stage first."""
    statement = (
        select(Case)
        .join(Case.firm)
        .where(visible_firms(user), *_conditions(wanted))
        .options(contains_eager(Case.firm).joinedload(Firm.organisation), joinedload(Case.officer))
        .order_by(Case.stage_since, Case.id)
        .limit(PAGE_SIZE + 1)
        .offset((number - 1) * PAGE_SIZE)
    )
    return page_of(list(db.session.scalars(statement)), number)


def _conditions(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, value in ((Case.rung, wanted.rung), (Case.stage, wanted.stage), (Case.status, wanted.status)):
        if value is not None:
            found.append(column == value)
    if wanted.officer is not None:
        found.append(Case.officer_id == wanted.officer)
    if wanted.organisation is not None:
        found.append(Firm.organisation_id.in_(subtree(wanted.organisation)))
    return found


def open_case_id(firm_id: int, rung: Rung) -> int | None:
    """The firm's open case towards the rung; there is at most one."""
    return db.session.scalar(
        select(Case.id).where(Case.firm_id == firm_id, Case.rung == rung, Case.status == CaseStatus.OPEN)
    )


def open_cases(firm: Firm) -> list[Case]:
    return list(
        db.session.scalars(
            select(Case).where(Case.firm_id == firm.id, Case.status == CaseStatus.OPEN).order_by(Case.id)
        )
    )


def cases_of(firm: Firm) -> list[Case]:
    """Every case of the firm, the newest first."""
    return list(
        db.session.scalars(
            select(Case)
            .where(Case.firm_id == firm.id)
            .options(joinedload(Case.officer))
            .order_by(Case.opened_on.desc(), Case.id.desc())
        )
    )


def case_events(case: Case) -> list[CaseEvent]:
    """The steps of a case, the newest first."""
    return list(
        db.session.scalars(
            select(CaseEvent)
            .where(CaseEvent.case_id == case.id)
            .options(joinedload(CaseEvent.actor), joinedload(CaseEvent.assessment))
            .order_by(CaseEvent.on.desc(), CaseEvent.id.desc())
        )
    )


def assessments_of(case: Case) -> list[Assessment]:
    """The assessments kept with a case, the newest first; their facts and results are not loaded."""
    return list(
        db.session.scalars(
            select(Assessment)
            .where(Assessment.case_id == case.id)
            .options(joinedload(Assessment.actor))
            .order_by(Assessment.id.desc())
        )
    )


def events_of(firm: Firm, credentials: Sequence[Credential]) -> list[CaseEvent | CredentialEvent]:
    """Every step of the firm's cases and every event of its titles, the newest first."""
    steps = db.session.scalars(
        select(CaseEvent)
        .join(CaseEvent.case)
        .where(Case.firm_id == firm.id)
        .options(contains_eager(CaseEvent.case), joinedload(CaseEvent.actor))
    ).all()
    titles = [event for credential in credentials for event in credential.events]
    return sorted([*steps, *titles], key=lambda event: (event.on, event.at, event.id), reverse=True)


def firms_by_id(user: User, ids: Sequence[int]) -> list[Firm]:
    """Those of the firms that the user may see, in the order of the list."""
    return list(
        db.session.scalars(
            select(Firm)
            .where(Firm.id.in_(ids), visible_firms(user))
            .options(joinedload(Firm.organisation), joinedload(Firm.officer))
            .order_by(Firm.sort_key, Firm.id)
        )
    )


def subtree(organisation: Organisation) -> Select[Any]:
    """The ids of an organisation and everything below it."""
    return select(Organisation.id).where(Organisation.path.startswith(organisation.path, autoescape=True))
