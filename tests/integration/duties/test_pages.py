"""The calendar's pages: what an officer, a manager and the firm see, and what they may record."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta

import pytest
from python_calamine import load_workbook

from crm.duties.models import DutyRecord, DutyState
from crm.duties.queries import duties_of
from crm.firms.models import FirmName
from crm.kernel import audit, clock
from crm.ladder.models import Case, Rung
from tests.factories import make_firm
from tests.pages import check_page
from tests.queries import count_queries

DAY = timedelta(days=1)
DONE, MISSED = DutyState.DONE, DutyState.MISSED


@pytest.fixture(autouse=True)
def signed(session, park) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)


@pytest.fixture
def hte(park, title):
    """A title with a year of its term ahead and two reports past, and those reports' dates."""
    today = clock.today()
    return title(Rung.HTE, (today - 731 * DAY).isoformat(), (today + 365 * DAY).isoformat())


def reports(firm) -> list[date]:
    return [each.due_on for each in duties_of(firm, clock.today()) if each.duty == "hte.annual_report"]


def test_the_calendar_names_what_is_overdue_first_with_what_follows(session, park, sign_in, title, hte) -> None:
    soon = make_firm(session, park.park, "益阳快到期有限公司", officer_id=park.officer.id)
    title(Rung.SRDI, "2020-01-01", (clock.today() + 20 * DAY).isoformat(), firm=soon)
    answer = sign_in(park.officer).get("/duties")
    check_page(answer)
    page = answer.text
    assert page.index("已过期限</h2>") < page.index("1 个月内</h2>") < page.index("6 至 12 个月</h2>")
    assert "累计两年未填报的，取消高新技术企业资格" in page
    assert "有 2 次没有记录；如确未报，已累计两年未报：资格应取消（第十三条、第十九条）" in page
    assert "国科发火〔2016〕32号" in page
    assert "数字待核原文" in page  # the renewal's article is general knowledge
    assert f'href="/firms/{soon.id}/duties"' in page


@pytest.mark.parametrize(
    ("rung", "days", "says"),
    [
        (Rung.SRDI, 20, "看复核条件"),
        (Rung.SRDI, -20, "看重新申报条件"),  # what lapsed is applied for anew
        (Rung.TECH_SME, 20, "看重新申报条件"),  # which knows no review
    ],
)
def test_a_renewal_leads_to_the_criteria_it_is_judged_by(session, park, sign_in, title, rung, days, says) -> None:
    title(rung, (clock.today() - 300 * DAY).isoformat(), (clock.today() + days * DAY).isoformat())
    page = sign_in(park.officer).get("/duties?kind=renewal").text
    link = next(link for link in re.findall(r'<a class="btn[^>]*>[^<]*</a>', page) if f"rung={rung.value}" in link)
    assert says in link
    assert ("purpose=review" in link) is (says == "看复核条件")


def test_two_years_surely_missed_are_told_with_the_article_and_nothing_is_revoked(
    session, park, sign_in, record, hte
) -> None:
    for due_on in reports(park.firm)[:2]:
        record("hte.annual_report", due_on.isoformat(), MISSED)
    page = sign_in(park.officer).get(f"/firms/{park.firm.id}/duties").text
    assert "已累计两年未报：资格应取消（第十三条、第十九条）" in page
    assert "没有记录" not in page
    assert f'href="/credentials/{hte.id}/revoke"' in page  # the next step: nothing is revoked by itself
    assert hte.ended_on is None


def test_what_follows_from_one_year_without_a_record_is_conditional(session, park, sign_in, record, hte) -> None:
    first = reports(park.firm)[0]
    record("hte.annual_report", first.isoformat(), DONE)
    page = sign_in(park.officer).get(f"/firms/{park.firm.id}/duties").text
    assert "有 1 次没有记录；如确未报，再漏报一次将取消资格（第十三条、第十九条）" in page
    assert "/revoke" not in page


def test_an_officer_records_a_report_as_done_with_its_receipt(session, park, sign_in, hte) -> None:
    due_on = reports(park.firm)[0].isoformat()
    client = sign_in(park.officer)
    address = f"/firms/{park.firm.id}/duties/hte.annual_report/{due_on}"
    check_page(client.get(address))
    fields = {"state": "done", "on": due_on, "note": "平台已提交", "version": ""}
    file = (io.BytesIO(b"%PDF-1.7 receipt"), "回执.pdf")
    answer = client.post(address, data={**fields, "file": file}, content_type="multipart/form-data")
    assert answer.location == f"/firms/{park.firm.id}/duties"
    kept = session.query(DutyRecord).one()
    assert (kept.state, kept.on.isoformat(), kept.document.name) == (DONE, due_on, "回执.pdf")
    page = client.get(f"/firms/{park.firm.id}/duties").text
    assert "已办的" in page
    assert "平台已提交" in page
    own = sign_in(park.firm_user).get(f"/firms/{park.firm.id}/duties").text
    assert "已办的" in own and "平台已提交" not in own  # what the staff noted stays with the staff
    assert "回执.pdf" in client.get(address).text
    history = client.get(f"/firms/{park.firm.id}/history").text
    assert "高企 · 填报上年度发展情况报表" in history


