"""Trades of GB/T 4754 as an administrator keeps them: renamed, added, taken out of use; what is offered and what still stands."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from crm.exchange.models import ImportKind
from crm.firms.models import Firm, Industry
from crm.firms.reference.loading import load_reference
from crm.kernel.audit import Change
from crm.registers.resources.models import ResourceRegister
from tests.factories import Park, make_firm
from tests.integration.exchange.conftest import Importing
from tests.integration.exchange.conftest import importing as importing
from tests.pages import check_page

TRADES = "/reference/industries"


@pytest.fixture
def admin(park: Park, sign_in):
    return sign_in(park.administrator)


@pytest.fixture(autouse=True)
def _trades(session, park: Park) -> None:  # the park signs what is entered
    session.add(Industry(code="C", name="制造业", level="门类"))
    session.add(Industry(code="C34", name="通用设备制造业", level="大类", parent_code="C"))
    session.add(Industry(code="C342", name="金属加工机械制造", level="中类", parent_code="C34"))
    session.add(Industry(code="C3421", name="金属切削机床制造", level="小类", parent_code="C342"))
    session.commit()


def disable(admin, code: str, name: str):
    return admin.post(f"{TRADES}/{code}", data={"name": name, "disabled": "y", "version": "1"})


def test_a_trade_is_renamed_with_its_history_and_loading_again_keeps_it(session, park: Park, admin) -> None:
    load_reference()
    session.commit()
    page = admin.post(f"{TRADES}/C3421", data={"name": "数控机床制造", "version": "1"}, follow_redirects=True)
    check_page(page)
    assert "数控机床制造" in page.text
    admin.post(TRADES, data={"code": "C3490", "name": "试验设备制造"})
    disable(admin, "C3424", "金属切割及焊接设备制造")
    change = session.scalars(select(Change).where(Change.entity == "industry", Change.field == "name")).one()
    assert (change.old, change.new, change.actor_id) == ("金属切削机床制造", "数控机床制造", park.administrator.id)
    assert change.entity_id == int("C3421", 36)
    load_reference()
    session.expire_all()
    assert session.get(Industry, "C3421").name == "数控机床制造"
    assert session.get(Industry, "C3424").disabled
    assert session.get(Industry, "C3490").name == "试验设备制造"


def test_the_second_of_two_administrators_is_told(session, admin) -> None:
    admin.post(f"{TRADES}/C34", data={"name": "通用机械", "version": "1"})
    late = admin.post(f"{TRADES}/C34", data={"name": "普通设备", "version": "1"})
    assert "别人已改过这条记录" in late.text
    assert session.get(Industry, "C34").name == "通用机械"


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("342", "代码应是门类字母加数字"),
        ("C3", "代码应是门类字母加数字"),
        ("C34215", "最多 5 个字"),
        ("C3421", "代码已经有了：C3421 金属切削机床制造"),
        ("D34", "代码已经有了：C34 通用设备制造业"),
        ("C3551", "还没有上一级中类 C355"),
    ],
)
def test_a_code_has_the_form_of_the_standard_and_stands_below_one_there_is(
    session, admin, code: str, word: str
) -> None:
    page = admin.post(TRADES, data={"code": code, "name": "试验行业"})
    check_page(page)
    assert page.status_code == 422
    assert word in page.text
    assert session.scalars(select(Industry).where(Industry.name == "试验行业")).all() == []


def test_a_trade_is_added_below_its_parent_and_offered_at_once(session, park: Park, admin, sign_in) -> None:
    page = admin.post(TRADES, data={"code": "ｃ3429", "name": "其他金属加工机械制造"}, follow_redirects=True)
    check_page(page)
    added = session.get(Industry, "C3429")
    assert (added.level, added.parent_code) == ("小类", "C342")
    assert "其他金属加工机械制造" in page.text
    assert "C3429" in sign_in(park.officer).get("/trades?industry_code=加工机械").text
    twice = admin.post(TRADES, data={"code": "C3428", "name": "其他金属加工机械制造"})
    assert "同级里已有“其他金属加工机械制造”（C3429）" in twice.text


def test_disabling_goes_from_below_and_coming_back_from_above(session, admin) -> None:
    assert "下一级还有 1 个在用" in disable(admin, "C342", "金属加工机械制造").text
    assert disable(admin, "C3421", "金属切削机床制造").status_code == 302
    assert disable(admin, "C342", "金属加工机械制造").status_code == 302
    assert "已停用" in admin.get(f"{TRADES}?parent=C342").text
    back = admin.post(f"{TRADES}/C3421", data={"name": "金属切削机床制造", "version": "2"})
    assert "上一级“C342 金属加工机械制造”已停用" in back.text
    below = admin.post(TRADES, data={"code": "C3422", "name": "金属成形机床制造"})
    assert "上一级“C342 金属加工机械制造”已停用" in below.text


def test_one_out_of_use_stays_on_its_firm_and_is_taken_by_no_other(session, park: Park, admin, sign_in) -> None:
    has = make_firm(session, park.park, industry_code="C3421")
    session.commit()
    disable(admin, "C3421", "金属切削机床制造")
    officer = sign_in(park.officer)
    assert "C3421" not in officer.get("/trades?industry_code=机床").text
    assert "C3421 金属切削机床制造" in officer.get(f"/firms/{has.id}/profile").text
    form = {"name": has.name, "status": "active", "credit_code": has.credit_code, "version": str(has.version)}
    kept = officer.post(f"/firms/{has.id}/edit", data={**form, "industry_code": "C3421 金属切削机床制造"})
    assert kept.status_code == 302
    other = park.firm
    form = {"name": other.name, "status": "active", "credit_code": other.credit_code, "version": str(other.version)}
    refused = officer.post(f"/firms/{other.id}/edit", data={**form, "industry_code": "3421"})
    assert "行业“C3421 金属切削机床制造”已停用" in refused.text
    wished = sign_in(park.firm_user).post("/own/profile", data={"name": other.name, "industry_code": "3421"})
    assert "行业“C3421 金属切削机床制造”已停用" in wished.text
    resource = officer.post(
        "/resources/new/expert", data={"name": "机床专家", "industry_code": "C3421", "organisation_id": park.park.id}
    )
    assert "行业“C3421 金属切削机床制造”已停用" in resource.text
    session.expire_all()
    assert [session.get(Firm, each.id).industry_code for each in (has, other)] == ["C3421", None]


def test_a_section_out_of_use_is_offered_to_no_filter_but_the_one_that_has_it(
    session, park: Park, admin, sign_in
) -> None:
    session.add(Industry(code="Z", name="试验门类", level="门类"))
    session.commit()
    option = ">Z 试验门类</option>"
    officer = sign_in(park.officer)
    addresses = ("/firms", "/resources")
    assert all(option in officer.get(address).text for address in addresses)
    disable(admin, "Z", "试验门类")
    assert not any(option in officer.get(address).text for address in addresses)
    assert all(option in officer.get(f"{address}?industry=Z").text for address in addresses)
    assert option not in sign_in(park.manager).get("/funnel").text


def test_an_import_leaves_out_a_trade_out_of_use_and_says_so(session, park: Park, admin, importing: Importing) -> None:
    has = make_firm(session, park.park, industry_code="C3421")
    session.commit()
    disable(admin, "C3421", "金属切削机床制造")
    rows = f"{has.credit_code},{has.name},C3421\n{park.firm.credit_code},{park.firm.name},C3421\n"
    run = importing.save(ImportKind.FIRMS, f"统一社会信用代码,企业名称,行业\n{rows}")
    assert importing.messages(run) == {3: "行业“C3421”已停用，未记入"}
    assert session.get(Firm, has.id).industry_code == "C3421"
    assert session.get(Firm, park.firm.id).industry_code is None
    run = importing.save(ResourceRegister.EXPERT, "姓名,类型,服务行业\n机床专家,企业专家,C3421\n")
    assert "行业“C3421”已停用，未记入" in importing.messages(run)[2]
