"""How long one waits for another writer: a job as long as it takes, a page not."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from crm.kernel.db import IMPATIENT, PATIENT, make_engine


def waits(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one())


def test_a_connection_that_served_a_job_does_not_keep_a_page_waiting(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'test.sqlite3'}")
    assert waits(engine) == IMPATIENT
    assert waits(engine.execution_options(patient=True)) == PATIENT
    assert waits(engine) == IMPATIENT
    assert "Connections in pool: 1" in engine.pool.status(), "it was one connection all the time"
    engine.dispose()
