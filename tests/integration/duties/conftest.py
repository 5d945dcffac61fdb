"""Titles and records of duties for the tests of this room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from crm.duties.models import DutyRecord, DutyState
from crm.ladder.models import Credential, Rung

ON = date(2026, 11, 22)


@pytest.fixture
def title(session, park) -> Callable[..., Credential]:
    """title(Rung.HTE, "2024-10-16", "2027-10-15") → a title of the firm in the park, unless another is given."""

    def make(
        rung: Rung, since: str, until: str | None = None, ended: str | None = None, firm: Any = None
    ) -> Credential:
        made = Credential(
            firm=firm or park.firm,
            rung=rung,
            number="GR202400000001",
            valid_from=date.fromisoformat(since),
            valid_to=date.fromisoformat(until) if until else None,
            ended_on=date.fromisoformat(ended) if ended else None,
        )
        session.add(made)
        session.flush()
        return made

    return make


@pytest.fixture
def record(session, park) -> Callable[..., DutyRecord]:
    """record("hte.annual_report", "2026-05-31", DutyState.DONE) → what became of a duty."""

    def make(duty: str, due_on: str, state: DutyState, firm: Any = None) -> DutyRecord:
        made = DutyRecord(
            firm=firm or park.firm, duty=duty, due_on=date.fromisoformat(due_on), state=state, actor_id=park.officer.id
        )
        session.add(made)
        session.flush()
        return made

    return make
