"""The administrator's pages: words renamed, ordered, disabled and added; chains; trades; a year's holidays."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import select

from crm.firms.models import Chain, Industry
from crm.firms.reference import service, working_days
from crm.firms.reference.loading import load_calendar
from crm.firms.reference.models import CalendarDay, Term
from crm.firms.reference.terms import forget, load_terms, term_choices, term_titles
from crm.kernel.audit import Change
from crm.kernel.errors import DomainError
from tests.factories import Park, make_firm
from tests.pages import check_page, text_of
from tests.queries import count_queries

LOANS = "/reference/terms/loan.kind"


@pytest.fixture
def admin(park: Park, sign_in):
    return sign_in(park.administrator)


def titles(page) -> list[str]:
    return re.findall(r'<a href="/reference/terms/loan\.kind/[a-z_0-9]+">([^<]+)</a>', page.text)


@pytest.mark.parametrize("address", ["", "/terms/loan.kind", "/terms/level/city", "/chains", "/industries"])
def test_pages_are_there_before_anything_is_loaded(admin, address: str) -> None:
    check_page(admin.get(f"/reference{address}"))


def test_only_administrators_come_in(park: Park, sign_in) -> None:
    for user in (park.manager, park.officer, park.firm_user):
        assert sign_in(user).get("/reference").status_code == 403


def test_a_word_is_added_and_can_be_chosen_at_once(session, park: Park, admin, sign_in) -> None:
    page = admin.post(
        LOANS, data={"title": "知识价值信用贷", "title_en": "Knowledge Value Loan"}, follow_redirects=True
    )
    check_page(page)
    assert titles(page)[-1] == "知识价值信用贷"
    form = sign_in(park.officer).get(f"/firms/{park.firm.id}/registers/loan/new")
    assert 'value="knowledge_value_loan"' in form.text
    saved = sign_in(park.officer).post(
        f"/firms/{park.firm.id}/registers/loan/new",
        data={"name": "云岭农商行", "kind": "knowledge_value_loan"},
        follow_redirects=True,
    )
    assert "知识价值信用贷" in saved.text


def test_a_title_stands_once_in_a_vocabulary(admin) -> None:
    page = admin.post(LOANS, data={"title": "信用贷款"})
    assert page.status_code == 422
    check_page(page)
    assert "已有一个叫“信用贷款”的词。" in page.text
    assert admin.post(LOANS, data={"title": " "}).status_code == 422


def test_keys_are_made_apart_and_never_change(session, park: Park) -> None:
    def add(title: str, english: str | None) -> str:
        return service.add_term(actor=park.administrator, vocabulary="loan.kind", title=title, title_en=english).key

    assert [add("甲贷", "Bridge Loan"), add("乙贷", "bridge loan!"), add("丙贷", None)] == [
        "bridge_loan",
        "bridge_loan_2",
        "term",
    ]
    edited = service.edit_term(
        actor=park.administrator,
        vocabulary="loan.kind",
        key="bridge_loan",
        title="过桥贷",
        title_en="X",
        disabled=False,
    )
    assert (edited.key, edited.title) == ("bridge_loan", "过桥贷")


def test_a_renamed_word_is_read_everywhere_and_its_history_kept(session, park: Park, admin) -> None:
    page = admin.post(f"{LOANS}/order", data={"title": "订单融资", "title_en": "Order finance"}, follow_redirects=True)
    check_page(page)
    forget()
    assert term_titles("loan.kind")["order"] == "订单融资"
    change = session.scalars(select(Change).where(Change.entity == "term", Change.field == "title")).one()
    assert (change.old, change.new, change.actor_id) == ("订单贷", "订单融资", park.administrator.id)


def test_a_disabled_word_stays_on_what_has_it_and_is_no_longer_offered(session, park: Park, admin, sign_in) -> None:
    officer = sign_in(park.officer)
    address = f"/firms/{park.firm.id}/registers/loan/new"
    officer.post(address, data={"name": "云岭农商行", "kind": "order"})
    admin.post(f"{LOANS}/order", data={"title": "订单贷", "title_en": "Order loan", "disabled": "y"})
    assert 'value="order"' not in officer.get(address).text
    page = officer.get(f"/firms/{park.firm.id}/registers")
    assert "订单贷" in page.text
    (edit,) = set(re.findall(r'href="(/register-entries/\d+/edit)"', page.text))
    form = officer.get(edit)
    assert 'value="order"' in form.text
    version, *_rest = re.findall(r'name="version"[^>]*value="(\d+)"', form.text)
    kept = officer.post(edit, data={"name": "云岭农商行", "kind": "order", "amount": "5", "version": version})
    assert kept.status_code == 302


def test_what_criteria_read_is_never_disabled(session, park: Park, admin) -> None:
    answer = admin.post("/reference/terms/level/city", data={"title": "市级", "title_en": "City", "disabled": "y"})
    assert answer.status_code == 422
    assert "只能改名" in answer.text
    forget()
    assert "city" in term_choices("level")


def test_words_change_places(session, park: Park, admin) -> None:
    before = titles(admin.get(LOANS))
    page = admin.post(f"{LOANS}/technology/move", data={"to": "up"}, follow_redirects=True)
    assert titles(page) == [before[1], before[0], *before[2:]]
    assert titles(admin.post(f"{LOANS}/technology/move", data={"to": "up"}, follow_redirects=True)) == titles(page)
    assert titles(admin.post(f"{LOANS}/technology/move", data={"to": "down"}, follow_redirects=True)) == before


def test_the_second_of_two_administrators_is_told(session, park: Park, admin) -> None:
    load_terms()
    session.commit()
    opened = session.scalars(select(Term).filter_by(vocabulary="loan.kind", key="order")).one().version
    service.edit_term(
        actor=park.administrator, vocabulary="loan.kind", key="order", title="甲", title_en="A", disabled=False
    )
    session.commit()
    page = admin.post(f"{LOANS}/order", data={"title": "乙", "title_en": "A", "version": str(opened)})
    check_page(page)
    assert "您的修改还没有保存" in page.text
    forget()
    assert term_titles("loan.kind")["order"] == "甲"


@pytest.mark.parametrize(
    "address", ["/terms/nonsense", "/terms/loan.kind/nonsense", "/chains/99999", "/working-days/x"]
)
def test_what_there_is_not_is_not_found(admin, address: str) -> None:
    assert admin.get(f"/reference{address}").status_code == 404
    assert admin.get("/reference/working-days?year=1000").status_code == 404


# --- chains and trades -------------------------------------------------------------------------------------------


def test_a_chain_is_added_renamed_and_taken_out_of_use(session, park: Park, admin, sign_in) -> None:
    check_page(admin.post("/reference/chains", data={"name": "宝石加工"}, follow_redirects=True))
    chain = session.scalars(select(Chain).filter_by(name="宝石加工")).one()
    make_firm(session, park.park, chain_id=chain.id)
    assert admin.post("/reference/chains", data={"name": "宝石加工"}).status_code == 422
    page = admin.post(
        f"/reference/chains/{chain.id}",
        data={"name": "宝石精加工", "name_en": "Gems", "disabled": "y", "version": "1"},
        follow_redirects=True,
    )
    check_page(page)
    late = admin.post(f"/reference/chains/{chain.id}", data={"name": "宝石", "name_en": "Stones", "version": "1"})
    assert "别人已改过这条记录" in late.text
    assert f'href="/firms?chain={chain.id}">1</a>' in page.text
    assert "宝石精加工" not in sign_in(park.officer).get("/firms/new").text


def test_trades_are_searched_and_walked_down(session, park: Park, admin) -> None:
    session.add(Industry(code="C", name="制造业", level="门类"))
    session.add(Industry(code="C34", name="通用设备制造业", level="大类", parent_code="C"))
    session.add(Industry(code="C342", name="金属加工机械制造", level="中类", parent_code="C34"))
    session.commit()
    sections = admin.get("/reference/industries")
    check_page(sections)
    assert "制造业" in sections.text
    below = admin.get("/reference/industries?parent=C34")
    check_page(below)
    assert "通用设备制造业" in below.text
    assert "金属加工机械制造" in admin.get("/reference/industries?q=加工机械").text
    check_page(admin.get("/reference/industries?q=没有这个"))


# --- working days ------------------------------------------------------------------------------------------------

NOTICE = """2027-02-05至2027-02-11 放假 春节
2027-02-14,上班,春节

