"""Filling in: what is taken from the record, what is asked, where the answers go, and what is frozen."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from crm.applications import service
from crm.applications.machine import Act, OpenItemsError, State, open_items
from crm.applications.models import Application, Window
from crm.applications.openings import opening_of, openings_for
from crm.applications.prefill import Prefill, fact_of_year
from crm.firms.figures.models import FigureSource, YearlyFigures
from crm.firms.models import State as Trust
from crm.firms.proposals.models import Decision, ProposalField, Target
from crm.firms.proposals.service import Verdict, Wanted, decide, propose
from crm.kernel import audit
from crm.kernel.audit import Action, Change
from crm.kernel.errors import DomainError, EditConflictError
from crm.notices.models import Notice, NoticeKind
from tests.integration.ladder.makers import TODAY, pdf


def without_rd_staff(hall) -> Application:
    figures = hall.session.query(YearlyFigures).one()
    figures.rd_staff = None
    hall.session.flush()
    return hall.draft(hall.project)


def test_the_record_is_taken_with_where_it_comes_from(hall) -> None:
    prefill = Prefill.of(hall.draft(), TODAY)
    lines = {line.path: line for line in prefill.lines}
    assert (lines["years.2025.rd"].value, lines["years.2025.rd"].state) == ("80 万元", "verified")
    assert lines["resident_cn"].value == "是" and lines["resident_cn"].state == "declared"
    assert lines["ip"].value == "1 条"
    assert [question.key for question in prefill.questions] == ["main_products"]


def test_years_of_a_programme_count_from_its_window() -> None:
    assert fact_of_year("years.-1.rd", 2026) == "years.2025.rd"
    assert fact_of_year("market_share", 2026) == "market_share"


def test_a_figure_that_no_criterion_reads_waits_beside_an_application(hall) -> None:
    """The record keeps staff with degrees for the survey's tables; the criteria have no such fact."""
    application = hall.draft()
    wanted = [Wanted(target=Target.FIGURES, target_key="2025", field="masters_staff", new=4)]
    propose(actor=hall.own, firm=application.firm, wanted=wanted, note=None, document=None)
    hall.session.commit()
    assert "fact-years-2025-masters_staff" not in hall.missing(application)


def test_only_what_is_missing_is_asked_and_a_firms_answer_waits_for_the_park(hall) -> None:
    application = without_rd_staff(hall)
    assert hall.missing(application) == ["fact-years-2025-rd_staff", "topic", "solution", "partner", "budget"]
    hall.fill(application)
    service.answer(
        application,
        actor=hall.own,
        words=application.answers["words"],
        facts={"years.2025.rd_staff": 15},
        declared=["truthful"],
    )
    asked = hall.session.scalars(select(ProposalField)).one()
    assert (asked.target, asked.target_key, asked.field, asked.new) == (Target.FIGURES, "2025", "rd_staff", 15)
    assert hall.session.query(YearlyFigures).one().rd_staff is None
    # It is not asked again of the firm, and counts for what it hands in …
    service.submit(application, actor=hall.own)
    line = next(line for line in application.filed["lines"] if line["path"] == "years.2025.rd_staff")
    assert (line["value"], line["state"]) == ("15 人", "pending")
    # … and the park decides on it before it reviews.
    with pytest.raises(DomainError):
        service.review(application, actor=hall.officer)
    decide(actor=hall.officer, proposal=asked.proposal, verdicts={asked.id: Verdict(Decision.ACCEPTED)})
    service.review(application, actor=hall.officer)
    assert hall.session.query(YearlyFigures).one().rd_staff == 15


def test_the_same_answer_again_asks_for_nothing_new(hall) -> None:
    application = without_rd_staff(hall)
    for _again in range(2):
        service.answer(application, actor=hall.own, words={}, facts={"years.2025.rd_staff": 15}, declared=[])
    assert len(hall.session.scalars(select(ProposalField)).all()) == 1


