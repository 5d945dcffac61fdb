"""Firms that may be one: proposed with reasons, merged as previewed with every relation, and taken apart again."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.firms import search
from crm.firms import service as firms
from crm.firms.duplicates import cores, queries, service
from crm.firms.duplicates.models import DistinctFirms, FirmMerge
from crm.firms.duplicates.preview import preview
from crm.firms.duplicates.queries import Reason, pairs_for
from crm.firms.duplicates.rows import firm_columns
from crm.firms.duplicates.words import table_title
from crm.firms.figures.service import record_figures
from crm.firms.ip import service as ip
from crm.firms.models import Contact, Firm, FirmName
from crm.firms.search import find
from crm.kernel import clock
from crm.kernel.audit import Change
from crm.kernel.db import db
from crm.kernel.errors import DomainError, EditConflictError
from crm.ladder import service as ladder
from crm.ladder.models import Case, Credential, CredentialEvent, CredentialEventKind, Rung
from crm.registers.models import Level, Register, RegisterEntry
from crm.visits import service as visits
from crm.visits.models import Visit
from tests.factories import Park, credit_code, make_firm, make_user
from tests.queries import count_queries

TODAY = clock.today()


@pytest.fixture
def double(session: Session, park: Park) -> Firm:
    """Another record of the park's firm, without a credit code and with a life of its own."""
    firm = make_firm(session, park.park, "云梯机械（益阳）有限公司", credit_code=None, telephone="0737-4000009")
    record_figures(
        actor=park.officer, firm=firm, year=2024, values={"revenue": Decimal(8_000_000), "rd": Decimal(400_000)}
    )
    record_figures(actor=park.officer, firm=firm, year=2023, values={"revenue": Decimal(7_000_000)})
    ip.add_right(actor=park.officer, firm=firm, number="201710601862.3", title="一种装置")
    firms.add_contact(actor=park.officer, firm=firm, name="办公室", main=True)
    visits.log_visit(park.officer, firm, visits.Account(on=TODAY, said="谈了研发投入。"))
    ladder.open_case(firm, Rung.SRDI, actor=park.officer)
    session.commit()
    return firm


def merged(park: Park, gone: Firm, *wanted: str) -> FirmMerge:
    return service.merge(
        actor=park.officer, kept=park.firm, gone=gone, wanted=wanted, kept_version=None, gone_version=None
    )


