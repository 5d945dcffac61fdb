"""The rows of all tables that belong to a firm: which can follow it to another firm, and which have to stay behind.

Read from the schema's foreign keys, so that a table added tomorrow follows too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Column, ForeignKeyConstraint, Index, Table, UniqueConstraint, delete, insert, select, update

from crm.kernel.db import Base, db
from crm.kernel.plain import plain, revive

Row = Mapping[str, Any]


@cache
def firm_columns() -> list[tuple[Table, Column[Any]]]:
    """Every column that names a firm, with its table; not of what is worked out of firms and made anew.

    Nor of pairs that were told apart: those speak of the firms as they were.
    """
    return [
        (table, column)
        for table in Base.metadata.sorted_tables
        if not table.info.get("worked_out") and table.name != "distinct_firms"
        for column in table.columns
        if any(key.column.table.name == "firm" for key in column.foreign_keys)
    ]


def rows_of(table: Table, column: Column[Any], value: int) -> list[Row]:
    """The rows of a table that name this firm (or this parent) in the column, in the order of their keys."""
    statement = select(table).where(column == value).order_by(*table.primary_key.columns)
    return [dict(row._mapping) for row in db.session.execute(statement)]


def collides(table: Table, column: Column[Any], row: Row, theirs: list[Row]) -> bool:
    """Whether a row could not stand beside the other firm's rows, by what the schema says is unique."""
    for names in _unique(table):
        if column.name in names:
            others = [name for name in names if name != column.name]
            if any(row[name] is not None for name in others) and any(
                all(other[name] == row[name] for name in others) for other in theirs
            ):
                return True
    return False


def _unique(table: Table) -> Iterator[tuple[str, ...]]:
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield tuple(column.name for column in constraint.columns)
    for index in table.indexes:
        # A partial one holds for some rows only: the room whose rule it is says so itself (`add_rule`).
        if (
            isinstance(index, Index)
            and index.unique
            and not any(index.dialect_options[d].get("where") is not None for d in ("sqlite", "postgresql"))
        ):
            yield tuple(column.name for column in index.columns)


def children(table: Table, row_id: int) -> Iterator[tuple[Table, list[Row]]]:
    """The rows that would go with a row, deepest first: of tables that refer to it and are nothing without it."""
    for child in Base.metadata.sorted_tables:
        for constraint in child.constraints:
            if (
                isinstance(constraint, ForeignKeyConstraint)
                and constraint.referred_table is table
                and constraint.ondelete == "CASCADE"
                and child is not table
            ):
                rows = rows_of(child, next(iter(constraint.columns)), row_id)
                for row in rows:
                    if "id" in row:
                        yield from children(child, row["id"])
                if rows:
                    yield child, rows


def kept(table: Table, row: Row) -> dict[str, Any]:
    """A row as JSON can hold it."""
    return {name: plain(value) for name, value in row.items()}


def put_back(name: str, row: Row, renumbered: dict[tuple[str, Any], Any]) -> None:
    """Insert a kept row as it was; under a new number where another row has its own by now.

    `renumbered`, (table, old number) → new number, says so of the rows it refers to, and is told of this one. A row
    that it refers to and that was deleted since is left out, and so is a row that is nothing without it.
    """
    table = Base.metadata.tables[name]
    values = {key: revive(model(name), key, value) for key, value in row.items()}
    for column in table.columns:
        for key in column.foreign_keys:
            values[column.name] = renumbered.get((key.column.table.name, values[column.name]), values[column.name])
            if values[column.name] is not None and not _there(key.column, values[column.name]):
                if not column.nullable:
                    return
                values[column.name] = None
    if "id" in values and db.session.scalar(select(table.c.id).where(table.c.id == values["id"])) is not None:
        old = values.pop("id")
        renumbered[name, old] = db.session.scalar(insert(table).values(values).returning(table.c.id))
    else:
        db.session.execute(insert(table).values(values))


def _there(column: Column[Any], value: Any) -> bool:
    return db.session.scalar(select(column).where(column == value)) is not None


def remove(table: Table, row_id: int) -> None:
    db.session.execute(delete(table).where(table.c.id == row_id))


def move(name: str, column: str, ids: list[int], before: int, after: int) -> None:
    """Give these rows to another firm, as far as they are still the one's."""
    table = Base.metadata.tables[name]
    for start in range(0, len(ids), 500):
        some = table.c.id.in_(ids[start : start + 500])
        db.session.execute(update(table).where(some, table.c[column] == before).values({column: after}))


@cache
def model(name: str) -> Any:
    return next(mapper.class_ for mapper in Base.registry.mappers if mapper.local_table is Base.metadata.tables[name])
