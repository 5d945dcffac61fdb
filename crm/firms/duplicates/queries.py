"""Pairs of firms that may be one and the same, each with the reasons why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import combinations
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from crm.accounts.models import User
from crm.firms.duplicates.cores import name_core, trades_of
from crm.firms.duplicates.models import DistinctFirms, FirmMerge
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm, FirmName
from crm.firms.naming import without_legal_form
from crm.kernel.db import db
from crm.web.paging import PAGE_SIZE

MOST = 200  # pairs shown: who has merged those sees the next
HINTS = 3  # firms named beside a new one
CROWD = 6  # so many firms of one core are no duplicates but a common word
BODY = (9, 9)  # of a credit code: the organisation's own number, GB 32100-2015


class Reason(IntEnum):
    """Why two firms may be one, the surest first."""

    SAME_BODY = 1  # the organisation's own number within two credit codes
    SAME_REGISTRATION_NUMBER = 2
    SAME_NAME = 3
    FORMER_NAME = 4  # one is called what the other was called
    SHORT_NAME = 5  # one is called what the other is called for short
    SAME_CORE = 6  # the distinctive words of the names


@dataclass
class Pair:
    """Two firms, the one with more of a record to keep first where that is plain: who has a credit code."""

    first: Firm
    second: Firm
    reasons: list[Reason] = field(default_factory=list)

    @property
    def both_coded(self) -> bool:
        """Whether both have a credit code: then they are two in law, unless one was mistyped."""
        return self.first.credit_code is not None and self.second.credit_code is not None


def pairs_for(user: User) -> list[Pair]:
    """The pairs within the user's scope, the surest first; at most MOST."""
    told_apart = _told_apart()
    found: dict[tuple[int, int], set[Reason]] = defaultdict(set)
    for reason, ids in (
        (Reason.SAME_BODY, _same_body(user)),
        (Reason.SAME_REGISTRATION_NUMBER, _same_registration_number()),
        (Reason.FORMER_NAME, _former_name()),
        (Reason.SHORT_NAME, _short_name(user)),
        (Reason.SAME_CORE, _same_core(user, told_apart)),
    ):
        for pair in map(_ordered, ids):
            if pair not in told_apart:
                found[pair].add(reason)
    return _shown(user, found)[:MOST]


def resembling(user: User, firm: Firm) -> Sequence[Firm]:
    """The few firms of the user's scope whose names, short ones too, say the same as this one's, for a hint beside it."""
    cores = {name_core(name) for name in (firm.name, firm.short_name) if name} - {""}
    same = Firm.name_core.in_(cores) if cores else Firm.name == firm.name
    called = {firm.name, without_legal_form(firm.name), firm.short_name} - {None}
    by_core, by_name = (
        db.session.scalars(
            select(Firm)
            .where(condition, Firm.id != firm.id, visible_firms(user))
            .order_by(Firm.sort_key, Firm.id)
            .limit(HINTS)
        ).all()
        for condition in (same, Firm.short_name.in_(called))
    )
    return list(dict.fromkeys((*by_name, *by_core)))[:HINTS]


def merges_for(user: User, page: int) -> Sequence[FirmMerge]:
    """The merges of firms in the user's scope, the newest first."""
    return db.session.scalars(
        select(FirmMerge)
        .join(Firm, Firm.id == FirmMerge.kept_id)
        .where(visible_firms(user))
        .options(joinedload(FirmMerge.kept), joinedload(FirmMerge.actor), joinedload(FirmMerge.undone_by))
        .order_by(FirmMerge.id.desc())
        .limit(PAGE_SIZE + 1)
        .offset((page - 1) * PAGE_SIZE)
    ).all()


def _ordered(ids: tuple[int, int]) -> tuple[int, int]:
    return min(ids), max(ids)


def _shown(user: User, found: dict[tuple[int, int], set[Reason]]) -> list[Pair]:
    loaded = _load(user, {firm_id for pair in found for firm_id in pair})
    pairs = []
    for key, reasons in found.items():
        if not all(firm_id in loaded for firm_id in key):
            continue
        one, other = (loaded[firm_id] for firm_id in key)
        if Reason.SAME_CORE in reasons and one.name == other.name:
            reasons = reasons - {Reason.SAME_CORE} | {Reason.SAME_NAME}
        first, second = sorted((one, other), key=lambda firm: (firm.credit_code is None, firm.id))
        pairs.append(Pair(first, second, sorted(reasons)))
    return sorted(pairs, key=lambda pair: (pair.both_coded, pair.reasons, pair.first.sort_key, pair.first.id))


