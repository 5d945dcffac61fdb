"""A patent list and a sheet of figures, as the firm has them: previewed, sent as one proposal, never written directly."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest

from crm.firms.figures.models import YearlyFigures
from crm.firms.figures.service import record_figures, verify_figures
from crm.firms.ip.models import IpRight, IpStatus
from crm.firms.ip.service import add_right
from crm.firms.proposals import service as proposals
from crm.firms.proposals.models import Proposal, ProposalField, Target
from crm.firms.proposals.service import CHANGED_RIGHT, Verdict
from crm.kernel import clock
from tests.browser.records import workbook
from tests.factories import Park
from tests.pages import check_page, text_of
from tests.queries import count_queries

YEAR = clock.today().year - 1
KNOWN = "201710601862.3"


def upload(client, kind: str, rows: list[tuple[str, ...]], header: tuple[str, ...], name: str = "表.xlsx") -> str:
    """Upload a workbook; the address of its preview."""
    answer = client.post("/own/uploads/new", data={"kind": kind, "file": (io.BytesIO(workbook(rows, header)), name)})
    assert answer.status_code == 302, answer.text
    return answer.location


def rows_of(page) -> dict[str, str]:
    """What each row of the preview is about → all that it says."""
    table = next(each for each in page.iter("table"))
    return {text_of(row[1]): text_of(row) for row in table.find("tbody")}


@pytest.fixture
def known(session, park: Park) -> IpRight:
    right = add_right(actor=park.officer, firm=park.firm, number=KNOWN, title="一种装置", status=IpStatus.VALID)
    session.commit()
    return right


def test_a_patent_list_says_what_is_new_changed_known_and_unclear(session, sign_in, park: Park, known) -> None:
    """As an agent exports it: 申请人 with others, numbers with ZL, one of another firm, one twice, one broken."""
    header = ("序号", "专利名称", "申请号", "专利类型", "申请人", "申请日", "法律状态")
    ours = park.firm.name
    rows = [
        ("1", "一种装置", f"ZL{KNOWN}", "发明专利", ours, "", "授权"),
        ("2", "一种夹具", "202020000001.7", "实用新型", f"某大学；{ours}", "2020-01-02", "授权"),
        ("3", "别家的", "201810000001.6", "发明", "别家科技有限公司", "", ""),
        ("4", "一种夹具", "202020000001.7", "实用新型", ours, "", ""),
        ("5", "错号", "202020000001.9", "实用新型", ours, "", ""),
    ]
    client = sign_in(park.firm_user)
    page = client.get(upload(client, "ip", rows, header))
    shown = rows_of(check_page(page))
    assert "没有变化" in shown[f"一种装置 · {KNOWN}"]
    assert "里面没有本企业" in next(text for title, text in shown.items() if title.startswith("别家的"))
    assert sum("202020000001.7" in title for title in shown) == 1 or "与第 3 行是同一件" in page.text
    assert "与第 3 行是同一件" in page.text
    assert "要改" in next(text for title, text in shown.items() if title.startswith("错号"))
    assert "提交 1 项给园区" in page.text
    assert session.query(Proposal).count() == 0, "a preview asks for nothing"

    answer = client.post(page.request.path, data={"act": "send"})
    field = session.query(ProposalField).one()
    assert answer.location == f"/own/proposals/{field.proposal_id}"
    assert (field.new["number"], field.new["title"], field.new["owner_rank"]) == ("202020000001.7", "一种夹具", 2)
    assert field.document is not None, "the workbook is the evidence"
    assert session.query(IpRight).count() == 1, "nothing is entered before the park accepts"
    proposals.decide(
        actor=park.officer, proposal=field.proposal, verdicts={field.id: Verdict(proposals.Decision.ACCEPTED)}
    )
    assert {right.number for right in session.query(IpRight)} == {KNOWN, "202020000001.7"}
    again = client.get(page.request.path)
    assert again.location == answer.location, "what was sent is not sent again"


def test_a_right_that_lapsed_is_a_change_the_officer_accepts(session, sign_in, park: Park, known) -> None:
    client = sign_in(park.firm_user)
    path = upload(client, "ip", [("一种装置", KNOWN, "专利权终止")], ("专利名称", "专利号", "法律状态"))
    assert "有变化" in text_of(check_page(client.get(path)))
    client.post(path, data={"act": "send"})
    field = session.query(ProposalField).one()
    assert (field.field, field.target_key) == (CHANGED_RIGHT, KNOWN)
    assert (field.old, field.new) == ({"status": "valid"}, {"status": "lapsed"})
    officer = sign_in(park.officer)
    assert f"更新知识产权 {KNOWN}" in text_of(check_page(officer.get(f"/proposals/{field.proposal_id}")))
    officer.post(f"/proposals/{field.proposal_id}", data={f"decision-{field.id}": "accepted"})
    assert known.status is IpStatus.LAPSED


def test_a_right_that_waits_already_is_not_asked_for_again(session, sign_in, park: Park) -> None:
    client = sign_in(park.firm_user)
    for _time in (1, 2):
        path = upload(client, "ip", [("一种装置", KNOWN)], ("专利名称", "专利号"))
        client.post(path, data={"act": "send"})
    assert session.query(ProposalField).count() == 1
    page = text_of(check_page(client.get(path)))
    assert "已在申请中" in page
    assert "没有要提交的" in page


STATEMENT = [
    ("营业收入", "万元", "800", "900"),
    ("研发费用", "万元", "40", "60.5"),
    ("职工人数", "人", "30", "32"),
]


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        (("项目", "单位", f"{YEAR - 1}年", f"{YEAR}年"), STATEMENT),
        (("项目", "单位", f"{YEAR - 1}", f"{YEAR}"), STATEMENT),
        (
            ("年度", "营业收入（万元）", "研发费用（万元）", "职工人数"),
            [(f"{YEAR - 1}", "800", "40", "30"), (f"{YEAR}", "900", "60.5", "32")],
        ),
        (
            tuple(
                f"{year}年{name}"
                for name in ("营业收入（万元）", "研发费用（万元）", "职工人数")
                for year in (YEAR - 1, YEAR)
            ),
            [("800", "900", "40", "60.5", "30", "32")],
        ),
    ],
    ids=["years in columns", "bare years in columns", "years in rows", "years before names"],
)
def test_figures_come_in_however_the_years_stand(session, sign_in, park: Park, header, rows) -> None:
    client = sign_in(park.firm_user)
    path = upload(client, "figures", rows, header)
    page = client.get(path)
    assert set(rows_of(check_page(page))) == {f"{YEAR - 1} 年", f"{YEAR} 年"}
    client.post(path, data={"act": "send"})
    asked = {(field.target_key, field.field): field.new for field in session.query(ProposalField)}
    assert asked == {
        (str(YEAR - 1), "revenue"): "8000000",
        (str(YEAR), "revenue"): "9000000",
        (str(YEAR - 1), "rd"): "400000",
        (str(YEAR), "rd"): "605000",
        (str(YEAR - 1), "employees"): 30,
        (str(YEAR), "employees"): 32,
    }
    assert {field.target for field in session.query(ProposalField)} == {Target.FIGURES}
    assert session.query(YearlyFigures).count() == 0


def test_what_the_park_verified_is_said_and_not_asked_anew(session, sign_in, park: Park) -> None:
    figures = record_figures(
        actor=park.officer, firm=park.firm, year=YEAR, values={"revenue": Decimal(9_000_000), "rd": Decimal(500_000)}
    )
    verify_figures(actor=park.officer, figures=figures, keys=["revenue"])
    session.commit()
    client = sign_in(park.firm_user)
    path = upload(client, "figures", [(str(YEAR), "950", "60")], ("年度", "营业收入（万元）", "研发费用（万元）"))
    page = text_of(check_page(client.get(path)))
    assert "园区已核实为 900 万元" in page
    client.post(path, data={"act": "send"})
    assert [field.field for field in session.query(ProposalField)] == ["rd"]


def test_a_column_that_was_not_recognised_is_chosen_by_hand(session, sign_in, park: Park) -> None:
    client = sign_in(park.firm_user)
    path = upload(client, "ip", [("一种装置", KNOWN)], ("专利名称", "我们的号"))
    assert "没有找到“编号”一列" in text_of(check_page(client.get(path)))
    client.post(path, data={"act": "columns", "column_0": "title", "column_1": "number", "unit": ""})
    assert "新增" in rows_of(check_page(client.get(path)))[f"一种装置 · {KNOWN}"]


def test_a_file_that_is_none_is_said_so_and_another_firm_sees_nothing(session, sign_in, park: Park) -> None:
    client = sign_in(park.firm_user)
    broken = client.post("/own/uploads/new", data={"kind": "ip", "file": (io.BytesIO(b"\x00\x01binary"), "清单.xlsx")})
    assert broken.status_code == 200
    assert "这不是表格文件" in broken.text
    path = upload(client, "ip", [("一种装置", KNOWN)], ("专利名称", "专利号"))
    assert sign_in(park.other_firm_user).get(path).status_code == 404
    assert sign_in(park.other_firm_user).post(path, data={"act": "send"}).status_code == 404


def test_what_a_firm_uploads_is_no_import_of_the_staff(session, sign_in, park: Park) -> None:
    header = ("专利名称", "申请号")
    number = upload(sign_in(park.firm_user), "ip", [("一种装置", KNOWN)], header, "企业清单.xlsx").rpartition("/")[2]
    staff = sign_in(park.administrator)
    assert "企业清单" not in staff.get("/imports").text
    assert staff.get(f"/imports/{number}").status_code == 404
    assert staff.post(f"/imports/{number}/confirm").status_code == 404


def test_an_upload_sent_twice_is_asked_for_once(session, sign_in, park: Park) -> None:
    client = sign_in(park.firm_user)
    path = upload(client, "ip", [("一种装置", KNOWN)], ("专利名称", "申请号"))
    with count_queries(session) as statements:
        first = client.post(path, data={"act": "send"})
    if session.get_bind().dialect.name == "postgresql":
        assert any(each.endswith("FOR UPDATE OF import_run") for each in statements)
    assert client.post(path, data={"act": "send"}).location == first.location
    assert session.query(Proposal).count() == 1


def test_the_template_asks_for_no_name_and_comes_in_again(session, sign_in, park: Park) -> None:
    client = sign_in(park.firm_user)
    blank = client.get("/own/uploads/template/figures.xlsx")
    assert blank.status_code == 200
    answer = client.post("/own/uploads/new", data={"kind": "figures", "file": (io.BytesIO(blank.data), "空.xlsx")})
    assert "表格里只有标题，没有数据" in answer.text
    assert client.get("/own/uploads/template/firms.xlsx").status_code == 404


def test_amounts_without_a_unit_are_asked_about_before_the_preview(session, sign_in, park: Park) -> None:
    client = sign_in(park.firm_user)
    file = f"年度,营业收入,研发费用\n{YEAR},3800,未知".encode()
    answer = client.post("/own/uploads/new", data={"kind": "figures", "file": (io.BytesIO(file), "财务.csv")})
    page = client.get(answer.location)
    check_page(page)
    assert "金额是元还是万元" in page.text and 'value="send"' not in page.text and "0.38" not in page.text
    columns = {"act": "columns", "column_0": "year", "column_1": "revenue", "column_2": "rd"}
    again = client.post(answer.location, data={**columns, "unit": ""})
    assert "请选择表里的金额是元还是万元" in again.text
    assert client.post(answer.location, data={"act": "send"}).status_code == 200
    assert session.query(Proposal).count() == 0
    shown = client.post(answer.location, data={**columns, "unit": "万元"}, follow_redirects=True)
    assert "3,800 万元" in text_of(check_page(shown)) and "金额是元还是万元" not in shown.text
    assert client.post(answer.location, data={"act": "send"}).status_code == 302
    assert session.query(ProposalField).filter_by(field="revenue").one().new == "38000000"


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        (("年度", "营业收入（元）"), (str(YEAR), "38000000")),
        (("年度", "营业收入"), (str(YEAR), "3800 万元")),
        (("年度", "职工人数"), (str(YEAR), "38")),
    ],
)
def test_a_unit_that_is_named_or_not_needed_is_not_asked_for(session, sign_in, park: Park, header, cells) -> None:
    client = sign_in(park.firm_user)
    page = client.get(upload(client, "figures", [cells], header)).text
    assert "金额是元还是万元" not in page and "提交 1 项" in page


def test_a_year_before_the_firm_was_founded_is_refused(session, sign_in, park: Park) -> None:
    park.firm.registered_on = date(YEAR, 3, 1)
    session.commit()
    client = sign_in(park.firm_user)
    rows = [(str(YEAR - 1), "700"), (str(YEAR), "800")]
    page = client.get(upload(client, "figures", rows, ("年度", "营业收入（万元）")))
    shown = rows_of(check_page(page))
    assert "还没有成立" in shown[f"{YEAR - 1} 年"] and "还没有成立" not in shown[f"{YEAR} 年"]
    assert "提交 1 项" in page.text
