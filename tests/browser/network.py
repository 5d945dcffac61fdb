"""A network between a browser and the served park that can be cut, lose an answer, or hold one back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.parse import urlsplit

SECONDS = 60


class Network:
    """What happens to requests. `posts`: the paths of forms that the server handled, in order."""

    def __init__(self, server: str) -> None:
        self.server = urlsplit(server).netloc
        self.address = ""
        self.up = True
        self.losing = 0  # answers to forms that get lost on their way back
        self.failing = 0  # forms that are answered 500 before the server sees them
        self.holding: Event | None = None  # until it is set, no form is answered
        self.held = Event()
        self.posts: list[str] = []

    def answer(self, request: BaseHTTPRequestHandler) -> tuple[int, list[tuple[str, str]], bytes] | None:
        """The server's answer; None when none arrives."""
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        if not self.up:
            return None
        # A form of the app, not one of the frame (language, sign-in).
        form = request.command == "POST" and request.headers.get("Tidu-Key") is not None
        if form and self.failing:
            self.failing -= 1
            return 500, [], b"the server is in trouble"
        upstream = HTTPConnection(self.server, timeout=SECONDS)
        headers = {name: value for name, value in request.headers.items() if name.lower() != "connection"}
        upstream.request(request.command, request.path, body, headers)
        reply = upstream.getresponse()
        content = reply.read()
        upstream.close()
        if form:
            self.posts.append(request.path)
            if self.holding is not None:
                self.held.set()
                self.holding.wait(SECONDS)
            if self.losing:
                self.losing -= 1
                return None
        dropped = ("connection", "transfer-encoding", "content-length", "server", "date")
        return reply.status, [each for each in reply.getheaders() if each[0].lower() not in dropped], content


@contextmanager
def network_to(server: str) -> Iterator[Network]:
    network = Network(server)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = network.answer(self)
            self.close_connection = True
            if answer is None:
                return
            status, headers, content = answer
            try:
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except ConnectionError:
                return  # the tab that asked is gone

        do_POST = do_HEAD = do_GET

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_arguments: object) -> None:
            """A browser that goes away in the middle is what is tested here."""

    listener = Server(("127.0.0.1", 0), Handler)
    network.address = f"http://127.0.0.1:{listener.server_address[1]}"
    thread = Thread(target=listener.serve_forever, daemon=True)
    thread.start()
    try:
        yield network
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()
