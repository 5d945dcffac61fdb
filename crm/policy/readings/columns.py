"""A park's facts as numpy columns, and the reading over them. Unknown is NaN; lists are flattened, with the owner of each entry."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import inf
from typing import Any

import numpy as np

from crm.policy.facts import Facts, Scalar
from crm.policy.readings.algebra import Bool, Truth, Value
from crm.policy.readings.column_algebra import MILLION, ColumnAlgebra
from crm.policy.readings.reading import Item, Reading, bare_code
from crm.policy.vocabulary import LISTS, Shape

Array = Any  # numpy array
SAFE_SIZE = 10**7  # larger numbers (千亿元), or finer than millionths, a float may round: such rows are decided exactly


@dataclass
class ListColumns:
    """All entries of one list fact: `owner[i]` is the firm of entry i; words are codes of `words`."""

    owner: Array
    attributes: dict[str, Array]
    words: dict[str, int]


@dataclass
class Columns:
    """A park. `numbers` and `figures` are float64 columns with NaN for unknown (dates as ordinals, flags 0/1).

    `known_until[name]` is the last day, as ordinal, on which the firm's whole list is known: inf where it is, -inf where nobody
    said. `row(i)` gives firm i's facts exactly, for the few rows that need it;
    `fragile` marks rows whose numbers do not fit a float.
    """

    size: int
    numbers: dict[str, Array]
    texts: dict[str, Array]
    figures: dict[tuple[str, int], Array]
    lists: dict[str, ListColumns]
    known_until: dict[str, Array]
    expert: dict[str, Array]
    choices: dict[str, Array]
    fragile: Array
    row: Callable[[int], Facts]
    values: dict[Any, Value] = field(default_factory=dict)  # columns already turned into intervals

    @classmethod
    def from_facts(cls, park: Sequence[Facts]) -> "Columns":
        """The columns of a park of facts."""
        size = len(park)
        numbers, figures, expert, texts, choices = (_Gathered() for _ in range(5))
        for index, facts in enumerate(park):
            for key, known in facts.profile.items():
                if isinstance(known, str):
                    texts.put(key, index, bare_code(known))
                else:
                    numbers.put(key, index, known)
            for year, of_year in facts.years.items():
                for key, figure in of_year.items():
                    figures.put((key, year), index, figure)
            for key, points in facts.expert.items():
                expert.put(key, index, points)
            for key, option in facts.choices.items():
                choices.put(key, index, option)
        fragile = np.zeros(size, bool)
        columns = cls(
            size,
            numbers.floats(size, fragile),
            texts.objects(size),
            figures.floats(size, fragile),
            {},
            {},
            expert.floats(size, fragile),
            choices.objects(size),
            fragile,
            park.__getitem__,
        )
        for name in LISTS:
            columns.lists[name] = _flattened(name, park, fragile)
            columns.known_until[name] = np.array(
                [inf if name in facts.lists and name not in facts.unconfirmed else -inf for facts in park]
            )
        return columns


class _Gathered:
    """Values of many firms, by key, on their way into columns."""

    def __init__(self) -> None:
        self.by_key: dict[Any, tuple[list[int], list[Any]]] = {}

    def put(self, key: Any, index: int, known: Scalar) -> None:
        rows, values = self.by_key.setdefault(key, ([], []))
        rows.append(index)
        values.append(known)

    def objects(self, size: int) -> dict[Any, Array]:
        result = {}
        for key, (rows, values) in self.by_key.items():
            result[key] = np.full(size, None, object)
            result[key][rows] = values
        return result

    def floats(self, size: int, fragile: Array) -> dict[Any, Array]:
        """Float columns; rows whose number a float may round are marked fragile."""
        result = {}
        for key, (rows, values) in self.by_key.items():
            result[key] = np.full(size, np.nan)
            result[key][rows] = [as_float(known, row, fragile) for row, known in zip(rows, values, strict=True)]
        return result


def as_float(known: Scalar, rows: Any, fragile: Array) -> float:
    """The value as a column has it; where a float may round it, its rows are marked fragile."""
    if isinstance(known, date):
        return float(known.toordinal())
    if not isinstance(known, Fraction):
        return float(known)
    if abs(known.numerator) >= SAFE_SIZE * known.denominator or MILLION % known.denominator:
        fragile[rows] = True
    return known.numerator / known.denominator


def _flattened(name: str, park: Sequence[Facts], fragile: Array) -> ListColumns:
    owner = [index for index, facts in enumerate(park) for _ in facts.lists.get(name, ())]
    entries = [entry for facts in park for entry in facts.lists.get(name, ())]
    words: dict[str, int] = {}
    attributes: dict[str, Array] = {}
    for attribute, key in LISTS[name].items():
        column = np.full(len(entries), np.nan)
        for position, entry in enumerate(entries):
            known = entry.get(attribute)
            if known is not None:
                is_word = key.shape is Shape.TEXT
                column[position] = (
                    words.setdefault(str(known), len(words)) if is_word else as_float(known, owner[position], fragile)
                )
        attributes[attribute] = column
    return ListColumns(np.array(owner, np.intp), attributes, words)


def _interval(column: Array | None, size: int) -> Value:
    if column is None:
        return Value(np.full(size, -inf), np.full(size, inf))
    unknown = np.isnan(column)
    if not unknown.any():
        return Value(column, column)
    return Value(np.where(unknown, -inf, column), np.where(unknown, inf, column))


def _truth(column: Array | None, size: int) -> Truth:
    if column is None:
        return Truth(np.zeros(size, bool), np.ones(size, bool))
    return Truth(column == 1, column != 0)  # NaN is neither: not surely, but possibly


class ParkItems(ColumnAlgebra, Item):
    """All entries of one list, read together."""

    def __init__(self, on: date, entries: ListColumns) -> None:
        self.on, self.entries = on, entries
        self.size = len(entries.owner)

    def one_of(self, attribute: str, values: Sequence[str]) -> Truth:
        column = self.entries.attributes[attribute]
        met = np.isin(column, [self.entries.words[value] for value in values if value in self.entries.words])
        return Truth(met, met | np.isnan(column))

    def flag(self, attribute: str) -> Truth:
        return _truth(self.entries.attributes[attribute], len(self.entries.owner))

    def number(self, attribute: str) -> Value:
        return _interval(self.entries.attributes[attribute], len(self.entries.owner))

    def of_firm(self, truth: Truth) -> Truth:
        return Truth(truth.low[self.entries.owner], truth.high[self.entries.owner])


class ParkReading(ColumnAlgebra, Reading):
    """A whole park's facts on a date."""

    def __init__(self, columns: Columns, on: date) -> None:
        super().__init__(on)
        self.columns = columns
        self.size = columns.size

    def forget(self) -> None:
        """Let go of what was read: values know the reading and it knows them, which would keep a park's columns for long."""
        for held in (self.outcomes, self.points, self.memory):
            held.clear()

    def _value(self, source: dict[Any, Array], key: Any) -> Value:
        known = self.columns.values.get((id(source), key))
        if known is None:
            known = self.columns.values[(id(source), key)] = _interval(source.get(key), self.columns.size)
        return known

    def fact(self, key: str) -> Value:
        return self._value(self.columns.numbers, key)

    def flag(self, key: str) -> Truth:
        return _truth(self.columns.numbers.get(key), self.columns.size)

    def starts_with(self, key: str, prefixes: Sequence[str]) -> Truth:
        codes = self.columns.texts.get(key)
        if codes is None:
            return _truth(None, self.columns.size)
        kinds, which = self._codes(key, codes)
        met = np.array([kind.startswith(tuple(prefixes)) for kind in kinds], bool)[which]
        return Truth(met, met | (which == 0))

    def _codes(self, key: str, codes: Array) -> tuple[list[str], Array]:
        """The distinct codes (the first stands for unknown) and which of them each firm has; worked out once a park."""
        known = self.columns.values.get(("codes", key))
        if known is None:
            kinds = ["", *sorted({code for code in codes if code is not None})]
            place = {kind: index for index, kind in enumerate(kinds)}
            known = Value(kinds, np.array([place.get(code, 0) for code in codes], np.intp))
            self.columns.values[("codes", key)] = known
        return known.low, known.high

    def figure(self, key: str, year: int) -> Value:
        return self._value(self.columns.figures, (key, year))

    def before_founding(self, year: int) -> Bool:
        return self.fact("registered_on").low >= date(year + 1, 1, 1).toordinal()

    def expert(self, key: str) -> Value:
        return self._value(self.columns.expert, key)

    def chosen(self, key: str, option: str) -> Truth:
        column = self.columns.choices.get(key)
        if column is None:
            return _truth(None, self.columns.size)
        met = column == option
        return Truth(met, met | (column == None))  # noqa: E711 (compares every entry of an array)

    def each(self, name: str) -> Sequence[Item]:
        return [ParkItems(self.on, self.columns.lists[name])] if name in self.columns.lists else []

    def tally(self, name: str, counted: Sequence[Truth], amounts: Sequence[Value] | None) -> Value:
        if not counted:
            return self.unknown()
        owner, size = self.columns.lists[name].owner, self.columns.size
        surely, possibly = np.broadcast_to(counted[0].low, owner.shape), np.broadcast_to(counted[0].high, owner.shape)
        if amounts is None:
            low, high = (np.bincount(owner, weights=w, minlength=size) for w in (surely, possibly))
        else:
            least, most = amounts[0].low, amounts[0].high
            low = np.bincount(owner, weights=np.where(surely & (least != -inf), least, 0.0), minlength=size)
            high = np.bincount(owner, weights=np.where(possibly, most, 0.0), minlength=size)
        known = self.columns.known_until[name] >= self.on.toordinal()
        # Entries count of a list that may have others, too.
        return Value(np.where(known | (low > 0), low, -inf), np.where(known, high, inf), rough=amounts is not None)


def columns_of(documents: Iterable[Facts | dict[str, Any]]) -> Columns:
    """The columns of a park of facts or facts documents."""
    return Columns.from_facts([d if isinstance(d, Facts) else Facts.from_document(d) for d in documents])
