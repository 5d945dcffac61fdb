"""Resident memory of a real worker after it served the pages."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from random import Random

from flask import Flask
from sqlalchemy import select

from config import ROOT
from crm.firms.models import Firm
from crm.kernel.db import db
from tests.bench.pages import COMMON, RARE
from tests.bench.people import SECRET, cookie_of
from tests.bench.table import Figure, Line
from tests.postgres import free_port

MEGABYTES = 150
ROUNDS = 40


def measure(app: Flask, url: str, files: Path) -> Line:
    """Serve lists, searches, firm pages and the funnel from one gunicorn worker; its resident memory then."""
    cookie = cookie_of(app, "manager")
    with app.app_context():
        firms = Random(2).sample(db.session.scalars(select(Firm.id)).all(), ROUNDS)
    port = free_port()
    environment = {**os.environ, "DATABASE_URL": url, "SECRET_KEY": SECRET, "FILES_DIR": str(files)}
    command = [sys.executable, "-m", "gunicorn", "--workers", "1", "--bind", f"127.0.0.1:{port}", "app:app"]
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    try:
        words = (*COMMON, *RARE)
        await_server(port)
        for turn, firm_id in enumerate(firms):
            word = urllib.request.quote(words[turn % len(words)])
            for path in (f"/firms?q={word}", "/firms", f"/firms/{firm_id}", f"/firms/{firm_id}/next", "/funnel"):
                get(port, path, cookie)
        resident = max(resident_megabytes(process) for process in children(server.pid))
    finally:
        server.terminate()
        server.wait()
    return Line("memory of a worker", {"MB": Figure(resident, target=MEGABYTES)})


def get(port: int, path: str, cookie: str = "") -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Cookie": f"session={cookie}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        # A page that sent us to sign in would measure the wrong thing.
        assert answer.url.endswith(path) or not cookie, f"{path}: {answer.url}"
        answer.read()


def await_server(port: int) -> None:
    """Until it answers, or for half a minute."""
    for _attempt in range(300):
        try:
            return get(port, "/sign-in")
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("gunicorn did not answer")


def children(parent: int) -> list[int]:
    return list(map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split()))


def resident_megabytes(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    return int(kilobytes) / 1024
