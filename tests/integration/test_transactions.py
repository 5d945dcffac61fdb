"""One commit a request: reading keeps nothing, failing keeps nothing, and requests at once do not fail each other."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session

from config import Settings
from crm import create_app
from crm.accounts.models import User
from crm.exchange import engine as importer
from crm.exchange import service as exchange
from crm.exchange.models import ImportKind, ImportRun, RunState
from crm.firms.models import Contact, Firm
from crm.kernel import jobs, migrate
from crm.kernel.audit import Change
from crm.kernel.db import db
from tests.factories import Park, build_park, credit_code, open_session
from tests.integration.records import Records, make_records
from tests.postgres import fresh_database

READS = ("SELECT", "WITH", "BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA", "EXPLAIN")
THREADS, ROUNDS = 8, 3


@contextmanager
def watched(app: Flask, own: Session) -> Iterator[list[str]]:
    """What is flushed, written and committed inside the block, by anyone but the test's `own` session."""
    seen: list[str] = []

    def flushed(session: Session, _context: Any) -> None:
        changed = [*session.new, *session.dirty, *session.deleted]
        seen.extend(f"flushed {type(record).__name__}" for record in changed)

    def executed(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.lstrip("( \n").upper().startswith(READS):
            seen.append(statement)

    def committed(session: Session) -> None:
        if session is not own:
            seen.append("committed")

    bind = app.extensions["database"]
    engine = getattr(bind, "engine", bind)
    event.listen(Session, "after_flush", flushed)
    event.listen(Session, "after_commit", committed)
    event.listen(engine, "after_cursor_execute", executed)
    try:
        yield seen
    finally:
        event.remove(Session, "after_flush", flushed)
        event.remove(Session, "after_commit", committed)
        event.remove(engine, "after_cursor_execute", executed)


@pytest.fixture
def records(session: Session, park: Park) -> Records:
    return make_records(session, park)


def test_opening_any_page_writes_and_commits_nothing(
    app: Flask, session: Session, park: Park, records: Records, sign_in: Callable[[User | None], FlaskClient]
) -> None:
    """Every GET of the app's own map, as the administrator, the officer and the firm."""
    clients = [sign_in(person) for person in (park.administrator, park.officer, park.firm_user)]
    targets = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if "GET" in (rule.methods or ()) and rule.endpoint != "static":
                values = {name: records.argument(rule.endpoint, name) for name in rule.arguments}
                targets.append(app.url_for(rule.endpoint, **values))
    session.commit()
    with watched(app, session) as written:
        for target in targets:
            for client in clients:
                client.get(target)
                assert not written, f"GET {target} wrote: {written}"


def test_a_writing_request_is_noticed(
    app: Flask, session: Session, park: Park, sign_in: Callable[[User | None], FlaskClient]
) -> None:
    """The watch above can fail."""
    client = sign_in(park.officer)
    with watched(app, session) as written:
        answer = client.post(f"/firms/{park.firm.id}/contacts/new", data={"name": "王示例", "telephone": "0737-1"})
    assert answer.status_code == 302
    assert "flushed Contact" in written
    assert written[-1] == "committed"


def test_a_refused_request_keeps_nothing(
    app: Flask, session: Session, park: Park, sign_in: Callable[[User | None], FlaskClient]
) -> None:
    """A visit with a good account and one half-typed task is not saved by halves."""
    client = sign_in(park.officer)
    before = {model: session.scalar(select(func.count()).select_from(model)) for model in (Firm, Contact, Change)}
    answer = client.post(
        f"/firms/{park.firm.id}/visits/new",
        data={"on": "2026-01-05", "said": "谈了研发", "topics": ["rd"], "tasks-0-title": "没有期限的事"},
    )
    assert answer.status_code == 200
    assert "请填写期限" in answer.text
    after = {model: session.scalar(select(func.count()).select_from(model)) for model in before}
    assert after == before


def test_what_was_flushed_before_an_error_is_thrown_away(
    app: Flask,
    session: Session,
    park: Park,
    sign_in: Callable[[User | None], FlaskClient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The service has flushed the contact when the view fails: nothing of it stays."""
    from crm.firms import contact_routes

    def fail(*_arguments: Any, **_values: Any) -> None:
        db.session.flush()
        raise RuntimeError("the power went")

    monkeypatch.setattr(contact_routes, "flash", fail)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    client = sign_in(park.officer)
    app.testing = False
    try:
        answer = client.post(f"/firms/{park.firm.id}/contacts/new", data={"name": "不该留下", "telephone": "0737-2"})
    finally:
        app.testing = True
        app.config["PROPAGATE_EXCEPTIONS"] = None
    assert answer.status_code == 500
    assert session.scalar(select(Contact.id).where(Contact.name == "不该留下")) is None


# --- at once -----------------------------------------------------------------------------------------------------


@pytest.fixture
def served(backend: str, tmp_path: Path) -> Iterator[Flask]:
    """The app on a database of its own, with real commits and a connection a thread."""
    if backend == "sqlite":
        url = f"sqlite:///{tmp_path / 'served.sqlite3'}"
    else:
        url = fresh_database(os.environ["TIDU_TEST_POSTGRESQL"], f"tidu_served_{os.getpid()}")
    app = create_app(Settings(database_url=url, secret_key="x" * 40, files=tmp_path / "files", testing=True))
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        migrate.upgrade()
    yield app
    app.extensions["database"].dispose()


def test_people_who_read_and_write_at_once_all_succeed(served: Flask) -> None:
    """Eight officers each read the firm, then add a contact to it, again and again: none fails, none is lost."""
    with served.app_context():
        park = build_park(db.session)
        firm_id, officer = park.firm.id, park.officer
        tokens = [open_session(db.session, officer) for _ in range(THREADS)]

    def work(number: int) -> list[int]:
        client = served.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = tokens[number]
        answers = []
        for turn in range(ROUNDS):
            answers.append(client.get(f"/firms/{firm_id}").status_code)
            form = {"name": f"联系人{number}-{turn}", "telephone": "0737-3"}
            answers.append(client.post(f"/firms/{firm_id}/contacts/new", data=form).status_code)
        return answers

    with ThreadPoolExecutor(THREADS) as pool:
        answers = [status for statuses in pool.map(work, range(THREADS)) for status in statuses]
    assert answers == [200, 302] * (THREADS * ROUNDS)
    with served.app_context():
        assert db.session.scalar(select(func.count()).select_from(Contact)) == THREADS * ROUNDS


def test_who_waits_too_long_for_a_large_import_is_told_to_save_again(
    served: Flask, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite has one write lock; PostgreSQL lets the saver through."""
    with served.app_context():
        park = build_park(db.session)
        page, token = f"/firms/{park.firm.id}/contacts/new", open_session(db.session, park.officer)
    client = served.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    form = {"name": "王示例", "telephone": "0737-3"}
    database = served.extensions["database"]
    database.dispose()
    monkeypatch.setattr("crm.kernel.db.IMPATIENT", 10)
    with database.begin() as importing:
        importing.execute(update(Firm).values(short_name=Firm.short_name).where(Firm.id == 0))
        answer = client.post(page, data=form)
    if backend == "sqlite":
        assert answer.status_code == 503
        assert "还没有保存。请返回上一页" in answer.text
        answer = client.post(page, data=form)
    assert answer.status_code == 302
    with served.app_context():
        assert db.session.scalars(select(Contact.name)).all() == ["王示例"]


def test_people_save_while_a_large_import_is_planned_and_it_sees_what_they_saved(
    served: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The firm that the file would create is registered by somebody else while the rows are planned."""
    with served.app_context():
        park = build_park(db.session)
        park_id, code = park.park.id, credit_code()
        run = exchange.upload(
            actor=park.officer,
            kind=ImportKind.FIRMS,
            file_name="名单.csv",
            content=f"企业名称,信用代码,电话\n导入的企业,{code},0737-5\n".encode(),
            organisation=park.park,
        )
        exchange.settle(run=run, columns={}, sheet_name=None, unit=None, create_firms=True)
        run_id, token = run.id, open_session(db.session, park.officer)
    jobs.work_until_empty(served)
    with served.app_context():
        run = db.session.get_one(ImportRun, run_id)
        exchange.confirm(actor=run.actor, run=run)
        db.session.commit()
    client = served.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    form = {"name": "先登记的企业", "credit_code": code, "status": "active", "organisation_id": str(park_id)}
    answers = []
    plan = importer.plan

    def meanwhile(*arguments: Any, **options: Any) -> Any:
        planned = plan(*arguments, **options)
        if not answers:
            with ThreadPoolExecutor(1) as pool:
                answers.append(pool.submit(client.post, "/firms/new", data=form).result().status_code)
        return planned

    monkeypatch.setattr(importer, "plan", meanwhile)
    monkeypatch.setattr("crm.kernel.db.IMPATIENT", 10)
    jobs.work_until_empty(served)
    assert answers == [302]
    with served.app_context():
        run = db.session.get_one(ImportRun, run_id)
        assert (run.state, run.created, run.updated) == (RunState.DONE, 0, 1)
        assert db.session.scalars(select(Firm.telephone).where(Firm.credit_code == code)).all() == ["0737-5"]
