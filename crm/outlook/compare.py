"""Scenarios side by side, each judged with today's record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.firms.models import Firm
from crm.ladder.facts import FirmFacts, facts_of
from crm.ladder.standing import score_text
from crm.ladder.words import PURPOSES, RUNGS
from crm.outlook.forms import filled
from crm.outlook.models import Scenario
from crm.outlook.what_if import WhatIf, what_if
from crm.web.language import language


@dataclass(frozen=True)
class Column:
    """One scenario: `facts` by the title of what it changes; `lacks` are the clauses in the way."""

    scenario: Scenario
    made: WhatIf

    @property
    def rung(self) -> Any:
        return RUNGS[self.scenario.rung]

    @property
    def purpose(self) -> Any:
        return PURPOSES[self.scenario.purpose]

    @property
    def facts(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for line in self.made.lines:
            found.setdefault(line.title, []).append(line.after)
        return found

    @property
    def verdict(self) -> str:
        return self.made.after.verdict if self.made.after else "unknown"

    @property
    def score(self) -> str:
        return score_text(self.made.after) if self.made.after else ""

    @property
    def lacks(self) -> list[str]:
        here = language()
        return [result.gap.text[here] if result.gap else result.title[here] for result in self.made.in_the_way]


@dataclass(frozen=True)
class Comparison:
    """`titles`: everything that any of the scenarios changes, with what the record has."""

    columns: Sequence[Column]

    @property
    def titles(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for column in self.columns:
            for line in column.made.lines:
                found.setdefault(line.title, line.before if not line.name.startswith("leave.") else "")
        return found


def compared(firm: Firm, chosen: Sequence[Scenario]) -> Comparison:
    """The scenarios in the order given; the record is read once a day."""
    records: dict[date, FirmFacts] = {}
    columns = []
    for each in chosen:
        if each.on not in records:
            records[each.on] = facts_of(firm, each.on)
        made = what_if(firm, each.rung, each.on, each.purpose, filled(each.changes), records[each.on])
        columns.append(Column(each, made))
    return Comparison(columns)
