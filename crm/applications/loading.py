"""The programmes of `seeds/programmes`, brought into the database: what is there already stays as people edited it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from crm.applications.models import Programme
from crm.kernel.db import db
from crm.ladder.models import Purpose, Rung
from crm.policy.language.source import EditionError, Fault, Spec, parse_yaml

FOLDER = Path(__file__).resolve().parents[2] / "seeds" / "programmes"


def load_programmes() -> None:
    """Add the programmes whose key is not there yet."""
    known = set(db.session.scalars(select(Programme.key)))
    new = [row for row in shipped(FOLDER) if row["key"] not in known]
    if new:
        db.session.execute(insert(Programme), new)


def shipped(folder: Path) -> list[dict[str, Any]]:
    """The programmes of every file, as rows. Raises EditionError, naming each fault with its file, key and cure."""
    faults: list[Fault] = []
    rows = []
    for file in sorted(folder.glob("*.yaml")):
        whole = Spec(file.name, "", parse_yaml(file.read_text(encoding="utf-8"), file.name), faults)
        rows += [_row(key, spec) for key, spec in whole.entries()]
    if faults:
        raise EditionError(faults)
    return rows


def _row(key: str, spec: Spec) -> dict[str, Any]:
    rung, document, summary = spec.get("rung"), spec.get("document"), spec.get("summary")
    words, to = spec.need("title").bilingual(), rung.text(tuple(Rung), "rung") if rung else None
    row = {
        "key": key,
        "title": words.zh,
        "title_en": words.en,
        "rung": Rung(to) if to in tuple(Rung) else None,
        "purpose": Purpose.NEW,
        "document_number": document.text() if document else None,
        "summary": summary.text() if summary else None,
        "asks": _items(spec.get("asks")),
        "papers": _items(spec.get("papers")),
        "disabled": False,
        "version": 1,
    }
    spec.close()
    return row


def _items(section: Spec | None) -> list[dict[str, Any]]:
    """What is asked, or handed in, in its order."""
    found = []
    for key, spec in section.entries() if section else ():
        words, fact = spec.need("title").bilingual(), spec.get("fact")
        item = {"key": key, "title": words.zh, "title_en": words.en, "required": spec.need("required").flag()}
        found.append({**item, "fact": fact.text()} if fact else item)
        spec.close()
    return found
