"""Reference data from `seeds/reference`: divisions, trades, local chains, terms, holidays. Loading again adds what is new, deletes nothing."""

from __future__ import annotations

import csv
from datetime import date
from typing import Any

from flask import current_app
from sqlalchemy import insert, select

from crm.firms.models import Chain, Division, Industry
from crm.firms.reference.models import CalendarDay
from crm.firms.reference.places import FOLDER
from crm.firms.reference.terms import load_terms
from crm.firms.reference.working_days import forget
from crm.kernel.db import db


def load_reference() -> None:
    """Bring divisions (GB/T 2260), trades (GB/T 4754-2017), chains, terms and holidays into the database."""
    _add_new(
        Division,
        "code",
        [{"code": r["code"], "name": r["name"], "parent_code": r["parent"] or None} for r in rows_of("divisions")],
    )
    _add_new(  # those that are there stay as people left them
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
    load_terms()
    load_calendar()
    # Rooms above have rows of their own to bring, once those of this room stand.
    for load in current_app.extensions.get("reference_loaders", []):
        load()


def load_calendar() -> None:
    """Holidays of the years that ship: of a year with any day entered nothing is added, a person may have mended it."""
    entered = {day.year for day in db.session.scalars(select(CalendarDay.on))}
    days: list[dict[str, Any]] = [
        {"on": date.fromisoformat(r["on"]), "working": r["working"] == "yes", "name": r["name"]}
        for r in rows_of("calendar_days")
    ]
    new = [day for day in days if day["on"].year not in entered]
    if new:
        db.session.execute(insert(CalendarDay), new)
        forget()


def rows_of(name: str) -> list[dict[str, str]]:
    """The rows of one of the tables of `seeds/reference`, by column."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _add_new(model: Any, key: str, rows: list[dict[str, Any]]) -> None:
    known = set(db.session.scalars(select(getattr(model, key))))
    new = [row for row in rows if row[key] not in known]
    if new:
        db.session.execute(insert(model), new)
