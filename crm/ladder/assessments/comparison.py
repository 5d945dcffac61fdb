"""Two kept assessments of one rung side by side: what changed in the verdict, the clauses, the facts, the edition."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from json import dumps
from typing import Any

from flask_babel import gettext as _

from crm.ladder.assessments.reading import Kept
from crm.ladder.assessments.showing import clauses, fact_words, flat, value_text

COMPARED = ("verdict", "value", "threshold", "score", "gap", "missing")


@dataclass(frozen=True)
class Comparison:
    """What differs, the earlier one first. A clause or fact that one side does not have is None there."""

    before: Kept
    after: Kept
    clauses: list[tuple[str, dict[str, Any] | None, dict[str, Any] | None]]  # title, before, after
    facts: list[tuple[str, str | None, str | None]]
    same: int  # clauses that answer the same

    @property
    def same_edition(self) -> bool:
        return self.before.row.edition_hash == self.after.row.edition_hash


def compare(one: Kept, other: Kept) -> Comparison:
    """The two, by the day they are for and then by when they were kept."""
    before, after = sorted((one, other), key=lambda kept: (kept.row.on, kept.row.id))
    theirs, ours = _rows(before), _rows(after)
    changed: list[tuple[str, dict[str, Any] | None, dict[str, Any] | None]] = []
    for name in dict.fromkeys((*theirs, *ours)):
        was, is_now = theirs.get(name), ours.get(name)
        if was is None or is_now is None or any(was.get(key) != is_now.get(key) for key in COMPARED):
            title = (is_now or was or {})["title"]
            changed.append((f"{name} {title}", was, is_now))
    return Comparison(before, after, changed, _facts(before, after), len(theirs.keys() | ours.keys()) - len(changed))


def _rows(kept: Kept) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for top in clauses(kept) for row in (top, *top.get("parts", ()))}


def _facts(before: Kept, after: Kept) -> list[tuple[str, str | None, str | None]]:
    was, is_now = dict(flat(before.row.facts)), dict(flat(after.row.facts))
    found: list[tuple[str, str | None, str | None]] = []
    for path in sorted(was.keys() | is_now.keys()):
        old, new = was.get(path), is_now.get(path)
        if old == new:
            continue
        shown = [None if value is None else value_text(path, value) for value in (old, new)]
        if isinstance(old, list) and isinstance(new, list):
            shown[1] = _entries(old, new)
        found.append((fact_words(path), shown[0], shown[1]))
    return found


def _entries(old: list[Any], new: list[Any]) -> str:
    """How many entries there are now, and how many came and went; an entry that was mended counts as both."""
    was, is_now = (Counter(dumps(entry, sort_keys=True) for entry in entries) for entries in (old, new))
    return _(
        "%(count)s 条（增加 %(more)s，去掉 %(fewer)s）",
        count=len(new),
        more=(is_now - was).total(),
        fewer=(was - is_now).total(),
    )
