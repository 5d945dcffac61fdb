"""Where firms are, as the rules see it: their division, and the provisions of the organisations above them."""

from __future__ import annotations

from fractions import Fraction

from sqlalchemy import select

from crm.firms.models import Firm
from crm.incentives import rules as ruling
from crm.incentives.models import Provision
from crm.incentives.rules import Place
from crm.kernel.db import db


class Places:
    """The provisions of all organisations, read once; `of` says what holds for a firm."""

    def __init__(self) -> None:
        rows = db.session.scalars(select(Provision).order_by(Provision.since.desc(), Provision.id.desc()))
        self._by_organisation: dict[int, list[ruling.Provision]] = {}
        for row in rows:
            self._by_organisation.setdefault(row.organisation_id, []).append(as_rule(row))

    def at(self, path: str, division: str | None) -> Place:
        """The place of an organisation's path (its own provisions first, then those above it)."""
        nearest_first = [int(step) for step in reversed(path.split("/")) if step]
        found = [each for step in nearest_first for each in self._by_organisation.get(step, ())]
        return Place(division, tuple(found))

    def of(self, firm: Firm) -> Place:
        return self.at(firm.organisation.path, firm.division_code or firm.organisation.division_code)


def as_rule(row: Provision) -> ruling.Provision:
    """A provision as the rules read it."""
    return ruling.Provision(
        id=row.id,
        incentive=row.incentive,
        since=row.since,
        until=row.until,
        document=row.document,
        document_on=row.document_on,
        values={key: Fraction(value) for key, value in row.values.items()},
    )
