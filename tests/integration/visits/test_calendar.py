"""The calendar of visits that all bureaus share."""

from __future__ import annotations

from datetime import time, timedelta

import time_machine

from crm.accounts.permissions import Role
from crm.kernel import clock
from crm.visits.models import PlannedState
from tests.factories import make_firm, make_user
from tests.integration.visits.test_planning import make_plan, make_visit
from tests.pages import check_page, parse, text_of
from tests.queries import count_queries

CALENDAR = "/visits/calendar"


def cells(answer) -> dict[str, str]:
    """What stands in each day of the month shown, by the day's title."""
    return {cell.get("data-label"): text_of(cell) for cell in parse(answer.text).iter("td")}


@time_machine.travel("2026-11-22 10:00 +0800", tick=False)
def test_what_was_and_what_will_be_stands_on_its_day_for_every_bureau(session, park, sign_in) -> None:
    make_visit(session, park, park.manager, ago=9)
    make_plan(session, park, days=3, starts_at=time(9, 30))
    make_plan(session, park, days=3, state=PlannedState.CALLED_OFF, reason="雨", purpose="不去了")
    outside = make_visit(session, park, park.other_officer, ago=1, firm=park.other_firm)
    answer = sign_in(park.officer).get(CALENDAR)
    check_page(answer)
    found = cells(answer)
    assert "经理甲：已走访" in found["11月13日 周五"]
    assert found["11月25日 周三"] == f"25 09:30 {park.firm.name}专员甲：计划"
    assert f"/visits/{outside.id}" not in answer.text
    assert f"/visits/{outside.id}" in sign_in(park.administrator).get(CALENDAR).text


@time_machine.travel("2026-11-22 10:00 +0800", tick=False)
def test_a_month_is_whole_weeks_and_its_neighbours_are_a_step_away(park, sign_in) -> None:
    client = sign_in(park.officer)
    answer = client.get(f"{CALENDAR}?on=2026-02-14&officer={park.officer.id}")
    days = list(cells(answer))
    assert (days[0], days[-1]) == ("1月26日 周一", "3月1日 周日")
    for step in ("2026-01-01", "2026-03-01"):
        assert f"{CALENDAR}?officer={park.officer.id}&amp;on={step}" in answer.text
    for far in ("1987-05-01", "2150-12-31"):
        check_page(client.get(f"{CALENDAR}?on={far}"))
    assert "2026年11月" in client.get(f"{CALENDAR}?on=someday&day=9999-12-31&officer=none").text
    assert "November 2026" in client.get(CALENDAR, headers={"Accept-Language": "en"}).text


@time_machine.travel("2026-11-22 10:00 +0800", tick=False)
def test_on_a_phone_the_month_begins_today(session, park, sign_in) -> None:
    for ago in (9, 3):
        make_visit(session, park, park.manager, ago=ago)
    make_plan(session, park, days=3, starts_at=time(9, 30))
    client = sign_in(park.officer)
    agenda = check_page(client.get(CALENDAR)).find(".//div[@data-agenda]")
    assert text_of(agenda.find("details/summary")) == "本月已过的 2 次走访"
    assert [text_of(day.find("h2")) for day in agenda.findall("details//section")] == ["11月13日 周五", "11月19日 周四"]
    assert [text_of(day.find("h2")) for day in agenda.findall("section")] == ["今天 · 11月22日 周日", "11月25日 周三"]
    assert agenda.find("section").get("id") == "today"
    # Another month has no today: all of it stands open.
    agenda = check_page(client.get(f"{CALENDAR}?on=2026-10-01")).find(".//div[@data-agenda]")
    assert agenda.find("details") is None


def test_the_calendar_leads_to_its_subscription(park, sign_in) -> None:
    links = [
        text_of(a)
        for a in parse(sign_in(park.officer).get(CALENDAR).text).iter("a")
        if a.get("href") == "/account/calendar"
    ]
    assert "订阅" in links


def test_the_filters_stay_in_the_address(session, park, sign_in) -> None:
    other = make_firm(session, park.park, "益阳另一有限公司")
    make_visit(session, park, park.manager, ago=0)
    make_visit(session, park, park.officer, ago=0, firm=other)
    client = sign_in(park.officer)
    by_officer = client.get(f"{CALENDAR}?officer={park.manager.id}").text
    by_bureau = client.get(f"{CALENDAR}?organisation={park.county.id}").text
    for page in (by_officer, by_bureau):
        assert park.firm.name in page
        assert other.name not in page
    assert f"organisation={park.county.id}&amp;" in by_bureau
    mine = client.get(f"{CALENDAR}?officer=mine").text
    assert other.name in mine
    assert park.firm.name not in mine
    assert park.other_officer.name not in mine  # nobody of a bureau that cannot see these firms is offered


def test_a_full_day_shows_a_few_and_its_own_page_all(session, park, sign_in) -> None:
    for number in range(9):
        make_visit(session, park, park.officer, ago=0, firm=make_firm(session, park.park, f"益阳{number}号有限公司"))
    client, today = sign_in(park.officer), clock.today().isoformat()
    assert "还有 4 次" in client.get(CALENDAR).text
    day = client.get(f"{CALENDAR}?day={today}")
    check_page(day)
    for number in range(9):
        assert f"益阳{number}号有限公司" in day.text
    empty = client.get(f"{CALENDAR}?day={clock.today() + timedelta(days=400)}").text
    assert "这一天没有走访" in empty


def test_a_full_month_asks_no_more_than_an_empty_one(session, park, sign_in) -> None:
    client = sign_in(park.officer)
    client.get(CALENDAR)
    with count_queries(session) as few:
        client.get(CALENDAR)
    for number in range(12):
        colleague = make_user(session, Role.OFFICER, f"专员{number}", organisation_id=park.park.id)
        make_visit(session, park, colleague, ago=0, firm=make_firm(session, park.park))
        make_plan(session, park, days=0, officer=colleague, firm=make_firm(session, park.park))
    with count_queries(session) as many:
        client.get(CALENDAR)
    assert len(many) == len(few)
    assert len(many) <= 9, "\n\n".join(many)
