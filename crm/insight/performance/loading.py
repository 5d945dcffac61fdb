"""What parks are judged by, as it ships in `seeds/targets/five_good.yaml`. Loading again adds what is new and changes nothing else."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import insert, select

from crm.insight.performance.models import PerformanceItem
from crm.insight.targets.loading import shipped
from crm.insight.targets.models import Indicator
from crm.kernel.db import db


def load() -> None:
    """Bring the weighted indicators into the database, after the indicators themselves."""
    indicators = dict(db.session.execute(select(Indicator.key, Indicator.id)).all())
    known = set(db.session.scalars(select(PerformanceItem.indicator_id)))
    rows = [
        {
            "indicator_id": indicators[each["indicator"]],
            "dimension": each["dimension"],
            "weight": Decimal(each["weight"]),
            "full_at": Decimal(each["full_at"]) if "full_at" in each else None,
            "place": 10 * number,
            "disabled": False,
            "version": 1,
        }
        for number, each in enumerate(shipped("five_good")["items"], start=1)
        if indicators[each["indicator"]] not in known
    ]
    if rows:
        db.session.execute(insert(PerformanceItem), rows)
