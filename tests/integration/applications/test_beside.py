"""Two applications of one case, and an application beside a case that goes its own way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm.applications import programmes, service
from crm.applications.machine import State
from crm.applications.openings import opening_of
from crm.ladder import service as ladder
from crm.ladder.models import CaseStatus, Stage
from tests.integration.applications.makers import CERTIFICATE
from tests.integration.ladder.makers import TODAY, pdf


def second(hall):
    """Another application towards the same rung, in a window of its own."""
    window = programmes.create_window(
        hall.title,
        actor=hall.park.administrator,
        values={
            "year": TODAY.year, "title": "第二批", "division_code": None, "opens_on": TODAY,
            "closes_on": TODAY + timedelta(days=30), "source": None, "disabled": False,
        },
    )  # fmt: skip
    return service.start(actor=hall.officer, firm=hall.firm, opening=opening_of(window))


@pytest.mark.parametrize("verb", ["withdraw", "send_back"])
def test_what_was_not_recommended_does_not_take_another_ones_recommendation_back(hall, verb) -> None:
    recommended = hall.at(State.RECOMMENDED)
    other = second(hall)
    assert other.case is recommended.case
    if verb == "withdraw":
        service.withdraw(other, "开错了", actor=hall.officer)
    else:
        service.submit(hall.fill(other), actor=hall.own)
        service.send_back(other, ["补审计报告"], actor=hall.officer)
    assert (recommended.state, recommended.case.stage) == (State.RECOMMENDED, Stage.APPLIED)


def test_of_two_that_were_recommended_the_last_takes_the_case_back(hall) -> None:
    first, other = hall.at(State.RECOMMENDED), second(hall)
    service.submit(hall.fill(other), actor=hall.own)
    service.review(other, actor=hall.officer)
    service.recommend(other, actor=hall.manager)
    service.withdraw(other, "只报第一批", actor=hall.officer)
    assert (first.state, first.case.stage) == (State.RECOMMENDED, Stage.APPLIED)
    service.withdraw(first, "不报了", actor=hall.officer)
    assert first.case.stage is Stage.READY


def test_of_two_that_were_recommended_one_refused_leaves_the_other(hall) -> None:
    first, other = hall.at(State.RECOMMENDED), second(hall)
    service.submit(hall.fill(other), actor=hall.own)
    service.review(other, actor=hall.officer)
    service.recommend(other, actor=hall.manager)
    service.refuse(first, "第一批未通过", actor=hall.manager)
    assert (first.state, other.state) == (State.REFUSED, State.RECOMMENDED)
    assert (other.case.status, other.case.stage) == (CaseStatus.OPEN, Stage.APPLIED)


@pytest.mark.parametrize("by_its_own_page", [False, True])
def test_one_certificate_grants_one_of_two_applications(hall, by_its_own_page) -> None:
    first, other = hall.at(State.ON_NOTICE), second(hall)
    service.submit(hall.fill(other), actor=hall.own)
    if by_its_own_page:
        ladder.attach_document(first.case, "certificate", pdf(), actor=hall.officer)
        ladder.move_case(first.case, Stage.CERTIFIED, actor=hall.officer, certificate=CERTIFICATE)
    else:
        hall.grant(first)
    assert (first.state, other.state) == (State.GRANTED, State.WITHDRAWN)
    assert first.credential is not None and other.credential is None