def record_of(session: Session, firm_id: int) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table that names the firm; not the history, which only grows."""
    session.flush()
    return {
        f"{table.name}.{column.name}": [
            {name: value for name, value in row._mapping.items() if name not in ("version", "warnings")}
            for row in session.execute(select(table).where(column == firm_id).order_by(table.c.id))
        ]
        for table, column in firm_columns()
        if table.name not in ("change", "firm_merge")
    }


# --- proposed ----------------------------------------------------------------------------------------------------


def pairs(session: Session, user: User) -> list[tuple[set[str], list[Reason]]]:
    session.flush()
    return [({pair.first.name, pair.second.name}, pair.reasons) for pair in pairs_for(user)]


def test_like_words_propose_a_pair_unless_both_have_a_code(session: Session, park: Park, double: Firm) -> None:
    assert pairs(session, park.officer) == [({park.firm.name, double.name}, [Reason.SAME_CORE])]
    double.credit_code = credit_code()
    assert pairs(session, park.officer) == []


def test_many_shared_characters_propose_nothing(session: Session, park: Park) -> None:
    make_firm(session, park.park, "益阳云霞精密机械有限公司", credit_code=None)
    make_firm(session, park.park, "益阳天云梯具精密机械有限公司", credit_code=None)
    assert pairs(session, park.officer) == []


def test_different_trades_propose_nothing(session: Session, park: Park) -> None:
    make_firm(session, park.park, "云梯食品有限公司", credit_code=None)
    assert pairs(session, park.officer) == []


def test_a_former_name_and_a_registration_number_propose_a_pair(session: Session, park: Park) -> None:
    renamed = make_firm(session, park.park, "益阳青禾装备有限公司", registration_number="430900000000017")
    renamed.former_names.append(FirmName(name="资水机床厂"))
    make_firm(session, park.park, "资水机床厂", credit_code=None)
    make_firm(session, park.park, "青苗公司", credit_code=None, registration_number="430900000000017")
    found = {frozenset(names): reasons for names, reasons in pairs(session, park.officer)}
    assert found == {
        frozenset({"益阳青禾装备有限公司", "资水机床厂"}): [Reason.FORMER_NAME],
        frozenset({"益阳青禾装备有限公司", "青苗公司"}): [Reason.SAME_REGISTRATION_NUMBER],
    }


def test_two_codes_of_one_organisation_propose_a_pair(session: Session, park: Park) -> None:
    code = park.firm.credit_code
    assert code is not None
    make_firm(session, park.park, "另一个名字", credit_code="92" + code[2:17] + "X")
    assert [reasons for _names, reasons in pairs(session, park.officer)] == [[Reason.SAME_BODY]]


def test_a_firm_registered_by_the_short_name_of_another_is_told_at_once_and_proposed(session, park, sign_in) -> None:
    known = make_firm(session, park.park, "云岭星河智能装备有限公司", short_name="星河智能装备")
    session.commit()
    client = sign_in(park.officer)
    new = {"organisation_id": park.park.id, "status": "active", "capital_currency": "CNY"}
    for name in ("星河智能装备", "星河智能装备有限公司"):
        answer = client.post("/firms/new", data={**new, "name": name}, follow_redirects=True)
        assert f"辖区内已有“{known.name}”" in answer.text
    assert ({known.name, "星河智能装备"}, [Reason.SHORT_NAME]) in pairs(session, park.officer)
    assert "一家的简称是另一家的名称" in client.get("/firms/duplicates").text
    assert pairs(session, park.other_officer) == []


def test_nobody_is_told_of_firms_outside_their_scope(session: Session, park: Park) -> None:
    make_firm(session, park.other_park, "云梯机械有限公司", credit_code=None)
    assert pairs(session, park.officer) == []
    assert len(pairs(session, park.administrator)) == 1


def test_a_pair_told_apart_is_not_proposed_again(session: Session, park: Park, double: Firm, sign_in: Any) -> None:
    client = sign_in(park.officer)
    page = client.get("/firms/duplicates")
    assert double.name in page.text and "名称中的字号相同" in page.text
    page = client.post(f"/firms/{double.id}/apart/{park.firm.id}", follow_redirects=True)
    assert "没有看起来重复的企业" in page.text
    session.expire_all()
    told = session.scalars(select(DistinctFirms)).one()
    assert (told.first_id, told.second_id) == tuple(sorted((park.firm.id, double.id)))


def test_pairs_told_apart_and_of_other_trades_leave_room_for_the_next(
    session: Session, park: Park, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MOST", 1)
    apart = [make_firm(session, park.park, name, credit_code=None) for name in ("阿云机械有限公司", "阿云机械厂")]
    service.tell_apart(actor=park.officer, first=apart[0], second=apart[1])
    for name in ("波云机械有限公司", "波云食品有限公司", "初云机械有限公司", "初云机械设备有限公司"):
        make_firm(session, park.park, name, credit_code=None)
    assert pairs(session, park.officer) == [({"初云机械有限公司", "初云机械设备有限公司"}, [Reason.SAME_CORE])]


def test_a_name_changed_in_bulk_is_compared_by_its_new_words(session: Session, park: Park, double: Firm) -> None:
    """As an import changes it, and its undoing."""
    session.execute(update(Firm).where(Firm.id == double.id).values(name="资水食品有限公司"))
    search.reindex_firms(session, [double.id])
    cores.fill()
    assert pairs(session, park.officer) == []


def test_cores_of_firms_that_came_in_bulk_are_filled(session: Session, park: Park, double: Firm) -> None:
    session.execute(update(Firm).values(name_core=None))
    session.commit()
    assert pairs(session, park.officer) == []
    assert cores.fill() > 0
    assert len(pairs(session, park.officer)) == 1
    assert cores.fill() == 0


def test_the_list_takes_a_constant_number_of_queries(session: Session, park: Park, double: Firm, sign_in: Any) -> None:
    client = sign_in(park.officer)
    with count_queries(session) as few:
        client.get("/firms/duplicates")
    for number in range(10):
        make_firm(session, park.park, f"益阳{'甲乙丙丁戊己庚辛壬癸'[number]}云机械有限公司", credit_code=None)
        make_firm(session, park.park, f"{'甲乙丙丁戊己庚辛壬癸'[number]}云设备机械有限公司", credit_code=None)
    session.commit()
    with count_queries(session) as many:
        assert client.get("/firms/duplicates").text.count("比较两家") == 11
    assert len(many) <= len(few)


def test_the_core_of_a_name_is_worked_out_when_the_name_changes_alone(
    session: Session, park: Park, monkeypatch: Any
) -> None:
    worked_out = []
    monkeypatch.setattr(cores, "name_core", lambda name: worked_out.append(name) or "新字号")
    firms.update_profile(actor=park.officer, firm=park.firm, telephone="0737-4000012")
    assert worked_out == []
    firms.update_profile(actor=park.officer, firm=park.firm, name="云岭新字号有限公司")
    assert (worked_out, park.firm.name_core) == (["云岭新字号有限公司"], "新字号")


# --- merged ------------------------------------------------------------------------------------------------------


def test_every_table_that_names_a_firm_has_a_title(app: Any) -> None:
    with app.test_request_context():
        assert all(str(table_title(table.name)) for table, _column in firm_columns())


def test_every_relation_follows(session: Session, park: Park, double: Firm) -> None:
    colleague = make_user(session, park.firm_user.role, "企业丙", firm_id=double.id)
    before = record_of(session, double.id)
    gone_id = double.id
    merged(park, double)
    session.commit()
    assert session.get(Firm, gone_id) is None
    after = record_of(session, park.firm.id)
    for where, rows in before.items():
        column = where.split(".")[1]
        expected = [{**row, column: park.firm.id} for row in rows]
        if where == "contact.firm_id":
            expected = [{**row, "main": True} for row in expected]  # the kept firm had no main contact
        assert all(row in after[where] for row in expected), where
    assert colleague.firm_id == park.firm.id
    history = session.scalars(select(Change).where(Change.firm_id == park.firm.id, Change.entity == "visit")).all()
    assert history, "the history of the firm that went is the kept firm's"


def test_the_kept_firm_fills_up_and_remembers_the_name(session: Session, park: Park, double: Firm) -> None:
    name = double.name
    merged(park, double)
    assert park.firm.telephone == "0737-4000009"
    assert name in [former.name for former in park.firm.former_names]
    assert find(session, "云梯机械（益阳", [], limit=5) == [park.firm.id]


def test_a_person_may_take_the_other_firms_value(session: Session, park: Park, double: Firm) -> None:
    old, new = park.firm.name, double.name
    assert preview(park.firm, double, ["name"]).result("name") == new
    merged(park, double, "name")
    assert (park.firm.name, old in [former.name for former in park.firm.former_names]) == (new, True)


def test_figures_of_one_year_are_filled_up_and_never_overwritten(session: Session, park: Park, double: Firm) -> None:
    figures = record_figures(
        actor=park.officer, firm=park.firm, year=2024, values={"revenue": Decimal(9_000_000), "employees": 20}
    )
    merged(park, double)
    session.refresh(figures)
    assert (figures.revenue, figures.rd, figures.employees) == (Decimal(9_000_000), Decimal(400_000), 20)
    assert {source.key for source in figures.sources} == {"revenue", "rd", "employees"}


def test_only_one_main_contact_remains(session: Session, park: Park, double: Firm) -> None:
    firms.add_contact(actor=park.officer, firm=park.firm, name="总经办", main=True)
    merged(park, double)
    contacts = session.scalars(select(Contact).where(Contact.firm_id == park.firm.id)).all()
    assert {contact.name: contact.main for contact in contacts} == {"总经办": True, "办公室": False}


def test_two_open_cases_of_a_rung_forbid_the_merge(session: Session, park: Park, double: Firm, sign_in: Any) -> None:
    ladder.open_case(park.firm, Rung.SRDI, actor=park.officer)
    session.commit()
    with pytest.raises(DomainError, match="在办培育"):
        merged(park, double)
    session.rollback()
    page = sign_in(park.officer).post(f"/firms/{park.firm.id}/merge/{double.id}")
    assert "请先了结其中一条" in page.text
    assert session.get(Firm, double.id) is not None


def title(park: Park, firm: Firm, number: str, since: date) -> Credential:
    """As records before today may have it: a certificate that is another firm's is not recorded any more."""
    held = Credential(firm=firm, rung=Rung.HTE, number=number, valid_from=since, valid_to=since + timedelta(days=1094))
    held.events.append(CredentialEvent(kind=CredentialEventKind.GRANTED, on=since, actor=park.officer))
    db.session.add(held)
    db.session.flush()
    return held


