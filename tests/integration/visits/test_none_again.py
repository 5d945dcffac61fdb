"""What was said to be none more than a year ago is confirmed again with one tick of the visit form, by the same verb as elsewhere."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.firms import service
from crm.firms.facts.statements import VOUCHES
from crm.firms.models import FirmFact, State
from crm.kernel import audit, clock
from crm.kernel.errors import NotAllowedError
from crm.registers import service as registers
from crm.registers.models import Level, Register
from crm.visits.models import Visit
from tests.factories import Park
from tests.pages import check_page, text_of

LONG_AGO = clock.today() - VOUCHES - timedelta(days=30)


def new(park: Park) -> str:
    return f"/firms/{park.firm.id}/visits/new"


def said(session: Session, park: Park, *names: str, on: date = LONG_AGO) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    for name in names:
        service.confirm_none(park.firm, name, actor=park.officer, on=on)
    session.commit()


def stated(session: Session, name: str) -> FirmFact | None:
    return session.scalar(select(FirmFact).where(FirmFact.key == name))


def visit(**values: str) -> dict[str, str]:
    return {"on": clock.today().isoformat(), "said": "问了。", **values}


def test_there_is_a_tick_for_each_that_grew_old_and_for_nothing_else(session, park: Park, sign_in) -> None:
    client = sign_in(park.officer)
    assert "再确认一次" not in client.get(new(park)).text, "nobody said anything yet"
    said(session, park, "awards", "honours")
    said(session, park, "standards", on=clock.today() - VOUCHES)
    page = check_page(client.get(new(park)))
    ticks = {box.get("name") for box in page.iter("input") if box.get("type") == "checkbox"}
    assert {"answer.awards", "answer.honours"} <= ticks and "answer.standards" not in ticks
    assert "还是没有科技奖励" in text_of(page) and "已过一年" in text_of(page)


def test_what_is_ticked_is_confirmed_as_of_the_visit_and_what_is_not_stays_as_it_was(session, park, sign_in) -> None:
    said(session, park, "awards", "honours")
    client, yesterday = sign_in(park.officer), clock.today() - timedelta(days=1)
    answer = client.post(
        new(park), data=visit(on=yesterday.isoformat(), **{"answer.awards": "y"}), follow_redirects=True
    )
    check_page(answer)
    awards, honours = stated(session, "awards"), stated(session, "honours")
    assert awards is not None and honours is not None
    assert (awards.value, awards.as_of, awards.state, awards.entered_by_id) == (
        [], yesterday, State.VERIFIED, park.officer.id,
    )  # fmt: skip
    assert honours.as_of == LONG_AGO
    kept = session.scalars(select(Visit)).one()
    assert kept.answers == [{"key": "awards", "value": []}]
    assert "科技奖励" in text_of(check_page(client.get(f"/visits/{kept.id}")))
    history = text_of(check_page(client.get(f"/firms/{park.firm.id}/history")))
    assert "科技奖励 没有" in history and "{'" not in history
    assert "还是没有科技奖励" not in client.get(new(park)).text
    assert "还是没有荣誉" not in client.get(f"/visits/{kept.id}/edit").text, "who mends an account is not asked"


def test_sent_twice_it_is_the_same_visit(session, park, sign_in) -> None:
    said(session, park, "awards")
    client, sent = sign_in(park.officer), visit(key="6f0f5b0c-8f7e-4a9e-9a52-0c2a3f3f0a11", **{"answer.awards": "y"})
    first, second = client.post(new(park), data=sent), client.post(new(park), data=sent)
    assert first.status_code == second.status_code == 302 and first.location == second.location
    assert len(session.scalars(select(Visit)).all()) == 1


def test_an_entry_or_a_confirmation_that_came_meanwhile_stands_and_the_person_is_told(session, park, sign_in) -> None:
    said(session, park, "awards", "honours")
    client = sign_in(park.officer)
    audit.sign(session, park.manager.id, audit.Via.PAGE)
    registers.add_entry(
        actor=park.manager, firm=park.firm, register=Register.AWARD, name="云岭市科技进步奖", level=Level.PROVINCIAL,
        on=clock.today(), kind="progress",
    )  # fmt: skip
    service.confirm_none(park.firm, "honours", actor=park.manager)
    session.commit()
    sent = visit(**{"answer.awards": "y", "answer.honours": "y"})
    told = text_of(check_page(client.post(new(park), data=sent, follow_redirects=True)))
    assert "科技奖励" in told and "以档案为准" in told
    awards, honours = stated(session, "awards"), stated(session, "honours")
    assert awards is not None and awards.as_of == LONG_AGO
    assert honours is not None and honours.entered_by_id == park.manager.id
    assert session.scalars(select(Visit)).one().answers == []


def test_of_what_counts_against_the_firm_it_says_that_there_is_nothing_else(session, park, sign_in) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    registers.add_entry(
        actor=park.officer,
        firm=park.firm,
        register=Register.INCIDENT,
        name="云岭演示小事故",
        kind="safety",
        on=LONG_AGO,
    )
    session.commit()
    client = sign_in(park.officer)
    assert "除已登记的以外，没有其他事故与违法" in text_of(check_page(client.get(new(park))))
    client.post(new(park), data=visit(**{"answer.incidents": "y"}))
    fact = stated(session, "incidents")
    assert fact is not None and fact.as_of == clock.today()


def test_a_visit_written_late_does_not_take_a_later_statement_back(session, park) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    service.confirm_none(park.firm, "awards", actor=park.officer)
    service.confirm_none(park.firm, "awards", actor=park.officer, on=LONG_AGO)
    fact = stated(session, "awards")
    assert fact is not None and fact.as_of == clock.today()
    with pytest.raises(NotAllowedError):
        service.confirm_none(park.firm, "awards", actor=park.firm_user)
