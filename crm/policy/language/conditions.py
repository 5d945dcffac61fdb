"""Which entries of a list fact count: the `where:` part of a count or a total."""

from abc import ABC, abstractmethod
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from crm.policy.language.source import Spec
from crm.policy.readings.algebra import Truth, Value
from crm.policy.readings.reading import Item
from crm.policy.vocabulary import LISTS, Key, Shape


def months_before(day: date, months: int) -> date:
    """The same day some months ago, or the last day of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


class Condition(ABC):
    """A test of one entry."""

    @abstractmethod
    def read(self, item: Item) -> Truth: ...


@dataclass(frozen=True)
class Every(Condition):
    """All of the tests."""

    tests: tuple[Condition, ...]

    def read(self, item: Item) -> Truth:
        return item.all_of([test.read(item) for test in self.tests]) if self.tests else item.truth(True)


@dataclass(frozen=True)
class Some(Condition):
    """Any of the tests."""

    tests: tuple[Condition, ...]

    def read(self, item: Item) -> Truth:
        return item.any_of([test.read(item) for test in self.tests])


@dataclass(frozen=True)
class Presumed(Condition):
    """A test with a stated answer where the entry does not say (`if_missing: counts | does_not_count`)."""

    test: Condition
    counts: bool

    def read(self, item: Item) -> Truth:
        truth = self.test.read(item)
        settled = truth.high if self.counts else truth.low
        return Truth(settled, settled)


@dataclass(frozen=True)
class OneOf(Condition):
    """The attribute is one of the words, or (`never`) none of them."""

    attribute: str
    words: tuple[str, ...]
    never: bool = False

    def read(self, item: Item) -> Truth:
        truth = item.one_of(self.attribute, self.words)
        return item.not_(truth) if self.never else truth


@dataclass(frozen=True)
class Is(Condition):
    """The attribute is true, or false."""

    attribute: str
    wanted: bool

    def read(self, item: Item) -> Truth:
        truth = item.flag(self.attribute)
        return truth if self.wanted else item.not_(truth)


@dataclass(frozen=True)
class AtMost(Condition):
    """The number is not above the limit (a rank)."""

    attribute: str
    limit: Fraction

    def read(self, item: Item) -> Truth:
        return item.compare(item.number(self.attribute), "<=", self.limit)


@dataclass(frozen=True)
class Dated(Condition):
    """The date stands in some relation to the date of assessment."""

    attribute: str
    relation: str
    amount: int

    def read(self, item: Item) -> Truth:
        return RELATIONS[self.relation](item, item.number(self.attribute), self.amount)


def _between(item: Item, day: Value, first: date) -> Truth:
    since = item.compare(day, ">=", Fraction(first.toordinal()))
    return item.all_of([since, item.compare(day, "<=", Fraction(item.on.toordinal()))])


RELATIONS: dict[str, Callable[[Item, Value, int], Truth]] = {
    # 近 n 年: the n calendar years before this one, and this one up to the date
    "last_years": lambda item, day, n: _between(item, day, date(item.on.year - n, 1, 1)),
    "last_days": lambda item, day, n: _between(item, day, item.on - timedelta(days=n)),
    "last_months": lambda item, day, n: _between(item, day, months_before(item.on, n)),
    "years_ago": lambda item, day, n: item.compare(day, "<=", Fraction(months_before(item.on, 12 * n).toordinal())),
    # 超 n 年: the anniversary itself does not count yet
    "more_than_years_ago": lambda item, day, n: item.compare(
        day, "<", Fraction(months_before(item.on, 12 * n).toordinal())
    ),
    "by": lambda item, day, _: item.compare(day, "<=", Fraction(item.on.toordinal())),
    "not_before": lambda item, day, _: item.compare(day, ">=", Fraction(item.on.toordinal())),
    "before": lambda item, day, _: item.compare(day, "<", Fraction(date(item.on.year, 1, 1).toordinal())),
}
WORDED = {"by": "assessment", "not_before": "assessment", "before": "this_year"}  # relations without a number


def parse_where(name: str, spec: Spec | None) -> Condition:
    """The `where:` mapping of a list; nothing given: every entry counts."""
    tests: list[Condition] = []
    for key, item in spec.entries() if spec else ():
        if key in ("any", "all"):
            several = tuple(parse_where(name, option) for option in item.items())
            tests.append(Some(several) if key == "any" else Every(several))
        elif key in LISTS[name]:
            tests.append(_attribute(LISTS[name][key], item))
        else:
            item.refuse(
                f"{name} 没有这一属性，可用：{'、'.join(LISTS[name])}",
                f"{name} has no such attribute; use one of {', '.join(LISTS[name])}",
            )
    return Every(tuple(tests))


def _attribute(key: Key, spec: Spec) -> Condition:
    if not isinstance(spec.value, dict):
        return _plain(key, spec)
    test = _related(key, spec)
    missing = spec.get("if_missing")
    spec.close()
    if missing is None:
        return test
    return Presumed(test, missing.text(("counts", "does_not_count"), "answer") == "counts")


def _plain(key: Key, spec: Spec) -> Condition:
    if key.shape is Shape.FLAG:
        return Is(key.name, spec.flag())
    if key.shape is Shape.TEXT:
        return OneOf(key.name, spec.texts(key.values or None, key.name))
    spec.refuse("日期和数字要写关系，例如 {last_years: 3}", "dates and numbers need a relation such as {last_years: 3}")
    return Every(())


def _related(key: Key, spec: Spec) -> Condition:
    if key.shape is Shape.TEXT and (words := spec.get("not") or spec.get("is")):
        return OneOf(key.name, words.texts(key.values or None, key.name), never=spec.has("not"))
    if key.shape is Shape.FLAG and (wanted := spec.get("is")):
        return Is(key.name, wanted.flag())
    if key.shape is Shape.RANK and (limit := spec.get("at_most")):
        return AtMost(key.name, limit.number())
    if key.shape is Shape.DATE:
        for relation in RELATIONS:
            found = spec.get(relation)
            if found and relation in WORDED:
                found.text((WORDED[relation],), "date")
                return Dated(key.name, relation, 0)
            if found:
                return Dated(key.name, relation, found.whole(at_least=0))
    spec.refuse("没有写可用的关系", "has no relation this attribute knows")
    return Every(())
