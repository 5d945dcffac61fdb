"""Who is told of titles that lapse and duties that fall due: at each level of notice, staff by group, each firm itself, and group chats park by park."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from crm.accounts.models import User
from crm.duties.queries import Due, notices_between
from crm.firms.models import Firm
from crm.firms.people import in_charge_of, own_people_of
from crm.kernel.bulk import rows_where_in
from crm.kernel.db import db
from crm.notices.models import NoticeKind
from crm.notices.reminders import Reminder, remind
from crm.notices.service import path_of

LATE_FOR = timedelta(days=3)  # for so many days without a worker it is told afterwards


def remind_of_duties() -> None:
    """Once a day. Yearly duties fall due for all firms on one day: an officer is told of them in one sentence."""
    remind("duties", _duties_near)


def _duties_near(today: date) -> Iterator[Reminder]:
    near = notices_between(today - LATE_FOR, today)
    firm_ids = {notice.due.firm_id for notice in near}
    staff, firms = in_charge_of(firm_ids), own_people_of(firm_ids)
    parks = dict(rows_where_in(db.session, select(Firm.id, Firm.organisation_id), Firm.id, firm_ids))
    groups: dict[tuple[User, str], list[Due]] = defaultdict(list)
    of_parks: dict[tuple[int, str], list[Due]] = defaultdict(list)
    for notice in near:
        due = notice.due
        key = f"duty {due.duty} {due.due_on.isoformat()} {notice.months}"
        yield firms.get(due.firm_id, ()), NoticeKind.DUTY_NEAR, {"chats": False, **_told([due], f"{key} {due.firm_id}")}
        of_parks[parks[due.firm_id], key].append(due)
        for person in staff.get(due.firm_id, ()):
            groups[person, key].append(due)
    for (person, key), dues in groups.items():
        yield [person], NoticeKind.DUTY_NEAR, {"chats": False, **_told(dues, f"{key} of {person.id}")}
    for (park_id, key), dues in of_parks.items():  # the chats above each park, whoever has its firms
        yield (), NoticeKind.DUTY_NEAR, _told(dues, f"{key} in {park_id}")


def _told(dues: Sequence[Due], key: str) -> dict[str, Any]:
    first, alone = dues[0], len(dues) == 1
    return {
        "key": key,
        "path": path_of("duties.firm", firm_id=first.firm_id) if alone else path_of("duties.index"),
        "firm_id": first.firm_id,
        "firms": [first.firm, len(dues)],
        "duty": first.duty,
        "due": first.due_on,
    }
