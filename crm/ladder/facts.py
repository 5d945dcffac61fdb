"""The facts document of a firm, as the policy engine reads it, and for each fact where it comes from and is mended.

Amounts are in 万元 as decimal text. What is unknown is absent. A list is unknown until it has an entry, or until someone
stated that there is none, and again when that statement no longer vouches (`crm.firms.facts.statements`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, select, true
from sqlalchemy.orm import joinedload, selectinload

from crm.firms.facts.groups import FACT_GROUPS
from crm.firms.facts.statements import AGAINST, vouches, why_open, why_stale
from crm.firms.figures.models import FigureSource, YearlyFigures
from crm.firms.forms import field_name
from crm.firms.ip.models import IpRight
from crm.firms.models import Document, Firm, FirmFact, State
from crm.kernel.db import db
from crm.ladder.models import Credential, CredentialEvent, CredentialEventKind
from crm.policy.vocabulary import ANOTHER, CHOICES, EXPERT, FIGURES, LISTS, PROFILE, UNCONFIRMED, Shape
from crm.registers.models import REGISTER_LISTS, RegisterEntry
from crm.registers.resources.models import Resource, ResourceFirm, ResourceRegister

Place = tuple[str, dict[str, Any]]  # endpoint and its arguments
WAN = 10000

# Where the entries of each list stand. Titles are a list too, but by a rule of their own (`was_held`).
LIST_RECORDS: dict[str, tuple[type[IpRight] | type[RegisterEntry], ColumnElement[bool]]] = {
    "ip": (IpRight, true()),
    **{name: (RegisterEntry, RegisterEntry.register == register) for register, name in REGISTER_LISTS.items()},
}
# Facts that are columns of the firm itself.
FIRM_COLUMNS = {"registered_on": "registered_on", "tech_field": "tech_field", "industry": "industry_code"}


@dataclass(frozen=True)
class Source:
    """Where a known fact comes from. `as_of` for facts of the firm as a whole, `year` for yearly figures; `by_id` who said so."""

    state: State | None = None
    year: int | None = None
    as_of: date | None = None
    document: Document | None = None
    by_id: int | None = None


@dataclass
class FirmFacts:
    """A facts document with its sources by path (`years.2025.rd`, `ip`, `market_share` …).

    `stale`: the lists that are unknown, or may have other entries, because what is known of them is too old, with its day.
    """

    firm_id: int
    document: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    stale: dict[str, date | None] = field(default_factory=dict)

    def source(self, path: str) -> Source | None:
        """The source of a fact; that of the whole list for an entry of one."""
        return self.sources.get(path) or self.sources.get(path.partition("[")[0])

    def why_unknown(self, path: str) -> str | None:
        """Why a fact is unknown of which something was known once."""
        if path not in self.stale:
            return None
        known_to = self.stale[path]
        return why_open(known_to) if known_to is None or path in self.document else why_stale(known_to)

    def put(self, path: str, value: Any, source: Source) -> None:
        self.document[path] = value
        self.sources[path] = source


def facts_of(firm: Firm, on: date) -> FirmFacts:
    """What is known of the firm, with the titles it held up to and on that date."""
    return facts_of_many([firm], on)[firm.id]


def facts_of_many(firms: Sequence[Firm], on: date) -> dict[int, FirmFacts]:
    """The same for the firms of a page, by id: as many queries as for one."""
    found = {firm.id: FirmFacts(firm.id) for firm in firms}
    figures = _rows(
        found,
        YearlyFigures,
        YearlyFigures.year,
        options=[selectinload(YearlyFigures.sources).joinedload(FigureSource.document)],
    )
    rights = _rows(found, IpRight, IpRight.granted_on, IpRight.id)
    entries = _rows(found, RegisterEntry, RegisterEntry.on, RegisterEntry.id)
    titles = _rows(found, Credential, Credential.valid_from, Credential.id, where=[Credential.valid_from <= on])
    revoked = _revoked([title for of_firm in titles.values() for title in of_firm])
    stated = _rows(found, FirmFact, FirmFact.key, options=[joinedload(FirmFact.document)])
    inside: defaultdict[int, list[Any]] = defaultdict(list)
    for tie in db.session.execute(ties_to_carriers(on).where(ResourceFirm.firm_id.in_(found))):
        inside[tie.firm_id].append(tie)
    for firm in firms:
        facts = found[firm.id]
        _profile(facts, firm)
        _figures(facts, figures[firm.id])
        _put_list(facts, "ip", rights[firm.id])
        _registers(facts, entries[firm.id])
        _credentials(facts, titles[firm.id], revoked)
        _carriers(facts, inside[firm.id])
        _firm_facts(facts, stated[firm.id], on)
        _others(facts, entries[firm.id], stated[firm.id], on)
    return found


def _rows(
    firm_ids: Iterable[int], model: Any, *order: Any, where: Sequence[Any] = (), options: Sequence[Any] = ()
) -> defaultdict[int, list[Any]]:
    """The records of each firm, in order."""
    found: defaultdict[int, list[Any]] = defaultdict(list)
    statement = select(model).where(model.firm_id.in_(firm_ids), *where).options(*options).order_by(*order)
    for row in db.session.scalars(statement):
        found[row.firm_id].append(row)
    return found


def place_of(firm_id: int, path: str) -> Place:
    """The page where staff enter or mend a fact; the fragment names the spot."""
    head, _, rest = path.partition(".")
    name = head.partition("[")[0]
    if name == "years":
        year, _, key = rest.partition(".")
        return "firms.edit_figures", {"firm_id": firm_id, "year": int(year), "_anchor": key}
    if name == "ip":
        return "firms.ip", {"firm_id": firm_id}
    if name == "credentials":
        return "ladder.standing", {"firm_id": firm_id, "_anchor": "titles"}
    if name == "carriers":
        return "resources.of_firm", {"firm_id": firm_id}
    for register, list_name in REGISTER_LISTS.items():
        if name == list_name:
            return "registers.entries", {"firm_id": firm_id, "_anchor": register.value}
    if name in FIRM_COLUMNS:
        return "firms.edit", {"firm_id": firm_id, "_anchor": FIRM_COLUMNS[name]}
    group = next((group for group in FACT_GROUPS.values() if path in group.keys), None)
    if group is None:
        return "firms.profile", {"firm_id": firm_id}
    return "firms.edit_facts", {"firm_id": firm_id, "group_name": group.name, "_anchor": field_name(path)}


def _profile(facts: FirmFacts, firm: Firm) -> None:
    for name, column in FIRM_COLUMNS.items():
        value = getattr(firm, column)
        if value is not None:
            facts.put(name, _json(value), Source())


def _figures(facts: FirmFacts, rows: Iterable[YearlyFigures]) -> None:
    years: dict[str, dict[str, Any]] = {}
    for row in rows:
        by_key = {source.key: source for source in row.sources}
        known: dict[str, Any] = {}
        for key, item in FIGURES.items():
            value = getattr(row, key)
            if value is None:
                continue
            known[key] = _amount(value) if item.shape in (Shape.AMOUNT, Shape.SIGNED) else _json(value)
            source = by_key.get(key)
            facts.sources[f"years.{row.year}.{key}"] = Source(
                state=source.state if source else None,
                year=row.year,
                document=source.document if source else None,
                by_id=source.entered_by_id if source else None,
            )
        if known:
            years[str(row.year)] = known
    if years:
        facts.document["years"] = years


def _registers(facts: FirmFacts, entries: Sequence[RegisterEntry]) -> None:
    for register, name in REGISTER_LISTS.items():
        _put_list(facts, name, [entry for entry in entries if entry.register is register])


def _put_list(facts: FirmFacts, name: str, records: Iterable[Any]) -> None:
    """Entries of kinds and levels no criterion knows (a trademark, a county award) are left out: they count for nothing.

    An institution counts whatever its level is called (`ANOTHER`), where no level is asked for.
    """
    records = list(records)
    items = [item for record in records if (item := _item(name, record)) is not None]
    if records:
        verified = all(record.state is State.VERIFIED for record in records)
        facts.put(name, items, Source(state=State.VERIFIED if verified else State.DECLARED))


def _item(name: str, record: Any) -> dict[str, Any] | None:
    item: dict[str, Any] = {}
    for attribute, key in LISTS[name].items():
        values = (getattr(record, column, None) for column in columns_behind(name, attribute))
        value = next((value for value in values if value is not None), None)
        if value is None:
            continue
        item[attribute] = _amount(value) if key.shape is Shape.AMOUNT else _json(value)
        if key.values and item[attribute] not in key.values:
            if ANOTHER not in key.values:
                return None
            item[attribute] = ANOTHER
    return item


def columns_behind(name: str, attribute: str) -> tuple[str, ...]:
    """The columns of a list's record that an attribute is read from; the first that is known counts."""
    # The engine knows an honour by its kind; the name as printed is for people.
    return ("kind", "name") if (name, attribute) == ("honours", "name") else (attribute,)


