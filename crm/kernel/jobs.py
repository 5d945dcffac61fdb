"""Work done in the background, one job after the other, by one worker.

A job is a row of our own database: it is asked for in the same commit as what it is about, so that neither is lost
without the other, and no second store has to be set up, backed up or migrated. How far a job is stands in a small file
beside the uploaded files: the job's one long transaction holds SQLite's only write lock, and would hide its own rows.
"""

from __future__ import annotations

import fcntl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_babel import gettext as _
from sqlalchemy import Engine, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from crm.kernel import clock
from crm.kernel.db import Base, db
from crm.kernel.types import Json, Moment

LOCK = "worker.lock"  # held by the one worker while it lives
GIVE_WAY = 0.02  # seconds between two parts of a job that keeps each
LOOK_EVERY = 0.5  # seconds between two looks at an empty queue


class Job(Base):
    """Something to be done. The row goes when it is done; a job that failed has told its room (see `Work.failed`)."""

    __tablename__ = "job"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    arguments: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    started_at: Mapped[datetime | None] = mapped_column(Moment)


@dataclass(frozen=True)
class Work:
    """How a room does a job: `run` changes data and flushes (the worker commits; a long one keeps each part, `keep_so_far`);
    `failed` notes the sentence.
    """

    run: Callable[..., None]
    failed: Callable[..., None]


def offer(app: Flask, name: str, work: Work) -> None:
    """A room says how jobs of this name are done; both functions are called with the job's arguments by name."""
    app.extensions.setdefault("jobs", {})[name] = work


@dataclass(frozen=True)
class Regular:
    """Work that is done again and again while a worker lives. `run` commits what it does, and looks before it writes."""

    every: timedelta
    run: Callable[[], object]


def offer_regular(app: Flask, name: str, every: timedelta, run: Callable[[], object]) -> None:
    """A room asks that this be done about so often, between jobs; the first time so long after a worker's start."""
    app.extensions.setdefault("regular", {})[name] = Regular(every, run)


def first_due(app: Flask) -> dict[str, datetime]:
    """When each regular work is due for a worker that starts now."""
    return {name: clock.now() + regular.every for name, regular in app.extensions.get("regular", {}).items()}


def do_regular(app: Flask, due: dict[str, datetime]) -> None:
    """Do the regular work that is due, and note when it is due again; one that breaks is logged and tried again then."""
    for name, regular in app.extensions.get("regular", {}).items():
        if due[name] > clock.now():
            continue
        try:
            with app.app_context():
                db.be_patient()
                regular.run()
        except Exception:
            app.logger.exception("regular work %s failed", name)
        due[name] = clock.now() + regular.every


def enqueue(name: str, **arguments: Any) -> None:
    """Ask for a job; it starts after the commit of the present session."""
    db.session.add(Job(name=name, arguments=arguments))


def is_enqueued(name: str) -> bool:
    """Whether a job of this name waits or is being done."""
    return db.session.scalar(select(Job.id).where(Job.name == name).limit(1)) is not None


def work_once(app: Flask) -> bool:
    """Do the oldest waiting job; False when none is waiting."""
    with app.app_context():
        db.be_patient()
        job_id = _claim()
        if job_id is None:
            return False
        _do(job_id)
        return True


def work_until_empty(app: Flask) -> None:
    """Do every waiting job, in order."""
    while work_once(app):
        pass


def work_until(app: Flask, stop: threading.Event) -> None:
    """Work until told to stop. Only one worker works at a time; a second one waits to take over."""
    with _only_worker(app, stop):
        begun = False
        due = first_due(app)
        while not stop.is_set():
            try:
                if not begun:
                    with app.app_context():
                        give_up_interrupted()
                    begun = True
                busy = work_once(app)
            except Exception:
                # The database is away for a moment, say: a worker outlives that. What it had begun is told of next time.
                app.logger.exception("the worker could not look for jobs")
                busy = begun = False
            do_regular(app, due)
            if not busy:
                stop.wait(LOOK_EVERY)


