"""The state machine: every step from every state by everybody, and every guard."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crm.applications import service
from crm.applications.machine import Act, OpenItemsError, State, acts_for, may, open_items
from crm.firms.models import FirmStatus
from crm.kernel.errors import DomainError, NotAllowedError
from crm.ladder.models import Stage
from crm.ladder.service import Certificate
from tests.integration.applications.makers import CERTIFICATE, NUMBER
from tests.integration.ladder.makers import TODAY, pdf

# Who may do what, as the people of a park would say it: written here apart from the machine.
OWN = {
    State.DRAFT: {Act.SUBMIT, Act.WITHDRAW},
    State.RETURNED: {Act.SUBMIT, Act.WITHDRAW},
    State.SUBMITTED: {Act.WITHDRAW},
    State.REVIEWED: {Act.WITHDRAW},
}
OFFICER = {
    State.DRAFT: {Act.SUBMIT, Act.WITHDRAW},
    State.RETURNED: {Act.SUBMIT, Act.WITHDRAW},
    State.SUBMITTED: {Act.REVIEW, Act.SEND_BACK, Act.WITHDRAW},
    State.REVIEWED: {Act.SEND_BACK, Act.WITHDRAW},
    State.RECOMMENDED: {Act.SEND_BACK, Act.ANNOUNCE, Act.WITHDRAW},
    State.ON_NOTICE: {Act.ANNOUNCE, Act.WITHDRAW},
}
MANAGER = {
    State.DRAFT: OFFICER[State.DRAFT],
    State.RETURNED: OFFICER[State.RETURNED],
    State.SUBMITTED: OFFICER[State.SUBMITTED] | {Act.REFUSE},
    State.REVIEWED: OFFICER[State.REVIEWED] | {Act.RECOMMEND, Act.REFUSE},
    State.RECOMMENDED: OFFICER[State.RECOMMENDED] | {Act.GRANT, Act.REFUSE},
    State.ON_NOTICE: OFFICER[State.ON_NOTICE] | {Act.GRANT, Act.REFUSE},
}
TARGETS = {
    Act.SUBMIT: State.SUBMITTED,
    Act.REVIEW: State.REVIEWED,
    Act.SEND_BACK: State.RETURNED,
    Act.RECOMMEND: State.RECOMMENDED,
    Act.ANNOUNCE: State.ON_NOTICE,
    Act.GRANT: State.GRANTED,
    Act.REFUSE: State.REFUSED,
    Act.WITHDRAW: State.WITHDRAWN,
}


def take(hall, application, act, actor):
    """The verb of a step with all that it needs."""
    match act:
        case Act.SEND_BACK:
            return service.send_back(application, ["写明细"], actor=actor)
        case Act.ANNOUNCE:
            return service.announce(application, actor=actor, since=TODAY, until=TODAY)
        case Act.GRANT:
            rung = application.window.programme.rung
            certificate = CERTIFICATE if rung else None
            skipped = "省厅统一公示"
            return service.grant(
                application, actor=actor, number=NUMBER, certificate=certificate, file=pdf(), skipped=skipped
            )
        case Act.REFUSE:
            return service.refuse(application, "不符合要求", actor=actor)
        case Act.WITHDRAW:
            return service.withdraw(application, "明年再报", actor=actor)
    if act is Act.SUBMIT and application.state is State.RETURNED:
        hall.mend(application)
    return {Act.SUBMIT: service.submit, Act.REVIEW: service.review, Act.RECOMMEND: service.recommend}[act](
        application, actor=actor
    )


@pytest.mark.parametrize("lead", ["title", "project"])
@pytest.mark.parametrize("state", list(State))
def test_every_step_from_every_state_by_everybody(hall, session, state, lead) -> None:
    application = hall.at(state, getattr(hall, lead))
    people = {"own": (hall.own, OWN), "officer": (hall.officer, OFFICER), "manager": (hall.manager, MANAGER)}
    for who, (person, table) in people.items():
        allowed = table.get(state, set())
        assert set(acts_for(person, application)) == allowed, who
        for act in Act:
            attempt = session.begin_nested()
            if act in allowed:
                take(hall, application, act, person)
                assert application.state is TARGETS[act], (who, act)
                assert application.events[-1].to_state is TARGETS[act]
                assert application.events[-1].from_state is state
                assert application.events[-1].actor is person
            else:
                with pytest.raises(DomainError):
                    take(hall, application, act, person)
            attempt.rollback()
            session.expire_all()
            assert application.state is state


def test_a_stranger_may_do_nothing(hall) -> None:
    application = hall.at(State.DRAFT)
    assert acts_for(hall.park.other_firm_user, application) == []
    with pytest.raises(NotAllowedError):
        service.submit(application, actor=hall.park.other_firm_user)
    with pytest.raises(NotAllowedError):
        service.answer(application, actor=hall.park.other_firm_user, words={}, facts={}, declared=[])
    with pytest.raises(NotAllowedError):
        service.start(actor=hall.park.other_firm_user, firm=hall.firm, opening=hall.opening(hall.project))


# --- guards: each is seen to fail without it -----------------------------------------------------------------------


def kinds(application, act) -> set[tuple[str, str]]:
    return {(item.kind, item.key) for item in open_items(application, act, TODAY)}


def blocked(application, act, verb, actor) -> set[tuple[str, str]]:
    """What the verb refuses, which is what the page shows."""
    with pytest.raises(OpenItemsError) as refused:
        verb(application, actor=actor)
    found = {(item.kind, item.key) for item in refused.value.items}
    assert found == kinds(application, act)
    return found


def test_submitting_names_all_that_the_firm_has_to_bring(hall) -> None:
    application = hall.draft()
    assert blocked(application, Act.SUBMIT, service.submit, hall.own) == {
        ("answer", "main_products"),
        ("paper", "application_form"),
        ("declaration", "willing"),
        ("declaration", "truthful"),
        ("declaration", "self_assessed"),
    }
    assert application.state is State.DRAFT and application.filed is None
    hall.fill(application)
    service.submit(application, actor=hall.own)


@pytest.mark.parametrize("what", ["answer", "paper", "declaration"])
def test_each_of_them_alone_is_enough_to_be_refused(hall, what) -> None:
    application = hall.at(State.DRAFT)
    if what == "answer":
        application.answers = {**application.answers, "words": {}}
    elif what == "paper":
        service.take_paper_back(application, "application_form", actor=hall.own)
    else:
        application.answers = {**application.answers, "declared": ["willing", "truthful"]}
    assert {kind for kind, _key in blocked(application, Act.SUBMIT, service.submit, hall.own)} == {what}


def test_a_criterion_that_is_not_met_keeps_the_firm_from_submitting(hall, session) -> None:
    application = hall.at(State.DRAFT)
    from crm.firms.figures.models import YearlyFigures

    session.query(YearlyFigures).one().employees = 2000
    session.flush()
    found = blocked(application, Act.SUBMIT, service.submit, hall.own)
    assert {kind for kind, _key in found} == {"criterion"}


def test_a_window_is_open_ahead_or_closed(hall, session) -> None:
    application = hall.at(State.DRAFT, hall.project)
    window = hall.project_window
    window.opens_on = TODAY + timedelta(days=1)
    assert blocked(application, Act.SUBMIT, service.submit, hall.own) == {("window", "ahead")}
    window.opens_on, window.closes_on = date(2026, 5, 1), TODAY - timedelta(days=1)
    assert blocked(application, Act.SUBMIT, service.submit, hall.own) == {("window", "closed")}
    window.closes_on, window.disabled = TODAY, True
    assert blocked(application, Act.SUBMIT, service.submit, hall.own) == {("window", "disabled")}
    window.disabled = False
    service.submit(application, actor=hall.own)


def test_what_was_handed_in_in_time_may_be_mended_after_the_window_closed(hall) -> None:
    application = hall.at(State.RETURNED, hall.project)
    hall.project_window.closes_on = TODAY - timedelta(days=1)
    hall.mend(application)
    service.submit(application, actor=hall.own)
    assert application.state is State.SUBMITTED and application.changes == []


def test_who_holds_the_title_for_longer_does_not_apply_again(hall) -> None:
    from crm.ladder import service as ladder

    application = hall.at(State.DRAFT)
    ladder.grant_credential(
        hall.firm,
        hall.title.rung,
        number="1",
        valid_from=TODAY,
        valid_to=TODAY + timedelta(days=800),
        actor=hall.officer,
    )
    assert ("held", "held") in kinds(application, Act.SUBMIT)


def test_review_waits_for_what_the_firm_asked_to_enter(hall) -> None:
    from crm.firms.proposals.models import Target
    from crm.firms.proposals.service import Wanted, propose

    application = hall.at(State.SUBMITTED, hall.project)
    wish = Wanted(target=Target.FIGURES, target_key="2025", field="rd", new=900_000)
    proposal = propose(actor=hall.own, firm=hall.firm, wanted=[wish], note=None, document=None)
    assert blocked(application, Act.REVIEW, service.review, hall.officer) == {("proposal", str(proposal.id))}


def test_review_and_recommendation_ask_the_gate(hall, session) -> None:
    from crm.firms.figures.models import YearlyFigures

    submitted = hall.at(State.SUBMITTED)
    session.query(YearlyFigures).one().employees = 2000
    assert {kind for kind, _key in blocked(submitted, Act.REVIEW, service.review, hall.officer)} == {"criterion"}
    assert submitted.case is None  # nothing half done
    session.query(YearlyFigures).one().employees = 50
    service.review(submitted, actor=hall.officer)
    session.query(YearlyFigures).one().employees = 2000
    found = blocked(submitted, Act.RECOMMEND, service.recommend, hall.manager)
    assert {kind for kind, _key in found} == {"criterion"}
    assert submitted.case.stage is Stage.READY and submitted.state is State.REVIEWED


def test_nothing_is_granted_before_the_notice_is_over_or_without_its_certificate(hall) -> None:
    application = hall.at(State.RECOMMENDED)
    service.announce(application, actor=hall.officer, since=TODAY, until=TODAY)
    assert ("notice", "notice") in kinds(application, Act.GRANT)
    with pytest.raises(OpenItemsError):
        hall.grant(application)
    application.notice_to = TODAY - timedelta(days=1)
    assert kinds(application, Act.GRANT) == {("document", "certificate")}
    with pytest.raises(OpenItemsError):  # neither a number nor a paper
        service.grant(application, actor=hall.manager)


@pytest.mark.parametrize("there", ["number", "paper"])
def test_the_number_or_the_paper_is_enough(hall, there) -> None:
    application = hall.at(State.ON_NOTICE)
    number = "202643090008000001" if there == "number" else None
    certificate = Certificate(number, TODAY, date(2026, 12, 31))
    file = pdf("公布文件.pdf") if there == "paper" else None
    service.grant(application, actor=hall.manager, certificate=certificate, file=file)
    title = application.credential
    assert (title.number, title.document is not None) == (number, there == "paper")


def test_a_project_needs_its_number_or_its_paper_too(hall) -> None:
    application = hall.at(State.ON_NOTICE, hall.project)
    with pytest.raises(DomainError) as refused:
        service.grant(application, actor=hall.manager)
    assert refused.value.field == "number"
    service.grant(application, actor=hall.manager, file=pdf("立项文件.pdf"))
    assert application.state is State.GRANTED


def test_a_public_notice_is_not_passed_over_in_silence(hall) -> None:
    application = hall.at(State.RECOMMENDED)
    with pytest.raises(DomainError) as refused:
        service.grant(application, actor=hall.manager, certificate=CERTIFICATE, file=pdf())
    assert refused.value.field == "skipped" and application.state is State.RECOMMENDED
    service.grant(application, actor=hall.manager, certificate=CERTIFICATE, skipped="省厅已统一公示")
    assert application.events[-1].reason == f"{CERTIFICATE.number}；未登记公示：省厅已统一公示"


def test_the_days_of_a_notice_can_be_corrected(hall) -> None:
    application = hall.at(State.RECOMMENDED)
    service.announce(application, actor=hall.officer, since=TODAY, until=TODAY.replace(year=2062))
    service.announce(application, actor=hall.officer, since=TODAY - timedelta(days=7), until=TODAY - timedelta(days=1))
    hall.grant(application)
    assert application.state is State.GRANTED


def test_a_project_needs_neither_criteria_nor_certificate(hall) -> None:
    application = hall.at(State.ON_NOTICE, hall.project)
    assert application.case is None
    service.grant(application, actor=hall.manager, number="益科计〔2026〕8号-3")
    assert application.state is State.GRANTED and application.events[-1].reason == "益科计〔2026〕8号-3"


def test_reasons_dates_and_points_are_asked_for(hall) -> None:
    application = hall.at(State.RECOMMENDED)
    for verb, arguments, field in (
        (service.refuse, (" ",), "reason"),
        (service.withdraw, ("",), "reason"),
        (service.send_back, (["", " "],), "changes"),
    ):
        with pytest.raises(DomainError) as refused:
            verb(application, *arguments, actor=hall.manager)
        assert refused.value.field == field
    with pytest.raises(DomainError):
        service.announce(application, actor=hall.officer, since=TODAY, until=TODAY - timedelta(days=1))
    assert application.state is State.RECOMMENDED
    assert may(hall.officer, application, Act.ANNOUNCE)


def test_a_firm_out_of_business_applies_for_nothing_and_is_not_recommended(hall, session, sign_in) -> None:
    draft, submitted = hall.at(State.DRAFT), hall.at(State.SUBMITTED, hall.project)
    hall.firm.status = FirmStatus.DEREGISTERED
    session.commit()
    for application, step, actor in ((draft, service.submit, hall.own), (submitted, service.review, hall.officer)):
        with pytest.raises(OpenItemsError) as refused:
            step(application, actor=actor)
        assert "企业状态是“注销”，不能申报" in [item.title.partition("；")[0] for item in refused.value.items]
    service.withdraw(draft, "企业已注销", actor=hall.officer)
    with pytest.raises(DomainError, match="不能申报"):
        hall.draft()
    page = sign_in(hall.officer).get(f"/firms/{hall.firm.id}/applications")
    assert 'name="opening"' not in page.text
    hall.firm.status = FirmStatus.ACTIVE
    service.review(submitted, actor=hall.officer)
    service.recommend(submitted, actor=hall.manager)
    hall.firm.status = FirmStatus.MOVED_OUT
    hall.grant(submitted)
    assert submitted.state is State.GRANTED, "what the authority decided is recorded"
