"""The packages that ship with the house, from `seeds/services/packages.yaml`. Loading again adds what is new, changes nothing."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import insert, select

from crm.kernel.db import db
from crm.ladder.models import Rung
from crm.policy.language.source import parse_yaml
from crm.services.models import Phase, ServiceItem

FILE = Path(__file__).resolve().parents[2] / "seeds" / "services" / "packages.yaml"


def load() -> None:
    known = set(db.session.scalars(select(ServiceItem.title)))
    for place, row in enumerate(parse_yaml(FILE.read_text(encoding="utf-8"), FILE.name)["items"], start=1):
        if row["title"] not in known:
            rungs = {name: Rung(row[name]) if name in row else None for name in ("rung", "towards")}
            values = {**row, **rungs, "phase": Phase(row["phase"])}
            values["days"] = int(row["days"]) if "days" in row else None
            db.session.execute(insert(ServiceItem).values(**values, place=place))
