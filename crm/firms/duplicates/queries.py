"""Pairs of firms that may be one and the same, each with the reasons why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import combinations
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from crm.accounts.models import User
from crm.firms.duplicates.cores import trades_of
from crm.firms.duplicates.models import DistinctFirms, FirmMerge
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm, FirmName
from crm.kernel.db import db
from crm.web.paging import PAGE_SIZE

MOST = 200  # pairs shown: who has merged those sees the next
CROWD = 6  # so many firms of one core are no duplicates but a common word
BODY = (9, 9)  # of a credit code: the organisation's own number, GB 32100-2015


class Reason(IntEnum):
    """Why two firms may be one, the surest first."""

    SAME_BODY = 1  # the organisation's own number within two credit codes
    SAME_REGISTRATION_NUMBER = 2
    SAME_NAME = 3
    FORMER_NAME = 4  # one is called what the other was called
    SAME_CORE = 5  # the distinctive words of the names


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
    found: dict[tuple[int, int], set[Reason]] = defaultdict(set)
    for reason, ids in (
        (Reason.SAME_BODY, _same_body(user)),
        (Reason.SAME_REGISTRATION_NUMBER, _same_registration_number(user)),
        (Reason.FORMER_NAME, _former_name(user)),
        (Reason.SAME_CORE, _same_core(user)),
    ):
        for one, other in ids:
            found[min(one, other), max(one, other)].add(reason)
    return _shown(user, found)[:MOST]


def resembling(user: User, firm: Firm) -> Sequence[Firm]:
    """The few firms of the user's scope whose names say the same as this one's, for a hint beside it."""
    same = Firm.name_core == firm.name_core if firm.name_core else Firm.name == firm.name
    others = select(Firm).where(same, Firm.id != firm.id, visible_firms(user))
    return db.session.scalars(others.order_by(Firm.sort_key, Firm.id).limit(3)).all()


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


def _shown(user: User, found: dict[tuple[int, int], set[Reason]]) -> list[Pair]:
    told_apart = _told_apart(found)
    ids = {firm_id for pair in found if pair not in told_apart for firm_id in pair}
    loaded = _load(user, ids)
    pairs = []
    for key, reasons in found.items():
        if key in told_apart or not all(firm_id in loaded for firm_id in key):
            continue
        one, other = (loaded[firm_id] for firm_id in key)
        reasons = _kept(one, other, reasons)
        if reasons:
            first, second = sorted((one, other), key=lambda firm: (firm.credit_code is None, firm.id))
            pairs.append(Pair(first, second, sorted(reasons)))
    return sorted(pairs, key=lambda pair: (pair.both_coded, pair.reasons, pair.first.sort_key, pair.first.id))


def _kept(one: Firm, other: Firm, reasons: set[Reason]) -> set[Reason]:
    """Like words alone tell nothing of two firms of different trades."""
    if Reason.SAME_CORE in reasons:
        reasons = reasons - {Reason.SAME_CORE}
        if one.name == other.name:
            reasons |= {Reason.SAME_NAME}
        elif not (trades_of(one.name) and trades_of(other.name)) or trades_of(one.name) & trades_of(other.name):
            reasons |= {Reason.SAME_CORE}
    return reasons


def _told_apart(found: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    firsts = {first for first, _second in found}
    rows = db.session.execute(
        select(DistinctFirms.first_id, DistinctFirms.second_id).where(DistinctFirms.first_id.in_(firsts))
    )
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
    bodies = (
        select(body).where(Firm.credit_code.is_not(None), visible_firms(user)).group_by(body).having(func.count() > 1)
    )
    return _pairs_of(select(body, Firm.id).where(body.in_(bodies), visible_firms(user)))


def _same_registration_number(user: User) -> list[tuple[int, int]]:
    number = Firm.registration_number
    doubled = select(number).where(number.is_not(None), visible_firms(user)).group_by(number).having(func.count() > 1)
    return _pairs_of(select(number, Firm.id).where(number.in_(doubled), visible_firms(user)))


def _former_name(user: User) -> list[tuple[int, int]]:
    other = aliased(Firm)
    rows = db.session.execute(
        select(FirmName.firm_id, other.id)
        .join(other, and_(other.name == FirmName.name, other.id != FirmName.firm_id))
        .join(Firm, Firm.id == FirmName.firm_id)
        .where(visible_firms(user))
        .order_by(FirmName.firm_id, other.id)
        .limit(MOST)
    )
    return [(one, two) for one, two in rows]


def _same_core(user: User) -> list[tuple[int, int]]:
    """Firms of like words, one of which has no credit code: two codes are two firms in law."""
    shared = (
        select(Firm.name_core)
        .where(Firm.name_core > "", visible_firms(user))
        .group_by(Firm.name_core)
        .having(func.count().between(2, CROWD), func.count() > func.count(Firm.credit_code))
        .order_by(Firm.name_core)
        .limit(MOST)
    )
    cores = db.session.scalars(shared).all()
    firms = select(Firm.name_core, Firm.id, Firm.credit_code.is_(None)).where(Firm.name_core.in_(cores))
    groups: dict[str | None, list[tuple[int, bool]]] = defaultdict(list)
    for core, firm_id, uncoded in db.session.execute(firms.where(visible_firms(user)).order_by(Firm.id)):
        groups[core].append((firm_id, uncoded))
    return [
        (one, other)
        for group in groups.values()
        for (one, first), (other, second) in combinations(group, 2)
        if first or second
    ]


def _pairs_of(statement: Any) -> list[tuple[int, int]]:
    """Pairs of firms (rows of what they share, id) that share it; a crowd shares nothing that tells."""
    groups: dict[str, list[int]] = defaultdict(list)
    for shared, firm_id in db.session.execute(statement.order_by(Firm.id)):
        groups[shared].append(firm_id)
    return [pair for ids in groups.values() if len(ids) <= CROWD for pair in combinations(ids, 2)]
