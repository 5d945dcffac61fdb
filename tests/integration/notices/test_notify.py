"""Telling people: once each, in the transaction of the cause, nobody who is gone, in the reader's language."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import time_machine
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.kernel import audit, clock
from crm.notices.clearing import clear
from crm.notices.models import Delivery, DeliveryState, Notice, NoticeKind
from crm.notices.service import notify
from crm.notices.words import SENTENCES, needed_values, sentence
from tests.factories import Park


def tell(people: list[User], key: str = "visit 1", firm_id: int | None = None) -> None:
    values = {"by": "甲", "on": date(2026, 5, 6), "firm": "云岭一号"}
    notify(people, NoticeKind.VISIT_PLANNED, key=key, path="/visits", firm_id=firm_id, **values)


def told(session: Session) -> list[tuple[int, str]]:
    return [(notice.user_id, notice.key) for notice in session.scalars(select(Notice).order_by(Notice.id))]


def test_each_is_told_once(session: Session, park: Park) -> None:
    tell([park.officer, park.manager, park.officer])
    tell([park.officer])
    tell([park.officer], key="visit 2")
    people = sorted([park.officer.id, park.manager.id])
    assert told(session) == [*((person, "visit 1") for person in people), (park.officer.id, "visit 2")]


def test_who_did_it_and_who_is_gone_are_not_told(session: Session, park: Park) -> None:
    park.manager.disabled = True
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    tell([park.officer, park.manager])
    assert told(session) == []


def test_who_does_not_see_the_firm_is_not_told_of_it(session: Session, park: Park) -> None:
    """Whoever was moved to another park may still have a task, or have answered a need, of the former one."""
    everybody = [park.officer, park.manager, park.firm_user]
    tell([*everybody, park.other_officer, park.other_firm_user], firm_id=park.firm.id)
    assert [user_id for user_id, _key in told(session)] == sorted(person.id for person in everybody)


def test_a_notice_goes_with_its_cause(session: Session, park: Park) -> None:
    session.commit()
    tell([park.officer])
    session.rollback()
    assert told(session) == []


def test_old_notices_and_messages_are_forgotten(session: Session, park: Park) -> None:
    with time_machine.travel(datetime(2026, 5, 6, 12, tzinfo=clock.LOCAL), tick=False) as now:
        tell([park.officer, park.manager])
        session.scalars(select(Notice).where(Notice.user_id == park.officer.id)).one().read_at = clock.now()
        session.add(Delivery(user_id=park.officer.id, key="digest 2026-05-06", state=DeliveryState.SENT))
        session.commit()
        left = []
        for days in (90, 1, 89, 1, 184, 1):
            now.shift(timedelta(days=days))
            clear()
            left.append((session.query(Delivery).count(), session.query(Notice).count()))
    assert left == [(1, 2), (0, 2), (0, 2), (0, 1), (0, 1), (0, 0)]


def test_it_is_said_in_the_readers_language(session: Session, park: Park) -> None:
    tell([park.officer])
    notice = session.scalars(select(Notice)).one()
    assert sentence(notice.kind, notice.values) == "甲计划于2026年5月6日走访云岭一号"
    with force_locale("en"):
        assert "6 May 2026" in sentence(notice.kind, notice.values)


def test_what_the_sentence_needs_is_asked_for(session: Session, park: Park) -> None:
    with pytest.raises(ValueError, match="firm, on"):
        notify([park.officer], NoticeKind.VISIT_PLANNED, key="visit 1", path="/visits", by="甲")
    assert set(SENTENCES) == set(NoticeKind)
    assert needed_values(NoticeKind.TASK_GIVEN) == {"by", "task"}
