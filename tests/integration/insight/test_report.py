"""The monthly report: numbers from the data, words of the park's own where it wrote them, Word and PDF alike."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from sqlalchemy.orm import Session

from crm.accounts.permissions import Role
from crm.insight.early_warning.refresh import refresh
from crm.insight.models import MonthlyReport
from crm.insight.report.content import Content, Section, content
from crm.insight.report.documents import word_file
from crm.ladder import service as ladder
from crm.ladder.models import Case, Rung, Stage
from crm.ladder.words import LISTED
from crm.visits import planning
from crm.visits import service as visits
from crm.visits.planning import Intent
from tests.factories import Park, make_firm, make_user
from tests.integration.ladder.makers import TODAY, advance, qualify, tech_sme_case

MONTH = TODAY.replace(day=1)


@pytest.fixture
def city(session: Session, park: Park) -> Park:
    ladder.grant_credential(
        park.firm,
        Rung.HTE,
        number="GR202643000001",
        valid_from=MONTH,
        valid_to=TODAY + timedelta(days=30),
        actor=park.officer,
    )
    visits.log_visit(
        park.officer,
        park.firm,
        visits.Account(on=TODAY, said="看了车间。"),
        needs=[visits.Asked(kind="finance", text="流动资金")],
    )
    session.commit()
    return park


def texts(session: Session, park: Park) -> dict[str, str]:
    return {each.key: each.text for each in content(park.manager, park.park, MONTH).sections}


def test_the_sentences_are_made_from_the_data(app: Any, session: Session, city: Park) -> None:
    with app.test_request_context():
        made = texts(session, city)
        ladder_rows = content(city.manager, city.park, MONTH).sections[0].rows
    assert "高企 1 家" in made["ladder"] and "新取得资质 1 家次" in made["ladder"]
    assert ladder_rows == [["高新技术企业", "0", "+1", "0", "1"]]
    assert "走访 1 次，覆盖在业企业 1 家（100%）" in made["visits"]
    assert "提出诉求 1 条，已答复 0 条" in made["needs"]
    assert "高企 1 家，请提前安排" in made["ahead"]


def test_both_tables_tell_of_a_case_that_began_and_was_certified_in_the_month(
    app: Any, session: Session, park: Park
) -> None:
    """What was gained is certified too; where certificate and case differ in their day, the report says why."""
    qualify(session, park.firm, park.officer)
    case = tech_sme_case(park.firm, park.officer, MONTH)
    advance(case, Stage.CERTIFIED, park.officer, park.manager, MONTH)
    session.commit()

    def tables() -> dict[str, Any]:
        with app.test_request_context():
            return {each.key: each for each in content(park.manager, park.park, MONTH).sections}

    told = tables()
    assert told["ladder"].rows == [["科技型中小企业", "0", "+1", "0", "1"]]
    assert told["cultivation"].rows == [["科技型中小企业", "1", "0", "1", "0"]]
    assert "按证书生效日计" not in told["cultivation"].text
    ladder.grant_credential(
        park.firm, Rung.HTE, number="GR9", valid_from=MONTH, valid_to=TODAY + timedelta(days=900), actor=park.officer
    )
    assert "也含没有培育项目的，两数可以不同" in tables()["cultivation"].text


def test_the_gravest_warnings_are_of_today(app: Any, session: Session, city: Park) -> None:
    refresh()
    with app.test_request_context():
        told = {each.key: each for each in content(city.manager, city.park, MONTH).sections}
        over = [
            each.key for each in content(city.manager, city.park, (MONTH - timedelta(days=1)).replace(day=1)).sections
        ]
    assert told["warnings"].rows[0][0] == city.firm.name
    assert "测算。" in told["warnings"].text, "as of when"
    assert "warnings" not in over


def test_what_a_person_wrote_stays_and_the_rest_follows_the_data(session: Session, city: Park, sign_in: Any) -> None:
    client = sign_in(city.manager)
    address = f"/funnel/report/edit?organisation={city.park.id}"
    form = client.get(address)
    assert form.status_code == 200
    sections = {each.key: each.text for each in content(city.manager, city.park, MONTH).sections}
    page = client.post(address, data={**sections, "plans": "下月走完机械链。", "version": ""}, follow_redirects=True)
    assert "下月走完机械链。" in page.text and "改过文字" in page.text
    visits.log_visit(city.officer, city.firm, visits.Account(on=TODAY, said="又去一次。"))
    session.commit()
    page = client.get(f"/funnel/report?organisation={city.park.id}")
    assert "走访 2 次" in page.text, "a section nobody wrote in follows the data"
    kept = session.query(MonthlyReport).one()
    assert kept.words == {"plans": "下月走完机械链。"}


def test_two_people_writing_at_once_see_both_texts(session: Session, city: Park, sign_in: Any) -> None:
    client = sign_in(city.manager)
    address = f"/funnel/report/edit?organisation={city.park.id}"
    client.post(address, data={"plans": "甲写的。", "version": ""})
    page = client.post(address, data={"plans": "乙写的。", "version": ""})
    assert "甲写的。" in page.text and "乙写的。" in page.text
    session.expire_all()
    assert session.query(MonthlyReport).one().words["plans"] == "甲写的。"


def test_word_and_pdf_say_what_the_page_says(session: Session, city: Park, sign_in: Any) -> None:
    client = sign_in(city.manager)
    word = client.get(f"/funnel/report.docx?organisation={city.park.id}")
    document = Document(io.BytesIO(word.data))
    said = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "长春园区企业培育月报" in said and "高企 1 家" in said
    assert [cell.text for cell in document.tables[0].rows[1].cells] == ["高新技术企业", "0", "+1", "0", "1"]
    paper = client.get(f"/funnel/report.pdf?organisation={city.park.id}")
    assert paper.data.startswith(b"%PDF") and b"/Count 1" in paper.data, "one page"


def test_a_month_to_come_is_this_month_and_a_strange_place_is_not_found(city: Park, sign_in: Any) -> None:
    client = sign_in(city.officer)
    later = date(TODAY.year + 1, 1, 1)
    assert f"· {TODAY.year}年{TODAY.month}月" in client.get(f"/funnel/report?month={later:%Y-%m}").text
    for month in ("x", "0001-01"):
        assert client.get(f"/funnel/report?month={month}").status_code == 200
    assert client.get(f"/funnel/report.docx?organisation={city.other_park.id}").status_code == 404
    assert client.get("/funnel/report/edit").status_code == 403


def test_a_month_that_is_over_says_later_what_it_said_on_its_last_day(app: Any, session: Session, city: Park) -> None:
    """Visits planned, held or called off since, cases moved since: each as it stood."""
    last = MONTH - timedelta(days=1)
    firms = [city.firm, *(make_firm(session, city.park, officer_id=city.officer.id) for _ in range(3))]
    session.commit()

    def said(key: str) -> str:
        with app.test_request_context():
            sections = content(city.manager, city.park, last.replace(day=1)).sections
        return next(each.text for each in sections if each.key == key)

    with time_machine.travel(f"{last.isoformat()}T12:00:00+08:00", tick=False):
        plans = [
            planning.plan_visit(city.officer, firm, Intent(on=last + timedelta(days=5), officer_id=city.officer.id))
            for firm in firms
        ]
        planning.call_off(city.officer, plans.pop(), "企业出差")
        for firm, rung, days in ((firms[1], Rung.HTE, 91), (firms[2], Rung.HTE, 90)):
            ladder.open_case(firm, rung, actor=city.officer, on=last - timedelta(days=days))
        session.commit()
        before = said("ahead"), said("cultivation")
    assert "已安排走访 3 次" in before[0] and "停留超过 90 天的有 1 件" in before[1]
    planning.call_off(city.officer, plans[0], "企业出差")
    planning.hold(plans[1], visits.log_visit(city.officer, firms[1], visits.Account(on=TODAY, said="去了。")))
    planning.plan_visit(city.officer, firms[3], Intent(on=TODAY + timedelta(days=1), officer_id=city.officer.id))
    for case in session.query(Case):
        ladder.drop_case(case, "企业放弃", actor=city.officer, on=TODAY)
    session.commit()
    assert (said("ahead"), said("cultivation")) == before


def test_the_word_file_is_set_in_its_own_fonts(city: Park, sign_in: Any) -> None:
    """A font of the theme that stands beside ours in a style would be taken in its place."""
    word = sign_in(city.manager).get(f"/funnel/report.docx?organisation={city.park.id}")
    styles = Document(io.BytesIO(word.data)).styles
    for name, font in (("Title", "黑体"), ("Heading 1", "黑体"), ("Normal", "仿宋")):
        fonts = styles[name].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) == font
        assert not [key for key in fonts.attrib if key.endswith(("Theme", "cstheme"))], name


def test_in_word_numbers_end_at_the_right_and_words_begin_at_the_left(app: Any, city: Park) -> None:
    columns = ["企业", "情况", "时间", "占比"]
    rows = [
        ["云岭甲有限公司", "高新技术企业资质到期", "2027年1月7日", "12.5%"],
        ["乙", "丙", "丁", "—"],
        ["", "", "", "无法计算"],
    ]
    section = Section("warnings", "预警", "", columns, rows)
    with app.test_request_context():
        report = Content(city.park, MONTH, TODAY, [section], None, None)
        table = Document(io.BytesIO(word_file(report))).tables[0]
    for row in table.rows:
        assert [cell.paragraphs[0].alignment for cell in row.cells] == [None, None, None, WD_ALIGN_PARAGRAPH.RIGHT]
    widths = [cell.width for cell in table.rows[0].cells]
    assert widths[1] > widths[0] > widths[3], "as wide as what it holds"


def test_with_many_officers_the_report_is_still_one_page(session: Session, city: Park, sign_in: Any) -> None:
    for number in range(30):
        officer = make_user(session, Role.OFFICER, f"专员{number}", organisation_id=city.park.id)
        make_firm(session, city.park, officer_id=officer.id)
    for rung in Rung:
        if rung is not Rung.HTE:
            firm = make_firm(session, city.park)
            valid_to = None if rung in LISTED else TODAY + timedelta(days=900)
            ladder.grant_credential(
                firm, rung, number=f"X{firm.id}", valid_from=MONTH, valid_to=valid_to, actor=city.officer
            )
    for rung in (Rung.LISTED_BSE, Rung.LISTED_STAR):
        ladder.open_case(make_firm(session, city.park), rung, actor=city.officer, on=MONTH)
    session.commit()
    client = sign_in(city.manager)
    assert b"/Count 1" in client.get(f"/funnel/report.pdf?organisation={city.park.id}").data
    assert "其余 27 位见走访覆盖" in client.get(f"/funnel/report?organisation={city.park.id}").text


def test_words_taken_back_are_not_said_to_be_somebodys(city: Park, sign_in: Any) -> None:
    client = sign_in(city.manager)
    address = f"/funnel/report/edit?organisation={city.park.id}"
    assert "改过文字" in client.post(address, data={"plans": "走完。", "version": ""}, follow_redirects=True).text
    page = client.post(address, data={"plans": "", "version": "1"}, follow_redirects=True).text
    assert "已保存" in page and "改过文字" not in page
