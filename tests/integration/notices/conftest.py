"""Real servers on this machine that take what is sent: one for mail, one for robots of group chats."""

from __future__ import annotations

import json
import socket
import threading
from asyncio import AbstractServer
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask

from config import Mail

SITE = "https://tidu.example.test"


@dataclass
class MailServer:
    """Keeps what it takes. `answer` is what it says to a recipient, `verdict` to a mail; `meanwhile` runs before that."""

    port: int = 0
    answer: str = "250 OK"
    verdict: str | None = "250 taken"  # None: it hangs up without a word
    meanwhile: Callable[[], None] = lambda: None
    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.meanwhile()
        if self.verdict is None or self.verdict.startswith("250"):
            self.recipients.extend(envelope.rcpt_tos)
            message = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(message, EmailMessage)
            self.taken.append(message)
        if self.verdict is None:
            server.transport.abort()
        return self.verdict or ""

    def settings(self) -> Mail:
        return Mail(host="127.0.0.1", port=self.port, tls="none", sender="Tidu 梯度 <notices@tidu.example.test>")


class Listening(Controller):
    """Serves on a free port that it holds from the first moment; a loaded machine may take long to start it."""

    def __init__(self, taker: MailServer, **options: Any) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        taker.port = self.listening.getsockname()[1]
        super().__init__(taker, hostname="127.0.0.1", port=taker.port, ready_timeout=60, **options)

    def _create_server(self) -> Coroutine[Any, Any, AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self.listening, ssl=self.ssl_context)


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    controller = Listening(server)
    controller.start()
    yield server
    controller.stop()


@pytest.fixture
def mail(app: Flask, mail_server: MailServer) -> Iterator[MailServer]:
    """The app sends its mail to that server."""
    app.config.update(MAIL=mail_server.settings(), PUBLIC_URL=SITE)
    yield mail_server
    app.config.update(MAIL=None, PUBLIC_URL=None)


@dataclass
class ChatServer:
    """Keeps what is posted to it, path and message, and answers with `status` and `body`."""

    port: int = 0
    status: int = 200
    body: bytes = b'{"errcode": 0, "errmsg": "ok"}'
    location: str | None = None
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def address(self, key: str) -> str:
        return f"http://127.0.0.1:{self.port}/send?{key}=secret-of-the-robot"


@pytest.fixture
def chat(app: Flask) -> Iterator[ChatServer]:
    """A robot on this machine that the operator has allowed."""
    state = ChatServer()

    class Robot(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            state.taken.append((self.path, json.loads(content)))
            self.send_response(state.status)
            if state.location is not None:
                self.send_header("Location", state.location)
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, *_arguments: Any) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Robot)
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    app.config.update(CHAT_HOSTS=frozenset({f"127.0.0.1:{state.port}"}), PUBLIC_URL=SITE)
    yield state
    app.config.update(CHAT_HOSTS=frozenset(), PUBLIC_URL=None)
    server.shutdown()
    server.server_close()
    thread.join()
