"""What ships in `seeds/targets`: indicators, and plans with their documents.

Loading again adds what is new. An indicator that an administrator edited stays; a shipped plan's values are the document's, so
they follow the file: people edit the copy of their own place.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import delete, insert, select

from crm.insight.targets.models import Indicator, IndicatorValue, TargetPlan, ValueKind
from crm.kernel.db import db

FOLDER = Path(__file__).resolve().parents[3] / "seeds" / "targets"
PLANS = ("yiyang.2021", "chenzhou.2013", "hunan_zones.2017")


@cache
def shipped(name: str) -> Any:
    """One of the files, as it stands there."""
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


def load() -> None:
    """Bring indicators and plans into the database. Rows that ship are nobody's doing: the history begins after them."""
    _load_indicators()
    indicators = dict(db.session.execute(select(Indicator.key, Indicator.id)).all())
    for name in PLANS:
        _load_plan(shipped(name), indicators)


def _load_indicators() -> None:
    known = set(db.session.scalars(select(Indicator.key)))
    usual = {"measure": None, "quality_of": None, "downward": False, "disabled": False, "version": 1}
    rows = [
        {**usual, **each, "place": 10 * number}
        for number, each in enumerate(shipped("indicators")["indicators"], start=1)
        if each["key"] not in known
    ]
    if rows:
        db.session.execute(insert(Indicator), rows)


def _load_plan(plan: dict[str, Any], indicators: dict[str, int]) -> None:
    mine = (TargetPlan.key == plan["key"], TargetPlan.organisation_id.is_(None))
    plan_id = db.session.scalar(select(TargetPlan.id).where(*mine))
    if plan_id is None:
        row = {name: plan[name] for name in ("key", "title", "title_en", "from_year", "to_year")}
        statement = insert(TargetPlan).values(**row, document_number=plan["document"], version=1)
        plan_id = db.session.execute(statement.returning(TargetPlan.id)).scalar_one()
    usual: dict[str, Any] = {"plan_id": plan_id, "version": 1}
    wanted = [
        {
            **usual,
            "indicator_id": indicators[each["indicator"]],
            "kind": ValueKind(each["kind"]),
            "year": year,
            "value": Decimal(each["value"]),
            "article": each["article"],
            "source": each["source"],
        }
        for each in plan["values"]
        for year in each.get("years", [each.get("year")])
    ]
    columns = (
        IndicatorValue.indicator_id,
        IndicatorValue.kind,
        IndicatorValue.year,
        IndicatorValue.value,
        IndicatorValue.article,
    )
    stored = set(db.session.execute(select(*columns).where(IndicatorValue.plan_id == plan_id)))
    if stored != {(row["indicator_id"], row["kind"], row["year"], row["value"], row["article"]) for row in wanted}:
        db.session.execute(delete(IndicatorValue).where(IndicatorValue.plan_id == plan_id))
        db.session.execute(insert(IndicatorValue), wanted)
