"""What passes between the city and its firms: visits held and planned, promises, needs, what people are told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from crm.bench.days import EPOCH, MORNING
from crm.notices.models import NoticeKind
from crm.visits.models import NeedState, PlannedState, Reluctance, TaskState

Row = dict[str, Any]


def visits(ids: list[int], random: Random, officers: list[tuple[int, int]]) -> Iterator[Row]:
    for number, firm_id in enumerate(ids):
        officer_id = officers[number % len(officers)][0]
        for _ in range(10):
            days = random.randint(0, 1000)
            yield {
                "firm_id": firm_id,
                "officer_id": officer_id,
                "on": EPOCH - timedelta(days=days),
                "place": "企业会议室",
                "met": "总经理",
                "topics": ["rd"],
                "said": "了解研发投入与知识产权情况。",
                "reluctance": random.choice(list(Reluctance)) if number % 50 == 0 else None,
                "created_at": datetime(2026, 11, 15, 8, tzinfo=UTC) - timedelta(days=days),
            }


def tasks(ids: list[int], random: Random, officers: list[tuple[int, int]]) -> Iterator[Row]:
    for number, firm_id in list(enumerate(ids))[::5]:
        due = EPOCH + timedelta(days=random.randint(-300, 120))
        yield {
            "firm_id": firm_id,
            "title": "送政策汇编",
            "due_on": due,
            "assignee_id": officers[number % len(officers)][0],
            "state": TaskState.DONE if due < EPOCH else TaskState.OPEN,
            "created_at": MORNING,
        }


def planned(ids: list[int], random: Random, officers: list[tuple[int, int]]) -> Iterator[Row]:
    """About two a day for each officer of a large park, the past ones held."""
    for number, firm_id in list(enumerate(ids))[::10]:
        on = EPOCH + timedelta(days=random.randint(-60, 60))
        yield {
            "firm_id": firm_id,
            "officer_id": officers[number // 10 % len(officers)][0],
            "on": on,
            "purpose": "了解年度研发投入",
            "state": PlannedState.HELD if on < EPOCH else PlannedState.PLANNED,
            "created_at": MORNING,
        }


def needs(ids: list[int], random: Random, actor: int) -> Iterator[Row]:
    for number, firm_id in list(enumerate(ids))[::10]:
        raised = EPOCH - timedelta(days=random.randint(0, 400))
        answered = number % 20 == 0
        yield {
            "firm_id": firm_id,
            "raised_on": raised,
            "due_on": raised + timedelta(days=14),
            "kind": "finance",
            "text": "希望对接流动资金贷款。",
            "state": NeedState.ANSWERED if answered else NeedState.OPEN,
            "answer": "已对接两家银行。" if answered else None,
            "answered_on": raised + timedelta(days=random.randint(1, 30)) if answered else None,
            "answered_by_id": actor if answered else None,
            "rating": random.randint(1, 5) if answered else None,
            "rated_on": raised + timedelta(days=30) if answered else None,
        }


def notices(ids: list[int], random: Random, officers: list[tuple[int, int]]) -> Iterator[Row]:
    for officer_id, _park_id in officers:
        for number in range(300):
            firm_id = random.choice(ids)
            at = MORNING + timedelta(days=number)
            yield {
                "user_id": officer_id,
                "kind": NoticeKind.NEED_RAISED,
                "key": f"need {number} raised",
                "firm_id": firm_id,
                "values": {"firm": f"企业{firm_id}", "need": "流动资金"},
                "path": f"/firms/{firm_id}",
                "at": at,
                "read_at": None if number > 280 else at,
            }
