"""Tests of applications live on the day of the ladder's: the window of tech_sme is open, and a qualified firm meets it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
import time_machine

from tests.integration.applications.makers import Hall, make_hall
from tests.integration.ladder.makers import TODAY


@pytest.fixture(autouse=True)
def on_that_day() -> Iterator[None]:
    noon = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=timezone(timedelta(hours=8)))
    with time_machine.travel(noon, tick=True):
        yield


@pytest.fixture
def hall(session, park) -> Hall:
    """A qualified firm in Yiyang, its people, the programmes that ship, and a window of the city's own for projects."""
    return make_hall(session, park)
