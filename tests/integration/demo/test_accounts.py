"""The demonstration's accounts are open in demo mode only, and it keeps away from real people's data."""

from __future__ import annotations

import pytest

from crm.accounts.permissions import Role
from crm.accounts.system import root_organisation, system_user
from crm.demo.build import require_own_database
from crm.demo.city import load
from crm.kernel import audit
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from tests.factories import build_park, make_user
from tests.integration.demo.conftest import Demonstration, make_app


def test_the_command_refuses_outside_demo_mode(app, session) -> None:
    result = app.test_cli_runner().invoke(args=["demo"])
    assert result.exit_code == 1
    assert "make run" in result.output


def test_demo_accounts_do_not_open_outside_demo_mode(demonstration: Demonstration, tmp_path) -> None:
    engine = demonstration.app.extensions["database"]
    serious = make_app(engine.url.render_as_string(hide_password=False), tmp_path, demo=False)
    person = load().accounts[0]
    client = serious.test_client()
    assert client.post("/sign-in", data={"email": person.email, "password": person.password}).status_code == 200
    assert client.get("/funnel").status_code == 302
    serious.extensions["database"].dispose()


def test_a_session_of_the_demonstration_ends_with_it(demonstration: Demonstration, tmp_path) -> None:
    engine = demonstration.app.extensions["database"]
    cookie = demonstration.sign_in("manager").get_cookie("session")
    serious = make_app(engine.url.render_as_string(hide_password=False), tmp_path, demo=False)
    client = serious.test_client()
    client.set_cookie("session", cookie.value)
    assert client.get("/funnel").status_code == 302
    serious.extensions["database"].dispose()


def test_no_park_is_built_among_real_accounts(session) -> None:
    build_park(session)
    with pytest.raises(DomainError, match="DATABASE_URL"):
        require_own_database()


def test_firms_imported_before_do_not_stand_in_the_way(session) -> None:
    """The system's own account, in whose name commands import, is nobody's."""
    audit.sign(db.session, system_user().id, audit.Via.COMMAND)
    require_own_database()
    make_user(session, Role.OFFICER, "真人", organisation_id=root_organisation().id)
    with pytest.raises(DomainError):
        require_own_database()
