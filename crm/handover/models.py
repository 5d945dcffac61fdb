"""What was handed over, and how it stood then."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import Organisation, User
from crm.kernel import clock
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Json, Moment


class Handover(Base, Audited):
    """Firms that went from one officer to another, with their open cases, tasks and planned visits.

    `sheet` is the hand-over sheet as it stood that day: for each firm its ids, stages, promises and needs.
    """

    __tablename__ = "handover"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Its scope: the organisation that all its firms lie in or below.
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    from_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))  # None: firms without an officer
    to_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    note: Mapped[str | None] = mapped_column(Text)
    sheet: Mapped[list[Any]] = mapped_column(Json, default=list)
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    actor_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))

    organisation: Mapped[Organisation] = relationship()
    giver: Mapped[User | None] = relationship(foreign_keys=[from_id])
    taker: Mapped[User] = relationship(foreign_keys=[to_id])
    actor: Mapped[User] = relationship(foreign_keys=[actor_id])

    def history_firm_id(self) -> int | None:
        return None
