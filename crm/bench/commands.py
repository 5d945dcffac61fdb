"""`flask --app app bench seed --firms N`."""

import click
from flask.cli import with_appcontext

from crm.bench.seed import seed
from crm.firms.reference import load_reference
from crm.kernel import migrate
from crm.kernel.db import db


@click.group()
def bench() -> None:
    """Large deterministic data, to measure on."""


@bench.command("seed")
@click.option("--firms", default=100_000, show_default=True, help="How many firms; 3 years, 5 rights, 10 visits each.")
@with_appcontext
def seed_command(firms: int) -> None:
    """Fill an empty database with made-up firms."""
    migrate.upgrade()
    load_reference()
    try:
        seed(firms, lambda line: click.echo(line, err=True))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    db.session.commit()
