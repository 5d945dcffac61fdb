"""Official result lists: matched by code, names only proposed; renamed, doubled and missing codes; granted, undone, refused."""

from __future__ import annotations

import io
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.permissions import Role
from crm.applications.models import ResultList, ResultRow, ResultRowState, ResultState
from crm.applications.results import deciding, service, work
from crm.firms import service as firms
from crm.kernel import jobs
from crm.kernel.audit import Change
from crm.kernel.errors import DomainError, NotFoundError
from crm.ladder import service as ladder
from crm.ladder.models import Case, CaseStatus, Credential, CredentialEvent, CredentialEventKind, Rung, Stage
from crm.notices.models import Notice, NoticeKind
from crm.notices.words import sentence
from tests.factories import Park, credit_code, make_firm, make_user
from tests.pages import check_page, text_of
from tests.queries import count_queries

SINCE, UNTIL = date(2025, 11, 1), date(2028, 10, 31)
S = ResultRowState


class Lists:
    """Result lists by the room's verbs, the jobs done for real by the queue."""

    def __init__(self, app: Flask, session: Session, park: Park) -> None:
        self.app, self.session, self.park = app, session, park

    def take_in(
        self, *rows: tuple[str, ...], header: str = "序号,企业名称,统一社会信用代码,证书编号", **values
    ) -> ResultList:
        text = "\n".join([header, *(f"{place},{','.join(row)}" for place, row in enumerate(rows, 1))])
        given = {"decided": True, "valid_from": SINCE, "valid_to": UNTIL, **values}
        results = service.take_in(
            actor=given.pop("actor", self.park.officer), organisation=self.park.park, rung=Rung.HTE, title="2025 年认定名单",
            document_number="云科发〔2025〕9号", published_on=date(2025, 11, 20), file_name="名单.csv",
            content=text.encode(), **given,
        )  # fmt: skip
        return self.work(results)

    def grant(self, results: ResultList) -> ResultList:
        service.grant(actor=self.park.officer, results=results)
        return self.work(results)

    def undo(self, results: ResultList) -> ResultList:
        service.undo(actor=self.park.officer, results=results)
        return self.work(results)

    def work(self, results: ResultList) -> ResultList:
        self.session.flush()
        jobs.work_until_empty(self.app)
        self.session.expire_all()
        return results

    def rows(self, results: ResultList) -> list[ResultRow]:
        return list(
            self.session.scalars(
                select(ResultRow).where(ResultRow.result_list_id == results.id).order_by(ResultRow.row)
            )
        )

    def states(self, results: ResultList) -> list[ResultRowState]:
        return [row.state for row in self.rows(results)]


@pytest.fixture
def lists(app: Flask, session: Session, park: Park) -> Lists:
    return Lists(app, session, park)


def titles(session: Session, firm_id: int) -> list[Credential]:
    return list(
        session.scalars(select(Credential).where(Credential.firm_id == firm_id).order_by(Credential.valid_from))
    )


