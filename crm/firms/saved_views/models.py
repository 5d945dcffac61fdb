"""A list with its filters, kept under a name."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import User
from crm.kernel import clock
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Moment


class SavedView(Base, Audited):
    """A list and its filters as in the address. Shared: the people of `organisation_id` and below it see it too.

    What a shared view shows is each reader's own scope: the filters travel, never the rows.
    """

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("owner_id", "endpoint", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    endpoint: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)

    owner: Mapped[User] = relationship()

    def history_firm_id(self) -> int | None:
        return None