def test_a_record_is_corrected_by_who_saw_it_and_taken_back(session, park, sign_in, hte) -> None:
    due_on = reports(park.firm)[0].isoformat()
    address = f"/firms/{park.firm.id}/duties/hte.annual_report/{due_on}"
    first, second = sign_in(park.officer), sign_in(park.manager)
    first.post(address, data={"state": "done", "on": due_on, "version": ""})
    told = second.post(address, data={"state": "missed", "version": ""})
    assert "别人已改过这条记录" in told.text
    assert session.query(DutyRecord).one().state is DONE
    second.post(address, data={"state": "missed", "version": "1"})
    kept = session.query(DutyRecord).one()
    assert (kept.state, kept.on, kept.version) == (MISSED, None, 2)
    assert "确认漏报" in first.get(f"/firms/{park.firm.id}/duties").text
    assert (
        "没有撤回" in first.post(f"/duty-records/{kept.id}/withdraw", data={"version": "1"}, follow_redirects=True).text
    )
    first.post(f"/duty-records/{kept.id}/withdraw", data={"version": "2"})
    assert session.query(DutyRecord).count() == 0
    assert "过期，没有记录" in first.get(f"/firms/{park.firm.id}/duties").text


def test_who_saves_the_same_does_not_take_the_others_receipt_away(session, park, sign_in, hte) -> None:
    due_on = reports(park.firm)[0].isoformat()
    address = f"/firms/{park.firm.id}/duties/hte.annual_report/{due_on}"
    fields = {"state": "done", "on": due_on, "version": ""}
    file = (io.BytesIO(b"%PDF-1.7 receipt"), "回执.pdf")
    sign_in(park.officer).post(address, data={**fields, "file": file}, content_type="multipart/form-data")
    told = sign_in(park.manager).post(address, data={**fields, "document_id": ""})
    assert "别人已改过这条记录" in told.text and "回执.pdf" in told.text
    assert session.query(DutyRecord).one().document.name == "回执.pdf"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"state": "missed"}, "期限还没有过，不能记为漏报。"),
        ({"state": "done", "on": "2199-01-01"}, "日期不能晚于今天"),
        ({"state": "done", "note": "长" * 501}, "最多 500 字"),
        ({"state": "forgotten"}, "请从列出的选项中选一个"),
    ],
)
def test_what_cannot_be_recorded_is_said_on_its_field(session, park, sign_in, hte, fields, sentence) -> None:
    ahead = reports(park.firm)[-1]
    answer = sign_in(park.officer).post(f"/firms/{park.firm.id}/duties/hte.annual_report/{ahead}", data=fields)
    assert answer.status_code == 200
    assert sentence in answer.text
    assert session.query(DutyRecord).count() == 0


def test_what_is_no_duty_of_the_firm_is_not_there(park, sign_in, hte) -> None:
    client = sign_in(park.officer)
    due_on = reports(park.firm)[0]
    for path in (
        f"hte.annual_report/{due_on + DAY}",
        f"srdi.annual_update/{due_on}",
        "hte.annual_report/yesterday",
    ):
        assert client.get(f"/firms/{park.firm.id}/duties/{path}").status_code == 404
    other = f"/firms/{park.other_firm.id}/duties/hte.annual_report/{due_on}"
    assert client.post(other, data={"state": "done"}).status_code == 404


def test_a_renewal_is_recorded_on_the_title(session, park, sign_in, hte) -> None:
    answer = sign_in(park.officer).post(
        f"/firms/{park.firm.id}/duties/hte.renewal/{hte.valid_to}", data={"state": "done", "version": ""}
    )
    assert "续期不在这里记录" in answer.text
    assert session.query(DutyRecord).count() == 0


def test_the_next_thing_for_a_title_is_its_case(session, park, sign_in, hte) -> None:
    client = sign_in(park.officer)
    assert "看重新申报条件" in client.get(f"/firms/{park.firm.id}/duties").text
    case = Case(firm=park.firm, rung=Rung.HTE, opened_on=clock.today(), stage_since=clock.today())
    session.add(case)
    session.commit()
    assert f'href="/cases/{case.id}"' in client.get(f"/firms/{park.firm.id}/duties").text


