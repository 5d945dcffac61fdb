"""`flask --app app reference`: divisions, trades, chains, terms and holidays."""

import click
from flask.cli import with_appcontext

from crm.firms.reference import load_reference
from crm.kernel.db import db


@click.command()
@with_appcontext
def reference() -> None:
    """Load divisions, trades, chains, terms and holidays; again adds what is new."""
    load_reference()
    db.session.commit()
