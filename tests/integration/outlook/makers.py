"""The worked firm of docs/policy.md: under hte on TODAY it lacks 46.2 万元 of R&D and nothing else is known to fail."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.firms.figures.models import YearlyFigures
from crm.firms.ip.models import Acquired, IpKind, IpRight, IpStatus
from crm.firms.models import Firm, FirmFact

TODAY = date(2026, 6, 1)
ON = TODAY.isoformat()
WAN = 10_000
YEARS: dict[int, dict[str, str]] = {
    2023: {"revenue": "3000", "rd": "150", "net_assets": "1200"},
    2024: {"revenue": "3600", "rd": "160", "net_assets": "1400"},
    2025: {
        "revenue": "4400",
        "rd": "193.8",
        "rd_domestic": "190",
        "net_assets": "1700",
        "ht_revenue": "4000",
        "total_income": "4400",
    },
}
EXPERT = {"ip_advancement": 6, "ip_core_support": 6, "ip_acquisition": 5}
MANAGEMENT = {"mgmt_system": 5, "mgmt_institution": 5, "mgmt_incentive": 3, "mgmt_talent": 3}


def worked_firm(session: Session, firm: Firm, actor: User) -> Firm:
    """Give the firm the record of the worked example."""
    firm.registered_on, firm.tech_field = date(2019, 4, 12), 1
    for year, values in YEARS.items():
        figures = YearlyFigures(
            firm=firm, year=year, transfers=5 if year == 2025 else 4, **{k: Decimal(v) * WAN for k, v in values.items()}
        )
        if year == 2025:
            figures.employees, figures.st_staff = 85, 14
        session.add(figures)
    for number, (kind, on) in enumerate(((IpKind.INVENTION, 2021), (IpKind.UTILITY_MODEL, 2022)), start=1):
        session.add(
            IpRight(
                firm=firm,
                kind=kind,
                number=f"2019100{firm.id:04d}{number}",
                title="一种传感装置",
                granted_on=date(on, 5, 1),
                status=IpStatus.VALID,
                acquired=Acquired.SELF,
                core_product=True,
                spent_on_hte=False,
            )
        )
    facts: dict[str, Any] = {"incidents": [], "standards": []}
    facts |= {f"expert.{key}": value for key, value in (EXPERT | MANAGEMENT).items()}
    for key, value in facts.items():
        session.add(FirmFact(firm=firm, key=key, value=value, as_of=TODAY, entered_by=actor))
    session.commit()
    return firm
