"""What the pages show, fetched in bare SQL on the driver's own cursor: what each page's time is compared with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import count
from typing import Any

from sqlalchemy import Engine

from crm.duties.queries import AHEAD
from crm.duties.rules import months_later
from crm.duties.selects import DAY, LAPSED_FOR, Wanted, yearly_days
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


def suggested(cursor: Cursor, typed: str, park: int | None) -> None:
    """The first eight firms that have this piece in a code, are the patent's, or the telephone's."""
    piece = "strpos" if cursor.marks == "%s" else "instr"
    scope, values = ("AND f.organisation_id = ?", (park,)) if park else ("", ())
    for table, column in (("firm", "credit_code"), ("contact", "telephone"), ("ip_right", "number")):
        of = "x.id" if table == "firm" else "x.firm_id"
        cursor.rows(
            f"""SELECT f.id, f.name, x.{column} FROM {table} x JOIN firm f ON f.id = {of}
                WHERE x.{column} {"= ?" if table == "ip_right" else "IS NOT NULL AND " + piece + f"(x.{column}, ?) > 0"}
                {scope} LIMIT 8""",
            typed,
            *values,
        )


def doubles(cursor: Cursor, park: int | None) -> None:
    """Words of names that a few firms share, one of which has no code; organisations with two codes."""
    scope, values = ("AND f.organisation_id = ?", (park,)) if park else ("", ())
    cursor.rows(
        f"""SELECT f.name_core FROM firm f WHERE f.name_core > '' {scope} GROUP BY f.name_core
            HAVING count(*) BETWEEN 2 AND 6 AND count(*) > count(f.credit_code) LIMIT 200""",
        *values,
    )
    cursor.rows(
        f"""SELECT substr(f.credit_code, 9, 9) FROM firm f WHERE f.credit_code IS NOT NULL {scope}
            GROUP BY substr(f.credit_code, 9, 9) HAVING count(*) > 1""",
        *values,
    )


def handovers(cursor: Cursor) -> None:
    cursor.rows(
        """SELECT h.id, h.at, g.name, t.name, o.name FROM handover h JOIN user_account t ON t.id = h.to_id
           JOIN organisation o ON o.id = h.organisation_id LEFT JOIN user_account g ON g.id = h.from_id
           ORDER BY h.id DESC LIMIT 81"""
    )


REGISTER = "SELECT {} FROM register_entry e WHERE e.register = 'institution'"
OF_PARK = " AND e.firm_id IN (SELECT f.id FROM firm f WHERE f.organisation_id = ?)"


def register(cursor: Cursor, park: int | None) -> None:
    """The newest institutions with their firms, and what the filters offer."""
    scope, values = (OF_PARK, (park,)) if park else ("", ())
    newest = REGISTER.format("e.id") + scope + ' ORDER BY e."on" DESC NULLS LAST, e.id DESC LIMIT ?'
    ids = [row[0] for row in cursor.rows(newest, *values, PAGE)]
    cursor.rows_in(
        """SELECT e.*, f.id, f.name, o.name FROM register_entry e JOIN firm f ON f.id = e.firm_id
           JOIN organisation o ON o.id = f.organisation_id WHERE e.id IN (*)""",
        ids,
    )
    for end in ("min", "max"):
        cursor.rows(REGISTER.format(f'{end}(e."on")'))
    cursor.rows("SELECT vocabulary, key, title, title_en, place, built_in, disabled FROM term")
    _offered(cursor)


def resources(cursor: Cursor) -> None:
    """The first page of a register of the place: its resources, their firms counted, and what the filters offer."""
    rows = cursor.rows(
        """SELECT r.*, o.name, i.name FROM resource r JOIN organisation o ON o.id = r.organisation_id
           LEFT JOIN industry i ON i.code = r.industry_code WHERE r.register = 'expert' ORDER BY r.sort_key, r.id LIMIT ?""",
        PAGE,
    )
    cursor.rows_in(
        "SELECT resource_id, count(1) FROM resource_firm WHERE resource_id IN (*) AND until IS NULL GROUP BY resource_id",
        [row[0] for row in rows],
    )
    cursor.rows("SELECT register, count(*) FROM resource GROUP BY register")
    cursor.rows("SELECT vocabulary, key, title, title_en, place, built_in, disabled FROM term")
    _offered(cursor)


def found_everywhere(cursor: Cursor, word: str, park: int | None) -> None:
    """A word of two characters in the names of firms, the titles of rights, the texts of needs, and the resources."""
    found(cursor, word, park)
    scope, values = ("AND f.organisation_id = ?", (park,)) if park else ("", ())
    for entity, text in (("ip_right", "title"), ("need", "text")):
        cursor.rows(
            f"""SELECT t.id, t.{text}, f.name FROM text_gram g JOIN {entity} t ON t.id = g.record_id
                JOIN firm f ON f.id = t.firm_id WHERE g.entity = ? AND g.gram = ? {scope}
                ORDER BY g.record_id DESC LIMIT ?""",
            entity,
            word,
            *values,
            21,
        )
    cursor.rows(
        """SELECT r.id, r.register, r.name FROM text_gram g JOIN resource r ON r.id = g.record_id
           WHERE g.entity = 'resource' AND g.gram = ? ORDER BY r.register, r.sort_key""",
        word,
    )


def register_sums(cursor: Cursor, park: int | None) -> None:
    """Institutions by kind and level, and how many firms have one."""
    scope, values = (OF_PARK, (park,)) if park else ("", ())
    sums = REGISTER.format("e.kind, e.level, count(*), sum(e.amount), count(e.amount)")
    cursor.rows(sums + scope + " GROUP BY e.kind, e.level", *values)
    cursor.rows(REGISTER.format("count(DISTINCT e.firm_id)") + scope, *values)


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


OWED = """x.rung = ? AND x.valid_from < ? AND (x.valid_to IS NULL OR x.valid_to >= ?) AND (x.ended_on IS NULL OR x.ended_on > ?)
    AND NOT EXISTS (SELECT 1 FROM duty_record r
        WHERE r.firm_id = x.firm_id AND r.duty = ? AND r.due_on = ? AND r.state = 'done')"""
ENDING = """x.valid_to BETWEEN ? AND ? AND (x.ended_on IS NULL OR x.ended_on > x.valid_to) AND NOT EXISTS (SELECT 1
    FROM credential n WHERE n.firm_id = x.firm_id AND n.rung = x.rung AND n.valid_from > x.valid_from)"""


def calendar(cursor: Cursor, park: int | None) -> list[Any]:
    """The first page of what is overdue or comes, in its order: read from one day of yearly duties to the next until full."""
    titles, values = _titles(park)
    since, last, days = _year(cursor)
    found: list[Any] = []
    for until in [*dict.fromkeys(due_on for _rung, _duty, due_on, _held_on in days), last]:
        arms = [
            f"SELECT x.valid_to AS due_on, x.firm_id AS firm_id, x.rung || '.renewal' AS duty, x.id AS title {titles} AND {ENDING}"
        ]
        given = [*values, since, until]
        for rung, duty, due_on, held_on in days:
            if due_on == until:
                arms.append(f"SELECT ?, x.firm_id, ?, x.id {titles} AND {OWED}")
                given += [due_on, duty, *values, rung, due_on, held_on, held_on, duty, due_on]
        rows = cursor.rows(
            f"""SELECT e.due_on, e.firm_id, e.duty, x.rung, x.valid_from, x.valid_to, x.ended_on, f.name, u.name, c.id
                FROM ({" UNION ALL ".join(arms)} ORDER BY due_on, firm_id, duty LIMIT ?) e
                JOIN credential x ON x.id = e.title JOIN firm f ON f.id = e.firm_id
                LEFT JOIN user_account u ON u.id = f.officer_id
                LEFT JOIN cultivation_case c ON c.firm_id = f.id AND c.rung = x.rung AND c.status = 'open'
                ORDER BY e.due_on, e.firm_id, e.duty""",
            *given,
            PAGE - len(found),
        )
        found += rows
        if len(found) == PAGE:
            break
        since = _after(until)
    firms = list({row[1] for row in found})
    cursor.rows_in("SELECT firm_id, duty, due_on, state FROM duty_record WHERE firm_id IN (*)", firms)
    return found


def counted(cursor: Cursor, park: int | None) -> dict[str, int]:
    """How many titles end on each day, and how many firms owe each yearly duty, by its date."""
    titles, values = _titles(park)
    since, last, days = _year(cursor)
    found: dict[str, int] = defaultdict(int)
    ending = f"SELECT x.valid_to, count(*) {titles} AND {ENDING} GROUP BY x.valid_to"
    for due_on, number in cursor.rows(ending, *values, since, last):
        found[str(due_on)] += number
    for rung, duty, due_on, held_on in days:
        owed = f"SELECT count(*) {titles} AND {OWED}"
        [[number]] = cursor.rows(owed, *values, rung, due_on, held_on, held_on, duty, due_on)
        found[str(due_on)] += number
    return dict(found)


def _titles(park: int | None) -> tuple[str, tuple[int, ...]]:
    """The titles of firms in business, everywhere or in a park."""
    others = "FROM credential x WHERE x.firm_id NOT IN (SELECT id FROM firm WHERE status != 'active')"
    within = "AND x.firm_id IN (SELECT id FROM firm WHERE organisation_id = ?)"
    return (f"{others} {within}", (park,)) if park else (others, ())


def _year(cursor: Cursor) -> tuple[Any, Any, list[tuple[str, str, Any, Any]]]:
    """From when titles that lapsed still count, how far ahead is looked, and the days of yearly duties in order."""
    today = clock.today()
    until = months_later(today, AHEAD)
    days = sorted(yearly_days(Wanted(on=today, until=until)), key=lambda day: day[2])
    taken = (lambda day: day) if cursor.marks == "%s" else date.isoformat
    return (
        taken(months_later(today, -LAPSED_FOR) + DAY),
        taken(until),
        [(rung.value, duty, taken(due_on), taken(held_on)) for rung, duty, due_on, held_on in days],
    )


def _after(day: Any) -> Any:
    return day + DAY if isinstance(day, date) else (date.fromisoformat(day) + DAY).isoformat()


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
