"""The lists and chains that ship, at noon of a day in 2026."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from crm.lists.loading import load_lists
from crm.lists.models import ChainLink, CultivationChain, FirmList

TODAY = date(2026, 6, 1)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 6, 1, 4, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def shipped(session: Any, park: Any) -> None:
    load_lists()
    session.commit()


def named(session: Any, key: str) -> FirmList:
    return session.scalars(select(FirmList).where(FirmList.key == key)).one()


def chain_named(session: Any, key: str) -> CultivationChain:
    return session.scalars(select(CultivationChain).where(CultivationChain.key == key)).one()


def link_named(session: Any, chain: str, key: str) -> ChainLink:
    return next(link for link in chain_named(session, chain).links if link.key == key)
