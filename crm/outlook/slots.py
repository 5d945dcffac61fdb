"""What can be changed in thought: a slot for each fact an edition reads, in the groups in which a person knows them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.firms.facts.groups import FACT_GROUPS
from crm.firms.figures.keys import GROUPS as FIGURE_GROUPS
from crm.firms.ip.rules import later
from crm.firms.words import ACQUIRED, IP_KINDS, IP_STATUSES, TECH_FIELDS
from crm.ladder.words import RUNGS
from crm.outlook.reads import Reads
from crm.policy.vocabulary import ANOTHER, FIGURES, LIST_TITLES, LISTS, PROFILE, UNCONFIRMED, Key, Shape
from crm.registers.kinds import SEVERITIES, level_titles, titles_of
from crm.registers.models import Register
from crm.web.formatting import day, money_text
from crm.web.language import language

BASIC = ("registered_on", "tech_field", "industry")
# As the form writes them; a share is typed in per cent.
UNITS: dict[str, Any] = {
    "万元": _l("万元"), "年": _l("年"), "名": _l("名"), "级": _l("级"), "分": _l("分"), "人": _l("人"), "家": _l("家"), "万股": _l("万股"),
    "项": _l("项"), "比例": "%",
}  # fmt: skip
Entry = dict[str, Any]


@dataclass(frozen=True)
class Slot:
    """One fact. `path` is its place in the facts document and its field's name; `known` the document's value."""

    path: str
    key: Key
    known: Any
    year: int | None = None
    words: Mapping[Any, Any] | None = None

    @property
    def title(self) -> str:
        """What it is called, without its year."""
        return self.key.title[language()]

    @property
    def unit(self) -> str:
        return str(UNITS.get(self.key.unit, self.key.unit))


@dataclass(frozen=True)
class Addition:
    """Something a list may be given more of: a field of its own. `amount`: how much (万元), else how many.

    `kind`: what tells the entries of it from the others of the list.
    """

    name: str
    title: Any
    template: Entry
    kind: Mapping[str, Any]
    amount: bool = False

    def count(self, entries: Iterable[Entry]) -> int:
        """How many of the entries are of it."""
        return sum(all(entry.get(name) == value for name, value in self.kind.items()) for entry in entries)


@dataclass(frozen=True)
class ListSlot:
    """A list fact: its present entries by a mark that tells them apart, and what may be added."""

    name: str
    known: bool
    whole: bool  # and nothing is missing in it
    entries: Mapping[str, Entry]
    additions: Sequence[Addition]

    @property
    def title(self) -> str:
        return LIST_TITLES[self.name][language()]

    @property
    def assumed(self) -> Any:
        """How what is added is taken to be."""
        return ASSUMED[self.name]

    @property
    def texts(self) -> dict[str, str]:
        return {mark: entry_text(self.name, entry) for mark, entry in self.entries.items()}


@dataclass(frozen=True)
class Row:
    """One figure with its years, or one fact of the firm as a whole."""

    title: str
    unit: str
    slots: Sequence[Slot]


@dataclass(frozen=True)
class Group:
    name: str
    title: Any
    rows: list[Row] = field(default_factory=list)
    lists: list[ListSlot] = field(default_factory=list)


ASSUMED: dict[str, Any] = {
    "ip": _l("新增的按自主研发、已授权有效、与主导产品相关且在用、未用于高企认定计。"),
    "equity": _l("按测算当日到账、合格机构投资者实缴计。"),
    "awards": _l("按测算当日获奖、排名第一计。"),
    "rd_institutions": _l("按测算当日认定计。"),
    "standards": _l("按测算当日发布、排名第一计。"),
    "honours": _l("按测算当日授予、三年内有效计。"),
    "credentials": _l("按测算当日取得、三年内有效计。"),
    "incidents": _l("按测算当日发生、重大计。"),
}


def groups_of(reads: Reads, document: Mapping[str, Any], on: date) -> list[Group]:
    """Everything the edition reads, as groups of slots with what is known."""
    groups = [*_figure_groups(reads, document), *_fact_groups(reads, document)]
    lists = [list_slot(name, words, document, on) for name, words in reads.lists.items()]
    groups[-2:-2] = [Group(each.name, each.title, lists=[each]) for each in lists]
    return [group for group in groups if group.rows or group.lists]


def _figure_groups(reads: Reads, document: Mapping[str, Any]) -> Iterator[Group]:
    years: Mapping[str, Mapping[str, Any]] = document.get("years", {})
    for group in FIGURE_GROUPS:
        found = Group(group.name, group.title)
        for each in group.keys:
            read = sorted(year for key, year in reads.figures if key == each.name)
            slots = [
                Slot(f"years.{year}.{each.name}", FIGURES[each.name], years.get(str(year), {}).get(each.name), year)
                for year in read
            ]
            if slots:
                found.rows.append(Row(slots[0].title, slots[0].unit, slots))
        yield found


def _fact_groups(reads: Reads, document: Mapping[str, Any]) -> Iterator[Group]:
    """The firm as a whole; the last two are what the experts gave and the choices."""
    wanted = {
        *reads.profile,
        *(f"expert.{key}" for key in reads.expert),
        *(f"choices.{key}" for key in reads.choices),
    }
    basic = {key: PROFILE[key] for key in BASIC}
    words = {"tech_field": {number: f"{number} {title}" for number, title in TECH_FIELDS.items()}}
    for name, title, keys, own in (
        ("basic", _("基本情况"), basic, words),
        *((group.name, group.title, group.keys, group.words) for group in FACT_GROUPS.values()),
    ):
        found = Group(name, title)
        for path, key in keys.items():
            if path in wanted:
                slot = Slot(path, key, _known(document, path), None, own.get(path))
                found.rows.append(Row(slot.title, slot.unit, [slot]))
        yield found


def _known(document: Mapping[str, Any], path: str) -> Any:
    section, _dot, name = path.partition(".")
    return document.get(section, {}).get(name) if name else document.get(section)


# --- lists -------------------------------------------------------------------------------------------------------


def list_slot(name: str, words: Mapping[str, Any], document: Mapping[str, Any], on: date) -> ListSlot:
    entries = document.get(name)
    whole = entries is not None and name not in document.get(UNCONFIRMED, ())
    return ListSlot(name, entries is not None, whole, marked(entries or []), list(_additions(name, words, on)))


def marked(entries: Sequence[Entry]) -> dict[str, Entry]:
    """Entries by what they say, so that one is found again after others have come or gone; twins are numbered."""
    seen: Counter[str] = Counter()
    found = {}
    for entry in entries:
        mark = hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()[:8]
        seen[mark] += 1
        found[mark if seen[mark] == 1 else f"{mark}-{seen[mark]}"] = entry
    return found


def _additions(name: str, words: Mapping[str, Any], on: date) -> Iterator[Addition]:
    today, until = on.isoformat(), later(on, years=3).isoformat()
    levels, honours = level_titles(), titles_of(Register.HONOUR, "kind")
    kinds: dict[str, tuple[str, Mapping[Any, Any], Entry]] = {
        "ip": (
            "kind",
            IP_KINDS,
            {
                "status": "valid",
                "acquired": "self",
                "filed_on": today,
                "granted_on": today,
                "acquired_on": today,
                "owner_rank": 1,
                "core_product": True,
                "in_use": True,
                "high_value": False,
                "spent_on_hte": False,
            },
        ),
        "equity": ("", {}, {"on": today, "qualified": True}),
        "awards": ("level", levels, {"on": today, "rank": 1}),
        "rd_institutions": ("level", levels, {"on": today}),
        "standards": ("level", levels, {"on": today, "rank": 1}),
        "honours": ("name", honours, {"on": today, "valid_to": until}),
        "credentials": ("rung", RUNGS, {"from": today, "to": until}),
        "incidents": ("kind", titles_of(Register.INCIDENT, "kind"), {"severity": "major", "on": today}),
    }
    attribute, titles, template = kinds[name]
    if not attribute:
        yield Addition(f"add.{name}", _("新增金额"), template, {}, amount=True)
        return
    if "high_value" in words:
        of_value = {"kind": "invention", "high_value": True}
        yield Addition("add.ip.high_value", _("高价值发明专利"), template | of_value, of_value)
    known = LISTS[name][attribute].values or tuple(honours)
    for word in [each for each in known if each != ANOTHER and each in (words.get(attribute) or known)]:
        kind = {attribute: word}
        yield Addition(f"add.{name}.{word}", titles[word], kind | template, kind)


def entry_text(name: str, entry: Entry) -> str:
    """One entry as a person knows it: what it is, its number and its day."""
    spoken: dict[str, Mapping[Any, Any]] = {
        "kind": IP_KINDS if name == "ip" else titles_of(Register.INCIDENT, "kind"),
        "level": {**level_titles(), ANOTHER: _("其他级别")},
        "severity": SEVERITIES,
        "status": IP_STATUSES,
        "acquired": ACQUIRED,
        "rung": RUNGS,
        "name": titles_of(Register.HONOUR, "kind"),
    }
    parts = []
    for attribute, key in LISTS[name].items():
        value = entry.get(attribute)
        if value is None or key.shape is Shape.FLAG or (attribute == "acquired" and value == "self"):
            continue
        if attribute in ("filed_on", "acquired_on") and entry.get("granted_on"):
            continue
        if key.shape is Shape.DATE:
            parts.append(_dated(attribute, day(date.fromisoformat(value))))
        elif key.shape is Shape.AMOUNT:
            parts.append(money_text(Decimal(value) * 10000))
        elif key.shape is Shape.RANK:
            parts.append(_("排名第 %(rank)s", rank=value))
        else:
            parts.append(str(spoken.get(attribute, {}).get(value, value)))
    return " · ".join(parts)


def _dated(attribute: str, text: str) -> str:
    if attribute in ("to", "valid_to"):
        return _("至 %(day)s", day=text)
    return text
