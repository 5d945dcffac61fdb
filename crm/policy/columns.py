"""A park's facts as numpy columns, and the reading over them. Unknown is NaN; lists are flattened, with the owner of each entry."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import inf
from typing import Any

import numpy as np

from crm.policy.algebra import DERIVED, GIVEN, WHOLE, Bool, ColumnAlgebra, Truth, Value
from crm.policy.facts import Facts, Scalar
from crm.policy.reading import Item, Reading, bare_code
from crm.policy.vocabulary import LISTS, Shape

Array = Any  # numpy array
SAFE_DIGITS, SAFE_SIZE = (
    15,
    10**9,
)  # beyond these a float column may not tell two numbers apart: the row is decided exactly


@dataclass
class ListColumns:
    """All entries of one list fact: `owner[i]` is the firm of entry i; words are codes of `words`."""

    owner: Array
    attributes: dict[str, Array]
    words: dict[str, int]


@dataclass
class Columns:
    """A park. `numbers` and `figures` are float64 columns with NaN for unknown (dates as ordinals, flags 0/1).

    `listed[name]` is True where the firm's list is known. `row(i)` gives firm i's facts exactly, for the few rows that need it;
    `fragile` marks rows whose numbers do not fit a float.
    """

    size: int
    numbers: dict[str, Array]
    texts: dict[str, Array]
    figures: dict[tuple[str, int], Array]
    lists: dict[str, ListColumns]
    listed: dict[str, Array]
    expert: dict[str, Array]
    choices: dict[str, Array]
    fragile: Array
    row: Callable[[int], Facts]
    values: dict[Any, Value] = field(default_factory=dict)  # columns already turned into intervals

    @classmethod
    def from_facts(cls, park: Sequence[Facts]) -> "Columns":
        """The columns of a park of facts."""
        size = len(park)
        columns = cls(size, {}, {}, {}, {}, {}, {}, {}, np.zeros(size, bool), park.__getitem__)
        for index, facts in enumerate(park):
            for key, known in facts.profile.items():
                if isinstance(known, str):
                    columns.texts.setdefault(key, np.full(size, None, object))[index] = bare_code(known)
                else:
                    columns._put(columns.numbers, key, index, known)
            for year, figures in facts.years.items():
                for key, figure in figures.items():
                    columns._put(columns.figures, (key, year), index, figure)
            for key, points in facts.expert.items():
                columns._put(columns.expert, key, index, points)
            for key, option in facts.choices.items():
                columns.choices.setdefault(key, np.full(size, None, object))[index] = option
        for name in LISTS:
            columns._flatten(name, park)
        return columns

    def _put(self, target: dict[Any, Array], key: Any, index: int, known: Scalar) -> None:
        if key not in target:
            target[key] = np.full(self.size, np.nan)
        target[key][index] = self._float(known, index)

    def _float(self, known: Scalar, index: int) -> float:
        if isinstance(known, date):
            return float(known.toordinal())
        number = Fraction(known)
        if abs(number) >= SAFE_SIZE or number.denominator > 10**6:
            self.fragile[index] = True
        return float(number)

    def _flatten(self, name: str, park: Sequence[Facts]) -> None:
        entries = [(index, entry) for index, facts in enumerate(park) for entry in facts.lists.get(name, ())]
        words: dict[str, int] = {}
        attributes: dict[str, Array] = {}
        for attribute, key in LISTS[name].items():
            if attribute in ("number", "name") and name != "honours":
                continue
            column = np.full(len(entries), np.nan)
            for position, (index, entry) in enumerate(entries):
                known = entry.get(attribute)
                if known is not None:
                    column[position] = (
                        words.setdefault(str(known), len(words))
                        if key.shape is Shape.TEXT
                        else self._float(known, index)
                    )
            attributes[attribute] = column
        self.lists[name] = ListColumns(np.array([index for index, _ in entries], np.intp), attributes, words)
        self.listed[name] = np.array([name in facts.lists for facts in park], bool)


def _interval(column: Array | None, size: int, exact: int) -> Value:
    if column is None:
        return Value(np.full(size, -inf), np.full(size, inf), exact)
    unknown = np.isnan(column)
    if not unknown.any():
        return Value(column, column, exact)
    return Value(np.where(unknown, -inf, column), np.where(unknown, inf, column), exact)


def _truth(column: Array | None, size: int) -> Truth:
    if column is None:
        return Truth(np.zeros(size, bool), np.ones(size, bool))
    return Truth(column == 1, column != 0)  # NaN is neither: not surely, but possibly


class ParkItems(ColumnAlgebra, Item):
    """All entries of one list, read together."""

    def __init__(self, on: date, entries: ListColumns) -> None:
        self.on, self.entries = on, entries
        self.doubtful = np.zeros(len(entries.owner), bool)

    def one_of(self, attribute: str, values: Sequence[str]) -> Truth:
        column = self.entries.attributes[attribute]
        met = np.isin(column, [self.entries.words[value] for value in values if value in self.entries.words])
        return Truth(met, met | np.isnan(column))

    def flag(self, attribute: str) -> Truth:
        return _truth(self.entries.attributes[attribute], len(self.entries.owner))

    def number(self, attribute: str) -> Value:
        return _interval(self.entries.attributes[attribute], len(self.entries.owner), GIVEN)

    def of_firm(self, truth: Truth) -> Truth:
        return Truth(truth.low[self.entries.owner], truth.high[self.entries.owner])


class ParkReading(ColumnAlgebra, Reading):
    """A whole park's facts on a date."""

    def __init__(self, columns: Columns, on: date) -> None:
        super().__init__(on)
        self.columns = columns
        self.doubtful = columns.fragile.copy()

    def _value(self, source: dict[Any, Array], key: Any, exact: int) -> Value:
        known = self.columns.values.get((id(source), key))
        if known is None:
            known = self.columns.values[(id(source), key)] = _interval(source.get(key), self.columns.size, exact)
        return known

    def fact(self, key: str) -> Value:
        return self._value(self.columns.numbers, key, GIVEN)

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
        return self._value(self.columns.figures, (key, year), GIVEN)

    def before_founding(self, year: int) -> Bool:
        return self.fact("registered_on").low >= date(year + 1, 1, 1).toordinal()

    def expert(self, key: str) -> Value:
        known = self._value(self.columns.expert, key, GIVEN)
        column = self.columns.expert.get(key)
        if column is not None and np.all(np.isnan(column) | (column == np.rint(column))):
            return Value(known.low, known.high, WHOLE)
        return known if column is not None else Value(known.low, known.high, WHOLE)

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
        known = self.columns.listed[name]
        return Value(np.where(known, low, -inf), np.where(known, high, inf), WHOLE if amounts is None else DERIVED)


def columns_of(documents: Iterable[Facts | dict[str, Any]]) -> Columns:
    """The columns of a park of facts or facts documents."""
    return Columns.from_facts([d if isinstance(d, Facts) else Facts.from_document(d) for d in documents])
