"""The days on which the made-up city lives: the last one, and the morning on which it was entered."""

from datetime import UTC, date, datetime

EPOCH = date(2026, 11, 15)
MORNING = datetime(2026, 1, 1, tzinfo=UTC)
