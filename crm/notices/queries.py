"""Reads of the notices: one person's own, and what administrators see of sending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload

from crm.accounts.models import User
from crm.accounts.scope import organisations_of
from crm.kernel.db import db
from crm.kernel.errors import NotFoundError
from crm.notices.models import Channel, Delivery, DeliveryState, Notice, NoticeKind
from crm.notices.service import FIRM, still_seen
from crm.notices.words import KINDS, sentence
from crm.web.paging import PAGE_SIZE, Page, page_of

MOST_COUNTED = 99
RECENT = 10  # messages shown beside a chat


@dataclass(frozen=True)
class Line:
    """One notice as its reader sees it."""

    id: int
    title: Any
    sentence: str
    at: datetime
    unread: bool


def unread_count(user: User) -> int:
    """How many notices the person has not read, up to one more than is told exactly."""
    some = (
        select(Notice.id)
        .where(Notice.user_id == user.id, Notice.read_at.is_(None), still_seen(user))
        .limit(MOST_COUNTED + 1)
    )
    return db.session.scalar(select(func.count()).select_from(some.subquery())) or 0


def notices_of(user: User, page: int) -> Page[Line]:
    """The person's notices, the unread ones first, each part with the newest first."""
    rows = db.session.scalars(
        select(Notice)
        .where(Notice.user_id == user.id, still_seen(user))
        .order_by(Notice.read_at.is_not(None), Notice.id.desc())
        .limit(PAGE_SIZE + 1)
        .offset((page - 1) * PAGE_SIZE)
    )
    return page_of([_line(notice) for notice in rows], page)


def _line(notice: Notice) -> Line:
    told = sentence(notice.kind, notice.values)
    return Line(notice.id, KINDS[notice.kind], told, notice.at, notice.read_at is None)


def load_notice_for(user: User, notice_id: int) -> Notice:
    """One of the person's own notices. Raises NotFoundError for any other."""
    notice = db.session.get(Notice, notice_id)
    if notice is None or notice.user_id != user.id:
        raise NotFoundError(_("没有这条提醒。"))
    return notice


# --- for administrators ------------------------------------------------------------------------------------------------


def channels_for(actor: User) -> Sequence[Channel]:
    """The chats of the organisations under the actor's own."""
    return db.session.scalars(
        select(Channel)
        .where(Channel.organisation_id.in_(_organisations(actor)))
        .options(joinedload(Channel.organisation))
        .order_by(Channel.disabled, Channel.name, Channel.id)
    ).all()


def load_channel_for(actor: User, channel_id: int) -> Channel:
    """A chat of an organisation under the actor's own. Raises NotFoundError otherwise."""
    channel = db.session.get(Channel, channel_id)
    if channel is None or channel.organisation_id not in _organisations(actor):
        raise NotFoundError(_("没有这个群机器人，或它不在您的管辖范围内。"))
    return channel


def recent_deliveries(channel: Channel) -> Sequence[Delivery]:
    """What was last to be told to a chat, newest first."""
    return db.session.scalars(
        select(Delivery).where(Delivery.channel_id == channel.id).order_by(Delivery.id.desc()).limit(RECENT)
    ).all()


def deliveries_for(actor: User, *, everything: bool, page: int) -> Page[Delivery]:
    """Messages to people and chats under the actor's organisation, newest first; usually those that did not arrive."""
    condition = [] if everything else [_not_arrived()]
    rows = db.session.scalars(
        select(Delivery)
        .where(_under(actor), *condition)
        .options(joinedload(Delivery.user), joinedload(Delivery.channel))
        .order_by(Delivery.id.desc())
        .limit(PAGE_SIZE + 1)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    return page_of(rows, page)


def load_delivery_for(actor: User, delivery_id: int) -> Delivery:
    """A message to somebody under the actor's organisation. Raises NotFoundError otherwise."""
    delivery = db.session.scalar(select(Delivery).where(Delivery.id == delivery_id, _under(actor)).with_for_update())
    if delivery is None:
        raise NotFoundError(_("没有这条消息，或它不在您的管辖范围内。"))
    return delivery


def _not_arrived() -> ColumnElement[bool]:
    stuck = Delivery.state.in_((DeliveryState.FAILED, DeliveryState.BEGUN))
    return or_(stuck, (Delivery.state == DeliveryState.WAITING) & (Delivery.attempts > 0))


def _under(actor: User) -> ColumnElement[bool]:
    organisations = _organisations(actor)
    firms = select(FIRM.c.id).where(FIRM.c.organisation_id.in_(organisations))
    people = select(User.id).where(or_(User.organisation_id.in_(organisations), User.firm_id.in_(firms)))
    channels = select(Channel.id).where(Channel.organisation_id.in_(organisations))
    return or_(Delivery.user_id.in_(people), Delivery.channel_id.in_(channels))


def _organisations(actor: User) -> list[int]:
    return [organisation.id for organisation in organisations_of(actor)]


def subject(delivery: Delivery) -> str:
    """What a message is about, for administrators: its kind, never the words of what someone was told."""
    if delivery.key.startswith("digest "):
        return _("提醒汇总")
    if delivery.key.startswith("link "):
        return _("设置密码的链接")
    if delivery.key.startswith("test "):
        return _("测试消息")
    kind = (delivery.content or {}).get("kind")
    return str(KINDS[NoticeKind(kind)]) if kind else _("一条提醒")
