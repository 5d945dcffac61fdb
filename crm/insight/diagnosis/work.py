"""A diagnosis is worked out in the background, kept, and shown with the moment it was made."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import select

from crm.accounts.models import Organisation
from crm.insight.diagnosis.counting import count
from crm.insight.diagnosis.models import Diagnosis
from crm.kernel import clock, jobs
from crm.kernel.db import db

JOB = "diagnosis"
FAILED = "diagnosis-failed"


def init_app(app: Flask) -> None:
    jobs.offer(app, JOB, jobs.Work(_run, _failed))


def ask(organisation: Organisation, year: int) -> None:
    """Have the diagnosis of a place and year made anew; one waiting for the same is enough."""
    if not is_asked(organisation.id, year):
        jobs.enqueue(JOB, organisation_id=organisation.id, year=year)


def is_asked(organisation_id: int, year: int) -> bool:
    waiting = db.session.scalars(select(jobs.Job.arguments).where(jobs.Job.name == JOB))
    return {"organisation_id": organisation_id, "year": year} in list(waiting)


def has_failed(organisation_id: int, year: int) -> bool:
    return jobs.progress_of(_failure(organisation_id, year)) is not None


def kept(organisation_id: int, year: int) -> Diagnosis | None:
    return db.session.get(Diagnosis, (organisation_id, year))


def make(organisation: Organisation, year: int) -> Diagnosis:
    """Work the diagnosis out and keep it in the place of an older one."""
    return _work_out(organisation.id, year)


def _work_out(organisation_id: int, year: int) -> Diagnosis:
    with db.reading():  # a long look holds no lock
        tables = count(db.session.get_one(Organisation, organisation_id), year)
    found = kept(organisation_id, year)
    if found is None:
        found = Diagnosis(organisation_id=organisation_id, year=year, tables=tables)
        db.session.add(found)
    found.tables, found.at = tables, clock.now()
    db.session.flush()
    return found


def _run(**arguments: Any) -> None:
    _work_out(**arguments)
    jobs.forget_progress(_failure(**arguments))


def _failed(_error: Exception | None, **arguments: Any) -> None:
    jobs.note_progress(_failure(**arguments), 0, None)


def _failure(organisation_id: int, year: int) -> str:
    return f"{FAILED}-{organisation_id}-{year}"
