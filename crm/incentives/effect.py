"""Worked out every hour where something changed: what each firm is entitled to, how it moved on the ladder after, and the counts.

What is entitled over the whole park is found by columns and by one SELECT a register, by the rules of `entitlement`; sums are whole
fen. Reading holds no lock, writing is short and only what differs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from typing import Any

import numpy as np
from flask import Flask
from sqlalchemy import delete, func, or_, select

from crm.accounts.models import Organisation
from crm.firms.figures.models import YearlyFigures
from crm.firms.ip.rules import later
from crm.firms.models import Firm
from crm.incentives.entitlement import entitlements
from crm.incentives.kept import WITHIN, Effect, Found, Row, stored, write, write_counts, write_effects
from crm.incentives.lines import Subject, yuan
from crm.incentives.models import PAID_OUT, Claim, ClaimState, IncentiveRun
from crm.incentives.places import Places
from crm.incentives.queries import last_run
from crm.incentives.rules import Kind, Place, Rule, Terms, incentives, rules
from crm.incentives.subjects import as_entry
from crm.kernel import clock, jobs
from crm.kernel.audit import Change
from crm.kernel.db import db
from crm.ladder.models import Credential, Rung
from crm.park.columns import park_columns
from crm.policy.answers.verdict import MET, NOT_MET, UNKNOWN
from crm.policy.readings.columns import ParkReading
from crm.policy.readings.reading import FirmReading
from crm.registers.models import Register, RegisterEntry

LOOK_EVERY, WORK_EVERY = timedelta(minutes=1), timedelta(hours=1)
YEARS_BACK = 3
NAME, ANEW = "incentives", "incentives-anew"
WAN_IN_FEN = 10_000 * 100


def init_app(app: Flask) -> None:
    jobs.offer_regular(app, NAME, LOOK_EVERY, refresh_if_due)
    jobs.offer(app, ANEW, jobs.Work(refresh, _failed))


def _failed(_error: Exception | None) -> None:
    """The pages go on to show the last run, with its moment."""


def ask() -> None:
    """Have everything worked out anew in the background; one waiting job is enough."""
    if not jobs.is_enqueued(ANEW):
        jobs.enqueue(ANEW)


def refresh_if_due() -> None:
    """Work all out where it was not done today; within the day an hour after the last time, where anything was saved since."""
    with db.reading():
        last, now = last_run(), _state()
        due = last is None or last.on != clock.today() or last.rules != now[0]
        if last is not None and not due:
            due = last.at <= clock.now() - WORK_EVERY and last.last_change != now[1]
    if due:
        refresh()


def _state() -> tuple[str, int]:
    """What entitlements hang on: the rules' hashes and the newest change anybody made."""
    digest = sha256(" ".join(sorted(rule.hash for rule in rules())).encode()).hexdigest()
    return digest, db.session.scalar(select(func.max(Change.id))) or 0


def refresh() -> None:
    """Work everything out and commit. For jobs and commands, with nothing pending in the session."""
    with jobs.alone(NAME):
        on = clock.today()
        with db.reading():
            digest, last_change = _state()
            park = _Park(on)
        for incentive in incentives():
            with db.reading():
                found = park.entitled(incentive)
                effects = park.effects(incentive, found)
                counts = park.counts(found, effects)
                if not incentives()[incentive].paid:
                    counts = {key: n for key, n in counts.items() if key[2] != "unnamed"}
                known = stored(incentive)
            write(incentive, found, known)
            write_effects(incentive, effects)
            write_counts(incentive, counts)
        run = IncentiveRun(on=on, rules=digest, last_change=last_change)
        db.session.add(run)
        db.session.flush()
        db.session.execute(delete(IncentiveRun).where(IncentiveRun.id < run.id))
        db.session.commit()


