"""The firm's filling-in: the list of tasks, what came back, facts, papers; and what the officer does with many rows."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
from flask import g

from crm.firms.figures.models import YearlyFigures
from crm.firms.figures.service import record_figures, verify_figures
from crm.firms.ip.models import IpRight
from crm.firms.ip.service import add_right
from crm.firms.models import FirmFact, State
from crm.firms.proposals import service as proposals
from crm.firms.proposals.models import Decision, Proposal, ProposalField, Target
from crm.firms.proposals.service import CHANGED_RIGHT, NEW_RIGHT, Verdict, Wanted
from crm.kernel import audit, clock
from crm.ladder import gate
from crm.ladder import service as ladder
from crm.ladder.models import ChecklistItem, Rung, Stage
from crm.ladder.next_rung import next_rung
from crm.policy import evaluate
from crm.portal.filling import Filling
from crm.portal.tasks import Task, TaskState
from tests.factories import Park
from tests.pages import check_page, text_of

TODAY = clock.today()
YEAR = TODAY.year - 1
PDF = b"%PDF-1.7 paper"


def task(app, park: Park, title: str) -> Task:
    with app.test_request_context():
        g._login_user = park.firm_user  # addresses differ by who reads
        groups = Filling(park.firm, next_rung(park.firm, TODAY), TODAY).groups()
        tasks = {str(each.title): each for group in groups for each in group.tasks}
    return tasks[title]


def refuse(session, park: Park, reason: str = "与审计报告不符") -> ProposalField:
    """The firm asks for its R&D expense; the officer sends it back."""
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    wanted = [Wanted(target=Target.FIGURES, target_key=str(YEAR), field="rd", new=Decimal(650_000))]
    proposal = proposals.propose(actor=park.firm_user, firm=park.firm, wanted=wanted, note=None, document=None)
    field = proposal.fields[0]
    proposals.decide(
        actor=park.officer, proposal=proposal, verdicts={field.id: Verdict(Decision.REFUSED, reason)}, verify=False
    )
    session.commit()
    return field


def test_a_year_goes_from_not_started_through_waiting_to_done(session, app, park: Park) -> None:
    title = f"{YEAR} 年数据"
    assert task(app, park, title).state is TaskState.NOT_STARTED
    coming = task(app, park, f"{YEAR + 1} 年数据")
    assert (coming.state, coming.hint is not None and "结束后填报" in coming.hint) == (TaskState.BLOCKED, True)
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    wanted = [
        Wanted(target=Target.FIGURES, target_key=str(YEAR), field=key, new=Decimal(1_000_000))
        for key in task(app, park, title).part.wanted
        if key not in ("employees", "st_staff", "rd_staff", "college_staff")
    ]
    proposals.propose(actor=park.firm_user, firm=park.firm, wanted=wanted[:1], note=None, document=None)
    assert task(app, park, title).state is TaskState.IN_PROGRESS
    values = dict.fromkeys(task(app, park, title).part.wanted, 10)
    session.query(Proposal).delete()
    record_figures(actor=park.officer, firm=park.firm, year=YEAR, values=values)
    session.commit()
    assert task(app, park, title).state is TaskState.DONE


def test_what_was_sent_back_is_a_task_and_its_form_opens_as_it_was_sent(session, app, sign_in, park: Park) -> None:
    refuse(session, park)
    found = task(app, park, f"{YEAR} 年数据")
    assert found.state is TaskState.CHANGES_REQUESTED
    firm = sign_in(park.firm_user)
    listed = text_of(check_page(firm.get("/own/tasks")))
    assert "需要修改" in listed
    assert "与审计报告不符" in listed
    form = check_page(firm.get(f"/own/figures/{YEAR}"))
    assert form.find(".//input[@name='rd']").get("value") == "65", "what was sent, not what the record says"
    assert "园区没有接受：与审计报告不符" in text_of(form)
    assert "与审计报告不符" in text_of(check_page(sign_in(park.officer).get(f"/firms/{park.firm.id}/filling")))


def test_sent_again_it_waits_and_let_stand_it_is_no_task(session, app, sign_in, park: Park) -> None:
    first = refuse(session, park)
    firm = sign_in(park.firm_user)
    firm.post(f"/own/figures/{YEAR}", data={"rd": "60"})
    assert task(app, park, f"{YEAR} 年数据").state is TaskState.IN_PROGRESS
    session.query(ProposalField).filter(ProposalField.id != first.id).delete()
    session.commit()
    assert task(app, park, f"{YEAR} 年数据").state is TaskState.CHANGES_REQUESTED
    assert "不再申请退回的" in firm.get(f"/own/proposals/{first.proposal_id}").text
    firm.post(f"/own/proposals/{first.proposal_id}/settle")
    assert task(app, park, f"{YEAR} 年数据").state is TaskState.NOT_STARTED
    assert "没有需要修改的内容" in firm.post(f"/own/proposals/{first.proposal_id}/settle", follow_redirects=True).text


def test_what_waits_is_not_asked_twice_and_another_value_takes_its_place(session, sign_in, park: Park) -> None:
    firm = sign_in(park.firm_user)
    firm.post(f"/own/figures/{YEAR}", data={"rd": "60"})
    assert "没有改动" in firm.post(f"/own/figures/{YEAR}", data={"rd": "60"}).text
    firm.post(f"/own/figures/{YEAR}", data={"rd": "61"})
    decisions = [(field.new, field.decision) for field in session.query(ProposalField).order_by(ProposalField.id)]
    assert decisions == [("600000", Decision.WITHDRAWN), ("610000", Decision.PENDING)]
    assert [proposal.open for proposal in session.query(Proposal).order_by(Proposal.id)] == [False, True]


def test_what_is_verified_is_not_asked_again(session, sign_in, park: Park) -> None:
    figures = record_figures(actor=park.officer, firm=park.firm, year=YEAR, values={"revenue": Decimal(1_000_000)})
    verify_figures(actor=park.officer, figures=figures, keys=["revenue"])
    session.commit()
    page = check_page(sign_in(park.firm_user).get(f"/own/figures/{YEAR}"))
    folded = next(each for each in page.iter("details") if "不用再填" in text_of(each))
    assert folded.find(".//input[@name='revenue']") is not None
    assert page.find(".//input[@name='rd']") not in list(folded.iter())


def test_what_was_sent_back_is_not_folded_away_although_verified(session, sign_in, park: Park) -> None:
    figures = record_figures(actor=park.officer, firm=park.firm, year=YEAR, values={"rd": Decimal(400_000)})
    verify_figures(actor=park.officer, figures=figures, keys=["rd"])
    refuse(session, park)
    page = check_page(sign_in(park.firm_user).get(f"/own/figures/{YEAR}"))
    folded = [control for each in page.iter("details") for control in each.iter("input")]
    assert page.find(".//input[@name='rd']") not in folded


def test_a_fact_is_asked_for_and_stands_when_accepted(session, sign_in, park: Park) -> None:
    firm = sign_in(park.firm_user)
    check_page(firm.get("/own/facts/market"))
    firm.post("/own/facts/market", data={"fact-market_share": "12.5", "as_of": TODAY.isoformat()})
    field = session.query(ProposalField).one()
    assert (field.target, field.field, field.new) == (Target.FACT, "market_share", "0.125")
    assert session.query(FirmFact).count() == 0
    officer = sign_in(park.officer)
    assert "12.5%" in text_of(check_page(officer.get(f"/proposals/{field.proposal_id}")))
    officer.post(f"/proposals/{field.proposal_id}", data={f"decision-{field.id}": "accepted", "verify": "y"})
    fact = session.query(FirmFact).one()
    assert (fact.value, fact.as_of, fact.state) == ("0.125", TODAY, State.VERIFIED)


@pytest.fixture
def case(session, park: Park):
    """A case that stands at 培育: what 达标 wants can be handed in, what 申报 wants not yet."""
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    opened = ladder.open_case(park.firm, Rung.HTE, actor=park.officer)
    opened.stage = Stage.CULTIVATING
    session.commit()
    return opened


def hand_in(client, case, key: str):
    return client.post(f"/own/cases/{case.id}", data={"key": key, "file": (io.BytesIO(PDF), "辅助账.pdf")})


def test_a_paper_that_is_accepted_stands_on_the_checklist(session, app, sign_in, park: Park, case) -> None:
    assert task(app, park, "高企达标材料").state is TaskState.NOT_STARTED
    later = task(app, park, "高企申报材料")
    assert (later.state, later.hint) == (TaskState.BLOCKED, "项目到“达标”阶段后才收")
    firm = sign_in(park.firm_user)
    check_page(firm.get(f"/own/cases/{case.id}"))
    hand_in(firm, case, "rd_ledger")
    field = session.query(ProposalField).one()
    assert session.query(ChecklistItem).count() == 0
    assert task(app, park, "高企达标材料").state is TaskState.IN_PROGRESS
    officer = sign_in(park.officer)
    assert "研究开发费用辅助账" in text_of(check_page(officer.get(f"/proposals/{field.proposal_id}")))
    officer.post(f"/proposals/{field.proposal_id}", data={f"decision-{field.id}": "accepted"})
    item = session.query(ChecklistItem).one()
    assert (item.key, item.document_id, item.done_by_id) == ("rd_ledger", field.document_id, park.officer.id)
    assert "辅助账.pdf" in text_of(check_page(firm.get(f"/own/cases/{case.id}")))


def test_what_is_not_wanted_now_is_not_taken(session, sign_in, park: Park, case) -> None:
    assert "现在不收这一项" in hand_in(sign_in(park.firm_user), case, "staff_list").text
    assert hand_in(sign_in(park.other_firm_user), case, "rd_ledger").status_code == 404
    assert session.query(ProposalField).count() == 0


def many_rights(session, park: Park) -> Proposal:
    audit.sign(session, park.firm_user.id, audit.Via.PAGE)
    numbers = ("201710601862.3", "202020000001.7", "2020SR0123456")
    wanted = [
        Wanted(target=Target.IP, field=NEW_RIGHT, new={"number": number, "kind": None, "title": f"第 {place} 件"})
        for place, number in enumerate(numbers, 1)
    ]
    proposal = proposals.propose(actor=park.firm_user, firm=park.firm, wanted=wanted, note=None, document=None)
    session.commit()
    return proposal


def test_many_rights_are_accepted_at_once_with_their_rows_shown(session, sign_in, park: Park) -> None:
    proposal = many_rights(session, park)
    officer = sign_in(park.officer)
    page = check_page(officer.get(f"/proposals/{proposal.id}"))
    assert [f"第 {place} 件" in text_of(page) for place in (1, 2, 3)] == [True] * 3
    officer.post(f"/proposals/{proposal.id}", data={"rest": "accepted"})
    assert session.query(IpRight).count() == 3
    assert not proposal.open


def test_the_firm_reads_its_many_rights_in_rows(session, sign_in, park: Park) -> None:
    proposal = many_rights(session, park)
    page = check_page(sign_in(park.firm_user).get(f"/own/proposals/{proposal.id}"))
    (table,) = page.iter("table")
    assert [text_of(row).split()[0] for row in table.find("tbody")] == [
        field.new["number"] for field in proposal.fields
    ]
    assert text_of(table).count("待处理") == 3


def test_a_refused_change_of_a_right_is_over_when_it_stands_so(session, app, park: Park) -> None:
    right = add_right(actor=park.officer, firm=park.firm, number="201710601862.3", title="一种装置")
    wanted = Wanted(target=Target.IP, target_key=right.number, field=CHANGED_RIGHT, new={"title": "一种夹具"})
    proposal = proposals.propose(actor=park.firm_user, firm=park.firm, wanted=[wanted], note=None, document=None)
    verdicts = {proposal.fields[0].id: Verdict(Decision.REFUSED, "与证书不符")}
    proposals.decide(actor=park.officer, proposal=proposal, verdicts=verdicts)
    session.commit()
    assert task(app, park, "知识产权").state is TaskState.CHANGES_REQUESTED
    right.title = "一种夹具"
    session.commit()
    assert task(app, park, "知识产权").state is TaskState.DONE


def test_the_next_rung_is_judged_once_for_the_list_of_tasks(sign_in, park: Park, monkeypatch) -> None:
    judged = []
    monkeypatch.setattr(gate, "evaluate", lambda *given: judged.append(given) or evaluate(*given))
    for path in ("/own", "/own/tasks", f"/own/figures/{YEAR}"):
        judged.clear()
        assert sign_in(park.firm_user).get(path).status_code == 200
        assert len(judged) == 1, path


def test_the_rest_is_accepted_and_the_refused_one_is_not(session, sign_in, park: Park) -> None:
    proposal = many_rights(session, park)
    bad = proposal.fields[1].id
    officer = sign_in(park.officer)
    answer = officer.post(f"/proposals/{proposal.id}", data={"rest": "accepted", f"decision-{bad}": "refused"})
    assert "请写明不接受的理由" in answer.text
    assert session.query(IpRight).count() == 0, "all of it or nothing"
    officer.post(
        f"/proposals/{proposal.id}",
        data={"rest": "accepted", f"decision-{bad}": "refused", f"reason-{bad}": "没有证书"},
    )
    assert sorted(right.title for right in session.query(IpRight)) == ["第 1 件", "第 3 件"]


def test_the_firm_uploads_documents_to_its_own_record(session, sign_in, park: Park) -> None:
    firm = sign_in(park.firm_user)
    firm.post("/own/documents", data={"files": [(io.BytesIO(PDF), "审计报告.pdf")]})
    assert "审计报告.pdf" in text_of(check_page(firm.get("/own/documents")))
    assert "审计报告.pdf" in sign_in(park.officer).get(f"/firms/{park.firm.id}/profile").text
    assert "审计报告.pdf" not in sign_in(park.other_firm_user).get("/own/documents").text


def test_the_figures_of_another_year_are_left_alone(session, sign_in, park: Park) -> None:
    sign_in(park.firm_user).post(f"/own/figures/{YEAR}", data={"rd": "60"})
    assert session.query(YearlyFigures).count() == 0


def test_a_year_before_the_firm_was_founded_is_refused_in_the_form_too(session, park: Park, sign_in) -> None:
    park.firm.registered_on = date(YEAR, 5, 6)
    session.commit()
    answer = sign_in(park.firm_user).post(f"/own/figures/{YEAR - 1}", data={"rd": "60"})
    assert f"{YEAR - 1} 年企业还没有成立（{YEAR}年5月6日成立）" in answer.text
    assert session.query(Proposal).count() == 0
