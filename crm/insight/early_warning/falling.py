"""Firms that hold a title and, on their own trend, will no longer meet its criteria about R&D next year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, Float, cast, exists, select, type_coerce
from sqlalchemy.orm import aliased

from crm.editions.library import edition_in_force
from crm.firms.figures.models import YearlyFigures
from crm.firms.models import Firm, FirmStatus
from crm.insight.early_warning.finding import Found, both, weight
from crm.insight.models import WarningKind
from crm.kernel.db import db
from crm.ladder.facts import facts_of_many
from crm.ladder.models import Credential, Purpose, Rung
from crm.ladder.queries import is_held
from crm.park.columns import park_columns
from crm.policy import Columns, Edition, Facts, FactsError, NoEdition, ParkResult, evaluate_columns
from crm.policy.answers.assess import CriterionResult
from crm.policy.foresight.projection import WINDOW, Forecast, Shift, forecast, next_year
from crm.policy.text import interval, plain, quantity

WATCHED = (Rung.TECH_SME, Rung.HTE, Rung.SRDI, Rung.LITTLE_GIANT)
TREND = ("revenue", "rd", "rd_domestic")  # drawn on for the whole park
PART = 10_000  # firms looked at together
AT_MOST = 500  # firms judged exactly a run, those of the lowest intensity first
TOGETHER = 100  # whose facts are held at once
NOT_MET, MET = 0, 2  # as the park's reading codes them
Place = tuple[Rung, str | None]


@dataclass
class Falling:
    """The warnings, and how many firms that seem to cross the line were not judged for want of time."""

    found: list[Found] = field(default_factory=list)
    unjudged: int = 0


def figures_falling(on: date) -> Falling:
    """Which firms' criteria about R&D turn: found by the park's reading of a drawn out trend, then judged exactly."""
    editions, falling, crossing = _Editions(on), _candidates(on), set[int]()
    for start in range(0, len(falling), PART):
        crossing |= _crossing(falling[start : start + PART], editions)
    ids = [firm_id for firm_id in falling if firm_id in crossing]
    result = Falling(unjudged=max(0, len(ids) - AT_MOST))
    for start in range(0, min(len(ids), AT_MOST), TOGETHER):
        result.found += _judged(ids[start : min(start + TOGETHER, AT_MOST)], editions)
    return result


def _candidates(on: date) -> list[int]:
    """Holders whose R&D took a smaller share of revenue in the last year known than in the year before, the least share first."""
    last, before, newer = aliased(YearlyFigures), aliased(YearlyFigures), aliased(YearlyFigures)

    def known(year: Any) -> Any:
        return year.rd.is_not(None) & (type_coerce(year.revenue, BigInteger) > 0)

    def intensity(year: Any) -> Any:
        return cast(type_coerce(year.rd, BigInteger), Float) / cast(type_coerce(year.revenue, BigInteger), Float)

    holders = select(Credential.firm_id).where(is_held(on), Credential.rung.in_(WATCHED))
    statement = (
        select(last.firm_id)
        .join(before, (before.firm_id == last.firm_id) & (before.year == last.year - 1))
        .join(Firm, Firm.id == last.firm_id)
        .where(
            last.firm_id.in_(holders),
            last.year.between(on.year - 2, on.year),
            known(last),
            known(before),
            ~exists().where(newer.firm_id == last.firm_id, newer.year > last.year, newer.year <= on.year, known(newer)),
            intensity(last) < intensity(before),
            Firm.status == FirmStatus.ACTIVE,
        )
        .order_by(intensity(last), last.firm_id)
    )
    return list(db.session.scalars(statement))


def _crossing(firm_ids: Sequence[int], editions: _Editions) -> set[int]:
    """Those of the firms of which a criterion is met today and seems not to be a year on."""
    on, some = editions.on, Firm.id.in_(firm_ids)
    columns, ids = park_columns(some, on)
    later = _drawn_out(columns, on)
    row = {firm_id: place for place, firm_id in enumerate(ids)}
    rows: dict[Place, list[int]] = defaultdict(list)
    for place, firm_id in _held(some, on):
        rows[place].append(row[firm_id])
    # What a float may round is not drawn out.
    crossing = {ids[place] for place in np.flatnonzero(columns.fragile)}
    results: dict[tuple[str, date], ParkResult] = {}
    for place, here in rows.items():
        if (pair := editions.pair(*place)) is None:
            continue
        _purpose, edition = pair
        for facts, day in ((columns, on), (later, next_year(on))):
            if (edition.id, day) not in results:
                results[edition.id, day] = evaluate_columns(edition, facts, day)
        today, then = (results[edition.id, day].clauses for day in (on, next_year(on)))
        turned = np.zeros(columns.size, bool)
        for name in today:
            turned |= (today[name] == MET) & (then[name] == NOT_MET)
        crossing |= {ids[place] for place in here if turned[place]}
    return crossing


def _held(firms: ColumnElement[bool], on: date) -> Iterator[tuple[Place, int]]:
    """The titles that firms (a condition on `Firm`) hold, with the division by whose criteria each is judged."""
    statement = (
        select(Credential.firm_id, Credential.rung, Firm.division_code)
        .join(Firm, Firm.id == Credential.firm_id)
        .where(firms, Credential.rung.in_(WATCHED), is_held(on))
        .distinct()
    )
    for firm_id, rung, division in db.session.execute(statement):
        yield (rung, division), firm_id


def _drawn_out(columns: Columns, on: date) -> Columns:
    """The park with the figures of the day's year by the trend of the years before, as `projection.project` draws it, unrounded."""
    year, figures = on.year, dict(columns.figures)
    years = np.arange(year - WINDOW, year, dtype=float)[:, None]
    unknown = np.full(columns.size, np.nan)
    for key in TREND:
        values = np.array([figures.get((key, each), unknown) for each in range(year - WINDOW, year)])
        known = ~np.isnan(values)
        count = known.sum(axis=0)
        with np.errstate(all="ignore"):
            middle = (years * known).sum(axis=0) / count
            mean = np.where(known, values, 0).sum(axis=0) / count
            away = (years - middle) * known
            slope = (away * np.where(known, values - mean, 0)).sum(axis=0) / (away**2).sum(axis=0)
            drawn = np.maximum(mean + slope * (year - middle), 0)
        there = figures.get((key, year), unknown)
        figures[key, year] = np.where(np.isnan(there), np.where(count >= 2, drawn, np.nan), there)
    # What is known today is known then: a trend says nothing of statements that grow old.
    known = {name: np.where(last >= on.toordinal(), np.inf, -np.inf) for name, last in columns.known_until.items()}
    return replace(columns, figures=figures, known_until=known, values={})


