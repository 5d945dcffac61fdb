"""Counts kept for large organisations: the same numbers as counted now, said to be of their time, and never older than that."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.permissions import Role
from crm.insight.early_warning.refresh import last_run as last_warnings
from crm.insight.filters import conditions
from crm.insight.kept import refresh as work
from crm.insight.kept.counts import COUNTS, COVERAGE, Count, told
from crm.insight.kept.packing import pack, unpack
from crm.insight.kept.refresh import refresh, refresh_if_due
from crm.insight.models import KeptCount
from crm.insight.targets.refresh import last_run as last_years
from crm.kernel import jobs
from crm.visits import service as visits
from crm.visits.tasks import Promised, plan_task
from tests.factories import Park, make_firm, make_user
from tests.integration.insight.histories import live, past
from tests.integration.ladder.makers import TODAY

KEPT = "数字统计于"


@pytest.fixture
def city(session: Session, park: Park, monkeypatch: pytest.MonkeyPatch) -> Park:
    """Firms with a past, visited and promised something; every organisation is large."""
    monkeypatch.setattr(work, "LARGE", 0)
    firms = [park.firm, *(make_firm(session, park.park, officer_id=park.officer.id) for _ in range(12))]
    live(session, firms, park.officer, past(5), TODAY)
    seen(session, park)
    plan_task(
        park.officer, park.firm, Promised(title="送模板", due_on=TODAY - timedelta(days=3), assignee_id=park.officer.id)
    )
    visits.log_visit(
        park.officer,
        park.firm,
        visits.Account(on=TODAY, said="谈了。"),
        needs=[visits.Asked(kind="finance", text="贷款")],
    )
    session.commit()
    return park


def seen(session: Session, park: Park) -> None:
    visits.log_visit(park.officer, park.firm, visits.Account(on=TODAY, said="看了车间。"))
    session.commit()


def visited(client: Any, arguments: str = "") -> str:
    """The first number of the page of coverage, and whether it says that it is kept."""
    page = client.get(f"/funnel/coverage{arguments}").text
    number = page.split('class="stat__number')[1].split(">")[1].split("<")[0].strip()
    return f"{number} kept" if KEPT in page else number


@pytest.mark.parametrize("count", COUNTS, ids=lambda count: count.name)
def test_what_is_kept_is_what_was_counted(session: Session, city: Park, count: Count[Any]) -> None:
    for since, until in count.periods(TODAY):
        counted = count.count(since, until, [])
        assert unpack(count.type, json.loads(json.dumps(pack(counted)))) == counted


def test_pages_show_the_kept_numbers_and_their_time(session: Session, city: Park, sign_in: Any) -> None:
    client = sign_in(city.manager)
    assert visited(client) == "2"
    refresh()
    assert visited(client) == "2 kept"
    seen(session, city)
    assert visited(client) == "2 kept"  # an hour at most
    assert visited(client, f"?officer={city.officer.id}") == "3"  # other filters are counted now
    refresh()
    assert visited(client) == "3 kept"


@pytest.mark.parametrize(
    "address",
    [
        "/funnel?on={quarter}",
        "/funnel/trend",
        "/funnel/cohorts/steps",
        "/funnel/coverage",
        "/funnel/movement",
        "/funnel/movement?what=rose",
        "/funnel/stuck",
        "/funnel/report",
        "/funnel/report?month={last}",
    ],
)
def test_a_page_of_kept_numbers_says_so_and_else_what_it_said_before(
    session: Session, city: Park, sign_in: Any, address: str
) -> None:
    client = sign_in(city.officer)
    month = TODAY.replace(day=1)
    address = address.format(
        quarter=month.replace(month=(TODAY.month - 1) // 3 * 3 + 1) - timedelta(days=1),
        last=f"{month - timedelta(days=1):%Y-%m}",
    )
    before = client.get(address).text
    refresh()
    after = client.get(address).text
    said = [line for line in after.splitlines() if KEPT in line]
    assert KEPT not in before and len(said) == 1

    def words(page: str) -> list[str]:
        """Lines without the note and its button, and without the token of each answer."""
        button = r'<form class="post-button" method="post" action="/funnel/count">.*?</form></div>'
        lines = re.sub(r'"[\w.-]{80,}"', "", re.sub(button, "", page, flags=re.DOTALL)).splitlines()
        return [line for line in lines if line.strip() and KEPT not in line]

    assert words(after) == words(before)


def test_everyone_reads_the_numbers_of_what_they_see(session: Session, city: Park, sign_in: Any) -> None:
    visits.log_visit(city.other_officer, city.other_firm, visits.Account(on=TODAY, said="谈了。"))
    above = make_user(session, Role.MANAGER, "市里", organisation_id=city.city.id)
    session.commit()
    refresh()
    assert visited(sign_in(city.officer)) == "2 kept"
    assert visited(sign_in(city.other_officer)) == "1 kept"
    assert visited(sign_in(above)) == "3 kept"
    assert visited(sign_in(above), f"?organisation={city.park.id}") == "2 kept"
    assert visited(sign_in(city.officer), f"?organisation={city.other_park.id}") == "0"


def test_numbers_nobody_works_out_any_more_are_counted_now(
    session: Session, city: Park, at_noon: Callable[..., None]
) -> None:
    refresh()

    def at() -> datetime | None:
        return told(COVERAGE, city.manager, {}, TODAY.replace(month=1, day=1), TODAY).at

    assert at() is not None
    at_noon(TODAY, 119)
    assert at() is not None
    at_noon(TODAY, 121)
    assert at() is None


def test_the_numbers_of_yesterday_evening_are_not_those_of_a_new_day(session: Session, city: Park) -> None:
    midnight = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=timezone(timedelta(hours=8))) + timedelta(days=1)
    with time_machine.travel(midnight - timedelta(minutes=10), tick=False):
        refresh()
    with time_machine.travel(midnight + timedelta(minutes=10), tick=False):
        assert told(COVERAGE, city.manager, {}, TODAY.replace(month=1, day=1), TODAY).at is None


def test_they_are_worked_out_once_an_hour_and_on_a_new_day(
    session: Session, city: Park, at_noon: Callable[..., None]
) -> None:
    def counted() -> set[datetime]:
        refresh_if_due()
        session.expire_all()
        return set(session.scalars(select(KeptCount.at)))

    first = counted()
    assert first and counted() == first
    at_noon(TODAY, 59)
    assert counted() == first
    at_noon(TODAY, 61)
    second = counted()
    assert second and not second & first
    at_noon(TODAY + timedelta(days=1))
    assert not counted() & second
    assert {row.until for row in session.scalars(select(KeptCount).where(KeptCount.name == "trend"))} == {
        TODAY + timedelta(days=1)
    }


def test_small_organisations_are_counted_when_asked(
    session: Session, city: Park, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh()
    assert session.scalars(select(KeptCount)).first() is not None
    monkeypatch.setattr(work, "LARGE", 2_000)
    refresh()
    assert session.scalars(select(KeptCount)).first() is None
    refresh_if_due()
    assert session.scalars(select(KeptCount)).first() is None


def test_a_scope_without_a_condition_and_one_that_names_all_its_parks_count_alike(session: Session, city: Park) -> None:
    above = make_user(session, Role.MANAGER, "市里", organisation_id=city.city.id)
    narrow = conditions(above, {"organisation": str(city.city.id)})
    assert narrow and not conditions(above, {})
    for count in COUNTS:
        for since, until in count.periods(TODAY):
            assert count.count(since, until, narrow) == count.count(since, until, [])


def test_who_does_not_want_to_wait_has_everything_counted_anew(
    app: Any, session: Session, city: Park, sign_in: Any
) -> None:
    """Warnings, kept counts and the counts of targets, and back to the page where it was asked for."""
    client, address = sign_in(city.officer), "/funnel/stuck?organisation=" + str(city.park.id)
    refresh()
    assert "现在重算" in client.get("/funnel/stuck").text
    assert client.post("/funnel/count", data={"back": address}).location == address
    assert client.post("/funnel/count", data={"back": "https://example.org/"}).location == "/funnel"
    jobs.work_until_empty(app)
    assert all(run() is not None for run in (last_warnings, last_years))
