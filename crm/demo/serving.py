"""Serving the demonstration: a free port, gunicorn as a child, the background worker beside it, one clean end."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
from types import FrameType

from flask import Flask

from crm.kernel import jobs
from crm.kernel.errors import DomainError

HOST = "127.0.0.1"
PORTS_TRIED = 100
ENDS_WITHIN = 10  # seconds that gunicorn gets to answer what it has begun


def listen(wanted: str) -> socket.socket:
    """A socket on the port wanted, or the next free one. Held from here on, so that nobody takes it meanwhile."""
    if not wanted.isascii() or not wanted.isdigit() or int(wanted) > 65535:
        raise DomainError(f"PORT 应为 0 至 65535 的整数 / must be a whole number from 0 to 65535: {wanted}")
    for port in range(int(wanted), min(int(wanted) + PORTS_TRIED, 65536)):
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
        except OSError as error:
            listening.close()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
        else:
            listening.listen()
            return listening
    raise DomainError(f"端口 {wanted} 之后没有空闲的端口 / no free port from {wanted} on; set PORT")


def serve(app: Flask, listening: socket.socket) -> int:
    """Serve until Ctrl-C or SIGTERM; the exit code is gunicorn's where it ends by itself."""
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, _interrupt)
    stop = jobs.work_in_thread(app)
    command = [sys.executable, "-m", "gunicorn", "app:app", "--bind", f"fd://{listening.fileno()}"]
    options = ["--workers=2", "--threads=4", "--log-level=warning", "--no-control-socket", "--graceful-timeout=5"]
    gunicorn = subprocess.Popen(  # noqa: S603  our own command
        command + options, cwd=app.config["ROOT"], env={**os.environ, "DEMO": "1"}, pass_fds=[listening.fileno()]
    )
    try:
        return gunicorn.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        stop.set()
        _end(gunicorn)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _end(child: subprocess.Popen[bytes]) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child.terminate()
    try:
        child.wait(ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
