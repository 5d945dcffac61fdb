"""Jobs: asked for in one commit with their cause, done once, all or nothing, and never lost without a word."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.accounts.models import SignInFailure
from crm.kernel import clock, jobs, migrate
from crm.kernel.db import db
from crm.kernel.jobs import Job

SECONDS = 60  # that a loaded machine may take for what takes a moment
told: list[tuple[Any, dict[str, Any]]] = []


def leave_a_mark(text: str) -> None:
    db.session.add(SignInFailure(email=text, address="-"))
    db.session.flush()


def leave_a_mark_and_break(text: str) -> None:
    leave_a_mark(text)
    raise ValueError(text)


def hear(error: Exception | None, **arguments: Any) -> None:
    told.append((error, arguments))


@pytest.fixture
def marking(app: Flask, session: Session) -> Iterator[Session]:
    told.clear()
    jobs.offer(app, "mark", jobs.Work(leave_a_mark, hear))
    jobs.offer(app, "break", jobs.Work(leave_a_mark_and_break, hear))
    yield session
    del app.extensions["jobs"]["mark"], app.extensions["jobs"]["break"]


def marks(session: Session) -> list[str]:
    return list(session.scalars(select(SignInFailure.email).order_by(SignInFailure.id)))


def test_jobs_are_done_in_order_and_once(app: Flask, marking: Session) -> None:
    jobs.enqueue("mark", text="first")
    jobs.enqueue("mark", text="second")
    marking.commit()
    jobs.work_until_empty(app)
    jobs.work_until_empty(app)
    assert marks(marking) == ["first", "second"]
    assert marking.scalar(select(func.count()).select_from(Job)) == 0


def test_a_job_is_forgotten_with_the_request_that_failed(app: Flask, marking: Session) -> None:
    jobs.enqueue("mark", text="never")
    marking.rollback()
    assert not jobs.work_once(app)
    assert marks(marking) == []


def test_a_job_that_breaks_keeps_nothing_and_tells_its_room(app: Flask, marking: Session) -> None:
    jobs.enqueue("break", text="half")
    jobs.enqueue("mark", text="after")
    marking.commit()
    jobs.work_until_empty(app)
    assert marks(marking) == ["after"]
    ((error, arguments),) = told
    assert isinstance(error, ValueError)
    assert arguments == {"text": "half"}


def test_a_job_whose_worker_was_stopped_is_given_up_not_repeated(app: Flask, marking: Session) -> None:
    marking.add(Job(name="mark", arguments={"text": "interrupted"}, started_at=clock.now()))
    marking.commit()
    assert not jobs.work_once(app)
    jobs.give_up_interrupted()
    assert told == [(None, {"text": "interrupted"})]
    assert marking.scalar(select(func.count()).select_from(Job)) == 0


def test_progress_is_seen_at_once(app: Flask, session: Session) -> None:
    assert jobs.progress_of("import-1") is None
    jobs.note_progress("import-1", 40, 200)
    assert jobs.progress_of("import-1") == jobs.Progress(40, 200)
    jobs.note_progress("import-1", 0, None)
    assert jobs.progress_of("import-1") == jobs.Progress(0, None)
    jobs.forget_progress("import-1")
    assert jobs.progress_of("import-1") is None


def test_one_worker_works_and_another_waits_for_its_end(fresh_app: Callable[[], Flask]) -> None:
    first, second = fresh_app(), fresh_app()
    with first.app_context():
        migrate.upgrade()
        db.session.add(Job(name="ring", arguments={}))
        db.session.commit()
        assert not jobs.has_worker()
    rung = threading.Semaphore(0)
    for app in (first, second):
        jobs.offer(app, "ring", jobs.Work(rung.release, hear))
    stop_first = jobs.work_in_thread(first)
    assert rung.acquire(timeout=SECONDS)
    stop_second = jobs.work_in_thread(second)
    with first.app_context():
        assert jobs.has_worker()
        stop_first.set()
        db.session.add(Job(name="ring", arguments={}))
        db.session.commit()
    assert rung.acquire(timeout=SECONDS)
    stop_second.set()
    for thread in threading.enumerate():
        if thread.name == "worker":
            thread.join(timeout=SECONDS)
    with first.app_context():
        assert not jobs.has_worker()
        assert db.session.scalar(select(func.count()).select_from(Job)) == 0


def test_a_job_whose_end_could_not_be_told_is_told_of_later(fresh_app: Callable[[], Flask]) -> None:
    """The database is away just when the room is told: the job does not look as if it were being done for ever."""
    app = fresh_app()
    heard, tries = threading.Semaphore(0), []

    def failed(error: Exception | None) -> None:
        tries.append(error)
        if error is not None:
            raise ConnectionError
        heard.release()

    jobs.offer(app, "break", jobs.Work(lambda: 1 / 0, failed))  # type: ignore[arg-type]
    with app.app_context():
        migrate.upgrade()
        db.session.add(Job(name="break", arguments={}))
        db.session.commit()
    stop = jobs.work_in_thread(app)
    assert heard.acquire(timeout=SECONDS)
    stop.set()
    for thread in threading.enumerate():
        if thread.name == "worker":
            thread.join(timeout=SECONDS)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Job)) == 0
    assert [type(error) for error in tries] == [ZeroDivisionError, type(None)]


def test_regular_work_is_done_when_it_is_due_and_outlives_an_error(app: Flask) -> None:
    done: list[str] = []

    def broken() -> None:
        done.append("broken")
        raise ValueError

    jobs.offer_regular(app, "broken", timedelta(minutes=1), broken)
    jobs.offer_regular(app, "sound", timedelta(minutes=2), lambda: done.append("sound"))
    ours = {name: app.extensions["regular"][name] for name in ("broken", "sound")}
    others, app.extensions["regular"] = app.extensions["regular"], ours
    try:
        with time_machine.travel(datetime(2026, 6, 15, tzinfo=UTC), tick=False) as traveller:
            due = jobs.first_due(app)
            jobs.do_regular(app, due)
            assert done == []
            for expected in (["broken"], ["broken", "sound"], ["broken"]):
                traveller.shift(timedelta(minutes=1))
                done.clear()
                jobs.do_regular(app, due)
                jobs.do_regular(app, due)
                assert done == expected
    finally:
        app.extensions["regular"] = {name: each for name, each in others.items() if name not in ours}


def test_only_the_one_worker_does_regular_work(fresh_app: Callable[[], Flask]) -> None:
    first, second = fresh_app(), fresh_app()
    with first.app_context():
        migrate.upgrade()
    rung = {"first": threading.Semaphore(0), "second": threading.Semaphore(0)}
    for name, app in (("first", first), ("second", second)):
        app.extensions["regular"] = {"ring": jobs.Regular(timedelta(0), rung[name].release)}
    stop_first = jobs.work_in_thread(first)
    assert rung["first"].acquire(timeout=SECONDS)
    stop_second = jobs.work_in_thread(second)
    assert rung["first"].acquire(timeout=SECONDS) and rung["first"].acquire(timeout=SECONDS)
    assert not rung["second"].acquire(blocking=False)
    stop_first.set()
    assert rung["second"].acquire(timeout=SECONDS)  # it took over
    stop_second.set()
    for thread in threading.enumerate():
        if thread.name == "worker":
            thread.join(timeout=SECONDS)
