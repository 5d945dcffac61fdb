"""Cases moved elsewhere (their own page, an official list) never leave an application in a state that the case denies."""

from __future__ import annotations

from datetime import date

import pytest

from crm.applications import service
from crm.applications.machine import UNDER_WAY, State
from crm.applications.models import Application, Window
from crm.ladder import service as ladder
from crm.ladder.gate import open_items
from crm.ladder.models import CaseStatus, Stage
from tests.integration.applications.makers import CERTIFICATE
from tests.integration.ladder.makers import TODAY, advance, pdf, tech_sme_case
from tests.pages import check_page, text_of


def with_case(hall, state):
    """An application in a state, whose case is there from the beginning."""
    tech_sme_case(hall.firm, hall.officer)
    application = hall.at(state)
    service.join_case(application)
    hall.session.flush()
    return application


@pytest.mark.parametrize("state", sorted(UNDER_WAY))
def test_a_case_dropped_ends_the_application(hall, state) -> None:
    application = with_case(hall, state)
    ladder.drop_case(application.case, "企业迁出本市", actor=hall.officer)
    assert application.state is State.WITHDRAWN
    assert application.events[-1].reason == "随培育项目一并办理", "the firm reads it; the park's reason is the park's"
    assert application.events[-1].actor is hall.officer


@pytest.mark.parametrize(("state", "becomes"), [(State.RECOMMENDED, State.REFUSED), (State.ON_NOTICE, State.REFUSED)])
def test_a_case_rejected_is_an_application_refused(hall, state, becomes) -> None:
    application = with_case(hall, state)
    ladder.reject_case(application.case, "专家评审未过", actor=hall.officer)
    assert application.state is becomes


def later(hall, case, state: State, *, year: int = 2027) -> Application:
    """Another application of the case, to the window of a later year."""
    window = Window(programme=hall.title, year=year, closes_on=date(year, 8, 31))
    application = Application(
        firm=hall.firm, window=window, case=case, state=state, state_since=TODAY, answers={}, changes=[]
    )
    application.submitted_on = None if state is State.DRAFT else TODAY
    hall.session.add_all([window, application])
    hall.session.flush()
    return application


@pytest.mark.parametrize("state", [State.DRAFT, State.SUBMITTED, State.RETURNED, State.REVIEWED])
def test_a_case_rejected_leaves_what_was_not_before_the_authority(hall, state) -> None:
    application = with_case(hall, State.RECOMMENDED)
    other, case = later(hall, application.case, state), application.case
    ladder.reject_case(case, "专家评审未过", actor=hall.officer)
    assert (application.state, other.state) == (State.REFUSED, state)
    assert other.case is None, "it finds the next case when the park reviews it"


def test_a_certificate_leaves_what_was_begun_for_a_later_year(hall) -> None:
    application = with_case(hall, State.RECOMMENDED)
    other, same = later(hall, application.case, State.DRAFT), later(hall, application.case, State.SUBMITTED, year=2026)
    hall.grant(application)
    assert (application.state, other.state, same.state) == (State.GRANTED, State.DRAFT, State.WITHDRAWN)
    assert other.case is None


def test_whoever_ends_a_case_is_told_what_ends_with_it_and_asked(hall, session, sign_in) -> None:
    application = with_case(hall, State.RECOMMENDED)
    later(hall, application.case, State.DRAFT)
    session.commit()
    officer, case_id = sign_in(hall.officer), application.case_id
    words = text_of(check_page(officer.get(f"/cases/{case_id}")))
    assert "这个项目还有 2 份在办的申报" in words
    assert "申报未通过时：记为未通过" in words and "申报未通过时：不受影响，继续办" in words
    form = {"end-ending": "reject", "end-reason": "专家评审未过", "end-version": str(application.case.version)}
    refused = officer.post(f"/cases/{case_id}/end", data=form)
    assert refused.status_code == 422 and "请核对后勾选" in refused.text
    session.expire_all()
    assert application.state is State.RECOMMENDED
    officer.post(f"/cases/{case_id}/end", data={**form, "end-seen": "y"})
    session.expire_all()
    assert application.state is State.REFUSED


@pytest.mark.parametrize("state", [State.RECOMMENDED, State.ON_NOTICE])
def test_a_case_certified_elsewhere_grants_the_application_with_its_title(hall, state) -> None:
    application = with_case(hall, state)
    ladder.attach_document(application.case, "certificate", pdf(), actor=hall.officer)
    ladder.move_case(application.case, Stage.CERTIFIED, actor=hall.officer, certificate=CERTIFICATE)
    assert application.state is State.GRANTED
    assert application.credential is not None and application.credential.number == CERTIFICATE.number


def test_a_draft_is_not_granted_by_a_case_that_was_certified_without_it(hall) -> None:
    application = with_case(hall, State.DRAFT)
    advance(application.case, Stage.CERTIFIED, hall.officer, hall.manager)
    assert application.state is State.WITHDRAWN and application.credential is None


