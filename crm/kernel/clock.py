"""The one place that asks what time it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
_pretended: ContextVar[datetime | None] = ContextVar("pretended", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _pretended.get() or datetime.now(UTC)


def today() -> date:
    """Today's date where the parks are (China standard time)."""
    return local_day(now())


def local_day(moment: datetime) -> date:
    """The day that an aware moment falls on where the parks are."""
    return moment.astimezone(LOCAL).date()


def end_of(day: date) -> datetime:
    """The first moment after the day where the parks are."""
    return datetime.combine(day + timedelta(days=1), time.min, LOCAL)


@contextmanager
def pretend(moment: datetime) -> Iterator[None]:
    """Let it be an earlier moment inside the block, here only: so the demonstration's past is made by the verbs of the day."""
    token = _pretended.set(moment)
    try:
        yield
    finally:
        _pretended.reset(token)