def test_the_same_title_entered_twice_stays_behind_and_two_at_a_time_forbid(
    session: Session, park: Park, double: Firm
) -> None:
    since = TODAY - timedelta(days=100)
    title(park, park.firm, "GR202543000001", since)
    title(park, double, "GR202543000001", since)
    told = merged(park, double)
    titles = session.scalars(select(Credential).where(Credential.firm_id == park.firm.id)).all()
    assert [each.number for each in titles] == ["GR202543000001"]
    assert {name for name, _row in told.left} >= {"credential", "credential_event"}
    third = make_firm(session, park.park, "第三家", credit_code=None)
    title(park, third, "GR202543000002", since + timedelta(days=1))
    with pytest.raises(DomainError, match="时间重叠"):
        merged(park, third)


def award(firm: Firm, name: str = "湖南省科技进步奖", **more: Any) -> RegisterEntry:
    given = {"level": Level.PROVINCIAL, "on": date(2025, 3, 1), "rank": 1, **more}
    return RegisterEntry(register=Register.AWARD, firm=firm, name=name, **given)


def test_the_same_award_entered_twice_is_counted_once_until_the_merge_is_undone(
    session: Session, park: Park, double: Firm, sign_in: Any
) -> None:
    same = {"kept": award(park.firm, number="湘科奖2025-12"), "gone": award(double, "湖南省 科技进步奖")}
    other = [award(double, level=Level.CITY), award(double, on=date(2024, 3, 1)), award(double, "湖南专利奖")]
    session.add_all([*same.values(), *other])
    session.commit()
    page = sign_in(park.officer).get(f"/firms/{park.firm.id}/merge/{double.id}")
    assert "湖南省 科技进步奖" in page.text
    told = merged(park, double)
    awards = select(func.count()).select_from(RegisterEntry)
    assert session.scalar(awards.where(RegisterEntry.firm_id == park.firm.id)) == 1 + len(other)
    back = service.undo(actor=park.officer, merge=told)
    assert session.scalar(awards.where(RegisterEntry.firm_id == park.firm.id)) == 1
    assert session.scalar(awards.where(RegisterEntry.firm_id == back.id)) == 1 + len(other)


