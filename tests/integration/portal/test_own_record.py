"""A firm keeps its own record: it asks, the officer decides field by field, the firm sees what became of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from crm.firms.figures.models import FigureSource, YearlyFigures
from crm.firms.figures.service import record_figures, verify_figures
from crm.firms.ip.models import IpRight
from crm.firms.ip.service import add_right
from crm.firms.models import Contact, Document, State
from crm.firms.proposals.models import Proposal, ProposalField
from crm.firms.service import set_fact
from crm.kernel import clock
from crm.kernel.audit import Change, Via
from crm.kernel.files import store
from crm.ladder.models import Credential, Rung
from crm.registers.models import Register, RegisterEntry
from crm.web.formatting import day
from tests.factories import Park
from tests.pages import check_page

YEAR = clock.today().year - 1


def words(element) -> str:
    return " ".join("".join(element.itertext()).split())


@pytest.fixture
def figures(session, park: Park) -> YearlyFigures:
    recorded = record_figures(
        actor=park.officer, firm=park.firm, year=YEAR, values={"revenue": Decimal(1_000_000), "employees": 20}
    )
    session.commit()
    return recorded


def ask(sign_in, park: Park, **data) -> None:
    answer = sign_in(park.firm_user).post(f"/own/figures/{YEAR}", data={"revenue": "100", "employees": "20", **data})
    assert answer.status_code == 302, answer.text


def decide(sign_in, park: Park, proposal: Proposal, **data):
    return sign_in(park.officer).post(f"/proposals/{proposal.id}", data=data)


def test_a_firm_asks_only_for_what_differs(session, sign_in, park: Park, figures) -> None:
    ask(sign_in, park, rd="6.5", note="见审计报告")
    proposal = session.query(Proposal).one()
    assert [(field.field, field.old, field.new) for field in proposal.fields] == [("rd", None, "65000")]
    assert session.get(YearlyFigures, figures.id).rd is None, "nothing is written before the park accepts"


def test_asking_for_nothing_is_said_so(session, sign_in, park: Park, figures) -> None:
    answer = sign_in(park.firm_user).post(f"/own/figures/{YEAR}", data={"revenue": "100", "employees": "20"})
    assert "没有改动" in answer.text
    assert session.query(Proposal).count() == 0


def test_the_officer_accepts_one_field_and_refuses_another_with_its_reason(
    session, sign_in, park: Park, figures
) -> None:
    ask(sign_in, park, rd="6.5", employees="25")
    proposal = session.query(Proposal).one()
    rd, employees = (next(f for f in proposal.fields if f.field == name) for name in ("rd", "employees"))
    answer = decide(
        sign_in,
        park,
        proposal,
        **{
            f"decision-{rd.id}": "accepted",
            f"decision-{employees.id}": "refused",
            f"reason-{employees.id}": "与社保人数不符",
            "verify": "y",
        },
    )
    assert answer.status_code == 302
    figures = session.get(YearlyFigures, figures.id)
    assert (figures.rd, figures.employees) == (Decimal(65000), 20)
    assert session.get(FigureSource, (figures.id, "rd")).state is State.VERIFIED
    change = session.query(Change).filter_by(entity="yearly_figures", field="rd").one()
    assert change.via is Via.PROPOSAL
    seen = sign_in(park.firm_user).get(f"/own/proposals/{proposal.id}")
    assert "与社保人数不符" in seen.text
    assert "未接受" in seen.text


def test_a_refusal_needs_a_reason_and_then_nothing_is_decided(session, sign_in, park: Park, figures) -> None:
    ask(sign_in, park, rd="6.5", employees="25")
    proposal = session.query(Proposal).one()
    rd, employees = (next(f for f in proposal.fields if f.field == name) for name in ("rd", "employees"))
    answer = decide(sign_in, park, proposal, **{f"decision-{rd.id}": "accepted", f"decision-{employees.id}": "refused"})
    assert "请写明不接受的理由" in answer.text
    assert session.get(YearlyFigures, figures.id).rd is None


def test_what_changed_meanwhile_is_shown_to_the_officer(session, sign_in, park: Park, figures) -> None:
    ask(sign_in, park, employees="25")
    record_figures(actor=park.officer, firm=park.firm, year=YEAR, values={"employees": 22})
    session.commit()
    proposal = session.query(Proposal).one()
    page = sign_in(park.officer).get(f"/proposals/{proposal.id}")
    assert "提交后档案已变为" in page.text
    assert "22" in page.text


def test_a_decided_field_is_not_decided_again(session, sign_in, park: Park, figures) -> None:
    ask(sign_in, park, rd="6.5")
    proposal = session.query(Proposal).one()
    data = {f"decision-{proposal.fields[0].id}": "accepted"}
    assert decide(sign_in, park, proposal, **data).status_code == 302
    assert "已经处理过" in decide(sign_in, park, proposal, **data).text


def test_a_new_right_is_checked_when_asked_and_entered_when_accepted(session, sign_in, park: Park) -> None:
    client = sign_in(park.firm_user)
    wrong = client.post("/own/ip/new", data={"number": "201710601862.4", "title": "一种装置"})
    assert wrong.status_code == 200
    assert "校验位" in wrong.text
    assert client.post("/own/ip/new", data={"number": "ZL201710601862.3", "title": "一种装置"}).status_code == 302
    proposal = session.query(Proposal).one()
    assert decide(sign_in, park, proposal, **{f"decision-{proposal.fields[0].id}": "accepted"}).status_code == 302
    right = session.query(IpRight).one()
    assert (right.number, right.kind, right.firm_id) == ("201710601862.3", "invention", park.firm.id)


def test_telephone_and_contacts_apply_at_once_and_are_logged(session, sign_in, park: Park) -> None:
    client = sign_in(park.firm_user)
    client.post("/own/contacts", data={"what": "telephone", "firm-telephone": "0737-5550100"})
    client.post(
        "/own/contacts", data={"what": "contact", "contact-name": "办公室", "contact-telephone": "0737-5550101"}
    )
    session.expire_all()
    assert park.firm.telephone == "0737-5550100"
    assert session.query(Contact).filter_by(firm_id=park.firm.id).one().name == "办公室"
    change = session.query(Change).filter_by(entity="firm", field="telephone").one()
    assert change.actor_id == park.firm_user.id


def test_another_firm_sees_and_touches_none_of_it(session, sign_in, park: Park, figures) -> None:
    ask(sign_in, park, rd="6.5")
    proposal = session.query(Proposal).one()
    stranger = sign_in(park.other_firm_user)
    assert stranger.get(f"/own/proposals/{proposal.id}").status_code == 404
    assert stranger.post(f"/own/proposals/{proposal.id}/withdraw").status_code == 404
    assert stranger.get(f"/firms/{park.firm.id}/figures").status_code == 404
    assert sign_in(park.other_officer).get(f"/proposals/{proposal.id}").status_code == 404
    assert session.query(ProposalField).one().decision == "pending"


def test_a_firm_reads_its_record_but_not_the_staff_pages(sign_in, park: Park) -> None:
    client = sign_in(park.firm_user)
    for page in ("figures", "ip", "profile", "registers", "ladder"):
        check_page(client.get(f"/firms/{park.firm.id}/{page}"))
    for page in ("visits", "history", ""):
        assert client.get(f"/firms/{park.firm.id}/{page}".rstrip("/")).status_code == 403
    assert client.get("/firms").status_code == 403


def test_withdrawing_leaves_nothing_to_decide(session, sign_in, park: Park, figures) -> None:
    ask(sign_in, park, rd="6.5")
    proposal = session.query(Proposal).one()
    sign_in(park.firm_user).post(f"/own/proposals/{proposal.id}/withdraw")
    assert "没有待处理的申请" in sign_in(park.officer).get("/proposals").text


def test_the_home_says_what_is_missing_and_what_was_promised(sign_in, park: Park, figures) -> None:
    page = sign_in(park.firm_user).get("/own")
    check_page(page)
    assert "下一级" in page.text
    assert "园区答应您的事" in page.text


def test_a_paper_from_a_visit_stays_with_the_staff(session, sign_in, park: Park) -> None:
    document = Document(
        firm=park.firm,
        name="谈话记录.pdf",
        media_type="application/pdf",
        size=4,
        sha256=store(b"%PDF"),
        internal=True,
        uploaded_by=park.officer,
    )
    session.add(document)
    session.commit()
    assert sign_in(park.officer).get(f"/documents/{document.id}").status_code == 200
    client = sign_in(park.firm_user)
    assert client.get(f"/documents/{document.id}").status_code == 404
    assert "谈话记录" not in client.get(f"/firms/{park.firm.id}/profile").text
    assert "谈话记录" not in client.get("/own/profile").text


def test_a_telephone_that_is_none_is_said_on_its_field_and_kept(session, sign_in, park: Park) -> None:
    client = sign_in(park.firm_user)
    tree = check_page(client.post("/own/contacts", data={"what": "telephone", "firm-telephone": "无"}))
    assert "电话请填数字" in words(tree.find(".//*[@id='firm-telephone-error']"))
    assert tree.find(".//*[@id='firm-telephone']").get("value") == "无"
    added = {"contact-name": "办公室", "contact-telephone": "无"}
    tree = check_page(client.post("/own/contacts", data={"what": "contact", **added}))
    assert "电话请填数字" in words(tree.find(".//*[@id='contact-telephone-error']"))
    assert tree.find(".//*[@id='contact-name']").get("value") == "办公室"
    assert session.query(Contact).count() == 0


def test_the_name_of_a_paper_of_the_staff_is_not_told_where_it_is_evidence(session, sign_in, park: Park) -> None:
    document = Document(
        firm=park.firm,
        name="谈话记录.pdf",
        media_type="application/pdf",
        size=4,
        sha256=store(b"%PDF"),
        internal=True,
        uploaded_by=park.officer,
    )
    session.add(document)
    record_figures(
        actor=park.officer, firm=park.firm, year=YEAR, values={"revenue": Decimal(1_000_000)}, document=document
    )
    add_right(actor=park.officer, firm=park.firm, number="201710601862.3", title="一种装置", document=document)
    set_fact(
        actor=park.officer, firm=park.firm, key="market_share", value="0.3", as_of=clock.today(), document=document
    )
    session.add(RegisterEntry(register=Register.AWARD, firm=park.firm, name="科技进步奖", document=document))
    session.commit()
    firm, officer = sign_in(park.firm_user), sign_in(park.officer)
    for page in ("profile", "figures", f"figures/{YEAR}", "ip", "registers", "ladder?rung=srdi"):
        told = officer.get(f"/firms/{park.firm.id}/{page}")
        assert "谈话记录" in told.text, page
        kept = firm.get(f"/firms/{park.firm.id}/{page}")
        assert kept.status_code == 200
        assert "谈话记录" not in kept.text, page
        assert f"/documents/{document.id}" not in kept.text, page


def test_the_firm_sees_which_of_its_figures_are_verified(session, sign_in, park: Park, figures) -> None:
    verify_figures(actor=park.officer, figures=figures, keys=["revenue"], document=None)
    session.commit()
    tree = check_page(sign_in(park.firm_user).get(f"/own/figures/{YEAR}"))
    assert "已核实" in words(tree.find(".//*[@id='revenue-help']"))
    assert "未核实" in words(tree.find(".//*[@id='employees-help']"))


def test_the_list_says_what_was_asked_and_what_was_withdrawn(session, sign_in, park: Park, figures) -> None:
    ask(sign_in, park, rd="6.5")
    client = sign_in(park.firm_user)
    assert "研发费用" in client.get("/own/proposals").text
    client.post(f"/own/proposals/{session.query(Proposal).one().id}/withdraw")
    assert "已撤回" in words(check_page(client.get("/own/proposals")).find(".//tbody"))


def test_the_home_shows_titles_with_their_terms_and_what_lapses(session, sign_in, park: Park) -> None:
    today = clock.today()
    terms = [
        ("tech_sme", -665, -301),
        ("tech_sme", -300, 30),
        ("hte", -100, 900),
        ("innovative_sme", -1200, -100),
    ]
    for rung, since, until in terms:
        session.add(
            Credential(
                firm=park.firm,
                rung=Rung(rung),
                number=f"号{rung}",
                valid_from=today + timedelta(days=since),
                valid_to=today + timedelta(days=until),
            )
        )
    session.commit()
    tree = check_page(sign_in(park.firm_user).get("/own"))
    lines = tree.findall(".//*[@id='titles']//tbody/tr")
    rows = {words(row.find("th")): words(row) for row in lines}
    assert len(lines) == 3, "what a later title follows is on the ladder's page"
    assert "快到期" in rows["科技型中小企业"]
    assert "快到期" not in rows["高新技术企业"]
    assert "有效" in rows["高新技术企业"]
    assert "不在有效期内" in rows["创新型中小企业"]
    assert day(today + timedelta(days=30)) in rows["科技型中小企业"]


def test_an_invitation_is_words_to_send_and_leads_to_three_first_steps(session, app, sign_in, park: Park) -> None:
    """As the accountant lives it: the officer's one click, the link, a password, the first page."""
    answer = sign_in(park.officer).post(
        f"/firms/{park.firm.id}/accounts", data={"name": "王会计", "email": "wang@example.test"}
    )
    page = words(check_page(answer))
    link = next(word for word in page.split() if "/set-password/" in word or "token" in word)
    assert "请在七天内打开" in page
    assert "wang@example.test" in page
    path = "/" + link.split("://", 1)[1].split("/", 1)[1]
    browser = sign_in(None)
    assert "wang@example.test" in browser.get(path).text
    secret = "a good long password"
    home = browser.post(path, data={"password": secret, "again": secret}, follow_redirects=True)
    assert home.request.path == "/own"
    first = words(check_page(home))
    assert "先做这三件事" in first
    assert "上传专利清单" in first
    accounts = sign_in(park.officer).get(f"/firms/{park.firm.id}/accounts").text
    assert accounts.count("已邀请，还没有设密码") == 1, "the other account of the firm has none"
