"""Settings, read from the environment once. See README.md for what each one means."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent
INSTANCE = ROOT / "instance"
SHORTEST_SECRET = 32


class SettingsError(Exception):
    """The environment lacks a setting without which the app must not serve."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    database_url: str
    secret_key: str | None = None
    demo: bool = False
    database_given: bool = True
    files: Path = INSTANCE / "files"
    upload_megabytes: int = 20
    behind_proxy: bool = False
    testing: bool = False

    @classmethod
    def from_environment(cls) -> Settings:
        """Read DATABASE_URL, SECRET_KEY, DEMO, FILES_DIR, UPLOAD_MEGABYTES and BEHIND_PROXY."""
        demo = os.environ.get("DEMO") == "1"
        INSTANCE.mkdir(exist_ok=True)
        return cls(
            database_url=psycopg_url(os.environ.get("DATABASE_URL") or f"sqlite:///{INSTANCE / 'tidu.sqlite3'}"),
            database_given=bool(os.environ.get("DATABASE_URL")),
            secret_key=os.environ.get("SECRET_KEY") or (demo_secret() if demo else None),
            demo=demo,
            files=Path(os.environ.get("FILES_DIR") or INSTANCE / "files"),
            upload_megabytes=int(os.environ.get("UPLOAD_MEGABYTES") or 20),
            behind_proxy=os.environ.get("BEHIND_PROXY") == "1",
        )

    def require_serving(self) -> None:
        """Refuse to serve anything but the demo without a real secret key and a database."""
        if self.demo:
            return
        problems = []
        if not self.secret_key or len(self.secret_key) < SHORTEST_SECRET:
            problems.append(
                f"SECRET_KEY 未设置或短于 {SHORTEST_SECRET} 个字符 / is not set or shorter than {SHORTEST_SECRET} characters"
            )
        if not self.database_given:
            problems.append("DATABASE_URL 未设置 / is not set")
        if problems:
            raise SettingsError(
                "Tidu 不能启动 / refuses to start:\n  - "
                + "\n  - ".join(problems)
                + "\n设置后重试，或用 DEMO=1（make run）看演示。 / Set them, or use DEMO=1 (make run) for the demonstration."
            )


def psycopg_url(url: str) -> str:
    """Name the driver we ship in a plain PostgreSQL address."""
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def demo_secret() -> str:
    """One secret an installation, kept beside the demo database so that sessions outlive a restart."""
    path = INSTANCE / "demo_secret"
    if not path.exists():
        path.write_text(secrets.token_hex(32))
        path.chmod(0o600)
    return path.read_text()
