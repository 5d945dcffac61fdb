"""Rows of text become rows of typed values, each with what is wrong with it and what is only strange."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from flask_babel import lazy_gettext as _l

from crm.exchange import converters as to
from crm.exchange.column import Column
from crm.exchange.columns import column
from crm.exchange.mapping import Match
from crm.exchange.models import ImportKind, Kind
from crm.exchange.reading import RowProblem, Sheet
from crm.firms.ip.models import IpKind
from crm.firms.words import IP_KINDS
from crm.kernel import clock
from crm.kernel.identifiers import check_ip_number
from crm.kernel.identifiers.checked import Text
from crm.registers.models import Register

_CACHED = 10_000
# The kinds whose number tells what it is; the numbers of the others are kept as written.
_TOLD_BY_NUMBER = {
    IpKind.INVENTION,
    IpKind.UTILITY_MODEL,
    IpKind.DESIGN,
    IpKind.DEFENCE_INVENTION,
    IpKind.SOFTWARE,
    IpKind.IC_LAYOUT,
}


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about one cell (`key`, `header`) or the whole row (both None), for people."""

    text: Text
    key: str | None = None
    header: str | None = None

    def __str__(self) -> str:
        return f"{self.header}：{self.text}" if self.header else str(self.text)


@dataclass(slots=True)
class ConvertedRow:
    """One row. A key that is absent has no column in the file; None is a cell that says unknown.

    A row with `problems` must not be saved; `warnings` are kept with it.
    """

    number: int
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)


@dataclass(slots=True)
class _Plan:
    index: int
    key: str
    header: str
    column: Column
    convert: Callable[[str], Any]
    cache: dict[str, Any]


def unit_of(sheet: Sheet) -> Decimal | None:
    """The unit that the lines above the table name (“单位：万元”), for columns whose header names none."""
    return next((unit for line in sheet.preamble if (unit := to.unit_in(line))), None)


def convert_rows(
    sheet: Sheet, kind: Kind, matches: list[Match], *, unit: Decimal | None = None
) -> Iterator[ConvertedRow]:
    """The rows of the sheet, converted. `unit`: of amounts whose header names none; else that above the table, else yuan."""
    unit = unit or unit_of(sheet) or Decimal(1)
    today = clock.today()
    plans = [_plan(match, match.key, kind, unit) for match in matches if match.key]
    spoilt: dict[int, list[RowProblem]] = defaultdict(list)
    for problem in sheet.problems:
        spoilt[problem.row_number].append(problem)
    check = _CHECKS.get(kind, _check_nothing)
    for row_number, cells in zip(sheet.row_numbers, sheet.rows, strict=True):
        row = ConvertedRow(row_number)
        if row_number in spoilt:
            _add_spoilt(row, spoilt[row_number], matches)
        for plan in plans:
            raw = cells[plan.index]
            try:
                value = plan.cache[raw]
            except KeyError:
                value = _convert(plan, raw, today)
                if len(plan.cache) < _CACHED:
                    plan.cache[raw] = value
            if type(value) is Remark:
                row.problems.append(value)
            else:
                row.values[plan.key] = value
        check(row)
        yield row


def _plan(match: Match, key: str, kind: Kind, unit: Decimal) -> _Plan:
    chosen = column(kind, key)
    convert = partial(chosen.convert, unit=match.unit or unit) if chosen.money else chosen.convert
    return _Plan(match.index, key, match.header, chosen, convert, {})


def _convert(plan: _Plan, raw: str, today: date) -> Any:
    """The value, None for unknown, or the remark that refuses it."""
    if to.is_unknown(raw):
        return Remark(_l("没有填写"), plan.key, plan.header) if plan.column.needed else None
    try:
        value = plan.convert(raw)
    except to.CellProblem as problem:
        return Remark(problem.text, plan.key, plan.header)
    if plan.column.past and value > (today if isinstance(value, date) else today.year):
        return Remark(_l("“%(raw)s”还没有到，请核对", raw=raw), plan.key, plan.header)
    return value


