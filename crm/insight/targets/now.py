"""What was counted of scopes, by year: as it was kept; in a small park this year and the last are counted when they are asked for.

Then targets say what the live pages beside them say, also a moment after somebody changed something.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import has_request_context, request
from sqlalchemy import func, or_, select

from crm.firms.models import Firm
from crm.insight.kept import LARGE
from crm.insight.targets.counts import Numbers
from crm.insight.targets.models import YearCount
from crm.insight.targets.pipeline import past_of
from crm.insight.targets.refresh import RECENT, count, last_run, years
from crm.kernel import clock
from crm.kernel.db import db

COUNTED = "tidu.year_counts"  # of one request
Key = tuple[str, int]  # kind of scope and its id


@dataclass(frozen=True)
class Counting:
    """When it was counted (`live`: just now), the day it tells of, and what a forecast reads of the past."""

    at: datetime
    on: date
    past: Mapping[str, Any]
    live: Mapping[tuple[str, int, int], Numbers] | None

    def years(self, wanted: Iterable[int]) -> list[int]:
        """Those of the years that were counted."""
        return [year for year in wanted if year >= self.past.get("first", year)]


def counting() -> Counting | None:
    """The counting that pages show; None where a large park was not counted yet."""
    if not has_request_context():
        return _counting()
    if COUNTED not in request.environ:
        request.environ[COUNTED] = _counting()
    found: Counting | None = request.environ[COUNTED]
    return found


def _counting() -> Counting | None:
    run = last_run()
    if not _is_small():
        return None if run is None else Counting(run.at, run.on, run.past, None)
    today, all_years = clock.today(), years()
    # What is measured over years of the past changes with a day, not with a minute.
    past = run.past if run is not None and run.on == today else {"first": all_years[0], **past_of(today)}
    recent = all_years if run is None else all_years[-RECENT:]
    return Counting(clock.now(), today, past, count(recent))


def _is_small() -> bool:
    some = select(Firm.id).limit(LARGE + 1).subquery()
    return (db.session.scalar(select(func.count()).select_from(some)) or 0) <= LARGE


def numbers_of(scopes: Iterable[Key], wanted: Iterable[int]) -> dict[Key, dict[int, Numbers]]:
    """What was counted of each scope, by year: nothing there is zero, not unknown. Nothing at all before the first counting."""
    found, of = counting(), list(scopes)
    if found is None:
        return {scope: {} for scope in of}
    asked = found.years(wanted)
    numbers: dict[Key, dict[int, Numbers]] = {scope: {year: {} for year in asked} for scope in of}
    statement = select(YearCount).where(
        YearCount.year.in_(asked),
        or_(
            *(
                (YearCount.scope == kind) & YearCount.scope_id.in_([each for named, each in of if named == kind])
                for kind in ("organisation", "officer")
            )
        ),
    )
    for row in db.session.scalars(statement):
        numbers[row.scope, row.scope_id][row.year] = row.numbers
    if found.live is not None:
        counted = {year for _kind, _id, year in found.live}
        for scope, by_year in numbers.items():
            by_year.update({year: found.live.get((*scope, year), {}) for year in by_year if year in counted})
    return numbers
