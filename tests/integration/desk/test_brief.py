"""The brief before the door: who, what was said and promised, what is missing in units, and what to ask."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from crm.firms.figures import service as figure_service
from crm.firms.models import Contact
from crm.kernel import audit, clock
from crm.ladder.models import Credential, Rung
from crm.visits import service
from crm.visits.models import Reluctance
from crm.visits.service import Account, Asked
from crm.visits.tasks import Promised, plan_task
from tests.integration.desk.helpers import full_firm
from tests.integration.visits.test_answers import YEAR, aim_at
from tests.pages import check_page, text_of
from tests.queries import count_queries

MOST_QUERIES = 25


def test_the_brief_says_who_what_was_promised_and_what_was_said(session, park, sign_in) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    park.firm.address, park.firm.telephone = "兴业路 1 号", "0737-4000001"
    session.add(Contact(firm=park.firm, name="王总工", position="总工程师", telephone="139 0000 0000"))
    for day in range(1, 5):
        told = Account(on=date(2026, 3, day), said=f"第{day}次谈了扩产。", reluctance=Reluctance.AFRAID)
        service.log_visit(park.officer, park.firm, told)
    late = clock.today() - timedelta(days=2)
    promised = Promised(title="送政策汇编", due_on=late, assignee_id=park.officer.id)
    plan_task(park.officer, park.firm, promised)
    service.log_visit(
        park.officer,
        park.firm,
        Account(on=date(2026, 3, 1), said="首谈"),
        needs=[Asked(kind="talent", text="缺焊工")],
    )
    session.commit()
    answer = sign_in(park.officer).get(f"/firms/{park.firm.id}/brief")
    page = text_of(check_page(answer))
    for shown in ("王总工", "总工程师", "第4次", "第3次", "第2次", "不敢创新", "送政策汇编", "已过期", "缺焊工"):
        assert shown in page
    assert "第1次" not in page  # three are enough
    assert 'href="tel:13900000000"' in answer.text
    assert 'href="tel:0737-4000001"' in answer.text
    assert 'href="https://uri.amap.com/search?keyword=%E5%85%B4%E4%B8%9A' in answer.text
    assert f'href="/firms/{park.firm.id}/visits/new"' in answer.text


def test_on_a_phone_what_was_promised_comes_right_after_the_questions(session, park, sign_in) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    service.log_visit(park.officer, park.firm, Account(on=date(2026, 3, 1), reluctance=Reluctance.AFRAID))
    session.commit()
    page = text_of(check_page(sign_in(park.officer).get(f"/firms/{park.firm.id}/brief")))
    order = [page.index(words) for words in ("当面问三件事", "我们答应的事", "最近走访", "没有写谈话内容", "联系")]
    assert order == sorted(order)


def test_three_questions_are_made_from_the_gap(session, park, sign_in) -> None:
    """An unknown figure is asked by its year, with what is known of it; what is short, with how much it lacks."""
    aim_at(session, park, Rung.HTE)
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    known = {"revenue": Decimal(100_000_000), "rd": Decimal(3_200_000)}
    figure_service.record_figures(actor=park.officer, firm=park.firm, year=YEAR - 1, values=known)
    session.commit()
    page = check_page(sign_in(park.officer).get(f"/firms/{park.firm.id}/brief"))
    asked = [text_of(item) for item in page.findall(".//ol[@class='brief__asked']/li")]
    assert len(asked) == 3
    assert any(f"{YEAR} 年研发费用是多少？" in each and f"{YEAR - 1} 年为 320 万元" in each for each in asked), asked


def test_what_is_short_is_asked_with_its_gap_in_units(session, park, sign_in) -> None:
    aim_at(session, park, Rung.HTE)
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    for year in range(YEAR - 2, YEAR + 1):
        values = {"revenue": Decimal(100_000_000), "rd": Decimal(2_000_000), "rd_domestic": Decimal(2_000_000)}
        figure_service.record_figures(actor=park.officer, firm=park.firm, year=year, values=values)
    session.commit()
    page = check_page(sign_in(park.officer).get(f"/firms/{park.firm.id}/brief"))
    first = text_of(page.findall(".//ol[@class='brief__asked']/li")[0])
    assert "今年研发费用预计多少？" in first
    assert f"{YEAR} 年为 200 万元" in first
    assert "还差" in first


def test_the_brief_says_which_questions_the_visit_form_has_a_field_for(session, park, sign_in) -> None:
    aim_at(session, park, Rung.HTE)
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    for year in range(YEAR - 2, YEAR + 1):
        values = {"revenue": Decimal(100_000_000), "rd": Decimal(2_000_000), "rd_domestic": Decimal(2_000_000)}
        figure_service.record_figures(actor=park.officer, firm=park.firm, year=year, values=values)
    session.commit()
    client = sign_in(park.officer)
    page = check_page(client.get(f"/firms/{park.firm.id}/brief"))
    asked = [text_of(item) for item in page.findall(".//ol[@class='brief__asked']/li")]
    form = check_page(client.get(f"/firms/{park.firm.id}/visits/new"))
    fields = [text_of(label) for label in form.iter("label")]
    assert "走访表里可填" not in asked[0]  # what this year will bring has no field
    assert "只在谈话里问" in text_of(page)
    marked = [each.split(" 走访表里可填")[0] for each in asked if "走访表里可填" in each]
    assert marked
    for question in marked:
        assert any(label and question.startswith(label.split("（")[0].strip()) for label in fields), (question, fields)


def test_a_phone_has_the_rung_they_stand_on_and_the_next_before_the_questions(session, park, sign_in) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    today = clock.today()
    session.add(Credential(firm=park.firm, rung=Rung.TECH_SME, valid_from=today, valid_to=today + timedelta(days=99)))
    session.commit()
    page = check_page(sign_in(park.officer).get(f"/firms/{park.firm.id}/brief"))
    whole, near, folded = (
        [text_of(step) for step in ladder.findall("li")]
        for ladder in page.iter("ol")
        if "ladder" in ladder.get("class", "")
    )
    assert ["已取得" in near[0], "下一级" in near[1], len(near)] == [True, True, 2]
    assert whole == folded
    assert len(whole) > 5


def test_a_firm_of_which_little_is_known_is_asked_too(park, sign_in) -> None:
    page = check_page(sign_in(park.officer).get(f"/firms/{park.firm.id}/brief"))
    assert len(page.findall(".//ol[@class='brief__asked']/li")) == 3
    assert "这是第一次走访这家企业" in text_of(page)


def test_the_brief_asks_little_of_the_database_whatever_the_history(session, park, sign_in) -> None:
    client = sign_in(park.officer)
    full_firm(session, park)
    with count_queries(session) as few:
        client.get(f"/firms/{park.firm.id}/brief")
    for number in range(101, 112):
        full_firm(session, park, number)
    with count_queries(session) as many:
        client.get(f"/firms/{park.firm.id}/brief")
    assert len(many) <= len(few) < MOST_QUERIES


def test_who_may_not_see_the_firm_sees_no_brief(park, sign_in) -> None:
    assert sign_in(park.other_officer).get(f"/firms/{park.firm.id}/brief").status_code == 404
    assert sign_in(park.firm_user).get(f"/firms/{park.firm.id}/brief").status_code == 403