def test_what_an_officer_answers_stands_in_the_record_as_declared(hall) -> None:
    application = without_rd_staff(hall)
    facts = {"years.2025.rd_staff": 15, "years.2025.revenue": None, "tech_field": 4, "market_share": Decimal("0.12")}
    service.answer(application, actor=hall.officer, words={}, facts=facts, declared=[])
    figures = hall.session.query(YearlyFigures).one()
    assert figures.rd_staff == 15 and figures.revenue is not None  # a blank leaves what is there
    source = hall.session.scalars(select(FigureSource).where(FigureSource.key == "rd_staff")).one()
    assert (source.state, source.entered_by_id) == (Trust.DECLARED, hall.officer.id)
    assert hall.firm.tech_field == 4
    assert hall.session.scalars(select(ProposalField)).all() == []


def test_what_is_filed_stays_whatever_becomes_of_the_record(hall) -> None:
    application = hall.at(State.SUBMITTED)
    filed = application.filed
    assert filed["firm"]["name"] == hall.firm.name and filed["firm"]["credit_code"] == hall.firm.credit_code
    assert filed["verdict"]["verdict"] == "met" and filed["verdict"]["edition"] == "tech_sme.2017"
    assert filed["facts"]["years"]["2025"]["rd"] == "80"
    assert [paper["name"] for paper in filed["papers"]] == ["application_form.pdf"]
    assert filed["answers"][0]["text"] == "我们这样写"
    hall.session.query(YearlyFigures).one().rd = Decimal(1)
    hall.session.flush()
    hall.session.expire_all()
    assert application.filed == filed


def test_sent_back_the_firm_sees_the_points_and_what_it_hands_in_again_is_frozen_anew(hall) -> None:
    application = hall.at(State.SUBMITTED)
    service.send_back(application, ["补充销售合同", "写清产品型号"], actor=hall.officer)
    assert [change["text"] for change in application.changes] == ["补充销售合同", "写清产品型号"]
    service.answer(
        application,
        actor=hall.own,
        words={"main_products": "改过的"},
        facts={},
        declared=application.answers["declared"],
    )
    first = application.submitted_on
    service.submit(application, actor=hall.own)
    assert application.changes == [] and application.submitted_on == first
    assert application.filed["answers"][0]["text"] == "改过的"


def test_nothing_is_filled_in_once_it_is_handed_in(hall) -> None:
    application = hall.at(State.SUBMITTED)
    for verb in (
        lambda: service.answer(application, actor=hall.own, words={}, facts={}, declared=[]),
        lambda: service.attach(application, "application_form", actor=hall.own, file=pdf()),
        lambda: service.take_paper_back(application, "application_form", actor=hall.own),
    ):
        with pytest.raises(DomainError):
            verb()


def test_another_firms_document_is_no_paper(hall) -> None:
    from crm.firms.documents.service import store_document

    stranger = store_document(hall.park.other_officer, hall.park.other_firm, pdf())
    application = hall.draft()
    with pytest.raises(DomainError):
        service.attach(application, "application_form", actor=hall.own, document=stranger)
    with pytest.raises(DomainError):
        service.attach(application, "no_such_paper", actor=hall.own, file=pdf())


def test_two_who_fill_in_one_application_are_told(hall) -> None:
    application = hall.draft()
    opened = application.version
    service.answer(application, actor=hall.own, words={"main_products": "轴承"}, facts={}, declared=[], version=opened)
    with pytest.raises(EditConflictError) as conflict:
        service.answer(
            application, actor=hall.officer, words={"main_products": "齿轮"}, facts={}, declared=[], version=opened
        )
    assert conflict.value.differences == [("主要产品或服务", "轴承", "齿轮")]
    service.answer(
        application,
        actor=hall.officer,
        words={"main_products": "齿轮"},
        facts={},
        declared=[],
        version=application.version,
    )
    assert application.answers["words"] == {"main_products": "齿轮"}


