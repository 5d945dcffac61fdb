"""Tidu 梯度: create_app() puts the house together: settings → extensions → rooms → error pages → commands."""

from __future__ import annotations

import gc
from datetime import timedelta
from typing import TYPE_CHECKING

from click import Command, Context
from flask import Flask
from flask.cli import AppGroup
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from config import ROOT
from crm import (
    accounts,
    applications,
    desk,
    duties,
    editions,
    exchange,
    firms,
    handover,
    incentives,
    insight,
    ladder,
    library,
    lists,
    notices,
    outlook,
    park,
    portal,
    registers,
    services,
    visits,
    web,
)
from crm.accounts import access
from crm.accounts.signing import SESSION_LASTS
from crm.kernel.db import db
from crm.web.layout import Environment

if TYPE_CHECKING:
    from config import Settings

ROOMS = (
    web,
    accounts,
    notices,
    firms,
    library,
    registers,
    visits,
    editions,
    ladder,
    duties,
    outlook,
    park,
    handover,
    exchange,
    services,
    applications,
    incentives,
    lists,
    insight,
    desk,
    portal,
)


class Commands(AppGroup):
    """The commands, imported when the first is asked for: a server needs neither them nor the demonstration behind them."""

    def get_command(self, context: Context, name: str) -> Command | None:
        self._gather()
        return super().get_command(context, name)

    def list_commands(self, context: Context) -> list[str]:
        self._gather()
        return super().list_commands(context)

    def _gather(self) -> None:
        from crm.commands import COMMANDS

        for command in COMMANDS:
            self.add_command(command)


def settle() -> None:
    """Say that all made so far stays until the process ends: to look through the whole house for what nobody uses, again
    and again, would hold up one page in thirty for a fifth of a second."""
    gc.collect()
    gc.freeze()


def create_app(settings: Settings) -> Flask:
    app = Flask(__name__, template_folder=ROOT / "templates", static_folder=ROOT / "static")
    app.jinja_environment = Environment  # before anything asks for it
    app.config.update(
        ROOT=ROOT,
        SECRET_KEY=settings.secret_key,
        DEMO=settings.demo,
        DATABASE_URL=settings.database_url,
        FILES=settings.files,
        TESTING=settings.testing,
        MAIL=settings.mail,
        PUBLIC_URL=settings.public_url,
        CHAT_HOSTS=settings.chat_hosts,
        MAX_CONTENT_LENGTH=settings.upload_megabytes * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),  # addresses of built files carry their fingerprint
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # The demonstration is served over plain http at a loopback address.
        SESSION_COOKIE_SECURE=not (settings.demo or settings.testing),
        PERMANENT_SESSION_LIFETIME=SESSION_LASTS,
        # An answer that comes late would put back the cookie as it was, and what was just said to the person be lost.
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session lives
    )
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1) if settings.behind_proxy else app.wsgi_app  # type: ignore[method-assign]
    db.init_app(app, settings.database_url)
    CSRFProtect(app)
    for room in ROOMS:
        room.init_app(app)
    access.guard(app)
    app.cli = Commands(app.name)
    return app