def test_rows_are_matched_by_code_and_by_name_only_proposed(session, park: Park, lists: Lists) -> None:
    here = make_firm(session, park.park, "益阳青禾电子有限公司")
    renamed = make_firm(session, park.park, "益阳旧名科技有限公司")
    firms.rename(actor=park.officer, firm=renamed, name="益阳新名科技有限公司", on=date(2025, 6, 1))
    without = make_firm(session, park.park, "益阳无码机电有限公司", credit_code=None)
    outside = make_firm(session, park.other_park, "益阳外园材料有限公司")
    strange = credit_code()
    results = lists.take_in(
        (here.name, here.credit_code, "GR1"),
        ("益阳另一个名字有限公司", renamed.credit_code, "GR2"),
        ("益阳旧名科技有限公司", "", "GR3"),
        (without.name, strange, "GR4"),
        ("益阳没有的企业有限公司", credit_code(), "GR5"),
        (here.name, here.credit_code, "GR6"),
        (outside.name, outside.credit_code, "GR7"),
        (here.name, here.credit_code[:-1] + "I", "GR8"),
        ("益阳错码企业有限公司", "123", "GR9"),
    )
    assert results.state is ResultState.READ
    assert lists.states(results) == [
        S.MATCHED, S.MATCHED, S.PROPOSED, S.PROPOSED, S.UNKNOWN, S.DUPLICATE, S.UNKNOWN, S.PROPOSED, S.FAULTY,
    ]  # fmt: skip
    rows = lists.rows(results)
    assert (rows[0].firm_id, rows[0].note) == (here.id, {})
    assert (rows[1].firm_id, rows[1].note["here"]) == (renamed.id, renamed.name)
    assert rows[2].note == {"why": "no_code", "candidates": [renamed.id]}
    assert rows[3].note == {"why": "other_code", "candidates": [without.id]}
    assert rows[5].note == {"first": rows[0].row}
    assert rows[7].note["why"] == "wrong_code"
    assert rows[8].note["fault"]


def test_granting_records_titles_with_their_event_and_history_and_undoing_takes_them_back(
    session, park: Park, lists: Lists
) -> None:
    firm = make_firm(session, park.park, "益阳青禾电子有限公司")
    results = lists.grant(lists.take_in((firm.name, firm.credit_code, "GR202543000001")))
    [title] = titles(session, firm.id)
    assert (title.number, title.valid_from, title.valid_to) == ("GR202543000001", SINCE, UNTIL)
    assert session.scalars(select(CredentialEvent.on).where(CredentialEvent.credential_id == title.id)).all() == [SINCE]
    [made] = session.scalars(select(Change).where(Change.entity == "credential", Change.entity_id == title.id))
    assert (made.actor_id, made.firm_id, made.new["number"]) == (park.officer.id, firm.id, "GR202543000001")
    assert lists.states(results) == [S.APPLIED] and results.state is ResultState.GRANTED
    lists.undo(results)
    assert titles(session, firm.id) == [] and lists.states(results) == [S.MATCHED]
    assert results.state is ResultState.READ


def test_a_title_that_runs_is_renewed_and_the_same_certificate_is_left(session, park: Park, lists: Lists) -> None:
    renewed, same = (make_firm(session, park.park) for _ in range(2))
    ladder.grant_credential(
        renewed, Rung.HTE, number="GR旧", valid_from=date(2022, 11, 1), valid_to=date(2025, 11, 15), actor=park.officer
    )
    ladder.grant_credential(same, Rung.HTE, number="GR2", valid_from=SINCE, valid_to=UNTIL, actor=park.officer)
    results = lists.take_in((renewed.name, renewed.credit_code, "GR新"), (same.name, same.credit_code, "GR2"))
    assert lists.states(results) == [S.MATCHED, S.HELD]
    lists.grant(results)
    older, newer = titles(session, renewed.id)
    assert (older.ended_on, newer.number) == (SINCE, "GR新")
    assert len(titles(session, same.id)) == 1
    lists.undo(results)
    [back] = titles(session, renewed.id)
    assert (back.number, back.ended_on) == ("GR旧", None), "the older runs again"
    assert [event.kind for event in back.events] == [CredentialEventKind.GRANTED]
    told = session.execute(
        select(Change.action, Change.entity_id, Change.field, Change.new).where(
            Change.entity == "credential", Change.firm_id == renewed.id
        ).order_by(Change.id)
    ).all()  # fmt: skip
    assert [row[0] for row in told][-2:] == ["deleted", "updated"] and told[-1][1:] == (back.id, "ended_on", None)
    assert results.error is None and results.state is ResultState.READ
    assert lists.states(lists.grant(results)) == [S.APPLIED, S.HELD], "and it can be granted anew"


