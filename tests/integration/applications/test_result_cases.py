"""Lists and what is under way: the cases that a title ends with their applications, and what other lists found held."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import event, select

from crm.applications import service as applications
from crm.applications.machine import State
from crm.applications.models import ResultList, ResultRowState, ResultState
from crm.applications.results import deciding, service, work
from crm.firms.models import Firm
from crm.kernel import audit
from crm.ladder import service as ladder
from crm.ladder.models import Case, CaseStatus, Credential, Purpose, Rung, Stage
from tests.factories import make_firm
from tests.integration.applications.makers import Hall
from tests.integration.applications.test_follow import later, with_case
from tests.integration.applications.test_results import Lists, lists, titles  # noqa: F401  the fixture
from tests.integration.ladder.makers import TODAY
from tests.pages import check_page, text_of

S = ResultRowState


def tech_list(hall: Hall, lists: Lists) -> ResultList:  # noqa: F811
    """A list of tech_sme that gives the hall's firm its title, granted."""
    row = f"1,{hall.firm.name},{hall.firm.credit_code},202643090008000001"
    results = service.take_in(
        actor=hall.officer, organisation=hall.park.park, rung=Rung.TECH_SME, title="入库公告", document_number="益科〔2026〕1号",
        decided=True, published_on=TODAY, file_name="名单.csv", content=f"序号,企业名称,统一社会信用代码,证书编号\n{row}".encode(),
        valid_from=TODAY, valid_to=date(2026, 12, 31),
    )  # fmt: skip
    return lists.grant(lists.work(results))


def end(hall: Hall, results: ResultList, case: Case) -> None:
    audit.sign(hall.session, hall.officer.id, audit.Via.PAGE)
    assert deciding.end_cases(actor=hall.officer, results=results, case_ids=[case.id]) == 1
    hall.session.commit()


@pytest.mark.parametrize("state", [State.SUBMITTED, State.RETURNED, State.REVIEWED])
def test_what_was_handed_in_is_granted_with_the_lists_title_and_goes_on_when_it_is_undone(
    hall, lists: Lists, sign_in, state: State  # noqa: F811
) -> None:  # fmt: skip
    application = with_case(hall, state)
    case = application.case
    next_year = later(hall, case, State.DRAFT)
    results = tech_list(hall, lists)
    page = text_of(check_page(sign_in(hall.officer).get(f"/results/{results.id}")))
    assert "结束后：按名单记为认定" in page and "结束后：不受影响，继续办" in page
    end(hall, results, case)
    [title] = titles(hall.session, hall.firm.id)
    assert (application.state, application.credential) == (State.GRANTED, title)
    assert (next_year.state, next_year.case, case.status) == (State.DRAFT, None, CaseStatus.DROPPED)
    lists.undo(results)
    assert (application.state, application.case, application.credential) == (state, case, None)
    assert (next_year.state, next_year.case, case.status) == (State.DRAFT, case, CaseStatus.OPEN)
    assert titles(hall.session, hall.firm.id) == []


def test_a_draft_of_the_lists_year_ends_with_the_case_and_is_taken_up_unless_begun_anew(
    hall, lists: Lists, sign_in  # noqa: F811
) -> None:  # fmt: skip
    application = with_case(hall, State.DRAFT)
    results = tech_list(hall, lists)
    assert "结束后：撤回" in sign_in(hall.officer).get(f"/results/{results.id}").text
    end(hall, results, application.case)
    assert (application.state, application.credential) == (State.WITHDRAWN, None)
    lists.undo(results)
    assert (application.state, application.case.status) == (State.DRAFT, CaseStatus.OPEN)
    end(hall, lists.grant(results), application.case)
    audit.sign(hall.session, hall.own.id, audit.Via.PAGE)
    anew = hall.draft()
    lists.undo(results)
    assert (application.state, anew.state) == (State.WITHDRAWN, State.DRAFT)
    assert "有 1 份申报没有恢复" in sign_in(hall.officer).get(f"/results/{results.id}").text


def test_an_application_whose_case_does_not_go_on_is_the_parks_to_review_again(hall, lists: Lists) -> None:  # noqa: F811
    application = with_case(hall, State.REVIEWED)
    case, results = application.case, tech_list(hall, lists)
    end(hall, results, case)
    dropped_by_hand(hall, case)
    lists.undo(results)
    assert (case.status, application.state, application.case) == (CaseStatus.DROPPED, State.SUBMITTED, None)
    audit.sign(hall.session, hall.officer.id, audit.Via.PAGE)
    applications.review(application, actor=hall.officer)
    assert application.case is not case and application.case.status is CaseStatus.OPEN


