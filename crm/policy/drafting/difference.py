"""What a new edition changes: its clauses beside those of another edition, in words, with the numbers that moved."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from crm.policy.drafting.numbers import Number, numbers_of
from crm.policy.drafting.wording import say, say_decision, titles_of
from crm.policy.language.edition import PURPOSES, Criterion, Edition
from crm.policy.text import Text

SAME, CHANGED, ADDED, REMOVED = "same", "changed", "added", "removed"


@dataclass(frozen=True)
class NumberChange:
    """A number that moved."""

    label: Text
    unit: str
    before: Fraction
    after: Fraction


@dataclass(frozen=True)
class ClauseDifference:
    """One clause (or the document, the dates, the decision, a parameter, a paper: `kind`) before and after.

    `id` is the later one; `was` the earlier id where it was another: clauses of two documents that read the same facts
    belong together.
    """

    kind: str
    id: str
    was: str
    state: str
    title: Text
    before: Text | None
    after: Text | None
    numbers: tuple[NumberChange, ...] = ()


def difference(before: Edition, after: Edition) -> tuple[ClauseDifference, ...]:
    """What `after` says beside what `before` says: first the edition as a whole, then clause by clause in its order."""
    return (*_whole(before, after), *_clauses(before, after), *_choices(before, after), *_papers(before, after))


def changes(found: Iterable[ClauseDifference]) -> list[ClauseDifference]:
    """Only what is not the same."""
    return [each for each in found if each.state != SAME]


# the edition as a whole


def _whole(before: Edition, after: Edition) -> Iterator[ClauseDifference]:
    yield _pair("document", Text("文件", "Document"), _document(before), _document(after))
    yield _pair("dates", Text("施行期间", "In force"), _dates(before), _dates(after))
    yield _pair("region", Text("适用地区", "Region"), _region(before), _region(after))
    yield _pair("decision", Text("判定办法", "Decision"), _decision(before), _decision(after))


def _pair(kind: str, title: Text, before: Text | None, after: Text | None, name: str = "") -> ClauseDifference:
    state = SAME if before == after else ADDED if before is None else REMOVED if after is None else CHANGED
    return ClauseDifference(kind, name or kind, name or kind, state, title, before, after)


def _document(edition: Edition) -> Text:
    number, title = edition.document.number, edition.document.title
    return Text(f"{title.zh}（{number}）", f"{title.en} ({number})")


def _dates(edition: Edition) -> Text:
    since, until = edition.since, edition.until
    if until is None:
        return Text(f"{_day(since)}起", f"from {since}")
    return Text(f"{_day(since)}至{_day(until)}", f"{since} to {until}")


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _region(edition: Edition) -> Text:
    return Text(edition.region, edition.region) if edition.region else Text("全国", "The whole country")


def _decision(edition: Edition) -> Text:
    said = say_decision(edition)
    return Text("。".join(text.zh for text in said), ". ".join(text.en for text in said))


# clauses


def _clauses(before: Edition, after: Edition) -> Iterator[ClauseDifference]:
    old, partner = {c.id: c for c in before.criteria}, _partners(before, after)
    gone = {name: old[name] for name in old if name not in partner.values()}
    names_before, names_after = titles_of(before), titles_of(after)
    numbers_before, numbers_after = _numbers(before), _numbers(after)
    for criterion in after.criteria:
        earlier = old.get(partner.get(criterion.id, ""))
        said = say(criterion, names_after)
        if earlier is None:
            yield ClauseDifference("clause", criterion.id, criterion.id, ADDED, criterion.title, None, said)
            continue
        state = SAME if _asks(earlier) == _asks(criterion) else CHANGED
        moved = _moved(numbers_before.get(earlier.id, {}), numbers_after.get(criterion.id, {}))
        was = say(earlier, names_before)
        yield ClauseDifference("clause", criterion.id, earlier.id, state, criterion.title, was, said, moved)
    for name, criterion in gone.items():
        yield ClauseDifference("clause", name, name, REMOVED, criterion.title, say(criterion, names_before), None)


def _asks(criterion: Criterion) -> tuple[Any, ...]:
    """What a clause asks, apart from its number, its title and how well it is known."""
    return criterion.when, criterion.test, criterion.points, criterion.maximum


def _partners(before: Edition, after: Edition) -> dict[str, str]:
    """The id of the earlier clause for each later one: the same id, or else the only one that reads the same facts."""
    old, new = {c.id: c for c in before.criteria}, {c.id: c for c in after.criteria}
    found = {name: name for name in new if name in old}
    left = [c for c in before.criteria if c.id not in new]
    for criterion in after.criteria:
        facts = frozenset(_reads(_asks(criterion)))
        alike = [c for c in left if facts and frozenset(_reads(_asks(c))) == facts and _scored(c) == _scored(criterion)]
        if criterion.id not in found and len(alike) == 1:
            found[criterion.id] = alike[0].id
            left.remove(alike[0])
    return found


def _scored(criterion: Criterion) -> bool:
    return criterion.points is not None


def _reads(node: Any) -> Iterator[str]:
    """The facts a clause reads, by name."""
    if isinstance(node, tuple):
        for item in node:
            yield from _reads(item)
    elif is_dataclass(node):
        for each in fields(node):
            value = getattr(node, each.name)
            if each.name in ("key", "list") and isinstance(value, str):
                yield value
            elif each.name not in ("where", "title"):
                yield from _reads(value)


def _numbers(edition: Edition) -> dict[str, dict[str, Number]]:
    """The numbers of each clause, by their path inside the clause."""
    content = edition.content
    kept = [c for c in content["criteria"] if edition.purpose in c.get("purposes", PURPOSES)]
    found: dict[str, dict[str, Number]] = {}
    for number in numbers_of({**content, "criteria": kept}):
        for clause in number.clauses:
            found.setdefault(clause, {})[number.path.replace(f"criteria[{clause}]", "", 1)] = number
    return found


def _moved(before: dict[str, Number], after: dict[str, Number]) -> tuple[NumberChange, ...]:
    return tuple(
        NumberChange(number.label, number.unit, before[path].value, number.value)
        for path, number in after.items()
        if path in before and before[path].unit == number.unit and before[path].value != number.value
    )


# choices and papers


def _choices(before: Edition, after: Edition) -> Iterator[ClauseDifference]:
    old, new = {p.name: p for p in before.choices}, {p.name: p for p in after.choices}
    for name in dict.fromkeys((*new, *old)):
        words = [p.reading or Text(p.chosen, p.chosen) if (p := known.get(name)) else None for known in (old, new)]
        yield _pair("parameter", (new.get(name) or old[name]).title, words[0], words[1], name)


def _papers(before: Edition, after: Edition) -> Iterator[ClauseDifference]:
    old, new = {p.key: p for p in before.papers}, {p.key: p for p in after.papers}
    for key in dict.fromkeys((*new, *old)):
        words = [p.title if (p := known.get(key)) else None for known in (old, new)]
        yield _pair("paper", (new.get(key) or old[key]).title, words[0], words[1], key)
