"""Every firm's readiness for every rung, kept: judged anew where the history names a firm, a day begins or other editions hold.

Reading holds no lock, writing is short: a part of the park at a time, and only what differs.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any, cast

import numpy as np
from sqlalchemy import ColumnElement, Table, bindparam, delete, select

from crm.editions.library import edition_in_force, shelf
from crm.firms.duplicates.models import FirmMerge
from crm.firms.figures.models import YearlyFigures
from crm.firms.ip.models import IpRight
from crm.firms.models import Firm, FirmFact
from crm.kernel import clock, jobs
from crm.kernel.bulk import chunks, insert_rows, raw_parts
from crm.kernel.db import db
from crm.kernel.types import Exact
from crm.ladder.models import Case, Credential, Rung
from crm.park.changes import look, of_tables, parts
from crm.park.columns import park_columns, raw
from crm.park.counts import count_park
from crm.park.models import Readiness, ReadinessRun
from crm.policy import Edition, NoEdition, ParkResult, evaluate_columns
from crm.policy.answers.park import WORDS
from crm.registers.models import RegisterEntry

WRITTEN = 1_000  # firms written at a time: a moment of SQLite's one write lock
KEPT = 100  # runs
# What the readiness and its overview are made of: the tables whose changes matter.
MATTERS = of_tables((Firm, FirmFact, FirmMerge, YearlyFigures, IpRight, RegisterEntry, Credential, Case))
TABLE = cast(Table, Readiness.__table__)
COLUMNS = [column.name for column in TABLE.columns]
MILLION = 10**Exact.places
Row = tuple[Any, ...]  # in the order of COLUMNS, as the driver has it
Progress = Callable[[int, int], None]  # firms done, of how many


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did: how many firms it judged, how many rows it wrote or removed."""

    firms: int
    rows: int


def refresh(everything: bool = False, progress: Progress | None = None) -> Refreshed | None:
    """Bring the readiness up to date and commit; None where nothing had changed. `everything` judges every firm in any case.

    For jobs and commands, with nothing pending in the session: each part is a transaction of its own.
    """
    with jobs.alone("readiness"):
        on = clock.today()
        with db.reading():
            editions = _fingerprint(on)
            last = db.session.scalars(select(ReadinessRun).order_by(ReadinessRun.id.desc()).limit(1)).first()
            anew = everything or last is None or (last.on, last.editions) != (on, editions)
            seen = look(last, MATTERS, anew)
            to_judge = list(parts(seen.firms)) if seen else []
        if seen is None:
            return None
        judge, firms, rows = _Judge(on), 0, 0
        total = sum(size for size, _part in to_judge)
        for size, part in to_judge:
            with db.reading():
                fresh, stale = _differences(part, judge)
            rows += _write(fresh, stale)
            firms += size
            if progress:
                progress(firms, total)
        with db.reading():
            counts = count_park(on)
        run = ReadinessRun(
            on=on,
            editions=editions,
            change_id=seen.change_id,
            since_id=seen.since_id,
            changes=seen.changes,
            firms=firms,
            counts=counts,
        )
        db.session.add(run)
        db.session.flush()
        db.session.execute(delete(ReadinessRun).where(ReadinessRun.id <= run.id - KEPT))
        db.session.commit()
        return Refreshed(firms, rows)


def _fingerprint(on: date) -> str:
    """One hash of all editions that are in force for a new application, and of those that are refused."""
    here = shelf()
    known = [f"{e.id} {e.hash}" for e in here.editions if e.purpose == "new" and e.in_force(on)]
    return sha256("\n".join([*sorted(known), *(each.name for each in here.refused)]).encode()).hexdigest()


# judging


class _Judge:
    """Which edition is in force where, found once a refresh."""

    def __init__(self, on: date) -> None:
        self.on = on
        self.known: dict[tuple[Rung, str | None], Edition | None] = {}

    def edition(self, rung: Rung, division: str | None) -> Edition | None:
        if (rung, division) not in self.known:
            try:
                self.known[rung, division] = edition_in_force(rung.value, self.on, "new", division)
            except NoEdition:
                self.known[rung, division] = None
        return self.known[rung, division]


