"""Integration tests run on the migrated schema of both databases; each test in a transaction that is undone."""

from __future__ import annotations

import contextvars
import os
import shutil
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from config import Settings
from crm import create_app
from crm.accounts.models import User
from crm.kernel import clock, migrate
from crm.kernel.db import db
from tests.factories import Park, build_park, open_session
from tests.postgres import fresh_database

BEGAN = datetime.now(UTC)
MORNING = datetime.combine(clock.local_day(BEGAN), time(8), clock.LOCAL)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool | None, bool | None]:
    """A run begins at eight in the morning of its day: midnight never comes between what one test asks and what it is told."""
    if Path(__file__).parent not in item.path.parents:
        return (yield)
    with time_machine.travel(datetime.now(UTC) + (MORNING - BEGAN)):
        return (yield)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "backend" in metafunc.fixturenames:
        only = metafunc.config.getoption("--backend")
        both = ["sqlite"] if metafunc.definition.get_closest_marker("any_database") else ["sqlite", "postgresql"]
        metafunc.parametrize("backend", [only] if only else both, scope="session")


@pytest.fixture(scope="session")
def database_url(backend: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An empty database of this worker's own."""
    if backend == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('database') / 'test.sqlite3'}"
    name = f"tidu_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
    return fresh_database(os.environ["TIDU_TEST_POSTGRESQL"], name)


@pytest.fixture(scope="session")
def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The app on the migrated schema with the reference data."""
    app = create_app(
        Settings(
            database_url=database_url,
            secret_key="a key for tests that is long enough",
            files=tmp_path_factory.mktemp("files"),
            testing=True,
        )
    )
    with app.app_context():
        migrate.upgrade()
    yield app
    app.extensions["database"].dispose()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """The session of a test."""
    engine = app.extensions["database"]
    with engine.connect() as connection:
        transaction = connection.begin()
        app.extensions["database"] = connection
        with app.app_context():
            yield db.session
        app.extensions["database"] = engine
        transaction.rollback()
    # Ids come again in the next test; what a file says of one must not.
    shutil.rmtree(app.config["FILES"], ignore_errors=True)


@pytest.fixture
def park(session: Session) -> Park:
    """A city with two parks, and a person of each role in and out of the first (see tests.factories)."""
    return build_park(session)


class Client(FlaskClient):
    """A browser apart from the test: it has an application context, and so a session, of its own.

    What the test made is committed before a request, and what the request made is seen after it.
    """

    def open(self, *arguments: Any, **options: Any) -> TestResponse:
        if not has_app_context():  # following a redirect, already inside
            return super().open(*arguments, **options)
        db.session.commit()
        answer = contextvars.Context().run(super().open, *arguments, **options)
        db.session.expire_all()
        return answer


@pytest.fixture
def sign_in(app: Flask, session: Session) -> Iterator[Callable[[User | None], FlaskClient]]:
    """sign_in(user) → a Flask test client with that user's session (CSRF off: it has tests of its own)."""

    def as_user(user: User | None) -> FlaskClient:
        app.test_client_class = Client
        client = app.test_client()
        if user is not None:
            token = open_session(session, user)
            with client.session_transaction() as cookie:
                cookie["_user_id"] = token
                cookie.permanent = True
        return client

    app.config["WTF_CSRF_ENABLED"] = False
    yield as_user
    app.config["WTF_CSRF_ENABLED"] = True


@pytest.fixture
def files(app: Flask) -> Path:
    return Path(app.config["FILES"])


@pytest.fixture
def fresh_app(backend: str, tmp_path: Path) -> Iterator[Callable[[], Flask]]:
    """Makes apps on one database of the test's own that nobody has migrated, with real connections and commits."""
    if backend == "sqlite":
        url = f"sqlite:///{tmp_path / 'fresh.sqlite3'}"
    else:
        name = f"tidu_fresh_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
        url = fresh_database(os.environ["TIDU_TEST_POSTGRESQL"], name)
    made: list[Flask] = []

    def make() -> Flask:
        settings = Settings(
            database_url=url, secret_key="a key for tests that is long enough", files=tmp_path / "files", testing=True
        )
        made.append(create_app(settings))
        return made[-1]

    yield make
    for app in made:
        app.extensions["database"].dispose()
