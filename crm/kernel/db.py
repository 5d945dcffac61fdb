"""One session a request or command; one place that knows the engine.

SQLite: a transaction that will write takes its lock at the start (BEGIN IMMEDIATE), because a read transaction that
turns into a write fails under load; a transaction that only reads (GET) begins plainly and never waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, current_app, g, has_request_context, request
from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Session

READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Milliseconds to wait for another writer. Of a page: longer than a large import holds SQLite's one write lock, shorter
# than a server gives up on a request (gunicorn: 30 s). Of a job or command: as long as it takes.
IMPATIENT, PATIENT = 25_000, 600_000


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Database:
    """Gives each application context its session: `db.session`."""

    def init_app(self, app: Flask, url: str) -> None:
        app.extensions["database"] = make_engine(url)
        app.teardown_appcontext(self._close)

    @property
    def bind(self) -> Engine | Connection:
        return current_app.extensions["database"]

    @property
    def session(self) -> Session:
        if "database_session" not in g:
            bind = self.bind
            if isinstance(bind, Engine) and has_request_context() and request.method in READING_METHODS:
                bind = bind.execution_options(reads_only=True)
            if isinstance(bind, Engine) and "database_patience" in g:
                bind = bind.execution_options(patient=True)
            # A test binds one connection and wraps each commit in a savepoint.
            g.database_session = Session(bind, join_transaction_mode="create_savepoint")
        return g.database_session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Inside, `db.session` is one that only reads: a long look of a job or command then holds no lock of SQLite's.

        It sees what is committed, not what the session outside has not committed yet.
        """
        bind = self.bind
        if not isinstance(bind, Engine):  # a test's one connection
            yield self.session
            return
        outside = g.pop("database_session", None)
        g.database_session = Session(bind.execution_options(reads_only=True))
        try:
            yield g.database_session
        finally:
            g.pop("database_session").close()
            if outside is not None:
                g.database_session = outside

    def be_patient(self) -> None:
        """Let this context's session wait for other writers as long as it takes: for jobs and commands."""
        g.database_patience = True

    def _close(self, _error: BaseException | None) -> None:
        session = g.pop("database_session", None)
        if session is not None:
            session.close()


def make_engine(url: str) -> Engine:
    engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    # Databases lie in memory or on flash today: by PostgreSQL's own figure, of turning disks, it would read whole tables
    # where an index is several times quicker. And a page's questions are short: to call helpers costs more than they give.
    for setting in ("random_page_cost = 1.1", "max_parallel_workers_per_gather = 0", "jit = off"):
        connection.execute(f"SET {setting}")
    connection.commit()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in (
        "foreign_keys=ON",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        f"busy_timeout={IMPATIENT}",
        "cache_size=-32000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    # Said each time: a connection comes back from the pool to someone with less time.
    connection.exec_driver_sql(f"PRAGMA busy_timeout={PATIENT if options.get('patient') else IMPATIENT}")
    connection.exec_driver_sql("BEGIN" if options.get("reads_only") else "BEGIN IMMEDIATE")


db = Database()
