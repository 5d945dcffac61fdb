"""Applications of every second firm, in every state: what waits and what was decided over three years."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from crm.applications.models import Application, ApplicationState, Programme, Window
from crm.kernel import clock
from crm.kernel.db import db

# How many of a hundred are in each state.
SHARES = {
    ApplicationState.DRAFT: 10,
    ApplicationState.SUBMITTED: 14,
    ApplicationState.RETURNED: 5,
    ApplicationState.REVIEWED: 6,
    ApplicationState.RECOMMENDED: 5,
    ApplicationState.ON_NOTICE: 5,
    ApplicationState.GRANTED: 40,
    ApplicationState.REFUSED: 10,
    ApplicationState.WITHDRAWN: 5,
}
YEARS = (2024, 2025, 2026)
NOT_HANDED_IN = (ApplicationState.DRAFT, ApplicationState.WITHDRAWN)


def windows() -> list[int]:
    """Two batches a programme and year; their ids."""
    found = [
        Window(
            programme=programme,
            year=year,
            title=title,
            opens_on=date(year, month, 1),
            closes_on=date(year, month + 2, 28),
        )
        for programme in db.session.scalars(select(Programme).order_by(Programme.id))
        for year in YEARS
        for title, month in (("第一批", 3), ("第二批", 9))
    ]
    db.session.add_all(found)
    db.session.flush()
    return [window.id for window in found]


def applications(ids: list[int], random: Random, window_ids: list[int], today: date) -> Iterator[dict[str, Any]]:
    """One application of every second firm."""
    states, weights = list(SHARES), list(SHARES.values())
    for firm_id in ids[::2]:
        (state,) = random.choices(states, weights)
        since = today - timedelta(days=random.randint(0, 700))
        yield {
            "firm_id": firm_id,
            "window_id": random.choice(window_ids),
            "state": state,
            "state_since": since,
            "answers": {"words": {"main_products": "精密轴承"}, "declared": ["truthful"]},
            "changes": [],
            "submitted_on": None if state in NOT_HANDED_IN else since - timedelta(days=10),
            "version": 1,
        }


def events(actor: int) -> Iterator[dict[str, Any]]:
    """How each application began, and the step that brought it where it is."""
    rows = db.session.execute(
        select(Application.id, Application.state, Application.state_since).order_by(Application.id)
    ).all()
    for application_id, state, since in rows:
        begun = {"application_id": application_id, "actor_id": actor, "at": clock.now(), "from_state": None}
        yield {**begun, "on": since - timedelta(days=12), "to_state": ApplicationState.DRAFT}
        if state is not ApplicationState.DRAFT:
            yield {**begun, "on": since, "from_state": ApplicationState.DRAFT, "to_state": state}
