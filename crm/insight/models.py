"""What this room keeps: the words of monthly reports that managers wrote themselves, and the early warnings worked out."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import Organisation, User
from crm.firms.models import Firm
from crm.kernel import clock
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Json, Moment, choice
from crm.ladder.models import Rung


class MonthlyReport(Base, Audited):
    """The report of one organisation on one month, where someone wrote in it. Its numbers are counted, never kept.

    `words` holds, by section, the sentences that a person wrote in place of the ones made from the data.
    """

    __tablename__ = "monthly_report"
    __table_args__ = (UniqueConstraint("organisation_id", "month"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    month: Mapped[date]  # its first day
    words: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    edited_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    edited_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation] = relationship()
    edited_by: Mapped[User] = relationship()

    __mapper_args__ = {"version_id_col": version}

    def history_firm_id(self) -> int | None:
        return None


class WarningKind(StrEnum):
    """What is going to be lost, the gravest first."""

    TITLE_LAPSES = "title_lapses"
    WINDOW_CLOSES = "window_closes"
    FIGURES_FALL = "figures_fall"
    PATENT_ENDS = "patent_ends"
    UNSEEN = "unseen"


class EarlyWarning(Base):
    """Something a firm is going to lose unless somebody acts: worked out anew every hour (see `early_warning.refresh`)."""

    __tablename__ = "early_warning"
    __table_args__ = (
        Index(None, "weight", "on", "firm_id"),  # the order of the list
        Index(None, "kind", "weight", "on", "firm_id"),
        {"info": {"worked_out": True}},
    )

    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[WarningKind] = mapped_column(choice(WarningKind), primary_key=True)
    subject: Mapped[str] = mapped_column(String(40), primary_key=True)  # which title, right …; empty: the firm
    rung: Mapped[Rung | None] = mapped_column(choice(Rung))
    on: Mapped[date]  # the day of the loss, or since when it is one
    weight: Mapped[int]  # the least is the gravest
    values: Mapped[dict[str, Any]] = mapped_column(Json)  # of its sentences

    firm: Mapped[Firm] = relationship()


class EarlyWarningRun(Base):
    """When the warnings were worked out last. `unjudged`: firms with falling figures beyond what one run judges."""

    __tablename__ = "early_warning_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    on: Mapped[date]
    unjudged: Mapped[int]


class KeptCount(Base):
    """What a page of the manager's counts over a large organisation and a period: counted anew every hour (see `kept`)."""

    __tablename__ = "kept_count"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    since: Mapped[date] = mapped_column(primary_key=True)
    until: Mapped[date] = mapped_column(primary_key=True)
    values: Mapped[Any] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
