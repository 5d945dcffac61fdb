"""Measures of the registers, by kind and level: their keys are read, so that a new kind needs no code.

`institution:engineering_centre@provincial`: that kind, at that level and above; `project=national`: exactly that level;
`year:standard`: the entries of the year; `amount:equity`: their money.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement

from crm.firms.reference.terms import term_titles
from crm.insight.targets import counts
from crm.insight.targets.counts import Numbers
from crm.insight.targets.measures import Measure, Tally, has_entry
from crm.insight.targets.units import Dimension
from crm.registers.kinds import REGISTERS
from crm.registers.models import Register, RegisterEntry

LEVELS = ("international", "national", "provincial", "city", "below")  # from the highest down
_KEY = re.compile(r"(?P<family>[a-z_]+)(:(?P<kind>[a-z0-9_]+))?((?P<sign>[@=])(?P<level>[a-z]+))?")
FLOWS = ("project", "award", "year", "amount", "event")
FAMILIES = ("institution", "honour", "carrier", "platform", *FLOWS)
VOCABULARIES = {
    "institution": "institution.kind",
    "honour": "honour.kind",
    "carrier": "carrier.kind",
    "event": "event.kind",
}


def levels_of(sign: str | None, level: str | None) -> list[str] | None:
    """The levels that a key means; None: any, also where nothing is said of it."""
    if level is None:
        return None
    return [level] if sign == "=" else list(LEVELS[: LEVELS.index(level) + 1])


@dataclass(frozen=True)
class _Wanted:
    """What a key of a register asks for: which counted keys begin so, of which kind and levels."""

    beginnings: tuple[str, ...]
    kind: str | None
    levels: list[str] | None

    def of(self, numbers: Numbers) -> Iterator[list[int]]:
        for key, values in numbers.items():
            if key.startswith(self.beginnings):
                _where, _register, kind, level, *_role = key.split(".")
                if (self.kind is None or kind == self.kind) and (self.levels is None or level in self.levels):
                    yield values

    def add(self, column: int, numbers: Numbers) -> Tally:
        return Tally(Fraction(sum(values[column] for values in self.of(numbers))))

    def money(self, numbers: Numbers) -> Tally:
        rows = list(self.of(numbers))
        fen, known, entries = (sum(row[column] for row in rows) for column in (1, 2, 0))
        return Tally(Fraction(fen, 100), known, entries)

    def rows(self, register: Register, held: bool, year: int) -> list[ColumnElement[bool]]:
        """The conditions on `RegisterEntry` of the same entries."""
        found = [RegisterEntry.register == register]
        found.append(counts.entry_held(counts.day_of(year)) if held else counts.entered_in(year))
        if self.kind is not None:
            found.append(RegisterEntry.kind == self.kind)
        if self.levels is not None:
            found.append(RegisterEntry.level.in_(self.levels))
        return found


def of_registers(key: str) -> Measure | None:
    found = _KEY.fullmatch(key)
    if found is None or found["family"] not in FAMILIES or (found["level"] and found["level"] not in LEVELS):
        return None
    family, kind = found["family"], found["kind"]
    levels = levels_of(found["sign"], found["level"])
    title = partial(_title, family, kind, found["sign"], found["level"])
    flow = family in FLOWS
    if family in ("year", "amount"):
        if kind not in set(Register):
            return None
        register = Register(kind)
        wanted = _Wanted((f"year.{register.value}.",), None, levels)
        firms = partial(has_entry, partial(wanted.rows, register, False))
        if family == "amount":
            return Measure(key, title, Dimension.MONEY, wanted.money, firms, flow=True, summed=True)
        return Measure(key, title, Dimension.COUNT, partial(wanted.add, 0), firms, flow=True)
    if family in ("carrier", "event"):
        return Measure(
            key, title, Dimension.COUNT, partial(_Wanted((f"resource.{family}.",), kind, levels).add, 0), flow=flow
        )
    if family == "platform":
        wanted = _Wanted(("held.institution.", "resource.carrier."), kind, levels)
        return Measure(key, title, Dimension.COUNT, partial(wanted.add, 0), _platform_firms(wanted))
    register = Register(family)
    wanted = _Wanted((f"{'year' if flow else 'held'}.{family}.",), kind, levels)
    firms = partial(has_entry, partial(wanted.rows, register, not flow))
    # An honour is counted by the firms that have it.
    return Measure(key, title, Dimension.COUNT, partial(wanted.add, 1 if family == "honour" else 0), firms, flow=flow)


def _platform_firms(wanted: _Wanted) -> Callable[[int], ColumnElement[bool]]:
    """The firms with an institution among the platforms; carriers are not of firms."""
    return partial(has_entry, partial(wanted.rows, Register.INSTITUTION, True))


def _title(family: str, kind: str | None, sign: str | None, level: str | None) -> str:
    words: Mapping[str, Any] = {
        "institution": _("研发机构"),
        "honour": _("荣誉称号"),
        "carrier": _("双创载体"),
        "platform": _("创新平台（研发机构和双创载体）"),
        "project": _("年度科技项目"),
        "award": _("年度科技奖励"),
        "event": _("年度活动"),
    }
    if family in ("year", "amount"):
        register = REGISTERS[Register(str(kind))].title
        text = (
            _("年度%(register)s登记数", register=register)
            if family == "year"
            else _("年度%(register)s金额", register=register)
        )
    else:
        text = str(words[family])
        if kind is not None:
            text = f"{text} · {term_titles(VOCABULARIES.get(family, 'institution.kind')).get(kind, kind)}"
    if level is not None:
        name = term_titles("level").get(level, level)
        text += _("（%(level)s）", level=name) if sign == "=" else _("（%(level)s及以上）", level=name)
    return text
