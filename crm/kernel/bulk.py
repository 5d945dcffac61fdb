"""Many rows at once: SQLite's executemany, PostgreSQL's COPY. History and search are the caller's to keep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, TypeVar, cast

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    CursorResult,
    FromClause,
    Select,
    Table,
    Update,
    any_,
    bindparam,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.orm import Session

AT_ONCE = 10_000
Item = TypeVar("Item")


class ChangedMeanwhileError(Exception):
    """A record was saved by someone else between its reading and its writing: read and decide again."""


def insert_rows(session: Session, table: FromClause, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows given by column name. A column no row names takes its plain default; the others default to NULL."""
    if not rows:
        return
    assert isinstance(table, Table)
    connection = session.connection()
    named = set(chain.from_iterable(rows))
    columns = [column for column in table.columns if column.name in named or column.default is not None]
    readers = [_reader(connection, column) for column in columns]
    values = ([read(row) for read in readers] for row in rows)
    names = ", ".join(f'"{column.name}"' for column in columns)
    if connection.dialect.name == "postgresql":
        with connection.connection.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:  # type: ignore[attr-defined]
            for row in values:
                copy.write_row(row)
        return
    marks = ", ".join("?" * len(columns))
    cursor = connection.connection.cursor()
    cursor.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', values)  # type: ignore[arg-type]  # noqa: S608
    cursor.close()


def raw_parts(session: Session, statement: Select[Any], at_once: int = AT_ONCE) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a SELECT of plain columns, a part at a time, as the driver gives them: no object made of a value."""
    result = session.connection().execute(statement, execution_options={"stream_results": True})
    cursor: Any = result.cursor
    try:
        # SQLAlchemy has fetched one row of a stream already, and none more.
        part = [] if (first := result.fetchone()) is None else [tuple(first)]
        while part:
            yield part
            part = cursor.fetchmany(at_once)
    finally:
        result.close()


def update_seen(session: Session, statement: Update, rows: Sequence[Mapping[str, Any]]) -> None:
    """Execute an update once a row, on the record `row_id` as it stood at `row_version`, and count its version up.

    Raises ChangedMeanwhileError where a record is no longer what was seen.
    """
    table = cast(Table, statement.table)
    seen = statement.where(table.c.id == bindparam("row_id"), table.c.version == bindparam("row_version"))
    result = session.execute(seen.values(version=table.c.version + 1), rows)
    if cast("CursorResult[Any]", result).rowcount != len(rows):
        raise ChangedMeanwhileError


def _reader(connection: Connection, column: Any) -> Callable[[Mapping[str, Any]], Any]:
    """How this column's value is taken from a row, as the driver wants it."""
    process = column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    name, default = column.name, column.default
    if default is None:
        fallback: Any = None
    elif default.is_callable:
        fallback = default.arg(None)
    else:
        fallback = default.arg
    if process is None:
        return lambda row: row.get(name, fallback)
    return lambda row: None if (value := row.get(name, fallback)) is None else process(value)


def next_ids(session: Session, table: FromClause, count: int, *, beyond: int = 0) -> list[int]:
    """`count` ids that are free to use in this transaction, in rising order; none up to `beyond`, which were used once.

    PostgreSQL never gives a number twice.
    """
    assert isinstance(table, Table)
    if session.connection().dialect.name == "postgresql":
        sequence = func.nextval(func.pg_get_serial_sequence(table.name, "id"))
        return list(session.scalars(select(sequence).select_from(func.generate_series(1, count))))
    # SQLite: this transaction is the only writer.
    last = max(session.scalar(select(func.max(table.c.id))) or 0, beyond)
    if table.dialect_options["sqlite"]["autoincrement"]:
        given = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        last = max(last, session.scalar(given, {"name": table.name}) or 0)
    return list(range(last + 1, last + count + 1))


def chunks(items: Iterable[Item], at_once: int = AT_ONCE) -> Iterator[list[Item]]:
    """The items in lists of so many, as it is short enough for one statement."""
    listed = list(items)
    for start in range(0, len(listed), at_once):
        yield listed[start : start + at_once]


def one_of(column: Any, ids: Iterable[int]) -> ColumnElement[bool]:
    """The condition that a column of record numbers is one of these, which are written into the statement: to read a
    hundred parameters and bind each costs the driver and the database more than to find their rows."""
    return column.in_(bindparam(None, list(ids), expanding=True, literal_execute=True))


def rows_where_in(session: Session, statement: Any, column: Any, values: Iterable[Any]) -> Iterator[Any]:
    """The rows of a `select` whose column is one of the values, however many these are."""
    postgresql = session.connection().dialect.name == "postgresql"
    for some in chunks(values):
        # One array instead of ten thousand parameters.
        among = column == any_(literal(some, ARRAY(column.type))) if postgresql else column.in_(some)
        yield from session.execute(statement.where(among))
