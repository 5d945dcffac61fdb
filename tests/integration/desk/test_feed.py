"""One's own calendar, as a calendar program reads it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from icalendar import Calendar, Event

from crm.accounts.permissions import Role
from crm.kernel import audit, clock
from crm.ladder.models import Credential, Rung
from crm.visits.models import PlannedState, Task, TaskState
from crm.visits.planning import Intent, call_off, change_plan
from tests.factories import make_firm, make_user
from tests.integration.visits.test_planning import make_plan, make_visit
from tests.pages import check_page
from tests.queries import count_queries

DAY = timedelta(days=1)
PAGE = "/account/calendar"


@pytest.fixture
def address(session, park, sign_in) -> str:
    sign_in(park.officer).post(PAGE)
    session.refresh(park.officer)
    return f"/calendar/{park.officer.calendar_key}.ics"


def events(answer) -> dict[str, Event]:
    assert answer.status_code == 200
    assert answer.mimetype == "text/calendar"
    calendar = Calendar.from_ical(answer.data)
    found = list(calendar.walk("VEVENT"))
    by_uid = {str(event["uid"]): event for event in found}
    assert len(by_uid) == len(found), "a UID twice"
    for event in found:
        assert {"DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "SEQUENCE"} <= set(event)
    return by_uid


def test_a_planned_visit_has_its_hour_place_purpose_and_way_back(session, park, sign_in, address) -> None:
    park.firm.address = "长春路 8 号"
    on = clock.today() + 3 * DAY
    planned = make_plan(session, park, days=3, starts_at=time(9, 30), purpose="谈申报；看现场")
    whole = make_plan(session, park, days=4)
    found = events(sign_in(None).get(address))
    event = found[f"planned-visit-{planned.id}@tidu"]
    assert event["summary"] == f"走访 {park.firm.name}"
    assert event["location"] == "长春路 8 号"
    assert "谈申报；看现场" in event["description"]
    assert event["url"] == f"http://localhost/visits/planned/{planned.id}"
    assert event["dtstart"].params["TZID"] == "Asia/Shanghai"
    assert event["dtstart"].dt.astimezone(UTC) == datetime(on.year, on.month, on.day, 1, 30, tzinfo=UTC)
    assert event["dtend"].dt - event["dtstart"].dt == timedelta(hours=1)
    assert event["status"] == "CONFIRMED"
    all_day = found[f"planned-visit-{whole.id}@tidu"]
    assert (all_day["dtstart"].dt, all_day["dtend"].dt) == (on + DAY, on + 2 * DAY)
    [alarm] = event.walk("VALARM")  # in time to set out; a whole day has no hour to be reminded of
    assert (alarm["action"], alarm["trigger"].dt) == ("DISPLAY", timedelta(hours=-1))
    assert not all_day.walk("VALARM")


def test_how_often_to_fetch_is_said_as_a_duration(sign_in, address) -> None:
    lines = sign_in(None).get(address).text.splitlines()
    assert "X-PUBLISHED-TTL:PT1H" in lines
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in lines


def test_the_calendar_says_what_hour_shanghai_has(session, park, sign_in, address) -> None:
    make_plan(session, park, starts_at=time(9, 30))
    zones = Calendar.from_ical(sign_in(None).get(address).data).walk("VTIMEZONE")
    assert [str(zone["tzid"]) for zone in zones] == ["Asia/Shanghai"]


def test_a_change_counts_up_and_a_visit_called_off_is_cancelled_under_the_same_uid(
    session, park, sign_in, address
) -> None:
    planned = make_plan(session, park)
    uid, client = f"planned-visit-{planned.id}@tidu", sign_in(None)
    assert events(client.get(address))[uid]["sequence"] == 0
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    later = Intent(on=clock.today() + 5 * DAY, officer_id=park.officer.id)
    change_plan(park.officer, planned, later, version=planned.version)
    session.commit()
    event = events(client.get(address))[uid]
    assert (event["sequence"], event["dtstart"].dt) == (1, clock.today() + 5 * DAY)
    call_off(park.officer, planned, "企业停电")
    session.commit()
    event = events(client.get(address))[uid]
    assert (event["sequence"], event["status"]) == (2, "CANCELLED")
    assert "企业停电" in event["description"]


def test_a_visit_called_off_takes_no_time_of_its_hour(session, park, sign_in, address) -> None:
    held = make_plan(session, park, starts_at=time(9, 30))
    off = make_plan(session, park, starts_at=time(9, 30), state=PlannedState.CALLED_OFF, reason="雨")
    found = events(sign_in(None).get(address))
    assert found[f"planned-visit-{held.id}@tidu"]["transp"] == "OPAQUE"
    assert found[f"planned-visit-{off.id}@tidu"]["transp"] == "TRANSPARENT"


def test_a_task_of_the_last_day_there_is_leaves_the_calendar_readable(session, park, sign_in, address) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    session.add(Task(firm=park.firm, title="年份写错了", due_on=date.max, assignee=park.officer))
    session.commit()
    answer = sign_in(None).get(address)
    assert answer.status_code == 200
    event = Calendar.from_ical(answer.data).walk("VEVENT")[0]
    assert (event["dtstart"].dt, "DTEND" in event) == (date.max, False)


def test_no_line_is_longer_than_75_octets_and_each_ends_with_cr_lf(session, park, sign_in, address) -> None:
    make_plan(session, park, purpose="谈研发费用辅助账、知识产权布局和明年的申报安排；" * 6)
    content = sign_in(None).get(address).data
    assert content.endswith(b"\r\n")
    lines = content[:-2].split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not any(b"\n" in line or b"\r" in line for line in lines)


def test_tasks_and_duties_are_days_and_only_ones_own(session, park, sign_in, address) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    today = clock.today()
    mine = Task(firm=park.firm, title="报送申报书", due_on=today + 2 * DAY, assignee=park.officer)
    done = Task(firm=park.firm, title="办过的", due_on=today, assignee=park.officer, state=TaskState.DONE)
    theirs = Task(firm=park.firm, title="别人的事", due_on=today, assignee=park.manager)
    unowned = make_firm(session, park.park, "别人负责有限公司")
    lapse = today + 40 * DAY
    for firm in (park.firm, unowned):
        session.add(Credential(firm=firm, rung=Rung.HTE, valid_from=today - 900 * DAY, valid_to=lapse))
    session.add_all([mine, done, theirs])
    make_plan(session, park, officer=park.manager, purpose="别人的走访")
    make_visit(session, park, park.officer, ago=1)
    answer = sign_in(None).get(address)
    found = events(answer)
    assert found[f"task-{mine.id}@tidu"]["dtstart"].dt == today + 2 * DAY
    assert found[f"task-{mine.id}@tidu"]["dtstart"].dt.__class__ is date
    duties = [event for uid, event in found.items() if uid.startswith("duty-")]
    assert lapse in {event["dtstart"].dt for event in duties}
    assert all(park.firm.name in event["summary"] for event in duties)
    for absent in ("办过的", "别人的事", "别人的走访", "别人负责有限公司"):
        assert absent not in answer.text.replace("\r\n ", "")


def test_the_address_is_a_secret_and_sets_no_cookie(session, park, sign_in, address) -> None:
    answer = sign_in(None).get(address)
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert len(park.officer.calendar_key) >= 40
    assert sign_in(None).get("/calendar/None.ics").status_code == 404
    assert sign_in(None).get("/calendar/.ics").status_code == 404
    assert sign_in(park.manager).get(PAGE).text.count(park.officer.calendar_key) == 0
    shown = sign_in(park.officer).get(PAGE)
    check_page(shown)
    assert f"http://localhost{address}" in shown.text
    assert f'href="webcal://localhost{address}"' in shown.text


def test_a_renewed_key_and_a_closed_account_shut_the_old_address(session, park, sign_in, address) -> None:
    nobody = sign_in(None)
    answer = sign_in(park.officer).post(PAGE, follow_redirects=True)
    assert "旧地址不再有效" in answer.text
    assert nobody.get(address).status_code == 404
    session.refresh(park.officer)
    renewed = f"/calendar/{park.officer.calendar_key}.ics"
    assert nobody.get(renewed).status_code == 200
    audit.sign(session, park.administrator.id, audit.Via.PAGE)
    park.officer.disabled = True
    session.commit()
    assert nobody.get(renewed).status_code == 404


def test_who_moves_away_takes_no_firm_along(session, park, sign_in, address) -> None:
    planned = make_plan(session, park)
    audit.sign(session, park.administrator.id, audit.Via.PAGE)
    park.officer.organisation_id = park.other_park.id
    session.commit()
    assert f"planned-visit-{planned.id}@tidu" not in events(sign_in(None).get(address))


def test_the_calendar_speaks_its_owners_language(session, park, sign_in, address) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    ends = clock.today() + 40 * DAY
    session.add(Credential(firm=park.firm, rung=Rung.HTE, valid_from=clock.today(), valid_to=ends))
    for spoken, title in (("zh", "重新认定"), ("en", "Recognition anew")):
        park.officer.language = spoken
        session.commit()
        answer = sign_in(None).get(address, headers={"Accept-Language": "zh"})
        assert any(title in event["summary"] for event in events(answer).values())


def test_a_full_calendar_asks_no_more_than_an_empty_one(session, park, sign_in, address) -> None:
    client = sign_in(None)
    with count_queries(session) as few:
        client.get(address)
    for number in range(8):
        colleague = make_user(session, Role.OFFICER, f"专员{number}", organisation_id=park.park.id)
        firm = make_firm(session, park.park, officer_id=park.officer.id)
        make_plan(session, park, firm=firm)
        make_plan(session, park, firm=firm, state=PlannedState.CALLED_OFF, reason="雨")
        session.add(Task(firm=firm, title="事", due_on=clock.today(), assignee=park.officer))
        session.add(Task(firm=firm, title="事", due_on=clock.today(), assignee=colleague))
        session.add(Credential(firm=firm, rung=Rung.HTE, valid_from=clock.today(), valid_to=clock.today() + 30 * DAY))
    session.commit()
    with count_queries(session) as many:
        client.get(address)
    assert len(many) <= len(few) + 1  # the records of duties, where there are any
    assert len(many) <= 9, "\n\n".join(many)
