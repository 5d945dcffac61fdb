"""What firms claim of the incentives, what was decided and what was paid; and what a place's own documents add to the rules.

What a firm is entitled to is computed; the rows of `entitlement` and their counts are worked out for lists and policy pages.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import Organisation, User
from crm.firms.models import Document, Firm
from crm.kernel import clock
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Json, Moment, Money, choice


class ClaimState(StrEnum):
    CLAIMED = "claimed"
    APPROVED = "approved"
    REFUSED = "refused"
    PART_PAID = "part_paid"
    PAID = "paid"
    WITHDRAWN = "withdrawn"


MERGED = "merged:"
PAID_OUT = (ClaimState.PART_PAID, ClaimState.PAID)  # money has gone to the firm
SUMMED = ("amount", "decided_amount", "paid_amount")


class Claim(Base, Audited):
    """One firm's claim to one incentive for one year and one cause (an institution, a contract), with the arithmetic of that day."""

    __tablename__ = "claim"
    __table_args__ = (
        UniqueConstraint("firm_id", "incentive", "year", "cause"),
        # All that sums of claims read: their rows are long, and none of them is read for a sum.
        Index("ix_claim_by_state", "state", "claimed_on", "id", "incentive", "year", "firm_id", *SUMMED),
        Index("ix_claim_by_policy", "incentive", "year", "firm_id", "state", *SUMMED),
        Index("ix_claim_by_firm", "firm_id", "state", "incentive", "year", "claimed_on", *SUMMED),
        Index(None, "claimed_on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"))
    incentive: Mapped[str] = mapped_column(String(60))
    year: Mapped[int]
    # What it is claimed for: "register_entry:12", or "" where the year itself is the cause; "merged:7" (its own number) where a
    # firm that became one with this one had claimed the year too.
    cause: Mapped[str] = mapped_column(String(40), default="")
    # None: the document names no amount yet; whoever decides says it.
    amount: Mapped[Decimal | None] = mapped_column(Money)
    # The entitlement as it was computed when it was claimed, with the hash of its rule.
    arithmetic: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[ClaimState] = mapped_column(choice(ClaimState), default=ClaimState.CLAIMED)
    claimed_on: Mapped[date]
    claimed_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    decided_on: Mapped[date | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_amount: Mapped[Decimal | None] = mapped_column(Money)
    reason: Mapped[str | None] = mapped_column(Text)
    # The day of the first payment, and the sum of all: what lists and sums read instead of `payments`.
    paid_on: Mapped[date | None]
    paid_amount: Mapped[Decimal | None] = mapped_column(Money)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id", ondelete="SET NULL"))
    version: Mapped[int] = mapped_column(default=1)

    firm: Mapped[Firm] = relationship()
    document: Mapped[Document | None] = relationship()
    claimed_by: Mapped[User] = relationship(foreign_keys=[claimed_by_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])
    payments: Mapped[list[ClaimPayment]] = relationship(
        order_by=lambda: (ClaimPayment.on, ClaimPayment.id), cascade="all, delete-orphan", back_populates="claim"
    )

    __mapper_args__ = {"version_id_col": version}

    @property
    def is_second(self) -> bool:
        """Whether a firm that became one with this one had claimed the same year."""
        return self.cause.startswith(MERGED)

    @property
    def left(self) -> Decimal | None:
        """What is approved and not paid yet (yuan); None where nothing is approved."""
        return None if self.decided_amount is None else self.decided_amount - (self.paid_amount or Decimal(0))


class ClaimPayment(Base, Audited):
    """One payment to a claim: what is approved may be paid by instalment. Taken back, it is deleted; the history keeps it."""

    __tablename__ = "claim_payment"
    __table_args__ = (Index(None, "claim_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claim.id", ondelete="CASCADE"))
    on: Mapped[date]
    amount: Mapped[Decimal] = mapped_column(Money)
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))

    claim: Mapped[Claim] = relationship(back_populates="payments")

    def history_firm_id(self) -> int | None:
        return self.claim.firm_id


class Provision(Base, Audited):
    """What a place's own document says of an incentive: that it is followed here, and the numbers it names, from when to when."""

    __tablename__ = "incentive_provision"
    __table_args__ = (UniqueConstraint("organisation_id", "incentive", "since"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    incentive: Mapped[str] = mapped_column(String(60))
    since: Mapped[date]
    until: Mapped[date | None]
    document: Mapped[str] = mapped_column(String(120))
    document_on: Mapped[date]
    # Term → the number as decimal text: amounts in 万元, rates as fractions. A term that is not there is the rule's own.
    values: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    entered_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation] = relationship()
    entered_by: Mapped[User] = relationship()

    __mapper_args__ = {"version_id_col": version}

    def history_firm_id(self) -> int | None:
        return None


class EntitlementRow(Base):
    """What a firm is, or may be, entitled to: worked out by `crm.incentives.effect.refresh` for lists and counts. `verdict`: met, unknown."""

    __tablename__ = "entitlement"
    __table_args__ = (
        Index(None, "incentive", "verdict", "firm_id", "year"),
        {"info": {"worked_out": True}},
    )

    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"), primary_key=True)
    incentive: Mapped[str] = mapped_column(String(60), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    cause: Mapped[str] = mapped_column(String(40), primary_key=True)
    verdict: Mapped[str] = mapped_column(String(10))
    amount: Mapped[Decimal | None] = mapped_column(Money)


class PolicyEffect(Base):
    """How a firm moved on the ladder after it was paid (`paid`), or after it was entitled and not paid: rungs first held since.

    `gained_1`: within one year of `since`; None where that year is not over yet.
    """

    __tablename__ = "policy_effect"
    __table_args__ = (
        Index("ix_policy_effect_gained", "incentive", "paid", "firm_id", "gained_1", "gained_2", "gained_3"),
        {"info": {"worked_out": True}},
    )

    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"), primary_key=True)
    incentive: Mapped[str] = mapped_column(String(60), primary_key=True)
    paid: Mapped[bool]
    since: Mapped[date]
    gained_1: Mapped[int | None]
    gained_2: Mapped[int | None]
    gained_3: Mapped[int | None]


class IncentiveCount(Base):
    """Counts over the two tables above, by organisation, so that a page only adds them up. `year` 0: of all years."""

    __tablename__ = "incentive_count"

    incentive: Mapped[str] = mapped_column(String(60), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)  # firms or rungs; of sums, fen


class IncentiveRun(Base):
    """When entitlements and effects were worked out last, and what of (the rules, and what people changed since)."""

    __tablename__ = "incentive_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    on: Mapped[date]
    rules: Mapped[str] = mapped_column(String(64))
    last_change: Mapped[int] = mapped_column(BigInteger)