def _revoked(titles: Sequence[Credential]) -> dict[int, date]:
    """The day each title was revoked, for those that were."""
    ended = [title.id for title in titles if title.ended_on is not None]
    if not ended:
        return {}
    statement = select(CredentialEvent.credential_id, CredentialEvent.on).where(
        CredentialEvent.credential_id.in_(ended), CredentialEvent.kind == CredentialEventKind.REVOKED
    )
    return {event.credential_id: event.on for event in db.session.execute(statement)}


def _credentials(facts: FirmFacts, rows: Sequence[Credential], revoked: dict[int, date]) -> None:
    items = []
    for row in rows:
        if was_held(row):
            days = {"from": row.valid_from, "to": last_day(row), "revoked_on": revoked.get(row.id)}
            known = {name: day.isoformat() for name, day in days.items() if day is not None}
            items.append({"rung": row.rung.value, **known})
    if rows:
        facts.put("credentials", items, Source(state=State.VERIFIED))


def ties_to_carriers(on: date) -> Select[*tuple[Any, ...]]:
    """Which firms are or were inside which carriers, up to that day; a tie whose first day nobody knows counts."""
    return (
        select(
            ResourceFirm.firm_id, Resource.kind, Resource.level, Resource.name, ResourceFirm.since, ResourceFirm.until
        )
        .join(Resource, Resource.id == ResourceFirm.resource_id)
        .where(Resource.register == ResourceRegister.CARRIER, ResourceFirm.since.is_(None) | (ResourceFirm.since <= on))
        .order_by(ResourceFirm.since, ResourceFirm.id)
    )


