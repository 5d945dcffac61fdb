"""Reads of the room: lists with their numbers, firms by how they stand to a list or a chain, one firm's lists and links."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from crm.accounts.models import User
from crm.accounts.scope import organisations_of, sees_all
from crm.firms.loaders import visible_firms
from crm.firms.models import Firm
from crm.kernel.db import db
from crm.kernel.errors import NotFoundError
from crm.lists.models import ChainLink, ChainStanding, CultivationChain, FirmList, ListMember, Screened, Screening
from crm.lists.rules import chains_in_use, lists_in_use
from crm.lists.screening import NOBODY_KNOWS, last_run, not_a_member
from crm.lists.words import CANDIDATES, FAILING, MEMBERS, OPEN, PASSED, PAST, UNDECIDED, UNKNOWN
from crm.park.models import Verdict

FEW = 2000
LETTERS = {PASSED: "2", UNKNOWN: "1", OPEN: "0"}


def load_list(list_id: int) -> FirmList:
    """Raises NotFoundError (404)."""
    found = db.session.get(FirmList, list_id)
    if found is None:
        raise NotFoundError(_("没有这份名单。"))
    return found


def load_chain(chain_id: int) -> CultivationChain:
    """With its links. Raises NotFoundError (404)."""
    found = db.session.get(CultivationChain, chain_id, options=[selectinload(CultivationChain.links)])
    if found is None:
        raise NotFoundError(_("没有这条培育链。"))
    return found


def load_link(link_id: int) -> ChainLink:
    """Raises NotFoundError (404)."""
    found = db.session.get(ChainLink, link_id)
    if found is None:
        raise NotFoundError(_("没有这一环。"))
    return found


# --- the numbers of lists ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ListRow:
    """A list with what a person may see of it. What the screening counts is None before the first one, or without a rule."""

    firm_list: FirmList
    members: int
    candidates: int | None
    undecided: int | None
    failing: int | None


def list_rows(user: User, run: Screening | None, only: FirmList | None = None) -> list[ListRow]:
    """Of all lists in use, or of one."""
    members = member_counts(user, only)
    found = _counted(user, run, "lists")
    rows = []
    for each in [only] if only is not None else lists_in_use():
        counts: Counter[str] = Counter()
        for of_place in found:
            counts.update(of_place.get(str(each.id), {}))
        judged = run is not None and each.rule is not None
        rows.append(
            ListRow(
                each,
                members.get(each.id, 0),
                counts["met"] if judged else None,
                counts["unknown"] if judged else None,
                counts["member_not_met"] if judged else None,
            )
        )
    return rows


def member_counts(user: User, only: FirmList | None = None) -> dict[int, int]:
    """How many of the firms the user may see are on each list today."""
    statement = select(ListMember.list_id, func.count()).where(ListMember.until.is_(None)).group_by(ListMember.list_id)
    if only is not None:
        statement = statement.where(ListMember.list_id == only.id)
    if not sees_all(user):
        statement = statement.join(Firm, Firm.id == ListMember.firm_id).where(visible_firms(user))
    return {list_id: members for list_id, members in db.session.execute(statement)}  # noqa: C416  rows are no pairs to the type checker


def _counted(user: User, run: Screening | None, what: str) -> list[dict[str, Any]]:
    """What the run counted, of each organisation under the user."""
    if run is None:
        return []
    counts = run.counts.get(what, {})
    return [counts[key] for each in organisations_of(user) if (key := str(each.id)) in counts]


# --- conditions on firms ---------------------------------------------------------------------------------------------


def on_list(firm_list: FirmList, on: date | None = None) -> ColumnElement[bool]:
    """The condition on `Firm` that it is on the list: now, or on a day."""
    wanted = [ListMember.list_id == firm_list.id]
    if on is None:
        wanted.append(ListMember.until.is_(None))
    else:
        wanted += [ListMember.since <= on, or_(ListMember.until.is_(None), ListMember.until > on)]
    return _among(select(ListMember.firm_id).where(*wanted), exists().where(ListMember.firm_id == Firm.id, *wanted))


def standing_to_list(firm_list: FirmList, shown: str, on: date | None = None) -> ColumnElement[bool]:
    """The condition on `Firm` for one of the tabs of a list's page (see words.SHOWN)."""
    if shown == MEMBERS:
        return on_list(firm_list, on)
    if shown == PAST:
        gone = [ListMember.list_id == firm_list.id, ListMember.until.is_not(None)]
        return _among(select(ListMember.firm_id).where(*gone), exists().where(ListMember.firm_id == Firm.id, *gone))
    verdict = {CANDIDATES: Verdict.MET, UNDECIDED: Verdict.UNKNOWN, FAILING: Verdict.NOT_MET}[shown]
    wanted = [Screened.list_id == firm_list.id, Screened.verdict == verdict]
    wanted.append(~not_a_member() if shown == FAILING else not_a_member())
    return _among(select(Screened.firm_id).where(*wanted), exists().where(Screened.firm_id == Firm.id, *wanted))


def _among(found: Any, met_on_the_way: ColumnElement[bool]) -> ColumnElement[bool]:
    """Few firms are looked up and put in order, many are met on the way through the list in its order."""
    few = db.session.scalars(found.limit(FEW + 1)).all()
    return Firm.id.in_(few) if len(few) <= FEW else met_on_the_way


