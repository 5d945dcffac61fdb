"""Ladder tests live on one day, so that dates in them stay true."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
import time_machine

from tests.integration.ladder.makers import TODAY


@pytest.fixture(autouse=True)
def on_that_day() -> Iterator[None]:
    noon = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=timezone(timedelta(hours=8)))
    with time_machine.travel(noon, tick=True):
        yield
