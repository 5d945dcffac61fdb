"""Lists: firms put on and taken off, the screening of the park, and what each person sees of it."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import event, func, insert, select

from crm.firms.duplicates.service import merge
from crm.firms.models import Firm, FirmStatus
from crm.kernel import jobs
from crm.kernel.audit import Change
from crm.kernel.errors import DomainError
from crm.ladder.models import Credential, Rung
from crm.lists import queries, screening, service
from crm.lists.loading import load_lists
from crm.lists.models import FirmList, ListMember, Screened
from crm.lists.routes import lists
from crm.lists.screening import screen
from crm.park.models import Verdict
from tests.factories import Park, make_firm
from tests.integration.lists.conftest import TODAY, named
from tests.pages import check_page, text_of
from tests.queries import count_queries


def hold(session: Any, firm: Firm, rung: Rung = Rung.LITTLE_GIANT, since: date = date(2025, 1, 1)) -> None:
    session.add(Credential(firm_id=firm.id, rung=rung, valid_from=since, valid_to=date(2028, 1, 1)))
    session.flush()


@pytest.fixture
def giants(session: Any, park: Park, shipped: None) -> FirmList:
    """Two holders of the national title in the park, one outside, one gone out of business; one firm of which nothing is known."""
    gone = make_firm(session, park.park, "益阳已注销有限公司", status=FirmStatus.DEREGISTERED)
    second = make_firm(session, park.park, "益阳第二有限公司")
    for firm in (park.firm, second, park.other_firm, gone):
        hold(session, firm)
    make_firm(session, park.park, "益阳没有资料有限公司")
    session.commit()
    return named(session, "national_little_giant")


def put_on(park: Park, firm_list: FirmList, firm: Firm, since: date = TODAY, **values: Any) -> ListMember:
    return service.put_on(actor=park.officer, firm_list=firm_list, firm=firm, since=since, **{"why": "认定", **values})


# putting on and taking off


def test_a_firm_is_on_a_list_once_at_a_time(session: Any, park: Park, giants: FirmList) -> None:
    member = put_on(park, giants, park.firm, date(2026, 1, 1))
    with pytest.raises(DomainError, match="已在名单上"):
        put_on(park, giants, park.firm)
    service.take_off(actor=park.officer, member=member, until=date(2026, 3, 1), why_off="复核未通过")
    with pytest.raises(DomainError, match="不能更早"):
        put_on(park, giants, park.firm, date(2026, 2, 28))
    again = put_on(park, giants, park.firm, date(2026, 3, 1))
    assert queries.members_of(park.officer, giants, date(2026, 2, 28)) == [member]
    assert queries.members_of(park.officer, giants, date(2026, 3, 1)) == [again], (
        "the day it leaves it is on it no longer"
    )
    assert queries.members_of(park.officer, giants, date(2025, 12, 31)) == []
    entries = session.scalars(
        select(Change).where(Change.entity == "list_member", Change.firm_id == park.firm.id)
    ).all()
    assert {entry.field for entry in entries} >= {None, "until", "why_off"}


def test_who_is_put_on_by_another_at_the_same_moment_is_told_so(session: Any, park: Park, giants: FirmList) -> None:
    def first(*_arguments: Any) -> None:
        values = {"list_id": giants.id, "firm_id": park.firm.id, "since": TODAY, "by_id": park.officer.id, "version": 1}
        session.connection().execute(insert(ListMember).values(values))

    event.listen(session, "before_flush", first, once=True)
    with pytest.raises(DomainError, match="已在名单上"):
        put_on(park, giants, park.firm)


@pytest.mark.parametrize(("values", "field"), [({"since": TODAY + timedelta(days=1)}, "since"), ({"why": " "}, "why")])
def test_what_cannot_be_put_on_says_where(park: Park, giants: FirmList, values: Any, field: str) -> None:
    with pytest.raises(DomainError) as caught:
        put_on(park, giants, park.firm, **values)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("until", "why", "field"),
    [(TODAY + timedelta(days=1), "到期", "until"), (date(2025, 12, 31), "到期", "until"), (TODAY, "", "why_off")],
)
def test_what_cannot_be_taken_off_says_where(park: Park, giants: FirmList, until: date, why: str, field: str) -> None:
    member = put_on(park, giants, park.firm, date(2026, 1, 1))
    with pytest.raises(DomainError) as caught:
        service.take_off(actor=park.officer, member=member, until=until, why_off=why)
    assert caught.value.field == field


def test_merged_firms_are_on_a_list_once(session: Any, park: Park, giants: FirmList) -> None:
    double = make_firm(session, park.park, "益阳云梯机械", credit_code=None)
    first, other = put_on(park, giants, park.firm, date(2026, 2, 1)), named(session, "key_innovative")
    put_on(park, giants, double, date(2026, 1, 1))
    put_on(park, other, double, date(2026, 1, 1))
    merge(actor=park.officer, kept=park.firm, gone=double, wanted=(), kept_version=None, gone_version=None)
    session.expire_all()
    found = [(m.list_id, m.since) for m in queries.memberships_of_firm(park.firm.id)]
    assert sorted(found) == sorted([(giants.id, first.since), (other.id, date(2026, 1, 1))])


# the screening


def kept(session: Any, firm_list: FirmList) -> dict[str, Verdict]:
    rows = session.execute(
        select(Firm.name, Screened.verdict)
        .join(Firm, Firm.id == Screened.firm_id)
        .where(Screened.list_id == firm_list.id)
    )
    return {name: verdict for name, verdict in rows}  # noqa: C416


def test_the_screening_keeps_who_fits_and_sees_what_changes(session: Any, park: Park, giants: FirmList) -> None:
    assert screen() is not None
    found = kept(session, giants)
    assert {name for name, verdict in found.items() if verdict is Verdict.MET} == {
        park.firm.name,
        "益阳第二有限公司",
        park.other_firm.name,
    }, "not the one out of business"
    assert found["益阳没有资料有限公司"] is Verdict.UNKNOWN
    assert screen() is None, "nothing had changed"
    title = session.scalars(select(Credential).where(Credential.firm_id == park.firm.id)).one()
    title.valid_to = date(2026, 5, 31)
    session.commit()
    run = screen()
    assert run is not None and run.firms == 1
    assert park.firm.name not in kept(session, giants)
    put_on(park, giants, park.firm)
    session.commit()
    screen()
    assert kept(session, giants)[park.firm.name] is Verdict.NOT_MET, (
        "of a member it is kept, so that it can be asked about"
    )


def test_other_rules_judge_everyone_anew(session: Any, park: Park, giants: FirmList) -> None:
    screen()
    service.edit_list(actor=park.administrator, firm_list=giants, rule=named(session, "hte_pool").rule, quota=5)
    session.commit()
    run = screen()
    assert run is not None and run.firms == session.scalar(select(func.count()).select_from(Firm))
    assert kept(session, giants) == kept(session, named(session, "hte_pool"))


def test_a_disabled_list_is_no_longer_screened(session: Any, park: Park, giants: FirmList) -> None:
    screen()
    service.edit_list(actor=park.administrator, firm_list=giants, rule=giants.rule, disabled=True)
    session.commit()
    screen()
    assert kept(session, giants) == {}


def test_the_job_answers_the_button(session: Any, park: Park, giants: FirmList, sign_in: Any, app: Any) -> None:
    client = sign_in(park.officer)
    client.post("/lists/screen")
    assert "screening-progress" in client.get("/lists").text
    jobs.work_until_empty(app)
    session.expire_all()
    page = client.get("/lists").text
    assert "screening-progress" not in page and "测算" in page


# pages


def count_of(page: Any, list_title: str) -> list[str]:
    row = next(tr for tr in page.iter("tr") if list_title in text_of(tr))
    return [text_of(cell) for cell in row.iter("td")]


def test_a_screening_that_breaks_is_told_of_until_one_succeeds(
    session: Any, park: Park, giants: FirmList, sign_in: Any, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody asked for it: the worker does it again and again."""
    work, client = app.extensions["regular"][screening.JOB], sign_in(park.manager)
    told = "最近一次测算没有完成"
    with monkeypatch.context() as broken:
        broken.setattr(screening, "lists_in_use", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            work.run()
    assert told in text_of(check_page(client.get("/lists")))
    work.run()
    assert told not in text_of(check_page(client.get("/lists")))


def test_each_number_opens_its_firms_in_the_reader_s_scope(
    session: Any, park: Park, giants: FirmList, sign_in: Any
) -> None:
    put_on(park, giants, park.other_firm)
    session.commit()
    screen()
    for who, numbers in (
        (park.administrator, ["不限", "1", "2", "1", "0"]),
        (park.officer, ["不限", "0", "2", "1", "0"]),
        (park.other_officer, ["不限", "1", "0", "0", "0"]),
    ):
        client = sign_in(who)
        page = check_page(client.get("/lists"))
        assert count_of(page, "国家级专精特新") == numbers, who.name
        for shown, number in zip(("members", "candidates", "undecided", "failing"), numbers[1:], strict=True):
            listed = check_page(client.get(f"/lists/{giants.id}?show={shown}"))
            rows = [tr for tr in listed.iter("tr") if tr.find("th[@scope='row']") is not None]
            assert len(rows) == int(number), (who.name, shown)
        listed = check_page(client.get(f"/firms?list={giants.id}.candidates"))
        assert len([tr for tr in listed.iter("tr") if tr.find("th[@scope='row']") is not None]) == int(numbers[2])


def test_many_candidates_are_found_on_the_way_too(
    session: Any, park: Park, giants: FirmList, sign_in: Any, monkeypatch: Any
) -> None:
    screen()
    monkeypatch.setattr(queries, "FEW", 0)
    page = check_page(sign_in(park.officer).get(f"/lists/{giants.id}?show=candidates"))
    assert "益阳第二有限公司" in text_of(page) and park.other_firm.name not in text_of(page)


def test_each_firm_of_the_page_is_explained_by_the_rule(
    session: Any, park: Park, giants: FirmList, sign_in: Any
) -> None:
    screen()
    client = sign_in(park.officer)
    told = client.get(f"/lists/{giants.id}/reasons?show=undecided").text
    assert "待补数据" in told and "缺：资质" in told
    told = client.get(f"/lists/{giants.id}/reasons?show=candidates").text
    assert told.count("符合") == 2
    firm_page = check_page(client.get(f"/firms/{park.firm.id}/lists"))
    assert "有效的国家级“小巨人”称号 1 项 ≥ 1 项" in text_of(firm_page) or "国家级“小巨人”称号有效" in text_of(
        firm_page
    )


def test_reasons_need_as_many_queries_for_many_firms_as_for_one(
    session: Any, park: Park, giants: FirmList, sign_in: Any
) -> None:
    client = sign_in(park.officer)
    screen()
    with count_queries(session) as few:
        client.get(f"/lists/{giants.id}/reasons?show=candidates")
    for _number in range(10):
        hold(session, make_firm(session, park.park))
    session.commit()
    screen()
    with count_queries(session) as many:
        client.get(f"/lists/{giants.id}/reasons?show=candidates")
    assert len(many) == len(few)


def test_a_page_of_a_list_asks_a_few_times(session: Any, park: Park, giants: FirmList, sign_in: Any) -> None:
    for number in range(30):
        put_on(park, giants, make_firm(session, park.park, f"益阳名单{number}号有限公司"))
    session.commit()
    client = sign_in(park.officer)
    client.get("/lists")
    with count_queries(session) as queries_:
        client.get(f"/lists/{giants.id}")
    assert len(queries_) <= 26, len(queries_)


def test_firms_are_put_on_after_a_preview(session: Any, park: Park, giants: FirmList, sign_in: Any) -> None:
    put_on(park, giants, park.firm)
    session.commit()
    screen()
    client = sign_in(park.officer)
    second = session.scalars(select(Firm).where(Firm.name == "益阳第二有限公司")).one()
    typed = f"{second.credit_code}\n{park.firm.credit_code}\n{park.other_firm.credit_code}\n查无此企业"
    sent = {"firms_typed": typed, "since": "2026-06-01", "why": "第五批"}
    page = check_page(client.post(f"/lists/{giants.id}/put-on", data=sent))
    told = text_of(page)
    assert "可以列入 1 家，不能列入 1 家" in told and "已在名单上" in told
    assert "2 行没有找到" in told and "查无此企业" in told, "one unknown, one outside the scope"
    assert len(queries.members_of(park.officer, giants)) == 1, "looked at, not done"
    client.post(f"/lists/{giants.id}/put-on", data={**sent, "save": "1", "firm": [second.id, park.other_firm.id]})
    names = {member.firm.name for member in queries.members_of(park.administrator, giants)}
    assert names == {park.firm.name, second.name}, "a firm outside the scope is not put on"


def test_ticked_candidates_are_looked_at_first(session: Any, park: Park, giants: FirmList, sign_in: Any) -> None:
    screen()
    client = sign_in(park.officer)
    page = check_page(client.get(f"/lists/{giants.id}/put-on?all=1"))
    assert "可以列入 2 家" in text_of(page)
    page = check_page(client.get(f"/lists/{giants.id}/put-on?firm={park.firm.id}"))
    assert park.firm.name in text_of(page)
    answer = client.post(f"/lists/{giants.id}/put-on", data={"firm": park.firm.id, "since": "2026-06-01", "why": ""})
    assert answer.status_code == 422 and "请填写列入理由" in answer.text


def test_a_firm_leaves_with_a_reason(session: Any, park: Park, giants: FirmList, sign_in: Any) -> None:
    member = put_on(park, giants, park.firm, date(2026, 1, 1))
    session.commit()
    client = sign_in(park.officer)
    address = f"/list-members/{member.id}/take-off"
    assert "请填写移出理由" in client.post(address, data={"until": "2026-06-01", "version": "1"}).text
    client.post(address, data={"until": "2026-06-01", "why_off": "迁出", "version": "1"})
    assert member.until == TODAY
    assert "迁出" in client.get(f"/lists/{giants.id}?show=past").text
    assert park.firm.name in client.get(f"/lists/{giants.id}?on=2026-05-31").text
    assert sign_in(park.other_officer).get(address).status_code == 404


def test_an_administrator_edits_a_rule_and_is_told_what_is_wrong(
    session: Any, park: Park, giants: FirmList, sign_in: Any
) -> None:
    client = sign_in(park.administrator)
    sent = {"title": "国家级小巨人", "title_en": "Giants", "version": "1", "place": "1"}
    wrong = (giants.rule or "").replace("operator:", "oprator:")
    answer = client.post(f"/lists/{giants.id}/edit", data={**sent, "rule": wrong})
    assert "criteria[XJ-1].oprator：未知的键，是否想写 operator？" in answer.text
    assert giants.title != "国家级小巨人"
    client.post(f"/lists/{giants.id}/edit", data={**sent, "rule": giants.rule})
    assert giants.title == "国家级小巨人"
    assert sign_in(park.manager).post(f"/lists/{giants.id}/edit", data=sent).status_code == 403
    answer = client.post("/lists/new", data={**sent, "key": "Bad Key", "rule": ""})
    assert "代号用小写英文字母" in answer.text
    client.post("/lists/new", data={**sent, "key": "by_hand", "rule": "", "quota": "30"})
    assert named(session, "by_hand").quota == 30


def test_the_workbook_has_members_with_days_and_reasons(
    session: Any, park: Park, giants: FirmList, sign_in: Any
) -> None:
    put_on(park, giants, park.firm, date(2026, 1, 1), number="工企函〔2026〕1号")
    put_on(park, giants, park.other_firm, date(2026, 1, 1))
    session.commit()
    screen()
    client = sign_in(park.officer)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(client.get(f"/lists/{giants.id}.xlsx").data)).get_sheet_by_index(0)
    found = [row for row in rows.to_python() if row[0] in (park.firm.name, park.other_firm.name)]
    assert [[*row[0:2], row[3].isoformat(), row[5], row[6]] for row in found] == [
        [park.firm.name, park.firm.credit_code, "2026-01-01", "工企函〔2026〕1号", "认定"]
    ]
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(client.get(f"/lists/{giants.id}.xlsx?show=candidates").data))
    assert "益阳第二有限公司" in str(sheet.get_sheet_by_index(0).to_python())


def test_a_workbook_that_is_cut_says_so(
    session: Any, park: Park, giants: FirmList, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen()
    client = sign_in(park.officer)
    for most, told in ((1, True), (1000, False)):
        monkeypatch.setattr(lists, "MOST_ROWS", most)
        data = client.get(f"/lists/{giants.id}.xlsx?show=candidates").data
        head = str(CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python())
        assert ("最多导出 1 家" in head) is told


def test_loading_again_keeps_what_people_edited(session: Any, park: Park, giants: FirmList) -> None:
    service.edit_list(actor=park.administrator, firm_list=giants, rule=None, title="改过")
    session.commit()
    before = session.scalar(select(func.count()).select_from(FirmList))
    load_lists()
    session.expire_all()
    assert (giants.title, giants.rule) == ("改过", None)
    assert session.scalar(select(func.count()).select_from(FirmList)) == before


def test_the_firm_s_head_names_its_lists(session: Any, park: Park, giants: FirmList, sign_in: Any) -> None:
    put_on(park, giants, park.firm)
    session.commit()
    assert re.search(
        r"国家级专精特新", text_of(check_page(sign_in(park.officer).get(f"/firms/{park.firm.id}/profile")))
    )