class _Park:
    """All firms, as one run reads them."""

    def __init__(self, on: date) -> None:
        self.on = on
        self.years = range(on.year - YEARS_BACK, on.year)
        places = Places()
        organisations = {each.id: each for each in db.session.scalars(select(Organisation))}
        self.organisation: dict[int, int] = {}
        self.place: dict[int, Place] = {}
        known: dict[tuple[int, str | None], Place] = {}
        for firm_id, organisation_id, division in db.session.execute(
            select(Firm.id, Firm.organisation_id, Firm.division_code)
        ):
            organisation = organisations[organisation_id]
            at = (organisation_id, division or organisation.division_code)
            if at not in known:
                known[at] = places.at(organisation.path, at[1])
            self.organisation[firm_id], self.place[firm_id] = organisation_id, known[at]
        self._columns: Any = None
        self.gains = _gains()

    # what firms are entitled to

    def entitled(self, incentive: str) -> Found:
        """What every firm is, or may be, entitled to: of entries of all years, of figures of the last full years."""
        rule = incentives()[incentive]
        if rule.kind in (Kind.TOP_UP, Kind.ESTIMATE):
            return {key: row for year in self.years for key, row in self._by_figures(incentive, rule, year)}
        return dict(self._by_entries(incentive, rule))

    def _by_entries(self, incentive: str, rule: Rule) -> Iterator[tuple[tuple[int, int, str], Row]]:
        rows = db.session.execute(
            select(RegisterEntry, Firm.name)
            .join(Firm, Firm.id == RegisterEntry.firm_id)
            .where(RegisterEntry.register == Register(rule.register or ""))
            .order_by(RegisterEntry.firm_id, RegisterEntry.id)
            .execution_options(yield_per=5_000)
        )
        entries: dict[int, list[Any]] = defaultdict(list)
        names: dict[int, str] = {}
        for entry, name in rows:
            entries[entry.firm_id].append(as_entry(entry))
            names[entry.firm_id] = name
        years = [] if rule.of_entries else [*self.years, self.on.year]  # who filed this year has filed
        for firm_id, own in entries.items():
            subject = Subject(names[firm_id], self.place.get(firm_id, Place(None)), {}, tuple(own))
            for line in entitlements(subject, incentive, years):
                if line.verdict != NOT_MET and line.year is not None:
                    yield (firm_id, line.year, line.cause), (line.verdict, line.amount)

    def _by_figures(self, incentive: str, rule: Rule, year: int) -> Iterator[tuple[tuple[int, int, str], Row]]:
        """Firms of whom the figure of the year is known; of the others nothing can be said."""
        by_place: dict[int, Terms | None] = {}  # by the id of the place: its numbers are no key
        base = self._bases(rule, year)
        held = _hte_holders(date(year, 12, 31)) if rule.kind is Kind.ESTIMATE else set()
        truths: dict[str, dict[int, str]] = {}
        for firm_id, fen in base.items():
            place = self.place.get(firm_id)
            if place is None:
                continue  # came in since
            if id(place) not in by_place:
                by_place[id(place)] = place.terms(incentive, date(year, 12, 31))
            terms = by_place[id(place)]
            if terms is None or fen <= 0:
                continue
            if terms.rule.id not in truths:
                truths[terms.rule.id] = self._truths(terms.rule, year)
            verdict = truths[terms.rule.id].get(firm_id, MET if terms.rule.who is None else NOT_MET)
            if verdict == NOT_MET:
                continue
            verdict = UNKNOWN if terms.rule.asks else verdict
            yield (firm_id, year, ""), (verdict, _amount(terms, Fraction(fen, WAN_IN_FEN), firm_id in held))

    def _bases(self, rule: Rule, year: int) -> dict[int, int]:
        """What the rate is applied to, in fen, of those of whom it is known."""
        assert rule.base is not None
        column = getattr(YearlyFigures, rule.base.figure)
        now = _figures(column, year)
        if not rule.base.increase:
            return now
        before = _figures(column, year - 1)
        return {firm_id: fen - before[firm_id] for firm_id, fen in now.items() if firm_id in before}

    def _truths(self, rule: Rule, year: int) -> dict[int, str]:
        """The verdict of the rule's condition for every firm that is not surely left out."""
        if rule.who is None:
            return {}
        if self._columns is None:
            self._columns = park_columns(None, self.on)
        columns, ids = self._columns
        day = date(year + 1, 1, 1)
        reading = ParkReading(columns, day)
        truth = rule.who.read(reading)
        low, high = (np.broadcast_to(np.asarray(end, bool), (columns.size,)) for end in (truth.low, truth.high))
        found = {ids[int(row)]: MET if low[row] else UNKNOWN for row in np.flatnonzero(high)}
        for row in np.flatnonzero(columns.fragile):  # numbers a float may round
            exact = rule.who.read(FirmReading(columns.row(int(row)), day))
            found[ids[int(row)]] = MET if exact.low else UNKNOWN if exact.high else NOT_MET
        reading.forget()
        return found

    # what became of them

    def effects(self, incentive: str, found: Found) -> dict[int, Effect]:
        """Of every firm that was paid, since the first payment; of those entitled and not paid, since the end of the first year."""
        paid = _paid_since(incentive)
        since: dict[int, date] = {}
        for (firm_id, year, _cause), (verdict, _sum) in found.items():
            if verdict == MET and firm_id not in paid:
                end = date(year, 12, 31)
                since[firm_id] = min(since.get(firm_id, end), end)
        whole = {**{firm_id: (False, day) for firm_id, day in since.items()}}
        whole |= {firm_id: (True, day) for firm_id, day in paid.items() if firm_id in self.place}
        return {firm_id: Effect(was, day, self._gained(firm_id, day)) for firm_id, (was, day) in whole.items()}

    def _gained(self, firm_id: int, since: date) -> tuple[int | None, ...]:
        days = self.gains.get(firm_id, ())
        ends = [later(since, years=years) for years in WITHIN]
        return tuple(sum(1 for day in days if since < day <= end) if end <= self.on else None for end in ends)

    # counts by organisation

    def counts(self, found: Found, effects: dict[int, Effect]) -> dict[tuple[int, int, str], int]:
        """(organisation, year, what) → number; firms are counted once a year and, in year 0, once over all."""
        firms: dict[tuple[int, int, str], set[int]] = defaultdict(set)
        numbers: dict[tuple[int, int, str], int] = defaultdict(int)
        for (firm_id, year, _cause), (verdict, amount) in found.items():
            organisation = self.organisation[firm_id]
            what = "entitled" if verdict == MET else "unknown"
            for each in (year, 0):
                firms[organisation, each, what].add(firm_id)
                if verdict == MET:
                    numbers[organisation, each, "amount"] += 0 if amount is None else int(amount * 100)
                    numbers[organisation, each, "unnamed"] += amount is None
        for firm_id, effect in effects.items():
            group = "paid" if effect.paid else "unpaid"
            organisation = self.organisation[firm_id]
            for years, gained in zip(WITHIN, effect.gained, strict=True):
                if gained is not None:
                    numbers[organisation, 0, f"{group}.watched.{years}"] += 1
                    numbers[organisation, 0, f"{group}.risen.{years}"] += gained > 0
                    numbers[organisation, 0, f"{group}.rungs.{years}"] += gained
        return {**{key: len(ids) for key, ids in firms.items()}, **{key: n for key, n in numbers.items() if n}}


