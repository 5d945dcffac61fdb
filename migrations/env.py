"""Runs migrations on the engine that `flask database …` or a test hands over."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import JSON, TypeDecorator

from crm.kernel.db import Base

engine = context.config.attributes["engine"]


def render(kind: str, item: Any, autogen: Any) -> str | Literal[False]:
    """Write our column types as what they are in the database: a migration must outlive the class."""
    if kind == "type" and isinstance(item, JSON):
        autogen.imports.add("from sqlalchemy.dialects.postgresql import JSONB")
        return 'sa.JSON().with_variant(JSONB(), "postgresql")'
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{type(item.impl).__name__}()"
    return False


with engine.connect() as connection:
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        # SQLite changes a table by making it anew: dropping the old one would take along the rows that refer to it.
        # Said before a transaction begins, or not heard; and closed at the end: nobody else gets this connection.
        connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
        connection.detach()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=sqlite,
        compare_type=True,
        render_item=render,
    )
    with context.begin_transaction():
        context.run_migrations()
        if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
            raise RuntimeError(f"a row of {broken[0]} refers to nothing: {tuple(broken)}")
