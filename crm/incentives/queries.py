"""Reads of claims: the list with its filters and sums, a firm's own, the counts of a policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, select, type_coerce
from sqlalchemy.orm import joinedload, load_only

from crm.accounts.models import User
from crm.accounts.scope import organisations_of, sees_all
from crm.firms.models import Firm
from crm.firms.queries import active_filters
from crm.incentives.models import PAID_OUT, Claim, ClaimState, EntitlementRow, IncentiveCount, IncentiveRun
from crm.incentives.rules import incentives
from crm.kernel.db import db
from crm.kernel.types import Money
from crm.policy.answers.verdict import MET
from crm.web.paging import PAGE_SIZE, Page, page_of

MADE = (ClaimState.CLAIMED, ClaimState.APPROVED, ClaimState.REFUSED, *PAID_OUT)
GRANTED = (ClaimState.APPROVED, *PAID_OUT)
AT_MOST = 20_000  # lines in one workbook
# What a list shows of a claim: its arithmetic is long, and is read on its own page only.
SHOWN = (
    Claim.id, Claim.firm_id, Claim.incentive, Claim.year, Claim.cause, Claim.amount, Claim.state, Claim.claimed_on,
    Claim.decided_on, Claim.decided_amount, Claim.reason, Claim.paid_on, Claim.paid_amount, Claim.version,
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What the address of the list asks for; values as they are chosen, empty where none is."""

    conditions: Sequence[ColumnElement[bool]]
    of_firms: Sequence[ColumnElement[bool]]
    state: str
    incentive: str
    year: str
    officer: str
    organisation: str

    @property
    def narrowed(self) -> bool:
        return any((self.state, self.incentive, self.year, self.officer, self.organisation))


@dataclass(frozen=True)
class Sum:
    """The claims of one state: how many, and what they come to (yuan); of those paid in part also what is left to pay."""

    state: ClaimState
    number: int
    amount: Decimal | None
    left: Decimal | None = None


def asked(user: User, arguments: Mapping[str, str]) -> Asked:
    """Read the address: state, incentive, year, officer (mine), organisation. What means nothing is left out."""
    state = arguments.get("state", "")
    state = state if state in {each.value for each in ClaimState} else ""
    incentive = arguments.get("incentive", "")
    incentive = incentive if incentive in incentives() else ""
    year = arguments.get("year", "")
    year = year if year.isascii() and year.isdigit() and len(year) == 4 else ""
    officer = "mine" if arguments.get("officer") == "mine" else ""
    own: list[ColumnElement[bool]] = []
    if incentive:
        own.append(Claim.incentive == incentive)
    if year:
        own.append(Claim.year == int(year))
    of_firms, chips = active_filters(user, {"organisation": arguments.get("organisation", "")})
    if officer:
        of_firms.append(Firm.officer_id == user.id)
    organisation = arguments.get("organisation", "") if of_firms and chips else ""
    if not sees_all(user):
        of_firms.append(Firm.organisation_id.in_([each.id for each in organisations_of(user)]))
    return Asked(own, of_firms, state, incentive, year, officer, organisation)


def _narrow(statement: Select[Any], wanted: Asked, state: bool = True) -> Select[Any]:
    statement = statement.where(*wanted.conditions)
    if wanted.of_firms:  # an index leads from the firms of a scope to their claims
        statement = statement.where(Claim.firm_id.in_(select(Firm.id).where(*wanted.of_firms)))
    return statement.where(Claim.state == ClaimState(wanted.state)) if state and wanted.state else statement


def claims_page(wanted: Asked, number: int) -> Page[Claim]:
    """One page of claims, the newest first."""
    return page_of(claims(wanted, PAGE_SIZE + 1, (number - 1) * PAGE_SIZE), number)


def claims(wanted: Asked, limit: int = AT_MOST, offset: int = 0) -> list[Claim]:
    statement = _narrow(select(Claim), wanted).order_by(Claim.claimed_on.desc(), Claim.id.desc())
    shown = (load_only(*SHOWN), joinedload(Claim.firm).load_only(Firm.id, Firm.name, Firm.credit_code))
    return list(db.session.scalars(statement.options(*shown).limit(limit).offset(offset)))


def sums(wanted: Asked) -> list[Sum]:
    """By state, whatever state is asked for: what was counted, of those decided what was granted, of those paid what was paid."""
    worth = case(
        (Claim.state.in_(PAID_OUT), Claim.paid_amount),
        (Claim.state == ClaimState.APPROVED, Claim.decided_amount),
        else_=Claim.amount,
    )
    left = type_coerce(case((Claim.state == ClaimState.PART_PAID, Claim.decided_amount - Claim.paid_amount)), Money)
    statement: Any = select(Claim.state, func.count(), func.sum(worth), func.sum(left)).group_by(Claim.state)
    found = {state: rest for state, *rest in db.session.execute(_narrow(statement, wanted, False))}
    return [Sum(state, *found[state]) for state in ClaimState if state in found]


