"""The past of the demonstration: deeds of people, done one after the other, each as of its own day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from crm.accounts.models import User
from crm.kernel import audit, clock
from crm.kernel.db import db

Deed = Callable[[], object]
Report = Callable[[int, int], None]  # deeds done, deeds in all


def sign(person: User) -> None:
    """Let what follows be this person's doing."""
    audit.sign(db.session, person.id, audit.Via.PAGE)


class Diary:
    """Deeds are written down in any order and lived in the order of their days."""

    def __init__(self) -> None:
        self.now = clock.now()
        self.today = clock.today()
        self._deeds: list[tuple[datetime, int, User, Deed]] = []

    def ago(self, days: int) -> date:
        return self.today - timedelta(days=days)

    def write(self, day: date, actor: User, deed: Deed, *, hour: int = 10) -> None:
        """Have `actor` do the deed on that day; what would lie in the future is done now."""
        number = len(self._deeds)
        moment = datetime.combine(day, time(hour, number * 7 % 60), clock.LOCAL)
        self._deeds.append((min(moment, self.now), number, actor, deed))

    def live(self, report: Report) -> None:
        """Do every deed, signed by its actor, as of its moment."""
        deeds = sorted(self._deeds, key=lambda deed: deed[:2])
        for done, (moment, _number, actor, deed) in enumerate(deeds, start=1):
            with clock.pretend(moment):
                sign(actor)
                deed()
                db.session.flush()
            report(done, len(deeds))
