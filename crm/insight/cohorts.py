"""Conversion between two steps by year of entry: pure arithmetic over what is known of each firm.

A firm enters on the first day it ever held the one title, and has risen on the first day it ever held the other. Whoever has
not risen by the day of observation is still under way: counted, and in the estimate of the median as censored on that day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from crm.firms.ip.rules import later

WITHIN = (1, 2, 3, 4, 5)  # years
Curve = Sequence[tuple[int, Fraction]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One firm: the day it entered, the day it rose (None: not yet), and whether it still has what it entered with."""

    firm_id: int
    entered: date
    rose: date | None
    held: bool

    @property
    def had(self) -> bool:
        """Whether it had the higher step by the day it entered: it did not rise, and belongs to no cohort."""
        return self.rose is not None and self.rose <= self.entered

    def observed(self, on: date) -> tuple[int, bool]:
        """Days from entry to the rise, or to the day of observation; True where it rose."""
        return ((self.rose or on) - self.entered).days, self.rose is not None


def kaplan_meier(observed: Iterable[tuple[int, bool]]) -> Curve:
    """The share that has not risen after each day on which someone rose (product limit estimator).

    Of those with the same day, the rises come before the censored ones. The last pair is the longest observation.
    """
    rises: dict[int, int] = defaultdict(int)
    ends: dict[int, int] = defaultdict(int)
    for days, risen in observed:
        ends[days] += 1
        rises[days] += risen
    at_risk, share = sum(ends.values()), Fraction(1)
    curve = [(0, share)]
    for days in sorted(ends):
        if rises[days]:
            share *= 1 - Fraction(rises[days], at_risk)
        at_risk -= ends[days]
        curve.append((days, share))
    return curve


def median_days(curve: Curve) -> int | None:
    """The first day on which no more than half are left; None where half have not risen yet."""
    return next((days for days, share in curve if share <= Fraction(1, 2)), None)


def risen_share(curve: Curve, days: int) -> Fraction | None:
    """The share estimated to have risen within so many days; None beyond the longest observation."""
    if days > curve[-1][0]:
        return None
    return 1 - next(share for at, share in reversed(curve) if at <= days)


# What a number counts: its name in addresses → the condition on an entry.
Condition = Callable[[Entry, date], bool]


def _within(years: int) -> Condition:
    return lambda entry, on: entry.rose is not None and entry.rose <= later(entry.entered, years=years)


def _watched_less(years: int) -> Condition:
    return lambda entry, on: entry.rose is None and later(entry.entered, years=years) > on


KINDS: dict[str, Condition] = {
    "entered": lambda entry, on: True,
    "risen": lambda entry, on: entry.rose is not None,
    "underway": lambda entry, on: entry.rose is None and entry.held,
    "lapsed": lambda entry, on: entry.rose is None and not entry.held,
    **{f"within{years}": _within(years) for years in WITHIN},
    **{f"short{years}": _watched_less(years) for years in WITHIN},
}


@dataclass(frozen=True)
class Cohort:
    """The firms that entered in a year (None: all years). `counts` by the names of `KINDS`; `median` in days."""

    year: int | None
    counts: dict[str, int]
    curve: Curve

    @property
    def median(self) -> int | None:
        return median_days(self.curve)


def cohort_of(entries: Sequence[Entry], year: int | None, on: date) -> Cohort:
    """Count some entries on the day of observation."""
    counts = {kind: sum(1 for entry in entries if holds(entry, on)) for kind, holds in KINDS.items()}
    return Cohort(year, counts, kaplan_meier(entry.observed(on) for entry in entries))


def cohorts(entries: Iterable[Entry], on: date) -> list[Cohort]:
    """All that entered, then each year's, the newest first. Those that had the higher step before are left out."""
    rising = [entry for entry in entries if not entry.had]
    by_year: dict[int, list[Entry]] = defaultdict(list)
    for entry in rising:
        by_year[entry.entered.year].append(entry)
    found = [cohort_of(rising, None, on)]
    return found + [cohort_of(by_year[year], year, on) for year in sorted(by_year, reverse=True)]


def members(entries: Iterable[Entry], year: int | None, kind: str, on: date) -> list[int]:
    """The firms that a number of the page counts; `kind` is one of `KINDS`, or `had`."""
    return [
        entry.firm_id
        for entry in entries
        if (year is None or entry.entered.year == year)
        and (entry.had if kind == "had" else not entry.had and KINDS[kind](entry, on))
    ]
