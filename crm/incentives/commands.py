"""`flask --app app incentives …`: check the files, work out what firms are entitled to."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from crm.incentives.effect import refresh
from crm.incentives.reading import load
from crm.incentives.rules import DIRECTORY
from crm.policy import EditionError


@click.group()
def incentives() -> None:
    """惠企政策：检查规则文件、重新测算。"""


@incentives.command("check")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path), default=DIRECTORY)
def check_command(directory: Path) -> None:
    """检查规则文件，一次列出全部错误（文件、键、改法）。"""
    try:
        found = load(directory)
    except EditionError as error:
        for fault in error.faults:
            click.echo(str(fault), err=True)
        sys.exit(2)
    click.echo(f"{len(found)} 条规则，没有错误 ({len(found)} rules, no faults)", err=True)


@incentives.command("refresh")
@with_appcontext
def refresh_command() -> None:
    """重新测算全部企业可享受的政策（后台每小时会自动做）。"""
    refresh()
