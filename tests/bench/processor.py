"""Processor time, which says little else on a busy machine than on a quiet one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

from sqlalchemy import Engine, event


def clock(engine: Engine) -> Callable[[], float]:
    """Tells the seconds that this process worked so far, and on PostgreSQL those that serve its connections."""
    if engine.dialect.name != "postgresql":
        return process_time
    serving: list[Path] = []

    def note(connection: Any, _record: Any) -> None:
        serving.append(Path(f"/proc/{connection.info.backend_pid}/schedstat"))

    event.listen(engine, "connect", note)
    engine.dispose()  # from here on every connection is known
    return lambda: process_time() + sum(int(worked.read_text().split()[0]) for worked in serving) / 1e9
