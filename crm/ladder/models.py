"""The ladder: titles held, cases towards a rung, their checklists, and assessments."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import User
from crm.firms.models import Document, Firm
from crm.kernel import clock
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Exact, Json, Moment, choice


class Rung(StrEnum):
    """The steps, from the first to the last. Listing is one step with a board each."""

    TECH_SME = "tech_sme"
    HTE = "hte"
    INNOVATIVE_SME = "innovative_sme"
    SRDI = "srdi"
    LITTLE_GIANT = "little_giant"
    LISTED_NEEQ = "listed_neeq"
    LISTED_BSE = "listed_bse"
    LISTED_CHINEXT = "listed_chinext"
    LISTED_STAR = "listed_star"
    LISTED_MAIN = "listed_main"


class Stage(StrEnum):
    POOL = "pool"  # 入库
    CULTIVATING = "cultivating"  # 培育
    READY = "ready"  # 达标
    APPLIED = "applied"  # 申报
    CERTIFIED = "certified"  # 认定


class CaseStatus(StrEnum):
    """Whether a case goes on. A separate axis: the stage says how far it came."""

    OPEN = "open"
    CERTIFIED = "certified"
    DROPPED = "dropped"
    REJECTED = "rejected"


class Purpose(StrEnum):
    NEW = "new"
    REVIEW = "review"
    ANNUAL = "annual"


class Credential(Base, Audited):
    """A title a firm holds. Titles lapse: `ended_on` is set by the recorded event that ended it early or at its term."""

    __tablename__ = "credential"
    __table_args__ = (
        # All that says whether a title is held: counts over a scope, a rung or a span of ends read no row.
        Index(None, "firm_id", "rung", "valid_from", "valid_to", "ended_on"),
        Index(None, "rung", "firm_id", "valid_from", "valid_to", "ended_on"),
        Index(None, "valid_to", "rung", "firm_id", "valid_from", "ended_on"),
        Index(None, "valid_to", "id"),
        Index(None, "number", postgresql_ops={"number": "varchar_pattern_ops"}),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"))
    rung: Mapped[Rung] = mapped_column(choice(Rung))
    number: Mapped[str | None] = mapped_column(String(60))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    ended_on: Mapped[date | None]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cultivation_case.id", ondelete="SET NULL"))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id", ondelete="SET NULL"))
    version: Mapped[int] = mapped_column(default=1)

    firm: Mapped[Firm] = relationship()
    document: Mapped[Document | None] = relationship()
    events: Mapped[list[CredentialEvent]] = relationship(
        order_by="CredentialEvent.id", cascade="all, delete-orphan", back_populates="credential"
    )

    __mapper_args__ = {"version_id_col": version}


class CredentialEventKind(StrEnum):
    GRANTED = "granted"
    RENEWED = "renewed"
    EXPIRED = "expired"
    REVOKED = "revoked"


class CredentialEvent(Base):
    """What happened to a title. The log is only ever added to."""

    __tablename__ = "credential_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    credential_id: Mapped[int] = mapped_column(ForeignKey("credential.id", ondelete="CASCADE"), index=True)
    kind: Mapped[CredentialEventKind] = mapped_column(choice(CredentialEventKind))
    on: Mapped[date]
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    actor_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    reason: Mapped[str | None] = mapped_column(Text)

    credential: Mapped[Credential] = relationship(back_populates="events")
    actor: Mapped[User] = relationship()


class Case(Base, Audited):
    """The cultivation of one firm towards one rung. A firm has at most one open case a rung."""

    __tablename__ = "cultivation_case"
    __table_args__ = (
        Index(
            "uq_cultivation_case_open",
            "firm_id",
            "rung",
            unique=True,
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
        # With how long each waits: counts of a scope's open cases read no row.
        Index(None, "firm_id", "status", "rung", "stage", "stage_since"),
        # With how long each waits: the counts of who is stuck read no row.
        Index(None, "status", "rung", "stage", "stage_since", "firm_id"),
        # The order of the list of cases: the longest in its stage first.
        Index(None, "status", "stage_since", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"))
    rung: Mapped[Rung] = mapped_column(choice(Rung))
    purpose: Mapped[Purpose] = mapped_column(choice(Purpose), default=Purpose.NEW)
    stage: Mapped[Stage] = mapped_column(choice(Stage), default=Stage.POOL)
    status: Mapped[CaseStatus] = mapped_column(choice(CaseStatus), default=CaseStatus.OPEN)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    opened_on: Mapped[date]
    stage_since: Mapped[date]
    ended_on: Mapped[date | None]
    entry_reason: Mapped[str | None] = mapped_column(Text)  # why the firm was taken into the pool
    reason: Mapped[str | None] = mapped_column(Text)  # why the case ended without a title
    version: Mapped[int] = mapped_column(default=1)

    firm: Mapped[Firm] = relationship()
    officer: Mapped[User | None] = relationship()
    events: Mapped[list[CaseEvent]] = relationship(
        order_by="CaseEvent.id", cascade="all, delete-orphan", back_populates="case"
    )
    items: Mapped[list[ChecklistItem]] = relationship(
        order_by="ChecklistItem.id", cascade="all, delete-orphan", back_populates="case"
    )

    __mapper_args__ = {"version_id_col": version}


class CaseEvent(Base):
    """One step of a case, in the past tense. The funnel of any past date is read from here."""

    __tablename__ = "case_event"
    # With where the step led: where each case stood on a past day is read from here alone.
    __table_args__ = (Index(None, "case_id", "on", "id", "to_stage", "to_status"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cultivation_case.id", ondelete="CASCADE"))
    on: Mapped[date]
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    actor_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    from_stage: Mapped[Stage | None] = mapped_column(choice(Stage))
    to_stage: Mapped[Stage] = mapped_column(choice(Stage))
    from_status: Mapped[CaseStatus | None] = mapped_column(choice(CaseStatus))
    to_status: Mapped[CaseStatus] = mapped_column(choice(CaseStatus))
    # Moved although the checklist had open items; `reason` then says why.
    overridden: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str | None] = mapped_column(Text)
    assessment_id: Mapped[int | None] = mapped_column(ForeignKey("assessment.id"))

    case: Mapped[Case] = relationship(back_populates="events")
    actor: Mapped[User] = relationship()
    assessment: Mapped[Assessment | None] = relationship()


class ChecklistItem(Base, Audited):
    """A document, declaration, sign-off or step that a case has. What a move needs is said by the checklists in seeds.

    `on`: of a step to a listing (股改, 辅导 …), the day it was reached.
    """

    __tablename__ = "checklist_item"
    __table_args__ = (UniqueConstraint("case_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cultivation_case.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(60))
    on: Mapped[date | None]
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id", ondelete="SET NULL"))
    done_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    done_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)

    case: Mapped[Case] = relationship(back_populates="items")
    document: Mapped[Document | None] = relationship()
    done_by: Mapped[User] = relationship()

    def history_firm_id(self) -> int | None:
        return self.case.firm_id


class Assessment(Base):
    """An edition applied to a firm's facts on a date, kept with both, so that it can be run again. Never changed."""

    __tablename__ = "assessment"
    __table_args__ = (Index(None, "firm_id", "rung", "on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cultivation_case.id", ondelete="SET NULL"))
    rung: Mapped[Rung] = mapped_column(choice(Rung))
    purpose: Mapped[Purpose] = mapped_column(choice(Purpose))
    edition: Mapped[str] = mapped_column(String(60))
    edition_hash: Mapped[str] = mapped_column(String(64))
    on: Mapped[date]
    verdict: Mapped[str] = mapped_column(String(10))
    score_low: Mapped[Decimal | None] = mapped_column(Exact)
    score_high: Mapped[Decimal | None] = mapped_column(Exact)
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    result: Mapped[dict[str, Any]] = mapped_column(Json)
    # Where each fact came from, and the edition as its file had it: a later reader needs nothing but this row.
    sources: Mapped[dict[str, Any] | None] = mapped_column(Json)
    edition_source: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    actor_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))

    firm: Mapped[Firm] = relationship()
    actor: Mapped[User] = relationship()
