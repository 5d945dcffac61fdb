"""Where firms are stuck today and for how long: open cases by rung and stage, and the criteria that hold the longest waiting."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import product

import numpy as np
from sqlalchemy import ColumnElement, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from crm.editions.library import edition_in_force
from crm.firms.models import Firm
from crm.insight.funnel import Conditions, narrowed
from crm.kernel.bulk import one_of
from crm.kernel.db import db
from crm.ladder.models import Case, CaseEvent, CaseStatus, Purpose, Rung, Stage
from crm.ladder.queries import last_step
from crm.park.columns import park_columns
from crm.policy import NoEdition, evaluate_columns
from crm.policy.text import Text

LONG, VERY_LONG = 90, 180  # days in a stage
AT_MOST = 200  # firms judged for the criteria that hold them: the longest waiting ones
PREPARING = (Stage.POOL, Stage.CULTIVATING, Stage.READY)  # the criteria are the firm's own matter


@dataclass(frozen=True)
class Waiting:
    """The open cases of a rung at a stage; `median` and `longest` in days."""

    rung: Rung
    stage: Stage
    cases: int
    median: Fraction
    longest: int
    over: dict[int, int]  # days → cases that wait longer


@dataclass(frozen=True)
class Stuck:
    """How long open cases wait, by rung and stage; the firms that have one (None), and that wait over each limit."""

    waiting: list[Waiting]
    firms: dict[int | None, int]


def stuck(on: date, conditions: Conditions = ()) -> Stuck:
    return Stuck(waiting(on, conditions), firms_waiting(on, conditions))


def waiting(on: date, conditions: Conditions = ()) -> list[Waiting]:
    """Open cases by rung and stage, in the order of the ladder. One query: cases of one day are counted together, and the
    middle one is found by how many there are up to each day."""
    place = (Case.rung, Case.stage)
    days = select(*place, Case.stage_since.label("day"), func.count().label("number"))
    day = days.where(*_open(conditions)).group_by(*place, Case.stage_since).subquery()
    group = (day.c.rung, day.c.stage)
    counted = select(
        day,
        func.sum(day.c.number).over(partition_by=group, order_by=day.c.day).label("up_to"),
        func.sum(day.c.number).over(partition_by=group).label("all"),
    ).subquery()
    rung, stage, since, number, twice = (
        counted.c.rung,
        counted.c.stage,
        counted.c.day,
        counted.c.number,
        2 * counted.c.up_to,
    )
    statement = select(
        rung,
        stage,
        func.sum(number),
        func.min(since),
        func.min(case((twice >= counted.c.all, since))),
        func.min(case((twice > counted.c.all, since))),
        *(func.sum(case((since < on - timedelta(days=days), number), else_=0)) for days in (LONG, VERY_LONG)),
    ).group_by(rung, stage)
    found = {
        (rung, stage): Waiting(
            rung,
            stage,
            int(cases),
            Fraction((on - before).days + (on - after).days, 2),
            (on - first).days,
            dict(zip((LONG, VERY_LONG), map(int, over), strict=True)),
        )
        for rung, stage, cases, first, before, after, *over in db.session.execute(statement)
    }
    return [found[key] for key in product(Rung, Stage) if key in found]


def firms_waiting(on: date, conditions: Conditions = ()) -> dict[int | None, int]:
    """How many firms have an open case (None), and one that waits over each limit. One query."""
    longest = (
        select(func.min(Case.stage_since).label("since")).where(*_open(conditions)).group_by(Case.firm_id).subquery()
    )
    over = [
        func.coalesce(func.sum(_flag(longest.c.since < on - timedelta(days=days))), 0) for days in (LONG, VERY_LONG)
    ]
    row = db.session.execute(select(func.count(), *over).select_from(longest)).one()
    return dict(zip((None, LONG, VERY_LONG), map(int, row), strict=True))


def waited_long(on: date, conditions: Conditions = ()) -> int:
    """How many cases were open at the end of a day, today or past, and in their stage for more than LONG days. One query."""
    last, step = aliased(CaseEvent), aliased(CaseEvent)
    moved_since = exists().where(
        step.case_id == Case.id,
        step.on.between(on - timedelta(days=LONG), on),
        or_(step.from_stage.is_(None), step.from_stage != step.to_stage),
    )
    statement = (
        select(func.count())
        .select_from(Case)
        .join(last, last.id == last_step(on))
        .where(last.to_status == CaseStatus.OPEN, ~moved_since)
    )
    return db.session.scalar(narrowed(statement, Case.firm_id, conditions)) or 0


def waits_over(days: int, on: date) -> ColumnElement[bool]:
    """The condition on `Case` that it has been in its stage for more than so many days."""
    return Case.stage_since < on - timedelta(days=days)


def stuck_firms(on: date, rung: Rung | None, stage: Stage | None, days: int | None) -> ColumnElement[bool]:
    """The condition on `Firm` that an open case of it waits there, for more than so many days."""
    wanted = [Case.status == CaseStatus.OPEN]
    if rung is not None:
        wanted.append(Case.rung == rung)
    if stage is not None:
        wanted.append(Case.stage == stage)
    if days is not None:
        wanted.append(waits_over(days, on))
    return Firm.id.in_(select(Case.firm_id).where(*wanted))


def _open(conditions: Conditions) -> list[ColumnElement[bool]]:
    firms = [Case.firm_id.in_(select(Firm.id).where(*conditions))] if conditions else []
    return [Case.status == CaseStatus.OPEN, *firms]


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


# --- what holds them -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Blocking:
    """A criterion in the way: of whom it is surely not met, and of whom nobody can judge it yet."""

    id: str
    title: Text
    alternative: bool  # one of several ways: who goes another needs it not
    not_met: list[int]
    unknown: list[int]

    @property
    def firms(self) -> int:
        return len(self.not_met) + len(self.unknown)


@dataclass(frozen=True)
class Held:
    """The firms looked at (the longest waiting), those of them nothing in the criteria holds, and the criteria that hold the others."""

    firms: list[int]
    free: list[int]
    unjudged: list[int]  # no edition is in force for them
    criteria: list[Blocking]


def held_back(rung: Rung, on: date, conditions: Conditions = ()) -> Held:
    """What keeps the firms from the rung that wait longer than LONG days before their application, the most frequent first."""
    statement = (
        select(Case.firm_id)
        .where(
            *_open(conditions),
            Case.rung == rung,
            Case.purpose == Purpose.NEW,
            Case.stage.in_(PREPARING),
            waits_over(LONG, on),
        )
        .order_by(Case.stage_since, Case.id)
        .limit(AT_MOST)
    )
    wanted = list(db.session.scalars(statement))
    if not wanted:
        return Held([], [], [], [])
    columns, ids = park_columns(one_of(Firm.id, wanted), on)
    places: dict[str | None, list[int]] = defaultdict(list)
    divisions = select(Firm.id, Firm.division_code).where(one_of(Firm.id, wanted))
    division = {firm_id: code for firm_id, code in db.session.execute(divisions)}  # noqa: C416  rows are no pairs to the type checker
    for place, firm_id in enumerate(ids):
        places[division[firm_id]].append(place)
    unjudged: list[int] = []
    free: list[int] = []
    found: dict[str, Blocking] = {}
    for code, some in places.items():
        try:
            edition = edition_in_force(rung.value, on, Purpose.NEW.value, code)
        except NoEdition:
            unjudged += [ids[place] for place in some]
            continue
        here = np.array(some)
        result = evaluate_columns(edition, columns, on)
        free += [ids[place] for place in here[result.codes[here] == 2]]
        decide = {*edition.requires, edition.score}
        for criterion in edition.criteria:
            if criterion.id not in result.clauses:
                continue
            codes = result.clauses[criterion.id]
            blocking = found.setdefault(
                criterion.id, Blocking(criterion.id, criterion.title, criterion.id not in decide, [], [])
            )
            blocking.not_met.extend(ids[place] for place in here[codes[here] == 0])
            blocking.unknown.extend(ids[place] for place in here[codes[here] == 1])
    criteria = sorted(
        (each for each in found.values() if each.firms), key=lambda each: (each.alternative, -each.firms, each.id)
    )
    return Held(ids, free, unjudged, criteria)
