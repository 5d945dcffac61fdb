"""What is told when a day comes rather than when somebody does something."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from flask import current_app

from crm.accounts.models import User
from crm.kernel import clock
from crm.kernel.bulk import chunks
from crm.kernel.db import db
from crm.notices.models import NoticeKind
from crm.notices.service import notify

LOOK_EVERY = timedelta(minutes=5)
FROM_HOUR = 7  # nobody is told in the night
AT_ONCE = 100  # told before the database is let go for others

# Who is told, of what kind, and the other arguments of `notify`.
Reminder = tuple[Iterable[User], NoticeKind, dict[str, Any]]


def remind(name: str, find: Callable[[date], Iterable[Reminder]]) -> None:
    """Tell what `find` finds for the day, once a day and from the morning on, and commit it.

    A worker that starts anew tells it once more: the keys keep everybody from being told twice.
    """
    today = clock.today()
    done: dict[str, date] = current_app.extensions.setdefault("reminded", {})
    if done.get(name) == today or clock.now().astimezone(clock.LOCAL).hour < FROM_HOUR:
        return
    with db.reading():
        found = list(find(today))
    for some in chunks(found, AT_ONCE):
        for people, kind, rest in some:
            notify(people, kind, **rest)
        db.session.commit()
    done[name] = today
