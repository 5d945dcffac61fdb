"""Chains: where firms stand, the list of those without a patent shrinking, and each number opening its firms."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from crm.firms.figures.models import YearlyFigures
from crm.firms.ip.models import IpKind, IpRight
from crm.firms.models import Firm, FirmFact, Industry
from crm.ladder.models import Credential, Rung
from crm.lists import queries, service
from crm.lists.models import ChainStanding
from crm.lists.screening import last_run, screen
from crm.registers.models import Register, RegisterEntry
from crm.registers.resources.models import Resource, ResourceFirm, ResourceRegister
from tests.factories import Park, make_firm
from tests.integration.lists.conftest import chain_named, link_named
from tests.pages import check_page, text_of


def large(session: Any, firm: Firm, *, revenue: int = 20_000_000) -> Firm:
    """An industrial firm above the line."""
    session.merge(Industry(code="C3990", name="其他电子设备制造", level="小类"))
    firm.industry_code = "C3990"
    session.add(YearlyFigures(firm_id=firm.id, year=2025, revenue=Decimal(revenue), main_revenue=Decimal(revenue)))
    return firm


def patent(session: Any, firm: Firm, filed: date, number: str) -> None:
    session.add(IpRight(firm_id=firm.id, kind=IpKind.UTILITY_MODEL, number=number, title="一种夹具", filed_on=filed))


def none_of(session: Any, park: Park, firm: Firm, name: str = "ip") -> None:
    session.add(FirmFact(firm_id=firm.id, key=name, value=[], as_of=date(2026, 1, 1), entered_by_id=park.officer.id))


@pytest.fixture
def firms(session: Any, park: Park, shipped: None) -> dict[str, Firm]:
    made = {
        name: large(session, make_firm(session, park.park, f"益阳{name}有限公司"))
        for name in ("无", "知", "早", "晚", "高")
    }
    none_of(session, park, made["无"])
    patent(session, made["早"], date(2024, 5, 1), "Z1")
    patent(session, made["晚"], date(2026, 3, 15), "Z2")
    patent(session, made["高"], date(2020, 3, 15), "Z3")
    session.add(RegisterEntry(firm_id=made["高"].id, register=Register.INSTITUTION, name="研发中心"))
    session.add(
        Credential(firm_id=made["高"].id, rung=Rung.HTE, valid_from=date(2025, 1, 1), valid_to=date(2027, 12, 31))
    )
    made["小"] = large(session, make_firm(session, park.park, "益阳小有限公司"), revenue=19_999_999)
    made["外"] = large(session, park.other_firm)
    none_of(session, park, made["外"])
    session.commit()
    screen()
    return made


def test_firms_stand_where_their_links_say(session: Any, park: Park, firms: dict[str, Firm]) -> None:
    chain = chain_named(session, "zero_patent")
    found = {
        row.firm_id: row.links
        for row in session.execute(
            select(ChainStanding.firm_id, ChainStanding.links).where(ChainStanding.chain_id == chain.id)
        )
    }
    stands = {name: found.get(firm.id) for name, firm in firms.items()}
    assert stands == {"无": "011", "知": "111", "早": "211", "晚": "211", "高": "222", "小": None, "外": "011"}
    row = next(each for each in queries.chain_rows(park.officer, last_run()) if each.chain.id == chain.id)
    patents, institution, hte = row.links
    assert (row.firms, row.none, row.outside) == (5, 2, 1)  # of the park's own firm nothing is known
    assert (patents.passed, patents.open, patents.unknown, patents.here) == (3, 1, 1, 2)
    assert (institution.passed, institution.open, institution.unknown, institution.here) == (1, 0, 4, 0)
    assert (hte.passed, hte.here) == (1, 1)


def test_the_zero_patent_list_shrinks_with_the_first_patents(session: Any, park: Park, firms: dict[str, Firm]) -> None:
    run = last_run()
    assert run is not None
    months = queries.months_of(park.officer, run, chain_named(session, "zero_patent"), 0)
    assert [point.on for point in months][-3:] == [date(2026, 4, 30), date(2026, 5, 31), date(2026, 6, 1)]
    by_day = {point.on: (point.open, point.unknown) for point in months}
    assert by_day[date(2026, 2, 28)] == (2, 1), "one confirmed without, one that filed its first in March; one unknown"
    assert by_day[date(2026, 3, 31)] == (1, 1)
    assert by_day[date(2026, 6, 1)] == (1, 1)
    everyone = queries.months_of(park.administrator, run, chain_named(session, "zero_patent"), 0)
    assert everyone[-1].open == 2, "of the whole city"
    patent(session, firms["无"], date(2026, 5, 20), "Z9")
    session.commit()
    screen()
    row = next(each for each in queries.chain_rows(park.officer, last_run()) if each.chain.key == "zero_patent")
    assert row.links[0].open == 0


def test_each_number_opens_its_firms(session: Any, park: Park, firms: dict[str, Firm], sign_in: Any) -> None:
    for who in (park.officer, park.administrator):
        client = sign_in(who)
        page = check_page(client.get("/chains"))
        links = [
            (link.get("href", ""), int(text_of(link)))
            for cell in page.iter("td")
            for link in cell.iter("a")
            if "/firms?" in link.get("href", "")
        ]
        assert len(links) > 6
        for address, number in links:
            listed = check_page(client.get(address))
            assert len([tr for tr in listed.iter("tr") if tr.find("th[@scope='row']") is not None]) == number, address
    assert "首个" not in text_of(page)
    assert "专利扫零：还没有完成的企业" in text_of(page)


def carrier(session: Any, park: Park, firm: Firm, kind: str, since: date | None, until: date | None = None) -> None:
    place = Resource(register=ResourceRegister.CARRIER, organisation_id=park.park.id, kind=kind, name="云梯载体")
    session.add(ResourceFirm(resource=place, firm_id=firm.id, since=since, until=until))


def test_who_is_inside_a_carrier_stands_along_its_chain(
    session: Any, park: Park, firms: dict[str, Firm], sign_in: Any
) -> None:
    carrier(session, park, firms["早"], "makerspace", date(2022, 1, 1), date(2023, 1, 1))
    carrier(session, park, firms["早"], "incubator", date(2023, 1, 1))
    carrier(session, park, firms["晚"], "park", date(2023, 1, 1), date(2026, 6, 1))  # the first day outside is today
    session.commit()
    screen()
    chain = chain_named(session, "makerspace_to_park")
    found = {
        row.firm_id: row.links
        for row in session.execute(
            select(ChainStanding.firm_id, ChainStanding.links).where(ChainStanding.chain_id == chain.id)
        )
    }
    assert found == {firms["早"].id: "220", firms["晚"].id: "220"}, "of all others nobody knows, and no row is kept"
    page = text_of(check_page(sign_in(park.officer).get(f"/firms/{firms['早'].id}/lists")))
    assert "下一环：产业园" in page
    assert "下一环：组建技术研发中心" in page and "补填：研发机构" in page


def test_links_are_edited_and_the_last_one_stays(
    session: Any, park: Park, firms: dict[str, Firm], sign_in: Any
) -> None:
    chain, link = chain_named(session, "zero_patent"), link_named(session, "zero_patent", "hte")
    client = sign_in(park.administrator)
    sent = {"title": "高企", "title_en": "HTE", "place": "2"}
    opened = {**sent, "version": str(link.version)}
    answer = client.post(f"/chain-links/{link.id}/edit", data={**opened, "rule": "criteria:\n  - {id: A}"})
    assert "criteria[A].title：缺少这一键，请补上" in answer.text
    client.post(f"/chain-links/{link.id}/edit", data={**opened, "rule": link.rule})
    assert link.title == "高企"
    # Who opened it before that is told.
    late = client.post(f"/chain-links/{link.id}/edit", data={**opened, "title": "高新", "rule": link.rule})
    assert "别人已改过这条记录" in late.text
    session.refresh(link)
    assert link.title == "高企"
    client.post(f"/chains/{chain.id}/links/new", data={**sent, "key": "giant", "rule": link.rule, "place": "3"})
    assert [each.key for each in chain.links] == ["patent", "institution", "hte", "giant"]
    screen()
    assert session.scalars(select(ChainStanding.links).where(ChainStanding.firm_id == firms["高"].id)).all() == ["2222"]
    for each in list(chain.links)[1:]:
        client.post(f"/chain-links/{each.id}/remove")
    assert [each.key for each in chain.links] == ["patent"]
    assert "一条链至少有一环" in client.post(f"/chain-links/{chain.links[0].id}/remove", follow_redirects=True).text
    client.post("/chains/new", data={**sent, "key": "own_chain", "rule": ""})
    assert chain_named(session, "own_chain").links == []
    service.edit_chain(actor=park.administrator, chain=chain, rule=chain.rule, disabled=True)
    session.commit()
    assert "规上企业" not in client.get("/chains").text