def test_two_who_declare_and_write_to_the_reviewer_are_told(hall) -> None:
    application = hall.at(State.RETURNED)
    opened, words = application.version, application.answers["words"]
    declared = application.answers["declared"]
    own = {"words": words, "facts": {}, "declared": declared}
    service.answer(application, actor=hall.own, **own, note="合同已补", version=opened)
    with pytest.raises(EditConflictError) as conflict:
        other = {**own, "declared": declared[1:]}
        service.answer(application, actor=hall.officer, **other, note="", version=opened)
    assert conflict.value.differences[0] == ("给审核人的说明", "合同已补", "未填")
    assert [each[1:] for each in conflict.value.differences[1:]] == [("已勾选", "未勾选")]
    assert (application.answers["note"], application.answers["declared"]) == ("合同已补", declared)
    service.answer(application, actor=hall.officer, **own, note="合同已补", version=opened)  # both wrote the same


def test_pressed_twice_the_second_is_told(hall) -> None:
    application = hall.at(State.DRAFT)
    seen = application.version
    service.submit(application, actor=hall.own)
    with pytest.raises(DomainError, match="待审核"):
        service.submit(application, actor=hall.own)
    with pytest.raises(EditConflictError):  # another step, from a page that is older
        service.review(application, actor=hall.officer, version=seen)


def test_a_firm_applies_once_to_a_window_unless_it_was_refused_or_withdrawn(hall) -> None:
    application = hall.at(State.SUBMITTED)
    with pytest.raises(DomainError, match="已有一份"):
        hall.draft()
    service.withdraw(application, "重新准备", actor=hall.own)
    assert hall.draft().state is State.DRAFT


def test_each_step_is_told_to_the_other_side(hall) -> None:
    application = hall.at(State.SUBMITTED, hall.project)

    def told(person) -> list[str]:
        rows = hall.session.scalars(
            select(Notice)
            .where(Notice.user_id == person.id, Notice.kind == NoticeKind.APPLICATION_MOVED)
            .order_by(Notice.id)
        )
        return [row.values["application_state"] for row in rows]

    from crm.kernel import audit

    for step, actor in (("review", hall.officer), ("recommend", hall.manager)):
        audit.sign(hall.session, actor.id, audit.Via.PAGE)
        getattr(service, step)(application, actor=actor)
    assert told(hall.own)[-2:] == ["reviewed", "recommended"]
    assert told(hall.officer)[-1] == "recommended" and "reviewed" not in told(hall.officer)


# --- windows ------------------------------------------------------------------------------------------------------


def test_a_rungs_windows_are_those_of_the_notice_and_become_a_row_when_used(hall) -> None:
    assert [window.programme.key for window in hall.session.scalars(select(Window))] == ["science_project"]
    opening = hall.opening(hall.title)
    assert (opening.since.isoformat(), opening.until.isoformat()) == ("2026-06-01", "2026-08-31")
    first = hall.draft()
    assert first.window.notice_key == opening.key
    service.withdraw(first, None, actor=hall.own)
    assert hall.draft().window is first.window  # one row, however often it is used
    assert [each.key for each in openings_for([hall.title], "430900", TODAY)[hall.title.id]] == [opening.key]


def test_the_days_of_a_notices_window_are_read_from_the_notice(hall) -> None:
    application = hall.draft()
    application.window.closes_on = TODAY - timedelta(days=30)
    assert opening_of(application.window).until.isoformat() == "2026-08-31"


def test_a_window_holds_for_its_region_only(hall) -> None:
    by_region = {
        region: openings_for([hall.project], region, TODAY)[hall.project.id]
        for region in ("430900", "430981", "430100", None)
    }
    assert {region: len(found) for region, found in by_region.items()} == {
        "430900": 1,
        "430981": 1,
        "430100": 0,
        None: 0,
    }
    hall.project_window.division_code = None
    hall.session.flush()
    assert len(openings_for([hall.project], None, TODAY)[hall.project.id]) == 1
    hall.project_window.disabled = True
    hall.session.flush()
    assert openings_for([hall.project], "430900", TODAY)[hall.project.id] == []


