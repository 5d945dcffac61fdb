"""A firm goes to another organisation: its needs do not stay with people who cannot open it any more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.exchange.models import ImportKind
from crm.firms import service
from crm.kernel import clock
from crm.notices.models import Notice, NoticeKind
from crm.visits import needs
from crm.visits.models import Need, NeedState
from tests.factories import Park
from tests.integration.exchange.conftest import Importing, importing

__all__ = ["importing"]


@pytest.fixture
def need(session: Session, park: Park) -> Need:
    made = needs.raise_need(park.firm_user, park.firm, kind="finance", text="贷款到期，想续贷")
    needs.promise_answer(park.manager, made, assignee_id=park.officer.id, due_on=clock.today() + timedelta(days=5))
    session.commit()
    return made


def given(session: Session, need: Need) -> list[int]:
    return list(
        session.scalars(
            select(Notice.user_id).where(Notice.kind == NoticeKind.NEED_GIVEN, Notice.firm_id == need.firm_id)
        )
    )


def test_it_goes_to_the_new_officer_who_is_told(session: Session, park: Park, need: Need) -> None:
    service.assign(
        actor=park.administrator, firm=park.firm, organisation_id=park.other_park.id, officer_id=park.other_officer.id
    )
    assert need.assignee is park.other_officer
    assert park.other_officer.id in given(session, need)


def test_without_an_officer_it_goes_to_the_nearest_manager(session: Session, park: Park, need: Need) -> None:
    service.assign(actor=park.administrator, firm=park.firm, organisation_id=park.other_park.id, officer_id=None)
    assert need.assignee is park.other_manager


def test_who_still_works_over_the_firm_keeps_it_and_answered_ones_stay(
    session: Session, park: Park, need: Need
) -> None:
    need.assignee = park.administrator
    done = Need(
        firm=park.firm,
        raised_on=clock.today(),
        kind="finance",
        text="旧事",
        state=NeedState.ANSWERED,
        assignee=park.officer,
    )
    session.add(done)
    session.flush()
    service.assign(
        actor=park.administrator, firm=park.firm, organisation_id=park.other_park.id, officer_id=park.other_officer.id
    )
    assert (need.assignee, done.assignee) == (park.administrator, park.officer)


def test_an_import_that_moves_the_firm_hands_it_on_and_so_does_undoing_it(
    importing: Importing, session: Session, park: Park, need: Need
) -> None:
    content = f"企业名称,信用代码,园区\n{park.firm.name},{park.firm.credit_code},{park.other_park.name}\n"
    run = importing.save(ImportKind.FIRMS, content, actor=park.administrator, organisation=park.city)
    assert session.get_one(Need, need.id).assignee_id == park.other_manager.id
    run = importing.undo(run, park.administrator)
    assert run.options["undone"]["kept"] == 0
    assert session.get_one(Need, need.id).assignee_id == park.officer.id
