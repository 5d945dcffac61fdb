"""Duties of firms with titles: what was done, or surely missed. What is due is computed from titles and rules."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import User
from crm.firms.models import Document, Firm
from crm.kernel import clock
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Moment, choice


class DutyState(StrEnum):
    DONE = "done"
    MISSED = "missed"


class DutyRecord(Base, Audited):
    """What became of one duty of a firm for one due date; without a record nobody knows yet.

    `duty` is the duty's name with its rung (`hte.annual_report`); `on` the day it was done.
    """

    __tablename__ = "duty_record"
    __table_args__ = (UniqueConstraint("firm_id", "duty", "due_on"), Index(None, "duty", "due_on", "firm_id"))
    unaudited = frozenset({"at", "actor_id"})  # the history says who and when itself

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"))
    duty: Mapped[str] = mapped_column(String(40))
    due_on: Mapped[date]
    state: Mapped[DutyState] = mapped_column(choice(DutyState))
    on: Mapped[date | None]
    note: Mapped[str | None] = mapped_column(Text)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id", ondelete="SET NULL"))
    actor_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    version: Mapped[int] = mapped_column(default=1)

    firm: Mapped[Firm] = relationship()
    document: Mapped[Document | None] = relationship()
    actor: Mapped[User] = relationship()

    __mapper_args__ = {"version_id_col": version}