2027年10月1日至2027-10-07 放假 国庆节"""


def test_a_years_notice_is_pasted(session, park: Park, admin) -> None:
    unknown = admin.get("/reference/working-days?year=2027")
    check_page(unknown)
    assert "2027 年的放假安排还没有登记" in unknown.text
    page = admin.post("/reference/working-days", data={"text": NOTICE}, follow_redirects=True)
    check_page(page)
    assert "已登记 15 天。" in page.text
    assert "还没有登记" not in page.text
    working_days.forget()
    assert working_days.known_until() == date(2027, 12, 31)
    assert working_days.add_working_days(date(2027, 2, 4), 1) == date(2027, 2, 12)
    again = admin.post("/reference/working-days", data={"text": "2027-02-05 上班 春节"})
    assert "不是周末" in again.text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2027-02-05 放假 春节\n2027-02-30 放假 春节", "第 2 行"),
        ("2027-02-05 放假", "应是“日期 放假或上班 名称”"),
        ("2027-02-05 放假 春节\n2027-02-05 放假 春节", "写了两次"),
        ("2027-02-05至2027-01-05 放假 春节", "起止日期不对"),
        ("  \n", "请粘贴放假安排"),
    ],
)
def test_a_notice_with_a_fault_enters_nothing(session, park: Park, admin, text: str, why: str) -> None:
    page = admin.post("/reference/working-days?year=2027", data={"text": text})
    assert page.status_code == 422
    check_page(page)
    assert why in page.text
    assert session.scalars(select(CalendarDay)).all() == []


def test_a_day_is_toggled_with_its_name_and_back(session, park: Park, admin) -> None:
    address = "/reference/working-days/2027-01-01"
    check_page(admin.get(address))
    assert admin.post(address, data={"working": "holiday", "name": ""}).status_code == 422
    page = admin.post(address, data={"working": "holiday", "name": "元旦", "version": "0"}, follow_redirects=True)
    check_page(page)
    assert "元旦（放假）" in page.text
    assert 'value="元旦"' in admin.get(address).text
    admin.post(address, data={"working": "", "name": "", "version": "1"})
    assert session.scalars(select(CalendarDay)).all() == []


def test_who_saves_a_day_after_somebody_else_is_told_and_decides(session, park: Park, admin) -> None:
    address = "/reference/working-days/2027-01-01"
    admin.post(address, data={"working": "holiday", "name": "元旦", "version": "0"})
    late = {"working": "holiday", "name": "新年", "version": "0"}  # opened before the day was entered
    page = admin.post(address, data=late)
    check_page(page)
    assert "别人刚刚保存过" in page.text and "元旦" in page.text
    assert session.scalars(select(CalendarDay)).one().name == "元旦"
    again = re.findall(r'name="version"[^>]*value="(\d+)"', page.text)[0]
    assert admin.post(address, data={**late, "version": again}).status_code == 302
    session.expire_all()
    assert session.scalars(select(CalendarDay)).one().name == "新年"
    # Taken out meanwhile: the other is told too, and may enter it again.
    admin.post(address, data={"working": "", "name": "", "version": "2"})
    page = admin.post(address, data={"working": "holiday", "name": "元旦节", "version": "2"})
    assert "与平日一样" in text_of(check_page(page).find(".//section[@id='conflict']"))
    assert admin.post(address, data={"working": "holiday", "name": "元旦节", "version": "0"}).status_code == 302
    # What both want alike needs no decision.
    assert admin.post(address, data={"working": "holiday", "name": "元旦节", "version": "9"}).status_code == 302


def test_a_year_is_cleared(session, park: Park, admin) -> None:
    load_calendar()
    session.commit()
    page = admin.post("/reference/working-days/2026/clear", follow_redirects=True)
    check_page(page)
    years = {day.on.year for day in session.scalars(select(CalendarDay))}
    assert years == {2024, 2025}


def test_pages_ask_few_questions(session, park: Park, admin) -> None:
    load_calendar()
    session.commit()
    for address, most in (("/reference", 10), (LOANS, 10), ("/reference/working-days", 12), ("/reference/chains", 10)):
        with count_queries(session) as seen:
            admin.get(address)
        assert len(seen) <= most, (address, seen)


def test_lines_read_in_the_ways_people_write_them() -> None:
    with pytest.raises(DomainError):
        service.read_days("春节放假七天")
