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
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        render_item=render,
    )
    with context.begin_transaction():
        context.run_migrations()