def test_a_firm_saved_since_it_was_shown_is_not_merged(session: Session, park: Park, double: Firm) -> None:
    seen = str(double.version)
    firms.update_profile(actor=park.officer, firm=double, telephone="0737-4000011")
    with pytest.raises(EditConflictError):
        service.merge(actor=park.officer, kept=park.firm, gone=double, wanted=(), kept_version=None, gone_version=seen)


# --- taken apart again -------------------------------------------------------------------------------------------


def test_undoing_puts_everything_back(session: Session, park: Park, double: Firm) -> None:
    since = TODAY - timedelta(days=100)
    title(park, park.firm, "GR202543000001", since)
    title(park, double, "GR202543000001", since)
    record_figures(actor=park.officer, firm=park.firm, year=2024, values={"revenue": Decimal(9_000_000)})
    ip.add_right(actor=park.officer, firm=park.firm, number="201710601862.3", title="一种装置")
    firms.add_contact(actor=park.officer, firm=park.firm, name="总经办", main=True)
    session.commit()
    session.expire_all()
    gone_id, gone_name, code = double.id, double.name, park.firm.credit_code
    kept_before, gone_before = record_of(session, park.firm.id), record_of(session, gone_id)
    told = merged(park, double, "name")
    session.commit()
    restored = service.undo(actor=park.officer, merge=told)
    session.commit()
    session.expire_all()
    assert (restored.id, restored.name, restored.credit_code, park.firm.credit_code) == (gone_id, gone_name, None, code)
    assert record_of(session, gone_id) == gone_before
    assert record_of(session, park.firm.id) == kept_before
    assert (park.firm.name, park.firm.telephone) == ("益阳云梯精密机械有限公司", None)
    assert find(session, "云梯", [], limit=5) == [park.firm.id, gone_id] or find(session, "云梯", [], limit=5) == [
        gone_id,
        park.firm.id,
    ]
    assert session.scalars(select(CredentialEvent)).all()
    with pytest.raises(DomainError, match="已经撤销"):
        service.undo(actor=park.officer, merge=told)


