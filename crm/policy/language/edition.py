"""An edition: one dated version of one rung's criteria for one purpose and region."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from hashlib import sha256
from typing import Any

from crm.policy.language.clauses import All, Choice, CriterionMet, Not, PointsReach, Sum, Test, Total
from crm.policy.language.clauses import Any as AnyOf
from crm.policy.language.points import Points
from crm.policy.text import Text

PURPOSES = ("new", "review", "annual")
CERTAINTIES = {  # from the surest down
    "confirmed": Text("已核实", "Verified"),
    "reposted": Text("转载原文", "Reposted text"),
    "secondary": Text("二手资料", "Secondary data"),
    "general": Text("一般知识", "General knowledge"),
    "uncertain": Text("存疑", "Uncertain"),
    "ours": Text("本地自定", "Set here"),  # the document gives no number
}


def least_certain(certainties: Iterable[str]) -> str:
    """The weakest of these: what rests on several is known no better than the worst of them."""
    return max(certainties, key=list(CERTAINTIES).index)


@dataclass(frozen=True)
class Document:
    """The official document an edition or a notice rests on. `fingerprint` is of its number and the dates it is in force."""

    number: str
    title: Text
    certainty: str
    fingerprint: str


@dataclass(frozen=True)
class Parameter:
    """A choice that the text leaves, and which of the options stands: `chosen`, in words `reading`."""

    name: str
    title: Text
    certainty: str
    chosen: str
    reading: Text | None
    fingerprint: str


@dataclass(frozen=True)
class Paper:
    """A document to hand in beside what the rung's checklist asks for."""

    key: str
    title: Text
    certainty: str
    note: Text | None
    purposes: tuple[str, ...]
    fingerprint: str


@dataclass(frozen=True)
class Criterion:
    """One clause. It is either a test or a scored part (`points`, at most `maximum`); `when` says for whom it holds.

    `stated` is how well the clause itself is known; `rests_on` are the choices of the text it needs. `fingerprint` is of what
    the clause says and in which document: the same in a copy or an overlay that says the same.
    """

    id: str
    title: Text
    article: str
    reference: str
    stated: str
    note: Text | None
    when: Test | None
    test: Test | None
    points: Points | None
    maximum: Fraction
    rests_on: tuple[Parameter, ...]
    fingerprint: str

    @property
    def certainty(self) -> str:
        """How well the clause is known: no better than the choices it rests on."""
        return least_certain([self.stated, *(parameter.certainty for parameter in self.rests_on)])


@dataclass(frozen=True)
class Option:
    """One way through an alternative: the criteria it needs, and the name of the route it stands for."""

    route: str | None
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Edition:
    """One dated version of one rung's criteria. `purpose` is new, review or annual; `region` a division code or None (national).

    `until` is the last day it is in force: its own, or the day before the edition that `replaces` it. `content` is the whole
    file, with what an overlay takes from the edition it is `based_on`; read again it gives the same hash.
    """

    id: str
    rung: str
    title: Text
    document: Document
    purpose: str
    region: str | None
    since: date
    until: date | None
    criteria: tuple[Criterion, ...]
    requires: tuple[str, ...]
    alternatives: tuple[tuple[Option, ...], ...]
    score: str | None
    choices: tuple[Parameter, ...]
    papers: tuple[Paper, ...]
    replaces: str | None
    based_on: str | None
    hash: str
    content: dict[str, Any] = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """The id of its file, which all purposes share."""
        return str(self.content["id"])

    @property
    def parameters(self) -> dict[str, str]:
        """The choices of the text, by name: which option stands."""
        return {parameter.name: parameter.chosen for parameter in self.choices}

    def in_force(self, on: date) -> bool:
        return self.since <= on and (self.until is None or on <= self.until)

    def criterion(self, name: str) -> Criterion:
        """The criterion with this id. Raises KeyError."""
        return next(c for c in self.criteria if c.id == name) if name in {c.id for c in self.criteria} else _no(name)

    @property
    def certainty(self) -> dict[str, int]:
        """How many criteria are known how well."""
        counts = Counter(criterion.certainty for criterion in self.criteria)
        return {name: counts[name] for name in CERTAINTIES if counts[name]}

    def role(self, name: str) -> str:
        """`required`, `alternative` (one of several ways), `part` (scored) or `basis` (read by another criterion)."""
        if name in self.requires:
            return "required"
        if self.criterion(name).points is not None:
            return "part"
        return (
            "alternative" if any(name in option.needs for group in self.alternatives for option in group) else "basis"
        )


def _no(name: str) -> Criterion:
    raise KeyError(name)


def canonical(content: Any) -> Any:
    """The content with numbers and dates as text: what the hash is taken of, whatever the file's layout."""
    if isinstance(content, dict):
        return {str(key): canonical(value) for key, value in content.items()}
    if isinstance(content, list):
        return [canonical(value) for value in content]
    return str(content) if isinstance(content, (Fraction, date)) else content


def content_hash(content: Any) -> str:
    """sha256 of the canonical content."""
    text = json.dumps(canonical(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def fingerprint(*content: Any) -> str:
    """What a person confirms, as a key: it stays the same wherever the same is said."""
    return content_hash(list(content))


def tests_of(test: Test | None) -> Iterable[str]:
    """The ids of the criteria a test reads."""
    match test:
        case CriterionMet(name):
            yield name
        case PointsReach(total):
            yield from total.ids()
        case All(of) | AnyOf(of):
            for each in of:
                yield from tests_of(each)
        case Not(of):
            yield from tests_of(of)


def choice_of(total: Total) -> Choice | None:
    """The choice inside a sum of parts, if there is one."""
    if isinstance(total, Choice):
        return total
    if isinstance(total, Sum):
        return next((found for part in total.of if (found := choice_of(part))), None)
    return None
