"""The returns as they are issued, read strictly from `seeds/returns`: each fault with file, key and cure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from crm.firms.reference import FOLDER
from crm.insight.returns.sources import SOURCES, Field, Source
from crm.policy.language.edition import CERTAINTIES
from crm.policy.language.source import EditionError, Fault, Spec, parse_yaml
from crm.policy.text import Text

FILE = FOLDER.parent / "returns" / "returns.yaml"
NUMBER = "number"  # the row's place
EMPTY = Field(lambda line: None)


@dataclass(frozen=True)
class ReturnColumn:
    """A column as issued. `name` None: nothing the record holds, it stays empty."""

    title: str
    name: str | None
    needed: bool
    field: Field


@dataclass(frozen=True)
class Return:
    """One table that is handed in."""

    key: str
    title: Text
    document: str
    article: str
    certainty: str
    source: Source
    columns: tuple[ReturnColumn, ...]
    last_year: bool  # the last finished year is what is reported
    choice: str | None  # what is shown unless another is chosen


@cache
def returns() -> dict[str, Return]:
    """All returns by key, in the order of the file. Raises EditionError with every fault."""
    return read_returns(FILE)


def read_returns(path: Path) -> dict[str, Return]:
    text = path.read_text(encoding="utf-8")
    content = parse_yaml("returns:\n" + "\n".join(f"  {line}" for line in text.splitlines()), path.name)
    faults: list[Fault] = []
    found: dict[str, Return] = {}
    for spec in Spec(path.name, "", content, faults).need("returns").items():
        each = _read(spec)
        if each.key in found:
            spec.refuse("代号重复，请改其中一个", "this key is used twice; change one", "key")
        found[each.key] = each
    if faults:
        raise EditionError(faults)
    return found


def _read(spec: Spec) -> Return:
    key, rows = spec.need("key").text(), spec.need("rows").text(SOURCES, "kind of rows")
    source = SOURCES.get(rows, next(iter(SOURCES.values())))
    columns = tuple(_column(each, source) for each in spec.need("columns").items())
    year, choice = spec.get("year"), spec.get("choice")
    found = Return(
        key,
        spec.need("title").bilingual(),
        spec.need("document").text(),
        spec.need("article").text(),
        spec.need("certainty").text(CERTAINTIES, "certainty"),
        source,
        columns,
        year is not None and year.text({"last": None}, "year") == "last",
        choice.text(source.choices, "choice") if choice else None,
    )
    spec.close()
    return found


def _column(spec: Spec, source: Source) -> ReturnColumn:
    title, named, needed = spec.need("title").text(), spec.get("from"), spec.get("needed")
    known: dict[str, Any] = {NUMBER: EMPTY, **source.fields}
    name = named.text(known, "field") if named else None
    found = ReturnColumn(title, name, needed.flag() if needed else False, known.get(name or "", EMPTY))
    spec.close()
    return found