def at_chain(chain_id: int, fits: Sequence[str]) -> ColumnElement[bool]:
    """The condition on `Firm` that it stands in one of these ways along the chain."""
    if not fits:
        return false()
    wanted = [ChainStanding.chain_id == chain_id, ChainStanding.links.in_(fits)]
    return _among(
        select(ChainStanding.firm_id).where(*wanted), exists().where(ChainStanding.firm_id == Firm.id, *wanted)
    )


# --- members -----------------------------------------------------------------------------------------------------------


def members_of(user: User, firm_list: FirmList, on: date | None = None, *, past: bool = False) -> list[ListMember]:
    """All memberships in the user's scope, for a workbook: now, on a day, or those that ended."""
    statement = (
        select(ListMember)
        .join(Firm, Firm.id == ListMember.firm_id)
        .where(ListMember.list_id == firm_list.id, visible_firms(user))
        .options(joinedload(ListMember.firm).joinedload(Firm.organisation), joinedload(ListMember.by))
        .order_by(Firm.sort_key, Firm.id, ListMember.since)
    )
    if past:
        statement = statement.where(ListMember.until.is_not(None))
    elif on is None:
        statement = statement.where(ListMember.until.is_(None))
    else:
        statement = statement.where(
            and_(ListMember.since <= on, or_(ListMember.until.is_(None), ListMember.until > on))
        )
    return list(db.session.scalars(statement))


def memberships(firm_list: FirmList, firm_ids: Iterable[int]) -> dict[int, list[ListMember]]:
    """The memberships of some firms in one list, oldest first, by firm."""
    found: dict[int, list[ListMember]] = {}
    statement = (
        select(ListMember)
        .where(ListMember.list_id == firm_list.id, ListMember.firm_id.in_(list(firm_ids)))
        .order_by(ListMember.since, ListMember.id)
    )
    for member in db.session.scalars(statement):
        found.setdefault(member.firm_id, []).append(member)
    return found


def memberships_of_firm(firm_id: int) -> list[ListMember]:
    """Every list the firm is or was on, newest first."""
    statement = (
        select(ListMember)
        .where(ListMember.firm_id == firm_id)
        .options(joinedload(ListMember.firm_list), joinedload(ListMember.by))
        .order_by(ListMember.since.desc(), ListMember.id.desc())
    )
    return list(db.session.scalars(statement))


def firms_by_id(user: User, firm_ids: Sequence[int]) -> list[Firm]:
    """Those of the firms that the user may see, in the order of their names."""
    statement = select(Firm).where(Firm.id.in_(firm_ids), visible_firms(user)).options(joinedload(Firm.organisation))
    return list(db.session.scalars(statement.order_by(Firm.sort_key, Firm.id)))


# --- chains --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LinkRow:
    """One link: firms that have passed it, have not, of which nobody knows, and for which it is the furthest they came."""

    link: ChainLink
    passed: int
    open: int
    unknown: int
    here: int


@dataclass(frozen=True)
class ChainRow:
    """A chain with its links. `none`: no link passed yet; `outside`: nobody knows whether it is for them."""

    chain: CultivationChain
    firms: int
    links: list[LinkRow]
    none: int
    outside: int


def chain_rows(user: User, run: Screening | None) -> list[ChainRow]:
    found = _counted(user, run, "chains")
    rows = []
    for chain in chains_in_use():
        stands: Counter[str] = Counter()
        for of_place in found:
            stands.update(of_place.get(str(chain.id), {}))
        outside = stands.pop(NOBODY_KNOWS, 0)
        size = len(chain.links)
        known = {letters: firms for letters, firms in stands.items() if len(letters) == size}
        rows.append(
            ChainRow(
                chain,
                sum(known.values()),
                [_link_row(link, place, known) for place, link in enumerate(chain.links)],
                sum(firms for letters, firms in known.items() if furthest(letters) == 0),
                outside,
            )
        )
    return rows


def _link_row(link: ChainLink, place: int, known: dict[str, int]) -> LinkRow:
    by_letter = Counter[str]()
    for letters, firms in known.items():
        by_letter[letters[place]] += firms
    here = sum(firms for letters, firms in known.items() if furthest(letters) == place + 1)
    return LinkRow(link, by_letter["2"], by_letter["0"], by_letter["1"], here)


def furthest(letters: str) -> int:
    """How many links up to the furthest one passed."""
    return letters.rfind("2") + 1


def ways_along(chain_id: int) -> set[str]:
    """In which ways firms stand along the chain, by the last screening."""
    run = last_run()
    if run is None:
        return set()
    return {letters for place in run.counts.get("chains", {}).values() for letters in place.get(str(chain_id), {})}


@dataclass(frozen=True)
class MonthPoint:
    """How many firms had not passed a link by a day: surely, and those of which nobody knows."""

    on: date
    open: int
    unknown: int


def months_of(user: User, run: Screening, chain: CultivationChain, place: int) -> list[MonthPoint]:
    """The link at the ends of the last months, of the firms the chain is for today; empty where dates do not tell."""
    days = [date.fromisoformat(day) for day in run.counts.get("days", [])]
    totals = [[0, 0] for _day in days]
    for of_place in _counted(user, run, "months"):
        for number, links in enumerate(of_place.get(str(chain.id), [])):
            if place < len(links):
                totals[number] = [one + other for one, other in zip(totals[number], links[place], strict=True)]
    if not any(map(any, totals)):
        return []
    return [MonthPoint(day, *numbers) for day, numbers in zip(days, totals, strict=True)]