@pytest.mark.parametrize("state", [State.RECOMMENDED, State.ON_NOTICE])
@pytest.mark.parametrize(
    ("stage", "becomes"),
    [(Stage.READY, State.REVIEWED), (Stage.CULTIVATING, State.SUBMITTED), (Stage.POOL, State.SUBMITTED)],
)
def test_a_case_sent_back_takes_the_recommendation_back(hall, state, stage, becomes) -> None:
    application = with_case(hall, state)
    ladder.move_case(application.case, stage, actor=hall.officer, reason="材料有误")
    assert application.state is becomes
    if becomes is State.SUBMITTED:
        service.review(application, actor=hall.officer)
    service.recommend(application, actor=hall.manager)  # and it goes on from there
    assert application.state is State.RECOMMENDED and application.case.stage is Stage.APPLIED


def test_reviewed_stands_only_while_the_case_is_ready(hall) -> None:
    application = with_case(hall, State.REVIEWED)
    ladder.move_case(application.case, Stage.CULTIVATING, actor=hall.officer, reason="数据有变")
    assert application.state is State.SUBMITTED


@pytest.mark.parametrize("state", [State.DRAFT, State.SUBMITTED, State.RETURNED, State.REVIEWED])
def test_a_case_moved_on_by_hand_leaves_the_application_where_it_is(hall, state) -> None:
    application = with_case(hall, state)
    advance(application.case, Stage.APPLIED, hall.officer, hall.manager)
    assert application.state is state
    if state is State.RETURNED:
        hall.mend(application)
    if state in (State.DRAFT, State.RETURNED):
        service.submit(application, actor=hall.own)
    if state is not State.REVIEWED:
        service.review(application, actor=hall.officer)
    service.recommend(application, actor=hall.manager)
    hall.grant(application)
    assert application.case.status is CaseStatus.CERTIFIED


def test_another_case_of_the_firm_does_not_matter(hall) -> None:
    from crm.ladder.models import Rung

    application = with_case(hall, State.SUBMITTED)
    other = ladder.open_case(hall.firm, Rung.HTE, actor=hall.officer)
    ladder.drop_case(other, "暂缓", actor=hall.officer)
    assert application.state is State.SUBMITTED


# --- what the application does to its case -------------------------------------------------------------------------


def test_the_steps_bring_the_case_through_its_own_gate(hall) -> None:
    application = hall.at(State.SUBMITTED)
    assert application.case is None  # of a firm's own the park opens it
    service.review(application, actor=hall.officer)
    case = application.case
    assert (case.stage, case.status, case.officer) == (Stage.READY, CaseStatus.OPEN, hall.officer)
    # What was handed in and declared stands on the case's checklist; only the signature is missing.
    service.recommend(application, actor=hall.manager)
    assert case.stage is Stage.APPLIED
    done = {item.key: item for item in case.items}
    assert {"willing", "truthful", "self_assessed", "application_form", "recommendation"} <= set(done)
    assert done["application_form"].document.name == "application_form.pdf"
    assert done["recommendation"].done_by is hall.manager
    assert [item.key for item in open_items(case, Stage.CERTIFIED, TODAY)] == ["certificate"]
    hall.grant(application)
    assert case.status is CaseStatus.CERTIFIED
    title = application.credential
    assert (title.number, title.valid_from, title.valid_to) == (
        CERTIFICATE.number,
        CERTIFICATE.valid_from,
        CERTIFICATE.valid_to,
    )
    assert title.case_id == case.id and title.document is not None
    assert [event.to_stage for event in case.events] == list(Stage)


def test_an_officers_draft_opens_the_case_at_once_and_takes_its_papers(hall) -> None:
    application = hall.draft(actor=hall.officer)
    assert application.case is not None and application.case.stage is Stage.POOL
    ladder.attach_document(application.case, "application_form", pdf("案卷里的.pdf"), actor=hall.officer)
    hall.session.expire_all()
    hall.fill(application)
    assert application.papers == []  # it lies in the checklist: nothing is asked twice
    service.submit(application, actor=hall.officer)
    assert [(paper.key, paper.document.name) for paper in application.papers] == [("application_form", "案卷里的.pdf")]


def test_refused_before_the_recommendation_the_case_goes_on(hall) -> None:
    application = hall.at(State.REVIEWED)
    service.refuse(application, "名额已满，下一批再报", actor=hall.manager)
    assert application.case.status is CaseStatus.OPEN
    again = service.start(actor=hall.own, firm=hall.firm, opening=hall.opening(hall.title))
    assert again.case is application.case


def test_refused_by_the_authority_the_case_is_not_passed(hall) -> None:
    application = hall.at(State.ON_NOTICE)
    service.refuse(application, "公示期有异议，查实", actor=hall.manager)
    assert (application.case.status, application.case.reason) == (CaseStatus.REJECTED, "公示期有异议，查实")


@pytest.mark.parametrize("verb", ["send_back", "withdraw"])
def test_taken_back_from_the_authority_the_case_returns_to_ready(hall, verb) -> None:
    application = hall.at(State.RECOMMENDED)
    if verb == "send_back":
        service.send_back(application, ["补审计报告"], actor=hall.officer)
    else:
        service.withdraw(application, "企业放弃", actor=hall.officer)
    assert application.case.stage is Stage.READY
    assert application.state is (State.RETURNED if verb == "send_back" else State.WITHDRAWN)
