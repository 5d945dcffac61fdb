"""Notices: what an office announces for a year beside an edition. When to apply, what is checked on site, what to hand in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.policy.answers.explain import arithmetic
from crm.policy.answers.verdict import word
from crm.policy.facts import Facts
from crm.policy.language.clauses import Test
from crm.policy.language.edition import Document, Paper
from crm.policy.language.regions import covers, stem
from crm.policy.readings.algebra import Figure, merge
from crm.policy.readings.reading import FirmReading
from crm.policy.text import Text

# Who has to act in a window: the firm applies, or the authority recommends or publishes.
ACTORS = ("firm", "authority")


@dataclass(frozen=True)
class Window:
    """A time in which something is done. `since` is None where only the last day was announced."""

    title: Text
    since: date | None
    until: date
    who: str
    certainty: str
    note: Text | None
    fingerprint: str

    def state(self, on: date) -> str:
        """`open`, `ahead` (opens later), `closed`, or `due` (not over, and its first day was not announced)."""
        if on > self.until:
            return "closed"
        if self.since is None:
            return "due"
        return "open" if self.since <= on else "ahead"

    def days(self, on: date) -> int:
        """Days to its first day while it is ahead, else to its last; negative once it is closed."""
        return ((self.since if self.since and self.since > on else self.until) - on).days


@dataclass(frozen=True)
class Trigger:
    """Why a firm is visited: met means that it is. It decides nothing else."""

    id: str
    title: Text
    test: Test
    certainty: str
    note: Text | None
    fingerprint: str


@dataclass(frozen=True)
class Note:
    """A rule of the notice that nothing is computed from."""

    id: str
    text: Text
    certainty: str
    fingerprint: str


@dataclass(frozen=True)
class Notice:
    """One notice for a rung. `region` None is the whole country; `since` and `until` are the days it speaks for."""

    id: str
    rung: str
    title: Text
    document: Document
    purposes: tuple[str, ...]
    region: str | None
    since: date
    until: date
    windows: tuple[Window, ...]
    site_checks: tuple[Trigger, ...]
    papers: tuple[Paper, ...]
    notes: tuple[Note, ...]
    based_on: str | None

    def window(self, on: date) -> Window | None:
        """The firm's window to know of on a date: the first that is not over, else the last one."""
        own = sorted((w for w in self.windows if w.who == "firm"), key=lambda w: w.until)
        return next((w for w in own if w.until >= on), own[-1] if own else None)


@dataclass(frozen=True)
class SiteCheck:
    """A trigger applied to one firm: `verdict` met (triggered), not_met or unknown, with what it rests on."""

    id: str
    title: Text
    verdict: str
    arithmetic: Text | None
    missing: tuple[str, ...]
    figures: tuple[Figure, ...]
    certainty: str
    note: Text | None
    fingerprint: str


def site_checks(notice: Notice, facts: Facts | dict[str, Any], on: date) -> list[SiteCheck]:
    """Each trigger of the notice for one firm on a date. Raises FactsError for a bad facts document."""
    reading = FirmReading(facts if isinstance(facts, Facts) else Facts.from_document(facts), on)
    return [_checked(trigger, reading) for trigger in notice.site_checks]


def _checked(trigger: Trigger, reading: FirmReading) -> SiteCheck:
    truth = trigger.test.read(reading)
    verdict = word(truth.low, truth.high)
    missing, figures = merge([truth])
    return SiteCheck(
        id=trigger.id,
        title=trigger.title,
        verdict=verdict,
        arithmetic=arithmetic(trigger.test, reading),
        missing=missing if verdict == "unknown" else (),
        figures=figures,
        certainty=trigger.certainty,
        note=trigger.note,
        fingerprint=trigger.fingerprint,
    )


def notice_among(
    known: Sequence[Notice], rung: str, on: date, purpose: str = "new", region: str | None = None
) -> Notice | None:
    """The notice that speaks for the rung, date and purpose: the region's own before the national one; None where there is none."""
    fitting = [
        notice
        for notice in known
        if notice.rung == rung
        and purpose in notice.purposes
        and notice.since <= on <= notice.until
        and covers(notice.region, region)
    ]
    return max(fitting, key=lambda notice: len(stem(notice.region)), default=None)
