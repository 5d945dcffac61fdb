"""Signing in, being locked out, sessions, and who may open accounts."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from crm.accounts import service
from crm.accounts.models import SignInFailure, User, UserSession
from crm.accounts.permissions import Role
from crm.accounts.signing import LOCK_ADDRESS_AFTER_FAILURES, LOCK_AFTER_FAILURES, hash_password
from crm.accounts.system import system_user
from crm.kernel.audit import Change
from crm.kernel.errors import NotFoundError
from tests.factories import Park

PASSWORD = "a rather good password"


@pytest.fixture
def officer(session, park: Park) -> User:
    park.officer.password_hash = hash_password(PASSWORD)
    session.commit()
    return park.officer


def attempt(client, email: str, password: str):
    return client.post("/sign-in", data={"email": email, "password": password})


def test_the_right_password_signs_in(sign_in, officer: User) -> None:
    client = sign_in(None)
    assert attempt(client, officer.email.upper(), PASSWORD).status_code == 302
    assert client.get("/account").status_code == 200


def test_a_wrong_password_says_the_same_as_an_unknown_account(sign_in, officer: User) -> None:
    wrong = attempt(sign_in(None), officer.email, "wrong")
    unknown = attempt(sign_in(None), "nobody@example.test", "wrong")
    assert wrong.status_code == unknown.status_code == 200
    assert "邮箱或密码不对" in wrong.text
    assert "邮箱或密码不对" in unknown.text


def test_failures_lock_out_in_every_worker_until_time_has_passed(session, sign_in, officer: User) -> None:
    for _ in range(LOCK_AFTER_FAILURES):
        attempt(sign_in(None), officer.email, "wrong")
    locked = attempt(sign_in(None), officer.email, PASSWORD)
    assert "尝试次数过多" in locked.text
    for failure in session.query(SignInFailure).filter_by(email=officer.email):
        failure.at -= timedelta(minutes=16)
    session.commit()
    assert attempt(sign_in(None), officer.email, PASSWORD).status_code == 302


def test_a_closed_account_cannot_sign_in_and_is_signed_out(session, sign_in, park: Park, officer: User) -> None:
    browser = sign_in(officer)
    assert browser.get("/account").status_code == 200
    assert sign_in(park.administrator).post(f"/users/{officer.id}/disable").status_code == 302
    assert browser.get("/account").status_code == 302
    assert "邮箱或密码不对" in attempt(sign_in(None), officer.email, PASSWORD).text


def test_signing_out_everywhere_ends_the_other_browser_too(sign_in, officer: User) -> None:
    first, second = sign_in(officer), sign_in(officer)
    first.post("/account/sign-out-everywhere")
    assert second.get("/account").status_code == 302


def test_changing_the_password_keeps_this_browser_and_ends_the_others(sign_in, officer: User) -> None:
    first, second = sign_in(officer), sign_in(officer)
    new = "another good password"
    answer = first.post("/account", data={"old_password": PASSWORD, "password": new, "again": new})
    assert answer.status_code == 302
    assert first.get("/account").status_code == 200
    assert second.get("/account").status_code == 302


def test_the_cookie_is_not_what_the_table_holds(session, sign_in, officer: User) -> None:
    client = sign_in(None)
    attempt(client, officer.email, PASSWORD)
    with client.session_transaction() as cookie:
        token = cookie["_user_id"]
    assert session.query(UserSession).filter_by(token_hash=token).count() == 0


def test_sign_in_goes_back_only_to_this_house(sign_in, officer: User) -> None:
    away = sign_in(None).post(
        "/sign-in?next=https://evil.example/", data={"email": officer.email, "password": PASSWORD}
    )
    assert away.location == "/"
    sly = sign_in(None).post("/sign-in?next=//evil.example", data={"email": officer.email, "password": PASSWORD})
    assert sly.location == "/"


def test_an_invitation_sets_the_password_once(app, session, sign_in, park: Park) -> None:
    user = park.officer
    with app.test_request_context():
        token = service.password_token(user)
    data = {"password": PASSWORD, "again": PASSWORD}
    assert sign_in(None).post(f"/set-password/{token}", data=data).status_code == 302
    again = sign_in(None).post(f"/set-password/{token}", data=data)
    assert again.status_code == 404
    assert sign_in(None).post("/set-password/forged", data=data).status_code == 404


def test_weak_passwords_are_refused_with_the_cure(app, sign_in, park: Park) -> None:
    with app.test_request_context():
        token = service.password_token(park.officer)
    answer = sign_in(None).post(f"/set-password/{token}", data={"password": "short", "again": "short"})
    assert "至少 10 个字符" in answer.text


def test_an_administrator_opens_accounts_below_their_own_place_only(session, sign_in, park: Park) -> None:
    client = sign_in(park.administrator)
    data = {"email": "new@example.test", "name": "专员丙", "role": "officer", "organisation_id": park.park.id}
    assert client.post("/users/new", data=data).status_code == 302
    created = session.query(User).filter_by(email="new@example.test").one()
    assert (created.role, created.organisation_id) == (Role.OFFICER, park.park.id)
    assert "/set-password/" in client.post(f"/users/{created.id}/link").text
    assert "已有账号" in client.post("/users/new", data=data).text


def test_officers_and_firms_cannot_open_accounts(sign_in, park: Park) -> None:
    for person in (park.officer, park.manager, park.firm_user):
        assert sign_in(person).get("/users").status_code == 403


def test_csrf_is_asked_of_every_form(app, sign_in, officer: User) -> None:
    client = sign_in(officer)
    app.config["WTF_CSRF_ENABLED"] = True
    assert client.post("/sign-out").status_code == 400


def test_a_park_cannot_hold_a_county(sign_in, park: Park) -> None:
    answer = sign_in(park.administrator).post(
        "/organisations", data={"name": "新县", "kind": "county", "parent_id": park.park.id}
    )
    assert "不能设这一级单位" in answer.text


def test_the_first_administrator_is_made_by_command(app, session, sign_in, park: Park) -> None:
    answer = app.test_cli_runner().invoke(args=["accounts", "create-administrator", "first@example.test"])
    assert answer.exit_code == 0, answer.output
    path = answer.output.strip().splitlines()[-1]
    data = {"password": PASSWORD, "again": PASSWORD}
    assert sign_in(None).post(path, data=data).status_code == 302
    again = app.test_cli_runner().invoke(args=["accounts", "create-administrator", "first@example.test"])
    assert again.exit_code != 0
    assert "已有账号" in again.output


def test_no_place_above_or_beside_ones_own_is_administered(session, park: Park) -> None:
    stranger = park.other_administrator
    for organisation in (park.city, park.county, park.park):
        with pytest.raises(NotFoundError):
            service.load_organisation_for(stranger, organisation.id)
        with pytest.raises(NotFoundError):
            service.create_staff(
                actor=stranger, email="x@example.test", name="甲", role=Role.OFFICER, organisation_id=organisation.id
            )
    with pytest.raises(NotFoundError):
        service.load_user_for(stranger, park.officer.id)


def test_nobody_changes_their_own_role_or_closes_their_own_account(sign_in, park: Park) -> None:
    client, own = sign_in(park.administrator), park.administrator
    data = {"name": own.name, "role": "officer", "organisation_id": park.city.id}
    assert "不能更改自己的角色" in client.post(f"/users/{own.id}", data=data).text
    assert client.post(f"/users/{own.id}/disable").status_code == 400
    assert client.get("/account").status_code == 200


def test_nobody_becomes_the_systems_own_account(app, session, sign_in, park: Park) -> None:
    system = system_user()
    session.commit()
    client = sign_in(park.administrator)
    assert system.name not in client.get("/users").text
    for address in (f"/users/{system.id}", f"/users/{system.id}/disable", f"/users/{system.id}/link"):
        assert client.post(address).status_code == 404
    with app.test_request_context():
        token = service.password_token(system)
    assert sign_in(None).get(f"/set-password/{token}").status_code == 404


def test_guessing_one_password_over_all_accounts_is_stopped(session, sign_in, park: Park, officer: User) -> None:
    for number in range(LOCK_ADDRESS_AFTER_FAILURES):
        session.add(SignInFailure(email=f"guess{number}@example.test", address="127.0.0.1"))
    session.commit()
    assert "尝试次数过多" in attempt(sign_in(None), officer.email, PASSWORD).text


def test_guessing_ones_own_old_password_counts(session, sign_in, officer: User) -> None:
    client = sign_in(officer)
    new = "another good password"
    for _ in range(LOCK_AFTER_FAILURES):
        assert (
            "原密码不对" in client.post("/account", data={"old_password": "wrong", "password": new, "again": new}).text
        )
    locked = client.post("/account", data={"old_password": PASSWORD, "password": new, "again": new})
    assert "尝试次数过多" in locked.text


def test_making_a_link_and_setting_a_password_are_history(session, sign_in, park: Park) -> None:
    page = sign_in(park.officer).post(f"/firm-accounts/{park.firm_user.id}/link").text
    address = re.search(r"/set-password/[^\s\"<]+", page)
    assert address is not None
    sign_in(None).post(address[0], data={"password": PASSWORD, "again": PASSWORD})
    rows = session.query(Change).filter(Change.entity == "user_account", Change.field.is_not(None)).order_by(Change.id)
    made, chosen = list(rows)[-2:]
    assert (made.field, made.actor_id, made.firm_id) == ("password_link", park.officer.id, park.firm.id)
    assert (chosen.field, chosen.actor_id) == ("password", park.firm_user.id)


def test_someone_stays_in_a_park_no_longer_in_use(session, sign_in, park: Park) -> None:
    """Changing only the name does not move them."""
    park.park.disabled = True
    session.commit()
    client, address = sign_in(park.administrator), f"/users/{park.officer.id}"
    chosen = re.search(
        r'<option selected value="(\d+)">\W*([^<]+)<', client.get(address).text.split("organisation_id")[-1]
    )
    assert chosen is not None
    assert chosen.groups() == (str(park.park.id), "长春园区（已停用）")
    data = {"name": "专员改名", "role": "officer", "organisation_id": park.park.id}
    assert client.post(address, data=data).status_code == 302
    assert (park.officer.name, park.officer.organisation_id) == ("专员改名", park.park.id)
    assert f'value="{park.park.id}"' not in client.get("/users/new").text
