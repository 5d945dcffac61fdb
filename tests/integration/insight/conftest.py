"""Ladder tests live on one day, so that dates in them stay true."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, datetime, timedelta, timezone

import pytest
import time_machine

from tests.integration.ladder.makers import TODAY


@pytest.fixture(autouse=True)
def on_that_day() -> Iterator[None]:
    noon = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=timezone(timedelta(hours=8)))
    with time_machine.travel(noon, tick=True):
        yield


@pytest.fixture
def at_noon() -> Iterator[Callable[..., None]]:
    """Go to noon of another day (or so many minutes past it) until the test ends."""
    with ExitStack() as stack:

        def go(day: date, minutes: int = 0) -> None:
            moment = datetime(day.year, day.month, day.day, 12, minutes % 60, tzinfo=timezone(timedelta(hours=8)))
            stack.enter_context(time_machine.travel(moment + timedelta(hours=minutes // 60), tick=True))

        yield go