def test_what_was_added_since_stays_with_the_kept_firm(session: Session, park: Park, double: Firm) -> None:
    told = merged(park, double)
    visit = visits.log_visit(park.officer, park.firm, visits.Account(on=TODAY, said="合并之后。"))
    firms.update_profile(actor=park.officer, firm=park.firm, telephone="0737-4000010")
    restored = service.undo(actor=park.officer, merge=told)
    session.expire_all()
    assert park.firm.telephone == "0737-4000010"
    assert session.get_one(Visit, visit.id).firm_id == park.firm.id
    assert session.scalars(select(Case.firm_id)).all() == [restored.id]


def test_numbers_that_others_have_by_now_are_given_anew(session: Session, park: Park, double: Firm) -> None:
    """SQLite gives the number of the last row that went to the next one."""
    right = ip.add_right(actor=park.officer, firm=park.firm, number="201710601862.3", title="一种装置")
    told = merged(park, double)
    newcomer = make_firm(session, park.park, "后来者", id=told.gone_id, credit_code=None)
    restored = service.undo(actor=park.officer, merge=told)
    session.expire_all()
    assert restored.id != newcomer.id and restored.name == told.gone_name
    rights = {each.firm_id for each in session.scalars(select(type(right)))}
    assert rights == {park.firm.id, restored.id}


def test_a_code_taken_meanwhile_stops_the_undoing(session: Session, park: Park, sign_in: Any) -> None:
    gone = make_firm(session, park.park, "录错的一家")
    code = gone.credit_code
    told = merged(park, gone)
    make_firm(session, park.park, "新登记的", credit_code=code)
    session.commit()
    page = sign_in(park.officer).post(f"/firms/merges/{told.id}/undo", follow_redirects=True)
    assert f"另一家企业已经登记了 {code}" in page.text
    session.expire_all()
    assert session.get_one(FirmMerge, told.id).undone_at is None


def test_the_pages_show_what_will_happen_and_do_it(session: Session, park: Park, double: Firm, sign_in: Any) -> None:
    client = sign_in(park.officer)
    page = client.get(f"/firms/{park.firm.id}/merge/{double.id}?take=name")
    assert "来自并入方" in page.text and "走访" in page.text
    versions = {"kept_version": park.firm.version, "gone_version": double.version}
    name, kept_id = double.name, park.firm.id
    page = client.post(f"/firms/{kept_id}/merge/{double.id}", data={**versions, "take": "name"}, follow_redirects=True)
    assert f"<h1>{name}" in page.text
    listed = client.get("/firms/merges")
    assert "撤销合并" in listed.text
    told = session.scalars(select(FirmMerge)).one()
    page = client.post(f"/firms/merges/{told.id}/undo", follow_redirects=True)
    assert "恢复为单独的企业" in page.text
    assert "专员甲 已撤销" in client.get("/firms/merges").text


def test_a_firm_outside_the_scope_is_not_merged(session: Session, park: Park, sign_in: Any) -> None:
    client = sign_in(park.officer)
    for path in (f"{park.firm.id}/merge/{park.other_firm.id}", f"{park.other_firm.id}/merge/{park.firm.id}"):
        assert client.post(f"/firms/{path}").status_code == 404
    assert client.post(f"/firms/{park.firm.id}/apart/{park.other_firm.id}").status_code == 404
