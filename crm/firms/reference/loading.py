"""Reference data from `seeds/reference`: divisions, trades, local chains. Loading again adds what is new, deletes nothing."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import insert, select

from crm.firms.models import Chain, Division, Industry
from crm.kernel.db import db

FOLDER = Path(__file__).resolve().parents[3] / "seeds" / "reference"


def load_reference() -> None:
    """Bring divisions (GB/T 2260), trades (GB/T 4754-2017) and chains into the database."""
    _add_new(
        Division,
        "code",
        [{"code": r["code"], "name": r["name"], "parent_code": r["parent"] or None} for r in rows_of("divisions")],
    )
    _add_new(
        Industry,
        "code",
        [
            {"code": r["code"], "name": r["name"], "level": r["level"], "parent_code": r["parent"] or None}
            for r in rows_of("industries")
        ],
    )
    _add_new(
        Chain, "name", [{"name": r["name"], "name_en": r["name_en"], "disabled": False} for r in rows_of("chains")]
    )
    # Rooms above have rows of their own to bring, once those of this room stand.
    for load in current_app.extensions.get("reference_loaders", []):
        load()


def rows_of(name: str) -> list[dict[str, str]]:
    """The rows of one of the tables of `seeds/reference`, by column."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _add_new(model: Any, key: str, rows: list[dict[str, Any]]) -> None:
    known = set(db.session.scalars(select(getattr(model, key))))
    new = [row for row in rows if row[key] not in known]
    if new:
        db.session.execute(insert(model), new)
