"""`python -m tests.bench`: make a city up once, measure it on both databases, print each table as soon as it is whole.

What takes seconds is measured on both databases at the same time, each by a process of its own; what takes milliseconds, on
one after the other. BENCH_FIRMS sets the size. `python -m tests.bench DATABASE FILE` measures one of them, on the city in a
SQLite file.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from flask import Flask
from sqlalchemy import text

from config import ROOT, Settings
from crm import create_app, settle
from crm.kernel import migrate
from tests.bench import comparisons, copying, hourly, imports, memory, pages, park
from tests.bench.people import SECRET
from tests.bench.table import Line, show
from tests.postgres import Server, fresh_database

FIRMS = int(os.environ.get("BENCH_FIRMS") or 100_000)
DATABASES = ("sqlite", "postgresql")
SAID_EVERY = 20  # lines
begun = monotonic()


def say(what: str) -> None:
    """A line of progress, beside the tables."""
    print(f"{monotonic() - begun:6.0f} s  {what}", file=sys.stderr, flush=True)


@contextmanager
def city(database: str, made: Path, folder: Path) -> Iterator[Flask]:
    """The application on a database of its own that holds the city made up."""

    def application(url: str) -> Flask:
        app = create_app(Settings(database_url=url, secret_key=SECRET, files=folder / "files", testing=True))
        settle()  # as a server does
        return app

    if database == "sqlite":
        shutil.copy(made, folder / "bench.sqlite3")
        yield application(f"sqlite:///{folder / 'bench.sqlite3'}")
        return
    with Server() as server:
        assert server.url is not None
        app = application(fresh_database(server.url, f"tidu_bench_{os.getpid()}"))
        with app.app_context():
            migrate.upgrade()
        copying.copy(made, app.extensions["database"])
        yield app
        app.extensions["database"].dispose()


def tables(app: Flask, folder: Path, alone: Callable[[], None]) -> Iterator[tuple[str, Iterable[Line]]]:
    """What is measured, in an order in which each leaves what the next one shows. `alone` waits for the other database."""
    url = app.extensions["database"].url.render_as_string(hide_password=False)
    yield "the whole park", park.measure(url, folder / "files")
    yield "two rules over it", comparisons.measure(url, folder / "files")
    yield "every hour", hourly.measure(app)
    alone()
    yield f"pages, {pages.REQUESTS} requests each", pages.measure(app)
    yield "memory", [memory.measure(app, url, folder / "files")]
    yield "imports", imports.measure(app, folder, FIRMS)


def measure(database: str, made: Path) -> None:
    with (
        made.with_suffix(".lock").open("w") as turn,
        tempfile.TemporaryDirectory(prefix="tidu-bench-") as name,
        city(database, made, Path(name)) as app,
    ):
        fcntl.flock(turn, fcntl.LOCK_SH)
        with app.extensions["database"].begin() as connection:
            connection.execute(text("ANALYZE"))
        for title, lines in tables(app, Path(name), alone=lambda: fcntl.flock(turn, fcntl.LOCK_EX)):
            found: list[Line] = []
            for line in lines:
                if len(found) % SAID_EVERY == 0:
                    say(f"{database}, {title}: {line.title}")
                found.append(line)
            print(show(f"{database}, {FIRMS:,} firms: {title}", found), flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="tidu-bench-") as name:
        made = Path(name, "city.sqlite3")
        say(f"making up {FIRMS:,} firms")
        seed = [sys.executable, "-m", "flask", "--app", "app", "bench", "seed", "--firms", str(FIRMS)]
        there = {**os.environ, "DATABASE_URL": f"sqlite:///{made}"}
        subprocess.run(seed, check=True, cwd=ROOT, env=there, stderr=subprocess.DEVNULL)
        say("made up; what takes seconds is measured on both databases at the same time")
        running = [
            subprocess.Popen([sys.executable, "-m", "tests.bench", database, str(made)], cwd=ROOT)
            for database in DATABASES
        ]
        failed = [process.wait() for process in running]
        say("done")
    sys.exit(max(failed))


if __name__ == "__main__":
    if sys.argv[1:]:
        measure(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
