"""What becomes of lists, services, claims and official result lists in a made-up city."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from crm.applications.models import ResultList, ResultRowState, ResultState
from crm.bench.days import EPOCH
from crm.bench.firms import firm_code, firm_name
from crm.incentives.models import ClaimState
from crm.incentives.rules import incentives
from crm.kernel.db import db
from crm.ladder.models import Rung
from crm.lists.models import FirmList
from crm.services.models import ServiceItem, ServiceState

Row = dict[str, Any]
ON_A_LIST, OFF_IT = 2_000, 500
RESULT_LISTS, RESULTS = 10, 5_000


def list_members(ids: list[int], random: Random, actor: int) -> Iterator[Row]:
    """On each list two thousand firms, and some hundred that were on it."""
    for list_id in db.session.scalars(select(FirmList.id).order_by(FirmList.id)).all():
        firms = random.sample(ids, min(ON_A_LIST + OFF_IT, len(ids)))
        for place, firm_id in enumerate(firms):
            since = EPOCH - timedelta(days=random.randint(200, 900))
            yield {
                "list_id": list_id,
                "firm_id": firm_id,
                "since": since,
                "until": None if place < ON_A_LIST else since + timedelta(days=150),
                "why": "符合条件",
                "by_id": actor,
                "version": 1,
            }


def service_records(ids: list[int], random: Random, actor: int) -> Iterator[Row]:
    """Every third firm was given or offered something of the packages."""
    items = db.session.scalars(select(ServiceItem.id).order_by(ServiceItem.id)).all()
    for firm_id in ids[::3] if items else ():
        on = EPOCH - timedelta(days=random.randint(0, 400))
        state = random.choice(list(ServiceState))
        yield {
            "firm_id": firm_id,
            "item_id": random.choice(items),
            "state": state,
            "on": on,
            "by_id": actor,
            "version": 1,
        }


def claims(ids: list[int], random: Random, actor: int) -> Iterator[Row]:
    """Every tenth firm claims an incentive in each of three years; most of it was decided, half of it paid."""
    keys = sorted(incentives())
    states = (ClaimState.CLAIMED, ClaimState.APPROVED, ClaimState.REFUSED, ClaimState.PAID, ClaimState.PAID)
    for firm_id in ids[::10]:
        for year in (2024, 2025, 2026):
            state, on = random.choice(states), date(year, 3, 1) + timedelta(days=random.randint(0, 200))
            amount = random.randint(1, 20) * 10_000
            granted = state in (ClaimState.APPROVED, ClaimState.PAID)
            paid = state is ClaimState.PAID
            yield {
                "firm_id": firm_id,
                "incentive": random.choice(keys),
                "year": year,
                "cause": "",
                "amount": amount,
                "arithmetic": {},
                "state": state,
                "claimed_on": on,
                "claimed_by_id": actor,
                "decided_on": None if state is ClaimState.CLAIMED else on + timedelta(days=20),
                "decided_by_id": None if state is ClaimState.CLAIMED else actor,
                "decided_amount": amount if granted else None,
                "paid_on": on + timedelta(days=40) if paid else None,
                "paid_amount": amount if paid else None,
                "version": 1,
            }


def result_lists(organisation_id: int, actor: int) -> list[int]:
    """Official lists of several years, not yet granted; their ids."""
    found = [
        ResultList(
            organisation_id=organisation_id,
            rung=Rung.TECH_SME,
            title=f"性能测试名单第{number + 1}批",
            decided=True,
            published_on=EPOCH - timedelta(days=30 * number),
            file_name="名单.xlsx",
            sha256=f"{number:064d}",
            state=ResultState.READ,
            actor_id=actor,
        )
        for number in range(RESULT_LISTS)
    ]
    db.session.add_all(found)
    db.session.flush()
    return [each.id for each in found]


def result_rows(list_ids: list[int], ids: list[int], random: Random) -> Iterator[Row]:
    """Most are known by their code, some by their name only, some not at all."""
    states = (*(ResultRowState.MATCHED,) * 8, ResultRowState.PROPOSED, ResultRowState.UNKNOWN)
    for list_id in list_ids:
        for row in range(1, RESULTS + 1):
            number, state = random.randrange(len(ids)), random.choice(states)
            known = state is ResultRowState.MATCHED
            yield {
                "result_list_id": list_id,
                "row": row,
                "name": firm_name(number),
                "credit_code": firm_code(number) if known else None,
                "state": state,
                "firm_id": ids[number] if known else None,
                "note": {},
            }
