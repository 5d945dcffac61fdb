"""Filters that find few firms: where they are is kept, and the list says what a look at every firm says."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.firms import few
from crm.firms.duplicates import service as duplicates
from crm.firms.figures.models import YearlyFigures
from crm.firms.ip.models import IpKind, IpRight, IpStatus
from crm.firms.models import FewFirms, Firm, FirmFact, FirmStatus
from crm.firms.queries import Filter, active_filters
from crm.kernel import audit, clock
from crm.ladder.models import Credential, Rung
from crm.registers.models import Register, RegisterEntry
from crm.visits.models import Visit
from tests.factories import Park, make_firm
from tests.queries import count_queries

MORNING = datetime(2026, 11, 20, 9, tzinfo=clock.LOCAL)
HOUR = timedelta(hours=1)


@pytest.fixture
def city(session: Session, park: Park, monkeypatch: pytest.MonkeyPatch) -> list[Firm]:
    """Forty firms of any kind, entered in the morning."""
    monkeypatch.setattr(few, "LARGE", 0)
    random = Random(7)  # noqa: S311  data, not secrets
    with time_machine.travel(MORNING, tick=False):
        firms = [make_firm(session, park.park, industry_code=None) for _ in range(40)]
        for firm in firms:
            for _ in range(4):
                happen(session, park, firm, random)
        session.commit()
    return firms


def happen(session: Session, park: Park, firm: Firm, random: Random) -> None:
    """Something that a filter may read is entered about a firm."""
    today = clock.today()
    before = today - timedelta(days=random.randint(0, 400))
    what = random.randrange(6)
    record: Any = None
    if what == 0:
        record = Visit(firm_id=firm.id, officer_id=park.officer.id, on=before, said="谈")
    elif what == 1:
        kind = random.choice(list(IpKind))
        record = IpRight(
            firm_id=firm.id,
            kind=kind,
            number=str(random.random()),
            title="一种装置",
            status=IpStatus.VALID,
            granted_on=before,
        )
    elif what == 2:
        year = random.choice((2025, 2026))
        if session.scalar(select(YearlyFigures).filter_by(firm_id=firm.id, year=year)) is None:
            record = YearlyFigures(firm_id=firm.id, year=year, revenue=random.choice((None, 10**6, 10**8)), rd=10**5)
    elif what == 3:
        record = Credential(firm_id=firm.id, rung=Rung.HTE, number="X", valid_from=before)
        if session.scalar(select(Credential).filter_by(firm_id=firm.id)) is not None:
            record = None
    elif what == 4:
        record = RegisterEntry(firm_id=firm.id, register=Register.INSTITUTION, name="研发中心", on=before)
    elif session.scalar(select(FirmFact).filter_by(firm_id=firm.id, key="state_controlled")) is None:
        controlled, by = random.random() < 0.5, park.officer.id
        record = FirmFact(firm_id=firm.id, key="state_controlled", value=controlled, as_of=before, entered_by_id=by)
    if record is not None:
        session.add(record)
    session.flush()


def offered(app: Flask) -> list[tuple[str, str, Filter]]:
    every = app.extensions["firm_filters"].items()
    return [(name, value, each) for name, each in every if each.few for value in each.few()]


def found(session: Session, condition: Any) -> set[int]:
    return set(session.scalars(select(Firm.id).where(condition)))


def as_ever(app: Flask, session: Session, park: Park) -> int:
    """Every filter finds, where few are looked at, what it finds in a look at each; how many firms there are in all."""
    number = 0
    for name, value, each in offered(app):
        live = each.condition(value)
        if live is not None:
            conditions, _chips = active_filters(park.manager, {name: value})
            assert found(session, *conditions) == found(session, live), (name, value)
            number += len(found(session, live))
    return number


def test_the_answer_is_the_same_whatever_happened_since(app: Flask, session: Session, park: Park, city) -> None:
    random = Random(8)  # noqa: S311  data, not secrets
    with time_machine.travel(MORNING + 3 * HOUR, tick=False):
        assert few.refresh() > 20
        assert as_ever(app, session, park) > 200
    with time_machine.travel(MORNING + 6 * HOUR, tick=False):
        audit.sign(session, park.officer.id, audit.Via.PAGE)
        for firm in random.sample(city, 8):
            happen(session, park, firm, random)
        for right in session.scalars(select(IpRight).limit(3)):
            right.status = IpStatus.LAPSED
        for visit in session.scalars(select(Visit).limit(5)).all():
            session.delete(visit)
        city[0].status, city[1].status = FirmStatus.REVOKED, FirmStatus.ACTIVE
        make_firm(session, park.park)
        session.commit()
        assert as_ever(app, session, park) > 200
        merge = duplicates.merge(
            actor=park.manager, kept=city[2], gone=city[3], wanted=(), kept_version=None, gone_version=None
        )
        assert as_ever(app, session, park) > 200
        duplicates.undo(actor=park.manager, merge=merge)
        assert as_ever(app, session, park) > 200


def test_only_the_few_are_looked_at_until_the_next_day(app: Flask, session: Session, park: Park, city) -> None:
    """What came without a trace in the history shows it: nothing in the house comes so."""

    def never(**_asked: str) -> set[int]:
        conditions, _chips = active_filters(park.manager, {"unseen": "never"})
        return found(session, *conditions)

    with time_machine.travel(MORNING + 3 * HOUR, tick=False):
        few.refresh()
        before = never()
        seen = next(firm.id for firm in city if firm.id not in before)
        session.execute(update(Visit).where(Visit.firm_id == seen).values(firm_id=min(before)))
        assert never() == before - {min(before)}
    with time_machine.travel(MORNING + timedelta(days=1), tick=False):
        assert never() == before - {min(before)} | {seen}


def test_many_are_not_kept_nor_where_the_house_is_small(
    app: Flask, session: Session, park: Park, city, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(few, "MOST", 5)
    few.refresh()
    kept = {(each.filter, each.value): each.firms for each in session.scalars(select(FewFirms))}
    for name, value, each in offered(app):
        live = each.condition(value)
        firms = set() if live is None else found(session, live)
        assert ((name, value) in kept) is (live is not None and len(firms) <= 5)
        assert set(kept.get((name, value), firms)) == firms
    monkeypatch.setattr(few, "LARGE", 10_000)
    few.refresh()
    assert session.scalar(select(FewFirms)) is None


def test_they_are_worked_out_once_an_hour_and_on_a_new_day(session: Session, park: Park, city) -> None:
    def moment() -> datetime | None:
        few.refresh_if_due()
        return session.scalar(select(FewFirms.at).limit(1))

    with time_machine.travel(MORNING, tick=False) as time:
        first = moment()
        time.shift(timedelta(minutes=59))
        assert moment() == first
        time.shift(timedelta(minutes=2))
        second = moment()
        assert first is not None and second is not None and second > first


def test_two_more_questions_whatever_is_kept(session: Session, park: Park, city) -> None:
    few.refresh()
    with count_queries(session) as asked:
        active_filters(park.manager, {"unseen": "never"})
    assert len(asked) <= 2


def test_a_small_house_keeps_nothing_and_works_nothing_out(session: Session, park: Park) -> None:
    session.commit()
    with count_queries(session) as asked:
        few.refresh_if_due()
    assert all(statement.startswith("SELECT") for statement in asked)