def test_many_are_done_at_once_or_none(session, park, sign_in, title, record) -> None:
    today = clock.today()
    firms = [make_firm(session, park.park, officer_id=park.officer.id) for _ in range(3)]
    for firm in firms:
        title(Rung.HTE, (today - 400 * DAY).isoformat(), (today + 600 * DAY).isoformat(), firm=firm)
    session.commit()
    due_on = reports(firms[0])[0]
    client = sign_in(park.officer)
    page = client.get("/duties?state=unrecorded").text
    values = [f"{firm.id}/hte.annual_report/{due_on}" for firm in firms]
    assert all(f'value="{value}"' in page for value in values)
    assert "请至少勾选一项" in client.post("/duties", data={}).text
    outside = f"{park.other_firm.id}/hte.annual_report/{due_on}"
    assert "没有这家企业" in client.post("/duties", data={"due": [*values, outside]}).text
    assert session.query(DutyRecord).count() == 0
    answer = client.post("/duties?rung=hte", data={"due": values[:2], "on": today.isoformat(), "note": "园区统一核对"})
    assert answer.location == "/duties?rung=hte"
    assert {kept.note for kept in session.query(DutyRecord)} == {"园区统一核对"}
    again = client.post("/duties", data={"due": values[1:], "on": (today - DAY).isoformat()})
    assert "别人已改过这条记录" in again.text
    assert session.query(DutyRecord).count() == 2


def test_the_address_narrows_the_calendar(session, park, sign_in, title, hte) -> None:
    today = clock.today()
    mine = make_firm(session, park.park, "益阳归我管有限公司", officer_id=park.manager.id)
    title(Rung.SRDI, "2020-01-01", (today + 20 * DAY).isoformat(), firm=mine)
    title(Rung.LITTLE_GIANT, "2020-01-01", (today + 20 * DAY).isoformat(), firm=park.other_firm)
    client = sign_in(park.manager)
    renewals = re.compile(r"(?:高企|专精特新|小巨人)</span> (?:重新认定|到期复核)")

    def shown(query: str) -> tuple[bool, bool]:
        page = client.get(f"/duties?{query}").text
        assert park.other_firm.name not in page
        return mine.name in page, park.firm.name in page

    assert shown("") == (True, True)
    assert shown("rung=hte") == (False, True)
    assert shown("rung=srdi&kind=renewal") == (True, False)
    assert shown("officer=mine") == (True, False)
    assert shown("state=unrecorded") == (True, True)
    assert shown("state=done") == (False, False)
    assert shown("within=1&kind=renewal") == (True, False)
    assert shown("within=12&kind=renewal") == (False, True)
    assert shown(f"month={(today + 20 * DAY).isoformat()[:7]}&kind=renewal") == (True, False)
    assert shown("month=2026-13&within=nonsense&rung=x&state=y") == (True, True)
    assert renewals.search(client.get("/duties").text)


