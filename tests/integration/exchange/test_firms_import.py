"""Firms come in from a list: who is new, who is known, who is refused, and what becomes of every value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.exchange.models import ImportKind, Outcome, RunState
from crm.firms import search
from crm.firms.models import Contact, Firm, FirmName, FirmStatus
from crm.firms.rules import LONGEST_BUSINESS_SCOPE, clean_profile
from crm.kernel.audit import Action, Change, Via
from crm.kernel.errors import DomainError
from tests.factories import Park, credit_code, make_firm
from tests.integration.exchange.conftest import Importing

SignIn = Callable[[User | None], FlaskClient]
HEADER = "企业名称,统一社会信用代码,注册号,曾用名,经营状态,成立日期,注册资本,企业地址\n"


def firm_of(session: Session, code: str) -> Firm:
    return session.scalars(select(Firm).where(Firm.credit_code == code)).one()


def test_a_new_firm_has_every_value_of_its_row(importing: Importing, session: Session, park: Park) -> None:
    code = credit_code()
    run = importing.save(
        ImportKind.FIRMS,
        HEADER
        + f"益阳青溪机械有限公司,{code},430900000012345,益阳青溪机械厂,存续（在营）,2012年3月5日,1000万人民币,青溪路1号\n",
    )
    assert (run.state, run.created, run.rejected) == (RunState.DONE, 1, 0)
    firm = firm_of(session, code)
    assert firm.name == "益阳青溪机械有限公司"
    assert firm.registration_number == "430900000012345"
    assert firm.status is FirmStatus.ACTIVE
    assert firm.registered_on == date(2012, 3, 5)
    assert (firm.registered_capital, firm.capital_currency) == (Decimal("10000000.00"), "CNY")
    assert firm.organisation_id == park.park.id
    assert [former.name for former in firm.former_names] == ["益阳青溪机械厂"]
    assert firm.version == 1


def test_a_new_firm_is_found_and_has_a_history(importing: Importing, session: Session, park: Park) -> None:
    code = credit_code()
    run = importing.save(ImportKind.FIRMS, f"企业名称,信用代码,曾用名\n益阳竹园食品有限公司,{code},益阳竹园食品厂\n")
    firm = firm_of(session, code)
    for typed in ("竹园", "食品厂", "zysp", "zhuyuan"):
        assert firm.id in search.find(session, typed, [], limit=20), typed
    change = session.scalars(select(Change).where(Change.firm_id == firm.id)).one()
    assert (change.action, change.via, change.actor_id) == (Action.CREATED, Via.IMPORT, park.officer.id)
    assert change.import_run_id == run.id
    assert change.new["name"] == "益阳竹园食品有限公司"


def test_nothing_is_saved_before_it_is_confirmed(importing: Importing, session: Session) -> None:
    code = credit_code()
    before = session.scalar(select(func.count()).select_from(Firm))
    run = importing.check(ImportKind.FIRMS, f"企业名称,信用代码\n益阳荷塘纺织有限公司,{code}\n")
    assert (run.state, run.created) == (RunState.CHECKED, 1)
    assert session.scalar(select(func.count()).select_from(Firm)) == before


def test_a_known_code_updates_what_differs_and_leaves_alone_what_is_not_told(
    importing: Importing, session: Session, park: Park
) -> None:
    park.firm.address = "老路 1 号"
    park.firm.telephone = "0737-4000001"
    session.commit()
    content = f"企业名称,信用代码,企业地址,联系电话,公司网址\n{park.firm.name},{park.firm.credit_code.lower()},新路 2 号,,www.example.com\n"
    run = importing.save(ImportKind.FIRMS, content)
    assert (run.created, run.updated) == (0, 1)
    firm = session.get_one(Firm, park.firm.id)
    assert (firm.address, firm.telephone, firm.website) == ("新路 2 号", "0737-4000001", "https://www.example.com")
    (row,) = importing.rows(run)
    assert row.before == {"address": "老路 1 号", "website": None}
    assert row.after == {"address": "新路 2 号", "website": "https://www.example.com"}
    changes = select(Change).where(Change.firm_id == firm.id, Change.field == "address").order_by(Change.id)
    change = session.scalars(changes).all()[-1]
    assert (change.old, change.new, change.via) == ("老路 1 号", "新路 2 号", Via.IMPORT)
    again = importing.save(ImportKind.FIRMS, content)
    assert (again.updated, again.unchanged) == (0, 1)


def test_a_new_name_keeps_the_old_one_as_a_former_name(importing: Importing, session: Session, park: Park) -> None:
    old = park.firm.name
    importing.save(ImportKind.FIRMS, f"企业名称,信用代码\n益阳新名机械有限公司,{park.firm.credit_code}\n")
    firm = session.get_one(Firm, park.firm.id)
    assert firm.name == "益阳新名机械有限公司"
    assert [former.name for former in firm.former_names] == [old]
    assert firm.id in search.find(session, "新名", [], limit=20)
    assert firm.id in search.find(session, old[2:4], [], limit=20)


def test_brackets_of_another_width_are_no_new_name(importing: Importing, session: Session, park: Park) -> None:
    firm = make_firm(session, park.park, "益阳（湖南）云岭有限公司")
    session.commit()
    run = importing.save(ImportKind.FIRMS, f"企业名称,信用代码\n益阳(湖南)云岭有限公司,{firm.credit_code}\n")
    assert run.unchanged == 1


def test_a_name_alone_never_merges(importing: Importing, session: Session, park: Park) -> None:
    run = importing.save(
        ImportKind.FIRMS,
        f"企业名称,企业地址\n{park.firm.name},别处 1 号\n益阳无码有限公司,某路 1 号\n益阳无码有限公司,某路 2 号\n",
    )
    assert importing.outcomes(run) == {2: Outcome.REJECTED, 3: Outcome.CREATED, 4: Outcome.REJECTED}
    said = importing.messages(run)
    assert "重复" in said[2] and park.firm.name in said[2] and "信用代码" in said[2]
    assert "第 3 行" in said[4]
    assert session.get_one(Firm, park.firm.id).address is None


def test_a_new_code_under_a_known_name_is_another_firm_and_warns(
    importing: Importing, session: Session, park: Park
) -> None:
    code = credit_code()
    content = f"企业名称,信用代码\n{park.firm.name},{code}\n"
    run = importing.save(ImportKind.FIRMS, content)
    assert run.created == 1
    assert "同名" in importing.messages(run)[2]
    again = importing.save(ImportKind.FIRMS, content)
    assert (again.unchanged, importing.messages(again)) == (1, importing.messages(run))
    assert firm_of(session, code).id != park.firm.id


def test_the_second_row_of_one_firm_is_refused_and_names_the_first(importing: Importing) -> None:
    code = credit_code()
    run = importing.save(
        ImportKind.FIRMS,
        f"企业名称,信用代码\n益阳甲有限公司,{code}\n益阳乙有限公司,{credit_code()}\n益阳丙有限公司, {code.lower()} \n",
    )
    assert importing.outcomes(run) == {2: Outcome.CREATED, 3: Outcome.CREATED, 4: Outcome.REJECTED}
    assert "第 2 行" in importing.messages(run)[4]


def test_two_rows_naming_one_known_firm_by_different_numbers_are_one_firm(
    importing: Importing, session: Session, park: Park
) -> None:
    park.firm.stock_code = "399985"
    session.commit()
    run = importing.save(
        ImportKind.FIRMS,
        "企业名称,信用代码,证券代码,地址\n"
        f"{park.firm.name},{park.firm.credit_code},,新路 1 号\n{park.firm.name},,399985,新路 2 号\n",
    )
    assert run.state is RunState.DONE
    assert importing.outcomes(run) == {2: Outcome.UPDATED, 3: Outcome.REJECTED}
    assert "第 2 行是同一家企业" in importing.messages(run)[3]
    session.refresh(park.firm)
    assert park.firm.address == "新路 1 号"


def test_a_registration_number_is_kept_as_that_in_whatever_column(importing: Importing, session: Session) -> None:
    run = importing.save(
        ImportKind.FIRMS,
        "企业名称,统一社会信用代码/注册号\n益阳旧号机械厂,430900000054321\n益阳错码厂,91430900MA00000000\n",
    )
    assert importing.outcomes(run) == {2: Outcome.CREATED, 3: Outcome.REJECTED}
    firm = session.scalars(select(Firm).where(Firm.registration_number == "430900000054321")).one()
    assert firm.credit_code is None
    assert "校验位" in importing.messages(run)[3]
    code = credit_code()
    again = importing.save(ImportKind.FIRMS, f"企业名称,信用代码,注册号\n益阳旧号机械厂,{code},430900000054321\n")
    assert again.updated == 1
    assert firm_of(session, code).id == firm.id


def test_a_firm_outside_the_scope_is_refused_and_untouched(importing: Importing, session: Session, park: Park) -> None:
    run = importing.save(ImportKind.FIRMS, f"企业名称,信用代码\n改名有限公司,{park.other_firm.credit_code}\n")
    assert run.rejected == 1
    said = importing.messages(run)[2]
    assert "管辖范围" in said and park.other_firm.name not in said
    assert session.get_one(Firm, park.other_firm.id).name == "益阳远山新材料有限公司"


def test_a_park_in_the_file_decides_where_the_firm_goes_within_the_scope(
    importing: Importing, session: Session, park: Park
) -> None:
    inside, outside = credit_code(), credit_code()
    run = importing.save(
        ImportKind.FIRMS,
        f"企业名称,信用代码,园区\n益阳入园有限公司,{inside},长春园区\n益阳出园有限公司,{outside},龙岭园区\n",
        actor=park.manager,
        organisation=park.county,
    )
    assert importing.outcomes(run) == {2: Outcome.CREATED, 3: Outcome.REJECTED}
    assert firm_of(session, inside).organisation_id == park.park.id


def test_values_a_firm_can_do_without_are_left_out_with_a_word(importing: Importing, session: Session) -> None:
    code = credit_code()
    run = importing.save(
        ImportKind.FIRMS,
        f"企业名称,信用代码,联系电话,注册号,所属行业,服务专员\n益阳柳河有限公司,{code},请查官网,12345,不存在的行业,无此人\n",
    )
    assert run.created == 1 and run.warnings == 1
    firm = firm_of(session, code)
    assert (firm.telephone, firm.registration_number, firm.industry_code, firm.officer_id) == (None, None, None, None)
    said = importing.messages(run)[2]
    assert all(word in said for word in ("请查官网", "12345", "不存在的行业", "无此人"))


def test_an_officer_who_cannot_see_the_firm_is_not_put_or_left_in_charge(
    importing: Importing, session: Session, park: Park
) -> None:
    new, moved = credit_code(), park.firm.credit_code
    run = importing.save(
        ImportKind.FIRMS,
        "企业名称,信用代码,园区,服务专员\n"
        f"益阳新来有限公司,{new},长春园区,专员乙\n{park.firm.name},{moved},龙岭园区,\n"
        f"{park.other_firm.name},{park.other_firm.credit_code},,{park.officer.email}\n",
        actor=park.administrator,
        organisation=park.city,
    )
    said = importing.messages(run)
    assert importing.outcomes(run) == {2: Outcome.CREATED, 3: Outcome.UPDATED, 4: Outcome.UNCHANGED}
    assert "长春园区" in said[2] and "专员乙" in said[2]
    assert "原专员" in said[3]
    assert "龙岭园区" in said[4] and park.officer.email in said[4]
    assert firm_of(session, new).officer_id is None
    assert (firm_of(session, moved).organisation_id, firm_of(session, moved).officer_id) == (park.other_park.id, None)
    assert session.get_one(Firm, park.other_firm.id).officer_id == park.other_officer.id


def test_contacts_keep_the_rules_of_the_page(importing: Importing, session: Session, park: Park) -> None:
    run = importing.save(
        ImportKind.FIRMS,
        f"企业名称,信用代码,联系人,联系人电话,邮箱\n{park.firm.name},{park.firm.credit_code},乙某,见官网,不是邮箱\n",
    )
    (person,) = session.scalars(select(Contact).where(Contact.firm_id == park.firm.id))
    assert (person.name, person.telephone, person.email) == ("乙某", None, None)
    said = importing.messages(run)[2]
    assert (run.updated, run.warnings) == (1, 1)
    assert "见官网" in said and "不是邮箱" in said


def test_what_an_import_takes_as_a_scope_the_profile_takes_too(
    importing: Importing, session: Session, park: Park, sign_in: SignIn
) -> None:
    longest = "制造" * (LONGEST_BUSINESS_SCOPE // 2)
    content = f"企业名称,信用代码,经营范围\n{park.firm.name},{park.firm.credit_code},%s\n"
    assert importing.save(ImportKind.FIRMS, content % longest).updated == 1
    assert importing.save(ImportKind.FIRMS, content % f"{longest}业").rejected == 1
    with pytest.raises(DomainError, match="最多 20000 个字"):
        clean_profile({"business_scope": f"{longest}业"})
    client = sign_in(park.officer)
    version = session.get_one(Firm, park.firm.id).version
    page = {"version": str(version), "name": park.firm.name, "status": "active", "business_scope": longest[:-1]}
    assert client.post(f"/firms/{park.firm.id}/edit", data=page).status_code == 302
    assert session.get_one(Firm, park.firm.id).business_scope == longest[:-1]


def test_people_come_in_as_contacts_once(importing: Importing, session: Session, park: Park) -> None:
    content = f"企业名称,信用代码,法定代表人,联系人,联系人电话\n{park.firm.name},{park.firm.credit_code},甲某,乙某,13800000000\n"
    importing.save(ImportKind.FIRMS, content)
    importing.save(ImportKind.FIRMS, content)
    people = session.execute(
        select(Contact.name, Contact.position, Contact.telephone)
        .where(Contact.firm_id == park.firm.id)
        .order_by(Contact.name)
    ).all()
    assert sorted(map(tuple, people)) == [("乙某", None, "13800000000"), ("甲某", "法定代表人", None)]


def test_a_listed_firm_kept_under_its_short_name_gets_its_full_name(importing: Importing, session: Session) -> None:
    importing.save(ImportKind.FIGURES, "证券代码,证券简称,年份,营业收入\n399991,梯度股份,2024,1000\n")
    firm = session.scalars(select(Firm).where(Firm.stock_code == "399991")).one()
    assert firm.name == "梯度股份"
    importing.save(ImportKind.FIRMS, "公司全称,A股代码,A股简称\n梯度机械股份有限公司,399991,梯度股份\n")
    session.refresh(firm)
    assert firm.name == "梯度机械股份有限公司"
    assert session.scalars(select(FirmName).where(FirmName.firm_id == firm.id)).all() == []


@pytest.mark.parametrize(
    ("cell", "column", "word"),
    [
        ("2099-01-01", "成立日期", "还没有到"),
        ("-5万人民币", "注册资本", "负数"),
        ("三百万", "注册资本", "阿拉伯数字"),
        ("2020-02-30", "成立日期", "不存在"),
        ("奇怪的状态", "经营状态", "不在可选的词里"),
    ],
)
def test_a_wrong_cell_refuses_its_row_and_says_where(importing: Importing, cell: str, column: str, word: str) -> None:
    run = importing.save(
        ImportKind.FIRMS,
        f"企业名称,信用代码,{column}\n益阳好有限公司,{credit_code()},\n益阳坏有限公司,{credit_code()},{cell}\n",
    )
    assert importing.outcomes(run) == {2: Outcome.CREATED, 3: Outcome.REJECTED}
    (message,) = importing.rows(run)[1].messages
    assert word in message["text"] and message["key"] is not None
