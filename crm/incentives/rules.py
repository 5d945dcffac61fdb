"""The rules of seeds/incentives: what a firm is entitled to, by which document, from when to when, and how much. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from crm.policy.language.clauses import Test
from crm.policy.language.edition import Document
from crm.policy.language.regions import covers, stem
from crm.policy.text import Text, quantity

DIRECTORY = Path(__file__).resolve().parents[2] / "seeds" / "incentives"
LEVELS = ("city", "provincial", "national")


class Kind(StrEnum):
    BY_LEVEL = "by_level"  # an amount for each entry of a register, by its level
    SHARE = "share"  # a share of an entry's amount, up to a cap
    TOP_UP = "top_up"  # for firms whose figures reach a line
    ESTIMATE = "estimate"  # a tax deduction: nothing is paid, less tax is
    FILING = "filing"  # it is there when something was filed


# The numbers a rule of each kind may name; those of `NEEDED` it has to (an open one is named too).
TERMS: dict[Kind, tuple[str, ...]] = {
    Kind.BY_LEVEL: LEVELS,
    Kind.SHARE: ("rate", "cap"),
    Kind.TOP_UP: ("amount", "rate", "cap"),
    Kind.ESTIMATE: ("rate", "tax_hte", "tax_other"),
    Kind.FILING: (),
}
NEEDED: dict[Kind, tuple[str, ...]] = {
    Kind.BY_LEVEL: (),
    Kind.SHARE: ("rate",),
    Kind.TOP_UP: (),
    Kind.ESTIMATE: ("rate", "tax_hte", "tax_other"),
    Kind.FILING: (),
}
UNITS = {"rate": "比例", "tax_hte": "比例", "tax_other": "比例"}
TERM_TITLES = {
    "city": Text("市级", "City level"),
    "provincial": Text("省级", "Provincial level"),
    "national": Text("国家级", "National level"),
    "rate": Text("比例", "Rate"),
    "cap": Text("最高", "At most"),
    "amount": Text("定额", "Fixed amount"),
    "tax_hte": Text("高新技术企业所得税率", "Income tax of high-tech enterprises"),
    "tax_other": Text("一般企业所得税率", "Income tax otherwise"),
}


def unit_of(term: str) -> str:
    """万元 for amounts, 比例 for rates."""
    return UNITS.get(term, "万元")


@dataclass(frozen=True)
class Term:
    """One number of a rule; `value` None: the document does not name it. Amounts in 万元, rates as fractions."""

    key: str
    value: Fraction | None
    certainty: str
    fingerprint: str

    @property
    def title(self) -> Text:
        return TERM_TITLES[self.key]

    @property
    def text(self) -> Text:
        return Text("文件没有写明", "not named") if self.value is None else quantity(self.value, unit_of(self.key))


@dataclass(frozen=True)
class Remark:
    """What the document says, or leaves open, beside the numbers; or, of `asks`, what only a person can see to."""

    id: str
    text: Text
    certainty: str
    fingerprint: str


@dataclass(frozen=True)
class Provider:
    """What the names of universities and institutes, and of businesses, contain: a contract's provider must be no business."""

    research: tuple[str, ...]
    business: tuple[str, ...]

    def fits(self, name: str | None) -> bool | None:
        """Whether this is a university, institute or person; None: a person has to look."""
        if not name:
            return None
        scholarly, business = (any(word in name for word in words) for words in (self.research, self.business))
        return scholarly if scholarly != business else None


