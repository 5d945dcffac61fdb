"""What a firm asks to change in its own record, decided field by field."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import User
from crm.firms.models import Document, Firm
from crm.kernel import clock
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Json, Moment, choice


class Decision(StrEnum):
    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Target(StrEnum):
    """Which part of the record a value belongs to."""

    FIRM = "firm"
    FIGURES = "figures"
    IP = "ip"
    FACT = "fact"
    PAPER = "paper"  # a document for a case's checklist
    ENTRY = "entry"  # an entry of a register


class Proposal(Base, Audited):
    """One submission of a firm. It is open while any of its fields is pending."""

    __tablename__ = "proposal"
    __table_args__ = (Index(None, "firm_id", "id"), Index(None, "open", "firm_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"))
    submitted_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    submitted_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    note: Mapped[str | None] = mapped_column(Text)
    open: Mapped[bool] = mapped_column(default=True)

    firm: Mapped[Firm] = relationship()
    submitted_by: Mapped[User] = relationship()
    fields: Mapped[list[ProposalField]] = relationship(
        order_by="ProposalField.id", cascade="all, delete-orphan", back_populates="proposal"
    )


class ProposalField(Base, Audited):
    """One value asked for; `target_key` is the year of a figure, the day of a fact, the number of a right, the id of a case
    or of an entry that is to be changed.
    """

    __tablename__ = "proposal_field"

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposal.id", ondelete="CASCADE"), index=True)
    target: Mapped[Target] = mapped_column(choice(Target))
    target_key: Mapped[str | None] = mapped_column(String(60))
    field: Mapped[str] = mapped_column(String(60))
    # As JSON holds them: decimals and dates as text. `old` is what stood there when the firm asked.
    old: Mapped[Any | None] = mapped_column(Json)
    new: Mapped[Any | None] = mapped_column(Json)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id", ondelete="SET NULL"))
    decision: Mapped[Decision] = mapped_column(choice(Decision), default=Decision.PENDING)
    reason: Mapped[str | None] = mapped_column(Text)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)  # when the firm let a refusal stand

    proposal: Mapped[Proposal] = relationship(back_populates="fields")
    document: Mapped[Document | None] = relationship()
    decided_by: Mapped[User | None] = relationship()

    def history_firm_id(self) -> int | None:
        return self.proposal.firm_id
