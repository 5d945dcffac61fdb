"""Mail: what it says, when it comes, what becomes of it when the server will not have it; never twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import ROOT, Settings, SettingsError
from crm.accounts.models import User
from crm.kernel import clock, migrate
from crm.kernel.db import db
from crm.notices import channels, sending
from crm.notices.models import Delivery, DeliveryState, MailRhythm, Notice, NoticeKind
from crm.notices.service import notify, save_setting
from tests.factories import Park, build_park
from tests.integration.notices.conftest import SITE, MailServer

MORNING = datetime(2026, 5, 6, 7, 0, tzinfo=clock.LOCAL)


def tell(user: User, key: str = "task 1", task: str = "送政策汇编") -> None:
    notify([user], NoticeKind.TASK_GIVEN, key=key, path="/tasks", by="经理甲", task=task)
    db.session.commit()


def visit(user: User, key: str = "visit 1") -> None:
    day = date(2026, 5, 8)
    notify([user], NoticeKind.VISIT_PLANNED, key=key, path="/visits/1", by="专员乙", on=day, firm="<b>云岭</b>一号")
    db.session.commit()


@pytest.fixture
def eager(session: Session, park: Park, mail: MailServer) -> User:
    """The officer, who wishes to have a mail at once."""
    save_setting(park.officer, rhythm=MailRhythm.AT_ONCE, digest_at=time(8))
    session.commit()
    return park.officer


def only(session: Session) -> Delivery:
    session.expire_all()
    return session.scalars(select(Delivery)).one()


def texts(mail: MailServer, number: int = 0) -> tuple[str, str]:
    message = mail.taken[number]
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None and html is not None
    return plain.get_content(), html.get_content()


def test_a_mail_says_what_happened_and_where_to_see_to_it(session: Session, eager: User, mail: MailServer) -> None:
    visit(eager)
    sending.work()
    assert mail.recipients == [eager.email]
    message = mail.taken[0]
    assert message["Subject"] == "专员乙计划于2026年5月8日走访<b>云岭</b>一号"
    assert message["From"] == "Tidu 梯度 <notices@tidu.example.test>"
    assert message["Message-ID"] == f"<delivery-{only(session).id}@tidu.example.test>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] == f"<{SITE}/notices/settings>"
    plain, html = texts(mail)
    assert f"{SITE}/visits/1" in plain and "<b>云岭</b>一号" in plain
    assert f'<a href="{SITE}/visits/1">' in html and "&lt;b&gt;云岭" in html
    assert only(session).state is DeliveryState.SENT


def test_a_mail_is_in_its_readers_language(session: Session, eager: User, mail: MailServer) -> None:
    eager.language = "en"
    visit(eager)
    sending.work()
    assert "8 May 2026" in mail.taken[0]["Subject"]
    assert mail.taken[0]["Content-Language"] == "en"
    assert '<html lang="en">' in texts(mail)[1]


def test_nothing_is_sent_before_the_commit_nor_without_it(session: Session, eager: User, mail: MailServer) -> None:
    notify([eager], NoticeKind.TASK_GIVEN, key="task 1", path="/tasks", by="经理甲", task="送政策汇编")
    session.rollback()
    sending.work()
    assert mail.taken == []


def test_without_a_mail_server_nothing_waits_to_be_sent(session: Session, park: Park) -> None:
    save_setting(park.officer, rhythm=MailRhythm.AT_ONCE, digest_at=time(8))
    tell(park.officer)
    sending.work()
    assert session.scalars(select(Delivery)).all() == []


def test_who_wants_no_mail_gets_none(session: Session, park: Park, mail: MailServer) -> None:
    save_setting(park.officer, rhythm=MailRhythm.NONE, digest_at=time(8))
    with time_machine.travel(MORNING, tick=False) as now:
        tell(park.officer)
        now.shift(timedelta(days=2))
        sending.work()
    assert mail.taken == []


# --- digests ---------------------------------------------------------------------------------------------------------


def test_a_digest_comes_once_a_day_at_its_time(session: Session, park: Park, mail: MailServer) -> None:
    with time_machine.travel(MORNING, tick=False) as now:
        visit(park.officer)
        tell(park.officer, "task 1", "送政策汇编")
        tell(park.officer, "task 2", "核对研发费用")
        now.move_to(MORNING.replace(minute=59))
        sending.work()
        assert mail.taken == []
        now.move_to(MORNING.replace(hour=8))
        sending.work()
        sending.work()
        assert len(mail.taken) == 1
        tell(park.officer, "task 3", "下午的事")
        save_setting(park.officer, rhythm=MailRhythm.DIGEST, digest_at=time(17))
        session.commit()
        now.move_to(MORNING.replace(hour=18))
        sending.work()
        assert len(mail.taken) == 1, "changing the time makes no second digest on the day"
        now.move_to(MORNING.replace(hour=16) + timedelta(days=1))
        sending.work()
        assert len(mail.taken) == 1
        now.move_to(MORNING.replace(hour=17) + timedelta(days=1))
        sending.work()
        now.shift(timedelta(days=1))
        sending.work()
    assert len(mail.taken) == 2, "nothing new, no mail"
    first, second = texts(mail)[0], texts(mail, 1)[0]
    assert "3 条" in mail.taken[0]["Subject"]
    assert first.index("【新交办的任务】") < first.index("送政策汇编") < first.index("核对研发费用")
    assert first.index("核对研发费用") < first.index("【计划中的走访】")
    assert "下午的事" in second and "核对研发费用" not in second


def test_what_was_read_is_in_no_digest(session: Session, park: Park, mail: MailServer) -> None:
    with time_machine.travel(MORNING, tick=False) as now:
        tell(park.officer)
        session.scalars(select(Notice)).one().read_at = clock.now()
        session.commit()
        now.shift(timedelta(hours=2))
        sending.work()
    assert mail.taken == []


def test_what_comes_after_the_days_time_waits_for_the_next_day(session: Session, park: Park, mail: MailServer) -> None:
    with time_machine.travel(MORNING.replace(hour=9), tick=False) as now:
        tell(park.officer)
        now.shift(timedelta(hours=9))
        sending.work()
        assert mail.taken == []
        now.move_to(MORNING.replace(hour=8) + timedelta(days=1))
        sending.work()
    assert len(mail.taken) == 1


def test_a_long_digest_tells_how_many_more_there_are(session: Session, park: Park, mail: MailServer) -> None:
    with time_machine.travel(MORNING, tick=False) as now:
        for number in range(53):
            tell(park.officer, f"task {number}")
        now.shift(timedelta(hours=2))
        sending.work()
    assert "53 条" in mail.taken[0]["Subject"]
    assert "还有 3 条" in texts(mail)[0]


# --- what goes wrong ---------------------------------------------------------------------------------------------------


def test_a_server_that_is_busy_is_asked_again_later(session: Session, eager: User, mail: MailServer) -> None:
    mail.verdict = "451 try again"
    with time_machine.travel(MORNING, tick=False) as now:
        tell(eager)
        sending.work()
        waits = only(session)
        assert (waits.state, waits.attempts) == (DeliveryState.WAITING, 1)
        assert "451 try again" in (waits.problem or "")
        sending.work()
        assert only(session).attempts == 1, "not before the pause is over"
        mail.verdict = "250 taken"
        now.shift(timedelta(minutes=1))
        sending.work()
        assert only(session).state is DeliveryState.SENT
    assert len(mail.taken) == 1


def test_after_the_longest_pause_it_has_failed(session: Session, eager: User, mail: MailServer) -> None:
    mail.answer = "450 mailbox busy"
    tried = []
    with time_machine.travel(MORNING, tick=False) as now:
        tell(eager)
        for _minute in range(24 * 60):
            before = only(session).attempts
            sending.send_waiting()
            if only(session).attempts > before:
                tried.append(clock.now() - MORNING.astimezone(UTC))
            if only(session).state is DeliveryState.FAILED:
                break
            now.move_to(only(session).next_at)
    minutes = [int(moment.total_seconds() // 60) for moment in tried]
    assert minutes == [0, 1, 6, 36, 156, 636]
    assert "450 mailbox busy" in (only(session).problem or "")


def test_a_refused_recipient_is_not_tried_again(session: Session, eager: User, mail: MailServer) -> None:
    mail.answer = "550 no such mailbox"
    tell(eager)
    sending.work()
    assert only(session).state is DeliveryState.FAILED
    assert "550 no such mailbox" in (only(session).problem or "")


def test_a_server_that_hangs_up_may_have_taken_it(session: Session, eager: User, mail: MailServer) -> None:
    mail.verdict = None
    tell(eager)
    sending.work()
    mail.verdict = "250 taken"
    sending.work()
    assert only(session).state is DeliveryState.BEGUN
    assert len(mail.taken) == 1
    channels.resend(only(session))
    session.commit()
    sending.work()
    assert only(session).state is DeliveryState.SENT
    assert [message["Message-ID"] for message in mail.taken] == [mail.taken[0]["Message-ID"]] * 2


def test_a_server_that_is_away_stops_neither_worker_nor_mail(
    app: Flask, session: Session, eager: User, mail: MailServer
) -> None:
    here = mail.settings()
    with time_machine.travel(MORNING, tick=False) as now:
        for number in range(3):
            tell(eager, f"task {number}")
        app.config["MAIL"] = replace(here, port=1)
        sending.work()
        tried = sum(delivery.attempts for delivery in session.scalars(select(Delivery)))
        assert tried == 1, "one finds out, the others wait"
        app.config["MAIL"] = here
        now.shift(timedelta(minutes=1))
        sending.work()
    assert len(mail.taken) == 3


def test_a_closed_account_gets_no_mail(session: Session, eager: User, mail: MailServer) -> None:
    tell(eager)
    eager.disabled = True
    session.commit()
    sending.work()
    assert only(session).state is DeliveryState.FAILED
    assert mail.taken == []


# --- never twice -------------------------------------------------------------------------------------------------------


@pytest.fixture
def apart(fresh_app: Callable[[], Flask], mail_server: MailServer) -> Flask:
    """The app on a database of its own, with real commits; the officer has ten mails coming."""
    app = fresh_app()
    app.config.update(MAIL=mail_server.settings(), PUBLIC_URL=SITE)
    with app.app_context():
        migrate.upgrade()
        officer = build_park(db.session).officer
        save_setting(officer, rhythm=MailRhythm.AT_ONCE, digest_at=time(8))
        for number in range(10):
            tell(officer, f"task {number}", f"第{number}件")
    return app


def test_two_workers_at_once_send_each_mail_once(apart: Flask, mail_server: MailServer) -> None:
    both = threading.Barrier(2)
    raised: list[BaseException] = []

    def work() -> None:
        try:
            with apart.app_context():
                db.be_patient()
                both.wait()
                sending.work()
        except BaseException as error:
            raised.append(error)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert raised == []
    assert len(mail_server.taken) == 10
    assert len({message["Message-ID"] for message in mail_server.taken}) == 10


def test_what_a_killed_worker_had_begun_is_not_sent_again_by_itself(apart: Flask, mail_server: MailServer) -> None:
    program = (
        "import time_machine\nfrom app import app\nfrom crm.notices import sending\n"
        f"with time_machine.travel({clock.now().timestamp()}), app.app_context():\n    sending.work()"  # as late as here
    )
    environment = {
        **os.environ,
        "DATABASE_URL": apart.config["DATABASE_URL"],
        "SECRET_KEY": "0123456789abcdef0123456789abcdef0123",
        "MAIL_HOST": "127.0.0.1",
        "MAIL_PORT": str(mail_server.port),
        "MAIL_TLS": "none",
        "MAIL_FROM": "notices@tidu.example.test",
        "PUBLIC_URL": SITE,
    }
    started: list[subprocess.Popen[bytes]] = []
    known = threading.Event()

    def kill() -> None:
        known.wait()
        started[0].send_signal(signal.SIGKILL)
        started[0].wait()

    mail_server.meanwhile, mail_server.verdict = kill, None
    started.append(subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=environment))
    known.set()
    assert started[0].wait() == -signal.SIGKILL
    mail_server.meanwhile, mail_server.verdict = lambda: None, "250 taken"
    with apart.app_context():
        sending.work()
        sending.work()
        states = [delivery.state for delivery in db.session.scalars(select(Delivery).order_by(Delivery.id))]
    assert states == [DeliveryState.BEGUN] + [DeliveryState.SENT] * 9
    assert len({message["Message-ID"] for message in mail_server.taken}) == len(mail_server.taken) == 10


# --- settings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"MAIL_TLS": "ssl"}, "MAIL_TLS"),
        ({"MAIL_PORT": "mail"}, "MAIL_PORT"),
        ({"MAIL_FROM": ""}, "MAIL_FROM"),
        ({"PUBLIC_URL": ""}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "tidu.example.test"}, "PUBLIC_URL"),
    ],
)
def test_mail_settings_that_cannot_work_are_refused(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], said: str
) -> None:
    right = {"MAIL_HOST": "127.0.0.1", "MAIL_FROM": "a@example.test", "PUBLIC_URL": SITE}
    for name, value in {**right, **given}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=said):
        Settings.from_environment()


def test_mail_is_off_without_a_host_and_has_the_usual_port_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAIL_HOST", raising=False)
    assert Settings.from_environment().mail is None
    for name, value in (
        ("MAIL_HOST", "mail.example.test"),
        ("MAIL_FROM", "a@example.test"),
        ("PUBLIC_URL", SITE + "/"),
    ):
        monkeypatch.setenv(name, value)
    settings = Settings.from_environment()
    assert settings.mail is not None
    assert (settings.mail.port, settings.mail.tls, settings.public_url) == (587, "starttls", SITE)
