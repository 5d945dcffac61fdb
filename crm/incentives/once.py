"""Nothing is paid twice: the same institution or contract in another year or under its number, the expense of one year by two rules."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, func, or_, select

from crm.firms.models import Firm
from crm.firms.naming import comparable
from crm.incentives.lines import Entitlement, Entry
from crm.incentives.models import PAID_OUT, Claim, ClaimState
from crm.incentives.rules import LEVELS, Kind, incentives
from crm.incentives.words import STATES, incentive_title
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.registers.models import RegisterEntry
from crm.web.formatting import day as day_text

UNDER_WAY = (ClaimState.CLAIMED, ClaimState.APPROVED, *PAID_OUT)


def claim_of(firm_id: int, incentive: str, year: int, cause: str) -> Claim | None:
    """The firm's claim of this line, whatever became of it."""
    return db.session.scalar(
        select(Claim).where(
            Claim.firm_id == firm_id, Claim.incentive == incentive, Claim.year == year, Claim.cause == cause
        )
    )


def refuse_twice(firm: Firm, line: Entitlement, known: Claim | None) -> None:
    """The same institution or contract is never paid twice: in another year, or entered again under its number.

    Who asks about one of them waits for whoever is claiming it at the moment.
    """
    if line.entry is None:
        _refuse_deducted(firm, line)
        return
    same = select(Claim).where(
        Claim.incentive == line.rule.incentive, Claim.state.in_(UNDER_WAY), _same_cause(firm, line)
    )
    if known is not None:
        same = same.where(Claim.id != known.id)
    other = db.session.scalar(same.limit(1)) or _claim_of_a_lost_entry(firm, line)
    if other is None:
        return
    whose = "" if other.firm_id == firm.id else _("（另一家企业名下）")
    raise DomainError(
        _(
            "同一事由%(whose)s已在 %(on)s 申领过这项政策（%(year)s 年度，%(state)s），不能重复兑现。",
            whose=whose,
            on=day_text(other.claimed_on),
            year=other.year,
            state=STATES[other.state],
        )
    )


def _refuse_deducted(firm: Firm, line: Entitlement) -> None:
    """The expense of a year is deducted by one rule only, whichever rate it has."""
    if line.rule.kind is not Kind.ESTIMATE:
        return
    db.session.execute(select(Firm.id).where(Firm.id == firm.id).with_for_update())
    others = [
        name
        for name, rule in incentives().items()
        if rule.kind is Kind.ESTIMATE and rule.base == line.rule.base and name != line.rule.incentive
    ]
    other = db.session.scalar(
        select(Claim)
        .where(Claim.firm_id == firm.id, Claim.year == line.year, Claim.incentive.in_(others))
        .where(Claim.state.in_(UNDER_WAY))
        .limit(1)
    )
    if other is not None:
        raise DomainError(
            _(
                "%(year)s 年的研发费用已按“%(what)s”申领（%(state)s），不能重复加计扣除。",
                year=other.year,
                what=incentive_title(other.incentive),
                state=STATES[other.state],
            )
        )


def _alike(entry: Entry) -> list[int]:
    """The entry, and those of any firm under its number, locked."""
    same = RegisterEntry.id == entry.id
    if entry.number:
        of_number = func.upper(RegisterEntry.number) == entry.number.upper()
        same = or_(same, and_(RegisterEntry.register == entry.register, of_number))
    return list(db.session.scalars(select(RegisterEntry.id).where(same).order_by(RegisterEntry.id).with_for_update()))


def _claim_of_a_lost_entry(firm: Firm, line: Entitlement) -> Claim | None:
    """A claim of the year for a thing of this name whose entry is gone: taken out and entered again, or left at a merge."""
    assert line.entry is not None
    of_year = db.session.scalars(
        select(Claim).where(
            Claim.firm_id == firm.id,
            Claim.incentive == line.rule.incentive,
            Claim.year == line.year,
            Claim.state.in_(UNDER_WAY),
        )
    )
    by_entry = {entry_id(each.cause): each for each in of_year if _names(each) == comparable(line.entry.name)}
    if not by_entry:
        return None
    there = set(db.session.scalars(select(RegisterEntry.id).where(RegisterEntry.id.in_(by_entry))))
    level = line.entry.level if line.rule.kind is Kind.BY_LEVEL else None
    lost = [each for id_, each in by_entry.items() if id_ not in there]
    return next((each for each in lost if level in (None, each.cause.partition("/")[2] or level)), None)


def _names(claim: Claim) -> str:
    return comparable(claim.arithmetic.get("subject") or "")


def entry_id(cause: str) -> int | None:
    """The entry a cause names."""
    head, _colon, rest = cause.partition(":")
    number = rest.partition("/")[0]
    return int(number) if head == "register_entry" and number.isdigit() else None


def entries_in_use() -> dict[int, str]:
    """The entries of registers that claims under way or paid rest on, with the reason to keep them."""
    causes = db.session.scalars(
        select(Claim.cause).where(Claim.state.in_(UNDER_WAY), Claim.cause.startswith("register_entry:"))
    )
    return {id_: _("已用它申领政策，予以保留") for id_ in map(entry_id, causes) if id_ is not None}


def _same_cause(firm: Firm, line: Entitlement) -> ColumnElement[bool]:
    """The condition on `Claim`: this firm's for the entry, or any firm's for one under its number."""
    assert line.entry is not None
    others = _causes(line, [id_ for id_ in _alike(line.entry) if id_ != line.entry.id])
    own = and_(Claim.firm_id == firm.id, Claim.cause.in_(_causes(line, [line.entry.id])))
    return or_(own, Claim.cause.in_(others))


def _causes(line: Entitlement, entry_ids: list[int]) -> list[str]:
    """What claims for the entries name: of an institution at the same level, or where one of the two is not said."""
    heads = [f"register_entry:{id_}" for id_ in entry_ids]
    if line.rule.kind is not Kind.BY_LEVEL:
        return heads
    level = line.cause.partition("/")[2]
    return [*heads, *(f"{head}/{each}" for head in heads for each in ([level] if level else LEVELS))]
