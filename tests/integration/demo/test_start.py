"""Starting: without real settings nothing serves, whichever way it is started; the demonstration says how to sign in."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest

import config

ROOT = Path(config.ROOT)
PYTHON = sys.executable
SECRET = "0123456789abcdef0123456789abcdef"
WAYS = {
    "python app.py": [PYTHON, "app.py"],
    "gunicorn app:app": [PYTHON, "-m", "gunicorn", "app:app", "--bind=127.0.0.1:0", "--no-control-socket"],
    "gunicorn --preload": [
        PYTHON,
        "-m",
        "gunicorn",
        "--preload",
        "app:app",
        "--bind=127.0.0.1:0",
        "--no-control-socket",
    ],
    "gunicorn --check-config": [PYTHON, "-m", "gunicorn", "--check-config", "app:app"],
    "flask run": [PYTHON, "-m", "flask", "--app", "app", "run", "--port=0"],
    "flask run --debug": [PYTHON, "-m", "flask", "--app", "app", "run", "--debug", "--port=0"],
}


def start(command: list[str], **settings: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end with these settings and no others."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        command, cwd=ROOT, env={**kept, **settings}, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("way", WAYS)
def test_nothing_serves_without_real_settings(way: str) -> None:
    ended = start(WAYS[way])
    assert ended.returncode != 0
    assert "SECRET_KEY 未设置" in ended.stderr
    assert "DATABASE_URL is not set" in ended.stderr.replace("DATABASE_URL 未设置 / ", "DATABASE_URL ")
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"SECRET_KEY": SECRET}, "DATABASE_URL 未设置"),
        ({"DATABASE_URL": "sqlite://"}, "SECRET_KEY 未设置"),
        ({"DATABASE_URL": "sqlite://", "SECRET_KEY": SECRET[:31]}, "短于 32 个字符"),
        ({"DATABASE_URL": "sqlite://", "SECRET_KEY": "x" * 64}, "太容易猜到"),
        ({"DATABASE_URL": "mysql://root@localhost/tidu", "SECRET_KEY": SECRET}, "不是 SQLite 或 PostgreSQL 地址"),
        ({"DATABASE_URL": "no address", "SECRET_KEY": SECRET}, "不是 SQLite 或 PostgreSQL 地址"),
        ({"DATABASE_URL": "sqlite://", "SECRET_KEY": SECRET, "UPLOAD_MEGABYTES": "viel"}, "UPLOAD_MEGABYTES"),
    ],
)
def test_each_wrong_setting_is_named(settings: dict[str, str], sentence: str) -> None:
    ended = start(WAYS["python app.py"], **settings)
    assert ended.returncode != 0
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_secret_of_the_demonstration_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "DEMO_SECRET", tmp_path / "demo_secret")
    settings = config.Settings(database_url="sqlite://", secret_key=config.demo_secret())
    with pytest.raises(config.SettingsError, match="演示用的密钥"):
        settings.require_serving()


def test_real_settings_serve() -> None:
    ended = start(WAYS["gunicorn --check-config"], SECRET_KEY=SECRET, DATABASE_URL="sqlite://")
    assert ended.returncode == 0, ended.stderr


def test_commands_need_no_settings() -> None:
    ended = start([PYTHON, "-m", "flask", "--app", "app", "policy", "editions"])
    assert ended.returncode == 0, ended.stderr


def test_the_demonstration_needs_its_mode() -> None:
    ended = start([PYTHON, "-m", "flask", "--app", "app", "demo"])
    assert ended.returncode == 1
    assert "make run" in ended.stderr
    assert "yunling" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_demonstration_says_how_to_sign_in_serves_and_ends(end: signal.Signals, demo_folder: Path) -> None:
    """On a port that is taken it takes the next; nothing of it is left behind."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wanted = taken.getsockname()[1]
        running = subprocess.Popen(
            [PYTHON, "-m", "flask", "--app", "app", "demo"],
            cwd=ROOT,
            env={
                **os.environ,
                "DEMO": "1",
                "PORT": str(wanted),
                "DATABASE_URL": f"sqlite:///{demo_folder / 'demo.sqlite3'}",
                "FILES_DIR": str(demo_folder / "files"),
                "HOME": str(demo_folder),
            },
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert running.stdout is not None
        said = ""
        for line in running.stdout:
            said += line
            if "Ctrl+C" in line:
                break
        address = re.search(r"http://127\.0\.0\.1:(\d+)", said)
        assert address is not None, said
        assert f"{wanted} 已被占用" in said
        for role, email in (
            ("Administrator", "admin"),
            ("Manager", "manager"),
            ("Officer", "officer"),
            ("Firm", "firm"),
        ):
            assert re.search(rf"{role} +{email}@demo\.tidu\.invalid +{email}-of-yunling", said), said
        connection = HTTPConnection("127.0.0.1", int(address[1]), timeout=60)
        connection.request("GET", "/sign-in")
        assert "登录" in connection.getresponse().read().decode()
        connection.close()
        os.killpg(running.pid, end)
        assert running.wait(60) == 0
        running.stdout.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(address[1])), timeout=5)
    assert not (demo_folder / ".gunicorn").exists()


@pytest.fixture(scope="module")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demonstration is built by the first test and found by the second."""
    return tmp_path_factory.mktemp("started")
