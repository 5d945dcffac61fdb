"""Two people at one proposal: what the first decided stands, and the second is told. What it costs to read one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import update

from crm.firms.figures.models import YearlyFigures
from crm.firms.figures.service import record_figures
from crm.firms.ip.models import IpRight
from crm.firms.proposals import service
from crm.firms.proposals.models import Decision, Proposal, ProposalField, Target
from crm.firms.proposals.service import NEW_RIGHT, Verdict, Wanted
from crm.firms.proposals.shown import lines_of
from crm.kernel import clock
from crm.kernel.errors import DomainError
from tests.factories import Park
from tests.queries import count_queries

YEAR = clock.today().year - 1
KEYS = ("revenue", "rd", "employees", "rd_staff")


def ask(park: Park, *wanted: Wanted) -> Proposal:
    return service.propose(actor=park.firm_user, firm=park.firm, wanted=wanted, note=None, document=None)


def figure(key: str, value: object, year: int = YEAR) -> Wanted:
    return Wanted(target=Target.FIGURES, target_key=str(year), field=key, new=value)


def decided_elsewhere(session, proposal: Proposal, decision: Decision) -> None:
    """Someone else decides all of it after this session has read it."""
    assert [field.decision for field in proposal.fields] == [Decision.PENDING] * len(proposal.fields)
    plainly = {"synchronize_session": False}
    of_it = update(ProposalField).where(ProposalField.proposal_id == proposal.id)
    session.execute(of_it.values(decision=decision), execution_options=plainly)
    session.execute(update(Proposal).where(Proposal.id == proposal.id).values(open=False), execution_options=plainly)


@pytest.mark.parametrize("decision", [Decision.REFUSED, Decision.WITHDRAWN])
def test_what_was_refused_or_withdrawn_meanwhile_is_not_applied(session, park: Park, decision: Decision) -> None:
    proposal = ask(park, figure("rd", Decimal(65000)))
    decided_elsewhere(session, proposal, decision)
    with pytest.raises(DomainError, match="已经处理过"):
        service.decide(
            actor=park.officer, proposal=proposal, verdicts={proposal.fields[0].id: Verdict(Decision.ACCEPTED)}
        )
    session.expire_all()
    assert session.query(YearlyFigures).count() == 0
    assert proposal.fields[0].decision is decision


def test_a_right_accepted_twice_is_entered_once(session, park: Park) -> None:
    right = {"number": "ZL201710601862.3", "title": "一种装置", "kind": None}
    proposal = ask(park, Wanted(target=Target.IP, field=NEW_RIGHT, new=right))
    decided_elsewhere(session, proposal, Decision.ACCEPTED)
    with pytest.raises(DomainError, match="已经处理过"):
        service.decide(
            actor=park.officer, proposal=proposal, verdicts={proposal.fields[0].id: Verdict(Decision.ACCEPTED)}
        )
    assert session.query(IpRight).count() == 0


def test_what_was_accepted_meanwhile_is_not_withdrawn(session, park: Park) -> None:
    proposal = ask(park, figure("rd", Decimal(65000)))
    decided_elsewhere(session, proposal, Decision.ACCEPTED)
    with pytest.raises(DomainError, match="已经处理完"):
        service.withdraw(proposal=proposal)
    session.expire_all()
    assert proposal.fields[0].decision is Decision.ACCEPTED


def test_whoever_decides_holds_the_proposal(session, park: Park) -> None:
    """PostgreSQL would let two read it at once; SQLite lets only one write."""
    proposal = ask(park, figure("rd", Decimal(65000)))
    with count_queries(session) as statements:
        service.withdraw(proposal=proposal)
    if session.get_bind().dialect.name == "postgresql":
        first = next(statement for statement in statements if "FROM proposal" in statement)
        assert first.endswith("FOR UPDATE")
    assert proposal.fields[0].decision is Decision.WITHDRAWN


def test_who_asks_holds_the_firm_before_reading_what_waits(session, park: Park) -> None:
    """On PostgreSQL, a form sent twice at once would else be asked for twice, and what was decided meanwhile taken back."""
    with count_queries(session) as statements:
        proposal = ask(park, figure("rd", Decimal(65000)))
    with count_queries(session) as deciding:
        service.withdraw(proposal=proposal)
    held_by = "SELECT firm.id \nFROM firm"
    for each in (statements, deciding):
        held = next(place for place, statement in enumerate(each) if statement.startswith(held_by))
        assert not any("FROM proposal" in statement for statement in each[:held])
        if session.get_bind().dialect.name == "postgresql":
            assert each[held].endswith("FOR NO KEY UPDATE")


def test_the_figures_are_read_once_however_many_are_asked_for(session, park: Park) -> None:
    for year in (YEAR, YEAR - 1):
        record_figures(actor=park.officer, firm=park.firm, year=year, values={"revenue": Decimal(1_000_000)})
    session.commit()
    wanted = [figure(key, Decimal(5), year) for year in (YEAR, YEAR - 1) for key in KEYS]
    with count_queries(session) as asking:
        proposal = ask(park, *wanted)
    assert sum("FROM yearly_figures" in statement for statement in asking) == 1
    session.commit()
    with count_queries(session) as reading:
        assert len(lines_of(proposal)) == len(wanted)
    assert sum("FROM yearly_figures" in statement for statement in reading) == 1
