"""The steps to a listing: recorded with their day in order, kept by the gate, counted by board."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crm.kernel.errors import DomainError
from crm.ladder import gate, service
from crm.ladder.checklists import steps_of
from crm.ladder.models import Case, Rung, Stage
from tests.factories import Park
from tests.pages import check_page, text_of
from tests.queries import count_queries

TODAY = date(2026, 6, 15)


@pytest.fixture
def case(session, park: Park) -> Case:
    return service.open_case(park.firm, Rung.LISTED_STAR, actor=park.officer, on=TODAY - timedelta(days=400))


def keys(rung: Rung) -> list[str]:
    return [step.key for step in steps_of(rung)]


def test_each_board_has_its_own_steps_and_other_rungs_have_none() -> None:
    assert keys(Rung.LISTED_STAR) == [
        "share_reformed", "regional_board", "neeq_quoted", "tutoring_filed", "tutoring_accepted",
        "filed", "inquiry", "committee", "registered",
    ]  # fmt: skip
    assert "tutoring_filed" not in keys(Rung.LISTED_NEEQ) and keys(Rung.LISTED_NEEQ)[-1] == "approved"
    assert keys(Rung.HTE) == []
    # The NEEQ is a step every firm takes on its way to Beijing, and one that some take on the way elsewhere.
    of = {
        board: next(s for s in steps_of(board) if s.key == "neeq_quoted")
        for board in (Rung.LISTED_BSE, Rung.LISTED_STAR)
    }
    assert (of[Rung.LISTED_BSE].optional, of[Rung.LISTED_STAR].optional) == (False, True)


def test_the_gate_asks_for_the_steps_of_a_move_but_not_for_those_a_firm_may_skip(park: Park, case: Case) -> None:
    asked = {item.key: item.state for item in gate.items(case, Stage.APPLIED, TODAY) if item.kind == "step"}
    assert asked == {"tutoring_filed": "not_met", "tutoring_accepted": "not_met"}
    service.reach_step(case, "share_reformed", TODAY, actor=park.officer)
    service.reach_step(case, "tutoring_filed", TODAY, actor=park.officer)
    asked = {item.key: item.state for item in gate.items(case, Stage.APPLIED, TODAY) if item.kind == "step"}
    assert asked["tutoring_filed"] == "met"


def test_a_step_is_not_before_the_one_that_precedes_it_nor_after_the_next_nor_tomorrow(park: Park, case: Case) -> None:
    with pytest.raises(DomainError, match="请先记录“股份制改造”"):
        service.reach_step(case, "registered", date(2025, 3, 1), actor=park.officer)
    service.reach_step(case, "share_reformed", date(2025, 3, 1), actor=park.officer)
    with pytest.raises(DomainError, match="不能早于“股份制改造”"):
        service.reach_step(case, "tutoring_filed", date(2025, 2, 28), actor=park.officer)
    service.reach_step(case, "tutoring_filed", date(2025, 3, 1), actor=park.officer)
    with pytest.raises(DomainError, match="不能晚于“辅导备案”"):
        service.reach_step(case, "neeq_quoted", date(2025, 3, 2), actor=park.officer)
    with pytest.raises(DomainError):
        service.reach_step(case, "tutoring_accepted", TODAY + timedelta(days=1), actor=park.officer)
    with pytest.raises(DomainError, match="清单里没有这一项"):
        service.reach_step(case, "recommendation", TODAY, actor=park.officer)


def test_an_officer_records_and_takes_back_a_step_on_the_page(park: Park, case: Case, sign_in) -> None:
    client = sign_in(park.officer)
    page = f"/cases/{case.id}"
    assert "已走到第 0 步，共 9 步" in text_of(check_page(client.get(page)))
    early = {"item-act": "reach", "item-key": "tutoring_filed", "item-on": "2025-06-18"}
    said = text_of(check_page(client.post(f"{page}/checklist", data=early)))
    assert "请先记录“股份制改造”" in said and "Key" not in said  # a hidden field has no name for a reader
    form = {"item-act": "reach", "item-key": "share_reformed", "item-on": "2025-06-18"}
    assert client.post(f"{page}/checklist", data=form).location.endswith("#steps")
    said = text_of(check_page(client.get(page)))
    assert "已走到第 1 步" in said and "2025年6月18日" in said
    refused = client.post(f"{page}/checklist", data={**form, "item-key": "tutoring_filed", "item-on": "2025-06-17"})
    assert refused.status_code == 422 and "不能早于“股份制改造”" in refused.text
    client.post(f"{page}/checklist", data={"item-act": "withdraw", "item-key": "share_reformed"})
    assert "已走到第 0 步" in text_of(check_page(client.get(page)))
    assert "上市步骤" not in client.get(f"/firms/{park.firm.id}").text


def test_the_page_counts_each_board_and_its_numbers_open_the_firms(session, park: Park, case: Case, sign_in) -> None:
    service.reach_step(case, "share_reformed", date(2025, 6, 18), actor=park.officer)
    client = sign_in(park.officer)
    page = check_page(client.get("/listing"))
    assert "在办 1 家" in text_of(page)
    assert "/firms?listing=listed_star.share_reformed" in client.get("/listing").text
    found = text_of(check_page(client.get("/firms?listing=listed_star.share_reformed")))
    assert park.firm.name in found and "科创板已到“股份制改造”" in found
    assert park.firm.name not in text_of(check_page(client.get("/firms?listing=listed_star.registered")))
    assert "在办 1 家" not in text_of(check_page(sign_in(park.other_officer).get("/listing")))
    with count_queries(session) as asked:
        client.get("/listing")
    assert len(asked) <= 8, asked
