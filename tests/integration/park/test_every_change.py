"""Whatever is changed by whatever door, a refresh of the firms the history names leaves nothing for one of all firms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.firms.figures.models import YearlyFigures
from crm.firms.figures.service import record_figures, remove_year
from crm.firms.ip.models import IpRight
from crm.firms.ip.service import remove_right
from crm.firms.models import Division, Firm, FirmStatus
from crm.firms.service import update_profile
from crm.ladder import service
from crm.ladder.models import Credential, Rung
from crm.park.models import Readiness, ReadinessRun
from crm.park.refresh import Refreshed, refresh
from tests.factories import Park
from tests.integration.ladder.makers import TODAY, qualify

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)  # Zhejiang's own edition is in force


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@dataclass
class Here:
    session: Session
    park: Park

    @property
    def firm(self) -> Firm:
        return self.park.firm

    def figures(self) -> YearlyFigures:
        return self.session.scalars(select(YearlyFigures).where(YearlyFigures.firm_id == self.firm.id)).one()


def lower_figures(here: Here) -> None:
    record_figures(actor=here.park.officer, firm=here.firm, year=2025, values={"rd": Decimal(1)})


def take_figure_back(here: Here) -> None:
    record_figures(actor=here.park.officer, firm=here.firm, year=2025, values={"rd": None})


def remove_figures(here: Here) -> None:
    remove_year(actor=here.park.officer, figures=here.figures())


def remove_rights(here: Here) -> None:
    for right in here.session.scalars(select(IpRight).where(IpRight.firm_id == here.firm.id)):
        remove_right(actor=here.park.officer, right=right)


def grant(here: Here) -> None:
    until = TODAY + timedelta(days=900)
    service.grant_credential(
        here.firm, Rung.HTE, number="GR1", valid_from=TODAY, valid_to=until, actor=here.park.officer
    )


def revoke(here: Here) -> None:
    title = here.session.scalars(select(Credential)).one()
    service.revoke_credential(title, on=TODAY, reason="不再符合", actor=here.park.manager)


def confirm_none(here: Here) -> None:
    service.confirm_none(here.park.other_firm, "awards", actor=here.park.other_officer)


def move_division(here: Here) -> None:
    here.session.add(Division(code="330106", name="一个区"))
    here.session.flush()
    update_profile(actor=here.park.officer, firm=here.firm, division_code="330106")


def move_organisation(here: Here) -> None:
    here.firm.organisation = here.park.other_park


def close(here: Here) -> None:
    update_profile(actor=here.park.officer, firm=here.firm, status=FirmStatus.DEREGISTERED)


def open_a_case(here: Here) -> None:
    service.open_case(here.firm, Rung.TECH_SME, actor=here.park.officer, on=TODAY)


CHANGES: list[Callable[[Here], None]] = [
    lower_figures, take_figure_back, remove_figures, remove_rights, grant, revoke, confirm_none, move_division,
    move_organisation, close, open_a_case,
]  # fmt: skip


def answers(session: Session) -> dict[tuple[int, Rung], tuple[Any, ...]]:
    session.expire_all()
    return {
        (row.firm_id, row.rung): (row.edition, row.verdict, row.not_met, row.unknown, row.undecided)
        for row in session.scalars(select(Readiness))
    }


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_refresh_of_the_changed_firms_says_what_one_of_all_would(
    session: Session, park: Park, change: Callable[[Here], None]
) -> None:
    qualify(session, park.firm, park.officer)
    qualify(session, park.other_firm, park.officer)
    if change is revoke:
        grant(Here(session, park))
    session.commit()
    refresh()
    before = answers(session), last_counts(session)
    change(Here(session, park))
    session.commit()
    refreshed = refresh()
    assert refreshed is not None and refreshed.firms == 1
    after = answers(session), last_counts(session)
    assert after != before, "the change mattered"
    assert refresh(everything=True) == Refreshed(2, 0)
    assert (answers(session), last_counts(session)) == after


def last_counts(session: Session) -> dict[str, Any]:
    run = session.scalars(select(ReadinessRun).order_by(ReadinessRun.id.desc())).first()
    assert run is not None
    return run.counts