def _differences(part: ColumnElement[bool], judge: _Judge) -> tuple[list[Row], list[Row]]:
    """The rows of a part of the park that are not stored yet, and the stored ones that no longer hold."""
    now = set(_rows(part, judge))
    statement = select(*map(raw, TABLE.columns)).where(TABLE.c.firm_id.in_(select(Firm.id).where(part)))
    stored = {row for rows in raw_parts(db.session, statement) for row in rows}
    return sorted(now - stored, key=_key), sorted(stored - now, key=_key)


def _rows(part: ColumnElement[bool], judge: _Judge) -> Iterator[Row]:
    columns, ids = park_columns(part, judge.on)
    divisions = dict(db.session.execute(select(Firm.id, Firm.division_code).where(part)).all())
    of_firm = [divisions.get(firm_id) for firm_id in ids]
    for rung in Rung:
        editions = {division: judge.edition(rung, division) for division in set(of_firm)}
        for edition in {each.id: each for each in editions.values() if each}.values():
            here = np.array(
                [(each := editions[division]) is not None and each.id == edition.id for division in of_firm]
            )
            yield from _of_edition(rung, evaluate_columns(edition, columns, judge.on), np.flatnonzero(here), ids)


def _of_edition(rung: Rung, result: ParkResult, rows: Any, ids: list[int]) -> Iterator[Row]:
    columns = (
        result.verdicts[rows].tolist(),
        *(counts[rows].tolist() for counts in result.in_the_way()),
        *(_points(ends[rows]) for ends in (result.low, result.high)),
        _undecided(result, rows),
    )
    for row, *values in zip(rows.tolist(), *columns, strict=True):
        yield (ids[row], rung.value, result.edition.id, *values)


def _points(ends: Any) -> list[int | None]:
    known = np.isfinite(ends)
    whole = np.rint(np.where(known, ends, 0) * MILLION).astype(np.int64).tolist()
    return [number if there else None for number, there in zip(whole, known.tolist(), strict=True)]


def _undecided(result: ParkResult, rows: Any) -> list[str | None]:
    """The criteria nobody can judge yet, of firms whose verdict is unknown. Many firms share one set of them."""
    unknown = list(WORDS).index("unknown")
    names = list(result.clauses)
    open_ = np.array([result.clauses[name][rows] == unknown for name in names], bool).T.reshape(len(rows), len(names))
    open_ &= (result.codes[rows] == unknown)[:, None]
    sets, which = np.unique(open_, axis=0, return_inverse=True)
    texts = [" ".join(name for name, there in zip(names, each, strict=True) if there) or None for each in sets.tolist()]
    return [texts[index] for index in which.reshape(-1).tolist()]


# storing


def _write(fresh: list[Row], stale: list[Row]) -> int:
    """Store the differences of one part: some firms at a time, each time with a commit, so that others write in between."""
    for some in chunks(sorted({row[0] for row in (*fresh, *stale)}), WRITTEN):
        _write_some(*(_of_firms(rows, some[0], some[-1]) for rows in (fresh, stale)))
    return len({_key(row) for row in (*fresh, *stale)})


def _of_firms(rows: list[Row], first: int, last: int) -> list[Row]:
    """Those of sorted rows whose firms lie between the two."""
    return rows[bisect_left(rows, first, key=_firm_id) : bisect_right(rows, last, key=_firm_id)]


def _write_some(fresh: list[Row], stale: list[Row]) -> None:
    """Store the differences of some firms, and commit; firms deleted meanwhile are left out."""
    records = [_record(row) for row in fresh]  # before the transaction begins, so that it is short
    wanted = select(Firm.id).where(Firm.id.in_({row[0] for row in fresh}))
    there = set(db.session.scalars(wanted.with_for_update(read=True, key_share=True)))
    if stale:
        same = (TABLE.c.firm_id == bindparam("its_firm")) & (TABLE.c.rung == bindparam("its_rung"))
        keys = [dict(zip(("its_firm", "its_rung"), _key(row), strict=True)) for row in stale]
        db.session.connection().execute(delete(TABLE).where(same), keys)
    insert_rows(db.session, TABLE, [record for record in records if record["firm_id"] in there])
    db.session.commit()


def _firm_id(row: Row) -> int:
    firm_id: int = row[0]
    return firm_id


def _key(row: Row) -> tuple[int, str]:
    return row[0], row[1]


def _record(row: Row) -> dict[str, Any]:
    record = dict(zip(COLUMNS, row, strict=True))
    for name in ("score_low", "score_high"):
        if record[name] is not None:
            record[name] = Decimal(record[name]).scaleb(-Exact.places)
    return record
