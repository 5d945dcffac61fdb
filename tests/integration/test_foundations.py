"""The floor everything stands on: sign-in, scope, history, transactions."""

from __future__ import annotations

from crm.kernel.audit import Change
from tests.factories import Park


def test_changes_are_history_with_old_and_new(session, park: Park) -> None:
    park.firm.address = "长春东路 1 号"
    session.commit()
    park.firm.address = "长春东路 2 号"
    session.commit()
    change = session.query(Change).filter_by(entity="firm", field="address").order_by(Change.id.desc()).first()
    assert (change.old, change.new) == ("长春东路 1 号", "长春东路 2 号")
    assert change.firm_id == park.firm.id
    assert change.actor_id == park.administrator.id


def test_anonymous_is_sent_to_sign_in(session, sign_in) -> None:
    answer = sign_in(None).post("/sign-out")
    assert answer.status_code == 302
    assert "/sign-in" in answer.location


def test_a_number_no_database_holds_is_a_page_there_is_not(sign_in, park: Park) -> None:
    client = sign_in(park.officer)
    assert client.get("/firms/99999999999999999999").status_code == 404
    assert client.get("/firms?page=99999999999999999999").status_code == 200
