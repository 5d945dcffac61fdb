"""Whose numbers a shipped plan has: another city's are not one's own until somebody looked at each of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from crm.accounts.models import Organisation
from crm.insight.targets.loading import PLANS, shipped
from crm.insight.targets.models import IndicatorValue, TargetPlan
from crm.kernel import clock
from crm.kernel.db import db


def warnings(plan: TargetPlan, place: Organisation | None) -> Sequence[str]:
    """What a place has to know before it works with a shipped plan: that it is another place's, that its years are over."""
    origin = _origin(plan)
    if origin is None:
        return []
    found = []
    if not _is_within(place, origin["division"]):
        found.append(
            _(
                "这是%(place)s的规划，基数和目标都是%(place)s的数，不是本地的。采用后请逐项换成本地的基数和目标。",
                place=origin["place"],
            )
        )
    if plan.to_year < clock.today().year:
        found.append(_("规划期 %(from)s–%(to)s 年已过。", **{"from": plan.from_year, "to": plan.to_year}))
    return found


def foreign_values(plan: TargetPlan) -> tuple[str, int] | None:
    """Of a plan taken over from another place: whose it is, and how many of its numbers are still that document's."""
    origin = _origin(plan)
    if origin is None or plan.organisation is None or _is_within(plan.organisation, origin["division"]):
        return None
    statement = (
        select(func.count())
        .select_from(IndicatorValue)
        .where(IndicatorValue.plan_id == plan.id, IndicatorValue.article.is_not(None))
    )
    left = db.session.scalar(statement) or 0
    return (origin["place"], left) if left else None


def _origin(plan: TargetPlan) -> dict[str, Any] | None:
    found: dict[str, Any] | None = shipped(plan.key) if plan.key in PLANS else None
    return found


def _is_within(place: Organisation | None, division: str) -> bool:
    """A place whose division nobody entered is taken for another one: one look too many is better than one too few."""
    code = place.division_code if place is not None else None
    return code is not None and code.startswith(re.sub("(00)+$", "", division))
