"""全程代办: a firm asks that somebody takes its matter through the offices, a named person does, and the firm reads each step."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm.insight.coverage import coverage
from crm.kernel import audit, clock
from crm.kernel.audit import Change
from crm.kernel.errors import DomainError
from crm.notices.models import Notice, NoticeKind
from crm.visits import agency, needs, service
from crm.visits.models import Need, NeedState, NeedStep
from tests.factories import Park
from tests.pages import check_page, text_of


@pytest.fixture
def asked(session, sign_in, park: Park) -> Need:
    """A need with which the firm asked for it."""
    sign_in(park.firm_user).post("/own/needs", data={"kind": "approval", "text": "厂房扩建的许可", "agency": "y"})
    return session.query(Need).one()


def promise(client, need: Need, **values: str):
    data = {
        "promise-version": str(need.version),
        "promise-due_on": (clock.today() + timedelta(days=20)).isoformat(),
        **values,
    }
    return client.post(f"/needs/{need.id}/promise", data=data, follow_redirects=True)


@pytest.fixture
def taken_on(session, sign_in, park: Park, asked: Need) -> Need:
    promise(sign_in(park.officer), asked, **{"promise-assignee_id": str(park.officer.id), "promise-agency": "y"})
    session.expire_all()
    return asked


def told(session, kind: NoticeKind) -> set[tuple[int, str]]:
    return {(notice.user_id, notice.path) for notice in session.query(Notice).filter(Notice.kind == kind)}


def step(client, need: Need, **values: str):
    data = {"step-on": clock.today().isoformat(), "step-office": "住建局", "step-text": "材料已受理", **values}
    return client.post(f"/needs/{need.id}/steps", data=data)


def test_the_park_sees_that_a_firm_asks_and_takes_it_on_with_a_name(session, sign_in, park: Park, asked: Need) -> None:
    assert asked.agency_asked and asked.agency_since is None
    client = sign_in(park.officer)
    assert "企业请园区全程代办这件事" in text_of(check_page(client.get(f"/needs/{asked.id}/answer")))
    assert "请求全程代办" in text_of(check_page(client.get("/needs?agency=yes")))
    nobody = promise(client, asked, **{"promise-assignee_id": "", "promise-agency": "y"})
    assert "全程代办要指定代办人" in nobody.text
    session.expire_all()
    assert asked.agency_since is None
    done = promise(client, asked, **{"promise-assignee_id": str(park.manager.id), "promise-agency": "y"})
    assert "由经理甲全程代办" in done.text
    session.expire_all()
    assert (asked.agency_since, asked.assignee_id) == (clock.today(), park.manager.id)
    assert told(session, NoticeKind.NEED_TAKEN_ON) == {
        (park.firm_user.id, f"/own/needs/{asked.id}"),
    } | {
        (each, f"/needs/{asked.id}/answer")
        for each, path in told(session, NoticeKind.NEED_TAKEN_ON)
        if "own" not in path
    }
    own = text_of(check_page(sign_in(park.firm_user).get(f"/own/needs/{asked.id}")))
    assert "由经理甲全程代办" in own and "还没有记下进展" in own


def test_the_firm_reads_each_step_and_is_told(session, sign_in, park: Park, taken_on: Need) -> None:
    client = sign_in(park.officer)
    assert step(client, taken_on).location == f"/needs/{taken_on.id}/answer#steps"
    assert "材料已受理" in text_of(check_page(client.get(f"/needs/{taken_on.id}/answer")))
    own = text_of(check_page(sign_in(park.firm_user).get(f"/own/needs/{taken_on.id}")))
    assert "住建局" in own and "材料已受理" in own
    assert (park.firm_user.id, f"/own/needs/{taken_on.id}") in told(session, NoticeKind.NEED_STEP_TAKEN)
    assert "全程代办" in text_of(check_page(sign_in(park.firm_user).get("/own/needs")))
    change = session.query(Change).filter(Change.entity == "need_step").first()
    assert (change.firm_id, change.actor_id) == (park.firm.id, park.officer.id)


def test_a_step_that_says_nothing_or_lies_elsewhere_in_time_is_refused(sign_in, park: Park, taken_on: Need) -> None:
    client = sign_in(park.officer)
    for wrong, words in (
        ({"step-text": " "}, "请写明办了什么"),
        ({"step-on": (taken_on.raised_on - timedelta(days=1)).isoformat()}, "在提出日期之后"),
        ({"step-on": (clock.today() + timedelta(days=1)).isoformat()}, "不能晚于今天"),
        ({"step-office": "局" * 61}, "60"),
    ):
        answer = step(client, taken_on, **wrong)
        assert answer.status_code == 422 and words in answer.text, wrong
    assert "住建局" in answer.text or "局局" in answer.text, "what was typed stays"


def test_steps_are_taken_where_somebody_acts_for_the_firm_and_until_it_is_answered(
    session, sign_in, park: Park, asked: Need
) -> None:
    client = sign_in(park.officer)
    assert "没有全程代办" in step(client, asked).text
    promise(client, asked, **{"promise-assignee_id": str(park.officer.id), "promise-agency": "y"})
    assert step(client, asked).status_code == 302
    client.post(f"/needs/{asked.id}/answer", data={"state": "answered", "answer": "许可都已取得"})
    assert step(client, asked).status_code == 422
    session.expire_all()
    assert asked.state is NeedState.ANSWERED and len(asked.steps) == 1
    assert "材料已受理" in text_of(check_page(sign_in(park.firm_user).get(f"/own/needs/{asked.id}"))), (
        "stays to be read"
    )


def test_a_wrong_step_is_taken_away_and_its_history_stays(session, sign_in, park: Park, taken_on: Need) -> None:
    client = sign_in(park.officer)
    step(client, taken_on)
    [wrong] = session.query(NeedStep).all()
    address = f"/needs/{taken_on.id}/steps/{wrong.id}/withdraw"
    assert sign_in(park.other_officer).post(address).status_code == 404
    client = sign_in(park.officer)
    client.post(address)
    session.expire_all()
    assert session.query(NeedStep).count() == 0
    assert session.query(Change).filter(Change.entity == "need_step", Change.action == audit.Action.DELETED).count()
    assert "没有这条记录" in client.post(address, follow_redirects=True).text, "the second is told"


def test_another_agent_is_told_to_the_firm_and_it_can_end(session, app, park: Park, taken_on: Need) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    due = clock.today() + timedelta(days=20)
    with app.test_request_context():
        needs.promise_answer(park.officer, taken_on, assignee_id=park.manager.id, due_on=due)
        assert taken_on.agency_since is not None, "nothing said of it: as it was"
        names = {n.values["agent"] for n in session.query(Notice).filter(Notice.kind == NoticeKind.NEED_TAKEN_ON)}
        assert names == {"专员甲", "经理甲"}
        needs.promise_answer(park.officer, taken_on, assignee_id=park.manager.id, due_on=due, agency=False)
        assert taken_on.agency_since is None
        with pytest.raises(DomainError, match="没有全程代办"):
            agency.note_step(park.officer, taken_on, on=clock.today(), office=None, text="x")


def test_they_are_counted_with_the_needs_and_found_among_them(session, sign_in, park: Park, taken_on: Need) -> None:
    session.add(Need(firm=park.firm, raised_on=clock.today(), due_on=clock.today(), kind="talent", text="招会计"))
    session.commit()
    found = coverage(clock.today(), clock.today()).needs
    assert (found.raised, found.agencies) == (2, 1)
    client = sign_in(park.manager)
    listed = text_of(check_page(client.get("/needs?agency=yes")))
    assert "厂房扩建的许可" in listed and "招会计" not in listed
    assert "其中全程代办" in text_of(check_page(client.get("/funnel/coverage")))
    service.answer_need(park.officer, taken_on, state=NeedState.ANSWERED, answer="办好了")
    assert coverage(clock.today(), clock.today()).needs.agencies == 1


def test_firms_are_found_by_who_asks_for_it_and_who_has_it(session, sign_in, park: Park, asked: Need) -> None:
    def found(value: str) -> str:
        return text_of(check_page(sign_in(park.officer).get(f"/firms?agency={value}")))

    assert park.firm.name in found("asked") and park.firm.name not in found("taken")
    promise(sign_in(park.officer), asked, **{"promise-assignee_id": str(park.officer.id), "promise-agency": "y"})
    assert park.firm.name in found("taken") and park.firm.name not in found("asked")
    assert "正在代办" in found("taken"), "the filter is said"
    service.answer_need(park.officer, asked, state=NeedState.ANSWERED, answer="办好了")
    assert park.firm.name not in found("taken") and park.firm.name in found("nonsense")
