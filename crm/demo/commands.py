"""`flask --app app demo`: build the demonstration park once, say how to sign in, and serve it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click
from flask import current_app
from flask.cli import with_appcontext

from crm.demo.build import build, is_built, require_own_database
from crm.demo.city import load
from crm.demo.diagnosis import make_diagnoses
from crm.demo.serving import HOST, listen, serve
from crm.firms.reference import load_reference
from crm.incentives.effect import refresh as refresh_incentives
from crm.insight.early_warning.refresh import refresh as refresh_warnings
from crm.insight.targets.refresh import refresh as count_targets
from crm.kernel import migrate
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.lists.screening import screen as screen_lists
from crm.park.refresh import refresh
from crm.web.formatting import width

# Both languages at once: whoever starts the demonstration has not chosen one yet.
ROLES = {
    "administrator": "管理员 / Administrator",
    "manager": "负责人 / Manager",
    "officer": "专员 / Officer",
    "firm": "企业 / Firm",
}


@click.command("demo")
@with_appcontext
def demo() -> None:
    """Serve a made-up city at a loopback address, with a sign-in for each role."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    if not app.config["DEMO"]:
        raise click.ClickException(
            "演示账号的密码人人皆知，只在演示模式下开放。请用 make run（即 DEMO=1）。 / "
            "Everybody knows the demonstration's passwords: it runs in demo mode only. Use make run (DEMO=1)."
        )
    try:
        prepare()
        wanted = os.environ.get("PORT") or "8000"
        listening = listen(wanted)
    except DomainError as error:
        raise click.ClickException(str(error)) from error
    port = listening.getsockname()[1]
    if wanted not in (str(port), "0"):
        click.echo(f"端口 {wanted} 已被占用，改用 {port}。 / Port {wanted} is taken; using {port}.")
    click.echo(welcome(f"http://{HOST}:{port}"))
    sys.exit(serve(app, listening))


def prepare() -> None:
    """Bring the database up to date and build the park if it is not there. Nothing is kept of a build that was broken off."""
    migrate.upgrade()
    require_own_database()
    load_reference()
    if not is_built():
        build(show_progress)
    db.session.commit()
    refresh()  # who is ready for what, as of today
    refresh_warnings()
    screen_lists()
    make_diagnoses()
    refresh_incentives()
    count_targets()


def show_progress(done: int, total: int) -> None:
    """One line on standard error: it grows on a terminal, elsewhere it is written once."""
    label = "正在建立演示园区 / Building the demonstration park"
    if not sys.stderr.isatty():
        if done == 1:
            click.echo(f"{label} …", err=True)
    elif done == total or done % 25 == 1:
        click.echo(f"\r{label} … {100 * done // total} %", err=True, nl=done == total)


def welcome(address: str) -> str:
    """The block that says where the demonstration is and how to sign in."""
    rows = [("角色 / Role", "登录邮箱 / E-mail", "密码 / Password")]
    for person in load().accounts:
        rows.append((ROLES[person.role], person.email, person.password or ""))
    return "\n".join(
        [
            "",
            "  Tidu 梯度 · 演示 / demonstration",
            "",
            f"  地址 / Address   {address}",
            "",
            *(f"  {line}" for line in columns(rows)),
            "",
            "  按 Ctrl+C 停止，数据会保留 / Ctrl+C stops it; the data is kept",
            "",
        ]
    )


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines whose cells stand below each other; a Chinese character is two columns wide."""
    widths = [max(width(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "   ".join(cell + " " * (columns - width(cell)) for cell, columns in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
