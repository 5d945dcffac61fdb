"""The demonstration park: what is in it, and that each role's pages have something to show."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from crm.accounts.models import User
from crm.demo.commands import prepare
from crm.duties.queries import due
from crm.duties.rules import Kind
from crm.duties.selects import DueState, Wanted
from crm.editions.models import EditionRecord
from crm.exchange.models import ImportRun, RunState
from crm.firms.figures.models import YearlyFigures
from crm.firms.figures.queries import figures_of_year
from crm.firms.ip.models import IpKind, IpRight
from crm.firms.models import Contact, Division, Document, Firm, FirmStatus, State
from crm.firms.proposals.models import Decision, Proposal
from crm.kernel import clock, files
from crm.kernel.audit import Change
from crm.kernel.db import db
from crm.kernel.identifiers import check_credit_code, check_ip_number
from crm.ladder.facts import facts_of_many
from crm.ladder.gate import blocking_criteria, examine
from crm.ladder.models import Case, CaseEvent, CaseStatus, Credential, CredentialEvent, CredentialEventKind, Rung, Stage
from crm.ladder.queries import case_states, is_held
from crm.lists.rules import lists_in_use, rule_of
from crm.lists.showing import judged
from crm.park import rules
from crm.park.comparisons import compare
from crm.park.models import Verdict
from crm.visits.models import Need, NeedState, Reluctance, Task, TaskState, Visit
from tests.integration.demo.conftest import Demonstration
from tests.pages import check_page

ROLES = ("administrator", "manager", "officer", "firm")
FIRST_PAGES = {"administrator": "/funnel", "manager": "/funnel", "officer": "/day", "firm": "/own"}


def count(statement) -> int:
    return db.session.scalar(select(func.count()).select_from(statement.subquery()))


def the_firm() -> Firm:
    return db.session.scalars(select(Firm).where(Firm.name == "云岭星河智能装备有限公司")).one()


@pytest.mark.parametrize("role", ROLES)
def test_each_role_starts_on_a_page_of_its_own(demonstration: Demonstration, role: str) -> None:
    answer = demonstration.sign_in(role).get("/", follow_redirects=True)
    assert answer.status_code == 200
    assert answer.request.path == FIRST_PAGES[role]
    check_page(answer)


def test_each_list_has_firms_that_fit_that_do_not_and_that_nobody_can_tell(built: Demonstration) -> None:
    lists = [each for each in lists_in_use() if rule_of(each) is not None]
    firms = db.session.scalars(select(Firm).where(Firm.status == FirmStatus.ACTIVE)).all()
    facts = facts_of_many(list(firms), clock.today())
    for each in lists:
        rule = rule_of(each)
        assert rule is not None
        found = {judged(firm, rule, facts[firm.id]).verdict for firm in firms}
        assert found == {Verdict.MET, Verdict.NOT_MET, Verdict.UNKNOWN}, each.key


def test_two_firms_are_to_be_asked_again_whether_there_is_none(built: Demonstration) -> None:
    """All others were asked within the year: the verdicts rest on something."""
    firms = db.session.scalars(select(Firm).where(Firm.status == FirmStatus.ACTIVE)).all()
    stale = [firm.name for firm in firms if facts_of_many([firm], clock.today())[firm.id].stale]
    assert sorted(stale) == ["松江安澜船舶配件有限公司", "石湾百川储能科技有限公司"]


def test_the_draft_makes_some_firms_gain_and_some_drop_out(built: Demonstration) -> None:
    manager = db.session.scalars(select(User).where(User.email == "manager@demo.tidu.invalid")).one()
    assert manager.organisation is not None
    record = db.session.scalars(select(EditionRecord)).one()
    draft = rules.rule(record.name)
    counts = compare(rules.rule("srdi.2026"), draft, draft.since, manager.organisation).counts()
    assert counts["not_met"]["met"] >= 2 and counts["met"]["not_met"] >= 2


@pytest.mark.parametrize("role", ROLES)
def test_whatever_the_first_page_leads_to_is_there(demonstration: Demonstration, role: str) -> None:
    client = demonstration.sign_in(role)
    page = client.get(FIRST_PAGES[role]).text
    addresses = sorted(set(re.findall(r'<a [^>]*href="(/[^"#]*)', page)))
    assert len(addresses) > 8
    for address in addresses:
        answer = client.get(address.replace("&amp;", "&"), follow_redirects=True)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"


def test_numbers_are_invented_but_right(built: Demonstration) -> None:
    # GB/T 2260 has no 99: there the demonstration's own divisions are.
    divisions = set(db.session.scalars(select(Division.code).where(~Division.code.startswith("99"))))
    codes = db.session.scalars(select(Firm.credit_code).where(Firm.credit_code.is_not(None))).all()
    assert len(codes) >= 40
    for code in codes:
        assert check_credit_code(code).is_valid, code
        assert code[2:8] not in divisions, f"{code} could be a real firm's"
    kinds = dict.fromkeys((IpKind.INVENTION, IpKind.UTILITY_MODEL, IpKind.DESIGN, IpKind.SOFTWARE, IpKind.IC_LAYOUT), 0)
    for right in db.session.scalars(select(IpRight)):
        checked = check_ip_number(right.number)
        assert (checked.is_valid, checked.kind) == (True, right.kind), right.number
        kinds[right.kind] += 1
    assert all(kinds.values()), kinds


def test_nobody_real_can_be_called(built: Demonstration) -> None:
    telephones = [*db.session.scalars(select(Contact.telephone)), *db.session.scalars(select(Firm.telephone))]
    assert all(number.startswith("0000-555") for number in telephones if number is not None)
    addresses = db.session.scalars(select(Contact.email).where(Contact.email.is_not(None))).all()
    assert addresses and all(address.endswith(".example") for address in addresses)
    people = db.session.scalars(select(User.email).where(User.password_hash.is_not(None))).all()
    assert sorted(people) == [f"{name}@demo.tidu.invalid" for name in ("admin", "firm", "manager", "officer")]


def test_figures_end_with_the_last_year_and_some_warn(built: Demonstration) -> None:
    last = clock.today().year - 1
    years = db.session.execute(
        select(func.min(YearlyFigures.year), func.max(YearlyFigures.year), func.count()).group_by(YearlyFigures.firm_id)
    ).all()
    # Of a firm that tells nothing there is one figure, of the year before it applied: in spring not the last.
    assert {latest for _first, latest, number in years if number > 1} == {last}
    assert sum(number >= 4 for _first, _latest, number in years) >= 30
    warned = [row.warnings for row in db.session.scalars(select(YearlyFigures)) if row.warnings]
    assert len(warned) == 2
    rows = db.session.scalars(select(YearlyFigures).where(YearlyFigures.year == last)).all()
    states = {source.state for row in rows for source in row.sources}
    assert states == {State.DECLARED, State.VERIFIED}
    assert any(row.st_staff is None for row in rows)


def test_cases_stand_at_every_stage_of_several_rungs(built: Demonstration) -> None:
    stood = db.session.execute(select(Case.rung, Case.stage).where(Case.status != CaseStatus.DROPPED).distinct()).all()
    for rung in (Rung.TECH_SME, Rung.HTE, Rung.SRDI, Rung.LITTLE_GIANT):
        assert {stage for its_rung, stage in stood if its_rung is rung} == set(Stage), rung
    for status in (CaseStatus.DROPPED, CaseStatus.REJECTED):
        ended = db.session.scalars(select(Case).where(Case.status == status)).all()
        assert ended, status
        assert all(len(case.reason or "") >= 10 for case in ended)
    overruled = db.session.scalars(select(CaseEvent).where(CaseEvent.overridden)).all()
    assert overruled
    assert {event.actor.role.value for event in overruled} == {"manager"}


def test_the_funnel_of_past_years_is_not_empty(built: Demonstration) -> None:
    today = clock.today()
    held, stood = [], []
    for days in (1000, 700, 365, 0):
        on = today - timedelta(days=days)
        held.append(count(select(Credential.id).where(is_held(on))))
        state = case_states(on)
        stood.append(count(select(state.c.firm_id)))
    assert held[0] > 10, held
    assert stood[0] > 0, stood
    assert stood == sorted(stood), stood


def test_titles_lapse_expire_and_are_revoked(built: Demonstration) -> None:
    today = clock.today()

    def lapsing(days: int) -> int:
        ends = Credential.valid_to.between(today, today + timedelta(days=days))
        return count(select(Credential.id).where(Credential.ended_on.is_(None), ends))

    assert 0 < lapsing(60) < lapsing(200)
    kinds = set(db.session.scalars(select(CredentialEvent.kind)))
    assert kinds == set(CredentialEventKind)
    stale = select(Credential.id).where(Credential.ended_on.is_(None), Credential.valid_to < today)
    assert count(stale) == 0, "a term is over and nobody recorded it"


def test_the_calendar_holds_a_handful_of_each_state(built: Demonstration) -> None:
    today = clock.today()
    states = {state: due(None, Wanted(on=today, until=today, states=frozenset({state}))) for state in DueState}
    kinds = {state: [each for each in found if each.rule.kind is Kind.YEARLY] for state, found in states.items()}
    assert 1 <= len(kinds[DueState.UNRECORDED]) <= 5 and 2 <= len(kinds[DueState.MISSED]) <= 6
    assert len(kinds[DueState.DONE]) > 30 and states[DueState.LAPSED]
    assert {each.lost for each in kinds[DueState.MISSED]} == {True, False}


def test_there_is_work_to_do_and_work_done(built: Demonstration) -> None:
    today = clock.today()
    officer = db.session.scalars(select(User).where(User.email == "officer@demo.tidu.invalid")).one()
    mine = select(Task.id).where(Task.assignee_id == officer.id)
    assert count(mine.where(Task.state == TaskState.OPEN, Task.due_on < today)) >= 2
    assert (
        count(mine.where(Task.state == TaskState.OPEN, Task.due_on >= today, Task.due_on <= today + timedelta(7))) >= 1
    )
    assert count(mine.where(Task.state == TaskState.DONE)) >= 10
    assert set(db.session.scalars(select(Need.state))) >= {NeedState.OPEN, NeedState.ANSWERED}
    assert count(select(Visit.id).where(Visit.on > today - timedelta(days=365))) > 100
    visits = db.session.scalars(select(Visit)).all()
    assert {visit.reluctance for visit in visits} == {None, *Reluctance}
    assert any(visit.answers and visit.latitude is not None for visit in visits)
    # Who is said not to innovate has figures that say so too.
    for visit in visits:
        figures = figures_of_year(visit.firm_id, clock.today().year - 1)
        if visit.reluctance is not None and figures is not None and figures.rd is not None and figures.revenue:
            assert figures.rd / figures.revenue < Decimal("0.035"), visit.firm.name
    run = db.session.scalars(select(ImportRun)).one()
    assert (run.state, run.created, run.updated, run.unchanged, run.rejected) == (RunState.DONE, 1, 3, 4, 1)


def test_the_firm_of_the_firm_user_has_a_story(built: Demonstration) -> None:
    firm = the_firm()
    today = clock.today()
    assert [former.name for former in firm.former_names] == ["云岭星河机械厂"]
    held = db.session.scalars(select(Credential.rung).where(Credential.firm_id == firm.id, is_held(today))).all()
    assert held == [Rung.TECH_SME]
    case = db.session.scalars(select(Case).where(Case.firm_id == firm.id, Case.status == CaseStatus.OPEN)).one()
    assert case.rung is Rung.HTE
    assessment = examine(firm, Rung.HTE, today).assessment
    assert assessment is not None
    short = [result for result, _alternative in blocking_criteria(assessment)]
    assert [(result.id, result.verdict, result.gap.unit) for result in short] == [
        ("HT-05a", "not_met", "万元"),
        ("HT-07", "not_met", "分"),
    ]
    decisions = {
        field.decision
        for proposal in db.session.scalars(select(Proposal).where(Proposal.firm_id == firm.id))
        for field in proposal.fields
    }
    assert decisions == {Decision.ACCEPTED, Decision.REFUSED, Decision.PENDING}
    assert count(select(Task.id).where(Task.firm_id == firm.id, Task.state == TaskState.OPEN)) >= 2


def test_the_past_happened_when_it_says(built: Demonstration) -> None:
    """Each verb was done as of its day, by the person who would have done it."""
    changes = db.session.scalars(select(Change).where(Change.firm_id == the_firm().id).order_by(Change.id)).all()
    assert [change.at for change in changes] == sorted(change.at for change in changes)
    assert (clock.now() - changes[0].at).days > 700
    assert max(change.at for change in changes) <= clock.now()
    names = set(db.session.scalars(select(User.name).where(User.id.in_({change.actor_id for change in changes}))))
    assert names >= {"演示专员甲", "星河装备填报人"}


def test_documents_are_real_files(built: Demonstration) -> None:
    types = set()
    for document in db.session.scalars(select(Document)):
        assert files.path_of(document.sha256).stat().st_size == document.size
        types.add(document.media_type)
    assert types == {"application/pdf", "image/png"}


def test_building_again_changes_nothing(built: Demonstration) -> None:
    before = [count(select(model.id)) for model in (Firm, User, Change, Visit, CaseEvent, Document)]
    db.session.rollback()
    prepare()
    assert [count(select(model.id)) for model in (Firm, User, Change, Visit, CaseEvent, Document)] == before


def test_scenarios_are_kept_on_both_sides(demonstration: Demonstration) -> None:
    with demonstration.app.app_context():
        address = f"/firms/{the_firm().id}/scenarios"
    for role in ("officer", "firm"):
        client = demonstration.sign_in(role)
        page = client.get(address)
        check_page(page)
        numbers = re.findall(r'name="compare" value="(\d+)"', page.text)
        assert len(numbers) == 2
        compared = client.get(address, query_string={"compare": numbers})
        check_page(compared)
        assert "方案比较" in compared.text
