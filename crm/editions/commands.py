"""`flask editions …`: whether the files and what was published on a page stand together."""

from __future__ import annotations

import sys

import click
from flask.cli import with_appcontext

from crm.editions.library import shelf
from crm.policy import EditionError


@click.group()
def editions() -> None:
    """认定条件：文件与页面上发布的版本。"""


@editions.command()
@with_appcontext
def check() -> None:
    """检查文件和数据库里发布的版本能否一起使用；有停用的版本时退出 1，文件有错时退出 2。"""
    try:
        here = shelf()
    except EditionError as error:
        for fault in error.faults:
            click.echo(str(fault), err=True)
        sys.exit(2)
    for each in here.refused:
        click.echo(f"{each.text.zh} ({each.text.en})", err=True)
    click.echo(
        f"{len(here.editions)} 个版本可用，{len(here.refused)} 个停用 "
        f"({len(here.editions)} editions in use, {len(here.refused)} refused)",
        err=True,
    )
    sys.exit(1 if here.refused else 0)
