"""What of the history a work over the whole park has not seen yet: which firms it has to look at again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from sqlalchemy import ColumnElement, func, select

from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.audit import Change
from crm.kernel.bulk import chunks
from crm.kernel.db import db

LATE = timedelta(hours=1)  # how long a transaction may last whose changes are not yet seen
PART = 10_000  # firms looked at at a time


class Looked(Protocol):
    """What a run keeps of the history it saw.

    A transaction that commits late brings entries below `change_id` into the history: of the last hour's, those above
    `since_id`, it is noted how many there were (`changes`, those that name a firm counted twice).
    """

    change_id: Any
    since_id: Any
    changes: Any


@dataclass(frozen=True)
class Seen:
    """What a look at the history found; `firms` None: all of them."""

    change_id: int
    since_id: int
    changes: int
    firms: list[int] | None


def of_tables(models: Iterable[Any]) -> ColumnElement[bool]:
    """The entries of the history that tell of these tables."""
    # Never by the index of entities: the last entries of the history are few, those of an entity are not.
    return Change.entity.concat("").in_([model.__tablename__ for model in models])


def look(last: Looked | None, matters: ColumnElement[bool], everything: bool) -> Seen | None:
    """The firms that the history names since the last run; None where there are none."""
    since_id = _last_before(clock.now() - LATE)
    if everything or last is None:
        newest, changes = _changes_after(matters, since_id)
        return Seen(newest, since_id, changes, None)
    newest, _changes = _changes_after(matters, last.since_id)
    late = _changes_after(matters, last.since_id, last.change_id)[1] != last.changes
    if newest <= last.change_id and not late:
        return None
    newest = max(newest, last.change_id)
    # Counted before the firms are asked for: what comes between the two is judged now, and counted the next time.
    changes = _changes_after(matters, since_id, newest)[1]
    named = select(Change.firm_id).where(Change.id > (last.since_id if late else last.change_id), matters)
    firms = list(db.session.scalars(named.where(Change.firm_id.is_not(None)).distinct().order_by(Change.firm_id)))
    return Seen(newest, since_id, changes, cast(list[int], firms))


def parts(firms: list[int] | None) -> Iterator[tuple[int, ColumnElement[bool]]]:
    """The firms to look at, a part at a time: how many, and the condition on `Firm`."""
    ids = list(db.session.scalars(select(Firm.id).order_by(Firm.id))) if firms is None else firms
    for part in chunks(ids, PART):
        yield len(part), (Firm.id.between(part[0], part[-1]) if firms is None else Firm.id.in_(part))


def _last_before(moment: datetime) -> int:
    """The last entry of the history that is older; entries lie about in the order of time."""
    older = select(Change.id).where(Change.at <= moment).order_by(Change.id.desc()).limit(1)
    return db.session.scalar(older) or 0


def _changes_after(matters: ColumnElement[bool], since_id: int, until_id: int | None = None) -> tuple[int, int]:
    """The last entry of the history that matters after one, and how many there are; those that name a firm count twice.

    With a firm its entries go, and SQLite gives their ids to the entries that say it went: these name none.
    """
    count = func.count() + func.count(Change.firm_id)
    found = select(func.max(Change.id), count).where(Change.id > since_id, matters)
    if until_id is not None:
        found = found.where(Change.id <= until_id)
    newest, number = db.session.execute(found).one()
    return newest or since_id, number
