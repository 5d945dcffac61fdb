"""A patent list or a sheet of figures as the firm's accountant has it: what each row would ask for. Nothing is written here.

Reading and recognising columns are the importer's; the firm is known, so that a row need not name it, and must not name another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.exchange import converters as to
from crm.exchange import engine
from crm.exchange.columns import column
from crm.exchange.engine import Opened, Settled
from crm.exchange.mapping import Match
from crm.exchange.models import ImportKind, Kind
from crm.exchange.rows import ConvertedRow
from crm.firms.figures.keys import KEYS
from crm.firms.figures.plausibility import texts_of, warnings_of
from crm.firms.figures.queries import years_with_sources
from crm.firms.figures.service import check_founded, check_values, check_year
from crm.firms.figures.service import shown as figure_shown
from crm.firms.ip.bulk import SETTABLE
from crm.firms.ip.service import check_right, read_number
from crm.firms.ip.service import shown as right_shown
from crm.firms.models import Firm, State
from crm.firms.naming import normal
from crm.firms.proposals.models import Decision, Target
from crm.firms.proposals.service import CHANGED_RIGHT, NEW_RIGHT, Record, Wanted
from crm.firms.words import FIGURE_KEYS, IP_FIELDS
from crm.kernel.errors import DomainError
from crm.kernel.identifiers import check_credit_code
from crm.kernel.plain import plain
from crm.portal.filling import asked_by

MOST_ROWS = 2000  # of one firm
# By which columns a row may name its firm.
IDENTITY: dict[Kind, tuple[str, ...]] = {
    ImportKind.FIGURES: ("credit_code", "stock_code", "name", "short_name"),
    ImportKind.IP: ("credit_code", "owners"),
}
NEEDED: dict[Kind, tuple[str, ...]] = {ImportKind.FIGURES: ("year",), ImportKind.IP: ("number", "title")}


class Fate(StrEnum):
    """What would become of a row."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WAITING = "waiting"  # asked for already, and not decided
    UNCLEAR = "unclear"  # cannot be asked for; its message says why


FATES: dict[Fate, Any] = {
    Fate.NEW: _l("新增"),
    Fate.CHANGED: _l("有变化"),
    Fate.UNCHANGED: _l("没有变化"),
    Fate.WAITING: _l("已在申请中"),
    Fate.UNCLEAR: _l("不清楚"),
}
FATE_LOOKS = {
    Fate.NEW: "good",
    Fate.CHANGED: "accent",
    Fate.WAITING: "neutral",
    Fate.UNCHANGED: "neutral",
    Fate.UNCLEAR: "bad",
}