def test_counts_by_part_and_by_month_stand_as_picture_and_table(session, park, sign_in, title, hte) -> None:
    client = sign_in(park.officer)
    whole = client.get("/duties/months?rung=hte&within=1")  # without JavaScript
    check_page(whole)
    assert 'href="/duties?rung=hte"' in whole.text  # the way back
    answer = client.get("/duties/months?rung=hte&within=1", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    page = answer.text
    assert "<html" not in page
    assert "within=overdue" in page
    assert "<svg" in page
    assert "<table" in page
    numbers = re.findall(r'stat__number">(\d+)</span>\s*<span class="stat__label">([^<]+)', page)
    assert {label: int(number) for number, label in numbers}["已过期限"] == 2
    assert hte.valid_to.isoformat()[:7] in page


def test_the_workbook_holds_the_calendars_lines(session, park, sign_in, hte) -> None:
    park.firm.name = "=益阳公式有限公司"
    session.commit()
    answer = sign_in(park.officer).get("/duties.xlsx?kind=yearly")
    rows = load_workbook(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert [row[5] for row in rows[1:]] == [each.isoformat() for each in reports(park.firm)]
    assert rows[1][0] == "'=益阳公式有限公司"
    assert rows[1][8:11] == ["国科发火〔2016〕32号", "第十三条、第十九条", "转载原文"]


@pytest.mark.parametrize("month", ["9999-12", "0001-01", "2026-13", "26-1"])
def test_no_month_breaks_the_calendar(park, sign_in, hte, month) -> None:
    client = sign_in(park.officer)
    assert client.get(f"/duties?month={month}").status_code == 200
    assert client.get(f"/duties.xlsx?month={month}").status_code == 200


def test_what_cannot_be_ticked_has_no_row_for_it_on_a_phone(park, sign_in, hte) -> None:
    tree = check_page(sign_in(park.officer).get("/duties"))
    cells = [cell for cell in tree.iter("td") if cell.get("data-label") == "勾选"]
    assert {("d-none" in (cell.get("class") or ""), any(True for _box in cell.iter("input"))) for cell in cells} == {
        (True, False),
        (False, True),
    }


def test_a_rule_is_confirmed_like_every_number(session, park, sign_in, hte) -> None:
    due_on = reports(park.firm)[0]
    client = sign_in(park.administrator)
    address = f"/firms/{park.firm.id}/duties/hte.annual_report/{due_on}"
    page = client.get(address).text
    assert "数字已对转载件" in page
    url = re.search(r"/editions/certainty/[0-9a-f]{64}", page).group()
    statement = client.get(url)
    check_page(statement)
    assert "每年 5 月 31 日前；累计漏报 2 次取消资格；累计两年未填报的" in statement.text
    assert url in client.get("/editions/certainty?rung=hte").text
    client.post(url, data={"on": "2026-01-31", "source": "国科发火〔2016〕32号 第十三条"})
    assert "数字已对转载件" not in client.get(address).text
    rows = load_workbook(io.BytesIO(client.get("/duties.xlsx?kind=yearly").data)).get_sheet_by_index(0).to_python()
    assert {row[10] for row in rows[1:]} == {"已核实"}


def test_a_firms_user_sees_its_own_duties_and_records_none(session, park, sign_in, hte) -> None:
    client = sign_in(park.firm_user)
    answer = client.get(f"/firms/{park.firm.id}/duties")
    check_page(answer)
    assert "填报上年度发展情况报表" in answer.text
    assert "hte.annual_report" not in answer.text  # no way to its record
    assert client.get(f"/firms/{park.other_firm.id}/duties").status_code == 404
    due_on = reports(park.firm)[0]
    assert client.post(f"/firms/{park.firm.id}/duties/hte.annual_report/{due_on}", data={}).status_code == 403


def test_a_former_name_without_a_date_is_told(session, park, sign_in) -> None:
    session.add(FirmName(firm=park.firm, name="不知哪年的名称", until=None))
    session.commit()
    page = sign_in(park.officer).get(f"/firms/{park.firm.id}/duties").text
    assert "没有登记更名日期，无法推算报告期限" in page
    assert "没有到期事项" in page


def test_a_full_calendar_asks_no_more_than_a_short_one(session, park, sign_in, title, hte) -> None:
    client = sign_in(park.officer)
    with count_queries(session) as few:
        client.get("/duties")
    today = clock.today()
    for number in range(90):
        firm = make_firm(session, park.park, officer_id=park.officer.id)
        title(Rung.HTE, (today - 400 * DAY).isoformat(), (today + number * DAY).isoformat(), firm=firm)
    session.commit()
    with count_queries(session) as many:
        page = client.get("/duties")
    check_page(page)
    assert 'rel="next"' in page.text
    assert len(many) <= len(few), "\n\n".join(many)


def test_a_renewal_leads_to_criteria_that_there_are(session, park, sign_in, title) -> None:
    title(Rung.HTE, (clock.today() - 1000 * DAY).isoformat(), (clock.today() + 60 * DAY).isoformat())
    giant = make_firm(session, park.park, "益阳小巨人有限公司", officer_id=park.officer.id)
    title(
        Rung.LITTLE_GIANT, (clock.today() - 1000 * DAY).isoformat(), (clock.today() + 60 * DAY).isoformat(), firm=giant
    )
    client = sign_in(park.officer)
    [hte] = re.findall(
        r'href="([^"]*/ladder\?rung=hte[^"]*)"[^>]*>\s*(?:<svg.*?</svg>)?\s*看重新申报条件', client.get("/duties").text
    )
    assert "purpose" not in hte  # since 2016 the title is won anew
    page = client.get(hte.replace("&amp;", "&")).text
    assert (
        "国科发火〔2016〕32号" in page and "没有条件" not in page.partition('id="opened"')[2].partition("</section>")[0]
    )
    assert f"/firms/{giant.id}/ladder?rung=little_giant&amp;purpose=review" in client.get("/duties").text


def test_done_without_a_date_is_today_and_says_so(session, park, sign_in, hte) -> None:
    client = sign_in(park.officer)
    address = f"/firms/{park.firm.id}/duties/hte.annual_report/{reports(park.firm)[0]}"
    page = client.post(address, data={"state": "done", "on": "", "version": ""}, follow_redirects=True).text
    assert session.query(DutyRecord).one().on == clock.today()
    assert "没有填办理日期，已记为今天" in page
