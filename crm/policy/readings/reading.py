"""How the figures of a criterion are fetched: from one firm's facts here, from a park's columns in `columns`."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from datetime import date
from fractions import Fraction
from math import inf
from typing import Any, TypeVar

from crm.policy.facts import Facts, Scalar
from crm.policy.readings.algebra import Algebra, Bool, ExactAlgebra, Figure, Truth, Value, merge
from crm.policy.vocabulary import EXPERT, FIGURES, PROFILE

Result = TypeVar("Result")


class Item(Algebra):
    """One entry of a list fact (a right, an award …), or all entries of a park as columns. Dates are ordinals."""

    on: date

    @abstractmethod
    def one_of(self, attribute: str, values: Sequence[str]) -> Truth: ...

    @abstractmethod
    def flag(self, attribute: str) -> Truth: ...

    @abstractmethod
    def number(self, attribute: str) -> Value: ...

    @abstractmethod
    def of_firm(self, truth: Truth) -> Truth:
        """A truth about the firm, seen from its entry."""


class Reading(Algebra):
    """An edition being read over facts on a date. Criteria already read are in `outcomes`, points in `points`."""

    def __init__(self, on: date) -> None:
        self.on = on
        self.outcomes: dict[str, Truth] = {}
        self.points: dict[str, Value] = {}
        self.memory: dict[int, tuple[object, Any]] = {}

    def remember(self, node: object, work: Callable[["Reading"], Result]) -> Result:
        """What `work` makes of this reading for a node, worked out once. The node is kept, so that no other comes to have its id."""
        known = self.memory.get(id(node))
        if known is None:
            known = self.memory[id(node)] = (node, work(self))
        result: Result = known[1]
        return result

    @abstractmethod
    def fact(self, key: str) -> Value:
        """A number or date (as ordinal) of the firm."""

    @abstractmethod
    def flag(self, key: str) -> Truth: ...

    @abstractmethod
    def starts_with(self, key: str, prefixes: Sequence[str]) -> Truth:
        """A code begins with one of the prefixes; the letter of a GB/T 4754 section is ignored."""

    @abstractmethod
    def figure(self, key: str, year: int) -> Value:
        """A yearly figure; `year` is the calendar year."""

    @abstractmethod
    def before_founding(self, year: int) -> Bool:
        """The firm is known not to have existed in that year."""

    @abstractmethod
    def expert(self, key: str) -> Value: ...

    @abstractmethod
    def chosen(self, key: str, option: str) -> Truth:
        """The firm chose this option; not met and not possible when it chose another; unknown when it chose none."""

    @abstractmethod
    def each(self, name: str) -> Sequence[Item]: ...

    @abstractmethod
    def tally(self, name: str, counted: Sequence[Truth], amounts: Sequence[Value] | None) -> Value:
        """How many entries count, or their sum: surely to possibly. Unknown when the list is."""


class FirmItem(ExactAlgebra, Item):
    """One entry of one firm's list."""

    def __init__(self, on: date, path: str, entry: dict[str, Scalar]) -> None:
        self.on, self.path, self.entry = on, path, entry

    def _path(self, attribute: str) -> str:
        return f"{self.path}.{attribute}"

    def one_of(self, attribute: str, values: Sequence[str]) -> Truth:
        known = self.entry.get(attribute)
        if known is None:
            return Truth(False, True, (self._path(attribute),))
        return self.truth(known in values)

    def flag(self, attribute: str) -> Truth:
        known = self.entry.get(attribute)
        if known is None:
            return Truth(False, True, (self._path(attribute),))
        return self.truth(bool(known))

    def number(self, attribute: str) -> Value:
        known = self.entry.get(attribute)
        if known is None:
            return self.unknown(self._path(attribute))
        return self.point(_number(known))

    def of_firm(self, truth: Truth) -> Truth:
        return truth


class FirmReading(ExactAlgebra, Reading):
    """One firm's facts, exact, with every figure used and every fact missing."""

    def __init__(self, facts: Facts, on: date) -> None:
        super().__init__(on)
        self.facts = facts
        registered = facts.profile.get("registered_on")
        self.founded = registered.year if isinstance(registered, date) else None

    def fact(self, key: str) -> Value:
        known = self.facts.profile.get(key)
        if known is None:
            return self.unknown(key)
        number = _number(known)
        return Value(number, number, (), (Figure(key, None, known, PROFILE[key].unit),))

    def flag(self, key: str) -> Truth:
        known = self.facts.profile.get(key)
        if known is None:
            return Truth(False, True, (key,))
        return Truth(bool(known), bool(known), (), (Figure(key, None, known, ""),))

    def starts_with(self, key: str, prefixes: Sequence[str]) -> Truth:
        known = self.facts.profile.get(key)
        if known is None:
            return Truth(False, True, (key,))
        met = bare_code(str(known)).startswith(tuple(prefixes))
        return Truth(met, met, (), (Figure(key, None, known, ""),))

    def figure(self, key: str, year: int) -> Value:
        path = f"years.{year}.{key}"
        known = self.facts.years.get(year, {}).get(key)
        if known is None:
            return self.unknown(path)
        return Value(known, known, (), (Figure(path, year, known, FIGURES[key].unit),))

    def before_founding(self, year: int) -> Bool:
        return self.founded is not None and year < self.founded

    def expert(self, key: str) -> Value:
        known = self.facts.expert.get(key)
        if known is None:
            return self.unknown(f"expert.{key}")
        return Value(known, known, (), (Figure(f"expert.{key}", None, known, EXPERT[key].unit),))

    def chosen(self, key: str, option: str) -> Truth:
        known = self.facts.choices.get(key)
        return Truth(False, True) if known is None else self.truth(known == option)

    def each(self, name: str) -> Sequence[Item]:
        return [FirmItem(self.on, f"{name}[{i}]", entry) for i, entry in enumerate(self.facts.lists.get(name, []))]

    def tally(self, name: str, counted: Sequence[Truth], amounts: Sequence[Value] | None) -> Value:
        if name not in self.facts.lists:
            return self.unknown(name)
        ones = amounts or [self.point(1)] * len(counted)
        low = sum((v.low for t, v in zip(counted, ones, strict=True) if t.low and v.low != -inf), Fraction(0))
        high = sum((v.high for t, v in zip(counted, ones, strict=True) if t.high), Fraction(0))
        possible = [
            part for t, v in zip(counted, ones, strict=True) if t.high for part in ((t, v) if amounts else (t,))
        ]
        missing = merge(possible)[0] if low != high else ()
        if name in self.facts.unconfirmed:
            return Value(low, inf, (name, *missing), (Figure(name, None, low, ""),))
        return Value(low, high, missing, (Figure(name, None, low, ""),))


def _number(known: Scalar) -> Fraction:
    if isinstance(known, date):
        return Fraction(known.toordinal())
    assert isinstance(known, (Fraction, bool))
    return Fraction(known)


def bare_code(code: str) -> str:
    """A GB/T 4754 code without the letter of its section: I6510 and 6510 are the same."""
    return code[1:] if code[:1].isalpha() else code
