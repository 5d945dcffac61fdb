"""Many firms at once: chosen on the list, previewed, done by the verbs of one firm, told one by one, assignments undone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from crm.accounts.permissions import Role
from crm.firms.models import Firm, FirmStatus
from crm.kernel import clock
from crm.kernel.audit import Change
from crm.ladder import bulk_runs as runs
from crm.ladder import service
from crm.ladder.models import Case, CaseEvent, Rung
from crm.ladder.routes import bulk as pages
from tests.factories import Park, make_firm, make_user
from tests.pages import check_page, text_of

ON = {"on": "2026-06-01"}


@pytest.fixture
def colleague(session, park: Park):
    return make_user(session, Role.OFFICER, "专员丙", organisation_id=park.park.id)


@pytest.fixture
def others(session, park: Park) -> list[Firm]:
    found = [make_firm(session, park.park, f"批量企业{n}有限公司") for n in range(3)]
    session.commit()
    return found


def hidden(tree) -> dict[str, list[str]]:
    """What the confirming form of a preview sends."""
    form = next(form for form in tree.iter("form") if "确认办理" in text_of(form))
    fields: dict[str, list[str]] = {}
    for each in form.iter("input"):
        fields.setdefault(each.get("name"), []).append(each.get("value"))
    return fields


def test_the_list_leads_to_bulk_with_what_is_ticked_and_with_all_it_shows(session, park, others, sign_in) -> None:
    client = sign_in(park.officer)
    tree = check_page(client.get("/firms?q=批量&status=active"))
    form = next(form for form in tree.iter("form") if form.get("id") == "bulk")
    assert {each.get("name"): each.get("value") for each in form.iter("input") if each.get("type") == "hidden"} == {
        "q": "批量",
        "status": "active",
    }
    boxes = [box for box in tree.iter("input") if box.get("name") == "firm"]
    assert [int(box.get("value")) for box in boxes] == [firm.id for firm in others]
    assert {box.get("form") for box in boxes} == {"bulk"}
    ticked = check_page(client.get(f"/cases/bulk?q=批量&firm={others[1].id}"))
    boxes = [box for box in ticked.iter("input") if box.get("name") == "firm" and box.get("type") == "checkbox"]
    assert [(box.get("value"), box.get("checked")) for box in boxes] == [(str(others[1].id), "")]
    assert "符合条件的全部 3 家企业" in text_of(check_page(client.get("/cases/bulk?q=批量&all=1")))


def test_a_preview_changes_nothing_and_says_what_doing_it_then_does(session, park, others, sign_in) -> None:
    service.open_case(others[0], Rung.HTE, actor=park.officer)
    session.commit()
    before = [session.scalar(select(func.count()).select_from(table)) for table in (Case, CaseEvent, Change)]
    client = sign_in(park.officer)
    wanted = {"act": "open", "rung": "hte", **ON, "firm": [firm.id for firm in others]}
    tree = check_page(client.post("/cases/bulk", data={**wanted, "step": "preview"}, follow_redirects=True))
    assert "能办 2 家，不能办 1 家" in text_of(tree)
    assert "已有一个进行中的" in text_of(tree)
    after = [session.scalar(select(func.count()).select_from(table)) for table in (Case, CaseEvent, Change)]
    assert before == after
    tree = check_page(client.post("/cases/bulk", data=hidden(tree), follow_redirects=True))
    assert "办成 2 家，没有办成 1 家" in text_of(tree)
    assert session.scalar(select(func.count()).select_from(Case)) == 3


def test_firms_that_hold_the_title_are_not_taken_in_anew(session, park, others, sign_in) -> None:
    terms = ((others[0], date(2028, 5, 31)), (others[1], date(2027, 5, 31)))  # two years and one year left
    for firm, until in terms:
        number = f"GR{firm.id:012d}"
        service.grant_credential(
            firm, Rung.HTE, number=number, valid_from=date(2025, 6, 1), valid_to=until, actor=park.officer
        )
    session.commit()
    client = sign_in(park.officer)
    wanted = {"act": "open", "rung": "hte", **ON, "firm": [firm.id for firm in others]}
    tree = check_page(client.post("/cases/bulk", data={**wanted, "step": "preview"}, follow_redirects=True))
    assert "能办 2 家，不能办 1 家" in text_of(tree)
    assert "已持证（到 2028年5月31日）" in text_of(tree)
    client.post("/cases/bulk", data=hidden(tree))
    assert set(session.scalars(select(Case.firm_id))) == {others[1].id, others[2].id}
    one = {"open-rung": "hte", "open-on": ON["on"]}
    answer = client.post(f"/firms/{others[0].id}/cases", data={**one, "open-purpose": "new"})
    assert answer.status_code == 422
    assert "已持证（到 2028年5月31日）" in text_of(check_page(answer))
    assert client.post(f"/firms/{others[0].id}/cases", data={**one, "open-purpose": "review"}).status_code == 302


def test_firms_are_assigned_together_and_given_back(session, park, others, colleague, sign_in) -> None:
    others[0].officer, others[1].officer = park.officer, colleague
    session.commit()
    client = sign_in(park.manager)
    wanted = {"act": "assign", "officer": colleague.id, **ON}
    tree = check_page(
        client.post("/cases/bulk?q=批量&all=1", data={**wanted, "step": "preview"}, follow_redirects=True)
    )
    assert "专员甲 → 专员丙" in text_of(tree)
    assert "无专员 → 专员丙" in text_of(tree)
    assert "已由此人负责" in text_of(tree)
    session.refresh(others[0])
    assert others[0].officer_id == park.officer.id
    tree = check_page(client.post("/cases/bulk?q=批量", data=hidden(tree), follow_redirects=True))
    assert "办成 2 家，没有办成 1 家" in text_of(tree)
    session.expire_all()
    assert {firm.officer_id for firm in others} == {colleague.id}
    was = [each.get("value") for each in tree.iter("input") if each.get("name") == "was"]
    others[2].officer = park.officer  # somebody else changed it since: it stays
    session.commit()
    answer = client.post("/cases/bulk/undo", data={"was": was}, follow_redirects=True)
    assert "已撤销 1 家的指派" in text_of(check_page(answer))
    session.expire_all()
    assert [firm.officer_id for firm in others] == [park.officer.id, colleague.id, park.officer.id]


def test_undoing_reaches_only_ones_own_scope(session, park, colleague, sign_in) -> None:
    was = f"{park.firm.id}:{colleague.id}:{park.officer.id}"
    sign_in(park.other_officer).post("/cases/bulk/undo", data={"was": [was, "x", "1:2", "::", f"{park.firm.id}::"]})
    session.refresh(park.firm)
    assert park.firm.officer_id == park.officer.id


def test_what_is_missing_in_the_form_and_too_many_are_said(session, park, others, sign_in, monkeypatch) -> None:
    client = sign_in(park.officer)
    ids = [firm.id for firm in others]
    for data, said in (
        ({"act": "assign", "firm": ids}, "请选择由谁负责"),
        ({"act": "open", "firm": ids}, "请选择培育方向"),
        ({"act": "open", "rung": "hte"}, "请至少勾选一家企业"),
        ({"act": "assign", "officer": park.other_officer.id, "firm": ids}, "专员"),
    ):
        answer = client.post("/cases/bulk", data={**ON, **data})
        assert said in text_of(check_page(answer))
    monkeypatch.setattr(pages, "MOST", 2)
    tree = check_page(client.post("/cases/bulk?all=1", data={**ON, "act": "open", "rung": "hte"}))
    assert "一次最多办理 2 家" in text_of(tree)
    assert session.scalar(select(func.count()).select_from(Case)) == 0


def test_all_means_what_the_filters_find_in_ones_scope(session, park, others, sign_in) -> None:
    others[2].status = FirmStatus.REVOKED
    session.commit()
    data = {"act": "open", "rung": "hte", **ON}
    sign_in(park.officer).post("/cases/bulk?q=企业&status=active&all=1", data=data)
    assert set(session.scalars(select(Case.firm_id))) == {others[0].id, others[1].id}
    sign_in(park.other_officer).post("/cases/bulk?all=1", data=data)
    assert set(session.scalars(select(Case.firm_id))) == {others[0].id, others[1].id, park.other_firm.id}


def test_the_answer_has_a_page_of_its_own_that_does_nothing_when_it_is_read_again(
    session, park, others, sign_in
) -> None:
    client = sign_in(park.officer)
    wanted = {"act": "open", "rung": "hte", **ON, "firm": [firm.id for firm in others]}
    answer = client.post("/cases/bulk?q=批量", data=wanted)
    assert answer.status_code == 302
    for _again in range(2):
        tree = check_page(client.get(answer.location))
        assert "办成 3 家，没有办成 0 家" in text_of(tree)
    assert session.scalar(select(func.count()).select_from(Case)) == 3
    back = [link.get("href") for link in tree.iter("a") if text_of(link) == "批量办理"]
    assert back == ["/cases/bulk?q=%E6%89%B9%E9%87%8F"]
    assert sign_in(park.manager).get(answer.location).status_code == 404
    others[2].organisation = park.other_park
    session.commit()
    tree = check_page(sign_in(park.officer).get(answer.location))
    assert others[1].name in text_of(tree)
    assert others[2].name not in text_of(tree)


def test_what_blocked_a_firm_is_kept_with_where_to_mend_it(session, park, others, sign_in) -> None:
    service.open_case(others[0], Rung.HTE, actor=park.officer)
    session.commit()
    wanted = {"act": "cultivating", "rung": "hte", "on": clock.today().isoformat(), "firm": others[0].id}
    tree = check_page(sign_in(park.officer).post("/cases/bulk", data=wanted, follow_redirects=True))
    assert "没有办成 1 家" in text_of(tree)
    missing = [link.get("href") for cell in tree.iter("td") for item in cell.iter("li") for link in item.iter("a")]
    assert missing
    assert all(f"/firms/{others[0].id}" in href or href.startswith("/cases/") for href in missing)


def test_what_is_confirmed_is_what_was_previewed(session, park, others, sign_in) -> None:
    client = sign_in(park.officer)
    wanted = {"act": "open", "rung": "hte", **ON, "step": "preview"}
    tree = check_page(client.post("/cases/bulk?q=批量&all=1", data=wanted, follow_redirects=True))
    make_firm(session, park.park, "批量后来企业有限公司")
    session.commit()
    form = next(form for form in tree.iter("form") if "确认办理" in text_of(form))
    client.post(form.get("action"), data=hidden(tree))
    assert set(session.scalars(select(Case.firm_id))) == {firm.id for firm in others}


def test_old_answers_are_thrown_away(session, park, others, sign_in) -> None:
    old = runs.keep(park.officer, [], asked={}, done=True)
    old.at = clock.now() - runs.KEPT_FOR - timedelta(minutes=1)
    session.commit()
    runs.keep(park.officer, [], asked={"act": "open"}, done=True)
    session.expire_all()
    assert [run.asked for run in session.scalars(select(runs.BulkRun))] == [{"act": "open"}]
