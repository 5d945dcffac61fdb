"""A firm at a glance and its timeline."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from crm.firms.figures.models import YearlyFigures
from crm.firms.models import Contact
from crm.firms.proposals.models import Decision, Proposal, ProposalField
from crm.kernel import audit
from crm.ladder.models import (
    Case,
    CaseEvent,
    CaseStatus,
    Credential,
    CredentialEvent,
    CredentialEventKind,
    Rung,
    Stage,
)
from crm.visits.models import Task, TaskState, Visit
from tests.integration.desk.helpers import full_firm
from tests.pages import check_page
from tests.queries import count_queries


@pytest.mark.parametrize("day", ["9999-12-31", "9999-12-30", "0001-01-01", "gestern", "2026-02-30", ""])
def test_a_day_that_cannot_be_is_no_error(session, park, sign_in, day) -> None:
    full_firm(session, park)
    answer = sign_in(park.officer).get(f"/firms/{park.firm.id}?before={day}")
    check_page(answer)
    assert answer.status_code == 200
    assert "9999年" not in answer.text


def test_a_new_firms_page_says_what_to_do_first(park, sign_in) -> None:
    answer = sign_in(park.officer).get(f"/firms/{park.firm.id}")
    check_page(answer)
    for shown in ("记一次走访", "安排任务", "还没有登记联系人", "没有答应了还没办的事", "未知"):
        assert shown in answer.text


def test_the_page_shows_what_is_known(session, park, sign_in) -> None:
    full_firm(session, park)
    answer = sign_in(park.officer).get(f"/firms/{park.firm.id}")
    check_page(answer)
    for shown in (
        "1,200",
        "万元",
        "2025 年",
        "5%",
        "已核实",
        'href="tel:0737-4000000"',
        "送政策汇编",
        "缺流动资金",
        "谈了扩产",
    ):
        assert shown in answer.text
    assert 'Ⅰ类（有效）</dt><dd class="num">1 件' in answer.text
    assert 'Ⅱ类（有效）</dt><dd class="num">2 件' in answer.text


def test_an_unknown_figure_is_not_a_zero_and_an_older_one_keeps_its_year(session, park, sign_in) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    session.add(YearlyFigures(firm=park.firm, year=2024, revenue=Decimal(0), employees=12))
    session.add(YearlyFigures(firm=park.firm, year=2025, employees=15))
    session.commit()
    page = sign_in(park.officer).get(f"/firms/{park.firm.id}").text
    figures = page[page.index("最近数据") : page.index("离目标还差什么")]
    assert '0<span class="figure__unit">万元' in figures
    assert "2024 年" in figures
    assert figures.count("未知") == 3  # R&D, its share, R&D staff


def test_the_next_rung_says_what_is_missing(session, park, sign_in) -> None:
    client = sign_in(park.officer)
    answer = client.get(f"/firms/{park.firm.id}/next")
    assert answer.status_code == 200
    assert f"/firms/{park.firm.id}/ladder" in answer.text
    assert "缺数据" in answer.text


def test_another_officer_of_the_park_reads_it_and_an_outsider_does_not(session, park, sign_in) -> None:
    assert sign_in(park.manager).get(f"/firms/{park.firm.id}").status_code == 200
    for address in (f"/firms/{park.firm.id}", f"/firms/{park.firm.id}/next"):
        assert sign_in(park.other_officer).get(address).status_code == 404
        assert sign_in(park.firm_user).get(address).status_code == 403


def test_the_page_asks_little_and_no_more_for_a_long_history(session, park, sign_in) -> None:
    full_firm(session, park)
    client, address = sign_in(park.manager), f"/firms/{park.firm.id}"
    with count_queries(session) as few:
        client.get(address)
    for number in range(25):
        full_firm(session, park, number)
    with count_queries(session) as many:
        client.get(address)
    assert len(many) <= len(few) <= 20, "\n\n".join(many)


def test_the_timeline_tells_every_kind_of_event_newest_first(session, park, sign_in) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    case = Case(firm=park.firm, rung=Rung.HTE, opened_on=date(2026, 2, 1), stage_since=date(2026, 2, 1))
    case.events.append(
        CaseEvent(
            on=date(2026, 2, 1),
            actor_id=park.officer.id,
            to_stage=Stage.POOL,
            to_status=CaseStatus.OPEN,
            reason="区里推荐",
        )
    )
    title = Credential(firm=park.firm, rung=Rung.TECH_SME, number="KX0001", valid_from=date(2026, 1, 1))
    title.events.append(
        CredentialEvent(kind=CredentialEventKind.GRANTED, on=date(2026, 1, 1), actor_id=park.officer.id)
    )
    proposal = Proposal(firm=park.firm, submitted_by_id=park.firm_user.id, open=False)
    for decision in (Decision.ACCEPTED, Decision.ACCEPTED, Decision.REFUSED):
        proposal.fields.append(
            ProposalField(
                target="firm",
                field="address",
                decision=decision,
                decided_by_id=park.manager.id,
                decided_at=datetime(2026, 4, 1, 4, tzinfo=UTC),
            )
        )
    task = Task(
        firm=park.firm,
        title="送材料",
        due_on=date(2026, 3, 10),
        assignee=park.officer,
        state=TaskState.DONE,
        ended_at=datetime(2026, 3, 9, 4, tzinfo=UTC),
        ended_by_id=park.manager.id,
        outcome="当面交给财务",
    )
    visit = Visit(
        firm=park.firm, officer=park.officer, on=date(2026, 3, 5), topics=["rd"], said="谈了研发。", met="王总工"
    )
    session.add_all([case, title, proposal, task, visit])
    park.firm.telephone = "0737-4111111"
    session.commit()
    page = sign_in(park.officer).get(f"/firms/{park.firm.id}").text
    page = page[page.index('id="timeline"') :]
    told = [
        "更新了企业资料",
        "修改：电话",
        "采纳 2 项，退回 1 项",
        "办结：送材料",
        "当面交给财务",
        "走访：研发投入",
        "见了：王总工",
        "区里推荐",
        "编号 KX0001",
    ]
    assert [page.index(words) for words in told] == sorted(page.index(words) for words in told)
    assert "经理甲" in page  # who settled the task, not whose it was


def test_changes_of_one_person_on_one_day_are_one_entry(session, park, sign_in) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    park.firm.telephone = "0737-4111111"
    session.flush()
    park.firm.website = "https://example.test"
    session.add(Contact(firm=park.firm, name="王总工"))
    session.commit()
    audit.sign(session, park.officer.id, audit.Via.IMPORT)
    session.add(YearlyFigures(firm=park.firm, year=2025))
    session.commit()
    page = sign_in(park.officer).get(f"/firms/{park.firm.id}").text
    assert "修改：网站、电话" in page
    assert "新增：联系人 1 条" in page
    assert "从表格导入了资料" in page
    assert "新增：年度数据 1 条" in page


def test_the_timeline_is_paged_by_day_and_loses_nothing(session, park, sign_in) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    for number in range(50):
        session.add(
            Visit(
                firm=park.firm,
                officer=park.officer,
                on=date(2026, 1, 1) + timedelta(days=number // 2),
                said=f"〔{number}〕",
            )
        )
    session.commit()
    client = sign_in(park.officer)
    address, seen = f"/firms/{park.firm.id}", []
    for _page in range(20):
        answer = client.get(address)
        tree = check_page(answer)
        seen += [number for number in range(50) if f"〔{number}〕" in answer.text]
        older = [link.get("href") for link in tree.iter("a") if link.get("rel") == "next"]
        if not older:
            break
        address = older[0]
    assert sorted(seen) == list(range(50))


def test_a_day_that_is_fuller_than_a_page_does_not_hold_up_what_is_older(session, park, sign_in) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    for _number in range(40):
        session.add(Visit(firm=park.firm, officer=park.officer, on=date(2026, 2, 2), said="同一天"))
    session.add(Visit(firm=park.firm, officer=park.officer, on=date(2026, 2, 1), said="前一天"))
    session.commit()
    client = sign_in(park.officer)
    assert f"/firms/{park.firm.id}?before=2026-02-01" in client.get(f"/firms/{park.firm.id}?before=2026-02-02").text
    assert "前一天" in client.get(f"/firms/{park.firm.id}?before=2026-02-01").text
