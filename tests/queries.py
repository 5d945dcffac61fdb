"""Counting statements, so that a page that asks once a row is found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session


@contextmanager
def count_queries(session: Session) -> Iterator[list[str]]:
    """The statements sent to the database inside the block, savepoints left out."""
    bind = session.get_bind()
    engine = bind if isinstance(bind, Engine) else bind.engine
    statements: list[str] = []

    def note(_connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "SAVEPOINT" not in statement:
            statements.append(statement)

    event.listen(engine, "after_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "after_cursor_execute", note)
