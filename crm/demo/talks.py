"""Talks with a firm: visits over the years, what was asked for, what was promised and what came of it."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from itertools import cycle
from typing import Any

from crm.demo.city import Talk
from crm.demo.papers import picture
from crm.demo.story import SILENT, Story, working_day
from crm.firms.figures.queries import figures_of_year
from crm.visits import service
from crm.visits.models import Need, NeedState, Reluctance, Task, TaskState
from crm.visits.service import Account, Asked
from crm.visits.tasks import Promised, end_task, plan_task

# How long ago the last visit was, firm by firm: some this week, some too long ago.
LAST_VISITS = (3, 8, 13, 20, 27, 41, 58, 76, 104, 133)
# Why a firm does not innovate and what it said of it, as its last visit found: of kinds whose figures say so too.
RELUCTANCES: dict[str, tuple[tuple[Reluctance, str], ...]] = {
    "processor": ((Reluctance.UNWILLING, "订单稳定，老板认为来料加工用不着研发，没有专利，也没有研发计划。"),),
    "workshop": (
        (Reluctance.UNABLE, "想改进{product}，但没有技术人员，一年研发费用只占收入的百分之一左右。"),
        (Reluctance.UNWILLING, "老板觉得买设备比做研发见效快，尚无研发计划。讲了加计扣除的账，愿意再谈。"),
        (Reluctance.AFRAID, "前年试过一个新品，没有卖出去，不敢再投；担心研发费用收不回来。"),
    ),
    "hte_sliding": (
        (Reluctance.AFRAID, "负债偏高，银行在收贷，{product}的研发项目先停了一半，怕再投下去周转不开。"),
        (Reluctance.UNABLE, "研发骨干走了两人，{product}的改进没有人接手，研发费用一年比一年少。"),
    ),
}
SETTLED = 60  # days after which a need was answered
OVERDUE = 9  # days that a task is left undone at most


def write_talks(story: Story) -> None:
    fitting = [talk for talk in story.city.talks if not talk.kinds or story.plan.kind in talk.kinds]
    story.random.shuffle(fitting)
    for number, (day, talk) in enumerate(zip(_days(story), cycle(fitting), strict=False)):
        _talk(story, day, talk, last=number == 0)
    for task in story.plan.tasks:
        due = story.diary.today + timedelta(days=task["due"])
        _promise(story, min(due, story.diary.today) - timedelta(days=18), task["title"], due, task.get("outcome"))


def _days(story: Story) -> list[date]:
    """Days of visits, the last one first: often in the last year, seldom before."""
    if story.plan.kind == SILENT:
        return [story.entered + timedelta(days=20)]
    last = story.plan.unseen or LAST_VISITS[story.number % len(LAST_VISITS)]
    days = [last + number * 330 // story.kind.visits for number in range(story.kind.visits)]
    days += range(days[-1] + 130, (story.diary.today - story.entered).days - 30, 210)
    return [working_day(story.diary.ago(day)) for day in days]


def last_visit(story: Story) -> date | None:
    """The day of the firm's last visit; None for one that was visited only when it came in."""
    return None if story.plan.kind == SILENT else _days(story)[0]


def _talk(story: Story, day: date, talk: Talk, *, last: bool) -> None:
    raised: list[Need] = []
    on_a_phone = last and story.number % 3 == 0
    # Whose figures have a slip says nothing that they would contradict.
    reasons = RELUCTANCES.get(story.plan.kind, ()) if last and not story.plan.slips else ()
    reluctance, said = reasons[story.number // 3 % len(reasons)] if reasons else (None, talk.said)
    told = Account(
        reluctance=reluctance,
        latitude=30 + story.number / 1000 if on_a_phone else None,
        longitude=114 + story.number / 1000 if on_a_phone else None,
        accuracy=10 + story.number if on_a_phone else None,
        on=day,
        place=story.random.choice(story.city.places),
        met=story.random.choice(story.city.met),
        topics=["rd"] if reasons else talk.topics,
        said=said.format(product=story.plan.product),
    )
    photos = (
        [picture("走访照片.png", story.number // 5)] if story.number % 5 == 0 and day > story.diary.ago(200) else []
    )
    promised: list[Task] = []
    due = day + timedelta(days=talk.task["days"]) if talk.task else day

    def visit() -> None:
        logged = service.log_visit(
            story.officer,
            story.here,
            told,
            files=photos,
            answers=_answered(story) if on_a_phone else None,
            needs=[Asked(kind=talk.need["kind"], text=talk.need["text"])] if talk.need else [],
            tasks=[Promised(title=talk.task["title"], due_on=due, assignee_id=story.officer.id)] if talk.task else [],
        )
        raised.extend(logged.needs)
        promised.extend(logged.tasks)

    story.on(day, visit, hour=15)
    if talk.need and day < story.diary.ago(SETTLED):
        answer = talk.need["answer"]
        story.on(
            day + timedelta(days=story.random.randint(10, 40)),
            lambda: service.answer_need(story.officer, raised[0], state=NeedState.ANSWERED, answer=answer),
            hour=16,
        )
    if talk.task and due < story.diary.ago(OVERDUE):
        dropped = story.random.random() < 0.12
        outcome = "企业另有安排，不再需要" if dropped else talk.task["outcome"]
        story.on(
            due - timedelta(days=story.random.randint(0, 3)), partial(_end, story, promised, dropped, outcome), hour=17
        )


def _answered(story: Story) -> dict[str, Any]:
    """How many people the firm said it employs: what its record says too."""
    figures = figures_of_year(story.here.id, story.last_year)
    known = figures.employees if figures is not None else None
    return {} if known is None else {f"years.{story.last_year}.employees": known}


def _promise(story: Story, day: date, title: str, due: date, outcome: str | None) -> None:
    promised: list[Task] = []

    def promise() -> None:
        task = Promised(title=title, due_on=due, assignee_id=story.officer.id)
        promised.append(plan_task(story.officer, story.here, task))

    story.on(day, promise, hour=11)
    if outcome is not None:
        story.on(due, partial(_end, story, promised, False, outcome), hour=17)


def _end(story: Story, promised: list[Task], dropped: bool, outcome: str) -> None:
    state = TaskState.DROPPED if dropped else TaskState.DONE
    end_task(story.officer, promised[0], state=state, outcome=outcome)
