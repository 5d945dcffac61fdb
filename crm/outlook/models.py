"""What a firm could change: scenarios kept under a name."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import User
from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Json, Moment, choice
from crm.ladder.models import Purpose, Rung


class Scenario(Base, Audited):
    """Facts of a firm changed in thought, under a name. `internal`: the staff's, not shown to the firm."""

    __tablename__ = "scenario"
    __table_args__ = (UniqueConstraint("firm_id", "internal", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(60))
    rung: Mapped[Rung] = mapped_column(choice(Rung))
    purpose: Mapped[Purpose] = mapped_column(choice(Purpose), default=Purpose.NEW)
    on: Mapped[date]
    # What was changed, as the page's form sends it: field name → values (amounts in 万元, shares in per cent, "" unknown).
    changes: Mapped[dict[str, list[str]]] = mapped_column(Json)
    # The firm's facts when it was saved: what the record has become since can be told.
    record: Mapped[dict[str, Any]] = mapped_column(Json)
    internal: Mapped[bool]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    version: Mapped[int] = mapped_column(default=1)

    firm: Mapped[Firm] = relationship()
    created_by: Mapped[User] = relationship()

    unaudited = frozenset({"record"})

    def history_firm_id(self) -> int | None:
        """The staff read the firm's timeline: what the firm keeps for itself does not stand there."""
        return self.firm_id if self.internal else None

    __mapper_args__ = {"version_id_col": version}
