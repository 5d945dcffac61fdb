"""What the officers recorded of a firm's yearly duties: mostly done in time, of the last one sometimes less."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

from crm.demo.story import SILENT, Story
from crm.duties.models import DutyState
from crm.duties.queries import duties_of
from crm.duties.rules import Kind, due_days, rules
from crm.duties.service import record_duty
from crm.kernel import clock

RECORDED_AFTER = timedelta(days=10)
# How many of the last reports of a rung came out otherwise, by the word in a firm's plan.
MISSED = {"missed": 1, "missed_twice": 2}


def write_duties(story: Story) -> None:
    if story.plan.kind == SILENT:
        return
    for due_on in sorted({day for rule in rules() for day in due_days(rule, story.entered, story.diary.today)}):
        day = due_on + RECORDED_AFTER
        if day <= story.diary.today:
            story.on(day, partial(_record, story, due_on), hour=15)


def _record(story: Story, due_on: date) -> None:
    """Record what was due that day, as the plan has it: `done` unless it says missed, or forgotten (no record)."""
    for each in duties_of(story.here, clock.today()):
        if each.due_on != due_on or each.record is not None or each.rule.kind is not Kind.YEARLY:
            continue
        years_ago = (
            story.diary.today.year - due_on.year - (due_on.replace(year=story.diary.today.year) >= story.diary.today)
        )
        word = story.plan.reports.get(each.rung.value, "done")
        if word == "forgotten" and years_ago == 0:
            continue
        missed = years_ago < MISSED.get(word, 0)
        record_duty(
            story.here,
            each.duty,
            due_on,
            DutyState.MISSED if missed else DutyState.DONE,
            actor=story.officer,
            on=None if missed else due_on - timedelta(days=story.number % 20 + 1),
            note="企业确认没有填报" if missed else None,
        )
