"""Which column of a sheet is which value: proposed from the usual headers, corrected by hand, and checked for what is needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from flask_babel import lazy_gettext as _l

from crm.exchange.columns import column, column_named, columns_of, needed_of, normal_header
from crm.exchange.converters import unit_in
from crm.exchange.models import Kind
from crm.exchange.reading import Sheet
from crm.kernel.errors import DomainError
from crm.kernel.identifiers.checked import Text

Confidence = Literal["exact", "alias", "hand", "none"]
_RANK: dict[Confidence, int] = {"hand": 0, "exact": 1, "alias": 2, "none": 3}


@dataclass(frozen=True, slots=True)
class Match:
    """One column of the sheet and what it is taken for. `key` None: left out. `unit`: yuan in one, for amounts that say so."""

    index: int
    header: str
    key: str | None
    confidence: Confidence
    unit: Decimal | None = None
    note: Text | None = None


def propose(sheet: Sheet, kind: Kind) -> list[Match]:
    """A match for every column of the sheet, in its order; no two have the same key: the surest, then the first, has it."""
    matches = [_match(index, header, kind) for index, header in enumerate(sheet.header)]
    taken: dict[str, Match] = {}
    for match in sorted(matches, key=lambda match: (_RANK[match.confidence], match.index)):
        if match.key is not None:
            taken.setdefault(match.key, match)
    return [match if match.key and taken[match.key] is match else _left_out(match) for match in matches]


def by_hand(matches: list[Match], kind: Kind, choices: Mapping[int, str | None]) -> list[Match]:
    """The proposal with a person's choices: the index of a column → the key it is, or None to leave it out.

    A column whose key someone else is given is left out. Raises `DomainError` for an unknown key or one given twice.
    """
    keys = [chosen for chosen in choices.values() if chosen]
    for key in keys:
        if key not in {each.key for each in columns_of(kind)}:
            raise DomainError(_l("没有“%(key)s”这一项", key=key), field="columns")
        if keys.count(key) > 1:
            raise DomainError(_l("“%(title)s”选了不止一列：请只留一列", title=column(kind, key).title), field="columns")
    chosen: list[Match] = []
    for match in matches:
        if match.index not in choices or choices[match.index] == match.key:
            chosen.append(_left_out(match) if match.key in keys and match.index not in choices else match)
        elif wanted := choices[match.index]:
            chosen.append(Match(match.index, match.header, wanted, "hand", _unit(match.header, kind, wanted)))
        else:
            chosen.append(_left_out(match))
    return chosen


def check_needed(matches: list[Match], kind: Kind) -> None:
    """Raise `DomainError` where a column is missing without which no row can be placed, with the headers that would do."""
    keys = {match.key for match in matches}
    for group in needed_of(kind):
        if not keys.intersection(group):
            headers = [header for key in group for header in column(kind, key).headers[:3]]
            raise DomainError(
                _l(
                    "没有找到“%(title)s”一列：标题行里应有 %(headers)s 之一，或在列对应里手工指定；读到的标题是 %(found)s",
                    title="／".join(str(column(kind, key).title) for key in group),
                    headers="、".join(headers),
                    found="、".join(match.header for match in matches if match.header)[:200],
                ),
                field="columns",
            )


def _match(index: int, header: str, kind: Kind) -> Match:
    found = column_named(kind, header)
    if found is None:
        return Match(index, header, None, "none")
    exact = normal_header(header) == normal_header(found.headers[0])
    loose = any(normal_header(header).startswith(normal_header(each)) for each in found.loose)
    return Match(
        index,
        header,
        found.key,
        "exact" if exact else "alias",
        _unit(header, kind, found.key),
        found.note if loose else None,
    )


def _unit(header: str, kind: Kind, key: str) -> Decimal | None:
    return unit_in(header) if column(kind, key).money else None


def _left_out(match: Match) -> Match:
    return replace(match, key=None, confidence="none", unit=None, note=None)
