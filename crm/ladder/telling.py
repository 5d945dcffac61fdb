"""Who is told that a case moved: the firm itself, and whoever is in charge of it where someone else moved it."""

from __future__ import annotations

from crm.firms.people import in_charge, own_people
from crm.ladder.models import CaseEvent
from crm.notices.models import NoticeKind
from crm.notices.service import notify, path_of


def tell_moved(event: CaseEvent) -> None:
    case, firm = event.case, event.case.firm
    values = {"firm": firm.name, "rung": case.rung, "stage": event.to_stage}
    pages = (
        (in_charge(firm), path_of("ladder.case", case_id=case.id)),
        (own_people(firm), path_of("ladder.standing", firm_id=firm.id)),
    )
    for people, path in pages:
        key = f"case {case.id} moved {event.id}"
        notify(people, NoticeKind.CASE_MOVED, key=key, path=path, firm_id=firm.id, **values)
