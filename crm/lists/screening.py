"""The whole park judged by the rules of lists and chains, and kept: as the readiness is, by what the history names.

A new day, other rules or being asked judge everyone and count how the chains stood at the ends of the last months.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, cast

import numpy as np
from flask import Flask
from sqlalchemy import ColumnElement, Table, bindparam, delete, func, select

from crm.firms.duplicates.models import FirmMerge
from crm.firms.figures.models import YearlyFigures
from crm.firms.ip.models import IpRight
from crm.firms.models import Firm, FirmFact, FirmStatus
from crm.kernel import clock, jobs
from crm.kernel.bulk import insert_rows, raw_parts
from crm.kernel.db import db
from crm.ladder.models import Credential
from crm.lists.models import ChainStanding, CultivationChain, FirmList, ListMember, Screened, Screening
from crm.lists.rules import chains_in_use, fingerprint, lists_in_use, rule_of
from crm.park.changes import look, of_tables, parts
from crm.park.columns import park_columns, raw
from crm.policy import Columns, Edition, evaluate_columns
from crm.policy.answers.park import WORDS
from crm.registers.models import RegisterEntry
from crm.registers.resources.models import ResourceFirm

JOB = "screening"
FAILED = "screening-failed"
EVERY = timedelta(minutes=1)
KEPT = 100  # runs
WRITTEN = 1_000  # firms written at a time: a moment of SQLite's one write lock
MONTHS = 12
NOBODY_KNOWS = "?"  # whether the chain is for the firm
NOT_MET, UNKNOWN, MET = range(3)  # the codes of the park's reading
MATTERS = of_tables(
    (Firm, FirmFact, FirmMerge, YearlyFigures, IpRight, RegisterEntry, Credential, ResourceFirm, ListMember)
)
Progress = Callable[[int, int], None]  # firms done, of how many
Row = tuple[Any, ...]


def init_app(app: Flask) -> None:
    jobs.offer(app, JOB, jobs.Work(_run, _failed))
    jobs.offer_regular(app, JOB, EVERY, _screen)


# asking


def ask() -> None:
    """Have every firm judged anew in the background; one waiting job is enough."""
    if not is_asked():
        jobs.enqueue(JOB)


def is_asked() -> bool:
    return jobs.is_enqueued(JOB)


def has_failed() -> bool:
    """Whether the last one broke or was stopped: what is shown is older."""
    return jobs.progress_of(FAILED) is not None


def _screen(everything: bool = False, progress: Progress | None = None) -> None:
    try:
        screen(everything, progress)
    except Exception:
        jobs.note_progress(FAILED, 0, None)
        raise
    jobs.forget_progress(FAILED)


def _run() -> None:
    _screen(everything=True, progress=lambda done, total: jobs.note_progress(JOB, done, total))
    jobs.forget_progress(JOB)


def _failed(_error: Exception | None) -> None:
    jobs.forget_progress(JOB)
    jobs.note_progress(FAILED, 0, None)


# working


@dataclass
class _Rules:
    """The rules in use, read once a run."""

    lists: list[tuple[int, Edition]]
    chains: list[tuple[int, Edition | None, bool, list[Edition | None]]]  # id, whom for, whether for all, links
    hash: str

    @classmethod
    def now(cls) -> _Rules:
        lists, chains = lists_in_use(), chains_in_use()
        return cls(
            [(each.id, rule) for each in lists if (rule := rule_of(each))],
            [(c.id, rule_of(c), c.rule is None, [rule_of(link) for link in c.links]) for c in chains],
            fingerprint(lists, chains),
        )


@dataclass
class _Months:
    """How many firms of an organisation and chain had not passed each link at the ends of months, surely and perhaps."""

    days: list[date]
    # (organisation, chain) → day → link → [not passed, unknown]
    counts: dict[tuple[int, int], list[list[list[int]]]] = field(default_factory=dict)

    def add(self, place: tuple[int, int], day: int, link: int, open_: int, unknown: int) -> None:
        of_place = self.counts.setdefault(place, [[] for _day in self.days])
        while len(of_place[day]) <= link:
            of_place[day].append([0, 0])
        of_place[day][link][0] += open_
        of_place[day][link][1] += unknown


def last_run() -> Screening | None:
    return db.session.scalars(select(Screening).order_by(Screening.id.desc()).limit(1)).first()


def screen(everything: bool = False, progress: Progress | None = None) -> Screening | None:
    """Bring what the rules say up to date and commit; None where nothing had changed.

    For jobs and commands, with nothing pending in the session: each part is a transaction of its own.
    """
    with jobs.alone(JOB):
        on = clock.today()
        with db.reading():
            rules, last = _Rules.now(), last_run()
            before = last.counts if last else {}
            anew = everything or last is None or (last.on, last.rules) != (on, rules.hash)
            seen = look(last, MATTERS, anew)
            to_judge = list(parts(seen.firms)) if seen else []
        if seen is None:
            return None
        months = _Months(_month_ends(on)) if anew else None
        firms, total = 0, sum(size for size, _part in to_judge)
        for size, part in to_judge:
            with db.reading():
                found = _differences(part, on, rules, months)
            for table, fresh, stale in found:
                _write(table, fresh, stale)
            firms += size
            if progress:
                progress(firms, total)
        with db.reading():
            counts = _count(on)
        kept = {"days": before.get("days", []), "months": before.get("months", {})}
        if months is not None:
            kept = {"days": [day.isoformat() for day in months.days], "months": _by_organisation(months)}
        run = Screening(
            on=on,
            rules=rules.hash,
            change_id=seen.change_id,
            since_id=seen.since_id,
            changes=seen.changes,
            firms=firms,
            counts={**counts, **kept},
        )
        db.session.add(run)
        db.session.flush()
        db.session.execute(delete(Screening).where(Screening.id <= run.id - KEPT))
        db.session.commit()
        return run


def _month_ends(on: date) -> list[date]:
    """The last days of the months before, oldest first, and today."""
    days = [on]
    for _month in range(MONTHS):
        days.append(days[-1].replace(day=1) - timedelta(days=1))
    return days[::-1]


SCREENED = cast(Table, Screened.__table__)
STANDING = cast(Table, ChainStanding.__table__)


def _differences(
    part: ColumnElement[bool], on: date, rules: _Rules, months: _Months | None
) -> Iterator[tuple[Table, list[Row], list[Row]]]:
    columns, ids = park_columns(part, on)
    active = dict(
        db.session.execute(select(Firm.id, Firm.organisation_id).where(part, Firm.status == FirmStatus.ACTIVE)).all()
    )
    here = np.array([each in active for each in ids], bool)
    members = {(m.list_id, m.firm_id) for m in db.session.execute(_open_members(part))}
    judged = list(_judged_lists(columns, ids, here, on, rules, members))
    standing = []
    for chain in rules.chains:
        standing += list(_stand(columns, ids, here, on, chain))
        if months is not None:
            _look_back(columns, ids, here, on, chain, active, months)
    for table, now in ((SCREENED, set(judged)), (STANDING, set(standing))):
        stored = _stored(table, part)
        yield table, sorted(now - stored), sorted(stored - now)


def _open_members(part: ColumnElement[bool]) -> Any:
    wanted = select(Firm.id).where(part)
    return select(ListMember.list_id, ListMember.firm_id).where(
        ListMember.until.is_(None), ListMember.firm_id.in_(wanted)
    )


def _stored(table: Table, part: ColumnElement[bool]) -> set[Row]:
    statement = select(*map(raw, table.columns)).where(table.c.firm_id.in_(select(Firm.id).where(part)))
    return {tuple(row) for rows in raw_parts(db.session, statement) for row in rows}


def _judged_lists(
    columns: Columns, ids: list[int], here: Any, on: date, rules: _Rules, members: set[tuple[int, int]]
) -> Iterator[Row]:
    """Of each list: who meets its rule, who may, and the members who do not."""
    for list_id, rule in rules.lists:
        codes = evaluate_columns(rule, columns, on).codes
        for row in np.flatnonzero(codes >= UNKNOWN):
            if here[row] or (list_id, ids[row]) in members:
                yield (list_id, ids[row], str(WORDS[codes[row]]))
        for row in np.flatnonzero(codes == NOT_MET):
            if (list_id, ids[row]) in members:
                yield (list_id, ids[row], str(WORDS[NOT_MET]))


def _stand(columns: Columns, ids: list[int], here: Any, on: date, chain: Any) -> Iterator[Row]:
    chain_id, whom, for_all, links = chain
    if whom is None and not for_all:  # its rule can no longer be read
        return
    codes = [_codes(link, columns, on) for link in links]
    fits = np.full(len(ids), MET) if whom is None else evaluate_columns(whom, columns, on).codes
    for row in np.flatnonzero(here & (fits >= UNKNOWN)):
        letters = "".join(str(code[row]) for code in codes)
        if fits[row] == UNKNOWN:
            yield (chain_id, ids[row], NOBODY_KNOWS)
        elif not for_all or set(letters) != {str(UNKNOWN)}:
            yield (chain_id, ids[row], letters)


def _codes(rule: Edition | None, columns: Columns, on: date) -> Any:
    return np.full(columns.size, UNKNOWN) if rule is None else evaluate_columns(rule, columns, on).codes


def _look_back(
    columns: Columns, ids: list[int], here: Any, on: date, chain: Any, active: dict[int, int], months: _Months
) -> None:
    """How the firms that the chain is for today stood with each link at the ends of the last months, by what dates tell."""
    chain_id, whom, for_all, links = chain
    if for_all or whom is None:  # of everyone nobody knows who was inside what
        return
    rows = np.flatnonzero(here & (evaluate_columns(whom, columns, on).codes == MET))
    places = np.array([active[ids[row]] for row in rows], np.int64)
    for number, day in enumerate(months.days):
        for link, rule in enumerate(links):
            codes = _codes(rule, columns, day)[rows]
            for organisation_id in np.unique(places):
                mine = codes[places == organisation_id]
                place = (int(organisation_id), chain_id)
                months.add(place, number, link, int((mine == NOT_MET).sum()), int((mine == UNKNOWN).sum()))


def _by_organisation(months: _Months) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for (organisation_id, chain_id), days in months.counts.items():
        found.setdefault(str(organisation_id), {})[str(chain_id)] = days
    return found


# storing


def _write(table: Table, fresh: list[Row], stale: list[Row]) -> None:
    """Store the differences of one part, some at a time, each time with a commit, so that others write in between."""
    names = [column.name for column in table.columns]
    first = names[0]
    for start in range(0, len(stale), WRITTEN):
        same = (table.c[first] == bindparam("its_owner")) & (table.c.firm_id == bindparam("its_firm"))
        keys = [{"its_owner": row[0], "its_firm": row[1]} for row in stale[start : start + WRITTEN]]
        db.session.connection().execute(delete(table).where(same), keys)
        db.session.commit()
    for start in range(0, len(fresh), WRITTEN):
        some = fresh[start : start + WRITTEN]
        wanted = select(Firm.id).where(Firm.id.in_({row[1] for row in some}))
        there = set(db.session.scalars(wanted.with_for_update(read=True, key_share=True)))
        owners = set(db.session.scalars(select(FirmList.id if table is SCREENED else CultivationChain.id)))
        rows = [dict(zip(names, row, strict=True)) for row in some if row[1] in there and row[0] in owners]
        insert_rows(db.session, table, rows)
        db.session.commit()


# counting


def not_a_member() -> ColumnElement[bool]:
    """The condition on `Screened` that the firm is not on the list today."""
    on_it = select(ListMember.id).where(
        ListMember.list_id == Screened.list_id, ListMember.firm_id == Screened.firm_id, ListMember.until.is_(None)
    )
    return ~on_it.exists()


def _count(on: date) -> dict[str, Any]:
    """By organisation: candidates, undecided and failing members of each list, and how the firms of each chain stand."""
    lists: dict[str, dict[str, Counter[str]]] = {}
    free = not_a_member().label("free")
    statement = (
        select(Firm.organisation_id, Screened.list_id, Screened.verdict, free, func.count())
        .join(Firm, Firm.id == Screened.firm_id)
        .group_by(Firm.organisation_id, Screened.list_id, Screened.verdict, free)
    )
    for organisation_id, list_id, verdict, is_free, firms in db.session.execute(statement):
        name = verdict.value if is_free else f"member_{verdict.value}"
        lists.setdefault(str(organisation_id), {}).setdefault(str(list_id), Counter())[name] += firms
    chains: dict[str, dict[str, dict[str, int]]] = {}
    stands = (
        select(Firm.organisation_id, ChainStanding.chain_id, ChainStanding.links, func.count())
        .join(Firm, Firm.id == ChainStanding.firm_id)
        .group_by(Firm.organisation_id, ChainStanding.chain_id, ChainStanding.links)
    )
    for organisation_id, chain_id, links, firms in db.session.execute(stands):
        chains.setdefault(str(organisation_id), {}).setdefault(str(chain_id), {})[links] = firms
    return {"lists": lists, "chains": chains}
