"""Planned visits of last week, today and the weeks ahead: held, forgotten, called off, and two bureaus at one firm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta

from sqlalchemy import select

from crm.accounts.models import User
from crm.demo.story import Story
from crm.demo.talks import last_visit
from crm.desk.feed import renew_key
from crm.kernel.db import db
from crm.visits.models import PlannedVisit, Visit
from crm.visits.planning import Intent, call_off, hold, plan_visit

AHEAD = timedelta(days=5)  # a visit is planned so long before
HELD_WITHIN = 21  # days: visits since were planned ones


@dataclass(frozen=True)
class Plan:
    """A visit to a firm so many days from today; by the firm's officer, or by the manager of the city."""

    firm: str
    days: int
    at: time | None
    purpose: str
    by_manager: bool = False
    called_off: str | None = None


PLANS = (
    Plan("云岭星河智能装备有限公司", 0, time(9, 30), "对研发费用归集，看新产线"),
    Plan("云岭拾光光电有限公司", 0, time(15), "补专利转让材料"),
    Plan("云岭铸远精密机械股份有限公司", 1, time(10), "核对小巨人复核材料"),
    Plan("云岭知行软件有限公司", 3, None, "了解今年研发人员变化"),
    Plan("云岭北辰环保设备有限公司", 8, time(14, 30), "谈产学研合作"),
    Plan("云岭衡准仪器仪表有限公司", -2, time(9), "看检测中心"),
    Plan("云岭宏轮汽车零部件有限公司", -4, time(14), "谈技改", called_off="企业当天有客户审厂，改约下月"),
    Plan("云岭拾光光电有限公司", 6, time(9), "调研光电产业链", by_manager=True),
    Plan("松江博锐模具有限公司", 0, time(10), "看高企申报进度"),
    Plan("松江雁行无人机有限公司", 2, time(9, 30), "问融资需求"),
    Plan("松江汇流泵业股份有限公司", 4, None, "谈上市辅导"),
    Plan("松江瑞禾生物制药有限公司", -3, time(15), "看中试车间"),
)


def write_plans(stories: Mapping[str, Story], manager: User) -> None:
    """Have the officers plan their visits; the first of them has a calendar that can be subscribed to."""
    first = next(iter(stories.values()))
    first.diary.write(first.diary.today, first.officer, lambda: renew_key(first.officer))
    for plan in PLANS:
        story = stories[plan.firm]
        _write(story, plan, manager if plan.by_manager else story.officer)
    for story in stories.values():
        _write_held(story)


def _write(story: Story, plan: Plan, person: User) -> None:
    on = story.diary.today + timedelta(days=plan.days)
    made: list[PlannedVisit] = []

    def planned() -> None:
        intent = Intent(on=on, officer_id=person.id, starts_at=plan.at, purpose=plan.purpose)
        made.append(plan_visit(person, story.here, intent))

    story.on(min(on - AHEAD, story.diary.ago(1)), planned, actor=person, hour=16)
    if plan.called_off is not None:
        story.on(on, lambda: call_off(person, made[0], plan.called_off), actor=person, hour=8)


def _write_held(story: Story) -> None:
    """The visit that `talks` tells of within the last weeks, planned some days before and held."""
    day = last_visit(story)
    if day is None or day < story.diary.ago(HELD_WITHIN):
        return
    made: list[PlannedVisit] = []

    def planned() -> None:
        intent = Intent(on=day, officer_id=story.officer.id, starts_at=time(14, 30), purpose="例行走访")
        made.append(plan_visit(story.officer, story.here, intent))

    def held() -> None:
        visit = db.session.scalars(select(Visit).where(Visit.firm_id == story.here.id, Visit.on == day)).first()
        if visit is not None:
            hold(made[0], visit)

    story.on(day - AHEAD, planned, hour=16)
    story.on(day, held, hour=18)
