"""A firm as the rules see it, from the database, and what it is entitled to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from crm.firms.models import Firm
from crm.incentives.entitlement import entitlements
from crm.incentives.lines import Entitlement, Entry, Subject
from crm.incentives.places import Places
from crm.incentives.rules import incentives, rules
from crm.kernel import clock
from crm.ladder.facts import facts_of
from crm.policy import Facts
from crm.registers.models import RegisterEntry
from crm.registers.queries import entries_of

FIRST_YEAR = 1990  # no entry is older that a rule reads
YEARS = 4  # this year and the three before it


def years_shown() -> range:
    """The years whose figures are looked at, the newest last."""
    this = clock.today().year
    return range(this - YEARS + 1, this + 1)


def registers_read() -> set[str]:
    return {rule.register for rule in rules() if rule.register}


def subject_of(firm: Firm) -> Subject:
    """The firm with what is known of it today."""
    document = facts_of(firm, clock.today()).document
    entries = [as_entry(row) for row in entries_of(firm.id) if row.register.value in registers_read()]
    return Subject(firm.name, Places().of(firm), document, tuple(entries), Facts.from_document(document))


def as_entry(row: RegisterEntry | Any) -> Entry:
    """An entry of a register as the rules read it."""
    return Entry(
        id=row.id,
        register=row.register.value,
        name=row.name,
        on=row.on,
        level=row.level,
        role=row.role,
        party=row.party,
        amount=row.amount,
        number=row.number,
    )


def entitlements_of(firm: Firm, years: Iterable[int]) -> list[Entitlement]:
    """Every line of every incentive that holds where the firm is; of figures only for years that are over."""
    subject, wanted, this = subject_of(firm), list(years), clock.today().year
    over = [year for year in wanted if year < this]
    return [
        line
        for name, rule in incentives().items()
        for line in entitlements(subject, name, over if rule.base is not None else wanted)
    ]


def find(firm: Firm, incentive: str, year: int, cause: str, declared: Decimal | None = None) -> Entitlement | None:
    """The one line that a claim names; None where there is none (any more), and for figures of a year that is not over."""
    rule, this = incentives().get(incentive), clock.today().year
    if rule is None or not FIRST_YEAR <= year <= (this if rule.base is None else this - 1):
        return None
    return next(_matching(firm, incentive, year, cause, declared), None)


def _matching(firm: Firm, incentive: str, year: int, cause: str, declared: Decimal | None) -> Iterator[Entitlement]:
    for line in entitlements(subject_of(firm), incentive, [year], declared):
        if (line.year, line.cause) == (year, cause):
            yield line