def claims_of(firm_id: int) -> dict[tuple[str, int, str], Claim]:
    """A firm's claims by incentive, year and cause."""
    rows = db.session.scalars(select(Claim).where(Claim.firm_id == firm_id).order_by(Claim.year.desc(), Claim.id))
    return {(row.incentive, row.year, row.cause): row for row in rows}


def years_claimed() -> list[int]:
    """The years that claims are of, the newest first."""
    return list(db.session.scalars(select(Claim.year).distinct().order_by(Claim.year.desc())))


# --- the counts of policies ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Taken:
    """What was made of an incentive in a year (0: in all years): firms, and sums in yuan."""

    claimed: int = 0
    approved: int | None = 0
    paid: int | None = 0
    claimed_amount: Decimal | None = None
    paid_amount: Decimal | None = None


def _scoped(statement: Select[Any], user: User) -> Select[Any]:
    if sees_all(user):
        return statement
    ids = [each.id for each in organisations_of(user)]
    return statement.where(Claim.firm_id.in_(select(Firm.id).where(Firm.organisation_id.in_(ids))))


def taken_by_year(user: User, incentive: str) -> dict[int, Taken]:
    """What was made of one incentive, by year, and under 0 over all years; firms once each."""
    whole = _taken(user, incentive, ())
    return {0: Taken(*whole[0]), **{year: Taken(*rest) for year, *rest in _taken(user, incentive, (Claim.year,))}}


def _taken(user: User, incentive: str, by: tuple[Any, ...]) -> Sequence[Any]:
    """Firm by firm first, which an index gives in order, then added up."""
    firms = _scoped(
        select(
            *by,
            func.max(case((Claim.state.in_(GRANTED), 1), else_=0)).label("granted"),
            func.max(case((Claim.state.in_(PAID_OUT), 1), else_=0)).label("paid"),
            func.sum(Claim.amount).label("claimed_amount"),
            func.sum(Claim.paid_amount).label("paid_amount"),
        )
        .where(Claim.incentive == incentive, Claim.state.in_(MADE))
        .group_by(*by, Claim.firm_id),
        user,
    ).subquery()
    columns = firms.c
    years = [columns.year] if by else []
    statement = select(
        *years,
        func.count(),
        func.sum(columns.granted),
        func.sum(columns.paid),
        func.sum(columns.claimed_amount),
        func.sum(columns.paid_amount),
    ).select_from(firms)
    return db.session.execute(statement.group_by(*years) if by else statement).all()


def claimed_of_entitled(user: User, incentive: str) -> dict[int, int]:
    """By year, and under 0 over all years: of the firms that the last run found entitled, how many claimed it."""
    entitled = exists().where(
        EntitlementRow.firm_id == Claim.firm_id, EntitlementRow.incentive == incentive, EntitlementRow.verdict == MET
    )
    made = (Claim.incentive == incentive, Claim.state.in_(MADE))
    firms = func.count(func.distinct(Claim.firm_id))
    of_year: Any = select(Claim.year, firms).where(*made, entitled.where(EntitlementRow.year == Claim.year))
    rows = db.session.execute(_scoped(of_year.group_by(Claim.year), user))
    found = {year: number for year, number in rows}  # noqa: C416  rows are no pairs to the type checker
    of_all: Any = select(firms).where(*made, entitled)
    return {**found, 0: db.session.scalar(_scoped(of_all, user)) or 0}


def taken_by_incentive(user: User, year: int | None) -> dict[str, dict[ClaimState, tuple[int, Decimal | None]]]:
    """Claims by incentive and state: how many, and what was paid; of one year, if it is given."""
    statement: Any = select(Claim.incentive, Claim.state, func.count(), func.sum(Claim.paid_amount))
    if year is not None:
        statement = statement.where(Claim.year == year)
    found: dict[str, dict[ClaimState, tuple[int, Decimal | None]]] = {}
    for name, state, number, paid in db.session.execute(
        _scoped(statement.group_by(Claim.incentive, Claim.state), user)
    ):
        found.setdefault(name, {})[state] = (number, paid)
    return found


def counts(user: User, incentive: str | None = None) -> dict[tuple[str, int], dict[str, int]]:
    """What the last run counted, added up over the user's organisations: (incentive, year) → name → number."""
    statement = select(
        IncentiveCount.incentive, IncentiveCount.year, IncentiveCount.what, func.sum(IncentiveCount.number)
    ).group_by(IncentiveCount.incentive, IncentiveCount.year, IncentiveCount.what)
    if incentive is not None:
        statement = statement.where(IncentiveCount.incentive == incentive)
    if not sees_all(user):
        ids = [each.id for each in organisations_of(user)]
        statement = statement.where(IncentiveCount.organisation_id.in_(ids))
    found: dict[tuple[str, int], dict[str, int]] = {}
    for name, year, what, number in db.session.execute(statement):
        found.setdefault((name, year), {})[what] = int(number)
    return found


def last_run() -> IncentiveRun | None:
    """When entitlements were worked out last."""
    return db.session.scalar(select(IncentiveRun).order_by(IncentiveRun.id.desc()).limit(1))
