"""What the worker does every few seconds: make the digests that are due, and send what waits.

A delivery is taken by one UPDATE that finds it waiting, and committed as begun before it is handed over: of two workers
one gets it, and what a killed one had begun is shown to the administrators and not sent again by itself. No transaction
is open while another server is talked to.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import and_, func, or_, select, update

from config import Mail
from crm.accounts.models import Organisation, User
from crm.accounts.service import link_token
from crm.kernel import clock
from crm.kernel.db import db
from crm.notices import chat, mail
from crm.notices.models import Channel, Delivery, DeliveryState, MailRhythm, Notice, NoticeKind, NoticeSetting
from crm.notices.outcomes import LaterError, RefusedError, UnansweredError
from crm.notices.service import DEFAULT_DIGEST, NOWHERE, in_scope, insert_new, path_of, still_seen
from crm.notices.words import KINDS, sentence

EVERY = timedelta(seconds=5)
AT_ONCE = 20  # deliveries in one go: jobs wait meanwhile
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480))
OLDEST = timedelta(days=7)  # unread longer: in no digest, or it would be all of it when mail is first set up
MINUTE = timedelta(minutes=1)


def work() -> None:
    """Make the digests that are due and send what waits. Commits step by step; outlives whatever another server does."""
    if current_app.config["MAIL"] is not None:
        make_digests()
    send_waiting()


# --- digests ---------------------------------------------------------------------------------------------------------


def make_digests() -> None:
    """One mail a person and day, of what was unread at their time of the day. Whoever has nothing new gets none."""
    today, now = clock.today(), clock.now()
    person = (Notice.user_id, User.firm_id, Organisation.path, NoticeSetting.rhythm, NoticeSetting.digest_at)
    with db.reading() as session:
        waiting = session.execute(
            select(*person, func.min(Notice.at))
            .join(User, User.id == Notice.user_id)
            .outerjoin(Organisation, Organisation.id == User.organisation_id)
            .outerjoin(NoticeSetting, NoticeSetting.user_id == Notice.user_id)
            .where(*_unsent(now), in_scope(User.firm_id, Organisation.path), User.disabled.is_(False))
            .group_by(*person)
        ).all()
        key = f"digest {today.isoformat()}"
        had = set(session.scalars(select(Delivery.user_id).where(Delivery.key == key))) if waiting else set()
    for user_id, firm_id, path, rhythm, digest_at, earliest in waiting:
        moment = datetime.combine(today, digest_at or DEFAULT_DIGEST, clock.LOCAL)
        if rhythm not in (None, MailRhythm.DIGEST) or user_id in had or not earliest < moment <= now:
            continue
        made = insert_new(Delivery, [{"user_id": user_id, "key": key, "at": now, "next_at": now}], "user_id")
        if made:
            theirs = (Notice.user_id == user_id, in_scope(firm_id, path or NOWHERE))
            told = update(Notice).where(*theirs, *_unsent(now), Notice.at < moment)
            taken = db.session.execute(
                told.values(delivery_id=made[0]).returning(Notice.id), execution_options={"synchronize_session": False}
            ).all()
            if not taken:  # read meanwhile
                db.session.rollback()
        db.session.commit()


def _unsent(now: datetime) -> tuple[Any, ...]:
    return (Notice.read_at.is_(None), Notice.delivery_id.is_(None), Notice.mailed, Notice.at > now - OLDEST)


# --- sending ---------------------------------------------------------------------------------------------------------


def send_waiting() -> None:
    """Send what is due, the oldest first, at the pace each chat allows."""
    closed: set[int | None] = {None} if current_app.config["MAIL"] is None else set()
    for _message in range(AT_ONCE):
        way, delivery_id = _next_due(closed)
        if delivery_id is None:
            return
        if not send(delivery_id):
            closed.add(way)


def _next_due(closed: Collection[int | None]) -> tuple[int | None, int | None]:
    """The chat (None: mail) and the id of what has waited longest, without what nothing can be sent by just now.

    The ways that are closed are left out by the database: however much waits for one, the others are not kept waiting.
    """
    full = (
        select(Delivery.channel_id)
        .where(Delivery.channel_id.is_not(None), Delivery.begun_at > clock.now() - MINUTE)
        .group_by(Delivery.channel_id)
        .having(func.count() >= chat.A_MINUTE)
    )
    chats = {way for way in closed if way is not None}
    by_chat = and_(
        Delivery.channel_id.is_not(None), Delivery.channel_id.not_in(full), Delivery.channel_id.not_in(chats)
    )
    open_ways = by_chat if None in closed else or_(Delivery.channel_id.is_(None), by_chat)
    waits = select(Delivery.channel_id, Delivery.id).where(
        Delivery.state == DeliveryState.WAITING, Delivery.next_at <= clock.now(), open_ways
    )
    with db.reading() as session:
        found = session.execute(waits.order_by(Delivery.next_at, Delivery.id).limit(1)).first()
    return (None, None) if found is None else (found.channel_id, found.id)


def send(delivery_id: int) -> bool:
    """Take one delivery and send it, unless another has. False: nothing else can be sent that way just now."""
    if not _take(delivery_id):
        return True
    try:
        hand_over = _composed(delivery_id)
    except RefusedError as error:
        return _keep(delivery_id, DeliveryState.FAILED, str(error))
    except Exception:
        current_app.logger.exception("delivery %s could not be written", delivery_id)
        return _keep(delivery_id, DeliveryState.FAILED, _("消息没有写成，请联系运维查看日志。"))
    try:
        hand_over()
    except LaterError as error:
        return _put_off(delivery_id, error)
    except RefusedError as error:
        return _keep(delivery_id, DeliveryState.FAILED, str(error))
    except UnansweredError as error:
        return _keep(delivery_id, DeliveryState.BEGUN, str(error))
    except Exception:
        current_app.logger.exception("delivery %s broke off", delivery_id)
        return _keep(delivery_id, DeliveryState.BEGUN, _("发送时出错，不知对方是否收到。请联系运维查看日志。"))
    return _keep(delivery_id, DeliveryState.SENT, None)


def _take(delivery_id: int) -> bool:
    """Mark it as begun, and commit that. False where it waits no more."""
    waits = (Delivery.state == DeliveryState.WAITING, Delivery.next_at <= clock.now())
    taken = db.session.scalar(
        update(Delivery)
        .where(Delivery.id == delivery_id, *waits)
        .values(state=DeliveryState.BEGUN, attempts=Delivery.attempts + 1, begun_at=clock.now())
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return taken is not None


def _keep(delivery_id: int, state: DeliveryState, problem: str | None) -> bool:
    """Commit what became of it."""
    sent_at = clock.now() if state is DeliveryState.SENT else None
    _change(delivery_id, state=state, problem=problem, sent_at=sent_at)
    db.session.commit()
    return True


def _change(delivery_id: int, **values: Any) -> None:
    db.session.execute(
        update(Delivery).where(Delivery.id == delivery_id).values(**values).execution_options(synchronize_session=False)
    )


def _put_off(delivery_id: int, error: LaterError) -> bool:
    """Try again after a pause that grows; after the last one it has failed."""
    delivery = db.session.get_one(Delivery, delivery_id, populate_existing=True)
    attempts, channel_id = delivery.attempts, delivery.channel_id
    if attempts > len(PAUSES):
        _change(delivery_id, state=DeliveryState.FAILED, problem=str(error))
    else:
        next_at = clock.now() + PAUSES[attempts - 1]
        _change(delivery_id, state=DeliveryState.WAITING, problem=str(error), next_at=next_at)
    if error.unreachable:  # the others that way need not find out one by one
        others = (Delivery.user_id.is_not(None)) if channel_id is None else (Delivery.channel_id == channel_id)
        pause = update(Delivery).where(others, Delivery.state == DeliveryState.WAITING, Delivery.next_at <= clock.now())
        db.session.execute(pause.values(next_at=clock.now() + PAUSES[0]).execution_options(synchronize_session=False))
    db.session.commit()
    return not error.unreachable


# --- what is sent ----------------------------------------------------------------------------------------------------


def _composed(delivery_id: int) -> Any:
    """The function that hands the message over; nothing it does needs the database."""
    with db.reading() as session:
        delivery = session.get_one(Delivery, delivery_id)
        if delivery.channel is not None:
            return _message(delivery, delivery.channel)
        assert delivery.user is not None
        server: Mail = current_app.config["MAIL"]
        letter = _letter(delivery, delivery.user)
    message = mail.compose(letter, server)
    return lambda: mail.hand_over(message, letter.to, server)


def _message(delivery: Delivery, channel: Channel) -> Any:
    if channel.disabled:
        raise RefusedError(_("这个群机器人已停用。"))
    content, site = delivery.content or {}, current_app.config["PUBLIC_URL"]
    url = site + content["path"] if site and "path" in content else None
    with force_locale("zh"):  # a chat has no language of its own
        if "kind" in content:
            kind = NoticeKind(content["kind"])
            title, text = str(KINDS[kind]), sentence(kind, content["values"], in_chat=True)
        else:
            title, text = _("Tidu 梯度"), _("这是一条测试消息：收到它，说明提醒能送到本群。")
        message = chat.body(channel.kind, title, text, url)
    robot, address, secret = channel.kind, channel.address, channel.secret
    return lambda: chat.hand_over(robot, address, secret, message)


def _letter(delivery: Delivery, user: User) -> mail.Letter:
    if user.disabled:
        raise RefusedError(_("账号已停用。"))
    language = user.language or "zh"
    about: dict[str, Any] = {"delivery_id": delivery.id, "name": user.name, "to": user.email, "language": language}
    if delivery.key.startswith("link "):
        path = path_of("accounts.set_password", token=link_token(user))
        return mail.Letter(**about, link=current_app.config["PUBLIC_URL"] + path)
    session = db.session
    notices = session.scalars(
        select(Notice).where(Notice.delivery_id == delivery.id, still_seen(user)).order_by(Notice.id)
    ).all()
    if not notices:
        raise RefusedError(_("提醒的内容已删除，或已不在此人的管辖范围内。"))
    told = [(notice.kind, notice.values, notice.path) for notice in notices[: mail.MOST_TOLD]]
    digest = delivery.key.startswith("digest ")
    return mail.Letter(**about, notices=told, more=len(notices) - len(told), digest=digest)
