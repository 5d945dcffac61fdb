"""What a person is told, how they wish to be told, and what was sent."""

from __future__ import annotations

from datetime import datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import Organisation, User
from crm.kernel import clock
from crm.kernel.audit import Audited
from crm.kernel.db import Base
from crm.kernel.types import Json, Moment, choice


class NoticeKind(StrEnum):
    """What happened, in the past tense."""

    APPLICATION_MOVED = "application_moved"
    CASE_ENDED = "case_ended"
    CASE_MOVED = "case_moved"
    CLAIM_APPROVED = "claim_approved"
    CLAIM_MADE = "claim_made"
    CLAIM_PAID = "claim_paid"
    CLAIM_REFUSED = "claim_refused"
    CLAIM_UNPAID = "claim_unpaid"
    DUTY_NEAR = "duty_near"
    FIRMS_HANDED_OVER = "firms_handed_over"
    NEED_ANSWERED = "need_answered"
    NEED_GIVEN = "need_given"
    NEED_RAISED = "need_raised"
    NEED_RATED = "need_rated"
    NEED_STEP_TAKEN = "need_step_taken"
    NEED_TAKEN_ON = "need_taken_on"
    PROPOSAL_DECIDED = "proposal_decided"
    PROPOSAL_SUBMITTED = "proposal_submitted"
    TASK_DUE = "task_due"
    TASK_GIVEN = "task_given"
    TITLE_GRANTED = "title_granted"
    VISIT_CALLED_OFF = "visit_called_off"
    VISIT_PLANNED = "visit_planned"


class Notice(Base):
    """One thing one person is told. `values` fill the sentence of its kind, in the reader's language.

    `key` names the cause: a person is told of it once, whatever asks for it again.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        Index(None, "user_id", "read_at", "id"),
        Index(None, "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    kind: Mapped[NoticeKind] = mapped_column(choice(NoticeKind))
    key: Mapped[str] = mapped_column(String(120))
    firm_id: Mapped[int | None] = mapped_column(ForeignKey("firm.id", ondelete="CASCADE"), index=True)
    values: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    path: Mapped[str] = mapped_column(String(300))  # the page where one sees to it, from the root of the site
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    read_at: Mapped[datetime | None] = mapped_column(Moment)
    # Whether it also goes by mail: so the person had chosen for its kind.
    mailed: Mapped[bool] = mapped_column(default=True, server_default=true())
    # The mail that took it along.
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id", ondelete="SET NULL"), index=True)

    user: Mapped[User] = relationship()


class MailRhythm(StrEnum):
    """How mail comes: each notice at once, all of a day together, or none."""

    AT_ONCE = "at_once"
    DIGEST = "digest"
    NONE = "none"


class NoticeSetting(Base):
    """How one person wishes to be told. No row: a digest at eight."""

    __tablename__ = "notice_setting"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    rhythm: Mapped[MailRhythm] = mapped_column(choice(MailRhythm), default=MailRhythm.DIGEST)
    digest_at: Mapped[time] = mapped_column(default=time(8))
    # Of `NoticeKind`: what does not go by mail. A kind that is new goes.
    unmailed: Mapped[list[Any]] = mapped_column(Json, default=list, server_default="[]")
    version: Mapped[int] = mapped_column(default=1)

    user: Mapped[User] = relationship()

    __mapper_args__ = {"version_id_col": version}


class ChannelKind(StrEnum):
    """A robot of a group chat."""

    WECOM = "wecom"  # 企业微信
    DINGTALK = "dingtalk"  # 钉钉


class Channel(Base, Audited):
    """Where an organisation's group chat is told. The address is a secret: who has it can write there."""

    __tablename__ = "channel"
    unaudited = frozenset({"address", "secret"})

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    kind: Mapped[ChannelKind] = mapped_column(choice(ChannelKind))
    name: Mapped[str] = mapped_column(String(60))
    address: Mapped[str] = mapped_column(String(500))
    secret: Mapped[str | None] = mapped_column(String(200))  # 钉钉 signs with it
    kinds: Mapped[list[Any]] = mapped_column(Json, default=list)  # of `NoticeKind`: what the chat is told of
    disabled: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation] = relationship()

    __mapper_args__ = {"version_id_col": version}

    def history_firm_id(self) -> int | None:
        return None


class DeliveryState(StrEnum):
    """`begun`: handed to the other side, whose answer is not known (the worker ended meanwhile). It is not sent again by itself."""

    WAITING = "waiting"
    BEGUN = "begun"
    SENT = "sent"
    FAILED = "failed"


class Delivery(Base):
    """One message to one mailbox or chat. `key` names it, so that it is never made twice: "notice 12", "digest 2026-11-22".

    A mail tells the notices that point at it. A chat is told of a cause whoever else is: `content` is its kind, values
    and path, as of a `Notice`. An invitation has neither: its link is made when it is sent, and kept nowhere.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        UniqueConstraint("channel_id", "key"),
        Index(None, "channel_id", "begun_at"),
        Index(None, "state", "next_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(120))
    content: Mapped[dict[str, Any] | None] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    state: Mapped[DeliveryState] = mapped_column(choice(DeliveryState), default=DeliveryState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    begun_at: Mapped[datetime | None] = mapped_column(Moment)  # the last attempt
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    problem: Mapped[str | None] = mapped_column(Text)

    user: Mapped[User | None] = relationship()
    channel: Mapped[Channel | None] = relationship()
