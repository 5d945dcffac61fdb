"""A seeded SQLite database, copied into PostgreSQL: the city is made up once and is the same on both."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, select, text

from crm.kernel.db import Base

AT_ONCE = 10_000


def copy(source: Path, target: Engine) -> None:
    """All rows of the file into a database of the same schema; what stood there goes."""
    with sqlite3.connect(source) as rows, target.begin() as connection:
        # References hold in the source, and an index is made quicker than kept.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        indexes = [index for table in Base.metadata.tables.values() for index in table.indexes]
        for index in indexes:
            index.drop(connection)
        for table in Base.metadata.tables.values():
            connection.execute(text(f'TRUNCATE "{table.name}" CASCADE'))
        for table in Base.metadata.tables.values():
            _fill(table, rows, connection)
        for index in indexes:
            index.create(connection)


def _fill(table: Table, rows: sqlite3.Connection, connection: Connection) -> None:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    found = rows.execute(f'SELECT {names} FROM "{table.name}"')
    driver: Any = connection.connection
    # As text: PostgreSQL reads dates, truth values and JSON as SQLite writes them.
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as taken:
        while some := found.fetchmany(AT_ONCE):
            for row in some:
                taken.write_row(row)
    for column in table.columns:
        if column is table.autoincrement_column:
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            last = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
            connection.execute(select(func.setval(sequence, last, False)))
