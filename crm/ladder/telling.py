"""Who is told that a case moved or ended: the firm itself, and whoever is in charge of firm and case where someone else did it."""

from __future__ import annotations

from typing import Any

from crm.firms.telling import tell_both
from crm.ladder.models import CaseEvent
from crm.notices.models import NoticeKind
from crm.notices.service import path_of


def tell_moved(event: CaseEvent) -> None:
    _tell(event, NoticeKind.CASE_MOVED, "moved", stage=event.to_stage)


def tell_ended(event: CaseEvent) -> None:
    """Dropped or rejected. Why is told by the page, to those who may read it."""
    _tell(event, NoticeKind.CASE_ENDED, "ended", ending=event.to_status)


def _tell(event: CaseEvent, kind: NoticeKind, what: str, **values: Any) -> None:
    case = event.case
    tell_both(
        case.firm,
        kind,
        key=f"case {case.id} {what} {event.id}",
        staff_path=path_of("ladder.case", case_id=case.id),
        own_path=path_of("ladder.standing", firm_id=case.firm_id),
        also=[case.officer] if case.officer is not None else [],
        rung=case.rung,
        **values,
    )
