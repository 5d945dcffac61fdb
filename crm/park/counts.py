"""The park's readiness counted by organisation and rung, for the overview. Counted by the refresh, added up by the page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import aliased

from crm.firms.models import Firm, FirmStatus
from crm.kernel.db import db
from crm.ladder.models import Case, CaseStatus, Credential, Rung
from crm.ladder.queries import is_held
from crm.park.models import Readiness, Verdict

NUMBERS = ("met", "free", "near", "unknown", "held", "cases")
NEAR = 2  # criteria in the way, judged or not


@dataclass
class RungCount:
    """Of some organisations' firms: how many stand where for a rung. `undecided`: firms by criterion nobody can judge yet."""

    met: int = 0
    free: int = 0  # met by a firm in business, without the title and without an open case
    near: int = 0
    unknown: int = 0
    held: int = 0
    cases: int = 0
    undecided: Counter[str] = field(default_factory=Counter)

    def add(self, stored: dict[str, Any]) -> None:
        """Add what a run stored of one organisation."""
        for name in NUMBERS:
            setattr(self, name, getattr(self, name) + stored.get(name, 0))
        self.undecided.update(stored.get("undecided", {}))


def is_near() -> ColumnElement[bool]:
    """The condition on `Readiness`: not met, for one or two criteria."""
    within = Readiness.not_met + Readiness.unknown <= NEAR
    return and_(Readiness.verdict == Verdict.NOT_MET, Readiness.not_met <= NEAR, within)  # the first two by the index


def is_free(firm_id: Any, rung: Any, on: date) -> ColumnElement[bool]:
    """The condition that the firm is still here, with neither an open case towards the rung nor its title on the day."""
    gone = aliased(Firm)
    left = select(gone.id).where(gone.id == firm_id, gone.status != FirmStatus.ACTIVE)
    case = select(Case.id).where(Case.firm_id == firm_id, Case.rung == rung, Case.status == CaseStatus.OPEN)
    return and_(~left.exists(), ~case.exists(), ~holds_title(firm_id, rung, on))


def holds_title(firm_id: Any, rung: Any, on: date) -> ColumnElement[bool]:
    """The condition that the firm holds the rung's title on the day."""
    title = select(Credential.id).where(Credential.firm_id == firm_id, Credential.rung == rung, is_held(on))
    return title.exists()


def count_park(on: date) -> dict[str, dict[str, dict[str, Any]]]:
    """By organisation and rung: what `RungCount` adds up."""
    found: dict[str, dict[str, dict[str, Any]]] = {}

    def put(organisation_id: int, rung: Rung, name: str, count: int) -> dict[str, Any]:
        counts = found.setdefault(str(organisation_id), {}).setdefault(rung.value, {})
        counts[name] = counts.get(name, 0) + count
        return counts

    place = (Firm.organisation_id, Readiness.rung)
    what = (Readiness.verdict, is_near().label("near"), Readiness.undecided)
    verdicts = select(*place, *what, func.count()).join(Firm, Firm.id == Readiness.firm_id).group_by(*place, *what)
    row: Any
    for row in db.session.execute(verdicts):
        organisation_id, rung, verdict, near, undecided, count = row
        if near:  # counted below, without those that hold the title
            continue
        counts = put(organisation_id, rung, verdict.value, count)
        if undecided:
            criteria = counts.setdefault("undecided", {})
            for name in undecided.split():
                criteria[name] = criteria.get(name, 0) + count
    free = select(*place, func.count()).join(Firm, Firm.id == Readiness.firm_id).group_by(*place)
    held = select(Firm.organisation_id, Credential.rung, func.count(Firm.id.distinct())).join(Firm).where(is_held(on))
    cases = select(Firm.organisation_id, Case.rung, func.count()).join(Firm).where(Case.status == CaseStatus.OPEN)
    close = free.where(is_near(), ~holds_title(Readiness.firm_id, Readiness.rung, on))
    for name, statement in (
        ("near", close),
        ("free", free.where(Readiness.verdict == Verdict.MET, is_free(Readiness.firm_id, Readiness.rung, on))),
        ("held", held.group_by(Firm.organisation_id, Credential.rung)),
        ("cases", cases.group_by(Firm.organisation_id, Case.rung)),
    ):
        for organisation_id, rung, count in db.session.execute(statement):
            put(organisation_id, rung, name, count)
    return found
