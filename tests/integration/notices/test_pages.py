"""The pages: the bell, one's own notices, how one is told, the administrators' chats and messages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.kernel import clock
from crm.kernel.audit import Change
from crm.notices import sending
from crm.notices.models import Channel, Delivery, DeliveryState, MailRhythm, Notice, NoticeKind, NoticeSetting
from crm.notices.service import notify
from tests.factories import Park
from tests.integration.notices.conftest import SITE, ChatServer, MailServer
from tests.pages import check_page, text_of
from tests.queries import count_queries

SignIn = Callable[[User | None], FlaskClient]


def tell(user: User, number: int = 1) -> None:
    notify(
        [user],
        NoticeKind.TASK_GIVEN,
        key=f"task {number}",
        path=f"/visits?task={number}",
        by="经理甲",
        task=f"第{number}件",
    )


def test_the_bell_says_how_many_are_unread(session: Session, park: Park, sign_in: SignIn) -> None:
    client = sign_in(park.officer)
    assert 'aria-label="提醒"' in client.get("/account").text
    for number in range(3):
        tell(park.officer, number)
    answer = client.get("/account")
    assert 'aria-label="提醒，3 条未读"' in answer.text
    with count_queries(session) as statements:
        client.get("/account")
    assert sum("FROM notice" in statement for statement in statements) == 1


def test_unread_ones_come_first_and_opening_one_reads_it(session: Session, park: Park, sign_in: SignIn) -> None:
    client = sign_in(park.officer)
    assert "还没有提醒" in text_of(check_page(client.get("/notices")))
    for number in (1, 2):
        tell(park.officer, number)
    newest = session.scalars(select(Notice).order_by(Notice.id.desc())).first()
    assert newest is not None
    client.get("/notices")
    assert newest.read_at is None, "looking at the list reads nothing"
    answer = client.post(f"/notices/{newest.id}/open")
    assert answer.location == "/visits?task=2"
    page = text_of(check_page(client.get("/notices")))
    assert page.index("第1件") < page.index("看过的") < page.index("第2件")


def test_what_is_about_a_firm_that_went_elsewhere_is_shown_no_more(
    session: Session, park: Park, sign_in: SignIn, mail: MailServer
) -> None:
    with time_machine.travel(clock.now().replace(hour=0), tick=False) as now:
        for number, firm_id in enumerate((park.firm.id, None)):
            need = {"firm": "云岭一号", "need": f"第{number}件"}
            notify([park.officer], NoticeKind.NEED_RAISED, key=f"{number}", path="/", firm_id=firm_id, **need)
        park.firm.organisation_id = park.other_park.id
        session.commit()
        client = sign_in(park.officer)
        assert 'aria-label="提醒，1 条未读"' in client.get("/account").text
        page = text_of(check_page(client.get("/notices")))
        assert "第1件" in page and "第0件" not in page
        now.shift(timedelta(days=1))
        sending.work()
    [letter] = mail.taken
    plain = letter.get_body(("plain",))
    assert plain is not None
    assert "第1件" in plain.get_content() and "第0件" not in plain.get_content()


def test_all_that_were_shown_are_read_at_once(session: Session, park: Park, sign_in: SignIn) -> None:
    client = sign_in(park.officer)
    tell(park.officer, 1)
    tell(park.manager, 1)
    tell(park.officer, 2)
    shown = session.scalars(
        select(Notice.id).where(Notice.user_id == park.officer.id).order_by(Notice.id.desc())
    ).first()
    tell(park.officer, 3)
    client.post("/notices/read", data={"up_to": shown})
    unread = select(Notice.user_id, Notice.key).where(Notice.read_at.is_(None)).order_by(Notice.id)
    assert [tuple(row) for row in session.execute(unread)] == [(park.manager.id, "task 1"), (park.officer.id, "task 3")]


def test_nobody_opens_anothers_notice(session: Session, park: Park, sign_in: SignIn) -> None:
    tell(park.officer)
    notice = session.scalars(select(Notice)).one()
    assert sign_in(park.manager).post(f"/notices/{notice.id}/open").status_code == 404
    assert notice.read_at is None


def test_each_chooses_how_to_be_told(session: Session, park: Park, sign_in: SignIn) -> None:
    for person in (park.officer, park.firm_user):
        client = sign_in(person)
        assert "还没有设置发信服务器" in text_of(check_page(client.get("/notices/settings")))
        client.post("/notices/settings", data={"rhythm": "at_once", "digest_at": "17:30"})
        kept = session.get_one(NoticeSetting, person.id)
        assert (kept.rhythm, kept.digest_at.isoformat("minutes")) == (MailRhythm.AT_ONCE, "17:30")
        answer = client.post("/notices/settings", data={"rhythm": "digest", "digest_at": "25:00"})
        assert "不是时间" in answer.text
        session.expire_all()
        assert session.get_one(NoticeSetting, person.id).rhythm is MailRhythm.AT_ONCE


def test_each_chooses_which_kinds_come_by_mail(session: Session, park: Park, sign_in: SignIn, mail: MailServer) -> None:
    client = sign_in(park.officer)
    boxes = [box for box in check_page(client.get("/notices/settings")).iter("input") if box.get("name") == "mailed"]
    assert len(boxes) == len(NoticeKind)
    assert all(box.get("checked") is not None for box in boxes)
    kinds = [kind.value for kind in NoticeKind if kind is not NoticeKind.TASK_GIVEN]
    about = {"firm": park.firm.name, "need": "缺流动资金"}
    for rhythm, arrived in (("at_once", 1), ("digest", 2)):
        client.post("/notices/settings", data={"rhythm": rhythm, "digest_at": "08:00", "mailed": kinds})
        with time_machine.travel(clock.now().replace(hour=20) + timedelta(days=arrived), tick=False) as now:
            tell(park.officer, arrived)
            notify([park.officer], NoticeKind.NEED_RAISED, key=f"need {arrived}", path="/needs", **about)
            session.commit()
            now.shift(timedelta(hours=8))
            sending.work()
        assert len(mail.taken) == arrived
        assert "缺流动资金" in body(mail.taken[-1])
        assert "交给您一项任务" not in body(mail.taken[-1])
    boxes = [box for box in check_page(client.get("/notices/settings")).iter("input") if box.get("name") == "mailed"]
    assert [box.get("value") for box in boxes if box.get("checked") is None] == ["task_given"]
    assert "第2件" in text_of(check_page(client.get("/notices")))


def body(letter: EmailMessage) -> str:
    plain = letter.get_body(("plain",))
    assert plain is not None
    return plain.get_content()


# --- links to set a password -------------------------------------------------------------------------------------------


def test_a_link_goes_to_its_person_and_is_kept_nowhere(
    session: Session, park: Park, sign_in: SignIn, mail: MailServer
) -> None:
    page = sign_in(park.administrator).post(f"/users/{park.officer.id}/link")
    assert "链接也会发到" in page.text
    sending.work()
    plain = mail.taken[0].get_body(("plain",))
    assert plain is not None
    [link] = [line for line in plain.get_content().splitlines() if line.startswith(f"{SITE}/set-password/")]
    token = link.rpartition("/")[2]
    kept = session.scalars(select(Delivery)).one()
    assert token not in f"{kept.key} {kept.content} {kept.problem}"
    answer = sign_in(None).get(link.removeprefix(SITE))
    assert answer.status_code == 200 and park.officer.email in answer.text


def test_without_mail_a_link_is_only_shown(session: Session, park: Park, sign_in: SignIn) -> None:
    page = sign_in(park.administrator).post(f"/users/{park.officer.id}/link")
    assert "/set-password/" in page.text and "链接也会发到" not in page.text
    assert session.scalars(select(Delivery)).all() == []


# --- chats -------------------------------------------------------------------------------------------------------------


def form(park: Park, address: str, **values: object) -> dict[str, object]:
    given = {"organisation_id": park.park.id, "kind": "wecom", "name": "园区企服群", "address": address}
    return {**given, "kinds": ["need_raised"], **values}


def test_an_administrator_adds_a_chat_and_tries_it(
    session: Session, park: Park, sign_in: SignIn, chat: ChatServer
) -> None:
    client = sign_in(park.administrator)
    assert "还没有群机器人" in text_of(check_page(client.get("/notices/channels")))
    strange = client.post("/notices/channels/new", data=form(park, "https://evil.test/?key=1"))
    assert "只能填" in text_of(check_page(strange))
    client.post("/notices/channels/new", data=form(park, chat.address("key")))
    channel = session.scalars(select(Channel)).one()
    client.post(f"/notices/channels/{channel.id}/test")
    sending.work()
    assert "这是一条测试消息" in chat.taken[0][1]["markdown"]["content"]
    page = client.get(f"/notices/channels/{channel.id}")
    assert "测试消息" in text_of(check_page(page)) and "已发送" in page.text
    for shown in (page, client.get("/notices/channels")):
        assert "secret-of-the-robot" not in shown.text


def test_an_address_left_blank_stays_and_its_secret_with_it(session: Session, park: Park, sign_in: SignIn) -> None:
    client = sign_in(park.administrator)
    address = "https://oapi.dingtalk.com/robot/send?access_token=1"
    client.post("/notices/channels/new", data=form(park, address, kind="dingtalk", secret="SEC1"))
    channel = session.scalars(select(Channel)).one()
    client.post(f"/notices/channels/{channel.id}", data={"name": "新名字", "kinds": ["task_given"], "version": "1"})
    session.expire_all()
    assert (channel.name, channel.address, channel.secret) == ("新名字", address, "SEC1")
    assert channel.kinds == ["task_given"]
    told = session.scalars(select(Change).where(Change.entity == "channel")).all()
    assert told and not any("access_token" in f"{change.old} {change.new}" for change in told)


def test_who_opened_a_chat_before_another_changed_it_is_told(session: Session, park: Park, sign_in: SignIn) -> None:
    client = sign_in(park.administrator)
    address = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1"
    client.post("/notices/channels/new", data=form(park, address))
    channel = session.scalars(select(Channel)).one()
    path = f"/notices/channels/{channel.id}"
    assert 'name="version" type="hidden" value="1"' in client.get(path).text
    client.post(path, data={"name": "企服群", "kinds": ["need_raised", "task_due"], "version": "1"})
    answer = client.post(path, data={"name": "企服群", "kinds": ["need_raised"], "disabled": "y", "version": "1"})
    page = text_of(check_page(answer))
    assert "别人刚刚保存过" in page and "企业提出的诉求、到期的任务" in page
    session.expire_all()
    assert (channel.disabled, channel.kinds) == (False, ["need_raised", "task_due"])


def test_a_chat_needs_at_least_one_kind(session: Session, park: Park, sign_in: SignIn) -> None:
    address = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1"
    answer = sign_in(park.administrator).post("/notices/channels/new", data=form(park, address, kinds=[]))
    assert "请至少选一类提醒" in answer.text
    assert session.scalars(select(Channel)).all() == []


def test_what_did_not_arrive_is_shown_and_sent_again(
    session: Session, park: Park, sign_in: SignIn, chat: ChatServer
) -> None:
    client = sign_in(park.administrator)
    client.post("/notices/channels/new", data=form(park, chat.address("key")))
    channel = session.scalars(select(Channel)).one()
    chat.body = b'{"errcode": 93000, "errmsg": "invalid webhook url"}'
    client.post(f"/notices/channels/{channel.id}/test")
    sending.work()
    delivery = session.scalars(select(Delivery)).one()
    page = text_of(check_page(client.get("/notices/deliveries")))
    assert "园区企服群" in page and "invalid webhook url" in page and "再发一次" in page
    assert "invalid webhook" not in sign_in(park.other_administrator).get("/notices/deliveries").text
    chat.body = b'{"errcode": 0, "errmsg": "ok"}'
    client.post(f"/notices/deliveries/{delivery.id}/resend")
    sending.work()
    session.expire_all()
    assert delivery.state is DeliveryState.SENT
    assert "没有未送到的消息" in text_of(check_page(client.get("/notices/deliveries")))
    assert "测试消息" in text_of(check_page(client.get("/notices/deliveries?all=1")))


def test_what_is_under_way_is_not_sent_again(session: Session, park: Park, sign_in: SignIn, chat: ChatServer) -> None:
    client = sign_in(park.administrator)
    client.post("/notices/channels/new", data=form(park, chat.address("key")))
    channel = session.scalars(select(Channel)).one()
    begun = Delivery(channel_id=channel.id, key="test 1", content={}, state=DeliveryState.BEGUN, begun_at=clock.now())
    session.add(begun)
    session.commit()
    answer = client.post(f"/notices/deliveries/{begun.id}/resend")
    assert answer.status_code == 400 and "正在发送" in answer.text
    with time_machine.travel(clock.now() + timedelta(minutes=6)):
        client.post(f"/notices/deliveries/{begun.id}/resend")
    session.expire_all()
    assert begun.state is DeliveryState.WAITING
