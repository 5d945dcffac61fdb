"""A firm's own registers: it asks, its officer decides, the record and what reads it follow."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from sqlalchemy import select

from crm.firms.models import Document, State
from crm.firms.proposals import service as proposals
from crm.firms.proposals.models import Decision, Proposal, ProposalField
from crm.firms.proposals.service import Verdict
from crm.kernel import audit
from crm.kernel.errors import DomainError
from crm.registers import service as registers
from crm.registers.models import Register, RegisterEntry
from tests.factories import Park
from tests.pages import check_page, text_of

CONTRACT = {
    "name": "数控机床测温技术转让",
    "role": "provider",
    "number": "2026430900000001",
    "amount": "120",
    "on": "2026-03-02",
}


def only(session, model):
    return session.scalars(select(model).order_by(model.id.desc())).first()


def fields(session) -> list[ProposalField]:
    return list(session.scalars(select(ProposalField).order_by(ProposalField.id)))


def decide(session, park: Park, proposal: Proposal, verdict: Verdict) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    verdicts = {field.id: verdict for field in proposal.fields}
    proposals.decide(actor=park.officer, proposal=proposal, verdicts=verdicts)
    session.commit()


def test_a_contract_that_a_firm_enters_stands_once_its_officer_accepts_it(session, park: Park, sign_in) -> None:
    firm, officer = sign_in(park.firm_user), sign_in(park.officer)
    check_page(firm.get("/own/registers"))
    answer = firm.post("/own/registers/contract/new", data=CONTRACT, follow_redirects=True)
    assert "等园区核对" in answer.text and "技术合同：数控机床测温技术转让" in answer.text
    assert only(session, RegisterEntry) is None
    proposal = only(session, Proposal)

    shown = text_of(check_page(officer.get(f"/proposals/{proposal.id}")).find(".//main"))
    assert "申请新增" in shown and "技术交易额 120 万元" in shown and "原来" not in shown
    decide(session, park, proposal, Verdict(Decision.ACCEPTED))
    entry = only(session, RegisterEntry)
    assert (entry.register, entry.amount, entry.role, entry.state) == (
        Register.CONTRACT,
        Decimal(1_200_000),
        "provider",
        State.DECLARED,
    )
    assert "等园区核对" not in firm.get("/own/registers").text
    again = firm.post("/own/registers/contract/new", data={**CONTRACT, "role": "receiver"})  # nor on the other side
    assert "这个编号的合同已登记" in again.text


def test_what_was_sent_back_opens_as_it_was_and_goes_again(session, park: Park, sign_in) -> None:
    firm = sign_in(park.firm_user)
    firm.post("/own/registers/product/new", data={"name": "测温模块", "niche": "机床测温", "share": "30"})
    proposal = only(session, Proposal)
    decide(session, park, proposal, Verdict(Decision.REFUSED, "占有率要有证明"))
    page = text_of(check_page(firm.get("/own/registers")))
    assert "需要修改" in page and "占有率要有证明" in page
    form = firm.get(f"/own/registers/product/new?again={proposal.fields[0].id}").text
    assert 'value="测温模块"' in form and 'value="30"' in form
    firm.post("/own/registers/product/new", data={"name": "测温模块", "niche": "机床测温", "share": "25"})
    page = firm.get("/own/registers").text
    assert "需要修改" not in page and "等园区核对" in page


def test_an_entry_is_changed_only_where_the_firm_asks_and_not_when_it_is_gone(session, park: Park, sign_in) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    product = registers.add_entry(
        actor=park.officer, firm=park.firm, register=Register.PRODUCT, name="测温模块", share=Decimal("0.3"), note="旧"
    )
    session.commit()
    firm, officer = sign_in(park.firm_user), sign_in(park.officer)
    check_page(firm.get(f"/own/register-entries/{product.id}/edit"))
    same = {"name": "测温模块", "note": "旧", "version": str(product.version)}
    firm.post(f"/own/register-entries/{product.id}/edit", data={**same, "share": "35"})
    proposal = only(session, Proposal)
    assert proposal.fields[0].new == {"share": "0.35"}
    assert "市场占有率 30%" in officer.get(f"/proposals/{proposal.id}").text
    decide(session, park, proposal, Verdict(Decision.ACCEPTED))
    assert (product.share, product.name, product.note) == (Decimal("0.35"), "测温模块", "旧")

    firm.post(f"/own/register-entries/{product.id}/edit", data={**same, "share": "40", "version": str(product.version)})
    proposal = only(session, Proposal)
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    registers.remove_entry(actor=park.officer, entry=product)
    session.commit()
    with pytest.raises(DomainError, match="已不在登记册里"):
        decide(session, park, proposal, Verdict(Decision.ACCEPTED))


@pytest.fixture
def product(session, park: Park) -> RegisterEntry:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    values = {"name": "测温模块", "niche": "机床测温", "share": Decimal("0.1")}
    entry = registers.add_entry(actor=park.officer, firm=park.firm, register=Register.PRODUCT, **values)
    session.commit()
    return entry


def set_by_officer(session, park: Park, entry: RegisterEntry, **values) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    registers.edit_entry(actor=park.officer, entry=entry, document=entry.document, **values)
    session.commit()


def test_a_stale_form_asks_for_nothing_that_the_firm_did_not_touch(session, park: Park, product, sign_in) -> None:
    firm, opened = sign_in(park.firm_user), {"name": "测温模块", "niche": "机床测温", "version": str(product.version)}
    set_by_officer(session, park, product, niche="机床在线测温")
    page = check_page(firm.post(f"/own/register-entries/{product.id}/edit", data={**opened, "share": "12"}))
    assert "机床在线测温" in text_of(page) and session.scalars(select(Proposal)).all() == []


def test_the_officer_sees_what_the_record_says_by_now(session, park: Park, product, sign_in) -> None:
    firm, officer = sign_in(park.firm_user), sign_in(park.officer)
    sent = {"name": "测温模块", "niche": "机床测温", "share": "30", "version": str(product.version)}
    firm.post(f"/own/register-entries/{product.id}/edit", data=sent)
    set_by_officer(session, park, product, share=Decimal("0.12"))
    page = text_of(check_page(officer.get(f"/proposals/{only(session, Proposal).id}")))
    assert "提交后档案已变为市场占有率 12%" in page


def test_of_one_name_two_kinds_are_two_wishes_and_the_same_again_only_adds_its_proof(
    session, park: Park, sign_in
) -> None:
    firm = sign_in(park.firm_user)
    address = "/own/registers/institution/new"
    for kind in ("technology_centre", "key_laboratory"):
        firm.post(address, data={"name": "研发中心", "kind": kind})
    assert [field.decision for field in fields(session)] == [Decision.PENDING, Decision.PENDING]
    proof = {"name": "研发中心", "kind": "key_laboratory", "file": (io.BytesIO(b"%PDF-1.7 paper"), "批文.pdf")}
    firm.post(address, data=proof)
    assert [field.document and field.document.name for field in fields(session)] == [None, "批文.pdf"]


def test_a_paper_alone_may_be_asked_for_and_the_park_s_own_paper_is_not_named(
    session, park: Park, product, sign_in
) -> None:
    product.document = paper = Document(
        firm=park.firm, name="内部核查意见.pdf", media_type="application/pdf", size=1, sha256="0" * 64,
        uploaded_by=park.officer, internal=True,
    )  # fmt: skip
    session.commit()
    firm, address = sign_in(park.firm_user), f"/own/register-entries/{product.id}/edit"
    assert "内部核查意见" not in firm.get(address).text
    sent = {"name": "测温模块", "niche": "机床测温", "share": "10", "version": str(product.version)}
    assert "没有改动" in firm.post(address, data=sent).text and product.document is paper
    firm.post(address, data={**sent, "file": (io.BytesIO(b"%PDF-1.7 paper"), "检测报告.pdf")})
    assert "主要产品：测温模块" in firm.get("/own/registers").text
    proposal = only(session, Proposal)
    assert "只补充证明材料" in sign_in(park.officer).get(f"/proposals/{proposal.id}").text
    decide(session, park, proposal, Verdict(Decision.ACCEPTED))
    assert product.document.name == "检测报告.pdf"


def test_what_was_refused_of_an_entry_that_is_gone_asks_for_nothing_more(session, park: Park, product, sign_in) -> None:
    firm = sign_in(park.firm_user)
    sent = {"name": "测温模块", "niche": "机床测温", "share": "30", "version": str(product.version)}
    firm.post(f"/own/register-entries/{product.id}/edit", data=sent)
    decide(session, park, only(session, Proposal), Verdict(Decision.REFUSED, "没有证明"))
    assert "主要产品：测温模块" in firm.get("/own/registers").text
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    registers.remove_entry(actor=park.officer, entry=product)
    session.commit()
    assert "需要修改" not in firm.get("/own/registers").text


def test_incidents_are_not_the_firm_s_and_another_firm_s_entries_are_not_there(session, park: Park, sign_in) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    kinds = {"register": Register.AWARD, "name": "科技进步奖"}
    other = registers.add_entry(actor=park.officer, firm=park.other_firm, **kinds)
    own = registers.add_entry(
        actor=park.officer, firm=park.firm, register=Register.INCIDENT, kind="environment", name="超标排放"
    )
    session.commit()
    firm = sign_in(park.firm_user)
    for path in (
        "/own/registers/incident/new",
        "/own/registers/none/new",
        f"/own/register-entries/{other.id}/edit",
        f"/own/register-entries/{own.id}/edit",
    ):
        assert firm.get(path).status_code == 404, path
    assert "/own/registers" in firm.get(f"/firms/{park.firm.id}/registers").text


def test_what_is_missing_leads_a_firm_to_where_it_can_enter_it(park: Park, sign_in) -> None:
    page = sign_in(park.firm_user).get(f"/firms/{park.firm.id}/ladder?rung=srdi").text
    assert "/own/facts/market#" in page and "/own/figures/" in page
    assert f'href="/firms/{park.firm.id}/profile' not in page.partition('class="clause')[2]
