"""Where the made-up firms stand on the ladder: cases with their steps, titles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from crm.bench.days import EPOCH
from crm.kernel.db import db
from crm.ladder.models import Case, CaseStatus, Purpose, Rung, Stage

Row = dict[str, Any]

RUNGS = list(Rung)[:5]
STAGES = list(Stage)[:-1]


def cases(ids: list[int], random: Random) -> Iterator[Row]:
    for number, firm_id in enumerate(ids):
        if number % 10 < 6:
            opened = EPOCH - timedelta(days=random.randint(10, 900))
            yield {
                "firm_id": firm_id,
                "rung": RUNGS[number % 5],
                "purpose": Purpose.NEW,
                "stage": STAGES[number // 10 % len(STAGES)],
                "status": CaseStatus.OPEN,
                "opened_on": opened,
                "stage_since": opened,
            }


def case_events(actor: int) -> Iterator[Row]:
    cases = db.session.execute(select(Case.id, Case.opened_on, Case.stage).order_by(Case.id)).all()
    for case_id, opened, stage in cases:
        passed = STAGES[: STAGES.index(stage) + 1]
        for before, after in zip([None, *passed], passed, strict=False):
            yield {
                "case_id": case_id,
                "on": opened,
                "at": datetime(opened.year, opened.month, opened.day, tzinfo=UTC),
                "actor_id": actor,
                "from_stage": before,
                "to_stage": after,
                "from_status": CaseStatus.OPEN if before else None,
                "to_status": CaseStatus.OPEN,
                "overridden": False,
            }


def credentials(ids: list[int], random: Random) -> Iterator[Row]:
    for number, firm_id in enumerate(ids):
        if number % 10 in (1, 4, 7, 8):
            granted = EPOCH - timedelta(days=random.randint(30, 1500))
            yield {
                "firm_id": firm_id,
                "rung": RUNGS[number % 5],
                "number": f"GR{number:08d}",
                "valid_from": granted,
                "valid_to": granted + timedelta(days=3 * 365),
            }
