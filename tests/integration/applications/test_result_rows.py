"""Result lists row by row: whom one means, what it should say, which of two counts, and the cases that a title ends."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from crm.applications.models import ResultRowState
from crm.applications.results import deciding, service
from crm.firms.models import Firm
from crm.kernel.errors import DomainError
from crm.ladder import service as ladder
from crm.ladder.models import Case, CaseStatus, Purpose, Rung, Stage
from tests.factories import Park, credit_code, make_firm
from tests.integration.applications.test_results import SINCE, Lists, titles
from tests.pages import check_page, text_of

S = ResultRowState
DATED = "序号,单位名称,信用代码,证书编号,发证日期,有效期至"


def page_of(client, path: str) -> str:
    """A page that is sound markup, as it was sent."""
    answer = client.get(path)
    check_page(answer)
    return str(answer.text)


@pytest.fixture
def lists(app, session, park: Park) -> Lists:
    return Lists(app, session, park)


def test_one_bad_date_is_said_with_its_cell_and_corrected_on_its_row(
    session, park: Park, lists: Lists, sign_in
) -> None:
    fine, wrong = make_firm(session, park.park), make_firm(session, park.park)
    results = lists.take_in(
        (fine.name, fine.credit_code, "A", "2025年3月1日", "2028年2月29日"),
        (wrong.name, wrong.credit_code, "B", "2025年2月30日", "2028年2月29日"),
        header=DATED, valid_from=None, valid_to=None,
    )  # fmt: skip
    assert lists.states(results) == [S.MATCHED, S.FAULTY]
    row, client = lists.rows(results)[1], sign_in(park.officer)
    page = check_page(client.get(f"/results/{results.id}/rows/{row.id}"))
    assert "“发证日期”写的是“2025年2月30日”，这一天不存在" in text_of(page)
    form = {"credit_code": wrong.credit_code, "number": "B", "valid_from": "", "valid_to": "2028-02-29"}
    refused = client.post(f"/results/{results.id}/rows/{row.id}/correct", data=form)
    assert refused.status_code == 422 and "请填写有效期自" in refused.text
    early = client.post(f"/results/{results.id}/rows/{row.id}/correct", data={**form, "valid_from": "2029-03-02"})
    assert "不能晚于今天" in early.text
    assert client.post(
        f"/results/{results.id}/rows/{row.id}/correct", data={**form, "valid_from": "2025-03-02"}
    ).status_code == 302  # fmt: skip
    session.expire_all()
    assert lists.states(results) == [S.MATCHED, S.MATCHED]
    lists.grant(results)
    assert titles(session, wrong.id)[0].valid_from == date(2025, 3, 2)
    assert row.note["published"]["valid_from"] == "2025年2月30日", "what was published is kept"


def test_saying_whose_a_row_with_a_bad_date_is_does_not_grant_it(session, park: Park, lists: Lists) -> None:
    firm = make_firm(session, park.park)
    results = lists.take_in(("别名有限公司", "", "A", "2025年2月30日", ""), header=DATED)
    [row] = lists.rows(results)
    deciding.accept(actor=park.officer, results=results, row=row, firm=firm)
    assert (row.state, row.firm_id) == (S.FAULTY, firm.id)
    deciding.correct(
        actor=park.officer, results=results, row=row, credit_code=None, number="A", valid_from=SINCE, valid_to=None
    )
    assert (row.state, row.firm_id) == (S.MATCHED, firm.id)


def test_rows_without_a_day_are_named_where_others_have_one(park: Park, lists: Lists) -> None:
    rows = (("甲公司", credit_code(), "A", "2025年3月1日", ""), ("乙公司", credit_code(), "B", "", ""))
    with pytest.raises(DomainError, match="第 3 行没有写发证日期（共 1 行）") as error:
        lists.take_in(*rows, header=DATED, valid_from=None)
    assert error.value.field == "valid_from"


def test_a_row_that_is_not_here_finds_its_firm_by_search(session, park: Park, lists: Lists, sign_in) -> None:
    firm = make_firm(session, park.park, "益阳青禾电子有限公司")
    far = make_firm(session, park.other_park, "益阳青禾材料有限公司")
    results = lists.take_in(("青禾电子", "", "A"))
    [row], client = lists.rows(results), sign_in(park.officer)
    assert row.state is S.UNKNOWN
    found = page_of(client, f"/results/{results.id}/rows/{row.id}?q=青禾")
    assert firm.name in found and far.name not in found
    client.post(f"/results/{results.id}/rows/{row.id}", data={"firm": firm.id})
    session.expire_all()
    assert (row.state, row.firm_id) == (S.MATCHED, firm.id)
    assert sign_in(park.other_officer).get(f"/results/{results.id}/rows/{row.id}").status_code == 404


def test_a_missing_firm_is_registered_from_its_row_and_then_matched(session, park: Park, lists: Lists, sign_in) -> None:
    one, other = credit_code(), credit_code()
    results = lists.take_in(("益阳新来电子有限公司", one, "A"), ("益阳又来电子有限公司", other, "B"))
    rows, client = lists.rows(results), sign_in(park.officer)
    page = page_of(client, f"/results/{results.id}/rows/{rows[0].id}")
    [link] = [href for href in page.split('href="') if href.startswith("/firms/new?")]
    link = link.partition('"')[0].replace("&amp;", "&")
    asked = parse_qs(urlsplit(link).query)
    assert (asked["name"], asked["credit_code"]) == ([rows[0].name], [one])
    form = client.get(link).text
    assert f'value="{rows[0].name}"' in form and f'value="{one}"' in form
    values = {"status": "active", "organisation_id": park.park.id, "capital_currency": "CNY"}
    made = client.post(link, data={**values, "name": rows[0].name, "credit_code": one})
    assert made.location.startswith(f"/results/{results.id}/rows/{rows[0].id}")
    assert "信用代码与名单相同" in text_of(check_page(client.get(made.location.partition("#")[0])))
    client.post("/firms/new", data={**values, "name": rows[1].name, "credit_code": other})
    client.post(f"/results/{results.id}/again")
    lists.work(results)
    assert lists.states(results) == [S.MATCHED, S.MATCHED]
    firms = {
        firm.credit_code: firm.id for firm in session.scalars(select(Firm).where(Firm.credit_code.in_([one, other])))
    }
    assert [row.firm_id for row in lists.rows(results)] == [firms[one], firms[other]]
    elsewhere = client.post("/firms/new?back=https://example.com/", data={**values, "name": "益阳再来有限公司"})
    assert "example.com" not in elsewhere.location


def test_of_two_rows_of_one_firm_a_person_says_which_counts(session, park: Park, lists: Lists, sign_in) -> None:
    firm = make_firm(session, park.park)
    twice = (firm.name, firm.credit_code)
    results = lists.take_in((*twice, "OLD"), (*twice, "NEW"), (*twice, "NEWER"))
    first, second, third = lists.rows(results)
    client = sign_in(park.officer)
    assert "以这一行为准" in page_of(client, f"/results/{results.id}")
    assert "OLD" in page_of(client, f"/results/{results.id}/rows/{second.id}")
    client.post(f"/results/{results.id}/rows/{second.id}/prefer")
    session.expire_all()
    assert lists.states(results) == [S.DUPLICATE, S.MATCHED, S.DUPLICATE]
    assert first.note["first"] == third.note["first"] == second.row
    lists.grant(results)
    assert [title.number for title in titles(session, firm.id)] == ["NEW"]
    refused = client.post(f"/results/{results.id}/rows/{third.id}/prefer", follow_redirects=True)
    assert "请先撤回这份名单的登记" in refused.text


def test_a_firm_that_stands_in_the_list_makes_the_other_row_a_duplicate(session, park: Park, lists: Lists) -> None:
    firm = make_firm(session, park.park)
    results = lists.take_in((firm.name, firm.credit_code, "A"), ("它的旧名有限公司", "", "B"))
    row = lists.rows(results)[1]
    deciding.accept(actor=park.officer, results=results, row=row, firm=firm)
    assert (row.state, row.firm_id, row.note["first"]) == (S.DUPLICATE, None, lists.rows(results)[0].row)


def test_a_title_on_which_something_was_built_is_not_taken_back_and_says_why(
    session, park: Park, lists: Lists, sign_in
) -> None:
    reviewed, renewed, touched, plain = (make_firm(session, park.park) for _ in range(4))
    for firm in (reviewed, renewed):
        old = {"number": f"旧{firm.id}", "valid_from": date(2022, 11, 1), "valid_to": date(2025, 11, 15)}
        ladder.grant_credential(firm, Rung.HTE, **old, actor=park.officer)
    results = lists.grant(
        lists.take_in(*((firm.name, firm.credit_code, f"N{firm.id}") for firm in (reviewed, renewed, touched, plain)))
    )
    ladder.open_case(reviewed, Rung.HTE, actor=park.officer, purpose=Purpose.REVIEW)
    titles(session, touched.id)[0].number = "改过"
    lists.undo(results)
    assert lists.states(results) == [S.APPLIED, S.MATCHED, S.APPLIED, S.MATCHED]
    assert len(titles(session, reviewed.id)) == 2
    [back] = titles(session, renewed.id)
    assert back.ended_on is None and titles(session, plain.id) == []
    page = text_of(check_page(sign_in(park.officer).get(f"/results/{results.id}")))
    assert "有 2 项资质没有撤回" in page and "已据此开始复核" in page and "有人改过" in page


def test_cases_whose_title_the_list_brought_are_ended_together_and_go_on_when_it_is_undone(
    session, park: Park, lists: Lists, sign_in
) -> None:
    one, other, free = (make_firm(session, park.park) for _ in range(3))
    cases = [ladder.open_case(firm, Rung.HTE, actor=park.officer, on=date(2025, 1, 6)) for firm in (one, other)]
    ladder.open_case(free, Rung.SRDI, actor=park.officer, on=date(2025, 1, 6))
    client = sign_in(park.officer)
    results = lists.take_in(*((firm.name, firm.credit_code, f"N{firm.id}") for firm in (one, other, free)))
    assert "培育项目还没有结束" not in client.get(f"/results/{results.id}").text
    lists.grant(results)
    page = page_of(client, f"/results/{results.id}")
    assert "全部结束（2 个）" in page and f"/cases/{cases[0].id}" in page
    said = client.post(
        f"/results/{results.id}/cases", data={"case": [each.id for each in cases]}, follow_redirects=True
    )
    assert "结束了 2 个培育项目" in said.text and "培育项目还没有结束" not in said.text
    session.expire_all()
    for case in cases:
        assert (case.status, case.stage) == (CaseStatus.DROPPED, Stage.POOL)
        assert "已由“2025 年认定名单”取得" in (case.reason or "")
    lists.undo(results)
    assert [session.get_one(Case, case.id).status for case in cases] == [CaseStatus.OPEN] * 2
    assert titles(session, one.id) == []


def test_a_case_for_the_next_term_is_not_offered_to_be_ended(session, park: Park, lists: Lists, sign_in) -> None:
    firm = make_firm(session, park.park)
    results = lists.take_in((firm.name, firm.credit_code, "A"), valid_to=date(2027, 3, 31))
    lists.grant(results)
    ladder.open_case(firm, Rung.HTE, actor=park.officer, purpose=Purpose.REVIEW)
    assert "培育项目还没有结束" not in sign_in(park.officer).get(f"/results/{results.id}").text


def test_nothing_is_decided_while_the_list_is_worked_on(session, park: Park, lists: Lists) -> None:
    results = lists.take_in(("没有的企业", credit_code(), "A"))
    service.match_again(actor=park.officer, results=results)
    with pytest.raises(DomainError, match="正在处理"):
        deciding.leave(actor=park.officer, results=results, row=lists.rows(results)[0])
