"""The steps between which conversion is counted, and on which days the firms reached them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from crm.insight.cohorts import Entry, cohort_of
from crm.insight.funnel import Conditions, narrowed
from crm.kernel.db import db
from crm.ladder.models import Case, CaseStatus, Credential, Rung
from crm.ladder.queries import case_states, is_held
from crm.ladder.words import LISTED, RUNGS

POOL, LISTING = "pool", "listed"
# In the order of the ladder; the boards are one step. The pool is where a firm's first case begins, towards whatever rung.
STEPS: dict[str, Any] = {
    POOL: _l("进入培育库"),
    **{rung.value: title for rung, title in RUNGS.items() if rung not in LISTED},
    LISTING: _l("挂牌上市（任一板块）"),
}
CONSECUTIVE = list(pairwise(name for name in STEPS if name != POOL))


def rungs_of(step: str) -> list[Rung]:
    """The titles that make a step."""
    return [rung for rung in Rung if rung in LISTED] if step == LISTING else [Rung(step)]


def entries(lower: str, upper: str, on: date, conditions: Conditions = ()) -> list[Entry]:
    """Every firm that reached the lower step by the day, with what was known on that day. One query."""
    first, then = _reached(lower, on), _reached(upper, on)
    statement = (
        select(first.c.firm_id, first.c.day, then.c.day, first.c.firm_id.in_(_has(lower, on)))
        .outerjoin(then, then.c.firm_id == first.c.firm_id)
        .order_by(first.c.firm_id)
    )
    rows = db.session.execute(narrowed(statement, first.c.firm_id, conditions))
    return [Entry(firm_id, day, rose, bool(held)) for firm_id, day, rose, held in rows]


@dataclass(frozen=True)
class Step:
    """All that ever rose or may rise from one step to the next: `counts` as of a cohort, `median` in days."""

    lower: str
    upper: str
    counts: dict[str, int]
    median: int | None


def all_steps(on: date, conditions: Conditions = ()) -> list[Step]:
    """Every two steps that follow each other, all years together. As many queries as there are pairs."""
    found = []
    for lower, upper in CONSECUTIVE:
        cohort = cohort_of([entry for entry in entries(lower, upper, on, conditions) if not entry.had], None, on)
        found.append(Step(lower, upper, cohort.counts, cohort.median))
    return found


def _reached(step: str, on: date) -> Any:
    if step == POOL:
        found = select(Case.firm_id, func.min(Case.opened_on).label("day")).where(Case.opened_on <= on)
        return found.group_by(Case.firm_id).subquery()
    found = select(Credential.firm_id, func.min(Credential.valid_from).label("day")).where(
        Credential.valid_from <= on, Credential.rung.in_(rungs_of(step))
    )
    return found.group_by(Credential.firm_id).subquery()


def _has(step: str, on: date) -> Any:
    """The firms that are there on the day: with the title, or with a case under way."""
    if step == POOL:
        state = case_states(on)
        return select(state.c.firm_id).where(state.c.status == CaseStatus.OPEN)
    return select(Credential.firm_id).where(is_held(on), Credential.rung.in_(rungs_of(step)))