def test_a_clashing_term_is_said_on_its_row_and_the_others_go_through(session, park: Park, lists: Lists) -> None:
    clash, free = (make_firm(session, park.park) for _ in range(2))
    ladder.grant_credential(
        clash, Rung.HTE, number="GR在后", valid_from=date(2026, 1, 1), valid_to=date(2028, 12, 31), actor=park.officer
    )
    results = lists.grant(lists.take_in((clash.name, clash.credit_code, "A"), (free.name, free.credit_code, "B")))
    assert lists.states(results) == [S.FAULTY, S.APPLIED]
    assert "重叠" in lists.rows(results)[0].note["fault"]
    assert [title.number for title in titles(session, free.id)] == ["B"]


def test_a_case_that_was_applied_for_is_certified_with_the_list_as_its_evidence(
    session, park: Park, lists: Lists
) -> None:
    firm = make_firm(session, park.park)
    case = ladder.open_case(firm, Rung.HTE, actor=park.officer, on=date(2025, 1, 6))
    for stage in (Stage.CULTIVATING, Stage.READY, Stage.APPLIED):
        ladder.move_case(case, stage, actor=park.manager, override_reason="资料在线下系统里已经齐备")
    results = lists.grant(lists.take_in((firm.name, firm.credit_code, "GR1")))
    found = session.get_one(Case, case.id)
    assert (found.status, found.stage) == (CaseStatus.CERTIFIED, Stage.CERTIFIED)
    [paper] = [item for item in found.items if item.key == "certificate"]
    assert paper.document is not None and paper.document.name == "名单.csv"
    assert [title.case_id for title in titles(session, firm.id)] == [case.id]
    assert lists.states(results) == [S.APPLIED]


def test_a_person_decides_the_doubtful_rows(session, park: Park, lists: Lists, sign_in) -> None:
    firm = make_firm(session, park.park, "益阳待认企业有限公司")
    results = lists.take_in((firm.name, "", "GR1"), ("益阳待认企业", "", "GR2"), (park.firm.name, "", "GR3"))
    rows, client = lists.rows(results), sign_in(park.officer)
    page = check_page(client.get(f"/results/{results.id}?state=proposed"))
    assert "名单没有信用代码，只有名称相同" in text_of(page)
    client.post(f"/results/{results.id}/rows/{rows[0].id}", data={"firm": firm.id})
    client.post(f"/results/{results.id}/rows/{rows[2].id}")
    session.expire_all()
    assert lists.states(results) == [S.MATCHED, S.UNKNOWN, S.LEFT]
    again = client.post(f"/results/{results.id}/rows/{rows[1].id}", data={"firm": firm.id}, follow_redirects=True)
    assert "在这份名单的第 2 行已有" in again.text
    assert client.post(f"/results/{results.id}/rows/{rows[1].id}", data={"firm": park.other_firm.id}).status_code == 404
    lists.grant(results)
    assert [title.number for title in titles(session, firm.id)] == ["GR1"]


def test_rows_may_have_terms_of_their_own_and_a_faulty_day_is_said(session, park: Park, lists: Lists) -> None:
    own, listed, wrong = (make_firm(session, park.park) for _ in range(3))
    results = lists.take_in(
        (own.name, own.credit_code, "A", "2025年3月1日", "2028年2月29日"),
        (listed.name, listed.credit_code, "B", "", ""),
        (wrong.name, wrong.credit_code, "C", "2025年2月30日", ""),
        header="序号,单位名称,信用代码,证书编号,发证日期,有效期至",
    )
    assert lists.states(results) == [S.MATCHED, S.MATCHED, S.FAULTY]
    lists.grant(results)
    assert (titles(session, own.id)[0].valid_from, titles(session, own.id)[0].valid_to) == (
        date(2025, 3, 1), date(2028, 2, 29),
    )  # fmt: skip
    assert titles(session, listed.id)[0].valid_from == SINCE


def test_what_is_not_decided_yet_grants_nothing(session, park: Park, lists: Lists) -> None:
    results = lists.take_in((park.firm.name, park.firm.credit_code, "A"), decided=False)
    with pytest.raises(DomainError, match="公示名单还不是认定结果"):
        service.grant(actor=park.officer, results=results)
    assert titles(session, park.firm.id) == []


