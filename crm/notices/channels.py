"""Verbs of the administrators: group chats that are told, and messages that did not arrive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _

from crm.accounts.models import User
from crm.accounts.service import load_organisation_for
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.notices.chat import check_address
from crm.notices.models import Channel, ChannelKind, Delivery, DeliveryState, NoticeKind
from crm.notices.words import CHANNEL_FIELDS, KINDS
from crm.web.conflict import check_version, plain_words

UNDER_WAY = timedelta(minutes=5)  # longer than a worker waits for any answer


def add_channel(
    *,
    actor: User,
    organisation_id: int,
    kind: ChannelKind,
    name: str,
    address: str,
    secret: str | None,
    kinds: Sequence[NoticeKind],
) -> Channel:
    """A group chat of an organisation under the actor's is told of these kinds. Raises DomainError for a strange address."""
    channel = Channel(organisation=load_organisation_for(actor, organisation_id), kind=kind, disabled=False)
    _set(channel, name, address, secret, kinds)
    db.session.add(channel)
    db.session.flush()
    return channel


def change_channel(
    channel: Channel,
    *,
    name: str,
    address: str | None,
    secret: str | None,
    kinds: Sequence[NoticeKind],
    disabled: bool,
    version: int | str | None,
) -> None:
    """Change a chat. `address` None: it stays as it is, and its secret with it; a new address comes with its own secret.

    `version` is the one the form was opened on: EditConflictError where another changed the chat since.
    """
    proposed = {"name": name, "kinds": [kind.value for kind in kinds], "disabled": disabled}
    check_version(channel, version, proposed, CHANNEL_FIELDS, _shown)
    if address is None:
        address, secret = channel.address, secret or channel.secret
    _set(channel, name, address, secret, kinds)
    channel.disabled = disabled
    db.session.flush()


def _shown(field: str, value: Any) -> Any:
    return "、".join(str(KINDS[NoticeKind(kind)]) for kind in value) if field == "kinds" else plain_words(value)


def _set(channel: Channel, name: str, address: str, secret: str | None, kinds: Sequence[NoticeKind]) -> None:
    check_address(channel.kind, address)
    if not kinds:
        raise DomainError(_("请至少选一类提醒；暂时不发可以勾选“停用”。"), field="kinds")
    channel.name, channel.address = name, address.strip()
    channel.secret = secret if channel.kind is ChannelKind.DINGTALK else None
    channel.kinds = [kind.value for kind in kinds]


def send_test(channel: Channel) -> None:
    """Have a message sent that tells nothing, the way all others go."""
    if channel.disabled:
        raise DomainError(_("这个群机器人已停用，请先启用。"))
    db.session.add(Delivery(channel_id=channel.id, key=f"test {clock.now().isoformat()}", content={}))
    db.session.flush()


def resend(delivery: Delivery) -> None:
    """Send again what was not sent, or what nobody knows was. Raises DomainError while its answer may still come."""
    fresh = delivery.begun_at is not None and delivery.begun_at > clock.now() - UNDER_WAY
    if delivery.state is DeliveryState.BEGUN and fresh and delivery.problem is None:
        raise DomainError(_("这条消息正在发送，请过几分钟再看。"))
    if delivery.state not in (DeliveryState.BEGUN, DeliveryState.FAILED):
        raise DomainError(_("这条消息已经发出或正在排队，请刷新页面。"))
    delivery.state, delivery.attempts, delivery.next_at = DeliveryState.WAITING, 0, clock.now()
    delivery.problem = None
    db.session.flush()
