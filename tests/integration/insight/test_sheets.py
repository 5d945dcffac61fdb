"""What managers save: workbooks with numbers as numbers, and the table behind any chart."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
from python_calamine import CalamineWorkbook

from crm.ladder import service
from crm.ladder.models import Rung
from tests.factories import Park
from tests.integration.ladder.makers import tech_sme_case
from tests.pages import check_page, text_of


@pytest.fixture
def some(session, park: Park) -> Park:
    service.grant_credential(
        park.firm, Rung.HTE, number="=GR1", valid_from=date(2025, 1, 1), valid_to=date(2027, 12, 31), actor=park.officer
    )
    tech_sme_case(park.firm, park.officer, date(2026, 1, 1))
    session.commit()
    return park


def sheets(answer) -> dict[str, list[list]]:
    assert answer.status_code == 200
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_the_funnel_says_its_day_and_filters_and_holds_numbers(session, some: Park, sign_in) -> None:
    found = sheets(sign_in(some.administrator).get(f"/funnel.xlsx?on=2026-03-01&organisation={some.park.id}"))
    funnel, trend = found.values()
    assert funnel[0][0] == "各级各阶段的企业数"
    about = {row[0]: row[1] for row in funnel[1:6]}
    assert about["截至"] == "2026年3月1日"
    assert "长春园区" in about["园区"]
    [row] = [row for row in funnel if row[0] == "高新技术企业"]
    assert row[1:] == [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert [row[0] for row in trend if isinstance(row[0], date)][-1] == date(2026, 3, 1)


@pytest.mark.parametrize("page", ["cohorts?lower=hte&upper=srdi&", "movement?", "stuck?", "coverage?"])
def test_every_page_of_the_manager_has_its_workbook(session, some: Park, sign_in, page: str) -> None:
    client = sign_in(some.manager)
    links = [a.get("href") for a in check_page(client.get(f"/funnel/{page}officer={some.officer.id}")).iter("a")]
    [address] = {link for link in links if link and ".xlsx" in link}
    found = sheets(client.get(address))
    first = next(iter(found.values()))
    assert "专员甲" in {row[1] for row in first[1:8]}
    assert any(isinstance(cell, float) for row in first for cell in row[1:])


def test_a_movement_is_told_in_the_workbook_and_starts_no_formula(session, some: Park, sign_in) -> None:
    found = sheets(sign_in(some.manager).get("/funnel/movement.xlsx?from=2024-12-31"))
    rows = [row for row in found["逐家变动"] if row[0] == some.firm.name]
    assert {(row[2], row[3], row[5]) for row in rows} == {
        ("新上阶梯", date(2025, 1, 1), "专员甲"),
        ("新入库", date(2026, 1, 1), "专员甲"),
    }


def test_the_table_behind_any_chart_is_a_workbook(session, sign_in) -> None:
    client = sign_in(None)
    page = check_page(client.get("/styleguide"))
    [form] = [form for form in page.iter("form") if form.get("action") == "/chart.xlsx"]
    [sealed] = [field.get("value") for field in form.iter("input") if field.get("name") == "table"]
    [rows] = sheets(client.post("/chart.xlsx", data={"table": sealed})).values()
    head = next(place for place, row in enumerate(rows) if "按当年数据重算" in row)
    assert [row[1] for row in rows[head + 1 :]] == ["48–60", "55–70", "", "66–74"]
    assert rows[-1][2] == 70.0


@pytest.mark.parametrize("sent", ["", "x", None])
def test_only_what_this_house_wrote_becomes_a_workbook(session, sign_in, sent: str | None) -> None:
    client = sign_in(None)
    if sent is None:
        value = re.search(r'name="table" value="([^"]+)"', client.get("/styleguide").text)
        assert value is not None
        sent = value[1][:-2] + "xx"
    assert client.post("/chart.xlsx", data={"table": sent}).status_code == 400


def test_the_days_asked_for_often(session, some: Park, sign_in) -> None:
    tree = check_page(sign_in(some.manager).get(f"/funnel?officer={some.officer.id}"))
    [quick] = [nav for nav in tree.iter("nav") if nav.get("class") == "quick"]
    links = {text_of(a): a.get("href") for a in quick.iter("a")}
    assert links == {
        "今天": f"/funnel?officer={some.officer.id}",
        "上季度末": f"/funnel?officer={some.officer.id}&on=2026-03-31",
        "去年末": f"/funnel?officer={some.officer.id}&on=2025-12-31",
        "一年前": f"/funnel?officer={some.officer.id}&on=2025-06-15",
    }


@pytest.mark.parametrize(
    "address", ["/funnel?endpoint=x", "/funnel/movement?endpoint=x&_scheme=y", "/firms?stuck=any.any.-9999999999"]
)
def test_an_address_that_somebody_bent_is_still_a_page(session, some: Park, sign_in, address: str) -> None:
    check_page(sign_in(some.manager).get(address))
