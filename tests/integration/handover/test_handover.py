"""Hand-over: one verb moves the firm and what is under way; every other row of the database stays as it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask_login import login_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.permissions import Role
from crm.firms.models import Firm
from crm.handover.models import Handover
from crm.handover.service import hand_over
from crm.kernel import clock
from crm.kernel.db import Base
from crm.kernel.errors import DomainError, NotAllowedError
from crm.ladder import service as ladder
from crm.ladder.models import Case, Rung, Stage
from crm.notices.models import Notice, NoticeKind
from crm.visits import service as visits
from crm.visits.models import PlannedState, PlannedVisit, Task
from crm.visits.tasks import Promised, end_task
from tests.factories import Park, make_firm, make_user
from tests.pages import check_page, text_of
from tests.pdf import pages_of
from tests.queries import count_queries

TODAY = clock.today()
TOLD = select(Notice.user_id, Notice.path).where(Notice.kind == NoticeKind.FIRMS_HANDED_OVER)
NEW = {"change", "handover", "notice", "delivery", "user_session"}  # rows that a hand-over adds


@pytest.fixture(autouse=True)
def asked(app: Flask, park: Park) -> Iterator[None]:
    """What is missing is told to whoever asks: a sheet is made in somebody's request."""
    with app.test_request_context():
        login_user(park.manager)
        yield


@pytest.fixture
def colleague(session, park: Park):
    return make_user(session, Role.OFFICER, "专员丙", organisation_id=park.park.id)


@pytest.fixture
def firm(session, park: Park) -> Firm:
    """The officer's firm with a history: visits, a need, promises of two people, cases, a title, plans."""
    firm, officer = park.firm, park.officer
    visits.log_visit(
        officer,
        firm,
        visits.Account(on=TODAY - timedelta(days=30), said="看了新车间，研发投入没有单独记账。"),
        needs=[visits.Asked(kind="finance", text="想要一笔流动资金")],
        tasks=[
            Promised(title="送研发费用辅助账模板", due_on=TODAY + timedelta(days=3), assignee_id=officer.id),
            Promised(title="约科技局解读政策", due_on=TODAY + timedelta(days=9), assignee_id=park.manager.id),
            Promised(title="已经办了的事", due_on=TODAY, assignee_id=officer.id),
        ],
    )
    done = session.scalars(select(Task).where(Task.title == "已经办了的事")).one()
    end_task(officer, done, state="done", outcome="办了")
    case = ladder.open_case(firm, Rung.HTE, actor=officer, on=TODAY - timedelta(days=100))
    reason = "清单由区里统一补齐，先行移入培育。"
    ladder.move_case(case, Stage.CULTIVATING, actor=park.manager, on=TODAY - timedelta(days=40), override_reason=reason)
    ended = ladder.open_case(firm, Rung.SRDI, actor=officer, on=TODAY - timedelta(days=90))
    ladder.drop_case(ended, "企业暂时不想做了，明年再说。", actor=officer, on=TODAY - timedelta(days=80))
    ladder.grant_credential(
        firm,
        Rung.TECH_SME,
        number="2026430900A8000001",
        valid_from=TODAY - timedelta(days=30),
        valid_to=TODAY + timedelta(days=300),
        actor=officer,
    )
    for who, state in (
        (officer, PlannedState.PLANNED),
        (officer, PlannedState.CALLED_OFF),
        (park.manager, PlannedState.PLANNED),
    ):
        plan = PlannedVisit(firm=firm, officer=who, on=TODAY + timedelta(days=5), purpose="看研发台账", state=state)
        session.add(plan)
    session.commit()
    return firm


