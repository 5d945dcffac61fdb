"""What firms claim of the incentives, what was decided and what was paid. What they are entitled to is computed, never stored."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import User
from crm.firms.models import Document, Firm
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Json, Money, choice


class ClaimState(StrEnum):
    CLAIMED = "claimed"
    APPROVED = "approved"
    REFUSED = "refused"
    PAID = "paid"
    WITHDRAWN = "withdrawn"


class Claim(Base, Audited):
    """One firm's claim to one incentive for one year and one cause (an institution, a contract), with the arithmetic of that day."""

    __tablename__ = "claim"
    __table_args__ = (
        UniqueConstraint("firm_id", "incentive", "year", "cause"),
        Index(None, "incentive", "year", "state"),
        Index(None, "state", "claimed_on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"))
    incentive: Mapped[str] = mapped_column(String(60))
    year: Mapped[int]
    # What it is claimed for: "register_entry:12", or "" where the year itself is the cause.
    cause: Mapped[str] = mapped_column(String(40), default="")
    amount: Mapped[Decimal] = mapped_column(Money)
    # The entitlement as it was computed when it was claimed, with the hash of its rule.
    arithmetic: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[ClaimState] = mapped_column(choice(ClaimState), default=ClaimState.CLAIMED)
    claimed_on: Mapped[date]
    claimed_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    decided_on: Mapped[date | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_amount: Mapped[Decimal | None] = mapped_column(Money)
    reason: Mapped[str | None] = mapped_column(Text)
    paid_on: Mapped[date | None]
    paid_amount: Mapped[Decimal | None] = mapped_column(Money)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id", ondelete="SET NULL"))
    version: Mapped[int] = mapped_column(default=1)

    firm: Mapped[Firm] = relationship()
    document: Mapped[Document | None] = relationship()
    claimed_by: Mapped[User] = relationship(foreign_keys=[claimed_by_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])

    __mapper_args__ = {"version_id_col": version}