@dataclass(frozen=True)
class Base:
    """The figure of the year that a rate is applied to; `increase`: what it grew by since the year before."""

    figure: str
    increase: bool


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One incentive as one document has it. Rules of one `incentive` follow one another; claims name the incentive.

    `role`: the side of a contract that the money is for. `elsewhere`: where firms ask for it, if not here.
    """

    id: str
    incentive: str
    title: Text
    document: Document
    article: str
    region: str | None
    since: date
    until: date | None
    whom: Remark  # who may, in the article's words
    kind: Kind
    terms: Mapping[str, Term]
    who: Test | None
    asks: tuple[Remark, ...]
    notes: tuple[Remark, ...]
    register: str | None
    provider: Provider | None
    role: str | None
    elsewhere: Text | None
    base: Base | None
    hash: str
    file: str
    content: dict[str, Any] = field(repr=False, compare=False)

    @property
    def beneficiary(self) -> Text:
        return self.whom.text

    def in_force(self, on: date) -> bool:
        return self.since <= on and (self.until is None or on <= self.until)

    @property
    def paid(self) -> bool:
        """Whether money is paid for it."""
        return self.kind in (Kind.BY_LEVEL, Kind.SHARE, Kind.TOP_UP)

    @property
    def of_taxes(self) -> bool:
        """Whether no place can prolong it."""
        return self.kind is Kind.ESTIMATE

    @property
    def of_entries(self) -> bool:
        """Whether each entry of a register is a cause of its own; otherwise the year is."""
        return self.kind in (Kind.BY_LEVEL, Kind.SHARE)

    @property
    def is_open(self) -> bool:
        """Whether the document leaves numbers open without which nothing can be counted."""
        return self.paid and all(term.value is None for term in self.terms.values())


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule of the house, read once. Raises EditionError, naming each fault with file, key and cure."""
    from crm.incentives.reading import load

    return load(DIRECTORY)


def incentives() -> dict[str, Rule]:
    """The newest rule of each incentive, in the order of the files."""
    found: dict[str, Rule] = {}
    for rule in sorted(rules(), key=lambda each: each.since):
        found[rule.incentive] = rule
    order = [rule.incentive for rule in rules()]
    return dict(sorted(found.items(), key=lambda pair: order.index(pair[0])))


def rules_of(incentive: str) -> list[Rule]:
    """The rules of an incentive, the newest first."""
    return sorted((rule for rule in rules() if rule.incentive == incentive), key=lambda each: each.since, reverse=True)


def rule_on(among: Iterable[Rule], incentive: str, on: date) -> list[Rule]:
    """The rules of an incentive in force on a day, the most local first."""
    fitting = [rule for rule in among if rule.incentive == incentive and rule.in_force(on)]
    return sorted(fitting, key=lambda rule: len(stem(rule.region)), reverse=True)


def _lapsed(incentive: str, on: date) -> list[Rule]:
    """The last rule of an incentive, although its document is over: a place whose own document goes on follows it yet."""
    return [rule for rule in rules_of(incentive) if rule.since <= on and not rule.of_taxes][:1]


# --- the numbers that hold in a place ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Provision:
    """What a place's own document says of an incentive: its numbers (where it names them), and that it is followed there."""

    id: int
    incentive: str
    since: date
    until: date | None
    document: str
    document_on: date
    values: Mapping[str, Fraction]

    def in_force(self, on: date) -> bool:
        return self.since <= on and (self.until is None or on <= self.until)


@dataclass(frozen=True)
class Terms:
    """A rule with the numbers that hold in a place: its own, or those of the place's `provision`."""

    rule: Rule
    provision: Provision | None

    def value(self, key: str) -> Fraction | None:
        """A number; None where neither document names it."""
        if self.provision is not None and key in self.provision.values:
            return self.provision.values[key]
        term = self.rule.terms.get(key)
        return term.value if term else None

    @property
    def values(self) -> dict[str, Fraction | None]:
        return {key: self.value(key) for key in TERMS[self.rule.kind] if key in self.rule.terms or self.value(key)}

    @property
    def until(self) -> date | None:
        """The last day it holds here: the place's own document decides where there is one. None: no document says."""
        return self.provision.until if self.provision and not self.rule.of_taxes else self.rule.until

    @property
    def documents(self) -> str:
        """The numbers of the documents it rests on."""
        own = f"{self.rule.document.number} {self.rule.article}"
        return f"{own}；{self.provision.document}" if self.provision else own


@dataclass(frozen=True)
class Place:
    """Where a firm is: its division, and the provisions of the organisations above it, the nearest first."""

    division: str | None
    provisions: tuple[Provision, ...] = ()

    def terms(self, incentive: str, on: date) -> Terms | None:
        """What holds here on a day; None where the incentive is another place's and was not taken over."""
        own = next((each for each in self.provisions if each.incentive == incentive and each.in_force(on)), None)
        known = rule_on(rules(), incentive, on)
        if not known and own is not None:
            known = _lapsed(incentive, on)
        here = next((rule for rule in known if covers(rule.region, self.division)), None)
        if here is None and own is not None and known:
            here = known[0]
        return None if here is None else Terms(here, own)
