"""The state of a firm's task follows from what is wanted, known, waiting and sent back."""

from __future__ import annotations

import pytest

from crm.portal.tasks import Part, Task, TaskGroup, TaskState, count_done, next_tasks, state_of

WANTED = ("revenue", "rd")


@pytest.mark.parametrize(
    ("part", "state"),
    [
        (Part(wanted=WANTED), TaskState.NOT_STARTED),
        (Part(wanted=WANTED, known={"employees"}), TaskState.NOT_STARTED),
        (Part(wanted=WANTED, known={"rd"}), TaskState.IN_PROGRESS),
        (Part(wanted=WANTED, pending={"rd"}), TaskState.IN_PROGRESS),
        (Part(wanted=WANTED, known=WANTED, pending={"rd"}), TaskState.IN_PROGRESS),
        (Part(wanted=WANTED, known={"rd", "revenue", "employees"}), TaskState.DONE),
        (Part(wanted=(), known=()), TaskState.DONE),
        (Part(wanted=WANTED, known=WANTED, refused={"rd"}), TaskState.CHANGES_REQUESTED),
        (Part(wanted=WANTED, refused={"rd"}, pending={"revenue"}), TaskState.CHANGES_REQUESTED),
        (Part(wanted=WANTED, blocked="明年起"), TaskState.BLOCKED),
        (Part(wanted=WANTED, known={"rd"}, blocked="明年起"), TaskState.BLOCKED),
        (Part(wanted=WANTED, known=WANTED, blocked="明年起"), TaskState.DONE),
    ],
)
def test_the_state_follows_from_the_data(part: Part, state: TaskState) -> None:
    assert state_of(part) is state


def task(title: str, **part) -> Task:
    return Task(title=title, part=Part(**{"wanted": WANTED, **part}), href="/", staff_href="/")


def test_what_came_back_is_first_and_what_only_waits_for_the_park_is_left_out() -> None:
    groups = [
        TaskGroup("一", [task("未开始"), task("已完成", known=WANTED), task("等园区", pending=WANTED)]),
        TaskGroup("二", [task("以后", blocked="明年起"), task("退回", refused={"rd"}), task("填了一半", known={"rd"})]),
    ]
    assert [each.title for each in next_tasks(groups, 4)] == ["退回", "未开始", "填了一半"]
    assert count_done(groups) == (1, 6)
