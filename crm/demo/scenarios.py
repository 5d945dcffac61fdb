"""What the officer and the firm itself tried out in thought, and kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from werkzeug.datastructures import MultiDict

from crm.accounts.models import User
from crm.demo.diary import sign
from crm.demo.story import Story
from crm.firms.figures.queries import figures_of_year
from crm.kernel import clock
from crm.ladder.models import Purpose, Rung
from crm.outlook import service
from crm.outlook.what_if import what_if

MORE_RD = 80  # 万元


def write_scenarios(story: Story, person: Callable[[], User]) -> None:
    """Write down two scenarios of the officer and two of the firm's own person."""
    story.on(story.diary.ago(12), lambda: _keep(story, story.officer), hour=16)
    story.on(story.diary.ago(8) + timedelta(days=1), lambda: _keep(story, person()), hour=16)


def _keep(story: Story, actor: User) -> None:
    sign(actor)
    year = clock.today().year - 1  # the last full one on the day it was tried out
    figures = figures_of_year(story.here.id, year)
    assert figures is not None and figures.rd is not None
    more = {f"years.{year}.rd": f"{figures.rd / 10000 + MORE_RD:f}"}
    for name, changes in {
        f"多投 {MORE_RD} 万元研发": more,
        "多投研发，另取得两件发明专利": {**more, "add.ip.invention": "2", "expert.ip_quantity": "8"},
    }.items():
        made = what_if(story.here, Rung.HTE, clock.today(), Purpose.NEW, MultiDict(changes))
        service.save_scenario(actor=actor, made=made, name=name)
