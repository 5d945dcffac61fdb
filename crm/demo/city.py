"""What seeds/demo says: the organisations and people of the made-up city, its firms, and what is said at visits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as column
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[2] / "seeds" / "demo"


@dataclass(frozen=True, kw_only=True)
class PersonPlan:
    """Someone who signs in; without a password they have an account that nobody signs in with."""

    email: str
    name: str
    role: str = "firm"
    organisation: str | None = None
    firm: str | None = None
    password: str | None = None


@dataclass(frozen=True, kw_only=True)
class Kind:
    """The course of a firm; see seeds/demo/kinds.yaml."""

    age: int
    figures: Mapping[str, float] = column(default_factory=dict)
    rights: Mapping[str, int] = column(default_factory=dict)
    visits: int = 0
    titles: Sequence[Mapping[str, Any]] = ()
    facts: Mapping[str, Any] = column(default_factory=dict)
    none: Sequence[str] = ()
    registers: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, kw_only=True)
class CasePlan:
    """A case: opened so many months ago, brought to a stage, or ended (decided in the autumn `year`, dropped `days` ago)."""

    rung: str
    opened: int
    stage: str = "applied"
    ended: str | None = None
    year: int = -1
    days: int = 0
    reason: str | None = None
    override: str | None = None
    number: str | None = None


@dataclass(frozen=True, kw_only=True)
class FirmPlan:
    """A firm and what it adds to its kind; see seeds/demo/firms.yaml."""

    name: str
    kind: str
    park: str
    trade: str
    channel: str
    product: str
    field: int | None = None
    chain: str | None = None
    former: str | None = None
    renamed: int | None = None
    reports: Mapping[str, str] = column(default_factory=dict)
    cases: Sequence[Mapping[str, Any]] = ()
    tasks: Sequence[Mapping[str, Any]] = ()
    titles: Mapping[str, int | None] = column(default_factory=dict)
    unknown: Sequence[str] = ()
    slips: Mapping[str, float] = column(default_factory=dict)
    none: Sequence[str] | None = None
    asked_once: bool = False
    registers: Sequence[Mapping[str, Any]] = ()
    revoked: Mapping[str, Any] | None = None
    lapsed: Mapping[str, Any] | None = None
    unseen: int | None = None

    @property
    def short_name(self) -> str:
        """The name without its place and form."""
        return self.name.removesuffix("有限公司").removesuffix("股份")[2:]


@dataclass(frozen=True, kw_only=True)
class Talk:
    """What was said at a visit, asked for and promised."""

    topics: Sequence[str]
    said: str
    kinds: Sequence[str] = ()
    task: Mapping[str, Any] | None = None
    need: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class City:
    organisations: Sequence[Mapping[str, str]]
    importing_park: str
    people: Sequence[PersonPlan]
    firm_people: Sequence[PersonPlan]
    kinds: Mapping[str, Kind]
    firms: Sequence[FirmPlan]
    talks: Sequence[Talk]
    places: Sequence[str]
    met: Sequence[str]
    proposals: Sequence[Mapping[str, Any]]
    right_words: Mapping[str, Sequence[str]]

    @property
    def accounts(self) -> list[PersonPlan]:
        """Those who can sign in: one of each role."""
        return [person for person in (*self.people, *self.firm_people) if person.password]


@cache
def load() -> City:
    """The city of seeds/demo. A key nobody knows is a TypeError that names it."""
    city, talk = _read("city"), _read("talk")
    return City(
        organisations=city["organisations"],
        importing_park=city["importing_park"],
        people=[PersonPlan(**person) for person in city["people"]],
        firm_people=[PersonPlan(**person) for person in city["firm_people"]],
        kinds={name: Kind(**kind) for name, kind in _read("kinds").items()},
        firms=[FirmPlan(**firm) for firm in _read("firms")],
        talks=[Talk(**visit) for visit in talk["visits"]],
        places=talk["places"],
        met=talk["met"],
        proposals=_read("proposals"),
        right_words=_read("rights"),
    )


def _read(name: str) -> Any:
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