class _Editions:
    """The criteria a title's holder is judged by, found once a run: those of the coming year, under which `forecast` compares."""

    def __init__(self, on: date) -> None:
        self.on = on
        self.known: dict[Place, tuple[Purpose, Edition] | None] = {}

    def pair(self, rung: Rung, division: str | None) -> tuple[Purpose, Edition] | None:
        """Those for the review of a title; where there is none, those it is won by anew."""
        if (rung, division) not in self.known:
            found = (self._of(rung, purpose, division) for purpose in (Purpose.REVIEW, Purpose.NEW))
            self.known[rung, division] = next(filter(None, found), None)
        return self.known[rung, division]

    def _of(self, rung: Rung, purpose: Purpose, division: str | None) -> tuple[Purpose, Edition] | None:
        try:
            return purpose, edition_in_force(rung.value, next_year(self.on), purpose.value, division)
        except NoEdition:
            return None


def _judged(firm_ids: Sequence[int], editions: _Editions) -> Iterator[Found]:
    on = editions.on
    firms = {firm.id: firm for firm in db.session.scalars(select(Firm).where(Firm.id.in_(firm_ids)))}
    documents = facts_of_many(list(firms.values()), on)
    for (rung, division), firm_id in list(_held(Firm.id.in_(firm_ids), on)):
        if (pair := editions.pair(rung, division)) is None:
            continue
        purpose, edition = pair
        try:
            facts = Facts.from_document(documents[firm_id].document)
        except FactsError:  # the firm's own pages say what is wrong with its record
            continue
        found = forecast(edition, edition, facts, on)
        failing = [shift for shift in found.failing if _reads_rd(shift)]
        if failing:
            kind = WarningKind.FIGURES_FALL
            values = {"purpose": purpose.value, **_values(found, facts, failing)}
            # The figures of this year decide.
            end = date(on.year, 12, 31)
            yield Found(firm_id, kind, rung.value, rung, end, weight(kind, rung, end), values)


def _reads_rd(shift: Shift) -> bool:
    return any(figure.path.endswith(".rd") for figure in shift.figures)


def _values(found: Forecast, facts: Facts, failing: Sequence[Shift]) -> dict[str, Any]:
    """The shares of R&D by year with the one projected, and the first clause that turns with its numbers."""
    first = failing[0]
    year, projected = found.projection.on.year, found.projection.facts
    known = [each for each in sorted(facts.years) if each < year and _intensity(facts, each) is not None][-WINDOW:]
    values: dict[str, Any] = {
        "years": [[each, _intensity(facts, each)] for each in known],
        "year": year,
        "projected": _intensity(projected, year),
        "clause": both(first.then.title),
        "others": len(failing) - 1,
    }
    numbers = [_number(first.now), _number(first.then)]
    if all(numbers) and first.then.threshold is not None:
        values |= {
            "now": numbers[0],
            "then": numbers[1],
            "operator": first.then.operator,
            "line": both(quantity(first.then.threshold, first.then.unit)),
        }
    if first.then.gap is not None:
        values["gap"] = both(first.then.gap.text)
    return values


def _intensity(facts: Facts, year: int) -> str | None:
    figures = facts.years.get(year, {})
    if "rd" not in figures or not figures.get("revenue"):
        return None
    return plain(figures["rd"] / figures["revenue"] * 100, 2) + "%"


def _number(result: CriterionResult) -> dict[str, str] | None:
    if result.value is None or isinstance(result.value, bool):
        return None
    low, high = result.value if isinstance(result.value, tuple) else (result.value, result.value)
    return both(interval(low, high, result.unit))
