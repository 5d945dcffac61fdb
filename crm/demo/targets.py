"""The made-up city's plan: indicators of its own size, handed down to counties and parks, some entered, some unknown."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from sqlalchemy import select

from crm.accounts.models import Organisation, User
from crm.insight.performance.service import enter_values
from crm.insight.targets import service
from crm.insight.targets.models import Indicator, TargetPlan, ValueKind
from crm.insight.targets.plans import Scope, parts_of
from crm.insight.targets.service import Wanted
from crm.insight.targets.split import equally
from crm.insight.targets.units import kept
from crm.kernel import clock
from crm.kernel.db import db

SOURCE = "云岭市统计公报（演示数据）"
# Indicator: base of the year before, target of the last year, who is in charge. None: nobody knows, or nobody set one.
AIMS: dict[str, tuple[str | None, str | None, str]] = {
    "hte_count": ("16", "30", "市科技局"),
    "tech_sme_count": ("16", "36", "市科技局"),
    "srdi_count": ("7", "14", "市工信局"),
    "little_giant_count": ("3", "6", "市工信局"),
    "listed_count": (None, "2", "市金融办"),
    "rd_expense": ("1.41", None, "市统计局"),
    "rd_growth": (None, "12", "市科技局"),
    "rd_to_gdp": ("1.9", "2.5", "市科技局"),
    "above_scale_rd_ratio": (None, "6.5", "市统计局"),
    "invention_patents": ("76", "150", "市市场监管局"),
    "invention_per_10k": ("1.7", "3", "市市场监管局"),
    "contract_amount": ("0.2", "1", "市科技局"),
    "platforms": ("9", "15", "市科技局"),
    "high_tech_to_gdp": ("22", "26", "市统计局"),
    "zero_patent_firms": ("11", "2", "市市场监管局"),
}
EVERY_YEAR = {"talent_exchanges": "2", "school_cooperation": "2"}
KNOWN = {"gdp": "92.4", "population": "46.2", "high_tech_value_added": "21.3"}


def write_targets(administrator: User) -> None:
    """A plan of five years that began last year; last year's figures entered, this year's high-tech enterprises handed down."""
    this = clock.today().year
    plan = service.make_plan(
        actor=administrator,
        title="云岭市科技创新发展目标",
        document_number=f"云政发〔{this - 1}〕3号",
        from_year=this - 1,
        to_year=this + 3,
    )
    indicators = {each.key: each for each in db.session.scalars(select(Indicator))}
    for key, (base, aim, unit) in AIMS.items():
        wanted = [
            *([Wanted(ValueKind.BASE, plan.from_year - 1, Decimal(base))] if base else []),
            *([Wanted(ValueKind.TARGET, plan.to_year, Decimal(aim))] if aim else []),
        ]
        _set(administrator, plan, indicators[key], wanted, unit if aim else None)
    for key, number in EVERY_YEAR.items():
        each = [Wanted(ValueKind.TARGET, year, Decimal(number)) for year in range(plan.from_year, plan.to_year + 1)]
        _set(administrator, plan, indicators[key], each, "市人社局")
    _set(administrator, plan, indicators["hte_count"], [Wanted(ValueKind.TARGET, this, Decimal(20))], "市科技局")
    assert plan.organisation is not None
    known = {indicators[key].id: (Decimal(value), SOURCE) for key, value in KNOWN.items()}
    service.enter_actuals(
        actor=administrator,
        plan=plan,
        scope=Scope(plan.organisation),
        year=this - 1,
        values=known,
        indicators={each.id: each for each in indicators.values()},
        on=clock.today().replace(month=1, day=1),
    )
    _hand_down(administrator, plan, indicators["hte_count"], Scope(plan.organisation), this, Fraction(20))
    _write_parks(indicators, this)


def _set(actor: User, plan: TargetPlan, indicator: Indicator, wanted: list[Wanted], unit: str | None) -> None:
    service.set_numbers(actor=actor, plan=plan, indicator=indicator, wanted=wanted, unit_in_charge=unit, seen=None)


def _hand_down(actor: User, plan: TargetPlan, indicator: Indicator, scope: Scope, year: int, whole: Fraction) -> None:
    """In equal parts, and each county's part on to its parks."""
    parts = {part.key: part for part in parts_of(scope) if part.officer is None}
    if not parts:
        return
    shares = dict(zip(parts, equally(whole, len(parts), 0), strict=True))
    service.hand_down(
        actor=actor,
        plan=plan,
        indicator=indicator,
        scope=scope,
        year=year,
        shares={key: kept(share) for key, share in shares.items()},
        parts=parts,
        seen=None,
    )
    for key, part in parts.items():
        _hand_down(actor, plan, indicator, part, year, shares[key])


def _write_parks(indicators: dict[str, Indicator], year: int) -> None:
    """What two of the parks reported for their evaluation; of the third nobody knows it."""
    told = {"云岭高新技术产业园": ("21.5", "96"), "松江经济开发区": ("14.2", "82")}
    for name, (tax, settled) in told.items():
        park = db.session.scalars(select(Organisation).where(Organisation.name == name)).one()
        chosen = {indicators["tax_per_mu"].id: Decimal(tax), indicators["settled_in_park"].id: Decimal(settled)}
        enter_values(
            park=park,
            year=year,
            values=chosen,
            indicators={each.id: each for each in indicators.values()},
            source="园区年报（演示数据）",
        )
