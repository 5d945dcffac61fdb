"""Programmes with their windows, one firm's application, and the official lists of results."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import Organisation, User
from crm.firms.models import Document, Firm
from crm.kernel import clock
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Json, Moment, choice
from crm.ladder.models import Case, Credential, Purpose, Rung
from crm.visits.models import Need


class Programme(Base, Audited):
    """Something that can be applied for: a title, a project, a grant. `rung` None: it leads to no title of the ladder.

    `asks`: what a form asks beside what the rung's criteria read, [{"key", "title", "title_en", "fact" | None, "required"}]; `fact`
    is a fact's path as the engine has it, years counted from the window's (`years.-1.rd`), None where the answer is words.
    `papers`: what is handed in beside what the rung's checklist asks for, [{"key", "title", "title_en", "required"}].
    """

    __tablename__ = "programme"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    title_en: Mapped[str] = mapped_column(String(160))
    rung: Mapped[Rung | None] = mapped_column(choice(Rung))
    purpose: Mapped[Purpose] = mapped_column(choice(Purpose), default=Purpose.NEW)
    document_number: Mapped[str | None] = mapped_column(String(120))
    summary: Mapped[str | None] = mapped_column(Text)
    asks: Mapped[list[Any]] = mapped_column(Json, default=list)
    papers: Mapped[list[Any]] = mapped_column(Json, default=list)
    disabled: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    windows: Mapped[list[Window]] = relationship(
        order_by="Window.closes_on, Window.id", cascade="all, delete-orphan", back_populates="programme"
    )

    __mapper_args__ = {"version_id_col": version}


class Window(Base, Audited):
    """When a programme is open, in a year and a region (None: everywhere).

    `notice_key` names the window of a notice that it stands for (`crm.applications.openings`): its days are those of the notice.
    """

    __tablename__ = "programme_window"
    __table_args__ = (Index(None, "programme_id", "opens_on"), Index(None, "closes_on", "programme_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id", ondelete="CASCADE"))
    year: Mapped[int]
    title: Mapped[str | None] = mapped_column(String(60))
    division_code: Mapped[str | None] = mapped_column(ForeignKey("division.code"))
    opens_on: Mapped[date | None]
    closes_on: Mapped[date]
    source: Mapped[str | None] = mapped_column(String(200))
    notice_key: Mapped[str | None] = mapped_column(String(160), unique=True)
    disabled: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    programme: Mapped[Programme] = relationship(back_populates="windows")

    __mapper_args__ = {"version_id_col": version}

    def history_firm_id(self) -> int | None:
        return None


class ApplicationState(StrEnum):
    DRAFT = "draft"  # 填报中
    SUBMITTED = "submitted"  # 已提交
    RETURNED = "returned"  # 退回修改
    REVIEWED = "reviewed"  # 审核通过
    RECOMMENDED = "recommended"  # 已推荐
    ON_NOTICE = "on_notice"  # 公示中
    GRANTED = "granted"  # 认定
    REFUSED = "refused"  # 未通过
    WITHDRAWN = "withdrawn"  # 撤回


class Application(Base, Audited):
    """One firm's submission to one window. Prefilled from the record; `answers` holds only what was asked beside it."""

    __tablename__ = "application"
    __table_args__ = (
        Index(
            "uq_application_under_way",
            "firm_id",
            "window_id",
            unique=True,
            sqlite_where=text("state NOT IN ('refused', 'withdrawn')"),
            postgresql_where=text("state NOT IN ('refused', 'withdrawn')"),
        ),
        Index(None, "state", "state_since", "id"),
        Index(None, "state_since", "id"),
        Index(None, "window_id", "state"),
        Index(None, "firm_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    window_id: Mapped[int] = mapped_column(ForeignKey("programme_window.id"))
    firm_id: Mapped[int] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cultivation_case.id", ondelete="SET NULL"), index=True)
    state: Mapped[ApplicationState] = mapped_column(choice(ApplicationState), default=ApplicationState.DRAFT)
    state_since: Mapped[date]
    answers: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    # The record's figures as they stood when it was submitted: what was filed can be read years later.
    filed: Mapped[dict[str, Any] | None] = mapped_column(Json)
    submitted_on: Mapped[date | None]
    # What has to be changed, while it is returned: [{"key", "text"}].
    changes: Mapped[list[Any]] = mapped_column(Json, default=list)
    notice_from: Mapped[date | None]
    notice_to: Mapped[date | None]
    credential_id: Mapped[int | None] = mapped_column(ForeignKey("credential.id", ondelete="SET NULL"), index=True)
    # 全程代办: the need with which somebody takes it through the offices for the firm, or is asked to.
    need_id: Mapped[int | None] = mapped_column(ForeignKey("need.id", ondelete="SET NULL"), index=True)
    version: Mapped[int] = mapped_column(default=1)

    window: Mapped[Window] = relationship()
    firm: Mapped[Firm] = relationship()
    case: Mapped[Case | None] = relationship()
    credential: Mapped[Credential | None] = relationship()
    agency: Mapped[Need | None] = relationship()
    papers: Mapped[list[ApplicationPaper]] = relationship(
        order_by="ApplicationPaper.id", cascade="all, delete-orphan", back_populates="application"
    )
    events: Mapped[list[ApplicationEvent]] = relationship(
        order_by="ApplicationEvent.id", cascade="all, delete-orphan", back_populates="application"
    )

    __mapper_args__ = {"version_id_col": version}


class ApplicationPaper(Base, Audited):
    """A document handed in with an application, as the paper of this key."""

    __tablename__ = "application_document"
    __table_args__ = (UniqueConstraint("application_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(60))
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id", ondelete="CASCADE"), index=True)

    application: Mapped[Application] = relationship(back_populates="papers")
    document: Mapped[Document] = relationship()

    def history_firm_id(self) -> int | None:
        return self.document.firm_id  # the application lets go of a paper that is taken back


class ApplicationEvent(Base):
    """One step of an application, in the past tense. The log is only ever added to."""

    __tablename__ = "application_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"), index=True)
    on: Mapped[date]
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    actor_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    from_state: Mapped[ApplicationState | None] = mapped_column(choice(ApplicationState))
    to_state: Mapped[ApplicationState] = mapped_column(choice(ApplicationState))
    reason: Mapped[str | None] = mapped_column(Text)

    application: Mapped[Application] = relationship(back_populates="events")
    actor: Mapped[User] = relationship()


class ResultRowState(StrEnum):
    MATCHED = "matched"  # by its credit code
    PROPOSED = "proposed"  # by its name only: a person decides
    UNKNOWN = "unknown"  # no such firm
    DUPLICATE = "duplicate"  # stands twice in the list
    FAULTY = "faulty"  # the code is not one, or a date is wrong
    APPLIED = "applied"  # its title was granted
    HELD = "held"  # the title was held already
    LEFT = "left"  # a person decided to leave it


class ResultState(StrEnum):
    READING = "reading"  # its rows are being matched
    READ = "read"
    GRANTING = "granting"
    GRANTED = "granted"
    UNDOING = "undoing"
    FAILED = "failed"


class ResultList(Base, Audited):
    """An official list (名单) of those granted a title, as it was published. What became of each row stands in `result_row`."""

    __tablename__ = "result_list"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    rung: Mapped[Rung] = mapped_column(choice(Rung))
    title: Mapped[str] = mapped_column(String(200))
    document_number: Mapped[str | None] = mapped_column(String(120))
    # A list on public notice (公示) grants nothing yet; one of the decision (公告) does.
    decided: Mapped[bool]
    published_on: Mapped[date]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    file_name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[ResultState] = mapped_column(choice(ResultState), default=ResultState.READING)
    error: Mapped[str | None] = mapped_column(Text)
    actor_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation] = relationship()
    actor: Mapped[User] = relationship()

    __mapper_args__ = {"version_id_col": version}

    def history_firm_id(self) -> int | None:
        return None


class ResultRow(Base):
    """One row of a result list."""

    __tablename__ = "result_row"
    __table_args__ = (Index(None, "result_list_id", "state", "row"), Index(None, "firm_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    result_list_id: Mapped[int] = mapped_column(ForeignKey("result_list.id", ondelete="CASCADE"))
    row: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    credit_code: Mapped[str | None] = mapped_column(String(40))
    number: Mapped[str | None] = mapped_column(String(60))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    state: Mapped[ResultRowState] = mapped_column(choice(ResultRowState))
    firm_id: Mapped[int | None] = mapped_column(ForeignKey("firm.id", ondelete="SET NULL"))
    credential_id: Mapped[int | None] = mapped_column(ForeignKey("credential.id", ondelete="SET NULL"), index=True)
    # What a person is told of it: the name the firm has here, the firms its name may mean, the fault.
    note: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)

    firm: Mapped[Firm | None] = relationship()