@dataclass
class Row:
    """One row of the file: what it would ask for, and what there is to say. `differences` are (title, old, new)."""

    number: int
    title: str
    fate: Fate = Fate.UNCHANGED
    wanted: list[Wanted] = field(default_factory=list)
    differences: list[tuple[Any, str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def refuse(self, *reasons: Any) -> Row:
        self.fate, self.wanted = Fate.UNCLEAR, []
        self.remarks += [str(reason) for reason in reasons]
        return self


def peek(content: bytes, kind: Kind, settled: Settled) -> Opened:
    """The file as a table with its columns recognised. Raises DomainError where it is no table, or too long a one."""
    opened = engine.peek(content, kind, settled)
    if len(opened.sheet.rows) > MOST_ROWS:
        raise DomainError(_("一次最多 %(most)s 行，请分几次上传。", most=MOST_ROWS), field="file")
    return opened


def lacking(opened: Opened) -> list[Any]:
    """The columns without which no row can be told, as people call them."""
    keys = {match.key for match in opened.matches}
    return [column(opened.kind, key).title for key in NEEDED[opened.kind] if key not in keys]


def plan_rows(firm: Firm, opened: Opened) -> list[Row]:
    """What each row would ask for, as the record and the firm's open proposals stand. None of them where a column or the unit lacks."""
    if lacking(opened) or engine.lacks_unit(opened):
        return []
    owners = _identities(opened)
    rows = engine.convert(_with_firm(firm, opened), lambda _done, _total: None)
    planner = _Figures(firm) if opened.kind is ImportKind.FIGURES else _Rights(firm)
    return [
        planner.plan(row, _not_ours(firm, named), named.get("owners", ""))
        for row, named in zip(rows, owners, strict=True)
    ]


def _identities(opened: Opened) -> list[dict[str, str]]:
    """What each row says of whose it is, as written."""
    places = {match.key: match.index for match in opened.matches if match.key in IDENTITY[opened.kind]}
    return [{str(key): row[place] for key, place in places.items()} for row in opened.sheet.rows]


def _with_firm(firm: Firm, opened: Opened) -> Opened:
    """The same table, each row naming this firm: what it named itself was looked at apart."""
    key = "name" if opened.kind is ImportKind.FIGURES else "owners"
    place = len(opened.sheet.header)
    sheet = replace(
        opened.sheet,
        header=[*opened.sheet.header, key],
        rows=[[*row, firm.name] for row in opened.sheet.rows],
    )
    others = [match for match in opened.matches if match.key not in IDENTITY[opened.kind]]
    left_out = [replace(match, key=None) for match in opened.matches if match.key in IDENTITY[opened.kind]]
    matches = sorted([*others, *left_out, Match(place, key, key, "hand")], key=lambda match: match.index)
    return Opened(opened.kind, sheet, matches, opened.unit)


def _not_ours(firm: Firm, named: dict[str, str]) -> str | None:
    """Why the row is another's; None where it is ours, or says nothing."""
    code = named.get("credit_code", "")
    if not to.is_unknown(code) and firm.credit_code and check_credit_code(code).normal != firm.credit_code:
        return _("这一行的信用代码是 %(code)s，不是本企业", code=code)
    ours = {
        normal(name) for name in (firm.name, firm.short_name, *(former.name for former in firm.former_names)) if name
    }
    for key in ("name", "owners"):
        written = named.get(key, "")
        if to.is_unknown(written):
            continue
        if not ours & {normal(each) for each in _names(written)}:
            return _("这一行写的是“%(name)s”，里面没有本企业", name=written[:60])
    return None


def _names(written: str) -> Sequence[str]:
    try:
        return to.names_of_firms(written)
    except to.CellProblem:
        return ()


class _Figures:
    """Rows of figures, a year each."""

    def __init__(self, firm: Firm) -> None:
        self.firm = firm
        self.years = {figures.year: figures for figures in years_with_sources(firm.id)}
        self.asked = asked_by(firm)
        self.seen: set[int] = set()

    def plan(self, row: ConvertedRow, not_ours: str | None, _owners: str) -> Row:
        year = row.values.get("year")
        planned = Row(row.number, _("%(year)s 年", year=year) if year else "")
        planned.remarks = [str(remark) for remark in row.warnings]
        values = {key: row.values[key] for key in KEYS if row.values.get(key) is not None}
        if row.problems or not_ours:
            return planned.refuse(*row.problems, *([not_ours] if not_ours else []))
        assert isinstance(year, int)
        try:
            check_year(year)
            check_values(values)
            check_founded(self.firm.registered_on, year)
        except DomainError as error:
            return planned.refuse(error.message)
        if year in self.seen:
            return planned.refuse(_("同一年有两行，请只留一行"))
        self.seen.add(year)
        self._compare(planned, year, values)
        planned.remarks += texts_of(warnings_of({**dict.fromkeys(KEYS), **values}))
        return planned

    def _compare(self, planned: Row, year: int, values: dict[str, Any]) -> None:
        stands = self.years.get(year)
        verified = {source.key for source in stands.sources if source.state is State.VERIFIED} if stands else set()
        waiting = self.asked.fields(Target.FIGURES, str(year), Decision.PENDING)
        for key, value in values.items():
            old = getattr(stands, key) if stands is not None else None
            if old == value:
                continue
            if key in verified:
                planned.remarks.append(
                    _(
                        "%(title)s园区已核实为 %(old)s，与表中 %(new)s 不同，不提交；确需更正请在填报页更正",
                        title=FIGURE_KEYS[key],
                        old=_with_unit(key, old),
                        new=_with_unit(key, value),
                    )
                )
                continue
            wish = Wanted(target=Target.FIGURES, target_key=str(year), field=key, new=value)
            if key in waiting and waiting[key].new == plain(value):
                planned.fate = Fate.WAITING if planned.fate is Fate.UNCHANGED else planned.fate
                continue
            planned.wanted.append(wish)
            planned.differences.append((FIGURE_KEYS[key], _with_unit(key, old), _with_unit(key, value)))
            planned.fate = Fate.NEW if stands is None else Fate.CHANGED


def _with_unit(key: str, value: Any) -> str:
    return _("未知") if value is None else f"{figure_shown(key, value)} {KEYS[key].unit}"


class _Rights:
    """Rows of a list of rights, one each, known by their numbers."""

    def __init__(self, firm: Firm) -> None:
        self.firm = firm
        self.rights = Record(firm).rights
        self.waiting = asked_by(firm).fields(Target.IP, None, Decision.PENDING)
        self.seen: dict[str, int] = {}

    def plan(self, row: ConvertedRow, not_ours: str | None, owners: str) -> Row:
        values = row.values
        title = " · ".join(filter(None, (values.get("title"), values.get("number"))))
        planned = Row(row.number, title)
        planned.remarks = [str(remark) for remark in row.warnings]
        if row.problems or not_ours:
            return planned.refuse(*row.problems, *([not_ours] if not_ours else []))
        wanted = {key: values[key] for key in SETTABLE if values.get(key) is not None}
        rank = self._rank(owners)
        if rank is not None:
            wanted.setdefault("owner_rank", rank)
        try:
            kind, number = read_number(values["number"], values.get("kind"))
            check_right(wanted)
        except DomainError as error:
            return planned.refuse(error.message)
        if (first := self.seen.setdefault(number, row.number)) != row.number:
            return planned.refuse(_("与第 %(row)s 行是同一件：请只留一行", row=first))
        if number in self.waiting:
            planned.fate = Fate.WAITING
            return planned
        present = self.rights.get(number)
        if present is None:
            planned.fate = Fate.NEW
            new = {"number": number, "kind": kind, **wanted}
            planned.wanted.append(Wanted(target=Target.IP, field=NEW_RIGHT, new=new))
            planned.differences = [
                (IP_FIELDS[key], "", str(right_shown(key, value))) for key, value in new.items() if key in BESIDE_TITLE
            ]
            return planned
        changed = {key: value for key, value in wanted.items() if getattr(present, key) != value}
        if changed:
            planned.fate = Fate.CHANGED
            planned.wanted.append(Wanted(target=Target.IP, target_key=number, field=CHANGED_RIGHT, new=changed))
            planned.differences = [
                (IP_FIELDS[key], str(right_shown(key, getattr(present, key))), str(right_shown(key, value)))
                for key, value in changed.items()
            ]
        return planned

    def _rank(self, owners: str) -> int | None:
        """The firm's place among several owners."""
        names = _names(owners) if owners else ()
        if len(names) < 2:
            return None
        return next((place for place, name in enumerate(names, 1) if normal(name) == normal(self.firm.name)), None)


# What the preview shows of a new right beside its title and number.
BESIDE_TITLE = ("kind", "filed_on", "granted_on", "status")


def wanted_of(rows: Sequence[Row]) -> list[Wanted]:
    """All that the file asks for."""
    return [wish for row in rows for wish in row.wanted]
