"""What is under way towards a title, and how such cases went before: the forecast to the end of the year, with its arithmetic.

How often and how soon a case at a stage is certified is measured over the whole park (a county's cases are too few), by the
estimate of `insight.cohorts`; whoever was dropped stays in the denominator.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from crm.firms.ip.rules import later
from crm.insight.cohorts import kaplan_meier, median_days, risen_share
from crm.insight.targets.counts import Numbers
from crm.kernel.db import db
from crm.ladder.models import Case, CaseEvent, CaseStatus, Credential, Purpose, Rung, Stage

STAGES = (Stage.POOL, Stage.CULTIVATING, Stage.READY, Stage.APPLIED)
WATCHED = 5  # years of cases that are looked at
RENEWALS = 3  # years of titles that ended
FEWEST = 10  # cases or titles below which nothing is said of a share
RENEWED_WITHIN = 6  # months after the end of the term


def past_of(on: date) -> dict[str, Any]:
    """For each rung: by stage the cases there were, how many were certified, the share within the days left of the year, and
    the median in days; and of the titles that ended, how many were renewed. Kept with a run (see `YearCountRun`)."""
    days = (date(on.year, 12, 31) - on).days
    observed: dict[tuple[Rung, Stage], list[tuple[int, bool]]] = defaultdict(list)
    statement = (
        select(Case.rung, CaseEvent.to_stage, func.min(CaseEvent.on), Case.status, Case.ended_on)
        .join(CaseEvent, CaseEvent.case_id == Case.id)
        .where(
            Case.purpose == Purpose.NEW,
            Case.opened_on >= later(on, years=-WATCHED),
            CaseEvent.to_stage.in_(STAGES),
            CaseEvent.on <= on,
        )
        .group_by(Case.id, CaseEvent.to_stage)
    )
    for rung, stage, since, status, ended_on in db.session.execute(statement):
        certified_on = ended_on if status is CaseStatus.CERTIFIED and ended_on is not None and ended_on <= on else None
        observed[rung, stage].append((max(0, ((certified_on or on) - since).days), certified_on is not None))
    found: dict[str, Any] = {"days": days}
    renewals = _renewals(on)
    for rung in Rung:
        stages = {}
        for stage in STAGES:
            cases = observed[rung, stage]
            if not cases:
                continue
            curve = kaplan_meier(cases)
            share = risen_share(curve, days) if len(cases) >= FEWEST else None
            risen_so_far = sum(1 for _days, certified in cases if certified)
            stages[stage.value] = [len(cases), risen_so_far, None if share is None else str(share), median_days(curve)]
        found[rung.value] = {"stages": stages, "renewals": renewals.get(rung, [0, 0])}
    return found


def _renewals(on: date) -> dict[Rung, list[int]]:
    """Titles whose term ended in the last years, and those of them that a later certificate followed."""
    after = aliased(Credential)
    followed = exists().where(
        after.firm_id == Credential.firm_id,
        after.rung == Credential.rung,
        after.valid_to > Credential.valid_to,
        after.valid_from > Credential.valid_from,
    )
    until = later(on, months=-RENEWED_WITHIN)
    terms = Credential.valid_to.between(later(on, years=-RENEWALS), until)
    all_ended = select(Credential.rung, func.count()).where(terms).group_by(Credential.rung)
    renewed = dict(db.session.execute(all_ended.where(followed)).all())
    return {rung: [number, renewed.get(rung, 0)] for rung, number in db.session.execute(all_ended)}


# --- the forecast --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """The open cases of a stage. Of `past` cases, `risen` were certified; `share` is the part certified within the days left."""

    stage: Stage
    cases: int
    past: int
    risen: int
    share: Fraction | None
    median: int | None  # days

    @property
    def expected(self) -> Fraction | None:
        return None if self.share is None else self.cases * self.share


@dataclass(frozen=True)
class Forecast:
    """Holders at the end of the year: those of today, less titles that lapse and are not renewed, more cases certified.

    `expected` None: of some there is too little past. `low` to `high` is a range of two standard deviations; whatever
    nobody can tell counts in it from none to all.
    """

    now: int
    lapsing: int
    ended: int
    renewed: int
    steps: list[Step]
    days: int
    low: int
    high: int

    @property
    def renewal(self) -> Fraction | None:
        return Fraction(self.renewed, self.ended) if self.ended >= FEWEST else None

    @property
    def lost(self) -> Fraction | None:
        if not self.lapsing:
            return Fraction(0)
        return None if self.renewal is None else self.lapsing * (1 - self.renewal)

    @property
    def expected(self) -> Fraction | None:
        gained = [step.expected for step in self.steps if step.cases]
        if self.lost is None or any(each is None for each in gained):
            return None
        return self.now - self.lost + sum((each for each in gained if each is not None), Fraction(0))

    @property
    def firms(self) -> int | None:
        """What is expected in whole firms, within the range."""
        return None if self.expected is None else min(max(round(self.expected), self.low), self.high)


def forecast(rung: Rung, numbers: Numbers, past: Mapping[str, Any]) -> Forecast:
    """From the numbers of a scope this year and the past of the park (`past_of`)."""
    known = past.get(rung.value, {"stages": {}, "renewals": [0, 0]})
    steps = []
    for stage in STAGES:
        cases, risen, share, median = known["stages"].get(stage.value, [0, 0, None, None])
        under_way = numbers.get(f"case.{rung.value}.{stage.value}", [0])[0]
        if under_way or cases:
            steps.append(Step(stage, under_way, cases, risen, None if share is None else Fraction(share), median))
    now, lapsing = (numbers.get(f"{name}.{rung.value}", [0])[0] for name in ("held", "lapsing"))
    ended, renewed = known["renewals"]
    found = Forecast(now, lapsing, ended, renewed, steps, past.get("days", 0), 0, 0)
    low, high = _range(found)
    return Forecast(now, lapsing, ended, renewed, steps, found.days, low, high)


def _range(found: Forecast) -> tuple[int, int]:
    """Two standard deviations around what is expected of so many independent cases, within what can be at all."""
    surely, variance, more, less = Fraction(found.now), Fraction(0), 0, 0
    if found.lost is None:
        less = found.lapsing
    else:
        surely -= found.lost
        if found.renewal is not None:
            variance += found.lapsing * found.renewal * (1 - found.renewal)
    for step in found.steps:
        if step.share is None:
            more += step.cases
        else:
            surely += step.cases * step.share
            variance += step.cases * step.share * (1 - step.share)
    twice = 2 * Fraction((Decimal(variance.numerator) / Decimal(variance.denominator)).sqrt())
    most = found.now + sum(step.cases for step in found.steps)
    low = max(floor(surely - twice) - less, found.now - found.lapsing)
    return low, min(ceil(surely + twice) + more, most)
