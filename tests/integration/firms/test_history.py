"""The history of a firm: who, when, by which door, what from what to what, in a person's words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from crm.accounts.permissions import Role
from crm.firms import service
from crm.firms.models import FirmStatus, Industry
from crm.kernel.audit import Via, signed_via
from tests.factories import Park, make_user
from tests.pages import check_page
from tests.queries import count_queries


@pytest.fixture
def history(session, sign_in, park: Park):
    """history(…) → the rows of the page as lists of text."""

    def rows(**arguments) -> list[list[str]]:
        session.commit()
        tree = check_page(sign_in(park.manager).get(f"/firms/{park.firm.id}/history", query_string=arguments))
        return [[" ".join("".join(cell.itertext()).split()) for cell in row] for row in tree.findall(".//tbody/tr")]

    return rows


def change(rows: list[list[str]], field: str) -> tuple[str, str]:
    """Old and new of the newest change of a field."""
    row = next(row for row in rows if field in row[0])
    return row[1], row[2]


def test_values_are_told_in_words(session, history, park) -> None:
    session.add(Industry(code="X9911", name="试验小类", level="小类"))
    colleague = make_user(session, Role.OFFICER, "专员丙", organisation_id=park.park.id)
    session.flush()
    firm = park.firm
    service.update_profile(
        actor=park.officer,
        firm=firm,
        registered_capital=Decimal("12005000"),
        registered_on=date(2019, 3, 5),
        status=FirmStatus.MOVED_OUT,
        tech_field=4,
        industry_code="X9911",
    )
    service.assign(actor=park.manager, firm=firm, officer_id=colleague.id)
    rows = history()
    assert change(rows, "注册资本")[1] == "1,200.5 万元"
    assert change(rows, "成立日期")[1] == "2019年3月5日"
    assert change(rows, "登记状态") == ("在业", "迁出")
    assert change(rows, "高新技术领域")[1] == "新材料"
    assert change(rows, "国民经济行业")[1] == "X9911 试验小类"
    assert change(rows, "负责专员") == ("专员甲", "专员丙")


def test_who_and_by_which_door(session, history, park, sign_in) -> None:
    page = sign_in(park.officer)
    page.post(f"/firms/{park.firm.id}/contacts/new", data={"name": "李厂长", "telephone": "13800000000"})
    with signed_via(session, Via.PROPOSAL):
        service.update_profile(actor=park.officer, firm=park.firm, short_name="云梯")
    rows = history()
    assert "企业申请" in next(row for row in rows if "简称" in row[0])[3]
    added = next(row for row in rows if "联系人" in row[0])
    assert "专员甲" in added[3]
    assert "页面" in added[3]
    assert "李厂长" in added[0]
    assert "新增" in added[0]
    assert "13800000000" in added[2]


def test_facts_and_removed_records_keep_their_names(session, history, park) -> None:
    service.set_fact(actor=park.officer, firm=park.firm, key="market_share", value="0.125", as_of=date(2025, 12, 31))
    service.set_fact(actor=park.officer, firm=park.firm, key="market_share", value="0.2", as_of=date(2025, 12, 31))
    contact = service.add_contact(actor=park.officer, firm=park.firm, name="李厂长")
    service.remove_contact(actor=park.officer, contact=contact)
    rows = history()
    assert change(rows, "主导产品细分市场占有率 · 内容") == ("12.5%", "20%")
    removed = next(row for row in rows if "删除" in row[0])
    assert "李厂长" in removed[0]


def test_narrowed_to_one_kind(session, history, park) -> None:
    service.add_contact(actor=park.officer, firm=park.firm, name="李厂长")
    service.update_profile(actor=park.officer, firm=park.firm, short_name="云梯")
    rows = history(entity="contact")
    assert rows
    assert all("联系人" in row[0] for row in rows)
    assert len(history(entity="nothing")) == len(history())


def test_paged_newest_first(session, history, park) -> None:
    for number in range(90):
        service.update_profile(actor=park.officer, firm=park.firm, address=f"长春东路 {number} 号")
    first = history()
    assert len(first) == 80
    assert change(first, "地址")[1] == "长春东路 89 号"
    assert len(history(page=2)) >= 10


def test_cost_does_not_grow_with_the_changes(session, park, sign_in) -> None:
    client = sign_in(park.manager)
    address = f"/firms/{park.firm.id}/history"
    for number in range(3):
        service.add_contact(actor=park.officer, firm=park.firm, name=f"联系人{number}")
    session.commit()
    client.get(address)
    with count_queries(session) as few:
        client.get(address)
    for number in range(50):
        service.add_contact(actor=park.officer, firm=park.firm, name=f"同事{number}")
    session.commit()
    with count_queries(session) as many:
        client.get(address)
    assert len(many) == len(few)


def test_what_was_changed_at_once_is_signed_once_on_a_phone(session, sign_in, park) -> None:
    service.update_profile(actor=park.officer, firm=park.firm, short_name="云梯", english_name="Cloud Ladder")
    session.commit()
    tree = check_page(sign_in(park.manager).get(f"/firms/{park.firm.id}/history"))
    first, second = tree.findall(".//tbody/tr")[:2]
    assert (first.get("class"), second.get("class")) == (None, "table__again")
    assert ["cell--desk" in cell.get("class", "") for cell in (first[3], second[3])] == [False, True]
