"""Group chats: the two formats, the signature, whom we write to, the pace, and what becomes of a refusal."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.kernel import clock
from crm.kernel.errors import DomainError
from crm.notices import channels, sending
from crm.notices.chat import check_address, masked
from crm.notices.models import Channel, ChannelKind, Delivery, DeliveryState, NoticeKind
from crm.notices.service import notify
from tests.factories import Park
from tests.integration.notices.conftest import SITE, ChatServer

NOON = datetime(2026, 5, 6, 12, 0, tzinfo=clock.LOCAL)
SECRET = "SEC-of-the-robot"
NEED = [NoticeKind.NEED_RAISED]


def add(park: Park, chat: ChatServer, kind: ChannelKind = ChannelKind.WECOM, **values: object) -> Channel:
    key = "key" if kind is ChannelKind.WECOM else "access_token"
    given = {"organisation_id": park.park.id, "name": "园区企服群", "kinds": NEED, "secret": SECRET, **values}
    return channels.add_channel(actor=park.administrator, kind=kind, address=chat.address(key), **given)  # type: ignore[arg-type]


def raise_need(park: Park, number: int = 1, *, firm_id: int | None = None, need: str = "想找会做ISO的机构") -> None:
    firm_id = park.firm.id if firm_id is None else firm_id
    values = {"firm": "云岭一号", "need": need}
    path = f"/needs/{number}"
    notify([park.officer], NoticeKind.NEED_RAISED, key=f"need {number} raised", path=path, firm_id=firm_id, **values)


def deliveries(session: Session) -> list[Delivery]:
    session.expire_all()
    return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def test_wecom_takes_markdown_at_the_robots_address(session: Session, park: Park, chat: ChatServer) -> None:
    add(park, chat)
    raise_need(park, need="[点我](http://bad.test)<@all> **急**")
    session.commit()
    sending.work()
    sending.work()
    [(path, message)] = chat.taken
    assert path == "/send?key=secret-of-the-robot"
    assert message["msgtype"] == "markdown"
    title, told, link = message["markdown"]["content"].split("\n")
    assert title == "**企业提出的诉求**"
    assert told == "云岭一号提出诉求：［点我］（http：//bad.test）＜＠all＞ ＊＊急＊＊"
    assert link == f"[打开]({SITE}/needs/1)"
    assert [delivery.state for delivery in deliveries(session)] == [DeliveryState.SENT]


def test_dingtalk_takes_markdown_and_its_signature(session: Session, park: Park, chat: ChatServer) -> None:
    add(park, chat, ChannelKind.DINGTALK)
    raise_need(park)
    session.commit()
    with time_machine.travel(clock.now() + timedelta(minutes=1), tick=False):
        sending.work()
        now = round(clock.now().timestamp() * 1000)
    [(path, message)] = chat.taken
    query = parse_qs(urlsplit(path).query)
    assert query["access_token"] == ["secret-of-the-robot"]
    assert query["timestamp"] == [str(now)]
    expected = hmac.new(SECRET.encode(), f"{now}\n{SECRET}".encode(), hashlib.sha256).digest()
    assert query["sign"] == [base64.b64encode(expected).decode()]
    assert message["msgtype"] == "markdown"
    assert message["markdown"]["title"] == "企业提出的诉求"
    assert "云岭一号提出诉求" in message["markdown"]["text"]


def test_a_chat_is_told_of_its_kinds_and_of_firms_in_scope(session: Session, park: Park, chat: ChatServer) -> None:
    add(park, chat, name="园区群")
    add(park, chat, name="区县群", organisation_id=park.county.id)
    add(park, chat, name="别的园区", organisation_id=park.other_park.id)
    add(park, chat, name="只看任务", kinds=[NoticeKind.TASK_GIVEN])
    add(park, chat, name="停用").disabled = True
    raise_need(park)
    raise_need(park)
    told = [delivery.channel.name for delivery in deliveries(session) if delivery.channel is not None]
    assert told == ["园区群", "区县群"]


def test_what_is_about_no_one_firm_goes_to_the_chats_of_those_told(
    session: Session, park: Park, chat: ChatServer
) -> None:
    add(park, chat, kinds=[NoticeKind.FIRMS_HANDED_OVER])
    values = {"by": "经理甲", "taker": "专员甲", "count": 3}
    for number, person in enumerate((park.officer, park.other_officer)):
        notify([person], NoticeKind.FIRMS_HANDED_OVER, key=f"handover {number}", path="/firms", **values)
    assert [delivery.key for delivery in deliveries(session)] == ["handover 0"]


def test_a_message_goes_with_its_cause(session: Session, park: Park, chat: ChatServer) -> None:
    add(park, chat)
    session.commit()
    raise_need(park)
    session.rollback()
    sending.work()
    assert chat.taken == []


def test_a_robot_gets_at_most_twenty_messages_a_minute(session: Session, park: Park, chat: ChatServer) -> None:
    add(park, chat)
    with time_machine.travel(NOON, tick=False) as now:
        for number in range(25):
            raise_need(park, number)
        session.commit()
        sending.work()
        now.shift(timedelta(seconds=59))
        sending.work()
        assert len(chat.taken) == 20
        now.shift(timedelta(seconds=2))
        sending.work()
    assert len(chat.taken) == 25
    assert len({message["markdown"]["content"] for _path, message in chat.taken}) == 25


def test_what_waits_for_others_keeps_no_chat_waiting(session: Session, park: Park, chat: ChatServer) -> None:
    """Hundreds of mails of a system whose mail was switched off, and of another chat that is full."""
    ours, full = add(park, chat), add(park, chat, name="忙的群")
    with time_machine.travel(NOON, tick=False) as now:
        ways = [{"user_id": park.officer.id}, {"channel_id": full.id}]
        session.add_all([Delivery(**way, key=f"test {number}", content={}) for way in ways for number in range(230)])
        session.commit()
        sending.work()
        assert len(chat.taken) == 20
        now.shift(timedelta(seconds=1))
        session.add(Delivery(channel_id=ours.id, key="test", content={}))
        session.commit()
        sending.work()
    assert len(chat.taken) == 21


# --- what goes wrong ---------------------------------------------------------------------------------------------------


def send(session: Session, park: Park, chat: ChatServer) -> Delivery:
    add(park, chat)
    raise_need(park)
    session.commit()
    sending.work()
    [delivery] = deliveries(session)
    return delivery


@pytest.mark.parametrize(
    ("status", "body", "state", "said"),
    [
        (200, b'{"errcode": 93000, "errmsg": "invalid webhook url"}', DeliveryState.FAILED, "93000 invalid webhook"),
        (200, b'{"errcode": 310000, "errmsg": "sign not match"}', DeliveryState.FAILED, "310000 sign not match"),
        (404, b"", DeliveryState.FAILED, "404"),
        (200, b'{"errcode": 45009, "errmsg": "api freq out of limit"}', DeliveryState.WAITING, "45009"),
        (503, b"", DeliveryState.WAITING, "503"),
        (200, b"<html>", DeliveryState.BEGUN, "看不懂"),
    ],
)
def test_the_answer_decides(
    session: Session, park: Park, chat: ChatServer, status: int, body: bytes, state: DeliveryState, said: str
) -> None:
    chat.status, chat.body = status, body
    delivery = send(session, park, chat)
    assert delivery.state is state
    assert said in (delivery.problem or "")


def test_another_address_is_not_followed(session: Session, park: Park, chat: ChatServer) -> None:
    chat.status, chat.location = 302, f"http://127.0.0.1:{chat.port}/elsewhere"
    assert send(session, park, chat).state is DeliveryState.FAILED
    assert len(chat.taken) == 1


def test_a_robot_that_is_away_is_tried_later(app: Flask, session: Session, park: Park, chat: ChatServer) -> None:
    app.config["CHAT_HOSTS"] = frozenset({"127.0.0.1:1"})
    channel = channels.add_channel(
        actor=park.administrator,
        organisation_id=park.park.id,
        kind=ChannelKind.WECOM,
        name="群",
        address="http://127.0.0.1:1/send?key=1",
        secret=None,
        kinds=NEED,
    )
    with time_machine.travel(NOON, tick=False) as now:
        raise_need(park)
        session.commit()
        sending.work()
        [delivery] = deliveries(session)
        assert (delivery.state, delivery.attempts) == (DeliveryState.WAITING, 1)
        app.config["CHAT_HOSTS"] = frozenset({f"127.0.0.1:{chat.port}"})
        channel.address = chat.address("key")
        session.commit()
        now.shift(timedelta(minutes=1))
        sending.work()
    assert len(chat.taken) == 1


def test_a_complaint_does_not_tell_the_address(session: Session, park: Park, chat: ChatServer) -> None:
    channel = add(park, chat)
    channel.address += " 0ec2"
    raise_need(park)
    session.commit()
    sending.work()
    [delivery] = deliveries(session)
    assert delivery.state is DeliveryState.FAILED
    assert "secret-of-the-robot" not in (delivery.problem or "")


def test_what_an_operator_no_longer_allows_is_not_called(
    app: Flask, session: Session, park: Park, chat: ChatServer
) -> None:
    add(park, chat)
    raise_need(park)
    session.commit()
    app.config["CHAT_HOSTS"] = frozenset()
    sending.work()
    assert chat.taken == []
    assert deliveries(session)[0].state is DeliveryState.FAILED


# --- whom we write to --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "https://qyapi.weixin.qq.com.evil.test/cgi-bin/webhook/send?key=1",
        "https://evil.test/?host=qyapi.weixin.qq.com&key=1",
        "https://user@qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1",
        "https://qyapi.weixin.qq.com:8443/cgi-bin/webhook/send?key=1",
        "https://oapi.dingtalk.com/robot/send?access_token=1",
        "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6 7xxx",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6\n7xxx",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=机器人",
        "http://169.254.169.254/latest/meta-data?key=1",
        "http://127.0.0.1:5432/?key=1",
        "file:///etc/passwd?key=1",
        "https://[::1/?key=1",
        "企业微信",
    ],
)
def test_only_the_makers_hosts_are_called(app: Flask, address: str) -> None:
    with app.test_request_context(), pytest.raises(DomainError):
        check_address(ChannelKind.WECOM, address)


def test_the_operator_may_allow_a_host_of_their_own(app: Flask) -> None:
    app.config["CHAT_HOSTS"] = frozenset({"im.example.test", "plain.example.test"})
    with app.test_request_context():
        assert check_address(ChannelKind.WECOM, "https://im.example.test/send?key=1").hostname == "im.example.test"
        with pytest.raises(DomainError):
            check_address(ChannelKind.WECOM, "http://plain.example.test/send?key=1")
    app.config["CHAT_HOSTS"] = frozenset()


def test_an_address_is_masked() -> None:
    shown = masked("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa")
    assert shown == "qyapi.weixin.qq.com … 5aaa"
