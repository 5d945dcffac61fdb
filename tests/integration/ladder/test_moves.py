"""Moving a case: the gate blocks what it lists, and nothing goes around it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crm.firms.models import FirmFact
from crm.kernel.audit import Change
from crm.kernel.errors import DomainError, EditConflictError, NotAllowedError
from crm.ladder import gate, service
from crm.ladder.models import Assessment, Case, CaseStatus, Credential, CredentialEventKind, Purpose, Rung, Stage
from crm.ladder.queries import rung_of
from crm.policy import edition_for, evaluate
from tests.factories import Park
from tests.integration.ladder.makers import TODAY, advance, complete, pdf, qualify, tech_sme_case


def test_a_new_case_stands_in_the_pool_with_its_first_event(session, park: Park) -> None:
    case = tech_sme_case(park.firm, park.officer)
    assert (case.stage, case.status, case.officer) == (Stage.POOL, CaseStatus.OPEN, park.officer)
    assert [(e.from_stage, e.to_stage, e.actor, e.on) for e in case.events] == [(None, Stage.POOL, park.officer, TODAY)]


def test_one_open_case_a_rung_but_several_rungs(session, park: Park) -> None:
    tech_sme_case(park.firm, park.officer)
    service.open_case(park.firm, Rung.HTE, actor=park.officer)
    with pytest.raises(DomainError, match="已有一个进行中"):
        tech_sme_case(park.firm, park.officer)


def test_the_constraint_speaks_as_kindly_as_the_check(session, park: Park, monkeypatch) -> None:
    """Two people open the same case at once: the second is stopped by the index, and told in words."""
    from crm.ladder.service import cases

    tech_sme_case(park.firm, park.officer)
    answers = iter([None, 1])  # looked before the other had saved, and again after
    monkeypatch.setattr(cases, "open_case_id", lambda *_: next(answers))
    with pytest.raises(DomainError, match="已有一个进行中"):
        tech_sme_case(park.firm, park.officer)


def test_the_gate_lists_exactly_what_blocks(session, park: Park) -> None:
    case = tech_sme_case(park.firm, park.officer)
    listed = gate.open_items(case, Stage.CULTIVATING, TODAY)
    with pytest.raises(service.OpenItemsError) as blocked:
        service.move_case(case, Stage.CULTIVATING, actor=park.officer)
    assert [item.key for item in blocked.value.items] == [item.key for item in listed] == ["willing"]
    service.declare(case, "willing", actor=park.officer)
    assert gate.open_items(case, Stage.CULTIVATING, TODAY) == []
    service.move_case(case, Stage.CULTIVATING, actor=park.officer)
    assert case.stage is Stage.CULTIVATING


def test_criteria_are_computed_by_the_engine(session, park: Park) -> None:
    figures = qualify(session, park.firm, park.officer)
    case = advance(tech_sme_case(park.firm, park.officer), Stage.CULTIVATING, park.officer, park.manager)
    assert gate.open_items(case, Stage.READY, TODAY) == []
    figures.employees, figures.st_staff = 501, 300
    session.flush()
    [item] = gate.open_items(case, Stage.READY, TODAY)
    assert (item.key, item.kind, item.state) == ("TS-02a", "criterion", "not_met")
    assert "1 人" in (item.text or "")
    figures.employees = None
    session.flush()
    assert {item.key: item.state for item in gate.open_items(case, Stage.READY, TODAY)}["TS-02a"] == "unknown"
    with pytest.raises(service.OpenItemsError):
        service.move_case(case, Stage.READY, actor=park.officer)


def test_a_rung_without_an_edition_never_passes_in_silence(session, park: Park) -> None:
    case = service.open_case(park.firm, Rung.LISTED_MAIN, actor=park.officer, on=TODAY, purpose=Purpose.ANNUAL)
    service.declare(case, "willing", actor=park.officer)
    service.move_case(case, Stage.CULTIVATING, actor=park.officer)
    [item] = [item for item in gate.open_items(case, Stage.READY, TODAY) if item.kind == "criterion"]
    assert (item.key, item.state) == ("edition", "none")


def test_a_document_whose_file_is_gone_is_missing_again(session, park: Park) -> None:
    qualify(session, park.firm, park.officer)
    case = advance(tech_sme_case(park.firm, park.officer), Stage.READY, park.officer, park.manager)
    complete(case, Stage.APPLIED, park.officer, park.manager)
    assert gate.open_items(case, Stage.APPLIED, TODAY) == []
    next(item for item in case.items if item.key == "application_form").document = None
    session.flush()
    assert [item.key for item in gate.open_items(case, Stage.APPLIED, TODAY)] == ["application_form"]


def test_stages_go_one_step_forward(session, park: Park) -> None:
    case = tech_sme_case(park.firm, park.officer)
    for target in (Stage.POOL, Stage.READY, Stage.CERTIFIED):
        with pytest.raises(DomainError, match="只能移到下一阶段"):
            service.move_case(case, target, actor=park.manager, override_reason="领导要求直接跳过中间阶段")
    assert case.stage is Stage.POOL


def test_back_needs_a_reason_and_voids_the_sign_off(session, park: Park) -> None:
    qualify(session, park.firm, park.officer)
    case = advance(tech_sme_case(park.firm, park.officer), Stage.APPLIED, park.officer, park.manager)
    with pytest.raises(DomainError, match="请写明原因"):
        service.move_case(case, Stage.CULTIVATING, actor=park.officer, reason=" ")
    event = service.move_case(case, Stage.CULTIVATING, actor=park.officer, reason="材料有误")
    assert (case.stage, event.reason) == (Stage.CULTIVATING, "材料有误")
    assert {item.key for item in case.items} == {"willing", "application_form", "truthful", "self_assessed"}


def test_override_needs_its_permission_and_a_written_reason_and_is_recorded(session, park: Park) -> None:
    case = tech_sme_case(park.firm, park.officer)
    reason = "省厅要求本周内完成入库培育"
    with pytest.raises(NotAllowedError):
        service.move_case(case, Stage.CULTIVATING, actor=park.officer, override_reason=reason)
    with pytest.raises(DomainError, match="至少 10 个字"):
        service.move_case(case, Stage.CULTIVATING, actor=park.manager, override_reason="领导同意")
    assert case.stage is Stage.POOL
    event = service.move_case(case, Stage.CULTIVATING, actor=park.manager, override_reason=reason)
    assert (event.overridden, event.reason, event.actor) == (True, reason, park.manager)


def test_what_needs_no_override_is_not_called_one(session, park: Park) -> None:
    case = tech_sme_case(park.firm, park.officer)
    service.declare(case, "willing", actor=park.officer)
    event = service.move_case(case, Stage.CULTIVATING, actor=park.officer, override_reason="多余的一条理由在这里")
    assert (event.overridden, event.reason) == (False, None)


def test_only_a_manager_signs_off(session, park: Park) -> None:
    qualify(session, park.firm, park.officer)
    case = advance(tech_sme_case(park.firm, park.officer), Stage.READY, park.officer, park.manager)
    with pytest.raises(NotAllowedError):
        service.sign_off(case, "recommendation", actor=park.officer)
    with pytest.raises(DomainError, match="清单里没有"):
        service.declare(case, "recommendation", actor=park.officer)
    service.sign_off(case, "recommendation", actor=park.manager)
    with pytest.raises(NotAllowedError):
        service.withdraw(case, "recommendation", actor=park.officer)


def test_the_second_of_two_is_told(session, park: Park) -> None:
    case = tech_sme_case(park.firm, park.officer)
    seen = case.version
    service.declare(case, "willing", actor=park.officer)
    service.move_case(case, Stage.CULTIVATING, actor=park.officer, version=seen)
    with pytest.raises(EditConflictError) as told:
        service.drop_case(case, "企业放弃", actor=park.manager, version=seen)
    assert [str(theirs) for _label, theirs, _mine in told.value.differences] == ["进行中 · 培育"]
    assert case.status is CaseStatus.OPEN


def test_certification_needs_the_certificate_and_records_the_title(session, park: Park) -> None:
    qualify(session, park.firm, park.officer)
    case = advance(tech_sme_case(park.firm, park.officer), Stage.APPLIED, park.officer, park.manager)
    complete(case, Stage.CERTIFIED, park.officer, park.manager)
    with pytest.raises(DomainError, match="编号"):
        service.move_case(case, Stage.CERTIFIED, actor=park.officer)
    endless = service.Certificate("20264309", TODAY)
    with pytest.raises(DomainError, match="截止日"):
        service.move_case(case, Stage.CERTIFIED, actor=park.officer, certificate=endless)
    service.move_case(
        case,
        Stage.CERTIFIED,
        actor=park.officer,
        certificate=service.Certificate("20264309", TODAY, date(2026, 12, 31)),
    )
    title = session.query(Credential).one()
    assert (title.rung, title.number, title.valid_to, title.case_id) == (
        Rung.TECH_SME,
        "20264309",
        date(2026, 12, 31),
        case.id,
    )
    assert (case.status, case.stage, case.ended_on) == (CaseStatus.CERTIFIED, Stage.CERTIFIED, TODAY)
    with pytest.raises(DomainError, match="不能再移动"):
        service.move_case(case, Stage.APPLIED, actor=park.officer, reason="再退回去")


@pytest.mark.parametrize(("number", "paper"), [("20264309", False), (None, True)])
def test_a_title_needs_its_number_or_the_paper_that_published_it(session, park: Park, number, paper) -> None:
    qualify(session, park.firm, park.officer)
    case = advance(tech_sme_case(park.firm, park.officer), Stage.APPLIED, park.officer, park.manager)
    neither = service.Certificate(None, TODAY, date(2026, 12, 31))
    with pytest.raises(service.OpenItemsError):
        service.move_case(case, Stage.CERTIFIED, actor=park.officer, certificate=neither)
    if paper:
        service.attach_document(case, "certificate", pdf("公布文件.pdf"), actor=park.officer)
    certificate = service.Certificate(number, TODAY, date(2026, 12, 31))
    event = service.move_case(case, Stage.CERTIFIED, actor=park.officer, certificate=certificate)
    title = session.query(Credential).one()
    assert (title.number, title.document is not None, event.overridden) == (number, paper, False)


def test_a_recognition_anew_is_certified_while_the_old_title_runs_and_renews_it(session, park: Park) -> None:
    """A firm applies again before its title lapses: the new one takes over on its first day, and the step says so."""
    old = service.grant_credential(
        park.firm,
        Rung.TECH_SME,
        number="202543090008000001",
        valid_from=date(2025, 9, 1),
        valid_to=date(2026, 8, 31),
        actor=park.officer,
    )
    qualify(session, park.firm, park.officer)
    case = service.open_case(park.firm, Rung.TECH_SME, actor=park.officer, on=TODAY, purpose=Purpose.NEW)
    advance(case, Stage.CERTIFIED, park.officer, park.manager)
    new = session.query(Credential).filter(Credential.id != old.id).one()
    assert (old.ended_on, old.events[-1].kind, new.case_id) == (TODAY, CredentialEventKind.RENEWED, case.id)
    assert [rung_of(park.firm, day) for day in (TODAY - timedelta(days=1), TODAY)] == [Rung.TECH_SME] * 2
    assert case.events[-1].reason == "续期：旧证 202543090008000001 由新证 202643090008000001 接续"


def test_assessments_are_kept_with_edition_hash_and_facts_and_run_again_alike(session, park: Park) -> None:
    qualify(session, park.firm, park.officer)
    case = advance(tech_sme_case(park.firm, park.officer), Stage.CERTIFIED, park.officer, park.manager)
    kept = session.query(Assessment).filter_by(case_id=case.id).order_by(Assessment.id).all()
    assert [event.assessment_id is not None for event in case.events] == [False, False, True, True, True]
    assert len(kept) == 3
    edition = edition_for("tech_sme", TODAY)
    assert {(k.edition, k.edition_hash) for k in kept} == {(edition.id, edition.hash)}
    again = evaluate(edition, kept[0].facts, kept[0].on)
    assert again.verdict == kept[0].verdict == "met"
    assert again.as_json() == kept[0].result
    assert kept[0].score_low == kept[0].score_high == 100


def test_what_changes_later_does_not_change_what_was_kept(session, park: Park) -> None:
    figures = qualify(session, park.firm, park.officer)
    case = advance(tech_sme_case(park.firm, park.officer), Stage.READY, park.officer, park.manager)
    figures.employees = 4000
    session.query(FirmFact).filter_by(firm_id=park.firm.id, key="resident_cn").one().value = False
    session.flush()
    session.expire_all()
    [kept] = session.query(Assessment).filter_by(case_id=case.id)
    assert kept.facts["years"]["2025"]["employees"] == 50
    assert kept.facts["resident_cn"] is True


def test_drop_reject_and_reopen_each_with_a_reason(session, park: Park) -> None:
    case = tech_sme_case(park.firm, park.officer)
    with pytest.raises(DomainError, match="请写明原因"):
        service.drop_case(case, "", actor=park.officer)
    with pytest.raises(DomainError, match="只有“申报”阶段"):
        service.reject_case(case, "专家评审未通过", actor=park.officer)
    service.drop_case(case, "企业迁出", actor=park.officer)
    assert (case.status, case.reason, case.ended_on, case.stage) == (CaseStatus.DROPPED, "企业迁出", TODAY, Stage.POOL)
    with pytest.raises(DomainError, match="不能再移动"):
        service.move_case(case, Stage.CULTIVATING, actor=park.officer)
    service.reopen_case(case, "企业迁回", actor=park.officer)
    assert (case.status, case.ended_on, case.reason) == (CaseStatus.OPEN, None, None)
    assert [event.to_status for event in case.events] == [CaseStatus.OPEN, CaseStatus.DROPPED, CaseStatus.OPEN]


def test_reopening_beside_an_open_case_is_refused(session, park: Park) -> None:
    first = tech_sme_case(park.firm, park.officer)
    service.drop_case(first, "企业放弃", actor=park.officer)
    tech_sme_case(park.firm, park.officer)
    with pytest.raises(DomainError, match="已有一个进行中"):
        service.reopen_case(first, "又想申报", actor=park.officer)


def test_a_case_is_not_taken_up_again_for_a_title_that_is_held(session, park: Park) -> None:
    case = tech_sme_case(park.firm, park.officer)
    service.drop_case(case, "企业放弃", actor=park.officer)
    until = TODAY + timedelta(days=400)
    title = service.grant_credential(
        park.firm, case.rung, number="2026430900A8000001", valid_from=TODAY, valid_to=until, actor=park.officer
    )
    with pytest.raises(DomainError, match="已持证"):
        service.reopen_case(case, "又想申报", actor=park.officer)
    title.valid_to = TODAY + timedelta(days=300)  # within a year of its end, for the next one
    session.flush()
    service.reopen_case(case, "又想申报", actor=park.officer)
    assert case.status is CaseStatus.OPEN


def test_dates_never_run_backwards_or_into_the_future(session, park: Park) -> None:
    case = tech_sme_case(park.firm, park.officer)
    service.declare(case, "willing", actor=park.officer)
    for on in (TODAY - timedelta(days=1), TODAY + timedelta(days=1)):
        with pytest.raises(DomainError):
            service.move_case(case, Stage.CULTIVATING, actor=park.officer, on=on)
    service.drop_case(case, "企业放弃", actor=park.officer)
    with pytest.raises(DomainError, match="不能早于"):
        tech_sme_case(park.firm, park.officer, on=TODAY - timedelta(days=30))


def test_every_step_is_in_the_history_of_the_firm(session, park: Park) -> None:
    case = tech_sme_case(park.firm, park.officer)
    service.attach_document(case, "application_form", pdf(), actor=park.officer)
    service.declare(case, "willing", actor=park.officer)
    service.withdraw(case, "willing", actor=park.officer)
    entities = {(c.entity, c.action) for c in session.query(Change).filter_by(firm_id=park.firm.id)}
    assert {("cultivation_case", "created"), ("checklist_item", "created"), ("checklist_item", "deleted")} <= entities


def test_a_firm_may_be_handed_over_and_its_case_stays_where_it_was(session, park: Park) -> None:
    case = advance(tech_sme_case(park.firm, park.officer), Stage.CULTIVATING, park.officer, park.manager)
    park.firm.officer_id, park.firm.organisation_id = park.other_officer.id, park.other_park.id
    session.flush()
    session.expire_all()
    kept = session.get(Case, case.id)
    assert (kept.stage, len(kept.events), len(kept.items)) == (Stage.CULTIVATING, 2, 1)
