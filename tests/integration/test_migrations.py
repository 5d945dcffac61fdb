"""The schema: up, down and up again on an empty database of each kind, and the models agree with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect

from config import Settings
from crm import create_app
from crm.kernel import migrate
from crm.kernel.db import Base
from tests.postgres import fresh_database

# Pinned: two migrations written side by side would both be the newest, and an edited one goes unnoticed.
HEAD = "0004"


@pytest.fixture
def empty(backend: str, tmp_path: Path) -> Iterator[Flask]:
    """The app on an empty database of its own, which no migration has seen."""
    if backend == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    else:
        url = fresh_database(os.environ["TIDU_TEST_POSTGRESQL"], f"tidu_migrations_{os.getpid()}")
    app = create_app(Settings(database_url=url, secret_key="x" * 40, files=tmp_path / "files", testing=True))
    with app.app_context():
        yield app
    app.extensions["database"].dispose()


def tables() -> set[str]:
    return set(inspect(migrate.engine()).get_table_names()) - {"alembic_version"}


def test_there_is_one_newest_migration(empty: Flask) -> None:
    assert ScriptDirectory.from_config(migrate.configuration(migrate.engine())).get_heads() == [HEAD]


def test_up_down_and_up_again(empty: Flask) -> None:
    configuration = migrate.configuration(migrate.engine())
    assert migrate.is_empty()
    migrate.upgrade()
    made = tables()
    assert made >= set(Base.metadata.tables), "tables that no migration makes"
    command.check(configuration)  # raises where models and schema differ
    command.downgrade(configuration, "base")
    assert tables() == set()
    migrate.upgrade()
    command.check(configuration)
    assert tables() == made


def test_check_sees_a_missing_column(empty: Flask) -> None:
    migrate.upgrade()
    with migrate.engine().begin() as connection:
        connection.exec_driver_sql("ALTER TABLE contact DROP COLUMN position")
    runner = empty.test_cli_runner()
    answer = runner.invoke(args=["database", "check"])
    assert answer.exit_code != 0
    assert "contact" in str(answer.exception) + answer.output


def test_an_older_database_keeps_its_rows(empty: Flask) -> None:
    """A changed table is made anew on SQLite: what refers to it must not go with the old one."""
    migrate.upgrade("0002")
    with migrate.engine().begin() as connection:
        for statement in (
            "INSERT INTO organisation (id, kind, name, path, disabled) VALUES (1, 'park', '云岭', '/1/', false)",
            "INSERT INTO user_account (id, email, name, role, organisation_id, disabled, created_at)"
            " VALUES (1, 'a@tidu.invalid', '甲', 'officer', 1, false, '2026-01-01')",
            "INSERT INTO firm (id, name, sort_key, search_text, organisation_id, officer_id, status, version, created_at)"
            " VALUES (1, '云岭一号', 'yun', '', 1, 1, 'active', 1, '2026-01-01')",
            'INSERT INTO visit (id, firm_id, officer_id, "on", topics, said, created_at, version)'
            " VALUES (1, 1, 1, '2026-01-02', '[]', '谈过', '2026-01-02', 1)",
            "INSERT INTO document (id, firm_id, name, media_type, size, sha256, internal, uploaded_by_id, uploaded_at)"
            " VALUES (1, 1, '照片', 'image/png', 1, 'x', true, 1, '2026-01-02')",
            "INSERT INTO visit_document (visit_id, document_id) VALUES (1, 1)",
        ):
            connection.exec_driver_sql(statement)
    migrate.upgrade()
    with migrate.engine().connect() as connection:
        kept = connection.exec_driver_sql("SELECT visit_id, document_id FROM visit_document").all()
        visit = connection.exec_driver_sql("SELECT said, answers FROM visit").one()
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1, "references are minded afterwards"
    assert kept == [(1, 1)]
    assert (visit.said, visit.answers) in (("谈过", "[]"), ("谈过", []))
