"""One firm's past in the diary. What it is made of stands in `record`, `rungs`, `talks` and `asking`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from crm.accounts.models import Organisation, User
from crm.demo.city import City, FirmPlan, Kind
from crm.demo.diary import Diary
from crm.demo.papers import paper
from crm.firms.documents.service import store_document
from crm.firms.models import Document, Firm

# Kinds whose figures are audited every year.
AUDITED = frozenset({"hte", "hte_sliding", "srdi", "little_giant", "near_listing"})
SILENT = "silent"


@dataclass(frozen=True)
class Cast:
    """Who acts in a firm's story."""

    officer: User
    manager: User
    park: Organisation


@dataclass
class Story:
    """A firm's plan, its people and its days; `firm` is there once the diary has lived the day it came in."""

    plan: FirmPlan
    kind: Kind
    city: City
    cast: Cast
    diary: Diary
    random: Random
    number: int
    chain_id: int | None
    firm: Firm | None = None
    born: date = field(init=False)
    entered: date = field(init=False)
    last_year: int = field(init=False)

    def __post_init__(self) -> None:
        today = self.diary.today
        self.last_year = today.year - 1
        self.born = date(today.year - self.kind.age, self.random.randint(1, 6), self.random.randint(1, 28))
        entered = date(today.year - 3, 1, 8) + timedelta(days=self.random.randint(0, 75))
        if self.plan.kind == SILENT:
            entered = self.diary.ago(self.random.randint(240, 320))
        self.entered = max(entered, self.born + timedelta(days=50))

    @property
    def here(self) -> Firm:
        assert self.firm is not None, "a deed before the firm came in"
        return self.firm

    @property
    def officer(self) -> User:
        return self.cast.officer

    def on(self, day: date, deed: Callable[[], object], *, actor: User | None = None, hour: int = 10) -> None:
        """Write a deed, of the firm's officer if nobody else; not before the firm came in."""
        self.diary.write(max(day, self.entered), actor or self.officer, deed, hour=hour)

    def file(self, name: str, *lines: str, actor: User | None = None) -> Document:
        """A small document of the firm."""
        return store_document(actor or self.officer, self.here, paper(name, self.plan.name, *lines))


def working_day(day: date) -> date:
    """The day itself, or the Friday before a weekend."""
    return day - timedelta(days=max(0, day.weekday() - 4))