def _add_spoilt(row: ConvertedRow, problems: list[RowProblem], matches: list[Match]) -> None:
    for problem in problems:
        if problem.column is None:
            row.problems.append(Remark(problem.text))
        elif (match := matches[problem.column]).key:
            row.problems.append(Remark(problem.text, match.key, match.header))


def _check_firm(row: ConvertedRow) -> None:
    """Spread the capital over its two fields; read the true beginning from the operating term.

    Registries' lists give the day of the newest licence as 成立日期; the term begins on the day of founding.
    """
    values = row.values
    if "registered_capital" in values:
        capital = values["registered_capital"]
        values["registered_capital"], values["capital_currency"] = capital or (None, None)
    term = values.pop("operating_term", None)
    if not term:
        return
    try:
        begins = to.day(term.split("至")[0].strip())
    except to.CellProblem:
        return
    registered = values.get("registered_on")
    if registered is None and begins <= clock.today():
        values["registered_on"] = begins
    elif registered is not None and begins < registered:
        values["registered_on"] = begins
        row.warnings.append(
            Remark(
                _l(
                    "营业期限自 %(begins)s 起，早于所填成立日期 %(registered)s（多为发照日期）：成立日期按 %(begins)s 记",
                    begins=begins.isoformat(),
                    registered=registered.isoformat(),
                ),
                "registered_on",
            )
        )


def _check_figures(row: ConvertedRow) -> None:
    """A row must name its firm. Whether the figures are plausible is judged where they are saved."""
    if not row.problems and not any(row.values.get(key) for key in ("credit_code", "stock_code", "name", "short_name")):
        row.problems.append(Remark(_l("没有说是哪家企业：请填统一社会信用代码、证券代码或企业名称")))


def _check_ip(row: ConvertedRow) -> None:
    """Read the kind from the number where the number tells it, and the order of owners from the list."""
    values = row.values
    owners = values.get("owners") or ()
    if not row.problems and not values.get("credit_code"):
        if not owners:
            row.problems.append(Remark(_l("没有说是哪家企业的：请填权利人名称或统一社会信用代码")))
        elif all("自然人" in owner for owner in owners):
            row.problems.append(Remark(_l("权利人是自然人，不是企业：不记入企业的知识产权"), "owners"))
    number, stated = values.get("number"), values.get("kind")
    if number is None or (stated is not None and stated not in _TOLD_BY_NUMBER):
        return
    checked = check_ip_number(number)
    if stated in (IpKind.SOFTWARE, IpKind.IC_LAYOUT) and checked.kind != stated:
        text = _l("“%(number)s”不像%(kind)s的登记号，请核对", number=number, kind=IP_KINDS[stated])
        row.warnings.append(Remark(text, "number"))
        return
    if not checked.is_valid:
        row.problems.append(Remark(checked.reason, "number"))
        return
    values["number"] = checked.normal
    told = IpKind(str(checked.kind))
    if stated is None or (stated is not told and (stated, told) != (IpKind.DEFENCE_INVENTION, IpKind.INVENTION)):
        if stated is not None:
            text = _l(
                "所填类型是%(stated)s，号码“%(number)s”是%(told)s：按号码记，请核对",
                stated=IP_KINDS[stated],
                number=checked.normal,
                told=IP_KINDS[told],
            )
            row.warnings.append(Remark(text, "kind"))
        values["kind"] = told


def _check_entry(row: ConvertedRow) -> None:
    """An entry must name its firm."""
    if not row.problems and not any(row.values.get(key) for key in ("credit_code", "firm")):
        row.problems.append(Remark(_l("没有说是哪家企业的：请填统一社会信用代码或企业名称")))


def _check_nothing(row: ConvertedRow) -> None:
    """A resource is of the place: what is wrong with it is said where its words are looked up."""


_CHECKS: dict[Kind, Callable[[ConvertedRow], None]] = {
    ImportKind.FIRMS: _check_firm,
    ImportKind.FIGURES: _check_figures,
    ImportKind.IP: _check_ip,
    **dict.fromkeys(Register, _check_entry),
}