def rows(session: Session) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, apart from those a hand-over adds and the counts of versions."""
    session.flush()
    return {
        name: sorted(
            (
                {key: value for key, value in row.items() if key != "version"}
                for row in session.execute(select(table)).mappings()
            ),
            key=lambda row: repr(next(iter(row.values()))),
        )
        for name, table in Base.metadata.tables.items()
        if name not in NEW
    }


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[tuple[str, str, Any, Any]]:
    """Which columns of which rows differ: (table, column, before, after)."""
    found = set()
    for name in before:
        old = {row.get("id", repr(row)): row for row in before[name]}
        new = {row.get("id", repr(row)): row for row in after[name]}
        assert old.keys() == new.keys(), f"rows of {name} came or went"
        for key, row in old.items():
            found |= {(name, c, row[c], new[key][c]) for c in row if row[c] != new[key][c]}
    return found


def test_what_is_under_way_moves_and_nothing_else_changes(session, park: Park, firm, colleague) -> None:
    before = rows(session)
    handover = hand_over(actor=park.manager, giver=park.officer, taker=colleague, firms=[firm], note="  调岗 ")
    giver, taker = park.officer.id, colleague.id
    assert changed(before, rows(session)) == {
        ("firm", "officer_id", giver, taker),
        ("cultivation_case", "officer_id", giver, taker),
        ("task", "assignee_id", giver, taker),
        ("planned_visit", "officer_id", giver, taker),
    }
    case = session.scalars(select(Case).where(Case.rung == Rung.HTE)).one()
    assert (case.stage, case.stage_since, case.officer) == (Stage.CULTIVATING, TODAY - timedelta(days=40), colleague)
    assert session.scalars(select(Case.officer_id).where(Case.rung == Rung.SRDI)).one() == giver
    whose = dict(session.execute(select(Task.title, Task.assignee_id)).all())
    assert whose == {"送研发费用辅助账模板": taker, "约科技局解读政策": park.manager.id, "已经办了的事": giver}
    assert (handover.note, handover.organisation_id) == ("调岗", park.park.id)


def test_both_are_told_once_and_the_one_who_did_it_is_not(session, park: Park, firm, colleague, sign_in) -> None:
    sign_in(park.manager).post(
        f"/handovers/new?from={park.officer.id}&to={colleague.id}", data={"firm": [firm.id], "note": ""}
    )
    told = session.execute(TOLD).all()
    (handover,) = session.scalars(select(Handover))
    assert sorted(told) == sorted((person.id, f"/handovers/{handover.id}") for person in (park.officer, colleague))
    assert f"经理甲把 1 家企业移交给{colleague.name}" in sign_in(colleague).get("/notices").text


def test_the_page_shows_what_will_go_before_it_goes(session, park: Park, firm, colleague, sign_in) -> None:
    other = make_firm(session, park.park, "长春第二企业有限公司", officer_id=park.officer.id)
    session.commit()
    client = sign_in(park.manager)
    asked = text_of(check_page(client.get("/handovers/new")))
    assert "专员甲：2 家" in asked
    address = f"/handovers/new?from={park.officer.id}&to={colleague.id}"
    page = text_of(check_page(client.get(address)))
    for shown in ("2家 企业", "1 进行中的培育项目", "1 未办的任务", "1 计划的走访", firm.name, other.name):
        assert shown in page
    answer = client.post(address, data={"firm": [firm.id], "note": "只交一家"})
    assert answer.status_code == 302
    session.refresh(firm)
    session.refresh(other)
    assert (firm.officer_id, other.officer_id) == (colleague.id, park.officer.id)


def test_the_sheet_stays_as_it_stood_on_the_page_and_in_the_pdf(session, park: Park, firm, colleague, sign_in) -> None:
    handover = hand_over(actor=park.manager, giver=park.officer, taker=colleague, firms=[firm], note="调岗")
    session.commit()
    # What happens later does not change it.
    end_task(colleague, session.scalars(select(Task).where(Task.title == "送研发费用辅助账模板")).one(), state="done")
    firm.name = "改名以后有限公司"
    session.commit()
    client = sign_in(colleague)
    page = text_of(check_page(client.get(f"/handovers/{handover.id}")))
    answer = client.get(f"/handovers/{handover.id}/report")
    assert answer.mimetype == "application/pdf"
    pdf = "".join(pages_of(answer.data)).replace("\n", "")
    for shown in (
        "益阳云梯精密机械有限公司",
        "高新技术企业",
        "培育",
        "送研发费用辅助账模板",
        "约科技局解读政策",
        "仍由经理甲办理",
        "想要一笔流动资金",
        "看了新车间",
        "看研发台账",
        "调岗",
        "专员甲",
        "专员丙",
    ):
        assert shown in page, shown
        assert shown in pdf, shown
    assert "已经办了的事" not in page
    assert "离下一级还缺" in page


def test_firms_without_an_officer_get_one(session, park: Park, colleague, sign_in) -> None:
    firm = make_firm(session, park.park, "没有专员有限公司")
    case = ladder.open_case(firm, Rung.HTE, actor=park.officer)
    session.commit()
    client = sign_in(park.manager)
    assert "没有专员的企业：1 家" in text_of(check_page(client.get("/handovers/new")))
    client.post(f"/handovers/new?from=none&to={colleague.id}", data={"firm": [firm.id]})
    session.refresh(firm)
    session.refresh(case)
    assert (firm.officer_id, case.officer_id) == (colleague.id, colleague.id)
    assert "（原无专员）" in text_of(check_page(client.get("/handovers")))


def test_officers_hand_over_their_own_only(session, park: Park, firm, colleague, sign_in) -> None:
    theirs = make_firm(session, park.park, "同事的企业有限公司", officer_id=colleague.id)
    session.commit()
    client = sign_in(park.officer)
    page = text_of(check_page(client.get("/handovers/new")))
    assert "专员甲：1 家" in page
    assert "同事的企业" not in page
    client.post(f"/handovers/new?from={colleague.id}&to={park.officer.id}", data={"firm": [theirs.id]})
    session.refresh(theirs)
    assert theirs.officer_id == colleague.id
    with pytest.raises(NotAllowedError, match="只能移交自己负责的企业"):
        hand_over(actor=park.officer, giver=colleague, taker=park.officer, firms=[theirs])
    with pytest.raises(NotAllowedError):
        hand_over(actor=park.officer, giver=None, taker=park.officer, firms=[theirs])
    assert hand_over(actor=park.officer, giver=park.officer, taker=colleague, firms=[firm]).taker is colleague


def test_who_has_nobody_to_hand_over_to_is_told_whom_to_ask(session, park: Park, sign_in) -> None:
    said = "没有可接手的人"
    client = sign_in(park.officer)
    assert said in text_of(check_page(client.get("/handovers/new")))
    make_user(session, Role.OFFICER, "专员丙", organisation_id=park.park.id)
    session.commit()
    assert said not in text_of(check_page(client.get("/handovers/new")))


def test_what_cannot_be_done_changes_nothing_and_says_why(session, park: Park, firm, colleague, sign_in) -> None:
    wide = make_user(session, Role.OFFICER, "区专员", organisation_id=park.county.id)
    gone = make_user(session, Role.OFFICER, "离岗专员", organisation_id=park.park.id, disabled=True)
    session.commit()
    before = rows(session)
    for values, said in (
        ({"taker": park.officer}, "不能是同一个人"),
        ({"taker": park.other_officer}, "不管辖“益阳云梯精密机械有限公司”"),
        ({"taker": gone}, "不能接手"),
        ({"firms": []}, "请至少勾选一家企业"),
        ({"note": "长" * 2001}, "最多 2000 字"),
        ({"giver": wide}, "负责专员已经变了"),
    ):
        given = {"giver": park.officer, "taker": colleague, "firms": [firm], **values}
        with pytest.raises(DomainError, match=said):
            hand_over(actor=park.manager, **given)
    assert changed(before, rows(session)) == set()
    client = sign_in(park.manager)
    answer = client.post(f"/handovers/new?from={park.officer.id}&to={colleague.id}", data={})
    assert answer.status_code == 422
    assert "请至少勾选一家企业" in text_of(check_page(answer))
    answer = client.post(f"/handovers/new?from={park.officer.id}", data={"firm": [firm.id]})
    assert "请选择由谁接手" in text_of(check_page(answer))


def test_firms_outside_the_takers_scope_are_marked_and_stay(session, park: Park, firm, colleague, sign_in) -> None:
    wide = make_user(session, Role.OFFICER, "市专员", organisation_id=park.city.id)
    near = make_firm(session, park.park, "近处企业有限公司", officer_id=wide.id)
    far = make_firm(session, park.other_park, "远处企业有限公司", officer_id=wide.id)
    session.commit()
    client = sign_in(park.administrator)
    address = f"/handovers/new?from={wide.id}&to={colleague.id}"
    tree = check_page(client.get(address))
    assert "专员丙不管辖其中 1 家" in text_of(tree)
    boxes = {box.get("value"): box for box in tree.iter("input") if box.get("name") == "firm"}
    assert boxes[str(far.id)].get("disabled") is not None
    assert boxes[str(near.id)].get("checked") is not None
    client.post(address, data={"firm": [near.id]})
    session.refresh(near)
    session.refresh(far)
    assert (near.officer_id, far.officer_id) == (colleague.id, wide.id)


def test_scope_of_the_sheets(session, park: Park, firm, colleague, sign_in) -> None:
    handover = hand_over(actor=park.manager, giver=park.officer, taker=colleague, firms=[firm])
    session.commit()
    for person, status in ((park.manager, 200), (park.officer, 200), (colleague, 200), (park.other_officer, 404)):
        client = sign_in(person)
        assert client.get(f"/handovers/{handover.id}").status_code == status
        assert client.get(f"/handovers/{handover.id}/report").status_code == status
        listed = len(check_page(client.get("/handovers")).findall(".//tbody/tr"))
        assert listed == (1 if status == 200 else 0)
    assert sign_in(park.firm_user).get("/handovers").status_code == 403


def test_whoever_closes_an_account_is_offered_the_handover(session, park: Park, firm, sign_in) -> None:
    client = sign_in(park.administrator)
    answer = client.post(f"/users/{park.officer.id}/disable", follow_redirects=True)
    page = check_page(answer)
    assert "1 家企业由此人负责" in text_of(page)
    (link,) = [each.get("href") for each in page.iter("a") if "handovers/new" in each.get("href", "")]
    assert "专员甲（已停用）：1 家" in text_of(check_page(client.get(link)))
    # Their firms can still be handed over, and nothing of it is told to a closed account.
    taker = make_user(session, Role.OFFICER, "专员丙", organisation_id=park.park.id)
    session.commit()
    client.post(f"/handovers/new?from={park.officer.id}&to={taker.id}", data={"firm": [firm.id]})
    assert list(session.scalars(TOLD)) == [taker.id]
    assert "家企业由此人负责" not in client.get(f"/users/{park.officer.id}").text


def test_pages_cost_the_same_however_many_firms_there_are(session, park: Park, colleague, sign_in) -> None:
    client = sign_in(park.manager)
    address = f"/handovers/new?from={park.officer.id}&to={colleague.id}"
    client.get(address)
    hand_over(actor=park.manager, giver=park.officer, taker=colleague, firms=[park.firm])
    park.firm.officer = park.officer
    session.commit()
    with count_queries(session) as few:
        client.get(address)
    with count_queries(session) as few_listed:
        client.get("/handovers")
    more = [make_firm(session, park.park, f"企业{n}有限公司", officer_id=park.officer.id) for n in range(12)]
    for each in more[:6]:
        ladder.open_case(each, Rung.HTE, actor=park.officer)
        hand_over(actor=park.manager, giver=park.officer, taker=colleague, firms=[each])
    session.commit()
    with count_queries(session) as many:
        client.get(address)
    with count_queries(session) as many_listed:
        client.get("/handovers")
    assert len(many) == len(few) <= 20
    assert len(many_listed) == len(few_listed) <= 10
