"""How many firms stand where on a date: titles held by rung, cases by rung and stage. Two queries, whatever the filter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder.models import CaseStatus, Credential, Rung, Stage
from crm.ladder.queries import STANDING, case_states, is_held

Conditions = Sequence[ColumnElement[bool]]


@dataclass(frozen=True)
class Funnel:
    """Numbers of firms. `stages` counts open cases, and at `certified` the firms that were certified by a case."""

    on: date
    held: dict[Rung, int]
    stages: dict[Rung, dict[Stage, int]]

    def as_json(self) -> dict[str, Any]:
        """The funnel as the command prints it: all ten rungs, all five stages."""
        rungs = {
            rung.value: {"held": self.held[rung], "stages": {stage.value: self.stages[rung][stage] for stage in Stage}}
            for rung in Rung
        }
        return {"on": self.on.isoformat(), "rungs": rungs}


def funnel(on: date, conditions: Conditions = ()) -> Funnel:
    """Count on a date; `conditions` on `Firm` narrow it (none: every firm)."""
    held = dict.fromkeys(Rung, 0)
    stages = {rung: dict.fromkeys(Stage, 0) for rung in Rung}
    for rung, number in db.session.execute(_held(on, conditions)):
        held[rung] = number
    for rung, stage, number in db.session.execute(_standing(on, conditions)):
        stages[rung][stage] += number
    return Funnel(on, held, stages)


def trend(days: Sequence[date], conditions: Conditions = ()) -> dict[date, dict[Rung, int]]:
    """How many firms held each title on each of some days. One query."""
    flags = [func.max(case((is_held(on), 1), else_=0)).label(f"day{place}") for place, on in enumerate(days)]
    statement = narrowed(select(Credential.rung, *flags), Credential.firm_id, conditions)
    firm = statement.group_by(Credential.rung, Credential.firm_id).subquery()
    sums = [func.sum(firm.c[flag.name]) for flag in flags]
    counts: dict[date, dict[Rung, int]] = {on: dict.fromkeys(Rung, 0) for on in days}
    for rung, *numbers in db.session.execute(select(firm.c.rung, *sums).group_by(firm.c.rung)):
        for on, number in zip(days, numbers, strict=True):
            counts[on][rung] = int(number)
    return counts


def _held(on: date, conditions: Conditions) -> Any:
    # A firm once a rung, found in the order of the index: faster than counting distinct firms of all of them.
    held = narrowed(select(Credential.rung, Credential.firm_id).where(is_held(on)), Credential.firm_id, conditions)
    firms = held.distinct().subquery()
    return select(firms.c.rung, func.count()).group_by(firms.c.rung)


def _standing(on: date, conditions: Conditions) -> Any:
    state = case_states(on)

    def counted(number: ColumnElement[int], *where: ColumnElement[bool]) -> Any:
        statement = select(state.c.rung, state.c.stage, number.label("number")).where(*where)
        return narrowed(statement, state.c.firm_id, conditions).group_by(state.c.rung, state.c.stage)

    firms = func.count(state.c.firm_id.distinct())
    if on < clock.today() or conditions:  # the firms of a scope are looked up once
        return counted(firms, state.c.status.in_(STANDING))
    # A firm has one open case a rung: rows are firms, and counting rows is several times faster.
    return counted(func.count(), state.c.status == CaseStatus.OPEN).union_all(
        counted(firms, state.c.status == CaseStatus.CERTIFIED)
    )


def narrowed(statement: Any, firm_id: Any, conditions: Conditions) -> Any:
    """A statement about firms, narrowed: by a set of firms, not by a join: a park's few firms are then looked up instead of every case's firm."""
    return statement.where(firm_id.in_(select(Firm.id).where(*conditions))) if conditions else statement
