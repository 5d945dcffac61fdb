"""The year's filling-in as a list of tasks, each with a state that follows from the data. Nobody ticks anything."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from crm.firms.proposals.models import ProposalField


class TaskState(StrEnum):
    """The states of GOV.UK's task list."""

    BLOCKED = "blocked"
    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    CHANGES_REQUESTED = "changes_requested"


STATES: Mapping[TaskState, Any] = {
    TaskState.BLOCKED: _l("还不能开始"),
    TaskState.NOT_STARTED: _l("未开始"),
    TaskState.IN_PROGRESS: _l("填写中"),
    TaskState.DONE: _l("已完成"),
    TaskState.CHANGES_REQUESTED: _l("需要修改"),
}
LOOKS: Mapping[TaskState, tuple[str, str]] = {  # kind of badge, icon
    TaskState.BLOCKED: ("neutral", "lock"),
    TaskState.NOT_STARTED: ("neutral", "flag"),
    TaskState.IN_PROGRESS: ("accent", "wait"),
    TaskState.DONE: ("good", "check"),
    TaskState.CHANGES_REQUESTED: ("warn", "edit"),
}


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a task consists of: names of values (figures, facts, papers). `refused` are those whose last answer was no."""

    wanted: Collection[str]
    known: Collection[str] = ()
    pending: Collection[str] = ()
    refused: Collection[str] = ()
    blocked: str | None = None  # why it cannot be begun


def state_of(part: Part) -> TaskState:
    """The state of a task: what the park sent back comes first; what is there already is done, whatever else blocks it."""
    if part.refused:
        return TaskState.CHANGES_REQUESTED
    if not set(part.wanted) - set(part.known) and not part.pending:
        return TaskState.DONE
    if part.blocked is not None:
        return TaskState.BLOCKED
    begun = set(part.pending) | set(part.wanted) & set(part.known)
    return TaskState.IN_PROGRESS if begun else TaskState.NOT_STARTED


@dataclass(frozen=True, kw_only=True)
class Task:
    """One task as both sides read it. `href` is where the firm does it, `staff_href` where its officer looks at it."""

    title: Any
    part: Part
    href: str
    staff_href: str
    hint: str | None = None
    refusals: Sequence[ProposalField] = ()

    @property
    def state(self) -> TaskState:
        return state_of(self.part)

    @property
    def done(self) -> int:
        return len(set(self.part.wanted) & set(self.part.known))

    @property
    def total(self) -> int:
        return len(set(self.part.wanted))


@dataclass(frozen=True)
class TaskGroup:
    title: Any
    tasks: Sequence[Task]


# What to turn to first.
URGENT = (TaskState.CHANGES_REQUESTED, TaskState.IN_PROGRESS, TaskState.NOT_STARTED)


def next_tasks(groups: Sequence[TaskGroup], limit: int) -> list[Task]:
    """The first tasks that the firm can do something about: what came back before what is new."""
    tasks = [task for group in groups for task in group.tasks if task.state in URGENT]
    tasks = [task for task in tasks if task.state is not TaskState.IN_PROGRESS or _something_left(task.part)]
    return sorted(tasks, key=lambda task: task.state is not TaskState.CHANGES_REQUESTED)[:limit]


def _something_left(part: Part) -> bool:
    """Whether the firm itself has something left to do, and does not only wait for the park."""
    return bool(set(part.wanted) - set(part.known) - set(part.pending))


def count_done(groups: Sequence[TaskGroup]) -> tuple[int, int]:
    """Tasks done, of how many."""
    states = [task.state for group in groups for task in group.tasks]
    return states.count(TaskState.DONE), len(states)
