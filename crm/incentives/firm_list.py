"""What the pages of policies offer the list of firms: each number there opens exactly the firms it counts."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, func, select

from crm.firms.models import Firm
from crm.firms.queries import Filter
from crm.incentives.kept import WITHIN
from crm.incentives.models import PAID_OUT, Claim, EntitlementRow, IncentiveCount, PolicyEffect
from crm.incentives.queries import GRANTED, MADE
from crm.incentives.rules import incentives
from crm.incentives.words import COUNTED, incentive_title
from crm.kernel.db import db
from crm.policy.answers.verdict import MET, UNKNOWN

ANY = "any"
MANY = 2_000
GROUPS = ("paid", "unpaid")
SEEN = ("watched", "risen")
OF_CLAIMS = {"claimed": MADE, "approved": GRANTED, "paid": PAID_OUT}


def filters() -> dict[str, Filter]:
    """`incentive`: policy, year (or any) and what is counted, with dots between."""
    return {"incentive": Filter(_l("政策兑现"), _condition, _shown)}


def value_of(incentive: str, year: int, what: str) -> str:
    """The filter's value for a number of a page; year 0 is any."""
    return f"{incentive}.{year or ANY}.{what}"


def _asked(value: str) -> tuple[str, int, str] | None:
    """Incentive, year (0: any) and what; None for what means nothing."""
    incentive, _dot, rest = value.partition(".")
    year, _dot, what = rest.partition(".")
    if incentive not in incentives() or not (what in COUNTED or _effect(what)):
        return None
    if year == ANY:
        return incentive, 0, what
    return (incentive, int(year), what) if year.isascii() and year.isdigit() and len(year) == 4 else None


def _effect(what: str) -> tuple[bool, str, int] | None:
    """`paid.risen.2`: of those paid, who rose within two years."""
    parts = what.split(".")
    if len(parts) != 3 or parts[0] not in GROUPS or parts[1] not in SEEN:
        return None
    return (parts[0] == "paid", parts[1], int(parts[2])) if parts[2] in map(str, WITHIN) else None


def _condition(value: str) -> ColumnElement[bool] | None:
    asked = _asked(value)
    if asked is None:
        return None
    incentive, year, what = asked
    if what in OF_CLAIMS:
        return Firm.id.in_(_claims(incentive, year, what))
    if effect := _effect(what):
        return Firm.id.in_(_moved(incentive, *effect))
    condition = _entitled(incentive, year, UNKNOWN if what == "unknown" else MET)
    if what != "unclaimed":
        return condition
    return condition & ~_claims(incentive, year, "claimed").where(Claim.firm_id == Firm.id).exists()


def _entitled(incentive: str, year: int, verdict: str) -> ColumnElement[bool]:
    """Of many firms each is asked in the order of the list until its page is full; few are looked up first."""
    rows = select(EntitlementRow.firm_id).where(
        EntitlementRow.incentive == incentive, EntitlementRow.verdict == verdict
    )
    if year:
        rows = rows.where(EntitlementRow.year == year)
    counted = "entitled" if verdict == MET else "unknown"
    number = db.session.scalar(
        select(func.sum(IncentiveCount.number)).where(
            IncentiveCount.incentive == incentive, IncentiveCount.year == year, IncentiveCount.what == counted
        )
    )
    if (number or 0) > MANY:
        return rows.where(EntitlementRow.firm_id == Firm.id).exists()
    return Firm.id.in_(rows)


def _claims(incentive: str, year: int, what: str) -> Select[Any]:
    rows = select(Claim.firm_id).where(Claim.incentive == incentive, Claim.state.in_(OF_CLAIMS[what]))
    return rows.where(Claim.year == year) if year else rows


def _moved(incentive: str, paid: bool, seen: str, years: int) -> Select[Any]:
    gained = getattr(PolicyEffect, f"gained_{years}")
    rows = select(PolicyEffect.firm_id).where(PolicyEffect.incentive == incentive, PolicyEffect.paid.is_(paid))
    return rows.where(gained > 0) if seen == "risen" else rows.where(gained.is_not(None))


def _shown(value: str) -> Any:
    incentive, year, what = _asked(value) or ("", 0, "entitled")
    of_year = _("%(year)s 年度", year=year) if year else _("历年")
    effect = _effect(what)
    if effect is None:
        says = COUNTED[what]
    else:
        paid, seen, years = effect
        group = _("已兑付") if paid else _("可享受但没有兑付")
        says = (
            _("%(group)s，%(n)s 年内升级", group=group, n=years)
            if seen == "risen"
            else _("%(group)s，已满 %(n)s 年", group=group, n=years)
        )
    return _("%(policy)s，%(year)s，%(what)s", policy=incentive_title(incentive), year=of_year, what=says)
