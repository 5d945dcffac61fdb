"""What every test may use: real data where it is found, and one PostgreSQL for the whole run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.groups import Together
from tests.postgres import Server

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = Path(os.environ.get("SHARED_DATA") or ROOT.parent / "shared" / "data")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--backend", choices=["sqlite", "postgresql"], help="only this database (default: both)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Real data is not part of the product: its tests run where it is found, and CI must find it."""
    if SHARED_DATA.is_dir():
        return
    if os.environ.get("CI"):
        raise pytest.UsageError(f"CI must run the tests on real data, but {SHARED_DATA} is not there")
    config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("shared_data")])
    items[:] = [item for item in items if not item.get_closest_marker("shared_data")]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    return SHARED_DATA


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    return Together(config, log)


# --- one PostgreSQL for all workers ------------------------------------------------------------------------------

SERVER = pytest.StashKey[Server]()


def pytest_configure(config: pytest.Config) -> None:
    """The controller starts the server before its workers; they learn its address from the environment."""
    is_worker = hasattr(config, "workerinput")
    if (
        is_worker
        or config.option.collectonly
        or config.getoption("--backend") == "sqlite"
        or not wants_database(config)
    ):
        return
    server = Server()
    os.environ["TIDU_TEST_POSTGRESQL"] = server.start()
    config.stash[SERVER] = server


def wants_database(config: pytest.Config) -> bool:
    """Unit tests and policy cases alone need no server."""
    arguments = [argument for argument in config.args if "tests" in argument]
    return not arguments or any("unit" not in argument and "policies" not in argument for argument in arguments)


def pytest_unconfigure(config: pytest.Config) -> None:
    server = config.stash.get(SERVER, None)
    if server is not None:
        server.stop()


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A developer's own settings must not change what a test sees."""
    for name in ("DATABASE_URL", "SECRET_KEY", "DEMO", "FILES_DIR", "BEHIND_PROXY"):
        monkeypatch.delenv(name, raising=False)
    yield