def work_in_thread(app: Flask) -> threading.Event:
    """Work inside a serving process (the demonstration, a small installation). Set the event to stop."""
    stop = threading.Event()
    threading.Thread(target=work_until, args=(app, stop), name="worker", daemon=True).start()
    return stop


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Do background jobs until stopped. One worker is enough."""
    click.echo(_("后台任务已启动，按 Ctrl+C 停止。"), err=True)
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        work_until(app, threading.Event())
    except KeyboardInterrupt:
        click.echo(_("后台任务已停止。"), err=True)


def keep_so_far() -> None:
    """Commit what the job has done, and let who waits to write come in before it goes on: SQLite has one write lock."""
    db.session.commit()
    time.sleep(GIVE_WAY)


def _claim() -> int | None:
    """Mark the oldest waiting job as started."""
    if not _is_waiting():
        return None
    job = db.session.scalar(
        select(Job).where(Job.started_at.is_(None)).order_by(Job.id).limit(1).with_for_update(skip_locked=True)
    )
    if job is None:
        db.session.rollback()
        return None
    job.started_at = clock.now()
    job_id = job.id
    db.session.commit()
    return job_id


def _is_waiting() -> bool:
    """Whether there is a job to do; a mere look never takes SQLite's write lock."""
    look = select(Job.id).where(Job.started_at.is_(None)).limit(1)
    bind = db.bind
    if isinstance(bind, Engine):
        with bind.execution_options(reads_only=True).connect() as connection:
            return connection.scalar(look) is not None
    return bind.scalar(look) is not None


def _do(job_id: int) -> None:
    """Run the job and commit what it did together with its end; on any error keep nothing but the sentence."""
    job = db.session.get_one(Job, job_id)
    name, arguments = job.name, dict(job.arguments)
    db.session.rollback()
    try:
        _work(name).run(**arguments)
        db.session.execute(delete(Job).where(Job.id == job_id))
        db.session.commit()
    except Exception as error:
        db.session.rollback()
        current_app.logger.exception("job %s %s failed", name, arguments)
        _fail(job_id, name, arguments, error)


def _fail(job_id: int, name: str, arguments: dict[str, Any], error: Exception | None) -> None:
    _work(name).failed(error, **arguments)
    db.session.execute(delete(Job).where(Job.id == job_id))
    db.session.commit()


def give_up_interrupted() -> None:
    """Jobs that a former worker had begun when it was stopped: nothing of them was kept, and their rooms are told."""
    for job in db.session.scalars(select(Job).where(Job.started_at.is_not(None)).order_by(Job.id)).all():
        _fail(job.id, job.name, dict(job.arguments), None)


def _work(name: str) -> Work:
    work: Work = current_app.extensions["jobs"][name]
    return work


def has_worker() -> bool:
    """Whether a worker is there to do what is enqueued (on this machine)."""
    with (_folder(current_app) / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Only one process of this machine is inside at a time; the others wait."""
    with (_folder(current_app) / f"{name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _only_worker(app: Flask, stop: threading.Event) -> Iterator[None]:
    with (_folder(app) / LOCK).open("a") as lock:
        while not stop.is_set():
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                stop.wait(LOOK_EVERY)
        yield


# --- how far a job is ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """`done` of `total` steps; `total` None: not known."""

    done: int
    total: int | None


def note_progress(key: str, done: int, total: int | None) -> None:
    """Say how far the work known by this key is; seen at once, whatever the transaction."""
    path = _progress_path(key)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(f"{done} {'' if total is None else total}")
    unfinished.replace(path)


def progress_of(key: str) -> Progress | None:
    """How far the work is; None when it has not begun."""
    try:
        done, _space, total = _progress_path(key).read_text().partition(" ")
    except FileNotFoundError:
        return None
    return Progress(int(done), int(total) if total else None)


def forget_progress(key: str) -> None:
    _progress_path(key).unlink(missing_ok=True)


def _progress_path(key: str) -> Path:
    return _folder(current_app) / f"{key}.progress"


def _folder(app: Flask) -> Path:
    folder = Path(app.config["FILES"]) / "jobs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
