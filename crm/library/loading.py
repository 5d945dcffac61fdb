"""The documents that ship with the house, from `seeds/library/documents.yaml`. Loading again adds what is new, changes nothing."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import insert, select

from crm.kernel.db import db
from crm.library.models import PolicyDocument
from crm.policy.language.source import parse_yaml

FILE = Path(__file__).resolve().parents[2] / "seeds" / "library" / "documents.yaml"


def load() -> None:
    """Documents of the file that the library lacks, each after the one it replaces."""
    known = set(db.session.scalars(select(PolicyDocument.number)))
    for row in parse_yaml(FILE.read_text(encoding="utf-8"), FILE.name)["documents"]:
        if row["number"] not in known:
            before = row.pop("replaces", None)
            replaced = select(PolicyDocument.id).where(PolicyDocument.number == before).scalar_subquery()
            db.session.execute(insert(PolicyDocument).values(**row, replaces_id=replaced if before else None))
