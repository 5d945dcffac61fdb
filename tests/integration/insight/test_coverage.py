"""Coverage: who was seen, by whom, and which promises were kept in time; each number opens its firms."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
import time_machine
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.permissions import Role
from crm.firms.models import FirmStatus
from crm.insight.coverage import Promises, Seen, coverage
from crm.ladder import service as ladder
from crm.ladder.models import Rung
from crm.visits import service as visits
from crm.visits.models import NeedState, Task, TaskState
from crm.visits.tasks import Promised, end_task, plan_task
from tests.factories import Park, make_firm, make_user
from tests.integration.ladder.makers import TODAY
from tests.pages import check_page, text_of
from tests.queries import count_queries

SINCE = TODAY - timedelta(days=30)


@pytest.fixture
def city(session: Session, park: Park) -> Park:
    """Three firms of the officer, one of them seen by the officer and by another, one out of business."""
    second = make_firm(session, park.park, "第二家", officer_id=park.officer.id)
    make_firm(session, park.park, "第三家", officer_id=park.officer.id, status=FirmStatus.DEREGISTERED)
    for firm in (park.firm, second):
        ladder.grant_credential(
            firm,
            Rung.HTE,
            number=f"GR20254300{firm.id:04d}",
            valid_from=TODAY - timedelta(days=200),
            valid_to=TODAY + timedelta(days=800),
            actor=park.officer,
        )
    for days in (40, 3, 2):
        visits.log_visit(park.officer, park.firm, visits.Account(on=TODAY - timedelta(days=days), said="看了车间。"))
    session.commit()
    return park


def promise(park: Park, due_on: date, ended: date | None, state: TaskState = TaskState.DONE) -> None:
    task = plan_task(park.officer, park.firm, Promised(title="送模板", due_on=due_on, assignee_id=park.officer.id))
    if ended is not None:
        with time_machine.travel(f"{ended.isoformat()}T12:00:00+08:00", tick=False):
            end_task(park.officer, task, state=state, outcome="不需要了")


def test_firms_in_business_are_seen_once_however_often(session: Session, city: Park) -> None:
    found = coverage(SINCE, TODAY, [])
    assert found.visits == 2
    assert found.all_firms == Seen(firms=3, seen=1)  # with the firm of the other park
    assert found.by_rung[Rung.HTE] == Seen(2, 1)
    assert found.without == Seen(1, 0)
    mine = next(each for each in found.officers if each.id == city.officer.id)
    assert (mine.visits, mine.firms, mine.own, mine.own_seen) == (2, 1, 2, 1)
    assert coverage(TODAY - timedelta(days=60), TODAY - timedelta(days=31), []).visits == 1


def test_a_promise_is_kept_in_time_to_the_end_of_its_day(session: Session, city: Park) -> None:
    due = TODAY - timedelta(days=10)
    promise(city, due, due)
    promise(city, due, due - timedelta(days=3))
    promise(city, due, due + timedelta(days=1))
    promise(city, due, None)
    promise(city, due, due, TaskState.DROPPED)
    promise(city, TODAY, None)
    promise(city, SINCE - timedelta(days=1), None)  # due before the period
    found = coverage(SINCE, TODAY, []).promises
    assert vars(found) == {"in_time": 2, "late": 1, "dropped": 1, "overdue": 1, "open": 1}
    assert found.share == Fraction(1, 2)
    assert Promises().share is None, "no promise due is no promise broken"


def test_every_number_opens_its_firms(session: Session, city: Park, sign_in: Any) -> None:
    client = sign_in(city.manager)
    page = client.get(f"/funnel/coverage?from={SINCE}&to={TODAY}")
    opened = 0
    for href, shown in re.findall(r'<a href="(/firms\?[^"]+)">(\d+)</a>', page.text):
        listed = client.get(href.replace("&amp;", "&")).text
        assert listed.count('data-label="企业"') == int(shown), href
        opened += 1
    assert opened >= 9


def test_what_the_picture_shows_stands_in_one_table(session: Session, city: Park, sign_in: Any) -> None:
    tree = check_page(sign_in(city.manager).get("/funnel/coverage"))
    captions = [text_of(each) for each in tree.iter("caption")]
    assert captions.count("各层企业的走访覆盖") == 1


def test_what_became_of_promises_and_needs_is_told_as_of_the_last_day(session: Session, city: Park) -> None:
    """A month that is over says the same whatever is done later."""
    end = TODAY - timedelta(days=10)
    due = end - timedelta(days=3)

    def told() -> tuple[dict[str, int], Any]:
        found = coverage(SINCE, end, [])
        return vars(found.promises), found.needs

    promise(city, due, due)
    promise(city, due, None)
    promise(city, due, None)
    asked: list[Any] = []
    for _ in range(4):
        visit = visits.log_visit(
            city.officer,
            city.firm,
            visits.Account(on=due, said="谈了。"),
            needs=[visits.Asked(kind="finance", text="贷款")],
        )
        asked += visit.needs
    for need, on in zip(asked[:2], (due, end - timedelta(days=1)), strict=True):
        with time_machine.travel(f"{on.isoformat()}T12:00:00+08:00", tick=False):
            visits.answer_need(city.officer, need, state=NeedState.ANSWERED, answer="已对接。")
    session.flush()
    before = told()
    assert before[0] == {"in_time": 1, "late": 0, "dropped": 0, "overdue": 2, "open": 0}
    assert (before[1].raised, before[1].answered, before[1].days) == (4, 2, Fraction(1))

    kept, dropped = [each for each in session.scalars(select(Task)) if each.state is TaskState.OPEN]
    end_task(city.officer, kept, state=TaskState.DONE)
    end_task(city.officer, dropped, state=TaskState.DROPPED, outcome="不需要了")
    visits.answer_need(city.officer, asked[2], state=NeedState.ANSWERED, answer="已对接。")
    visits.answer_need(city.officer, asked[3], state=NeedState.CLOSED, answer="不需要了。")
    asked[0].rating, asked[0].rated_on = 2, TODAY
    asked[1].state, asked[1].reopened_on = NeedState.OPEN, TODAY
    session.flush()
    assert told() == before
    assert coverage(SINCE, TODAY, []).promises.late == 1


def test_an_officer_of_the_county_above_is_named_without_a_list_that_would_be_empty(
    session: Session, city: Park, sign_in: Any
) -> None:
    above = make_user(session, Role.OFFICER, "县专员", organisation_id=city.county.id)
    city.firm.officer_id = above.id
    session.commit()
    page = sign_in(city.officer).get(f"/funnel/coverage?from={SINCE}&to={TODAY}").text
    assert "县专员" in page and f"officer={above.id}" not in page
    assert f"officer={above.id}" in sign_in(city.manager).get(f"/funnel/coverage?from={SINCE}&to={TODAY}").text


def test_the_list_says_by_whom_firms_were_visited_to_those_who_see_them(
    session: Session, city: Park, sign_in: Any
) -> None:
    address = f"/firms?seen=yes.{SINCE}.{TODAY}.{city.officer.id}"
    assert f"{city.officer.name}走访过" in sign_in(city.manager).get(address).text
    assert f"{city.officer.name}走访过" not in sign_in(city.other_officer).get(address).text


def test_the_workbook_says_its_period_and_holds_numbers(session: Session, city: Park, sign_in: Any) -> None:
    answer = sign_in(city.manager).get(f"/funnel/coverage.xlsx?from={SINCE}&to={TODAY}")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    cells = book.get_sheet_by_index(0).to_python()
    assert any(row[:2] == ["期间", f"{SINCE} – {TODAY}"] for row in cells)
    assert ["全部企业", 2, 1, 1, 50] in cells


def test_as_many_queries_however_many_firms(session: Session, city: Park, sign_in: Any) -> None:
    client = sign_in(city.manager)
    with count_queries(session) as few:
        client.get("/funnel/coverage")
    for number in range(5):
        firm = make_firm(session, city.park, f"又一家{number}", officer_id=city.officer.id)
        visits.log_visit(city.officer, firm, visits.Account(on=TODAY, said="去过。"))
    session.commit()
    with count_queries(session) as many:
        client.get("/funnel/coverage")
    assert len(many) == len(few)