def _figures(column: Any, year: int) -> dict[int, int]:
    """A figure of a year in fen, of the firms that have it."""
    rows = db.session.execute(
        select(YearlyFigures.firm_id, column).where(YearlyFigures.year == year, column.is_not(None))
    )
    return {firm_id: int(amount * 100) for firm_id, amount in rows}


def _amount(terms: Terms, base: Fraction, holds_hte: bool) -> Decimal | None:
    """What `entitlement` counts, without its sentences."""
    rate = terms.value("rate")
    if terms.rule.kind is Kind.ESTIMATE:
        tax = terms.value("tax_hte" if holds_hte else "tax_other")
        return None if rate is None or tax is None else yuan(base * rate * tax)
    fixed, cap = terms.value("amount"), terms.value("cap")
    if fixed is not None:
        return yuan(fixed)
    if rate is None:
        return None
    return yuan(base * rate if cap is None else min(base * rate, cap))


def _hte_holders(end: date) -> set[int]:
    """The firms that hold the high-tech title on a day."""
    return set(
        db.session.scalars(
            select(Credential.firm_id).where(
                Credential.rung == Rung.HTE,
                Credential.valid_from <= end,
                or_(Credential.valid_to.is_(None), Credential.valid_to >= end),
                or_(Credential.ended_on.is_(None), Credential.ended_on > end),
            )
        )
    )


def _gains() -> dict[int, list[date]]:
    """The days on which each firm held a rung for the first time."""
    first = (
        select(Credential.firm_id, func.min(Credential.valid_from))
        .where(or_(Credential.ended_on.is_(None), Credential.ended_on > Credential.valid_from))
        .group_by(Credential.firm_id, Credential.rung)
    )
    found: dict[int, list[date]] = defaultdict(list)
    for firm_id, day in db.session.execute(first):
        found[firm_id].append(day)
    return found


def _paid_since(incentive: str) -> dict[int, date]:
    """The first payment of each firm; of what is not paid out, the first decision."""
    paid = incentives()[incentive].paid
    day = Claim.paid_on if paid else Claim.decided_on
    states = PAID_OUT if paid else (ClaimState.APPROVED,)
    rows = db.session.execute(
        select(Claim.firm_id, func.min(day))
        .where(Claim.incentive == incentive, Claim.state.in_(states))
        .group_by(Claim.firm_id)
    )
    return {firm_id: first for firm_id, first in rows if first is not None}
