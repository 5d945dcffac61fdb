"""One register over all firms of a scope: what is listed is what is counted, and every number opens it."""

from __future__ import annotations

import io
import re
from datetime import date
from decimal import Decimal
from html import unescape

import pytest
from python_calamine import CalamineWorkbook

from crm.firms.models import State
from crm.registers import service
from crm.registers.models import Level, Register, RegisterEntry
from tests.factories import Park, make_firm
from tests.pages import check_page
from tests.queries import count_queries

HTMX = {"HX-Request": "true"}


@pytest.fixture
def contracts(session, park: Park) -> Park:
    """Three of the park's firm, one of a second firm there, one of another park."""
    second = make_firm(session, park.park, "益阳第二企业有限公司")

    def add(firm, name, **values) -> None:
        service.add_entry(actor=park.officer, firm=firm, register=Register.CONTRACT, name=name, **values)

    add(park.firm, "开发一", kind="development", role="provider", amount=Decimal(1_000_000), on=date(2025, 3, 1))
    add(park.firm, "开发二", kind="development", role="receiver", amount=Decimal("0.01"), on=date(2026, 3, 1))
    add(park.firm, "没有金额", kind="development", role="provider")
    add(second, "服务", kind="service", amount=Decimal(500_000), on=date(2026, 4, 1))
    add(park.other_firm, "外园区合同", kind="service", role="provider", amount=Decimal(9_000_000), on=date(2026, 5, 1))
    session.commit()
    return park


def rows(page) -> list[str]:
    """The names of the entries listed."""
    return re.findall(r'#contract">([^<]+)</a>', page.text)


def test_the_newest_entries_of_the_own_scope_are_listed(contracts: Park, sign_in) -> None:
    page = sign_in(contracts.officer).get("/registers?register=contract")
    check_page(page)
    assert rows(page) == ["服务", "开发二", "开发一", "没有金额"]
    assert "外园区合同" in sign_in(contracts.administrator).get("/registers?register=contract").text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("kind=development", ["开发二", "开发一", "没有金额"]),
        ("role=provider", ["开发一", "没有金额"]),
        ("role=none", ["服务"]),
        ("year=2026", ["服务", "开发二"]),
        ("state=verified", []),
        ("year=nonsense&level=city&page=-3", ["服务", "开发二", "开发一", "没有金额"]),  # means nothing here
    ],
)
def test_filters_stand_in_the_address(contracts: Park, sign_in, asked: str, found: list[str]) -> None:
    page = sign_in(contracts.officer).get(f"/registers?register=contract&{asked}")
    check_page(page)
    assert rows(page) == found


def test_another_organisation_finds_nothing(contracts: Park, sign_in) -> None:
    outside = f"/registers?register=contract&organisation={contracts.other_park.id}"
    assert rows(sign_in(contracts.officer).get(outside)) == []


def test_sums_are_exact_say_what_is_unknown_and_open_what_they_count(contracts: Park, sign_in) -> None:
    client = sign_in(contracts.officer)
    part = client.get("/registers/sums?register=contract", headers=HTMX)
    text = re.sub(r"<[^>]+>", " ", part.text)
    assert re.search(r"4\s+条登记\s+2\s+家企业", text)
    assert "150" in text  # 万元, and one fen that a rounded sum hides
    assert "另有 1 条未填金额" in text
    counted = 0
    for href, number in re.findall(r'<a href="(/registers\?[^"]+)">(\d+)</a>', part.text):
        listed = client.get(unescape(href))
        check_page(listed)
        assert len(rows(listed)) == int(number), href
        counted += 1
    assert counted >= 8
    check_page(client.get("/registers/sums?register=contract&role=provider"))


def test_the_number_of_firms_opens_those_firms(contracts: Park, sign_in) -> None:
    client = sign_in(contracts.officer)
    part = client.get("/registers/sums?register=contract&kind=service", headers=HTMX)
    (address,) = re.findall(r'href="(/firms\?[^"]+)"', part.text)
    listed = client.get(unescape(address))
    check_page(listed)
    assert "益阳第二企业有限公司" in listed.text
    assert contracts.firm.name not in listed.text.partition("<tbody")[2]
    assert "技术合同 · 技术服务" in listed.text


def test_the_workbook_has_the_rows_of_the_page_with_exact_yuan(contracts: Park, sign_in) -> None:
    answer = sign_in(contracts.officer).get("/registers.xlsx?register=contract&kind=development")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    head = next(row for row in sheet if "企业" in row)
    lines = [dict(zip(head, row, strict=True)) for row in sheet[sheet.index(head) + 1 :]]
    assert [line["合同名称"] for line in lines] == ["开发二", "开发一", "没有金额"]
    assert [line["技术交易额（元）"] for line in lines] == ["0.01", 1_000_000, ""]
    assert lines[0]["本企业是"] == "吸纳方（买方）"
    assert lines[0]["认定登记日期"] == date(2026, 3, 1)


@pytest.mark.parametrize("register", list(Register))
def test_every_register_has_its_overview_and_sums(session, park: Park, sign_in, register: Register) -> None:
    client = sign_in(park.officer)
    check_page(client.get(f"/registers?register={register.value}"))
    required = {"kind": "integrity"} if register is Register.INCIDENT else {}
    required |= {"kind": "other"} if register is Register.HONOUR else {}
    service.add_entry(actor=park.officer, firm=park.firm, register=register, name="一条", **required)
    check_page(client.get(f"/registers?register={register.value}"))
    check_page(client.get(f"/registers/sums?register={register.value}"))


def test_the_page_asks_the_same_number_of_questions_for_any_number_of_entries(session, park: Park, sign_in) -> None:
    client = sign_in(park.officer)

    def questions() -> int:
        session.commit()
        with count_queries(session) as seen:
            client.get("/registers?register=institution")
            client.get("/registers/sums?register=institution")
        return len(seen)

    def add(firm, kind: str) -> None:
        values = {"kind": kind, "level": Level.CITY, "on": date(2024, 1, 1), "state": State.DECLARED}
        session.add(RegisterEntry(firm=firm, register=Register.INSTITUTION, name="中心", **values))

    add(park.firm, "key_laboratory")
    few = questions()
    for number in range(10):
        add(make_firm(session, park.park), ("key_laboratory", "technology_centre")[number % 2])
    assert questions() == few
