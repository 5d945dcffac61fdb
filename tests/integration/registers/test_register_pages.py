"""The page of the registers and their one form."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from crm.firms.models import State
from crm.kernel.audit import Change
from crm.registers import queries, service
from crm.registers.kinds import REGISTERS, choices_of
from crm.registers.models import Level, Register, RegisterEntry
from tests.factories import Park
from tests.integration.incentives.makers import paper
from tests.pages import check_page
from tests.queries import count_queries

FILLED = {
    Register.INSTITUTION: {"name": "传动研究中心", "kind": "engineering_centre", "level": "city", "on": "2023-06-01"},
    Register.AWARD: {"name": "阶梯传动", "level": "provincial", "rank": "2", "on": "2024-01-05"},
    Register.EQUITY: {"name": "示例创投", "amount": "2000.000001", "qualified": "yes", "on": "2024-03-01"},
    Register.STANDARD: {"name": "减速机条件", "number": "JB/T 1-2024", "level": "industry", "rank": "3"},
    Register.HONOUR: {"name": "优势企业", "kind": "ip_advantage", "on": "2024-09-01", "valid_to": "2027-08-31"},
    Register.INCIDENT: {"name": "叉车事故", "kind": "safety", "severity": "ordinary", "on": "2024-02-02"},
    Register.CONTRACT: {"name": "减速机技术开发", "kind": "development", "role": "receiver", "amount": "120.5"},
    Register.LOAN: {
        "name": "云岭农商行",
        "kind": "credit",
        "amount": "300",
        "on": "2024-03-01",
        "valid_to": "2027-03-01",
    },
    Register.PLEDGE: {"name": "云岭银行", "kind": "patents", "amount": "500", "number": "Y2024980000001"},
    Register.VOUCHER: {"name": "疲劳试验", "kind": "testing", "party": "云岭检测所", "amount": "3.2"},
    Register.INSURANCE: {"name": "云岭财险", "kind": "patent_insurance", "amount": "100"},
    Register.PRODUCT: {"name": "精密减速机", "kind": "first_set", "niche": "工业机器人关节", "share": "12.5"},
    Register.PROJECT: {
        "name": "关节减速",
        "kind": "open_challenge",
        "level": "city",
        "role": "taker",
        "progress": "running",
    },
    Register.TECHNOLOGY: {"name": "齿面磨削", "kind": "bottleneck", "niche": "精密加工", "progress": "listed"},
    Register.RESERVE: {"name": "2025 年度备案", "kind": "yearly", "amount": "80", "number": "备2025-7"},
}


def add(park: Park, register: Register, **values) -> RegisterEntry:
    return service.add_entry(actor=park.officer, firm=park.firm, register=register, **{"name": "甲", **values})


@pytest.mark.parametrize("register", list(Register))
def test_an_entry_of_every_register_is_made_seen_edited_and_removed(
    session, park: Park, sign_in, register: Register
) -> None:
    client = sign_in(park.officer)
    address = f"/firms/{park.firm.id}/registers/{register.value}/new"
    check_page(client.get(address))
    page = client.post(address, data=FILLED[register], follow_redirects=True)
    check_page(page)
    assert FILLED[register]["name"] in page.text
    (entry,) = queries.entries_of(park.firm.id)
    edit = f"/register-entries/{entry.id}/edit"
    check_page(client.get(edit))
    data = {**FILLED[register], "version": str(entry.version), "name": "新名称"}
    assert "新名称" in client.post(edit, data=data, follow_redirects=True).text
    session.expire_all()
    seen = {"version": str(entry.version), "against": "现场看了原件"}
    assert "已核实" in client.post(f"/register-entries/{entry.id}/verify", data=seen, follow_redirects=True).text
    session.expire_all()
    assert (entry.name, entry.state) == ("新名称", State.VERIFIED)
    client.post(f"/register-entries/{entry.id}/remove")
    assert queries.entries_of(park.firm.id) == []


def test_without_a_document_it_is_said_what_an_entry_was_checked_against(session, park: Park, sign_in) -> None:
    entry = add(park, Register.AWARD, level=Level.NATIONAL, note="第二完成单位")
    session.commit()
    client, address = sign_in(park.officer), f"/register-entries/{entry.id}/verify"
    page = client.get(f"/register-entries/{entry.id}/edit").text
    assert "对照什么核实的" in page and "已对照文件核对过" not in page
    refused = client.post(address, data={"version": str(entry.version)})
    check_page(refused)
    assert refused.status_code == 422 and "请写明是对照什么核实的" in refused.text
    client.post(address, data={"version": str(entry.version), "against": "科技部网站公布的名单"})
    session.expire_all()
    assert entry.state is State.VERIFIED
    assert (entry.note or "").startswith("第二完成单位\n") and "对照：科技部网站公布的名单" in (entry.note or "")
    kept = session.scalars(select(Change.new).where(Change.entity == "register_entry", Change.field == "note")).all()
    assert any("科技部网站公布的名单" in str(each) for each in kept)


def test_an_entry_with_a_document_is_verified_against_it(session, park: Park, sign_in) -> None:
    entry = add(park, Register.AWARD, level=Level.NATIONAL)
    entry.document = paper(park.firm, park.officer)
    session.commit()
    client = sign_in(park.officer)
    page = client.get(f"/register-entries/{entry.id}/edit").text
    assert "已对照文件核对过" in page and "对照什么核实的" not in page
    client.post(f"/register-entries/{entry.id}/verify", data={"version": str(entry.version)})
    session.expire_all()
    assert (entry.state, entry.note) == (State.VERIFIED, None)


def test_money_is_typed_in_wan_and_kept_to_the_fen(session, park: Park, sign_in) -> None:
    page = sign_in(park.officer).post(
        f"/firms/{park.firm.id}/registers/equity/new", data=FILLED[Register.EQUITY], follow_redirects=True
    )
    (entry,) = queries.entries_of(park.firm.id)
    assert (entry.amount, entry.qualified) == (Decimal("20000000.01"), True)
    assert "2,000 万元" in page.text


@pytest.mark.parametrize(
    ("register", "data", "sentence"),
    [
        ("award", {"name": ""}, "请填写获奖项目。"),
        ("award", {"name": "甲", "on": "2999-01-01"}, "日期不能晚于今天"),
        ("award", {"name": "甲", "level": "international"}, "请从列出的选项中选一个。"),
        ("equity", {"name": "甲", "amount": "两千万"}, "“两千万”不是数字。"),
        ("equity", {"name": "甲", "amount": "-1"}, "不能是负数。"),
        ("honour", {"name": "甲"}, "请填写称号。"),
        (
            "honour",
            {"name": "甲", "kind": "ip_demo", "on": "2024-01-02", "valid_to": "2024-01-01"},
            "有效期不能早于授予日期。",
        ),
    ],
)
def test_bad_input_is_said_and_nothing_saved(session, park: Park, sign_in, register, data, sentence: str) -> None:
    page = sign_in(park.officer).post(f"/firms/{park.firm.id}/registers/{register}/new", data=data)
    check_page(page)
    assert sentence in page.text
    assert queries.entries_of(park.firm.id) == []


def test_an_empty_page_names_every_register(session, park: Park, sign_in) -> None:
    page = sign_in(park.officer).get(f"/firms/{park.firm.id}/registers")
    check_page(page)
    for register, kind in REGISTERS.items():
        assert str(kind.title) in page.text
        assert f'id="{register.value}"' in page.text


def test_a_long_register_has_a_page_of_its_own(session, park: Park, sign_in) -> None:
    for number in range(queries.SHOWN + 1):
        add(park, Register.AWARD, name=f"奖项{number:02d}", on=date(2000 + number, 1, 1), level=Level.NATIONAL)
    session.commit()
    client = sign_in(park.officer)
    first = client.get(f"/firms/{park.firm.id}/registers")
    assert f"看全部 {queries.SHOWN + 1} 条" in first.text
    assert "奖项00" not in first.text
    one = client.get(f"/firms/{park.firm.id}/registers?register=award")
    check_page(one)
    assert "奖项00" in one.text
    assert "股权融资" not in one.text.partition("<main")[2]
    assert client.get(f"/firms/{park.firm.id}/registers?register=nonsense").status_code == 404
    assert client.get(f"/firms/{park.firm.id}/registers/nonsense/new").status_code == 404


def test_the_second_of_two_editors_is_told(session, park: Park, sign_in) -> None:
    entry = add(park, Register.AWARD, level=Level.NATIONAL)
    opened = entry.version
    service.edit_entry(actor=park.manager, entry=entry, document=None, name="乙")
    session.commit()
    page = sign_in(park.officer).post(
        f"/register-entries/{entry.id}/edit", data={"version": str(opened), "name": "丙", "level": "national"}
    )
    check_page(page)
    assert "您的修改还没有保存" in page.text
    session.expire_all()
    assert entry.name == "乙"


@pytest.mark.parametrize("sends_version", [True, False])
def test_what_changed_since_it_was_seen_is_not_verified(session, park: Park, sign_in, sends_version) -> None:
    entry = add(park, Register.AWARD, level=Level.NATIONAL)
    seen = {"against": "原件", **({"version": str(entry.version)} if sends_version else {})}
    service.edit_entry(actor=park.manager, entry=entry, document=None, name="乙")
    session.commit()
    page = sign_in(park.officer).post(f"/register-entries/{entry.id}/verify", data=seen, follow_redirects=True)
    check_page(page)
    assert "有人改过这条记录" in page.text
    session.expire_all()
    assert entry.state is State.DECLARED


def test_a_form_without_a_version_does_not_overwrite(session, park: Park, sign_in) -> None:
    entry = add(park, Register.AWARD, level=Level.NATIONAL)
    session.commit()
    name = entry.name
    sign_in(park.officer).post(f"/register-entries/{entry.id}/edit", data={"name": "丙", "level": "national"})
    session.expire_all()
    assert entry.name == name


def test_another_parks_officer_finds_nothing(session, park: Park, sign_in) -> None:
    entry = add(park, Register.AWARD)
    session.commit()
    client = sign_in(park.other_officer)
    base = f"/firms/{park.firm.id}/registers"
    for address in (base, f"{base}/award/new", f"/register-entries/{entry.id}/edit"):
        assert client.get(address).status_code == 404, address
    for verb in ("edit", "verify", "remove"):
        assert client.post(f"/register-entries/{entry.id}/{verb}", data={}).status_code == 404, verb
    assert len(queries.entries_of(park.firm.id)) == 1


def test_a_firm_reads_its_own_registers_and_changes_none(session, park: Park, sign_in) -> None:
    entry = add(park, Register.AWARD)
    session.commit()
    client = sign_in(park.firm_user)
    page = client.get(f"/firms/{park.firm.id}/registers")
    check_page(page)
    assert f'"/register-entries/{entry.id}/edit"' not in page.text  # it asks at /own/register-entries/…
    assert client.post(f"/register-entries/{entry.id}/remove").status_code == 403


def test_the_page_asks_the_same_number_of_questions_for_any_number_of_entries(session, park: Park, sign_in) -> None:
    client = sign_in(park.officer)

    def questions() -> int:
        session.commit()
        session.expire_all()
        with count_queries(session) as seen:
            assert client.get(f"/firms/{park.firm.id}/registers").status_code == 200
        return len(seen)

    add(park, Register.AWARD, kind="progress")
    few = questions()
    for register in Register:
        for _number in range(5):
            add(park, register, kind=next(iter(choices_of(register, "kind"))))
    assert questions() == few
