"""A firm and its entries as rules see them, and the line that says what it is entitled to, with its steps. Pure and exact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from crm.incentives.rules import Place, Rule, Terms
from crm.policy import Facts
from crm.policy.answers.verdict import MET, NOT_MET, UNKNOWN
from crm.policy.readings.reading import FirmReading
from crm.policy.text import Text

FEN = Decimal("0.01")
WAN = 10_000


@dataclass(frozen=True)
class Entry:
    """An entry of a register, as rules read it; `amount` in yuan."""

    id: int
    register: str
    name: str
    on: date | None = None
    level: str | None = None
    role: str | None = None
    party: str | None = None
    amount: Decimal | None = None
    number: str | None = None


@dataclass(frozen=True)
class Subject:
    """A firm as rules see it: its name, place, facts document (see docs/policy.md) and entries."""

    name: str
    place: Place
    document: Mapping[str, Any] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    facts: Facts | None = None

    def figure(self, key: str, year: int) -> Fraction | None:
        """A figure of a year in 万元."""
        value = (self.document.get("years") or {}).get(str(year), {}).get(key)
        return None if value is None else Fraction(str(value))

    def reading(self, on: date) -> FirmReading:
        return FirmReading(self.facts or Facts.from_document(dict(self.document)), on)


@dataclass(frozen=True)
class Entitlement:
    """One line: `verdict` met, not_met or unknown; `amount` in yuan, or None. `missing` are fact paths and words for it.

    `year` None: the entry has no date.
    """

    terms: Terms
    year: int | None
    cause: str
    subject: str | None
    verdict: str
    amount: Decimal | None
    steps: tuple[Text, ...]
    missing: tuple[Text, ...] = ()
    paths: tuple[str, ...] = ()
    entry: Entry | None = None

    @property
    def rule(self) -> Rule:
        return self.terms.rule


@dataclass
class Working:
    """The steps of one entitlement as they are made."""

    steps: list[Text] = field(default_factory=list)
    missing: list[Text] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    verdict: str = MET

    def say(self, zh: str, en: str) -> None:
        self.steps.append(Text(zh, en))

    def lack(self, zh: str, en: str) -> None:
        self.missing.append(Text(zh, en))

    def doubt(self, zh: str, en: str) -> None:
        """Something a person has to see to before it is sure."""
        self.lack(zh, en)
        if self.verdict == MET:
            self.verdict = UNKNOWN

    def refuse(self, zh: str, en: str) -> None:
        self.say(zh, en)
        self.verdict = NOT_MET


def yuan(wan: Fraction) -> Decimal:
    """万元 as exact yuan, to the fen (half a fen upwards)."""
    exact = wan * WAN
    return (Decimal(exact.numerator) / exact.denominator).quantize(FEN, ROUND_HALF_UP)


def wan(amount: Decimal) -> Fraction:
    return Fraction(amount) / WAN
