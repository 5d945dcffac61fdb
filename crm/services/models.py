"""What a firm at a rung is offered, given and owed; and what a need was matched with."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import User
from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Json, Moment, choice
from crm.ladder.models import Rung
from crm.registers.resources.models import Resource
from crm.visits.models import Need


class Phase(StrEnum):
    """The four steps of cultivation, in their order."""

    DISCOVER = "discover"  # 发现
    CULTIVATE = "cultivate"  # 培育
    INTRODUCE = "introduce"  # 推介
    SERVE = "serve"  # 服务


class ServiceItem(Base, Audited):
    """One service of the package that firms at a rung are due. `rung` None: firms that hold no title yet."""

    __tablename__ = "service_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    rung: Mapped[Rung | None] = mapped_column(choice(Rung))
    # The title that it prepares for: a firm that holds it already is owed the service no more.
    towards: Mapped[Rung | None] = mapped_column(choice(Rung))
    phase: Mapped[Phase] = mapped_column(choice(Phase))
    title: Mapped[str] = mapped_column(String(80), unique=True)
    title_en: Mapped[str] = mapped_column(String(120))
    text: Mapped[str | None] = mapped_column(Text)
    # Working days within which it is to be given after the firm reached the rung; None: no term.
    days: Mapped[int | None]
    place: Mapped[int] = mapped_column(default=0)
    disabled: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class ServiceState(StrEnum):
    OFFERED = "offered"
    GIVEN = "given"
    DECLINED = "declined"


class ServiceRecord(Base, Audited):
    """What became of one service for one firm. No row: still owed."""

    __tablename__ = "service_record"
    __table_args__ = (UniqueConstraint("firm_id", "item_id"), Index(None, "item_id", "state", "firm_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"))
    item_id: Mapped[int] = mapped_column(ForeignKey("service_item.id"))
    state: Mapped[ServiceState] = mapped_column(choice(ServiceState))
    on: Mapped[date]
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    note: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)

    firm: Mapped[Firm] = relationship()
    item: Mapped[ServiceItem] = relationship()
    by: Mapped[User] = relationship()

    __mapper_args__ = {"version_id_col": version}


class MatchState(StrEnum):
    PROPOSED = "proposed"
    USED = "used"
    REFUSED = "refused"


class NeedMatch(Base, Audited):
    """A resource put to a need, with the reason it was found for: trade and words in common."""

    __tablename__ = "need_match"
    __table_args__ = (UniqueConstraint("need_id", "resource_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id", ondelete="CASCADE"))
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id", ondelete="CASCADE"), index=True)
    state: Mapped[MatchState] = mapped_column(choice(MatchState), default=MatchState.PROPOSED)
    reason: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    note: Mapped[str | None] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)

    need: Mapped[Need] = relationship()
    resource: Mapped[Resource] = relationship()
    by: Mapped[User] = relationship()

    def history_firm_id(self) -> int | None:
        return self.need.firm_id
