"""`flask --app app park …`: the whole park at once."""

from __future__ import annotations

import json

import click
from flask.cli import with_appcontext

from crm.kernel.db import db
from crm.park.comparison_commands import compare
from crm.park.refresh import refresh as bring_up_to_date


@click.group()
def park() -> None:
    """全域测算：每家企业对每一级的达标情况，两个条件版本的对比。"""


park.add_command(compare)


@park.command()
@click.option("--all", "everything", is_flag=True, help="每家企业都重新测算，不只是有变动的。")
@with_appcontext
def refresh(everything: bool) -> None:
    """Judge every firm that has changed for every rung, and keep the answers. Again and again does no harm."""
    db.be_patient()
    done = bring_up_to_date(everything, _show)
    click.echo(json.dumps({"firms": done.firms if done else 0, "rows": done.rows if done else 0}))


def _show(done: int, total: int) -> None:
    """One line on stderr that moves on."""
    click.echo(f"\r{done} / {total}", nl=done == total, err=True)