def _carriers(facts: FirmFacts, ties: Sequence[Any]) -> None:
    items = []
    for tie in ties:
        last = tie.until - timedelta(days=1) if tie.until else None  # `until` is the first day outside
        known = {"kind": tie.kind, "level": tie.level, "from": tie.since, "to": last, "name": tie.name}
        items.append({name: _json(value) for name, value in known.items() if value is not None})
    if items:
        facts.put("carriers", items, Source(state=State.VERIFIED))


def last_day(credential: Credential | Row[*tuple[Any, ...]]) -> date | None:
    """The last day the title is held: its term, or the day before it was ended. None: no end."""
    ended = credential.ended_on - timedelta(days=1) if credential.ended_on else None
    days = [day for day in (credential.valid_to, ended) if day is not None]
    return min(days, default=None)


def was_held(credential: Credential | Row[*tuple[Any, ...]]) -> bool:
    """Whether it was held for a day at all: not when it was ended before it began."""
    last = last_day(credential)
    return last is None or last >= credential.valid_from


def _firm_facts(facts: FirmFacts, rows: Iterable[FirmFact], on: date) -> None:
    for row in rows:
        if row.key in LISTS and not vouches(row.as_of, on):
            if row.key not in facts.document:
                facts.stale[row.key] = row.as_of
        elif put_fact(facts.document, row.key, row.value):
            facts.sources[row.key] = Source(
                state=row.state, as_of=row.as_of, document=row.document, by_id=row.entered_by_id
            )


def _others(facts: FirmFacts, entries: Sequence[RegisterEntry], stated: Iterable[FirmFact], on: date) -> None:
    """Which lists may have entries beside those that are known."""
    for name in sorted(AGAINST & facts.document.keys()):
        days = [entry.on for entry in entries if REGISTER_LISTS.get(entry.register) == name and entry.on is not None]
        last = max([*days, *(fact.as_of for fact in stated if fact.key == name)], default=None)
        if last is None or not vouches(last, on):
            facts.document.setdefault(UNCONFIRMED, []).append(name)
            facts.stale[name] = last


def put_fact(document: dict[str, Any], key: str, value: Any) -> bool:
    """Put a stored fact of the firm as a whole where the facts document has it; False where it has no place for it."""
    section, _, name = key.partition(".")
    if value is None:
        return False
    if key in PROFILE and key not in FIRM_COLUMNS:
        document[key] = value
    elif key in LISTS and value == [] and key not in document:
        document[key] = []
    elif (section == "expert" and name in EXPERT) or (section == "choices" and name in CHOICES):
        document.setdefault(section, {})[name] = value
    else:
        return False
    return True


def _amount(yuan: Decimal) -> str:
    """Exact 万元 as decimal text."""
    return format((yuan / WAN).normalize(), "f")


def _json(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return getattr(value, "value", value)
