"""What rows of registers and of ties share: a record to enter or to change, and the words of cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crm.exchange.lookups import same
from crm.exchange.words import LEVEL
from crm.firms.reference.terms import all_terms
from crm.registers.bulk import RecordChange

SHORTEST = 2  # characters of a word that may stand for a longer one


@dataclass(slots=True)
class RecordDeed:
    """A record to enter (`id` None: all its columns in `values`) or to change (`before`: the old values)."""

    values: dict[str, Any]
    id: int | None = None
    version: int = 1
    before: dict[str, Any] = field(default_factory=dict)
    firm_id: int | None = None

    def change(self) -> RecordChange:
        assert self.id is not None
        return RecordChange(self.id, self.version, self.values, self.before, self.firm_id)


class Words:
    """The words of a register as cells write them: terms by title in either language, or by key."""

    def __init__(self, offered: Mapping[str, Mapping[str, Any]]) -> None:
        self.offered = offered  # column → word → value
        self.known: dict[tuple[str, str], Any] = {}

    def read(self, column: str, cell: str) -> Any:
        """The value that the cell means; None: none does."""
        key = (column, cell)
        if key not in self.known:
            self.known[key] = self._read(self.offered[column], same(cell).casefold())
        return self.known[key]

    @staticmethod
    def _read(words: Mapping[str, Any], cell: str) -> Any:
        if cell in words:
            return words[cell]
        longer = {
            value
            for word, value in words.items()
            if len(min(cell, word, key=len)) >= SHORTEST and (word.startswith(cell) or cell.startswith(word))
        }
        return longer.pop() if len(longer) == 1 else None


def terms_of(vocabulary: str) -> dict[str, str]:
    """Every way to write a term → its key; disabled ones too, because a record may have one already."""
    found: dict[str, str] = dict(LEVEL) if vocabulary == "level" else {}
    for word in sorted(all_terms(vocabulary), key=lambda word: word.disabled):
        for way in (word.title, word.title_en, word.key):
            found.setdefault(same(way).casefold(), word.key)
    return found
