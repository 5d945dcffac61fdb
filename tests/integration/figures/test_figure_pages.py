"""The pages of yearly figures, as an officer and as those who may not see them."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

from crm.firms.figures import queries as figure_queries
from crm.firms.figures import service as figure_service
from crm.firms.models import State
from crm.kernel import clock
from tests.factories import Park
from tests.pages import check_page, text_of
from tests.queries import count_queries

PDF = b"%PDF-1.4\n%%EOF\n"


def yuan(wan: str | int) -> Decimal:
    return Decimal(wan) * 10000


def record(park: Park, year: int, **values):
    return figure_service.record_figures(actor=park.officer, firm=park.firm, year=year, values=values)


def rows_of(tree) -> dict[str, list[str]]:
    """The series as the reader has it: row title → the texts of its cells."""
    found = {}
    for row in tree.iter("tr"):
        head, cells = row.find("th"), row.findall("td")
        if head is not None and cells:
            found[text_of(head)] = [text_of(cell) for cell in cells]
    return found


def test_a_firm_without_figures_says_what_to_do(session, park: Park, sign_in) -> None:
    answer = sign_in(park.officer).get(f"/firms/{park.firm.id}/figures")
    check_page(answer)
    assert "还没有年度数据" in answer.text
    assert f"/firms/{park.firm.id}/figures/{clock.today().year - 1}/edit" in answer.text


def test_the_series_shows_years_ratios_growth_and_what_is_missing(session, park: Park, sign_in) -> None:
    record(park, 2022, revenue=yuan(4000), rd=yuan(200))
    record(park, 2023, revenue=yuan(5000), rd=yuan(300))
    figures = record(park, 2024, revenue=yuan("6000.5"))
    figure_service.verify_figures(actor=park.officer, figures=figures, keys=["revenue"])
    session.commit()
    answer = sign_in(park.officer).get(f"/firms/{park.firm.id}/figures")
    rows = rows_of(check_page(answer))
    assert rows["营业收入"] == ["6,000.5", "5,000", "4,000"]
    assert answer.text.count('aria-label="已核实"') == 1
    assert answer.text.count('aria-label="未核实"') == 4
    assert rows["营业收入增长率"][1:] == ["25%", "未知（缺少 2021 年营业收入）"]
    assert rows["研发费用占营业收入"] == ["未知缺少 2024 年研发费用", "6%", "5%"]
    assert rows["近三年研发费用合计占营业收入合计"][0] == "未知缺少 2024 年研发费用"
    assert rows["职工总数 人"] == ["—未知"] * 3


def test_the_chart_can_be_read_aloud(session, park: Park, sign_in) -> None:
    record(park, 2023, revenue=yuan(5000))
    record(park, 2024, revenue=yuan(6000), rd=yuan(10))
    session.commit()
    answer = sign_in(park.officer).get(f"/firms/{park.firm.id}/figures")
    assert 'aria-label="营业收入，万元：2023 年 5,000；2024 年 6,000"' in answer.text
    assert 'aria-label="研发费用，万元：2023 年 未知；2024 年 10"' in answer.text


def test_saving_a_year_keeps_every_fen_and_says_what_is_unlikely(session, park: Park, sign_in) -> None:
    client = sign_in(park.officer)
    address = f"/firms/{park.firm.id}/figures/2024/edit"
    check_page(client.get(address))
    data = {
        "version": "0",
        "revenue": "100.000001",
        "rd": "１２０",
        "net_profit": "-3.5",
        "employees": "0",
        "file": (io.BytesIO(PDF), "审计报告.pdf"),
    }
    answer = client.post(address, data=data, content_type="multipart/form-data", follow_redirects=True)
    check_page(answer)
    assert "研发费用高于营业收入" in answer.text
    assert "1,000,000.01 元" in answer.text
    figures = figure_queries.year_with_sources(park.firm.id, 2024)
    assert figures is not None
    assert (figures.revenue, figures.rd, figures.net_profit, figures.employees, figures.main_revenue) == (
        Decimal("1000000.01"),
        yuan(120),
        Decimal(-35000),
        0,
        None,
    )
    assert {source.document.name for source in figures.sources} == {"审计报告.pdf"}


def test_what_cannot_be_read_is_said_on_its_field_and_nothing_is_saved(session, park: Park, sign_in) -> None:
    client = sign_in(park.officer)
    address = f"/firms/{park.firm.id}/figures/2024/edit"
    answer = client.post(
        address, data={"version": "0", "revenue": "三百万", "rd": "-1", "employees": "3.5", "st_staff": "9"}
    )
    tree = check_page(answer)
    assert "“三百万”不是数字。请填数字，例如 300。" in answer.text
    assert "不能是负数。" in answer.text
    assert "请填整数，例如 12。" in answer.text
    typed = {control.get("name"): control.get("value") for control in tree.iter("input")}
    assert (typed["revenue"], typed["rd"], typed["employees"], typed["st_staff"]) == ("三百万", "-1", "3.5", "9")
    assert figure_queries.years_of(park.firm.id) == []


def test_a_file_that_is_no_document_keeps_the_figures_out(session, park: Park, sign_in) -> None:
    data = {"version": "0", "revenue": "1", "file": (io.BytesIO(b"MZ program"), "审计.pdf")}
    answer = sign_in(park.officer).post(
        f"/firms/{park.firm.id}/figures/2024/edit", data=data, content_type="multipart/form-data"
    )
    check_page(answer)
    assert "不是可收的文件" in answer.text
    assert figure_queries.years_of(park.firm.id) == []


def test_the_second_of_two_editors_sees_the_difference_and_may_then_save(session, park: Park, sign_in) -> None:
    opened = record(park, 2024, revenue=yuan(100)).version
    record(park, 2024, revenue=yuan(120))
    session.commit()
    client = sign_in(park.officer)
    address = f"/firms/{park.firm.id}/figures/2024/edit"
    answer = client.post(address, data={"version": str(opened), "revenue": "130"})
    tree = check_page(answer)
    assert "120 万元" in answer.text
    assert "130 万元" in answer.text
    session.expire_all()
    assert figure_queries.years_of(park.firm.id)[0].revenue == yuan(120)
    version = next(control.get("value") for control in tree.iter("input") if control.get("name") == "version")
    assert client.post(address, data={"version": version, "revenue": "130"}).status_code == 302
    session.expire_all()
    assert figure_queries.years_of(park.firm.id)[0].revenue == yuan(130)


def test_a_form_without_a_version_neither_overwrites_nor_verifies(session, park: Park, sign_in) -> None:
    figures = record(park, 2024, revenue=yuan(120))
    session.commit()
    client = sign_in(park.officer)
    client.post(f"/firms/{park.firm.id}/figures/2024/edit", data={"revenue": "130"})
    client.post(f"/firms/{park.firm.id}/figures/2024/verify", data={"keys": "revenue"})
    session.expire_all()
    assert (figures.revenue, figures.sources[0].state) == (yuan(120), State.DECLARED)


def test_values_are_verified_singly_with_their_document(session, park: Park, sign_in) -> None:
    figures = record(park, 2024, revenue=yuan(100), rd=yuan(5))
    session.commit()
    client = sign_in(park.officer)
    address = f"/firms/{park.firm.id}/figures/2024"
    assert "核实勾选的数值" in client.get(address).text
    refused = client.post(f"{address}/verify", data={"version": str(figures.version)})
    check_page(refused)
    assert "请先勾选要核实的数值。" in refused.text
    data = {"version": str(figures.version), "keys": ["rd"], "file": (io.BytesIO(PDF), "专项审计.pdf")}
    answer = client.post(f"{address}/verify", data=data, content_type="multipart/form-data", follow_redirects=True)
    check_page(answer)
    assert "专项审计.pdf" in answer.text
    session.expire_all()
    assert {source.key: source.state for source in figures.sources} == {
        "revenue": State.DECLARED,
        "rd": State.VERIFIED,
    }


def test_a_value_changed_since_it_was_seen_is_not_verified(session, park: Park, sign_in) -> None:
    figures = record(park, 2024, revenue=yuan(100))
    seen = figures.version
    record(park, 2024, revenue=yuan(1))
    session.commit()
    answer = sign_in(park.officer).post(
        f"/firms/{park.firm.id}/figures/2024/verify", data={"version": str(seen), "keys": "revenue"}
    )
    assert "有人改过这一年的数据" in answer.text
    session.expire_all()
    assert [source.state for source in figures.sources] == [State.DECLARED]


def test_a_year_is_removed(session, park: Park, sign_in) -> None:
    record(park, 2024, revenue=yuan(100))
    session.commit()
    answer = sign_in(park.officer).post(f"/firms/{park.firm.id}/figures/2024/remove", follow_redirects=True)
    assert "2024 年的数据已删除" in answer.text
    assert figure_queries.years_of(park.firm.id) == []


def test_a_link_to_one_missing_figure_opens_its_form(session, park: Park, sign_in) -> None:
    answer = sign_in(park.officer).get(f"/firms/{park.firm.id}/figures?year=2024")
    assert answer.location == f"/firms/{park.firm.id}/figures/2024/edit"


def test_a_year_that_cannot_be_is_no_page(session, park: Park, sign_in) -> None:
    client = sign_in(park.officer)
    assert client.get(f"/firms/{park.firm.id}/figures/2024").status_code == 404
    assert client.get(f"/firms/{park.firm.id}/figures/{clock.today().year + 1}/edit").status_code == 400
    assert client.get(f"/firms/{park.firm.id}/figures/1000/edit").status_code == 400


def test_another_parks_officer_finds_nothing(session, park: Park, sign_in) -> None:
    record(park, 2024, revenue=yuan(100))
    session.commit()
    client = sign_in(park.other_officer)
    base = f"/firms/{park.firm.id}/figures"
    for address in (base, f"{base}/2024", f"{base}/2024/edit", f"{base}/2024/verify"):
        assert client.get(address).status_code == 404, address
    for address in (f"{base}/2024/edit", f"{base}/2024/verify", f"{base}/2024/remove"):
        assert client.post(address, data={"version": "1"}).status_code == 404, address
    assert figure_queries.years_of(park.firm.id)[0].revenue == yuan(100)


def test_a_firm_reads_its_own_figures_and_changes_none(session, park: Park, sign_in) -> None:
    record(park, 2024, revenue=yuan(100))
    session.commit()
    client = sign_in(park.firm_user)
    answer = client.get(f"/firms/{park.firm.id}/figures")
    check_page(answer)
    assert '/edit"' not in answer.text
    assert client.get(f"/firms/{park.firm.id}/figures/2024/edit").status_code == 403
    assert client.post(f"/firms/{park.firm.id}/figures/2024/remove").status_code == 403
    assert client.get(f"/firms/{park.other_firm.id}/figures").status_code == 404


def test_the_series_asks_the_same_number_of_questions_for_any_number_of_years(session, park: Park, sign_in) -> None:
    client = sign_in(park.officer)

    def questions() -> int:
        session.commit()
        session.expire_all()
        with count_queries(session) as seen:
            assert client.get(f"/firms/{park.firm.id}/figures").status_code == 200
        return len(seen)

    record(park, 2020, revenue=yuan(100))
    few = questions()
    for year in range(2015, 2025):
        record(park, year, revenue=yuan(100), rd=yuan(5), employees=3)
    assert questions() == few


def test_a_rate_is_typed_and_shown_in_per_cent_and_may_be_negative(session, park: Park, sign_in) -> None:
    client = sign_in(park.officer)
    address = f"/firms/{park.firm.id}/figures/2024"
    client.post(f"{address}/edit", data={"version": "0", "roe": "-8.53", "college_staff": "12"})
    (figures,) = figure_queries.years_of(park.firm.id)
    assert (figures.roe, figures.college_staff) == (Decimal("-0.0853"), 12)
    rows = rows_of(check_page(client.get(f"/firms/{park.firm.id}/figures")))
    assert (rows["加权平均净资产收益率 %"], rows["大专以上科技人员 人"]) == (["-8.53"], ["12"])
    assert 'value="-8.53"' in client.get(f"{address}/edit").text
    assert "-8.53%" in client.get(f"/firms/{park.firm.id}/history").text


def test_the_form_refuses_a_year_before_the_firm_was_founded(session, park: Park, sign_in) -> None:
    park.firm.registered_on = date(2024, 5, 6)
    session.commit()
    answer = sign_in(park.officer).post(f"/firms/{park.firm.id}/figures/2023/edit", data={"revenue": "12"})
    assert "2023 年企业还没有成立（2024年5月6日成立）" in answer.text
    assert figure_queries.figures_of_year(park.firm.id, 2023) is None
    assert 'value="12"' in answer.text  # what was typed is still there
