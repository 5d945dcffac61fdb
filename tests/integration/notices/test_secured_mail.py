"""Mail over a secured line with a name and a password, against a server with a certificate made for the test."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from aiosmtpd.smtp import Session as Talk
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from config import Mail
from crm.accounts.models import User
from crm.notices import sending
from crm.notices.models import Delivery, DeliveryState, MailRhythm, NoticeKind
from crm.notices.service import notify, save_setting
from tests.factories import Park
from tests.integration.notices.conftest import SITE, Listening, MailServer

# The server says so of a line that is secured from its first byte, too.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")

Serve = Callable[[str], MailServer]
NAME, PASSWORD = "tidu", "correct-horse"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file with key and certificate, for 127.0.0.1."""
    made = tmp_path_factory.mktemp("certificate") / "server.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    command = ["openssl", "req", *kind, *subject, "-keyout", str(made), "-out", "-"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    made.write_text(made.read_text() + printed)
    return made


def may_in(_server: SMTP, _talk: Talk, _envelope: Envelope, _way: str, given: object) -> AuthResult:
    assert isinstance(given, LoginPassword)
    right = (given.login, given.password) == (NAME.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=right)  # not handled: the server itself says 535


@pytest.fixture
def serve(app: Flask, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Start a server that takes mail only on a secured line and from who signed in; the app is to use it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    here = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    here.load_cert_chain(certificate)
    started = []

    def start(tls: str) -> MailServer:
        server = MailServer()
        line = {"ssl_context": here} if tls == "tls" else {"tls_context": here, "require_starttls": True}
        signing = {"authenticator": may_in, "auth_required": True, "auth_require_tls": tls == "starttls"}
        controller = Listening(server, **line, **signing)
        controller.start()
        started.append(controller)
        app.config.update(MAIL=settings(server, tls), PUBLIC_URL=SITE)
        return server

    yield start
    for controller in started:
        controller.stop()
    app.config.update(MAIL=None, PUBLIC_URL=None)


def settings(server: MailServer, tls: str) -> Mail:
    return replace(server.settings(), tls=tls, user=NAME, password=PASSWORD)


def send(session: Session, person: User) -> Delivery:
    save_setting(person, rhythm=MailRhythm.AT_ONCE, digest_at=time(8))
    notify([person], NoticeKind.TASK_GIVEN, key="task 1", path="/tasks", by="经理甲", task="送政策汇编")
    session.commit()
    sending.work()
    session.expire_all()
    return session.scalars(select(Delivery)).one()


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_mail_goes_on_a_secured_line_under_a_name(session: Session, park: Park, serve: Serve, tls: str) -> None:
    server = serve(tls)
    delivery = send(session, park.officer)
    assert (delivery.state, delivery.problem) == (DeliveryState.SENT, None)
    assert server.recipients == [park.officer.email]


def test_a_wrong_password_is_told_the_administrator_and_mail_waits(
    app: Flask, session: Session, park: Park, serve: Serve
) -> None:
    server = serve("starttls")
    app.config["MAIL"] = replace(settings(server, "starttls"), password="密码")
    assert send(session, park.officer).state is DeliveryState.WAITING
    app.config["MAIL"] = replace(settings(server, "starttls"), password="wrong-password")
    session.scalars(select(Delivery)).one().next_at = session.scalars(select(Delivery)).one().at
    session.commit()
    sending.work()
    session.expire_all()
    delivery = session.scalars(select(Delivery)).one()
    assert delivery.state is DeliveryState.WAITING
    assert "535" in (delivery.problem or "") and "wrong-password" not in (delivery.problem or "")
    assert server.taken == []


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_server_nobody_vouches_for_gets_no_mail(
    session: Session, park: Park, serve: Serve, tls: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(tls)
    monkeypatch.delenv("SSL_CERT_FILE")
    delivery = send(session, park.officer)
    assert delivery.state is DeliveryState.WAITING
    assert "CERTIFICATE_VERIFY_FAILED" in (delivery.problem or "")
    assert server.taken == []


def test_a_line_that_cannot_be_secured_gets_neither_password_nor_mail(
    app: Flask, session: Session, park: Park, mail: MailServer
) -> None:
    app.config["MAIL"] = settings(mail, "starttls")
    delivery = send(session, park.officer)
    assert delivery.state is DeliveryState.WAITING and "STARTTLS" in (delivery.problem or "")
    assert mail.taken == []


def test_a_sender_that_is_not_let_in_loses_no_mail(app: Flask, session: Session, park: Park, serve: Serve) -> None:
    server = serve("tls")
    app.config["MAIL"] = replace(settings(server, "tls"), user=None, password=None)
    delivery = send(session, park.officer)
    assert delivery.state is DeliveryState.WAITING, "530: it is our own settings, and every mail would be lost by them"
    assert "530" in (delivery.problem or "")
