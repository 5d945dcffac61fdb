"""What the pages show, fetched in bare SQL on the driver's own cursor: what each page's time is compared with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import count
from typing import Any

from sqlalchemy import Engine

from crm.duties.rules import months_later
from crm.duties.selects import Wanted, yearly_days
from crm.kernel import clock

PAGE = 81  # one more, to know that another page follows
COLUMNS = """f.id, f.name, f.short_name, f.credit_code, f.registration_number, f.status, o.name, i.name, u.name"""
NAMED = """JOIN organisation o ON o.id = f.organisation_id LEFT JOIN industry i ON i.code = f.industry_code
    LEFT JOIN user_account u ON u.id = f.officer_id"""
serial = count()


class Cursor:
    """Runs a statement with `?` marks on either database and fetches every row."""

    def __init__(self, connection: Any, marks: str) -> None:
        self.connection, self.marks = connection, marks
        self.cursor = connection.cursor()

    def rows(self, statement: str, *values: Any) -> list[Any]:
        self.cursor.execute(statement.replace("?", self.marks), values)
        return self.cursor.fetchall() if self.cursor.description else []

    def rows_in(self, statement: str, ids: list[int]) -> list[Any]:
        return self.rows(statement.replace("(*)", f"({', '.join('?' * len(ids))})"), *ids) if ids else []


@contextmanager
def cursor_of(engine: Engine) -> Iterator[Cursor]:
    connection = engine.raw_connection()
    try:
        yield Cursor(connection, "%s" if engine.dialect.name == "postgresql" else "?")
    finally:
        connection.close()


def _today(cursor: Cursor) -> Any:
    return clock.today() if cursor.marks == "%s" else clock.today().isoformat()


def listed(cursor: Cursor, park: int | None) -> None:
    """The first page of the list, its badges, and what its filters offer."""
    scope, values = ("WHERE f.organisation_id = ?", (park,)) if park else ("", ())
    order = "ORDER BY f.sort_key, f.id LIMIT ?"
    _beside(cursor, cursor.rows(f"SELECT {COLUMNS} FROM firm f {NAMED} {scope} {order}", *values, PAGE))


def found(cursor: Cursor, word: str, park: int | None) -> None:
    """The first page of a search for a word of two characters."""
    piece = "strpos" if cursor.marks == "%s" else "instr"
    scope, values = ("AND f.organisation_id = ?", (park,)) if park else ("", ())
    rows = cursor.rows(
        f"""SELECT {COLUMNS} FROM firm_gram g JOIN firm f ON f.id = g.firm_id {NAMED}
            WHERE g.gram = ? AND {piece}(f.search_text, ?) > 0 {scope} ORDER BY g.sort_key, g.firm_id LIMIT ?""",
        word,
        word,
        *values,
        PAGE,
    )
    _beside(cursor, rows)


def standing(cursor: Cursor, park: int | None, rung: str, verdict: str) -> None:
    """The first page of the firms of this verdict for the rung."""
    scope, values = ("AND f.organisation_id = ?", (park,)) if park else ("", ())
    rows = cursor.rows(
        f"""SELECT {COLUMNS} FROM firm f {NAMED} WHERE EXISTS
            (SELECT 1 FROM readiness r WHERE r.firm_id = f.id AND r.rung = ? AND r.verdict = ?)
            {scope} ORDER BY f.sort_key, f.id LIMIT ?""",
        rung,
        verdict,
        *values,
        PAGE,
    )
    _beside(cursor, rows)


def readiness(cursor: Cursor) -> None:
    """What the last refresh counted."""
    cursor.rows("SELECT * FROM readiness_run ORDER BY id DESC LIMIT 1")


def _beside(cursor: Cursor, firms: list[Any]) -> None:
    ids = [row[0] for row in firms]
    cursor.rows_in("SELECT firm_id, name FROM firm_name WHERE firm_id IN (*) ORDER BY id", ids)
    cursor.rows_in("SELECT firm_id, rung, valid_to FROM credential WHERE firm_id IN (*)", ids)
    cursor.rows_in("SELECT firm_id, rung, stage FROM cultivation_case WHERE firm_id IN (*) AND status = 'open'", ids)
    _offered(cursor)


def _offered(cursor: Cursor) -> None:
    cursor.rows("SELECT id, name, path FROM organisation ORDER BY path")
    cursor.rows("SELECT id, name FROM user_account WHERE role <> 'firm' ORDER BY name, id")
    cursor.rows("SELECT code, name FROM industry WHERE parent_code IS NULL ORDER BY code")
    cursor.rows("SELECT id, name FROM chain ORDER BY id")


def firm(cursor: Cursor, firm_id: int) -> None:
    """The firm at a glance with its timeline."""
    cursor.rows(f"SELECT {COLUMNS}, f.telephone FROM firm f {NAMED} WHERE f.id = ?", firm_id)
    cursor.rows("SELECT name FROM firm_name WHERE firm_id = ? ORDER BY id", firm_id)
    cursor.rows(
        """SELECT y.*, s.key, s.state FROM yearly_figures y LEFT JOIN figure_source s ON s.figures_id = y.id
           WHERE y.firm_id = ? ORDER BY y.year DESC""",
        firm_id,
    )
    cursor.rows("SELECT kind, status, count(*) FROM ip_right WHERE firm_id = ? GROUP BY kind, status", firm_id)
    cursor.rows("SELECT * FROM credential WHERE firm_id = ? ORDER BY valid_from, id", firm_id)
    cursor.rows("SELECT * FROM cultivation_case WHERE firm_id = ? AND status = 'open'", firm_id)
    cursor.rows("SELECT * FROM task WHERE firm_id = ? ORDER BY due_on, id", firm_id)
    cursor.rows("SELECT * FROM need WHERE firm_id = ? AND state = 'open'", firm_id)
    cursor.rows("SELECT * FROM contact WHERE firm_id = ? ORDER BY main DESC, id", firm_id)
    cursor.rows(
        """SELECT v.id, v."on", v.created_at, v.topics, v.met, v.said, u.name FROM visit v
           JOIN user_account u ON u.id = v.officer_id WHERE v.firm_id = ? ORDER BY v."on" DESC, v.id DESC LIMIT 20""",
        firm_id,
    )
    cursor.rows(
        """SELECT e.*, c.rung, u.name FROM case_event e JOIN cultivation_case c ON c.id = e.case_id
           JOIN user_account u ON u.id = e.actor_id WHERE c.firm_id = ? ORDER BY e."on" DESC, e.id DESC LIMIT 20""",
        firm_id,
    )
    cursor.rows(
        """SELECT c.id, c.at, c.via, c.entity, c.action, c.field, u.name FROM change c
           JOIN user_account u ON u.id = c.actor_id WHERE c.firm_id = ? ORDER BY c.id DESC LIMIT 300""",
        firm_id,
    )


def facts(cursor: Cursor, firm_id: int) -> None:
    """All that criteria read of a firm."""
    cursor.rows("SELECT * FROM firm WHERE id = ?", firm_id)
    cursor.rows(
        """SELECT y.*, s.key, s.state FROM yearly_figures y LEFT JOIN figure_source s ON s.figures_id = y.id
           WHERE y.firm_id = ? ORDER BY y.year""",
        firm_id,
    )
    cursor.rows("SELECT * FROM ip_right WHERE firm_id = ? ORDER BY granted_on, id", firm_id)
    cursor.rows("SELECT * FROM register_entry WHERE firm_id = ?", firm_id)
    cursor.rows("SELECT * FROM credential WHERE firm_id = ? ORDER BY valid_from, id", firm_id)
    cursor.rows("SELECT * FROM cultivation_case WHERE firm_id = ? AND status = 'open'", firm_id)
    cursor.rows("SELECT * FROM firm_fact WHERE firm_id = ? ORDER BY key", firm_id)


def funnel(cursor: Cursor, park: int | None) -> None:
    """Titles held by rung, cases by rung and stage, and what the filters offer."""
    scope, values = ("AND f.organisation_id = ?", (park,)) if park else ("", ())
    join = "JOIN firm f ON f.id = x.firm_id" if park else ""
    today = _today(cursor)
    cursor.rows(
        f"""SELECT x.rung, count(DISTINCT x.firm_id) FROM credential x {join}
            WHERE x.valid_from <= ? AND (x.valid_to IS NULL OR x.valid_to >= ?)
            AND (x.ended_on IS NULL OR x.ended_on > ?) {scope} GROUP BY x.rung""",
        today,
        today,
        today,
        *values,
    )
    cursor.rows(
        f"""SELECT x.rung, x.stage, x.status, count(*) FROM cultivation_case x {join}
            WHERE x.status IN ('open', 'certified') {scope} GROUP BY x.rung, x.stage, x.status""",
        *values,
    )
    _offered(cursor)


def calendar(cursor: Cursor, park: int | None) -> None:
    """The first page of what is overdue or comes: lapsed titles, and day by day what was due, until the page is full."""
    scope, values = ("AND f.organisation_id = ?", (park,)) if park else ("", ())
    today, found = _today(cursor), 0
    named = f"""JOIN firm f ON f.id = x.firm_id LEFT JOIN user_account u ON u.id = f.officer_id
        WHERE f.status = 'active' {scope}"""
    cursor.rows(
        f"""SELECT x.*, f.name, u.name FROM credential x {named} AND x.valid_to < ? AND NOT EXISTS (SELECT 1
            FROM credential n WHERE n.firm_id = x.firm_id AND n.rung = x.rung AND n.valid_from > x.valid_from)
            ORDER BY x.valid_to, x.firm_id LIMIT ?""",
        *values,
        today,
        PAGE,
    )
    for rung, duty, due_on, held_on in _days(cursor):
        rows = cursor.rows(
            f"""SELECT x.*, f.name, u.name FROM credential x {named} AND x.rung = ? AND x.valid_from < ?
                AND x.valid_to >= ? AND (x.ended_on IS NULL OR x.ended_on > ?) AND NOT EXISTS (SELECT 1
                FROM duty_record r WHERE r.firm_id = x.firm_id AND r.duty = ? AND r.due_on = ? AND r.state = 'done')
                ORDER BY x.firm_id LIMIT ?""",
            *(*values, rung, due_on, held_on, held_on, duty, due_on, PAGE - found),
        )
        found += len(rows)
        if found == PAGE:
            break


def counted(cursor: Cursor, park: int | None) -> None:
    """How many titles end on each day of the year, and how many firms owe each yearly duty."""
    scope, values = ("AND f.organisation_id = ?", (park,)) if park else ("", ())
    held = f"FROM credential x JOIN firm f ON f.id = x.firm_id WHERE f.status = 'active' {scope} AND x.valid_to >= ?"
    cursor.rows(f"SELECT x.valid_to, count(*) {held} GROUP BY x.valid_to", *values, _today(cursor))
    for rung, duty, due_on, held_on in _days(cursor):
        cursor.rows(
            f"""SELECT count(*) {held} AND x.rung = ? AND x.valid_from < ? AND NOT EXISTS (SELECT 1
                FROM duty_record r WHERE r.firm_id = x.firm_id AND r.duty = ? AND r.due_on = ? AND r.state = 'done')""",
            *(*values, held_on, rung, due_on, duty, due_on),
        )


def _days(cursor: Cursor) -> list[tuple[str, str, Any, Any]]:
    """The days of yearly duties, the earliest first, as the driver takes them."""
    today = clock.today()
    days = sorted(yearly_days(Wanted(on=today, until=months_later(today, 12))), key=lambda day: day[2])
    dates = cursor.marks == "%s"
    return [
        (rung.value, duty, due_on if dates else due_on.isoformat(), held_on if dates else held_on.isoformat())
        for rung, duty, due_on, held_on in days
    ]


def save_visit(cursor: Cursor, firm_id: int, officer: int) -> None:
    """A visit and the line of history it makes, committed."""
    on: Any = date(2026, 11, 20)
    moment = "2026-11-20 08:00:00.000000"
    if cursor.marks == "?":  # psycopg begins by itself
        cursor.cursor.execute("BEGIN IMMEDIATE")
    cursor.rows("SELECT * FROM firm WHERE id = ?", firm_id)
    cursor.rows("SELECT * FROM contact WHERE firm_id = ?", firm_id)
    cursor.rows("SELECT * FROM task WHERE firm_id = ? AND state = 'open'", firm_id)
    [[visit_id]] = cursor.rows(
        """INSERT INTO visit (firm_id, officer_id, "on", place, topics, said, created_at, version)
           VALUES (?, ?, ?, '车间', '["ip"]', ?, ?, 1) RETURNING id""",
        firm_id,
        officer,
        on.isoformat(),
        f"裸写第 {next(serial)} 次",
        moment,
    )
    cursor.rows(
        """INSERT INTO change (at, actor_id, via, action, entity, entity_id, firm_id)
           VALUES (?, ?, 'page', 'created', 'visit', ?, ?)""",
        moment,
        officer,
        visit_id,
        firm_id,
    )
    cursor.connection.commit()
