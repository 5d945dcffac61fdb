"""Firms on lists: on the last day the officers put those on that meet the rules, and the manager takes one off again."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sqlalchemy import select

from crm.accounts.models import User
from crm.demo.diary import Diary
from crm.demo.story import Story
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder.facts import facts_of_many
from crm.lists.models import FirmList, ListMember
from crm.lists.rules import rule_of
from crm.lists.service import put_on, take_off
from crm.lists.showing import judged
from crm.park.models import Verdict

LEFT = 3  # every so many firms that fit stay candidates
FILLED = ("key_innovative", "hte_pool", "national_little_giant", "provincial_srdi", "tech_micro")


def write_lists(diary: Diary, stories: list[Story], manager: User) -> None:
    """Lists were filled half a year ago by what was known then; since then some firms have come to fit, some fit no longer."""
    for story in stories:
        story.on(diary.ago(180), partial(_join, story), hour=16)
    diary.write(diary.ago(20), manager, _leave, hour=17)


def _join(story: Story) -> None:
    firm = story.here
    if story.number % LEFT == 0:
        return
    facts = facts_of_many([firm], clock.today())[firm.id]
    for firm_list in db.session.scalars(select(FirmList).where(FirmList.key.in_(FILLED)).order_by(FirmList.place)):
        rule = rule_of(firm_list)
        if rule is not None and judged(firm, rule, facts).verdict is Verdict.MET:
            put_on(
                actor=story.officer,
                firm_list=firm_list,
                firm=firm,
                since=clock.today(),
                why="年初按规则筛选，经办公会同意",
            )


def _leave() -> None:
    """One firm leaves a list: it moved its research away."""
    member = db.session.scalars(
        select(ListMember)
        .where(ListMember.since <= clock.today() - timedelta(days=30))
        .order_by(ListMember.id)
        .limit(1)
    ).first()
    if member is not None:
        take_off(actor=member.by, member=member, until=clock.today(), why_off="研发团队迁往总部，不再符合")
