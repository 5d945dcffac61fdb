"""A kept assessment in the reader's words: its clauses, and the facts with where they came from. For the page and the PDF."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from flask_babel import gettext as _

from crm.firms.facts.groups import FACT_KEYS, fact_text, fact_title
from crm.firms.words import TECH_FIELDS
from crm.ladder.assessments.reading import Kept
from crm.policy import title_of
from crm.policy.text import SIGNS, interval, plain, quantity
from crm.policy.vocabulary import FIGURES, LISTS, UNCONFIRMED
from crm.web.formatting import day
from crm.web.language import language

DAY = re.compile(r"\d{4}-\d\d-\d\d")


def clauses(kept: Kept) -> list[dict[str, Any]]:
    """The criteria as `clause_row` shows them; scored parts stand under the score they add up to."""
    criteria = kept.result["criteria"]
    score = kept.edition.score if kept.edition else None
    rows = {criterion["id"]: _clause(criterion, kept.sources) for criterion in criteria}
    parts = [rows[c["id"]] for c in criteria if c.get("role") == "part" and score is not None]
    if score in rows:
        rows[score]["parts"] = parts
    return [row for row in rows.values() if row not in parts]


def score_text(score: dict[str, Any] | None) -> str:
    """`62–71 分（须 > 70）`, or nothing where the edition has no score."""
    if score is None:
        return ""
    low, high = _number(score["low"]), _number(score["high"])
    return _(
        "%(points)s 分（须 %(operator)s %(line)s）",
        points=low if low == high else f"{low}–{high}",
        operator=SIGNS.get(score["operator"], score["operator"]),
        line=_number(score["pass"]),
    )


def _clause(criterion: dict[str, Any], sources: dict[str, Any]) -> dict[str, Any]:
    role = {"alternative": _("几条途径任一即可"), "basis": _("供其他条款引用")}.get(criterion.get("role", ""))
    not_for_it = _("对本企业不适用") if criterion.get("applies") is False else None
    words = [criterion["id"], criterion.get("article"), role, not_for_it]
    gap = criterion.get("gap")
    row: dict[str, Any] = {
        "id": criterion["id"],
        "title": criterion["title"],
        "article": " · ".join(word for word in words if word),
        "verdict": "not_applicable" if criterion.get("applies") is False else criterion["verdict"],
        "certainty": criterion.get("certainty"),
        "gap": gap["text"] if gap else None,
        "arithmetic": criterion.get("arithmetic"),
        "missing": [_missing(path) for path in criterion.get("missing", [])],
        "used": [_used(figure, sources) for figure in criterion.get("figures", [])],
        "operator": criterion.get("operator"),
        "threshold": None,
        "value": None,
    }
    if points := criterion.get("score"):
        row["score"] = {end: _number(points[end]) for end in ("low", "high", "max")}
        if points["low"] >= points["max"]:
            row["gap"] = None  # there is nothing left to gain
    elif criterion.get("threshold") is not None and not isinstance(criterion["threshold"], bool):
        row["threshold"] = quantity(_exact(criterion["threshold"]), criterion["unit"])[language()]
        row["value"] = _value(criterion.get("value"), criterion["unit"])
    return row


def _missing(path: str) -> dict[str, str]:
    title = title_of(path)[language()]
    return {"title": title, "text": _("当时缺少：%(what)s", what=title)}


def _value(value: Any, unit: str) -> str | None:
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, dict):
        low, high = (float("inf") if value[end] is None else _exact(value[end]) for end in ("low", "high"))
        return interval(low, high, unit)[language()]
    return quantity(_exact(value), unit)[language()]


def _used(figure: dict[str, Any], sources: dict[str, Any]) -> dict[str, Any]:
    source = source_of_path(sources, figure["path"])
    return {
        "title": title_of(figure["path"])[language()],
        "value": _used_text(figure),
        "year": figure["year"],
        "state": source.get("state"),
        "source": source_text(source, by=False),
        "href": None,
    }


def _used_text(figure: dict[str, Any]) -> str:
    path, value = figure["path"], figure["value"]
    if path in LISTS:
        return _("%(count)s 条", count=_number(value))
    return value_text(path, value) if path == "tech_field" else _figure_text(value, figure["unit"])


def source_of_path(sources: dict[str, Any], path: str) -> dict[str, Any]:
    """The source of a fact; that of the whole list for an entry of one."""
    found: dict[str, Any] = sources.get(path) or sources.get(path.partition("[")[0]) or {}
    return found


def source_text(source: dict[str, Any], *, by: bool = True) -> str | None:
    """The documents, the day, and who said so (`by`), as far as they are known."""
    as_of = source.get("as_of")
    parts = [
        *(document["name"] for document in source.get("documents", [])),
        _("截至 %(day)s", day=day(date.fromisoformat(as_of))) if as_of else None,
        source.get("by") if by else None,
    ]
    return _("，").join(part for part in parts if part) or None


def facts(kept: Kept) -> list[dict[str, Any]]:
    """Every fact that was known: path, title, value, year, state, source."""
    rows = []
    for path, value in flat(kept.row.facts):
        source = source_of_path(kept.sources, path)
        rows.append(
            {
                "path": path,
                "title": fact_words(path),
                "value": value_text(path, value),
                "year": source.get("year"),
                "state": source.get("state"),
                "source": source_text(source),
            }
        )
    return rows


def fact_words(path: str) -> str:
    """What a person calls a fact."""
    return fact_title(path) if path.startswith("choices.") else title_of(path)[language()]


def flat(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The facts document by path; a list is one fact, and whether it is whole is none."""
    for name, value in document.items():
        if name == "years":
            for year, figures in sorted(value.items()):
                for key, figure in figures.items():
                    yield f"years.{year}.{key}", figure
        elif name == UNCONFIRMED:
            continue
        elif isinstance(value, dict):
            for key, item in value.items():
                yield f"{name}.{key}", item
        else:
            yield name, value


def value_text(path: str, value: Any) -> str:
    """A fact's value with its unit."""
    if isinstance(value, list):
        return _("%(count)s 条", count=len(value)) if value else _("没有")
    if path in FACT_KEYS:
        return str(fact_text(path, value))
    if path == "tech_field":
        return str(TECH_FIELDS.get(value, value))
    key = FIGURES.get(path.rpartition(".")[2])
    return _figure_text(value, key.unit if key else "")


def _figure_text(value: Any, unit: str) -> str:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, str) and DAY.fullmatch(value):
        return day(date.fromisoformat(value))
    try:
        return quantity(_exact(value), unit)[language()]
    except ValueError:  # a word
        return str(value)


def _exact(value: Any) -> Fraction:
    return Fraction(Decimal(repr(value)) if isinstance(value, float) else value)


def _number(value: Any) -> str:
    return plain(_exact(value))
