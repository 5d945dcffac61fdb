"""What is counted a year, kept: counted anew every hour, or at once when someone asks. Reading holds no lock, writing is short."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import delete, func, select

from crm.insight.targets import counts
from crm.insight.targets.models import TargetPlan, YearCount, YearCountRun
from crm.insight.targets.pipeline import past_of
from crm.kernel import clock, jobs
from crm.kernel.bulk import insert_rows
from crm.kernel.db import db

JOB = "year-count"
LOOK_EVERY, COUNT_EVERY = timedelta(minutes=1), timedelta(hours=1)
AT_MOST = 12  # years back: each costs its statements
RECENT = 2  # years that are counted each hour
WRITTEN = 200  # rows written at a time
TABLE = YearCount.__table__


def init_app(app: Flask) -> None:
    jobs.offer(app, JOB, jobs.Work(_run, _failed))
    jobs.offer_regular(app, JOB, LOOK_EVERY, refresh_if_due)


def _run() -> None:
    refresh()


def _failed(_error: Exception | None) -> None:
    """The pages go on to show the last counting, with its day."""


def last_run() -> YearCountRun | None:
    return db.session.scalars(select(YearCountRun).order_by(YearCountRun.id.desc()).limit(1)).first()


def ask() -> None:
    """Have everything counted anew in the background; one waiting job is enough."""
    if not jobs.is_enqueued(JOB):
        jobs.enqueue(JOB)


def refresh_if_due() -> None:
    """Count every year on a new day, and within the day each hour the years that still change much."""
    with db.reading():
        last = last_run()
        new_day = last is None or last.on != clock.today()
        due = last is not None and last.at <= clock.now() - COUNT_EVERY
    if new_day or due:
        refresh(recent=not new_day)


def years() -> list[int]:
    """The years that are counted: of every plan from the year before it, and this one and the last."""
    this = clock.today().year
    first = db.session.scalar(
        select(func.min(TargetPlan.from_year)).where(
            TargetPlan.organisation_id.is_not(None), TargetPlan.to_year >= this - AT_MOST
        )
    )
    return list(range(max(this - AT_MOST, min(this, first or this) - 1), this + 1))


def refresh(recent: bool = False) -> int:
    """Count every scope in every year and commit; how many rows were written.

    `recent`: only in this one and the last, where the others were counted today.

    For jobs and commands, with nothing pending in the session: each part is a transaction of its own.
    """
    with jobs.alone(JOB):
        with db.reading():
            on, all_years, last = clock.today(), years(), last_run()
            recent = recent and last is not None and last.on == on and last.past["first"] <= all_years[0]
            wanted = all_years[-RECENT:] if recent else all_years
            found = count(wanted)
            past = {"first": all_years[0], **past_of(on)}
            stored = {
                (row.scope, row.scope_id, row.year): row.numbers
                for row in db.session.execute(
                    select(YearCount.scope, YearCount.scope_id, YearCount.year, YearCount.numbers)
                )
            }
        fresh = {key: numbers for key, numbers in found.items() if stored.get(key) != numbers}
        gone = [key for key in stored if key[2] not in all_years or (key[2] in wanted and key not in found)]
        _write(fresh, [*gone, *(key for key in fresh if key in stored)])
        run = YearCountRun(on=on, past=past)
        db.session.add(run)
        db.session.flush()
        db.session.execute(delete(YearCountRun).where(YearCountRun.id < run.id))
        db.session.commit()
        return len(fresh)


def count(wanted: Sequence[int]) -> dict[tuple[str, int, int], counts.Numbers]:
    """Every scope in some years, counted now: by its kind, its id and the year."""
    found: dict[tuple[str, int, int], counts.Numbers] = {}
    figures = counts.count_figures(wanted)
    for year in wanted:
        counted = counts.count_year(year)
        for place, numbers in figures.get(year, {}).items():
            counted[place].update(numbers)
        for (scope, scope_id), numbers in counts.rolled_up(counted).items():
            found[scope, scope_id, year] = numbers
    return found


def _write(fresh: dict[tuple[str, int, int], Any], stale: list[tuple[str, int, int]]) -> None:
    keys = sorted({*fresh, *stale})
    for start in range(0, len(keys), WRITTEN):
        for scope, scope_id, year in keys[start : start + WRITTEN]:
            db.session.execute(
                delete(YearCount).where(
                    YearCount.scope == scope, YearCount.scope_id == scope_id, YearCount.year == year
                )
            )
        rows = [
            {"scope": key[0], "scope_id": key[1], "year": key[2], "numbers": fresh[key]}
            for key in keys[start : start + WRITTEN]
            if key in fresh
        ]
        insert_rows(db.session, TABLE, rows)
        db.session.commit()
