"""全程代办 of an application: its page says to the firm and to the park who acts for the firm, since when, and how far it is."""

from __future__ import annotations

import pytest

from crm.applications import agency
from crm.applications.machine import State
from crm.applications.models import Application
from crm.firms.duplicates.service import merge
from crm.kernel import audit
from crm.kernel.errors import DomainError
from crm.visits import needs
from crm.visits import service as visits
from crm.visits.agency import note_step
from crm.visits.models import Need, NeedState
from tests.factories import make_firm
from tests.integration.applications.makers import Hall
from tests.integration.ladder.makers import TODAY
from tests.pages import check_page, text_of
from tests.queries import count_queries


@pytest.fixture
def application(hall: Hall, session) -> Application:
    made = hall.draft(hall.project)
    session.commit()
    return made


@pytest.fixture
def read(sign_in, application: Application):
    return lambda user: text_of(check_page(sign_in(user).get(f"/applications/{application.id}")))


def test_a_firm_asks_on_its_application_an_officer_takes_it_on_and_both_read_who_acts(
    hall: Hall, session, sign_in, application, read
) -> None:
    address = f"/applications/{application.id}/agency"
    asked = sign_in(hall.own).post(address, follow_redirects=True)
    assert "已请园区全程代办" in asked.text and "还没有代办人" in text_of(check_page(asked))
    need = application.agency
    assert (need.kind, need.agency_asked, need.raised_by_id) == ("policy", True, hall.own.id)
    assert hall.project.title in need.text
    words = read(hall.officer)
    assert "请园区派人全程代办，还没有代办人" in words and "指定代办人" in words
    taken = sign_in(hall.officer).post(address, follow_redirects=True)
    assert "由您全程代办" in taken.text
    session.expire_all()
    assert (need.assignee_id, need.agency_since) == (hall.officer.id, TODAY)
    note_step(hall.officer, need, on=TODAY, office="科技局", text="窗口已收件")
    for user in (hall.own, hall.officer):
        words = read(user)
        assert f"由{hall.officer.name}全程代办" in words and "科技局" in words and "窗口已收件" in words
        assert "请园区全程代办" not in words.replace("请园区派人全程代办", "") and "由我全程代办" not in words
    assert f"/own/needs/{need.id}" in sign_in(hall.own).get(f"/applications/{application.id}").text
    for user, page in ((hall.own, f"/own/needs/{need.id}"), (hall.officer, f"/needs/{need.id}/answer")):
        assert f"/applications/{application.id}" in sign_in(user).get(page).text, "and back to the application"


def test_an_officer_takes_on_what_nobody_asked_for(hall: Hall, session, sign_in, application, read) -> None:
    assert "由我全程代办" in read(hall.officer)
    sign_in(hall.officer).post(f"/applications/{application.id}/agency")
    assert f"由{hall.officer.name}全程代办" in read(hall.own)
    audit.sign(session, hall.officer.id, audit.Via.PAGE)
    visits.answer_need(hall.officer, application.agency, state=NeedState.ANSWERED, answer="批文已取回")
    words = read(hall.own)
    assert "已办结" in words and "请园区全程代办" in words, "it may be asked for again"


def test_it_is_not_asked_for_twice_nor_for_what_is_over(hall: Hall, session, application) -> None:
    need = agency.begin(application, actor=hall.own)
    with pytest.raises(DomainError, match="您已经请园区全程代办"):
        agency.begin(application, actor=hall.own)
    assert agency.begin(application, actor=hall.officer) is need
    with pytest.raises(DomainError, match="全程代办，不用再办"):
        agency.begin(application, actor=hall.manager)
    application.agency, application.state = None, State.GRANTED
    with pytest.raises(DomainError, match="已经办完"):
        agency.begin(application, actor=hall.own)
    assert session.query(Need).count() == 1


def test_what_the_firm_asked_for_apart_from_it_stands_there_in_its_own_words(hall: Hall, session, application, read):
    for kind, text in (("titles", "帮我们把高企的审计报告跑下来"), ("approval", "厂房扩建的许可")):
        need = needs.raise_need(hall.own, hall.firm, kind=kind, text=text, agency=True)
        needs.promise_answer(hall.officer, need, assignee_id=hall.officer.id, due_on=need.due_on, agency=True)
    needs.raise_need(hall.own, hall.firm, kind="titles", text="只是问一问条件")
    words = read(hall.own)
    assert "帮我们把高企的审计报告跑下来" in words and f"由{hall.officer.name}全程代办" in words
    assert "厂房扩建的许可" not in words and "只是问一问条件" not in words


def test_another_applications_agency_is_not_shown_and_more_steps_cost_nothing(
    hall: Hall, session, sign_in, application, read
) -> None:
    other = hall.draft(hall.title)
    need = agency.begin(other, actor=hall.officer)
    session.commit()
    assert need.text not in read(hall.own)
    client, page = sign_in(hall.officer), f"/applications/{other.id}"
    note_step(hall.officer, need, on=TODAY, office=None, text="第 0 步")
    client.get(page)
    with count_queries(session) as few:
        client.get(page)
    for number in range(1, 12):
        note_step(hall.officer, need, on=TODAY, office=None, text=f"第 {number} 步")
    with count_queries(session) as many:
        client.get(page)
    assert len(many) == len(few)


def test_it_follows_the_firm_into_another(hall: Hall, session, application) -> None:
    need = agency.begin(application, actor=hall.own)
    kept = make_firm(session, hall.firm.organisation, name="云梯轴承（保留）有限公司")
    session.flush()
    merge(
        actor=hall.manager,
        kept=kept,
        gone=hall.firm,
        wanted=[],
        kept_version=str(kept.version),
        gone_version=str(hall.firm.version),
    )
    session.expire_all()
    assert session.get_one(Application, application.id).agency is need and need.firm_id == kept.id
