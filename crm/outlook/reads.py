"""Which facts an edition reads on a date: found by reading it once over nothing, listening."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from crm.policy import Edition, Facts
from crm.policy.answers.verdict import judge
from crm.policy.readings.algebra import Bool, Truth, Value
from crm.policy.readings.reading import FirmItem, FirmReading, Item


@dataclass
class Reads:
    """`figures` are (key, year); `lists` name → attribute → the words that conditions ask for; all in the order read."""

    profile: dict[str, None] = field(default_factory=dict)
    figures: dict[tuple[str, int], None] = field(default_factory=dict)
    expert: dict[str, None] = field(default_factory=dict)
    choices: dict[str, None] = field(default_factory=dict)
    lists: dict[str, dict[str, dict[str, None]]] = field(default_factory=dict)


_known: dict[tuple[str, int], Reads] = {}  # by the edition's hash and the year
MOST = 200


def reads_of(edition: Edition, on: date) -> Reads:
    """Every fact a criterion of the edition may read on that day."""
    found = _known.get((edition.hash, on.year))
    if found is None:
        reading = _Listening(on)
        judge(edition, reading)
        if len(_known) >= MOST:
            _known.clear()
        found = _known[edition.hash, on.year] = reading.reads
    return found


class _ListeningItem(FirmItem):
    """An entry of which nothing is known, that notes which words are asked for."""

    def __init__(self, on: date, name: str, words: dict[str, dict[str, None]]) -> None:
        super().__init__(on, name, {})
        self.words = words

    def one_of(self, attribute: str, values: Sequence[str]) -> Truth:
        self.words.setdefault(attribute, {}).update(dict.fromkeys(values))
        return super().one_of(attribute, values)

    def flag(self, attribute: str) -> Truth:
        self.words.setdefault(attribute, {})
        return super().flag(attribute)


class _Listening(FirmReading):
    def __init__(self, on: date) -> None:
        super().__init__(Facts(), on)
        self.reads = Reads()

    def fact(self, key: str) -> Value:
        self.reads.profile[key] = None
        return super().fact(key)

    def flag(self, key: str) -> Truth:
        self.reads.profile[key] = None
        return super().flag(key)

    def starts_with(self, key: str, prefixes: Sequence[str]) -> Truth:
        self.reads.profile[key] = None
        return super().starts_with(key, prefixes)

    def figure(self, key: str, year: int) -> Value:
        self.reads.figures[key, year] = None
        return super().figure(key, year)

    def before_founding(self, year: int) -> Bool:
        self.reads.profile["registered_on"] = None
        return super().before_founding(year)

    def expert(self, key: str) -> Value:
        self.reads.expert[key] = None
        return super().expert(key)

    def chosen(self, key: str, option: str) -> Truth:
        self.reads.choices[key] = None
        return super().chosen(key, option)

    def each(self, name: str) -> Sequence[Item]:
        return [_ListeningItem(self.on, name, self.reads.lists.setdefault(name, {}))]
