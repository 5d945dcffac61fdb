"""Looking measures up by their keys: for a page, for the list an administrator chooses from, for the filter of the firm list."""

from __future__ import annotations

from sqlalchemy import ColumnElement

from crm.firms.reference.terms import term_titles
from crm.insight.targets import counts
from crm.insight.targets.measures import FIGURES, FIXED, Measure, gave
from crm.insight.targets.register_measures import LEVELS, VOCABULARIES, of_registers
from crm.kernel import clock
from crm.registers.kinds import REGISTERS


def measure(key: str) -> Measure | None:
    """The measure of a key; None for a key that means none."""
    return FIXED.get(key) or of_registers(key)


def title_of(found: Measure) -> str:
    return str(found.title() if callable(found.title) else found.title)


def offered() -> dict[str, str]:
    """Key → title of every measure that an administrator may choose."""
    keys = list(FIXED)
    for family in ("institution", "carrier", "platform", "project", "award"):
        keys += [
            family,
            *(f"{family}@{level}" for level in LEVELS[1:4]),
            *(f"{family}={level}" for level in LEVELS[1:4]),
        ]
    for family in ("institution", "carrier"):
        for kind in term_titles(VOCABULARIES[family]):
            keys += [f"{family}:{kind}", *(f"{family}:{kind}@{level}" for level in LEVELS[1:4])]
    keys += [f"{family}:{kind}" for family in ("honour", "event") for kind in term_titles(VOCABULARIES[family])]
    keys += [f"year:{register.value}" for register in REGISTERS]
    keys += [f"amount:{register.value}" for register, kind in REGISTERS.items() if "amount" in kind.fields]
    return {key: title_of(found) for key in keys if (found := measure(key)) is not None}


def firms_counted(key: str, year: int) -> ColumnElement[bool] | None:
    """The condition on `Firm` of the firms that a measure counts in a year; None where it counts no firms."""
    found = measure(key)
    if found is None or found.firms is None or not 1900 <= year <= clock.today().year:
        return None
    return found.firms(year)


def firms_missing(key: str, year: int) -> ColumnElement[bool] | None:
    """Of a measure made of yearly figures, the firms in business without them in the year."""
    names = FIGURES.get(key)
    if names is None or not 1900 <= year <= clock.today().year:
        return None
    return counts.in_business(counts.day_of(year)) & ~gave(names, year)
