"""The firms that could close a shortfall of titles: those nearest to the conditions that have neither the title nor a case."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for
from sqlalchemy import select

from crm.accounts.models import User
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm
from crm.insight.targets.plans import Scope
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder.models import Rung
from crm.ladder.queries import subtree
from crm.park.counts import is_free, is_near
from crm.park.models import Readiness, Verdict

SHOWN = 10


@dataclass(frozen=True)
class Closer:
    """A firm and how many conditions are in its way: surely, and perhaps (nobody can judge them yet)."""

    firm_id: int
    name: str
    ready: bool
    not_met: int
    unknown: int


def closers(user: User, scope: Scope, rung: Rung) -> list[Closer]:
    """The nearest first: ready ones, then those that lack the fewest conditions."""
    whose = [visible_firms(user)]
    if scope.officer is not None:
        whose.append(Firm.officer_id == scope.officer.id)
    elif scope.organisation.parent_id is not None:
        whose.append(Firm.organisation_id.in_(subtree(scope.organisation)))
    found: list[Closer] = []
    for standing in (Readiness.verdict == Verdict.MET, is_near()):
        if len(found) == SHOWN:
            break
        statement = (
            select(Firm.id, Firm.name, Readiness.verdict, Readiness.not_met, Readiness.unknown)
            .join(Firm, Firm.id == Readiness.firm_id)
            .where(Readiness.rung == rung, standing, is_free(Readiness.firm_id, Readiness.rung, clock.today()), *whose)
            .order_by(Readiness.not_met, Readiness.unknown, Readiness.firm_id)
            .limit(SHOWN - len(found))
        )
        for firm_id, name, verdict, not_met, unknown in db.session.execute(statement):
            found.append(Closer(firm_id, name, verdict is Verdict.MET, not_met, unknown))
    return found


def closing_urls(scope: Scope, rung: Rung) -> dict[str, str]:
    """The lists of all of them, and of the cases under way."""

    def listed(**arguments: str) -> str:
        return url_for("firms.index", **scope.firms, **arguments)  # type: ignore[arg-type]

    return {
        "ready": listed(ready=rung.value, case="none"),
        "near": listed(near=rung.value, case="none"),
        "cases": listed(rung=rung.value),
        "held": listed(held=rung.value),
    }