@pytest.mark.parametrize(
    ("header", "values", "said"),
    [
        ("序号,姓名,电话,备注", {}, "没有找到“企业名称”或“统一社会信用代码”一列"),
        ("序号,企业名称,统一社会信用代码,证书编号", {"valid_to": None}, "没有有效期截止一列"),
        ("序号,企业名称,统一社会信用代码,证书编号", {"valid_from": None}, "没有发证日期一列"),
        ("序号,企业名称,统一社会信用代码,证书编号", {"valid_to": date(2024, 1, 1)}, "早于起始日"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_with_the_cure(lists: Lists, header: str, values, said: str) -> None:
    with pytest.raises(DomainError, match=said):
        lists.take_in(("甲", "乙", "丙"), header=header, **values)


def test_an_upload_by_page_shows_its_progress_and_then_its_rows(app, session, park: Park, sign_in) -> None:
    client = sign_in(park.officer)
    file = (
        io.BytesIO(f"企业名称,统一社会信用代码\n{park.firm.name},{park.firm.credit_code}\n".encode("gb18030")),
        "名单.csv",
    )
    form = {
        "rung": "hte", "kind": "decided", "title": "公告名单", "published_on": "2025-11-20", "valid_from": "2025-11-01",
        "valid_to": "2028-10-31", "organisation_id": str(park.park.id), "file": file,
    }  # fmt: skip
    answer = client.post("/results/new", data=form, content_type="multipart/form-data")
    page = answer.location
    assert "正在核对名单" in text_of(check_page(client.get(page)))
    assert client.get(f"{page}/progress").headers.get("HX-Refresh") is None
    jobs.work_until_empty(app)
    session.expire_all()
    assert client.get(f"{page}/progress").headers["HX-Refresh"] == "true"
    assert "登记 1 家的资质" in text_of(check_page(client.get(page)))
    assert "公告名单" in text_of(check_page(client.get("/results")))
    client.post(f"{page}/discard")
    assert client.get(page).status_code == 404


def test_nobody_outside_sees_a_list(session, park: Park, lists: Lists, sign_in) -> None:
    results = lists.take_in((park.firm.name, park.firm.credit_code, "A"))
    with pytest.raises(NotFoundError):
        service.load_list_for(park.other_officer, results.id)
    assert "认定名单" not in client_text(sign_in(park.firm_user))


def client_text(client) -> str:
    return client.get("/own").text


def test_a_long_list_asks_as_many_questions_as_a_short_one(session, park: Park, lists: Lists, sign_in) -> None:
    some = [make_firm(session, park.park) for _ in range(30)]
    short = lists.take_in((some[0].name, some[0].credit_code, "A"), (some[1].name, "", "B"))
    long = lists.take_in(*((firm.name, firm.credit_code if n % 2 else "", f"N{n}") for n, firm in enumerate(some)))
    client, asked = sign_in(park.officer), []
    client.get(f"/results/{short.id}")
    for results in (short, long):
        with count_queries(session) as statements:
            client.get(f"/results/{results.id}")
        asked.append(len(statements))
    assert asked[0] == asked[1]


def test_a_term_that_cannot_be_is_said_on_its_row_and_the_others_go_through(session, park: Park, lists: Lists) -> None:
    ahead, backwards, fine = (make_firm(session, park.park) for _ in range(3))
    results = lists.take_in(
        (ahead.name, ahead.credit_code, "A", "2199年1月1日", "2199年12月31日"),
        (backwards.name, backwards.credit_code, "B", "2025年3月1日", "2024年3月1日"),
        (fine.name, fine.credit_code, "C", "2025年3月1日", "2028年2月29日"),
        header="序号,单位名称,信用代码,证书编号,发证日期,有效期至",
    )
    lists.grant(results)
    assert lists.states(results) == [S.FAULTY, S.FAULTY, S.APPLIED], results.error
    assert "不能晚于今天" in lists.rows(results)[0].note["fault"]
    assert "早于起始日" in lists.rows(results)[1].note["fault"]
    assert [title.number for title in titles(session, fine.id)] == ["C"]


def test_two_rows_that_a_merger_made_one_firm_bring_one_title(session, park: Park, lists: Lists) -> None:
    kept, gone, deleted = (make_firm(session, park.park) for _ in range(3))
    results = lists.take_in(*((firm.name, firm.credit_code, f"N{firm.id}") for firm in (kept, gone, deleted)))
    lists.rows(results)[1].firm_id = kept.id  # what merging two firms does
    lists.rows(results)[2].firm_id = None  # what deleting one does
    lists.grant(results)
    assert lists.states(results) == [S.APPLIED, S.DUPLICATE, S.FAULTY], results.error
    assert [title.number for title in titles(session, kept.id)] == [f"N{kept.id}"]
    with pytest.raises(DomainError, match="请先撤回这份名单的登记"):
        deciding.prefer(actor=park.officer, results=results, row=lists.rows(results)[1])


def test_a_list_means_firms_of_its_own_unit_only(session, park: Park, lists: Lists) -> None:
    """An officer of the unit reads and grants it, whoever took it in."""
    here, elsewhere = park.firm, make_firm(session, park.other_park)
    rows = ((here.name, here.credit_code, "A"), (elsewhere.name, elsewhere.credit_code, "B"), (elsewhere.name, "", "C"))
    results = lists.take_in(*rows, actor=park.administrator)
    assert lists.states(results) == [S.MATCHED, S.UNKNOWN, S.UNKNOWN]
    with pytest.raises(DomainError, match="不属于"):
        deciding.accept(actor=park.administrator, results=results, row=lists.rows(results)[1], firm=elsewhere)


def test_a_firm_that_moved_away_is_neither_granted_nor_taken_back(session, park: Park, lists: Lists) -> None:
    early, late = make_firm(session, park.park), make_firm(session, park.park)
    results = lists.take_in((early.name, early.credit_code, "A"), (late.name, late.credit_code, "B"))
    early.organisation_id = park.other_park.id
    lists.grant(results)
    assert lists.states(results) == [S.FAULTY, S.APPLIED]
    assert titles(session, early.id) == []
    late.organisation_id = park.other_park.id
    lists.undo(results)
    assert [title.number for title in titles(session, late.id)] == ["B"]
    assert "没有撤回" in (results.error or "")


def test_an_undoing_that_breaks_leaves_a_granted_list_that_cannot_be_forgotten(
    session, park: Park, lists: Lists
) -> None:
    results = lists.grant(lists.take_in((park.firm.name, park.firm.credit_code, "A")))
    service.undo(actor=park.officer, results=results)
    session.flush()
    work.broken_off(None, results.id, park.officer.id)
    assert results.state is ResultState.GRANTED and "请再办一次" in (results.error or "")
    with pytest.raises(DomainError):
        service.discard(actor=park.officer, results=results)
    assert len(titles(session, park.firm.id)) == 1


def test_rows_without_names_and_one_mended_further_down_are_no_duplicates(session, park: Park, lists: Lists) -> None:
    firm = park.firm
    results = lists.take_in(
        ("", "123", "A", ""), ("", "456", "B", ""), (firm.name, firm.credit_code, "C", "2025年2月30日"),
        (firm.name, firm.credit_code, "C", "2025年3月1日"), (firm.name, firm.credit_code, "C", "—"),
        header="序号,单位名称,信用代码,证书编号,发证日期",
    )  # fmt: skip
    assert lists.states(results) == [S.FAULTY, S.FAULTY, S.FAULTY, S.MATCHED, S.DUPLICATE]


def test_what_a_list_writes_for_unknown_is_no_fault(session, park: Park, lists: Lists) -> None:
    firm = make_firm(session, park.park, "益阳无码机电有限公司", credit_code=None)
    results = lists.take_in(
        (park.firm.name, park.firm.credit_code, "无", "—"), (firm.name, "无", "B", "/"),
        header="序号,单位名称,信用代码,证书编号,发证日期",
    )  # fmt: skip
    assert lists.states(results) == [S.MATCHED, S.PROPOSED]
    assert lists.rows(results)[1].note["why"] == "no_code"
    assert lists.rows(results)[0].number is None


def test_a_firm_that_is_no_number_decides_nothing(session, park: Park, lists: Lists, sign_in) -> None:
    firm = make_firm(session, park.park)
    results = lists.take_in((firm.name, "", "GR1"))
    [row] = lists.rows(results)
    for odd in ("abc", "9" * 30, "-1"):
        sign_in(park.officer).post(f"/results/{results.id}/rows/{row.id}", data={"firm": odd})
        session.expire_all()
        assert lists.states(results) == [S.PROPOSED], odd


def test_a_certificate_recorded_meanwhile_is_held_and_not_its_own_renewal(session, park: Park, lists: Lists) -> None:
    firm, named = make_firm(session, park.park), make_firm(session, park.park, "益阳待认企业有限公司")
    results = lists.take_in((firm.name, firm.credit_code, "GR1"), (named.name, "", "GR2"))
    for holder, number in ((firm, "GR1"), (named, "GR2")):
        ladder.grant_credential(
            holder, Rung.HTE, number=number, valid_from=date(2025, 10, 31), valid_to=UNTIL, actor=park.officer
        )
    deciding.accept(actor=park.officer, results=results, row=lists.rows(results)[1], firm=named)
    lists.grant(results)
    assert lists.states(results) == [S.HELD, S.HELD]
    for holder in (firm, named):
        [title] = titles(session, holder.id)
        assert title.ended_on is None
    assert [row.credential_id for row in lists.rows(results)] == [
        titles(session, holder.id)[0].id for holder in (firm, named)
    ]


def test_the_firm_is_told_once_of_the_title_a_list_brings_it_and_no_more_when_it_is_taken_back(
    session, park: Park, lists: Lists
) -> None:
    results = lists.grant(lists.take_in((park.firm.name, park.firm.credit_code, "GR202543000777")))
    told = session.execute(select(Notice.user_id, Notice.kind, Notice.values, Notice.path)).all()
    assert [(user_id, kind) for user_id, kind, *_rest in told] == [(park.firm_user.id, NoticeKind.TITLE_GRANTED)]
    assert sentence(told[0].kind, told[0][2]).startswith(f"{park.firm.name}在公布的名单“2025 年认定名单”上，已登记为")
    assert told[0].path == f"/firms/{park.firm.id}/ladder"
    lists.grant(lists.take_in((park.firm.name, park.firm.credit_code, "GR202543000777")))
    assert len(session.scalars(select(Notice)).all()) == 1, "held already: told before"
    lists.undo(results)
    assert session.scalars(select(Notice)).all() == []


def test_many_firms_are_told_in_a_few_statements(session, park: Park, lists: Lists) -> None:
    firms_here = [make_firm(session, park.park, f"云岭批量{number}有限公司") for number in range(40)]
    for number, firm in enumerate(firms_here):
        make_user(session, Role.FIRM, f"联系人{number}", firm_id=firm.id)
    session.commit()
    rows = [(firm.name, firm.credit_code, f"GR2025430009{place:02}") for place, firm in enumerate(firms_here)]
    results = lists.take_in(*rows)
    service.grant(actor=park.officer, results=results)
    session.flush()
    with count_queries(session) as few:
        lists.work(results)
    assert len(session.scalars(select(Notice.id).where(Notice.kind == NoticeKind.TITLE_GRANTED)).all()) == 40
    assert len([each for each in few if "notice" in each]) < 10, "not one by one"
