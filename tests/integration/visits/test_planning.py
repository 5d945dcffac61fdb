"""Visits that are to be: planned, moved, called off, held; and who else goes to the firm about the same time."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from crm.accounts.permissions import Role
from crm.firms.history.words import history_of
from crm.kernel import audit, clock
from crm.notices.models import Notice
from crm.visits.models import PlannedState, PlannedVisit, Visit
from crm.visits.planning import Intent, call_off, hold, plan_visit
from tests.factories import make_firm, make_user
from tests.pages import check_page

DAY = timedelta(days=1)


def fields(park, *, days: int = 3, **other: str) -> dict[str, str]:
    on = (clock.today() + days * DAY).isoformat()
    return {"on": on, "starts_at": "9:30", "purpose": "谈申报", "officer_id": str(park.officer.id), **other}


def make_plan(session, park, *, days: int = 3, officer=None, firm=None, **values) -> PlannedVisit:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    planned = PlannedVisit(
        firm=firm or park.firm, officer=officer or park.officer, on=clock.today() + days * DAY, **values
    )
    session.add(planned)
    session.commit()
    return planned


def make_visit(session, park, officer, *, ago: int, said: str = "谈了研发投入。", firm=None) -> Visit:
    audit.sign(session, officer.id, audit.Via.PAGE)
    visit = Visit(firm=firm or park.firm, officer=officer, on=clock.today() - ago * DAY, said=said)
    session.add(visit)
    session.commit()
    return visit


def test_a_visit_is_planned_from_the_firm_and_stands_there_for_all(session, park, sign_in) -> None:
    client = sign_in(park.officer)
    page = client.get(f"/firms/{park.firm.id}/visits/plan")
    check_page(page)
    answer = client.post(f"/firms/{park.firm.id}/visits/plan", data=fields(park))
    planned = session.query(PlannedVisit).one()
    assert answer.location == f"/visits/planned/{planned.id}"
    assert (planned.on, planned.starts_at, planned.purpose) == (clock.today() + 3 * DAY, time(9, 30), "谈申报")
    shown = client.get(answer.location)
    check_page(shown)
    for text in ("谈申报", "09:30", "专员甲", f"/firms/{park.firm.id}/visits/new?plan={planned.id}"):
        assert text in shown.text
    # The manager, of another bureau, sees who holds the plan on the firm's page.
    assert "专员甲" in sign_in(park.manager).get(f"/firms/{park.firm.id}").text
    assert f"/visits/planned/{planned.id}" in sign_in(park.manager).get(f"/firms/{park.firm.id}").text


def test_a_visit_of_another_nine_days_ago_is_said_and_asked_of_but_never_forbids(session, park, sign_in) -> None:
    visit = make_visit(session, park, park.manager, ago=9, said="谈了融资，" + "很" * 200)
    client = sign_in(park.officer)
    today = clock.today().isoformat()
    # At once, when the form opens and when the day is chosen …
    opened = client.get(f"/firms/{park.firm.id}/visits/plan?on={today}")
    fragment = client.get(f"/firms/{park.firm.id}/visits/near?on={today}&officer_id={park.officer.id}").text
    for text in (opened.text, fragment):
        for said in ("经理甲（资阳区）", "相隔 9 天", "谈了融资，", "仍然安排"):
            assert said in text
        assert "很" * 100 not in text
    assert "<html" not in fragment
    # … and again on saving.
    address, sent = f"/firms/{park.firm.id}/visits/plan", fields(park, days=0)
    warned = client.post(address, data=sent)
    assert warned.status_code == 200
    check_page(warned)
    assert "data-focus" in warned.text
    assert session.query(PlannedVisit).count() == 0
    assert client.post(address, data={**sent, "anyway": f"visit-{visit.id}"}).status_code == 302
    assert session.query(PlannedVisit).one().purpose == "谈申报"


def test_a_warning_that_was_read_does_not_serve_for_another(session, park, sign_in) -> None:
    first = make_visit(session, park, park.manager, ago=9)
    client, address = sign_in(park.officer), f"/firms/{park.firm.id}/visits/plan"
    client.get(address)
    make_plan(session, park, days=5, officer=park.manager, purpose="也去")
    answer = client.post(address, data={**fields(park), "anyway": f"visit-{first.id}"})
    assert "也去" in answer.text
    assert session.query(PlannedVisit).count() == 1


def test_who_is_not_warned_of(session, park, sign_in) -> None:
    make_visit(session, park, park.officer, ago=2)  # one's own
    make_visit(session, park, park.manager, ago=28)  # 31 days before the day planned
    make_plan(session, park, days=4, officer=park.manager, state=PlannedState.CALLED_OFF, reason="雨")
    make_visit(session, park, park.manager, ago=2, firm=make_firm(session, park.park))
    answer = sign_in(park.officer).post(f"/firms/{park.firm.id}/visits/plan", data=fields(park))
    assert answer.status_code == 302


def test_moving_a_visit_asks_again_of_the_new_day_only(session, park, sign_in) -> None:
    planned = make_plan(session, park, days=50)
    theirs = make_plan(session, park, days=2, officer=park.manager)
    client, address = sign_in(park.officer), f"/visits/planned/{planned.id}/edit"
    check_page(client.get(address))
    same = fields(park, days=50, purpose="改了说法", version=str(planned.version))
    assert client.post(address, data=same).status_code == 302
    moved = {**same, "on": (clock.today() + 4 * DAY).isoformat(), "version": str(planned.version)}
    assert "经理甲（资阳区）" in client.post(address, data=moved).text
    answer = client.post(f"{address}?next=/day", data={**moved, "anyway": f"plan-{theirs.id}"})
    assert answer.location == "/day"
    session.refresh(planned)
    assert (planned.on, planned.purpose) == (clock.today() + 4 * DAY, "改了说法")
    told = [line for line in history_of(park.firm.id, "planned_visit", 1).rows if line.field == "走访日期"]
    assert len(told) == 1
    assert told[0].who == "专员甲"


def test_moving_and_calling_off_stand_in_sight_not_among_the_buttons_of_the_head(session, park, sign_in) -> None:
    """On a phone the head shows the first of its buttons only."""
    planned = make_plan(session, park)
    page = sign_in(park.officer).get(f"/visits/planned/{planned.id}").text
    head, content = page.split("<h2", 1)
    for verb in ("edit", "call-off"):
        address = f'href="/visits/planned/{planned.id}/{verb}"'
        assert address in content
        assert address not in head


def test_two_people_move_one_visit(session, park, sign_in) -> None:
    planned = make_plan(session, park, days=3, purpose="原来")
    version = str(planned.version)
    first = fields(park, days=3, purpose="负责人改", version=version)
    assert sign_in(park.manager).post(f"/visits/planned/{planned.id}/edit", data=first).status_code == 302
    answer = sign_in(park.officer).post(
        f"/visits/planned/{planned.id}/edit", data=fields(park, days=3, purpose="我改", version=version)
    )
    assert "别人已改过这条记录" in answer.text
    assert "负责人改" in answer.text


def test_a_visit_is_called_off_with_a_reason_and_can_be_planned_anew(session, park, sign_in) -> None:
    planned = make_plan(session, park, purpose="谈申报")
    client, address = sign_in(park.officer), f"/visits/planned/{planned.id}/call-off"
    check_page(client.get(address))
    assert "请写明取消的原因" in client.post(address, data={"reason": " "}).text
    assert client.post(address, data={"reason": "企业停电"}).status_code == 302
    session.refresh(planned)
    assert (planned.state, planned.reason) == (PlannedState.CALLED_OFF, "企业停电")
    shown = client.get(f"/visits/planned/{planned.id}").text
    assert "企业停电" in shown
    assert f"/firms/{park.firm.id}/visits/plan?purpose=" in shown
    again = client.post(f"/visits/planned/{planned.id}/edit", data=fields(park, version=str(planned.version)))
    assert "这次走访已经取消" in again.text


def test_only_whose_visit_it_is_and_the_manager_change_it(session, park, sign_in) -> None:
    colleague = make_user(session, Role.OFFICER, "专员丙", organisation_id=park.park.id)
    planned = make_plan(session, park)
    assert sign_in(colleague).post(f"/visits/planned/{planned.id}/call-off", data={"reason": "x"}).status_code == 403
    assert f"/visits/planned/{planned.id}/edit" not in sign_in(colleague).get(f"/visits/planned/{planned.id}").text
    assert (
        sign_in(park.manager).post(f"/visits/planned/{planned.id}/call-off", data={"reason": "雨"}).status_code == 302
    )


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"on": "昨天"}, "不是日期"),
        ({"on": ""}, "请填写哪天去"),
        ({"starts_at": "25:00"}, "不是时间"),
        ({"purpose": "长" * 201}, "最多 200 字"),
    ],
)
def test_what_cannot_be_planned_is_said_at_its_field(park, sign_in, sent, sentence) -> None:
    answer = sign_in(park.officer).post(f"/firms/{park.firm.id}/visits/plan", data=fields(park, **sent))
    assert sentence in answer.text


def test_yesterday_and_outsiders_are_refused(session, park, sign_in) -> None:
    address = f"/firms/{park.firm.id}/visits/plan"
    client = sign_in(park.officer)
    assert "计划的日期不能早于今天" in client.post(address, data=fields(park, days=-1)).text
    assert "请核对年份" in client.post(address, data=fields(park, on="9999-12-31")).text
    outsider = {**fields(park), "officer_id": str(park.other_officer.id)}
    assert client.post(address, data=outsider).status_code == 200
    assert session.query(PlannedVisit).count() == 0


def test_a_visit_holds_its_plan_and_is_never_refused_by_it(session, park) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    planned = plan_visit(park.officer, park.firm, Intent(on=clock.today(), officer_id=park.officer.id))
    visit = make_visit(session, park, park.officer, ago=0)
    hold(planned, visit)
    assert (planned.state, planned.visit) == (PlannedState.HELD, visit)
    hold(planned, make_visit(session, park, park.officer, ago=0))
    assert planned.visit == visit
    off = plan_visit(park.officer, park.firm, Intent(on=clock.today(), officer_id=park.officer.id))
    call_off(park.officer, off, "以为不去了")
    hold(off, visit)
    assert (off.state, off.reason) == (PlannedState.HELD, None)
    elsewhere = make_plan(session, park, firm=park.other_firm)
    with pytest.raises(ValueError, match="another firm"):
        hold(elsewhere, visit)


def test_the_firms_own_officer_is_told_of_a_visit_by_another(session, park, sign_in) -> None:
    sent = fields(park, officer_id=str(park.manager.id))
    assert sign_in(park.manager).post(f"/firms/{park.firm.id}/visits/plan", data=sent).status_code == 302
    notice = session.query(Notice).one()
    assert notice.user_id == park.officer.id
    planned = session.query(PlannedVisit).one()
    assert notice.path == f"/visits/planned/{planned.id}"


def test_who_goes_is_told_also_when_a_visit_is_moved_back_to_its_first_day(session, park, sign_in) -> None:
    client, planned = sign_in(park.manager), make_plan(session, park, days=3)
    for days in (5, 3, 5):
        session.refresh(planned)
        moved = fields(park, days=days, version=str(planned.version))
        assert client.post(f"/visits/planned/{planned.id}/edit", data=moved).status_code == 302
    told = session.query(Notice).filter_by(user_id=park.officer.id).order_by(Notice.id).all()
    assert [notice.values["on"] for notice in told] == [(clock.today() + days * DAY).isoformat() for days in (5, 3, 5)]


def test_a_form_sent_twice_plans_one_visit(session, park, sign_in) -> None:
    client, address = sign_in(park.officer), f"/firms/{park.firm.id}/visits/plan"
    assert client.post(address, data=fields(park)).status_code == 302
    again = client.post(address, data=fields(park))
    assert "专员甲这天已经安排走访这家企业" in again.text
    assert client.post(address, data=fields(park, days=4)).status_code == 302
    moved = session.query(PlannedVisit).order_by(PlannedVisit.id).all()[1]
    onto = fields(park, days=3, version=str(moved.version))
    assert "这天已经安排" in client.post(f"/visits/planned/{moved.id}/edit", data=onto).text
    session.expire_all()
    assert moved.on == clock.today() + 4 * DAY


def test_choosing_a_firm_says_who_was_there_and_who_goes(session, park, sign_in) -> None:
    make_visit(session, park, park.officer, ago=40)
    make_visit(session, park, park.manager, ago=4)
    make_plan(session, park, days=6, officer=park.manager)
    answer = sign_in(park.officer).get(f"/visits/plan?on={(clock.today() + DAY).isoformat()}")
    check_page(answer)
    assert "经理甲 " in answer.text
    assert "专员甲 " not in answer.text.split('id="firms"')[1]
    assert f"/firms/{park.firm.id}/visits/plan?on={(clock.today() + DAY).isoformat()}" in answer.text
