"""`python -m tests.bench`: seed each database, measure, print one table a database. BENCH_FIRMS sets the size."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from config import ROOT, Settings
from crm import create_app
from tests.bench import comparisons, hourly, imports, memory, pages, park
from tests.bench.people import SECRET
from tests.bench.table import Line, show
from tests.postgres import Server, fresh_database

FIRMS = int(os.environ.get("BENCH_FIRMS") or 100_000)


@contextmanager
def sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'bench.sqlite3'}"


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    with Server() as server:
        assert server.url is not None
        yield fresh_database(server.url, f"tidu_bench_{os.getpid()}")


def measure(url: str, folder: Path) -> list[Line]:
    seed = [sys.executable, "-m", "flask", "--app", "app", "bench", "seed", "--firms", str(FIRMS)]
    subprocess.run(seed, check=True, cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, stderr=subprocess.DEVNULL)
    app = create_app(Settings(database_url=url, secret_key=SECRET, files=folder / "files", testing=True))
    with app.extensions["database"].begin() as connection:
        connection.execute(text("ANALYZE"))
    whole = park.measure(url, folder / "files")  # before the pages: they show what it keeps
    whole += comparisons.measure(url, folder / "files")
    whole += hourly.measure(app)
    lines = [*pages.measure(app), memory.measure(app, url, folder / "files"), *whole]
    lines += imports.measure(app, folder, FIRMS)
    app.extensions["database"].dispose()
    return lines


def main() -> None:
    for database in (sqlite, postgresql):
        with tempfile.TemporaryDirectory(prefix="tidu-bench-") as name, database(Path(name)) as url:
            print(show(f"{database.__name__}, {FIRMS:,} firms", measure(url, Path(name))), flush=True)


if __name__ == "__main__":
    main()
