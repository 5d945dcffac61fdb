"""Visits, what firms asked for, and what someone promised to do by when."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import User
from crm.firms.models import Document, Firm
from crm.kernel import clock
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Json, Moment, choice

visit_document = Table(
    "visit_document",
    Base.metadata,
    Column("visit_id", ForeignKey("visit.id", ondelete="CASCADE"), primary_key=True),
    Column("document_id", ForeignKey("document.id", ondelete="CASCADE"), primary_key=True),
)


class Reluctance(StrEnum):
    """Why a firm does not innovate: it will not, dares not, or cannot."""

    UNWILLING = "unwilling"  # 不想
    AFRAID = "afraid"  # 不敢
    UNABLE = "unable"  # 不能


class Visit(Base, Audited):
    """A talk with a firm."""

    __tablename__ = "visit"
    __table_args__ = (
        # With who was where: counts and the calendar read no row.
        Index(None, "firm_id", "on", "id", "officer_id"),
        Index(None, "officer_id", "on", "id", "firm_id"),
        Index(None, "on", "id", "firm_id", "officer_id"),
        # Few visits say why a firm does not innovate: those alone, the latest first.
        Index(
            "ix_visit_reluctance",
            "on",
            "id",
            sqlite_where=text("reluctance IS NOT NULL"),
            postgresql_where=text("reluctance IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"))
    officer_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    on: Mapped[date]
    place: Mapped[str | None] = mapped_column(String(200))
    met: Mapped[str | None] = mapped_column(String(200))
    topics: Mapped[list[Any]] = mapped_column(Json, default=list)
    said: Mapped[str] = mapped_column(Text, default="")
    reluctance: Mapped[Reluctance | None] = mapped_column(choice(Reluctance))
    # Where the phone was, in degrees (WGS 84), and within how many metres.
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    accuracy: Mapped[int | None]
    # What the firm answered of its figures, as it was entered: [{"key": "rd", "year": 2026, "value": "120000.00"}].
    answers: Mapped[list[Any]] = mapped_column(Json, default=list, server_default="[]")
    # Made by the device that wrote it: a visit that is sent again is known by it, and kept once.
    key: Mapped[str | None] = mapped_column(String(36), unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    version: Mapped[int] = mapped_column(default=1)

    firm: Mapped[Firm] = relationship()
    officer: Mapped[User] = relationship()
    documents: Mapped[list[Document]] = relationship(secondary=visit_document, order_by="Document.id")
    needs: Mapped[list[Need]] = relationship(order_by="Need.id", back_populates="visit")
    tasks: Mapped[list[Task]] = relationship(order_by="Task.due_on, Task.id", back_populates="visit")

    __mapper_args__ = {"version_id_col": version}


class PlannedState(StrEnum):
    PLANNED = "planned"
    HELD = "held"
    CALLED_OFF = "called_off"


class PlannedVisit(Base, Audited):
    """A visit that is to be. It is held by a visit, or called off with a reason."""

    __tablename__ = "planned_visit"
    __table_args__ = (
        Index(None, "officer_id", "state", "on", "id"),
        Index(None, "firm_id", "state", "on"),
        Index(None, "on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"))
    officer_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    on: Mapped[date]
    starts_at: Mapped[time | None]
    purpose: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[PlannedState] = mapped_column(choice(PlannedState), default=PlannedState.PLANNED)
    reason: Mapped[str | None] = mapped_column(Text)  # why it was called off
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    version: Mapped[int] = mapped_column(default=1)

    firm: Mapped[Firm] = relationship()
    officer: Mapped[User] = relationship()
    visit: Mapped[Visit | None] = relationship()

    __mapper_args__ = {"version_id_col": version}


class NeedState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class Need(Base, Audited):
    """What a firm asked for."""

    __tablename__ = "need"
    __table_args__ = (
        Index(None, "firm_id", "state"),
        Index(None, "state", "raised_on", "id"),
        Index(None, "state", "due_on", "id"),
        Index(None, "assignee_id", "state", "due_on"),
        # Few needs are taken through the offices for the firm: those alone.
        Index(
            "ix_need_agency",
            "state",
            "due_on",
            "id",
            sqlite_where=text("agency_since IS NOT NULL OR agency_asked = 1"),
            postgresql_where=text("agency_since IS NOT NULL OR agency_asked"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"))
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id", ondelete="CASCADE"), index=True)
    raised_on: Mapped[date]
    # Who is to answer it, and by when: so many statutory working days after it was raised.
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    due_on: Mapped[date | None]
    # 全程代办: the firm asked for it; and since when the assignee takes the matter through all offices for the firm.
    agency_asked: Mapped[bool] = mapped_column(default=False, server_default=false())
    agency_since: Mapped[date | None]
    kind: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[NeedState] = mapped_column(choice(NeedState), default=NeedState.OPEN)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_on: Mapped[date | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    # The firm's own user, where the firm raised it itself; and how it found the answer, from 1 to 5.
    raised_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    rating: Mapped[int | None]
    rating_words: Mapped[str | None] = mapped_column(Text)
    rated_on: Mapped[date | None]
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id", ondelete="SET NULL"))
    # The firm said once that the answer did not help, and why; the need is open again, what was answered stands.
    reopened_on: Mapped[date | None]
    objection: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)

    firm: Mapped[Firm] = relationship()
    visit: Mapped[Visit | None] = relationship(back_populates="needs")
    answered_by: Mapped[User | None] = relationship(foreign_keys=[answered_by_id])
    raised_by: Mapped[User | None] = relationship(foreign_keys=[raised_by_id])
    assignee: Mapped[User | None] = relationship(foreign_keys=[assignee_id])
    document: Mapped[Document | None] = relationship()
    steps: Mapped[list[NeedStep]] = relationship(
        order_by="NeedStep.on, NeedStep.id", cascade="all, delete-orphan", back_populates="need"
    )

    __mapper_args__ = {"version_id_col": version}


class NeedStep(Base, Audited):
    """One step in an office that somebody took for the firm (全程代办): the firm reads it."""

    __tablename__ = "need_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id", ondelete="CASCADE"), index=True)
    on: Mapped[date]
    office: Mapped[str | None] = mapped_column(String(60))
    text: Mapped[str] = mapped_column(String(500))
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)

    need: Mapped[Need] = relationship(back_populates="steps")
    by: Mapped[User] = relationship()

    def history_firm_id(self) -> int | None:
        return self.need.firm_id


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class Task(Base, Audited):
    """What someone promised to do by when."""

    __tablename__ = "task"
    __table_args__ = (
        Index(None, "assignee_id", "state", "due_on"),
        Index(None, "firm_id", "state", "due_on"),
        Index(None, "state", "due_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"))
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id", ondelete="SET NULL"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    due_on: Mapped[date]
    assignee_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    state: Mapped[TaskState] = mapped_column(choice(TaskState), default=TaskState.OPEN)
    outcome: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    version: Mapped[int] = mapped_column(default=1)

    firm: Mapped[Firm] = relationship()
    visit: Mapped[Visit | None] = relationship(back_populates="tasks")
    assignee: Mapped[User] = relationship(foreign_keys=[assignee_id])
    ended_by: Mapped[User | None] = relationship(foreign_keys=[ended_by_id])

    __mapper_args__ = {"version_id_col": version}
