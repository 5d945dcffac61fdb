"""Who is told that a case moved: the firm itself, and whoever is in charge of firm and case where someone else moved it."""

from __future__ import annotations

from crm.firms.telling import tell_both
from crm.ladder.models import CaseEvent
from crm.notices.models import NoticeKind
from crm.notices.service import path_of


def tell_moved(event: CaseEvent) -> None:
    case = event.case
    tell_both(
        case.firm,
        NoticeKind.CASE_MOVED,
        key=f"case {case.id} moved {event.id}",
        staff_path=path_of("ladder.case", case_id=case.id),
        own_path=path_of("ladder.standing", firm_id=case.firm_id),
        also=[case.officer] if case.officer is not None else [],
        rung=case.rung,
        stage=event.to_stage,
    )
