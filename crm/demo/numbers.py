"""Invented numbers with right check characters, and the course of a firm's figures."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from crm.demo.city import FirmPlan, Kind
from crm.firms.ip.models import IpKind
from crm.kernel.identifiers.credit_code import ALPHABET, check_character
from crm.kernel.identifiers.patent import check_digit

FIGURE_YEARS = 4
AREA = "990100"  # no division has this code
PATENT_DIGITS = {IpKind.INVENTION: "1", IpKind.UTILITY_MODEL: "2", IpKind.DESIGN: "3"}
MAY_BE_MISSING = ("masters_staff", "doctors_staff", "operating_cash_flow", "net_profit")
# Days from filing to grant.
GRANTED_AFTER = {
    IpKind.INVENTION: (640, 980),
    IpKind.UTILITY_MODEL: (200, 320),
    IpKind.DESIGN: (160, 250),
    IpKind.SOFTWARE: (35, 70),
    IpKind.IC_LAYOUT: (90, 150),
}
PARTS = (
    "定位机构",
    "散热结构",
    "密封结构",
    "检测方法",
    "控制方法",
    "装配工装",
    "供料装置",
    "防护装置",
    "制备方法",
    "测试平台",
)


def credit_code(random: Random) -> str:
    """A credit code of an area that does not exist."""
    body = f"91{AREA}MA" + "".join(random.choice(ALPHABET) for _ in range(7))
    return body + check_character(body)


def right_number(kind: IpKind, filed_on: date, random: Random) -> str:
    """The number of a right filed on that day."""
    if kind in PATENT_DIGITS:
        digits = f"{filed_on.year}{PATENT_DIGITS[kind]}{random.randrange(10**7):07}"
        return f"{digits}.{check_digit(digits)}"
    if kind is IpKind.SOFTWARE:
        return f"{filed_on.year}SR{random.randrange(10**7):07}"
    return f"BS.{filed_on.year % 100:02}{random.randrange(10**7):07}"


def rights_of(plan: FirmPlan, kind: Kind, born: date, today: date, random: Random) -> list[dict[str, Any]]:
    """Columns of the firm's rights, the oldest first. What would be granted in the future is pending."""
    found = []
    first = max(born + timedelta(days=40), today - timedelta(days=11 * 365))
    for name, count in kind.rights.items():
        right = IpKind(name)
        shortest, longest = GRANTED_AFTER[right]
        span = (today - first).days - shortest - 20
        pending = 1 if right is IpKind.INVENTION and count > 1 else 0
        for number in range(count + pending):
            wait = random.randint(shortest, longest)
            filed_on = first + timedelta(days=random.randint(0, max(1, span)))
            if number >= count:
                filed_on = today - timedelta(days=random.randint(60, 420))
            granted_on = filed_on + timedelta(days=wait)
            waits = granted_on >= today - timedelta(days=30)
            if waits and right not in PATENT_DIGITS:
                continue  # not registered yet: it has no number
            found.append(
                {
                    "kind": right,
                    "number": right_number(right, filed_on, random),
                    "title": _title(plan.product, right, random),
                    "filed_on": filed_on,
                    "granted_on": None if waits else granted_on,
                }
            )
    return sorted(found, key=lambda values: values["filed_on"])


def _title(product: str, kind: IpKind, random: Random) -> str:
    part = random.choice(PARTS)
    if kind is IpKind.SOFTWARE:
        return (
            f"{product}{random.choice(('运行监测', '数据管理', '参数整定', '远程运维'))}软件 V{random.randint(1, 4)}.0"
        )
    if kind is IpKind.DESIGN:
        return product
    if kind is IpKind.IC_LAYOUT:
        return f"{product} {random.choice('ABCDE')}{random.randint(10, 99)} 布图设计"
    return f"一种{product}的{part}" if not part.endswith("方法") else f"一种{product}{part}"


def figures_of(plan: FirmPlan, kind: Kind, born: date, last_year: int, random: Random) -> dict[int, dict[str, Any]]:
    """Year → figures, money in yuan; no year before the firm was founded."""
    if not kind.figures:
        return {}
    course = {"years": FIGURE_YEARS, "main": 0.92, "debt": 0.42, "profit": 0.07, "rd_drift": 0.0, **kind.figures}
    size = 1.0 if plan.exact else random.uniform(0.88, 1.12)
    revenue = course["revenue"] * size
    found: dict[int, dict[str, Any]] = {}
    for back in range(int(course["years"])):
        year = last_year - back
        if year < born.year:
            break
        found[year] = _year(course, revenue, back, 0 if plan.exact else 1, random)
        if back and not plan.exact and random.random() < 0.3:
            found[year].pop(random.choice(MAY_BE_MISSING))
        revenue /= 1 + course["growth"] + (0 if plan.exact else random.uniform(-0.02, 0.02))
    for key in plan.unknown:
        found[last_year].pop(key, None)
    for key, times in plan.slips.items():
        found[last_year][key] = type(found[last_year][key])(found[last_year][key] * type(found[last_year][key])(times))
    return dict(sorted(found.items()))


def _year(course: dict[str, float], revenue: float, back: int, spread: int, random: Random) -> dict[str, Any]:
    def about(value: float, by: float = 0.03) -> float:
        return value * (1 + spread * random.uniform(-by, by))

    rd = revenue * about(course["rd"] - course["rd_drift"] * back)
    income = revenue * 1.008
    assets = revenue * about(1.18)
    debts = assets * about(course["debt"])
    profit = revenue * about(course["profit"], 0.2)
    staff = max(3, round(course["staff"] * (1 - 0.06 * back)))
    science = max(1, round(staff * course["st"] + 0.4))
    values: dict[str, Any] = {
        "revenue": yuan(revenue),
        "main_revenue": yuan(revenue * about(course["main"], 0.01)),
        "ht_revenue": yuan(income * course["ht"]),
        "total_income": yuan(income),
        "cost_expense": yuan(revenue - profit * 1.15),
        "net_profit": yuan(profit),
        "operating_cash_flow": yuan(profit * about(0.9, 0.4)),
        "rd": yuan(rd),
        "rd_domestic": yuan(rd * 0.96),
        "transfers": max(0, round(course["transfers"] + spread * random.choice((0, 0, 1)))),
        "employees": staff,
        "st_staff": science,
        "rd_staff": max(1, round(science * 0.8)),
        "masters_staff": round(science * 0.3),
        "doctors_staff": round(science * 0.04),
        "total_assets": yuan(assets),
        "liabilities": yuan(debts),
        "net_assets": yuan(assets) - yuan(debts),
    }
    if "quality" in course and back < 2:
        values["quality_score"] = Decimal(str(round(about(course["quality"] - 2 * back, 0.02), 1)))
    return values


def yuan(wan: float) -> Decimal:
    """Yuan of an amount in 万元, as statements print it: to a hundred yuan."""
    return Decimal(round(wan * 100)) * 100