def dropped_by_hand(hall: Hall, case: Case) -> None:
    """A person takes the case up, against the record for once, and ends it for a reason of their own."""
    audit.sign(hall.session, hall.officer.id, audit.Via.PAGE)
    ladder.reopen_case(case, "误操作", actor=hall.officer)
    hall.session.commit()
    ladder.drop_case(case, "企业自己放弃", actor=hall.officer)
    hall.session.commit()


def test_a_case_that_a_person_ended_since_is_not_taken_up_with_the_list(session, park, lists: Lists) -> None:  # noqa: F811
    firm: Firm = make_firm(session, park.park)
    case = ladder.open_case(firm, Rung.HTE, actor=park.officer, on=date(2025, 1, 6))
    # Within a year of its end a held title does not keep a case from going on.
    results = lists.grant(lists.take_in((firm.name, firm.credit_code, "N1"), valid_to=date(2027, 3, 31)))
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    deciding.end_cases(actor=park.officer, results=results, case_ids=[case.id])
    ladder.reopen_case(case, "误操作", actor=park.officer)
    ladder.drop_case(case, "企业自己放弃", actor=park.officer)
    lists.undo(results)
    assert (case.status, case.reason) == (CaseStatus.DROPPED, "企业自己放弃")


def test_a_title_taken_back_with_one_list_is_granted_by_the_other_that_found_it_held(
    session, park, lists: Lists, sign_in  # noqa: F811
) -> None:  # fmt: skip
    firm = make_firm(session, park.park)
    case = ladder.open_case(firm, Rung.HTE, actor=park.officer, on=date(2025, 1, 6))
    row = (firm.name, firm.credit_code, "GR202543000001")
    first = lists.grant(lists.take_in(row))
    second = lists.grant(lists.take_in(row))
    assert lists.states(second) == [S.HELD]
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    deciding.end_cases(actor=park.officer, results=second, case_ids=[case.id])
    lists.undo(first)
    assert titles(session, firm.id) == [] and lists.states(second) == [S.MATCHED]
    assert session.get_one(Case, case.id).status is CaseStatus.OPEN, "no title is left that could have ended it"
    assert "登记 1 家的资质" in sign_in(park.officer).get(f"/results/{second.id}").text
    lists.grant(second)
    assert lists.states(second) == [S.APPLIED] and len(titles(session, firm.id)) == 1


@pytest.mark.parametrize("verb", [service.grant, service.match_again])
def test_a_held_row_whose_title_is_gone_is_matched_as_any_other(session, park, lists: Lists, verb) -> None:  # noqa: F811
    firm = make_firm(session, park.park)
    row = (firm.name, firm.credit_code, "GR202543000001")
    lists.grant(lists.take_in(row))
    second = lists.take_in(row)
    session.delete(titles(session, firm.id)[0])
    session.flush()
    session.expire_all()
    assert (lists.states(second), lists.rows(second)[0].credential_id) == ([S.HELD], None)
    verb(actor=park.officer, results=second)
    lists.work(second)
    assert lists.states(second) == [S.APPLIED if verb is service.grant else S.MATCHED]


def applied_for(park, firm: Firm) -> Case:
    case = ladder.open_case(firm, Rung.HTE, actor=park.officer, on=date(2025, 1, 6))
    for stage in (Stage.CULTIVATING, Stage.READY, Stage.APPLIED):
        ladder.move_case(case, stage, actor=park.manager, override_reason="资料在线下系统里已经齐备")
    return case


def test_a_case_that_a_list_certified_is_applied_for_again_when_the_list_is_undone(session, park, lists: Lists) -> None:  # noqa: F811
    firm: Firm = make_firm(session, park.park)
    case = applied_for(park, firm)
    results = lists.grant(lists.take_in((firm.name, firm.credit_code, "GR1")))
    assert case.status is CaseStatus.CERTIFIED
    lists.undo(results)
    session.expire_all()
    assert titles(session, firm.id) == [] and results.error is None
    assert (case.status, case.stage, case.ended_on) == (CaseStatus.OPEN, Stage.APPLIED, None)
    assert [item.key for item in case.items if item.key == "certificate"] == [], "the paper was the list's"
    assert [event.to_status for event in case.events[-2:]] == [CaseStatus.CERTIFIED, CaseStatus.OPEN], "both are logged"
    again = lists.grant(results)
    session.expire_all()
    assert case.status is CaseStatus.CERTIFIED and [title.case_id for title in titles(session, firm.id)] == [case.id]
    lists.undo(again)
    session.expire_all()
    assert case.status is CaseStatus.OPEN