# --- sent back ----------------------------------------------------------------------------------------------------


def test_sent_back_it_is_not_handed_in_again_as_it_was_unless_the_firm_says_why(hall) -> None:
    application = hall.at(State.RETURNED)
    assert [item.key for item in open_items(application, Act.SUBMIT, TODAY)] == ["note"]
    with pytest.raises(OpenItemsError):
        service.submit(application, actor=hall.own)
    same = application.answers
    service.answer(
        application,
        actor=hall.own,
        words=same["words"],
        facts={},
        declared=same["declared"],
        note="合同涉密，当面提供",
    )
    service.submit(application, actor=hall.own)
    assert application.filed["mended"] == [] and application.filed["note"] == "合同涉密，当面提供"
    assert application.events[-1].reason == "合同涉密，当面提供"
    # It answered one return: the next one asks again.
    service.send_back(application, ["仍须补充"], actor=hall.officer)
    with pytest.raises(OpenItemsError):
        service.submit(application, actor=hall.own)


def test_what_was_mended_is_told_by_field_before_after_and_who(hall) -> None:
    application = hall.at(State.SUBMITTED, hall.project)
    service.send_back(application, ["补充协议", "核对研发费用"], actor=hall.officer)
    audit.sign(hall.session, hall.own.id, audit.Via.PAGE)
    words = {**application.answers["words"], "budget": "总经费 300"}
    service.answer(application, actor=hall.own, words=words, facts={}, declared=application.answers["declared"])
    service.attach(application, "cooperation", actor=hall.own, file=pdf("协议二版.pdf"))
    audit.sign(hall.session, hall.officer.id, audit.Via.PAGE)
    hall.session.query(YearlyFigures).one().rd = Decimal(900_000)
    hall.firm.telephone = "0737-1234567"
    hall.session.flush()
    service.submit(application, actor=hall.own)
    told = {each["title"]: (each["before"], each["after"], each["who"]) for each in application.filed["mended"]}
    assert told == {
        "项目总经费与自筹（万元）": ("我们这样写", "总经费 300", hall.own.name),
        "产学研合作协议": ("cooperation.pdf", "协议二版.pdf", hall.own.name),
        "2025 年研发费用": ("80 万元", "90 万元", hall.officer.name),
        "电话": ("—", "0737-1234567", hall.officer.name),
    }


def test_a_clause_judged_by_what_nobody_verified_says_so(hall) -> None:
    application = hall.draft()
    prefill = Prefill.of(application, TODAY)
    assert {line["path"] for clause in prefill.resting for line in clause["lines"]} >= {"resident_cn"}
    assert not any(line["path"] == "years.2025.rd" for clause in prefill.resting for line in clause["lines"])
    # What the firm asked to enter counts, and each clause it decides says that it waits.
    hall.session.query(YearlyFigures).one().employees = None
    hall.session.flush()
    service.answer(application, actor=hall.own, words={}, facts={"years.2025.employees": 2000}, declared=[])
    item = next(item for item in open_items(application, Act.SUBMIT, TODAY) if item.kind == "criterion")
    assert "按还没有核实的数据算：2025 年职工总数 2,000 人" in item.text


def test_a_paper_taken_back_stands_in_the_history(hall, session) -> None:
    application = hall.fill(hall.draft())
    paper = application.papers[0]
    taken = (paper.id, paper.document_id)
    session.commit()
    service.take_paper_back(application, paper.key, actor=hall.own)
    session.commit()
    gone = session.scalars(
        select(Change).where(Change.entity == "application_document", Change.action == Action.DELETED)
    ).all()
    assert [(each.entity_id, each.old["document_id"], each.firm_id) for each in gone] == [(*taken, hall.firm.id)]
