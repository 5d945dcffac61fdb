"""What is old enough to be forgotten: notices, and what was sent. The history of the records themselves stays.

A key must outlive whatever may ask for it again; the longest of these, a task whose day has come, does so for a week.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, or_, select

from crm.kernel import clock
from crm.kernel.db import db
from crm.notices.models import Delivery, DeliveryState, Notice

EVERY = timedelta(hours=1)
READ, UNREAD = timedelta(days=180), timedelta(days=365)  # how long a notice is kept
MESSAGE = timedelta(days=90)  # how long one sees what became of a message
AT_ONCE = 500  # deleted before the database is let go for others


def clear() -> None:
    """Delete what is old. Looks without a lock, and writes only where there is something to delete."""
    now = clock.now()
    _clear(Notice, (Notice.at < now - READ) & or_(Notice.read_at.is_not(None), Notice.at < now - UNREAD))
    _clear(Delivery, Delivery.state.in_(list(DeliveryState)) & (Delivery.next_at < now - MESSAGE))


def _clear(model: type[Notice | Delivery], old: ColumnElement[bool]) -> None:
    while True:
        with db.reading() as session:
            ids = session.scalars(select(model.id).where(old).limit(AT_ONCE)).all()
        if not ids:
            return
        db.session.execute(delete(model).where(model.id.in_(ids)), execution_options={"synchronize_session": False})
        db.session.commit()
