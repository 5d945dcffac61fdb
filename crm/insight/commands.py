"""`flask --app app funnel`: the counts a manager sees, for the whole organisation."""

from __future__ import annotations

import json
from typing import Any

import click
from flask.cli import with_appcontext

from crm.insight.funnel import funnel as count
from crm.kernel import clock


@click.command()
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="按哪一天（默认今天）。")
@with_appcontext
def funnel(on: Any) -> None:
    """Print how many firms hold each title and stand at each stage, as JSON."""
    click.echo(json.dumps(count(on.date() if on else clock.today()).as_json(), ensure_ascii=False))
