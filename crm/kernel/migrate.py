"""Migrations: bring a database to the schema of this code."""

from __future__ import annotations

import click
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import Engine

from crm.kernel.db import db


def configuration(engine: Engine) -> Config:
    root = current_app.config["ROOT"]
    config = Config()
    config.set_main_option("script_location", str(root / "migrations"))
    config.attributes["engine"] = engine
    return config


def upgrade(revision: str = "head") -> None:
    """Bring the schema up to date; does nothing where it is."""
    command.upgrade(configuration(engine()), revision)


def engine() -> Engine:
    bind = db.bind
    assert isinstance(bind, Engine)
    return bind


def is_empty() -> bool:
    """Whether no migration ever ran here."""
    with engine().connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() is None


@click.group()
def database() -> None:
    """Schema: upgrade, downgrade, revision, check."""


@database.command("upgrade")
@click.argument("revision", default="head")
@with_appcontext
def upgrade_command(revision: str) -> None:
    """Bring the schema up to REVISION (default: the newest)."""
    upgrade(revision)


@database.command("downgrade")
@click.argument("revision")
@with_appcontext
def downgrade_command(revision: str) -> None:
    """Take the schema back to REVISION."""
    command.downgrade(configuration(engine()), revision)


@database.command("revision")
@click.argument("message")
@with_appcontext
def revision_command(message: str) -> None:
    """Draft a migration from the difference between models and schema."""
    command.revision(configuration(engine()), message, autogenerate=True)


@database.command("check")
@with_appcontext
def check_command() -> None:
    """Fail when models and schema differ."""
    command.check(configuration(engine()))
