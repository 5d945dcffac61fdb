"""Reads of applications: the staff's list, a firm's own, one application."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from crm.accounts.models import Organisation, User
from crm.applications.machine import RECOMMENDED, UNDECIDED, State
from crm.applications.models import Application, ApplicationEvent, ApplicationPaper, Programme, Window
from crm.firms.loaders import load_for, visible_firms
from crm.firms.models import Firm
from crm.kernel.db import db
from crm.ladder.queries import subtree
from crm.web.language import title_in
from crm.web.paging import PAGE_SIZE, Page, page_of

MOST_EXPORTED = 20_000
# What the park has to do something about: handed in and not decided.
WAITING = UNDECIDED | RECOMMENDED


@dataclass(frozen=True, kw_only=True)
class ApplicationFilter:
    """What the list is narrowed by; None does not narrow. `states` empty: whatever state; `organisation` stands for its subtree."""

    states: frozenset[State] = WAITING
    programme: int | None = None
    year: int | None = None
    organisation: Organisation | None = None
    officer: int | None = None


def applications_page(user: User, wanted: ApplicationFilter, number: int) -> Page[Application]:
    """One page of the applications in the user's scope, the longest waiting first."""
    statement = _listed(user, wanted).limit(PAGE_SIZE + 1).offset((number - 1) * PAGE_SIZE)
    return page_of(db.session.scalars(statement).all(), number)


def applications_found(user: User, wanted: ApplicationFilter) -> Sequence[Application]:
    """All that the filters find, up to MOST_EXPORTED."""
    return db.session.scalars(_listed(user, wanted).limit(MOST_EXPORTED)).all()


def applications_by_id(user: User, ids: Sequence[int]) -> Sequence[Application]:
    """Those of the applications that the user may see, the longest waiting first."""
    statement = _listed(user, ApplicationFilter(states=frozenset())).where(Application.id.in_(ids))
    return db.session.scalars(statement).all()


def _listed(user: User, wanted: ApplicationFilter) -> Select[Application]:
    return (
        select(Application)
        .join(Application.firm)
        .join(Application.window)
        .join(Window.programme)
        .where(visible_firms(user), *_conditions(wanted))
        .options(
            contains_eager(Application.firm).options(joinedload(Firm.organisation), joinedload(Firm.officer)),
            contains_eager(Application.window).contains_eager(Window.programme),
        )
        .order_by(Application.state_since, Application.id)
    )


def _conditions(wanted: ApplicationFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.states:
        found.append(Application.state.in_(sorted(wanted.states)))
    if wanted.programme is not None or wanted.year is not None:
        windows = select(Window.id)
        if wanted.programme is not None:
            windows = windows.where(Window.programme_id == wanted.programme)
        if wanted.year is not None:
            windows = windows.where(Window.year == wanted.year)
        found.append(Application.window_id.in_(list(db.session.scalars(windows))))
    if wanted.organisation is not None:
        found.append(Firm.organisation_id.in_(subtree(wanted.organisation)))
    if wanted.officer is not None:
        found.append(Firm.officer_id == wanted.officer)
    return found


def applications_of(firm: Firm, number: int = 1) -> Page[Application]:
    """A firm's applications, the newest first."""
    statement = (
        select(Application)
        .join(Application.window)
        .join(Window.programme)
        .where(Application.firm_id == firm.id)
        .options(
            contains_eager(Application.window).contains_eager(Window.programme), joinedload(Application.credential)
        )
        .order_by(Application.id.desc())
        .limit(PAGE_SIZE + 1)
        .offset((number - 1) * PAGE_SIZE)
    )
    return page_of(db.session.scalars(statement).all(), number)


def load_application(user: User, application_id: int) -> Application:
    """One application with all that its page shows. Raises NotFoundError outside the scope."""
    application = load_for(user, Application, application_id)
    statement = (
        select(Application)
        .where(Application.id == application.id)
        .options(
            joinedload(Application.window).joinedload(Window.programme),
            joinedload(Application.case),
            joinedload(Application.credential),
            joinedload(Application.agency),
            selectinload(Application.papers).joinedload(ApplicationPaper.document),
            selectinload(Application.events).joinedload(ApplicationEvent.actor),
        )
    )
    return db.session.scalars(statement).one()


def programme_words() -> dict[int, Any]:
    """The programmes to choose from, disabled ones too: there may be applications of them."""
    return {each.id: title_in(each) for each in db.session.scalars(select(Programme).order_by(Programme.id))}


def years_offered() -> list[int]:
    return list(db.session.scalars(select(Window.year).distinct().order_by(Window.year.desc())))


def windows_of(programme: Programme) -> Sequence[Window]:
    """The rows of a programme's windows, the newest first."""
    return db.session.scalars(
        select(Window).where(Window.programme_id == programme.id).order_by(Window.closes_on.desc(), Window.id.desc())
    ).all()
