"""From a file to planned rows, and from planned rows to records: the same for the page's job and for the command."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import text
from sqlalchemy.orm import Session

from crm.accounts.models import Organisation, User
from crm.exchange import converters as to
from crm.exchange.columns import column
from crm.exchange.converters import UNITS
from crm.exchange.long_form import long_form
from crm.exchange.mapping import Match, by_hand, check_needed, propose
from crm.exchange.models import ImportKind, Kind
from crm.exchange.plan import NewFirm, PlannedRow
from crm.exchange.plan_figures import FiguresPlanner
from crm.exchange.plan_firms import FirmsPlanner
from crm.exchange.plan_ip import IpPlanner
from crm.exchange.plan_registers import EntryPlanner, ResourcePlanner
from crm.exchange.plan_ties import TiePlanner
from crm.exchange.reading import Sheet, read_sheet
from crm.exchange.rows import ConvertedRow, Remark, convert_rows, unit_of
from crm.exchange.write_firms import change_firms, create_firms
from crm.firms.figures.bulk import bulk_record_figures
from crm.firms.ip.bulk import bulk_record_rights
from crm.kernel.errors import DomainError
from crm.kernel.identifiers import check_credit_code
from crm.kernel.plain import plain
from crm.registers.bulk import Model, bulk_change, bulk_enter
from crm.registers.models import Register, RegisterEntry
from crm.registers.resources.models import Resource, ResourceFirm, ResourceRegister

Progress = Callable[[int, int], None]  # steps done, of how many

STEP = 20_000  # rows between two signs of life
_UNIT_IN_CELL = re.compile("[元万亿千百]")
IMPORT_LOCK = 7_294_001  # of PostgreSQL: two imports write one after the other


@dataclass(frozen=True)
class Settled:
    """What a person settled about a file. `columns`: place of a column → its key, "" to leave it out."""

    sheet_name: str | None = None
    columns: Mapping[int, str] = field(default_factory=dict)
    unit: str | None = None  # of UNITS; None: as the file says
    create_firms: bool = True


@dataclass
class Opened:
    """A file read as a table, with its columns settled."""

    kind: Kind
    sheet: Sheet
    matches: list[Match]
    unit: Decimal | None


def open_file(content: bytes, kind: Kind, settled: Settled) -> Opened:
    """Read the file and settle its columns. Raises UnreadableFile, or DomainError where a needed column is missing."""
    opened = peek(content, kind, settled)
    check_needed(opened.matches, kind)
    return opened


def peek(content: bytes, kind: Kind, settled: Settled) -> Opened:
    """The same without asking for the needed columns: to show them."""
    sheet = read_sheet(content, kind, sheet_name=settled.sheet_name)
    if kind is ImportKind.FIGURES:
        sheet = long_form(sheet)
    if not sheet.rows:
        raise DomainError(_("表格里只有标题，没有数据：请填好后重新上传"), field="file")
    choices = {place: key or None for place, key in settled.columns.items() if place < len(sheet.header)}
    return Opened(
        kind, sheet, by_hand(propose(sheet, kind), kind, choices), UNITS[settled.unit] if settled.unit else None
    )


def lacks_unit(opened: Opened) -> bool:
    """Whether amounts stand in the table whose unit neither header, file nor cell names, and nobody said it: 3800 may be 元 or 万元."""
    if opened.unit is not None or unit_of(opened.sheet) is not None:
        return False
    bare = [
        match.index
        for match in opened.matches
        if match.key and match.unit is None and column(opened.kind, match.key).money
    ]
    return any(
        not to.is_unknown(row[place]) and not _UNIT_IN_CELL.search(row[place])
        for row in opened.sheet.rows
        for place in bare
    )


def check_unit(opened: Opened) -> None:
    """Raise DomainError where nothing says whether the amounts are 元 or 万元."""
    if lacks_unit(opened):
        raise DomainError(_("请选择表里的金额是元还是万元。"), field="unit")


def convert(opened: Opened, progress: Progress) -> list[ConvertedRow]:
    """All rows as typed values. Needs no database, so that nobody waits for it."""
    rows: list[ConvertedRow] = []
    total = len(opened.sheet.rows)
    for row in convert_rows(opened.sheet, opened.kind, opened.matches, unit=opened.unit):
        if len(rows) % STEP == 0:
            progress(len(rows), total)
        rows.append(row)
    if opened.kind is ImportKind.FIRMS:
        _keep_registration_numbers(opened, rows)
    return rows


def _keep_registration_numbers(opened: Opened, rows: list[ConvertedRow]) -> None:
    """A registration number in the column of credit codes (many lists have one column for both) is kept as what it is."""
    place = next((match.index for match in opened.matches if match.key == "credit_code"), None)
    if place is None:
        return
    for row, cells in zip(rows, opened.sheet.rows, strict=True):
        if [problem.key for problem in row.problems] != ["credit_code"] or row.values.get("registration_number"):
            continue
        checked = check_credit_code(cells[place])
        if checked.kind == "registration_number":
            row.problems.clear()
            row.values["registration_number"] = checked.normal
            row.warnings.append(
                Remark(_l("这是 15 位注册号，已记为注册号：请补上 18 位统一社会信用代码"), "credit_code")
            )


def plan(
    session: Session,
    kind: Kind,
    rows: list[ConvertedRow],
    *,
    actor: User,
    organisation: Organisation,
    create_firms: bool,
) -> list[PlannedRow]:
    """What each row would do, as the database stands now."""
    if kind is ImportKind.FIRMS:
        return list(FirmsPlanner(session, actor, organisation).plan(rows))
    if isinstance(kind, Register):
        return list(EntryPlanner(session, actor, kind).plan(rows))
    if isinstance(kind, ResourceRegister):
        return list(ResourcePlanner(session, actor, organisation, kind).plan(rows))
    if kind is ImportKind.TIES:
        return list(TiePlanner(session, actor).plan(rows))
    planner = FiguresPlanner if kind is ImportKind.FIGURES else IpPlanner
    return list(planner(session, actor, organisation, create_firms).plan(rows))


def wait_for_turn(session: Session) -> None:
    """Let imports plan and write one after the other; SQLite has but one writer anyway."""
    if session.connection().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": IMPORT_LOCK})


def write(session: Session, kind: Kind, rows: Sequence[PlannedRow], actor: User, progress: Progress) -> None:
    """Do what the rows plan, and note in each which record it made or changed. The session must be signed."""
    deeds = [row for row in rows if row.deed is not None]
    for start in range(0, len(deeds), STEP):
        progress(start, len(deeds))
        _WRITERS[kind](session, deeds[start : start + STEP], actor)
    progress(len(deeds), len(deeds))


def _write_firms(session: Session, rows: list[PlannedRow], _actor: User) -> None:
    new = [row for row in rows if isinstance(row.deed, NewFirm)]
    create_firms(session, [row.deed for row in new])
    for row in new:
        row.entity_id = row.deed.id
    change_firms(session, [row.deed for row in rows if not isinstance(row.deed, NewFirm)])


def _write_figures(session: Session, rows: list[PlannedRow], actor: User) -> None:
    create_firms(session, list(_new_firms(rows)))
    recorded = bulk_record_figures(session, [row.deed.row() for row in rows], actor)
    for row, result in zip(rows, recorded, strict=True):
        row.entity_id = result.figures_id
        for key, source in result.sources.items():
            # What undoing must bring back; not shown as a difference.
            row.before = {
                **(row.before or {}),
                f"{key}.source": {name: plain(value) for name, value in source.items()},
            }


def _write_ip(session: Session, rows: list[PlannedRow], actor: User) -> None:
    create_firms(session, list(_new_firms(rows)))
    recorded = bulk_record_rights(session, [row.deed.row() for row in rows], actor)
    for row, result in zip(rows, recorded, strict=True):
        row.entity_id = result.right_id


def _write_records(model: Model) -> Callable[[Session, list[PlannedRow], Any], None]:
    """The writer of a register's records."""

    def write(session: Session, rows: list[PlannedRow], _actor: User) -> None:
        new = [row for row in rows if row.deed.id is None]
        for row, record_id in zip(new, bulk_enter(session, model, [row.deed.values for row in new]), strict=True):
            row.entity_id = record_id
        bulk_change(session, model, [row.deed.change() for row in rows if row.deed.id is not None])

    return write


def _new_firms(rows: list[PlannedRow]) -> Iterator[NewFirm]:
    """The firms that rows need and nobody created yet, each once."""
    firms = {id(row.deed.firm): row.deed.firm for row in rows if isinstance(row.deed.firm, NewFirm)}
    return (firm for firm in firms.values() if firm.id is None)


_WRITERS: dict[Kind, Callable[[Session, list[PlannedRow], Any], None]] = {
    ImportKind.FIRMS: _write_firms,
    ImportKind.FIGURES: _write_figures,
    ImportKind.IP: _write_ip,
    ImportKind.TIES: _write_records(ResourceFirm),
    **dict.fromkeys(Register, _write_records(RegisterEntry)),
    **dict.fromkeys(ResourceRegister, _write_records(Resource)),
}
