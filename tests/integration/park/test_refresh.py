"""The readiness kept for every firm and rung: what it says, when it is worked out anew, and what is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, event, func, select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.editions.library import edition_in_force
from crm.firms.models import Division, Firm, FirmFact
from crm.kernel import clock, migrate
from crm.kernel.audit import Change, Via, sign
from crm.kernel.db import db
from crm.ladder.facts import facts_of
from crm.ladder.gate import blocking_criteria
from crm.ladder.models import Rung
from crm.park import changes
from crm.park import refresh as refreshing
from crm.park.models import Readiness, ReadinessRun, Verdict
from crm.park.refresh import Refreshed, refresh
from crm.policy import NoEdition, Text, evaluate
from tests.factories import Park, build_park
from tests.integration.ladder.makers import TODAY, qualify
from tests.integration.park.makers import random_firms
from tests.integration.park.test_in_the_way import nearest
from tests.queries import count_queries

NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 4, tzinfo=UTC)  # noon where the parks are
TECH_SME = Rung.TECH_SME


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def stored(session: Session, firm: Firm, rung: Rung = TECH_SME) -> Readiness:
    session.expire_all()
    return session.get_one(Readiness, (firm.id, rung))


def set_fact(session: Session, firm: Firm, key: str, value: Any) -> None:
    fact = session.scalars(select(FirmFact).where(FirmFact.firm_id == firm.id, FirmFact.key == key)).one()
    fact.value = value
    session.commit()


def test_every_firm_has_the_answer_of_its_own_page(session: Session, park: Park, monkeypatch: Any) -> None:
    monkeypatch.setattr(changes, "PART", 7)
    random_firms(session, park.park, park.officer, TODAY, 25, gaps=0.05)
    random_firms(session, park.other_park, park.officer, TODAY, 5, gaps=0.4)
    qualify(session, park.firm, park.officer)
    session.commit()
    steps: list[tuple[int, int]] = []
    refreshed = refresh(progress=lambda done, total: steps.append((done, total)))
    firms = list(session.scalars(select(Firm)))
    assert refreshed == Refreshed(len(firms), len(firms) * len(Rung))
    assert steps[-1] == (len(firms), len(firms))
    verdicts = set()
    for firm in firms:
        for rung in Rung:
            found = stored(session, firm, rung)
            exact = evaluate(edition_in_force(rung.value, TODAY), facts_of(firm, TODAY).document, TODAY)
            blocking = {criterion.id: criterion.verdict for criterion, _several in blocking_criteria(exact)}
            undecided = [name for name, verdict in blocking.items() if verdict == "unknown"]
            assert (found.verdict, found.edition) == (exact.verdict, exact.edition.id)
            assert (found.not_met, found.unknown) == nearest(exact.edition, blocking)
            assert found.undecided == (" ".join(undecided) if exact.verdict == "unknown" else None)
            if exact.score:
                ends = (found.score_low, found.score_high)
                assert [round(Decimal(float(end)), 6) for end in (exact.score.low, exact.score.high)] == list(ends)
            verdicts.add(found.verdict)
    assert verdicts == set(Verdict)


def test_only_some_firms_are_written_at_a_time_so_that_others_write_in_between(
    session: Session, park: Park, monkeypatch: Any
) -> None:
    monkeypatch.setattr(refreshing, "WRITTEN", 3)
    random_firms(session, park.park, park.officer, TODAY, 8)
    session.commit()
    kept: list[int] = []
    stored_firms = select(func.count(Readiness.firm_id.distinct()))

    def count(committed: Session) -> None:
        kept.append(committed.connection().scalar(stored_firms) or 0)

    event.listen(db.session, "before_commit", count)
    try:
        assert refresh() == Refreshed(10, 10 * len(Rung))
    finally:
        event.remove(db.session, "before_commit", count)
    assert kept == [3, 6, 9, 10, 10]  # the last is the run's


def test_only_firms_that_the_history_names_are_judged_again(session: Session, park: Park) -> None:
    qualify(session, park.firm, park.officer)
    session.commit()
    refresh()
    assert refresh() is None
    assert stored(session, park.firm).verdict is Verdict.MET
    set_fact(session, park.firm, "abnormal_list", True)
    refreshed = refresh()
    assert refreshed is not None and refreshed.firms == 1
    assert 0 < refreshed.rows < len(Rung)  # not of the rungs that do not ask for it
    found = stored(session, park.firm)
    assert (found.verdict, found.not_met) == (Verdict.NOT_MET, 1)
    assert refresh() is None
    assert [run.firms for run in session.scalars(select(ReadinessRun).order_by(ReadinessRun.id))][-1] == 1


def test_what_no_criterion_reads_starts_nothing(session: Session, park: Park) -> None:
    refresh()
    firm = park.firm
    sign(session, park.officer.id, Via.PAGE)
    session.add(
        Change(
            at=clock.now(),
            actor_id=park.officer.id,
            via=Via.PAGE,
            action="created",
            entity="visit",
            entity_id=1,
            firm_id=firm.id,
        )
    )
    session.commit()
    with count_queries(session) as statements:
        assert refresh() is None
    assert not [statement for statement in statements if not statement.startswith("SELECT")]


def test_a_change_that_is_committed_late_is_not_missed(session: Session, park: Park) -> None:
    """A long transaction on PostgreSQL: its entries come into the history below those that were seen."""
    qualify(session, park.firm, park.officer)
    session.commit()
    newest = session.scalars(select(Change.id).order_by(Change.id.desc())).first()
    assert newest is not None
    late = {
        "actor_id": park.officer.id, "via": Via.IMPORT, "action": "updated", "entity": "firm_fact", "entity_id": 1,
        "firm_id": park.firm.id, "at": clock.now(), "field": "value",
    }  # fmt: skip
    session.add(Change(**{**late, "id": newest + 10, "firm_id": park.other_firm.id}))
    session.commit()
    refresh()
    session.add(Change(**{**late, "id": newest + 5}))
    session.commit()
    refreshed = refresh()
    assert refreshed is not None and refreshed.firms >= 1
    assert refresh() is None


def test_a_new_day_judges_every_firm_and_writes_only_what_differs(session: Session, park: Park, noon: Any) -> None:
    firm = park.firm
    figures = qualify(session, firm, park.officer)
    firm_id = firm.id
    session.commit()
    refresh()
    noon.move_to(NOON + timedelta(days=1))
    assert refresh() == Refreshed(2, 0)
    noon.move_to(NOON.replace(year=NOON.year + 1))  # the last full year is another: 2025 is not enough any more
    refreshed = refresh()
    assert refreshed is not None and refreshed.rows > 0
    assert figures.year == TODAY.year - 1
    assert session.get_one(Readiness, (firm_id, TECH_SME)).verdict is Verdict.UNKNOWN


def test_other_editions_in_force_judge_every_firm(session: Session, park: Park, monkeypatch: Any) -> None:
    refresh()
    monkeypatch.setattr(refreshing, "_fingerprint", lambda on: "other")
    assert refresh() == Refreshed(2, 0)
    assert refresh() is None


def test_a_region_s_own_edition_judges_its_firms(session: Session, park: Park, monkeypatch: Any) -> None:
    qualify(session, park.firm, park.officer)
    qualify(session, park.other_firm, park.officer)
    session.add(Division(code="430902", name="一个区"))
    session.flush()
    park.firm.division_code, park.other_firm.division_code = "430902", None
    session.commit()
    national = edition_in_force("tech_sme", TODAY)

    def in_force(rung: str, on: Any, purpose: str, region: str | None) -> Any:
        if rung != "tech_sme":
            raise NoEdition(Text("无", "none"))
        if region == "430902":
            return replace(national, id="tech_sme.hunan", region="430000")
        return national

    monkeypatch.setattr(refreshing, "edition_in_force", in_force)
    refresh()
    assert stored(session, park.firm).edition == "tech_sme.hunan"
    assert stored(session, park.other_firm).edition == national.id
    assert set(session.scalars(select(Readiness.rung))) == {TECH_SME}


def test_a_rung_without_an_edition_keeps_no_answer(session: Session, park: Park, monkeypatch: Any) -> None:
    refresh()

    def none(*_arguments: Any) -> Any:
        raise NoEdition(Text("无", "none"))

    monkeypatch.setattr(refreshing, "edition_in_force", none)
    assert refresh(everything=True) == Refreshed(2, 2 * len(Rung))
    assert session.scalars(select(Readiness)).all() == []


def test_a_look_takes_no_lock_and_writing_is_short(fresh_app: Callable[[], Flask], backend: str) -> None:
    """While a park is judged, others write; a firm deleted meanwhile is left out."""
    app = fresh_app()
    with app.app_context():
        migrate.upgrade()
        park = build_park(db.session)
        firm_id, other_id = park.firm.id, park.other_firm.id
        db.session.commit()
        begun: list[str] = []
        event.listen(
            app.extensions["database"],
            "before_cursor_execute",
            lambda _connection, _cursor, statement, *_rest: begun.append(statement),
        )

        monkey = pytest.MonkeyPatch()
        differences = refreshing._differences

        def judged(*arguments: Any) -> Any:
            found = differences(*arguments)
            monkey.undo()  # once
            with app.extensions["database"].begin() as connection:
                connection.execute(delete(User).where(User.firm_id == other_id))
                connection.execute(delete(Firm).where(Firm.id == other_id))
            return found

        monkey.setattr(refreshing, "_differences", judged)
        assert refresh() is not None
        assert set(db.session.scalars(select(Readiness.firm_id))) == {firm_id}
        db.session.rollback()
        refresh()
        begun.clear()
        assert refresh() is None
        assert not [statement for statement in begun if statement.startswith(("BEGIN IMMEDIATE", "INSERT", "DELETE"))]
