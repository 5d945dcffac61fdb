"""Settings, read from the environment once. See README.md for what each one means."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

ROOT = Path(__file__).resolve().parent
INSTANCE = ROOT / "instance"
SHORTEST_SECRET = 32
FEWEST_CHARACTERS = 8  # different ones: "xxxxxxxx…" is no secret
DEMO_SECRET = INSTANCE / "demo_secret"


class SettingsError(Exception):
    """The environment lacks a setting without which the app must not serve."""


@dataclass(frozen=True, kw_only=True)
class Mail:
    """The server that takes our mail. `tls`: starttls, tls (from the first byte) or none."""

    host: str
    port: int = 587
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: str = "starttls"
    sender: str = ""


@dataclass(frozen=True, kw_only=True)
class Settings:
    database_url: str
    secret_key: str | None = None
    demo: bool = False
    database_given: bool = True
    files: Path = INSTANCE / "files"
    upload_megabytes: int = 20
    behind_proxy: bool = False
    mail: Mail | None = None
    public_url: str | None = None
    chat_hosts: frozenset[str] = frozenset()
    testing: bool = False

    @classmethod
    def from_environment(cls) -> Settings:
        """Read DATABASE_URL, SECRET_KEY, DEMO, FILES_DIR, UPLOAD_MEGABYTES, BEHIND_PROXY, PUBLIC_URL, MAIL_… and CHAT_HOSTS.

        Raises SettingsError for a value that cannot be read.
        """
        demo = os.environ.get("DEMO") == "1"
        INSTANCE.mkdir(exist_ok=True)
        return cls(
            database_url=checked_url(os.environ.get("DATABASE_URL") or f"sqlite:///{INSTANCE / 'tidu.sqlite3'}"),
            database_given=bool(os.environ.get("DATABASE_URL")),
            secret_key=os.environ.get("SECRET_KEY") or (demo_secret() if demo else None),
            demo=demo,
            files=Path(os.environ.get("FILES_DIR") or INSTANCE / "files"),
            upload_megabytes=megabytes(os.environ.get("UPLOAD_MEGABYTES") or "20"),
            behind_proxy=os.environ.get("BEHIND_PROXY") == "1",
            mail=mail_settings(),
            public_url=public_url(os.environ.get("PUBLIC_URL")),
            chat_hosts=frozenset((os.environ.get("CHAT_HOSTS") or "").lower().replace(",", " ").split()),
        )

    def require_serving(self) -> None:
        """Refuse to serve anything but the demo without a real secret key and a database."""
        if self.demo:
            return
        problems = []
        key = self.secret_key or ""
        if len(key) < SHORTEST_SECRET:
            problems.append(
                f"SECRET_KEY 未设置或短于 {SHORTEST_SECRET} 个字符 / is not set or shorter than {SHORTEST_SECRET} characters"
            )
        elif len(set(key)) < FEWEST_CHARACTERS:
            problems.append("SECRET_KEY 太容易猜到 / is too easy to guess")
        elif DEMO_SECRET.exists() and key == DEMO_SECRET.read_text():
            problems.append("SECRET_KEY 是演示用的密钥，不能用于正式服务 / is the demonstration's own")
        if not self.database_given:
            problems.append("DATABASE_URL 未设置 / is not set")
        if problems:
            raise SettingsError(
                "Tidu 不能启动 / refuses to start:\n  - "
                + "\n  - ".join(problems)
                + "\n设置后重试，或用 make run 看演示。 / Set them and try again, or see the demonstration with make run."
                + "\n密钥可以这样生成 / A key can be made with: "
                + "python3 -c 'import secrets; print(secrets.token_hex(32))'"
            )


def psycopg_url(url: str) -> str:
    """Name the driver we ship in a plain PostgreSQL address."""
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def checked_url(given: str) -> str:
    """The address of a database of a kind we serve. Raises SettingsError; the value, which may hold a password, is not repeated."""
    url = psycopg_url(given)
    try:
        backend = make_url(url).get_backend_name()
    except ArgumentError:
        backend = ""
    if backend not in ("sqlite", "postgresql"):
        raise SettingsError(
            "DATABASE_URL 不是 SQLite 或 PostgreSQL 地址 / is no SQLite or PostgreSQL address.\n"
            "例如 / For example: sqlite:////srv/tidu/tidu.sqlite3, postgresql://user:password@127.0.0.1/tidu"
        )
    return url


MAIL_PORTS = {"starttls": 587, "tls": 465, "none": 25}


def mail_settings() -> Mail | None:
    """MAIL_HOST and its company; None: mail is off. Raises SettingsError for what cannot be, lest mail be lost unseen."""
    host = os.environ.get("MAIL_HOST")
    if not host:
        return None
    tls = os.environ.get("MAIL_TLS") or "starttls"
    if tls not in MAIL_PORTS:
        raise SettingsError(f"MAIL_TLS 应为 starttls、tls 或 none / must be starttls, tls or none: {tls}")
    port = os.environ.get("MAIL_PORT") or str(MAIL_PORTS[tls])
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise SettingsError(f"MAIL_PORT 应为 1–65535 的整数 / must be a whole number from 1 to 65535: {port}")
    sender = os.environ.get("MAIL_FROM") or ""
    if "@" not in sender:
        raise SettingsError(
            "设置了 MAIL_HOST 就要设置 MAIL_FROM（发件地址） / MAIL_HOST needs MAIL_FROM, the sender's address"
        )
    if not os.environ.get("PUBLIC_URL"):
        raise SettingsError(
            "设置了 MAIL_HOST 就要设置 PUBLIC_URL（邮件里链接的网址） / MAIL_HOST needs PUBLIC_URL, for the links in a mail"
        )
    user, password = os.environ.get("MAIL_USER") or None, os.environ.get("MAIL_PASSWORD") or None
    return Mail(host=host, port=int(port), user=user, password=password, tls=tls, sender=sender)


def public_url(given: str | None) -> str | None:
    """Where people reach us, without a slash at the end. Raises SettingsError for no web address."""
    if not given:
        return None
    if not given.startswith(("https://", "http://")):
        raise SettingsError(f"PUBLIC_URL 应以 https:// 开头 / must begin with https://: {given}")
    return given.rstrip("/")


def megabytes(given: str) -> int:
    if not given.isascii() or not given.isdigit() or int(given) == 0:
        raise SettingsError(f"UPLOAD_MEGABYTES 应为正整数 / must be a whole number from 1: {given}")
    return int(given)


def demo_secret() -> str:
    """One secret an installation, kept beside the demo database so that sessions outlive a restart."""
    if not DEMO_SECRET.exists():
        DEMO_SECRET.touch(mode=0o600)
        DEMO_SECRET.write_text(secrets.token_hex(32))
    return DEMO_SECRET.read_text()
