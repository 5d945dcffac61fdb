"""The demonstration, built once for all tests of a database, in a database of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import Settings
from crm import create_app
from crm.demo.city import load
from crm.demo.commands import prepare
from crm.kernel.db import db
from tests.postgres import fresh_database


@dataclass
class Demonstration:
    app: Flask

    def sign_in(self, role: str) -> FlaskClient:
        """A browser in which the person of this role has signed in with the address and password that are printed."""
        person = next(person for person in load().accounts if person.role == role)
        client = self.app.test_client()
        answer = client.post("/sign-in", data={"email": person.email, "password": person.password})
        assert answer.status_code == 302, f"{person.email} cannot sign in"
        return client


def make_app(url: str, files: object, *, demo: bool = True) -> Flask:
    app = create_app(
        Settings(database_url=url, secret_key="a key for tests that is long enough", files=files, demo=demo)
    )
    app.config["WTF_CSRF_ENABLED"] = False
    app.config["SESSION_COOKIE_SECURE"] = False
    return app


@pytest.fixture(scope="session")
def demonstration(backend: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    folder = tmp_path_factory.mktemp("demonstration")
    if backend == "sqlite":
        url = f"sqlite:///{folder / 'demo.sqlite3'}"
    else:
        name = f"tidu_demo_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
        url = fresh_database(os.environ["TIDU_TEST_POSTGRESQL"], name)
    app = make_app(url, folder / "files")
    with app.app_context():
        prepare()
    yield Demonstration(app)
    app.extensions["database"].dispose()


@pytest.fixture
def built(demonstration: Demonstration) -> Iterator[Demonstration]:
    """The built demonstration, with its database at hand in `db.session`; what a test leaves open is undone."""
    with demonstration.app.app_context():
        yield demonstration
        db.session.rollback()
