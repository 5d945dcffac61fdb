"""Firms merged into one, and pairs that someone looked at and found to be two."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from crm.accounts.models import User
from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.audit import Audited
from crm.kernel.bulk import next_ids
from crm.kernel.db import Base
from crm.kernel.types import Json, Moment


class FirmMerge(Base, Audited):
    """One firm's records were given to another, and its row went. What undoing needs is kept here, whole.

    `gone` is the row that went. `moved`: table → column → ids of the rows that follow the kept firm. `left`: [table, row]
    of those that could not follow, because the kept firm has its own, in the order they went. `changes`: what was
    written into rows that stay, [{"table", "id", "field", "old", "new"}]. `added`: [table, row] of those made by the merge.
    """

    __tablename__ = "firm_merge"
    unaudited = frozenset({"gone_id", "gone", "moved", "left", "changes", "added"})

    id: Mapped[int] = mapped_column(primary_key=True)
    kept_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"), index=True)
    gone_id: Mapped[int] = mapped_column(index=True)
    gone_name: Mapped[str] = mapped_column(String(200))
    gone: Mapped[dict[str, Any]] = mapped_column(Json)
    moved: Mapped[dict[str, Any]] = mapped_column(Json)
    left: Mapped[list[Any]] = mapped_column(Json)
    changes: Mapped[list[Any]] = mapped_column(Json)
    added: Mapped[list[Any]] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    actor_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    undone_at: Mapped[datetime | None] = mapped_column(Moment)
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    kept: Mapped[Firm] = relationship()
    actor: Mapped[User] = relationship(foreign_keys=[actor_id])
    undone_by: Mapped[User | None] = relationship(foreign_keys=[undone_by_id])

    def history_firm_id(self) -> int | None:
        return self.kept_id


class DistinctFirms(Base):
    """Two firms that look alike and are not the same: not proposed again. `first_id` is the smaller."""

    __tablename__ = "distinct_firms"
    __table_args__ = (UniqueConstraint("first_id", "second_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    first_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"))
    second_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    actor_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))


def ids_of_new_firms(session: Session, count: int) -> list[int]:
    """Numbers for new firms; none that a merged firm had: addresses on paper, in notices and on devices still say it."""
    gone = session.scalar(select(func.max(FirmMerge.gone_id))) or 0
    return next_ids(session, Firm.__table__, count, beyond=gone)
