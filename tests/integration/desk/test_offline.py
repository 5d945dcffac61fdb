"""What devices ask for: whose pages they keep, how the app is installed, and forms that are sent more than once."""

from __future__ import annotations

import re
import struct
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from config import ROOT
from crm.desk.offline.models import ReceivedForm
from crm.desk.offline.queries import MOST
from crm.kernel import clock
from crm.visits.models import PlannedVisit, Task, Visit
from tests.browser.steps import photo
from tests.factories import Park, make_firm
from tests.pages import check_page


def visit(said: str = "谈了研发费用", **more: object) -> dict[str, object]:
    return {"on": clock.today().isoformat(), "said": said, "topics": ["policy"], **more}


def send(client, park: Park, data: dict[str, object], key: str):
    address = f"/firms/{park.firm.id}/visits/new"
    return client.post(address, data=data, headers={"Tidu-Key": key}, content_type="multipart/form-data")


def visits(session) -> int:
    return session.scalar(select(func.count()).select_from(Visit))


def test_a_form_that_is_sent_again_is_answered_and_not_saved_again(session, park: Park, sign_in) -> None:
    client, key = sign_in(park.officer), str(uuid4())
    answers = [send(client, park, {**visit(), "files": (BytesIO(photo()), "车间.png")}, key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [204, 204]
    assert {answer.headers["Tidu-Location"] for answer in answers} == {f"/visits/{session.scalar(select(Visit.id))}"}
    assert {answer.headers["Tidu-Key"] for answer in answers} == {key}
    assert visits(session) == 1


@pytest.mark.parametrize("change", [lambda: {"said": "又补了一句"}, lambda: {"files": (BytesIO(photo()), "设备.png")}])
def test_a_form_that_was_changed_after_it_was_saved_is_a_conflict(session, park: Park, sign_in, change) -> None:
    client, key = sign_in(park.officer), str(uuid4())
    send(client, park, {**visit(), "files": (BytesIO(photo()), "车间.png")}, key)
    answer = send(client, park, {**visit(), "files": (BytesIO(photo()), "车间.png"), **change()}, key)
    assert answer.status_code == 409
    assert answer.headers["Tidu-Location"].startswith("/visits/")
    assert visits(session) == 1


def test_a_form_with_errors_may_be_sent_again_under_its_key(session, park: Park, sign_in) -> None:
    client, key = sign_in(park.officer), str(uuid4())
    refused = send(client, park, visit(on="2999-01-01"), key)
    assert refused.status_code == 200
    assert "Tidu-Location" not in refused.headers
    assert send(client, park, visit(), key).status_code == 204
    assert visits(session) == 1


def test_another_person_s_key_says_nothing_of_their_form(session, park: Park, sign_in) -> None:
    key = str(uuid4())
    send(sign_in(park.officer), park, visit(), key)
    send(sign_in(park.manager), park, visit("自己的走访"), key)
    assert set(session.scalars(select(ReceivedForm.user_id))) == {park.officer.id, park.manager.id}


def test_a_form_of_nobody_waits(session, park: Park, sign_in) -> None:
    assert send(sign_in(None), park, visit(), str(uuid4())).status_code == 401
    assert visits(session) == 0


def test_without_a_key_a_form_leads_to_its_record_as_ever(session, park: Park, sign_in) -> None:
    answer = sign_in(park.officer).post(f"/firms/{park.firm.id}/visits/new", data=visit())
    assert answer.status_code == 302
    assert session.scalar(select(func.count()).select_from(ReceivedForm)) == 0


def test_a_device_keeps_planned_visits_first_then_what_is_due_and_never_what_is_out_of_scope(
    session, park: Park, sign_in
) -> None:
    today = clock.today()
    planned, due = (make_firm(session, park.park, name=name) for name in ("计划走访有限公司", "有事要办有限公司"))
    plan = PlannedVisit(firm=planned, officer=park.officer, on=today + timedelta(days=2))
    session.add_all(
        [
            plan,
            PlannedVisit(firm=park.other_firm, officer=park.officer, on=today),
            Task(firm=due, title="送样表", due_on=today + timedelta(days=3), assignee=park.officer),
        ]
    )
    session.flush()
    kept = sign_in(park.officer).get("/offline/pages").json
    assert kept["person"] == park.officer.id
    assert kept["pick"] == "/visits/new"
    assert [each["name"] for each in kept["firms"]][:2] == [planned.name, due.name]
    assert kept["firms"][0]["form"] == f"/firms/{planned.id}/visits/new?plan={plan.id}"
    assert kept["firms"][0]["brief"] == f"/firms/{planned.id}/brief"
    assert park.other_firm.name not in [each["name"] for each in kept["firms"]]


def test_a_device_keeps_a_bounded_number_of_firms(session, park: Park, sign_in) -> None:
    for number in range(MOST + 3):
        make_firm(session, park.park, name=f"多家{number}有限公司", officer=park.officer)
    assert len(sign_in(park.officer).get("/offline/pages").json["firms"]) == MOST


def test_the_session_says_who_is_signed_in_and_is_kept_by_nobody(park: Park, sign_in) -> None:
    for person in (park.officer, None):
        answer = sign_in(person).get("/offline/session")
        assert answer.json["person"] == (person.id if person else None)
        assert "no-store" in answer.headers["Cache-Control"]


def test_the_app_can_be_installed_in_both_languages(app, sign_in) -> None:
    client = sign_in(None)
    tokens = (ROOT / "frontend/src/styles/_tokens.scss").read_text()
    for language, name in (("zh", "梯度 Tidu"), ("en", "Tidu 梯度")):
        page = check_page(client.get("/sign-in", headers={"Accept-Language": language}))
        link = next(each.get("href") for each in page.iter("link") if each.get("rel") == "manifest")
        manifest = client.get(link).get_json(force=True)
        assert (manifest["name"], manifest["display"], manifest["start_url"]) == (name, "standalone", "/")
        theme = next(each.get("content") for each in page.iter("meta") if each.get("name") == "theme-color")
        assert f"$surface: {theme};" in tokens and manifest["theme_color"] == theme, "the bar's own colour"
        assert f"$paper: {manifest['background_color']};" in tokens
        for icon in manifest["icons"]:
            with client.get(icon["src"]) as picture:
                width, height = struct.unpack(">II", picture.data[16:24])
            assert f"{width}x{height}" == icon["sizes"]
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}


def test_the_worker_is_never_stale_and_knows_every_built_file(app, sign_in) -> None:
    answer = sign_in(None).get("/worker.js")
    assert answer.headers["Cache-Control"] == "no-cache"
    named = set(re.findall(r'"/static/([^"?]+)\?v=', answer.text.splitlines()[0]))
    assert named == {file.name for file in Path(str(app.static_folder)).iterdir()} - {"worker.js"}


def test_a_device_without_anything_of_a_person_s_own_names_nobody(park: Park, sign_in) -> None:
    page = check_page(sign_in(None).get("/offline"))
    assert not [each for each in page.iter("meta") if each.get("name") == "person"]


def test_what_a_device_keeps_meanwhile_does_not_take_what_is_to_be_said(park: Park, sign_in) -> None:
    """The worker fetches pages while a form is sent: neither its copy nor its late answer may swallow the message."""
    client = sign_in(park.officer)
    client.get("/day")  # the first page of a session sets its token
    late = client.get("/day")
    assert "Set-Cookie" not in late.headers  # arriving last, it would put back the session from before the message
    client.post(f"/firms/{park.firm.id}/visits/new", data=visit())
    kept = client.get("/day", headers={"Tidu-Keep": "yes"})
    assert "走访已记下" not in kept.text
    assert "走访已记下" in client.get("/day").text