def _told_apart() -> set[tuple[int, int]]:
    rows = db.session.execute(select(DistinctFirms.first_id, DistinctFirms.second_id))
    return {(first, second) for first, second in rows}


def _load(user: User, ids: Iterable[int]) -> dict[int, Firm]:
    firms = db.session.scalars(
        select(Firm)
        .where(Firm.id.in_(list(ids)), visible_firms(user))
        .options(joinedload(Firm.organisation), joinedload(Firm.officer), selectinload(Firm.former_names))
    )
    return {firm.id: firm for firm in firms}


def _same_body(user: User) -> list[tuple[int, int]]:
    body = func.substr(Firm.credit_code, *BODY)
    coded = (Firm.credit_code.is_not(None), visible_firms(user))
    bodies = db.session.scalars(select(body).where(*coded).group_by(body).having(func.count() > 1)).all()
    return _pairs_of(select(body, Firm.id).where(body.in_(bodies), *coded)) if bodies else []


def _same_registration_number() -> list[tuple[int, int]]:
    number = Firm.registration_number
    doubled = select(number).where(number.is_not(None)).group_by(number).having(func.count() > 1)
    numbers = db.session.scalars(doubled).all()
    return _pairs_of(select(number, Firm.id).where(number.in_(numbers))) if numbers else []


def _former_name() -> list[tuple[int, int]]:
    """In two steps: of the firms, only those are looked up that are called what another was called."""
    called = defaultdict(list)
    for firm_id, name in db.session.execute(select(Firm.id, Firm.name).where(Firm.name.in_(select(FirmName.name)))):
        called[name].append(firm_id)
    former = select(FirmName.firm_id, FirmName.name).where(FirmName.name.in_(called))
    rows = db.session.execute(former).all() if called else []
    return [(firm_id, other) for firm_id, name in rows for other in called[name] if other != firm_id]


def _short_name(user: User) -> list[tuple[int, int]]:
    """Firms without a credit code that were written down by the short name of another."""
    uncoded = select(Firm.name).where(Firm.credit_code.is_(None), visible_firms(user))
    known = select(Firm.short_name, Firm.id).where(Firm.short_name.in_(uncoded), visible_firms(user))
    others = defaultdict(list)
    for short_name, firm_id in db.session.execute(known):
        others[short_name].append(firm_id)
    named = select(Firm.id, Firm.name).where(Firm.name.in_(others), Firm.credit_code.is_(None), visible_firms(user))
    rows = db.session.execute(named).all() if others else []
    return [
        (firm_id, other)
        for firm_id, name in rows
        for other in others[name]
        if other != firm_id and len(others[name]) < CROWD
    ]


def _same_core(user: User, told_apart: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """Firms of like words, one of which has no credit code: two codes are two firms in law.

    Read on until there are enough: of firms of different trades like words tell nothing, and some were told apart.
    """
    found: list[tuple[int, int]] = []
    last = ""
    while len(found) < MOST:
        # Most firms have a code: only the words of those without one are looked for among the others.
        uncoded = aliased(Firm)
        words = select(uncoded.name_core).where(uncoded.credit_code.is_(None), uncoded.name_core > last)
        shared = (
            select(Firm.name_core)
            .where(Firm.name_core.in_(words), visible_firms(user))
            .group_by(Firm.name_core)
            .having(func.count().between(2, CROWD), func.count() > func.count(Firm.credit_code))
            .order_by(Firm.name_core)
            .limit(MOST)
        )
        cores = db.session.scalars(shared).all()
        if not cores:
            break
        last = cores[-1] or ""
        columns = (Firm.name_core, Firm.id, Firm.name, Firm.credit_code)
        groups: dict[str | None, list[Any]] = defaultdict(list)
        for row in db.session.execute(select(*columns).where(Firm.name_core.in_(cores), visible_firms(user))):
            groups[row.name_core].append(row)
        found += [
            (one.id, other.id)
            for group in groups.values()
            for one, other in combinations(group, 2)
            if None in (one.credit_code, other.credit_code)
            and _of_one_trade(one.name, other.name)
            and _ordered((one.id, other.id)) not in told_apart
        ]
    return found


def _of_one_trade(one: str, other: str) -> bool:
    trades = trades_of(one), trades_of(other)
    return not all(trades) or bool(trades[0] & trades[1])


def _pairs_of(statement: Any) -> list[tuple[int, int]]:
    """Pairs of firms (rows of what they share, id) that share it; a crowd shares nothing that tells."""
    groups: dict[str, list[int]] = defaultdict(list)
    for shared, firm_id in db.session.execute(statement):
        groups[shared].append(firm_id)
    return [pair for ids in groups.values() if len(ids) <= CROWD for pair in combinations(ids, 2)]