def test_what_was_granted_or_taken_back_before_a_stop_stays_and_asked_again_the_rest_is_done(
    session,
    park,
    lists: Lists,  # noqa: F811
) -> None:
    """Thousands of cases are not one transaction in which nobody else can save."""
    many = 2 * work.CASES_AT_ONCE + 1
    here = [make_firm(session, park.park) for _ in range(many)]
    for firm in here:
        session.add(
            Case(
                firm=firm, rung=Rung.HTE, purpose=Purpose.NEW, stage=Stage.APPLIED, status=CaseStatus.OPEN,
                opened_on=date(2025, 1, 6), stage_since=date(2025, 6, 2),
            )
        )  # fmt: skip
    results = lists.take_in(*((firm.name, firm.credit_code, f"GR{firm.id}") for firm in here))
    last = here[-1].id

    def stop(_mapper: object, _connection: object, title: Credential) -> None:
        if title.firm_id == last:
            raise RuntimeError("the power went out")

    event.listen(Credential, "before_insert", stop)
    try:
        lists.grant(results)
    finally:
        event.remove(Credential, "before_insert", stop)
    assert lists.states(results) == [S.APPLIED] * (many - 1) + [S.MATCHED]
    assert results.state is ResultState.GRANTED and "已办的各行都已保存" in (results.error or "")
    lists.grant(results)
    assert lists.states(results) == [S.APPLIED] * many and results.error is None
    lists.undo(results)
    assert lists.states(results) == [S.MATCHED] * many and results.state is ResultState.READ
    assert session.scalars(select(Case.status).distinct()).all() == [CaseStatus.OPEN]


def test_a_title_that_followed_another_by_a_list_and_a_case_gives_way_to_it_again(session, park, lists: Lists) -> None:  # noqa: F811
    firm: Firm = make_firm(session, park.park)
    older = ladder.grant_credential(
        firm, Rung.HTE, number="GR0", valid_from=date(2023, 1, 1), valid_to=date(2025, 12, 31), actor=park.officer
    )
    case = applied_for(park, firm)
    results = lists.grant(lists.take_in((firm.name, firm.credit_code, "GR1")))
    assert case.status is CaseStatus.CERTIFIED and older.ended_on is not None
    lists.undo(results)
    session.expire_all()
    assert [title.number for title in titles(session, firm.id)] == ["GR0"]
    assert (older.ended_on, case.status) == (None, CaseStatus.OPEN)


def test_a_certified_case_on_which_something_was_built_keeps_its_title_and_says_why(
    session,
    park,
    lists: Lists,  # noqa: F811
) -> None:
    firm: Firm = make_firm(session, park.park)
    case = applied_for(park, firm)
    results = lists.grant(lists.take_in((firm.name, firm.credit_code, "GR1")))
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    ladder.open_case(firm, Rung.HTE, actor=park.officer, purpose=Purpose.REVIEW)
    session.commit()
    lists.undo(results)
    session.expire_all()
    assert case.status is CaseStatus.CERTIFIED and len(titles(session, firm.id)) == 1
    assert "随培育项目结案登记" in lists.rows(results)[0].note["kept"]


def test_what_the_certificate_granted_is_before_the_authority_again(hall, lists: Lists) -> None:  # noqa: F811
    application = with_case(hall, State.RECOMMENDED)
    case = application.case
    results = tech_list(hall, lists)
    [title] = titles(hall.session, hall.firm.id)
    assert (application.state, application.credential, case.status) == (State.GRANTED, title, CaseStatus.CERTIFIED)
    lists.undo(results)
    hall.session.expire_all()
    assert (application.state, application.case, application.credential) == (State.RECOMMENDED, case, None)
    assert (case.status, case.stage, titles(hall.session, hall.firm.id)) == (CaseStatus.OPEN, Stage.APPLIED, [])
