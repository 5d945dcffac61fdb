"""Invented numbers with right check characters, and the course of a firm's figures."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from crm.demo.city import FirmPlan, Kind, load
from crm.firms.ip.models import IpKind
from crm.kernel.identifiers.credit_code import ALPHABET, check_character
from crm.kernel.identifiers.patent import check_digit

FIGURE_YEARS = 4
AREA = "990100"  # the made-up city; no real division has this code
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
        titles = _titles(plan.product, right, count + pending, random)
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
                    "title": titles[number],
                    "filed_on": filed_on,
                    "granted_on": None if waits else granted_on,
                }
            )
    return sorted(found, key=lambda values: values["filed_on"])


def _titles(product: str, kind: IpKind, count: int, random: Random) -> list[str]:
    """So many different titles."""
    words = load().right_words
    if kind is IpKind.SOFTWARE:
        found = [f"{product}{program}软件 V1.0" for program in words["programs"]]
    elif kind is IpKind.IC_LAYOUT:
        found = [f"{product} {series}{number}0 布图设计" for series in "ABC" for number in range(1, 9)]
    elif kind is IpKind.DESIGN:
        found = [f"{product}{design}" for design in words["designs"]]
    else:
        parts = [part for part in words["parts"] if part.endswith("方法") is (kind is IpKind.INVENTION)]
        found = [f"一种{product}的{mark}{part}" for part in parts for mark in words["marks"]]
    return random.sample(found, count)


def figures_of(plan: FirmPlan, kind: Kind, born: date, last_year: int, random: Random) -> dict[int, dict[str, Any]]:
    """Year → figures, money in yuan; no year before the firm was founded."""
    if not kind.figures:
        return {}
    course = {"years": FIGURE_YEARS, "main": 0.92, "debt": 0.42, "profit": 0.07, "rd_drift": 0.0, **kind.figures}
    revenue = course["revenue"] * random.uniform(0.92, 1.06)
    found: dict[int, dict[str, Any]] = {}
    for back in range(int(course["years"])):
        year = last_year - back
        if year < born.year:
            break
        found[year] = _year(course, revenue, back, random)
        if back and random.random() < 0.3:
            found[year].pop(random.choice(MAY_BE_MISSING))
        revenue /= 1 + course["growth"] + random.uniform(-0.04, 0.04)
    for key in plan.unknown:
        found[last_year].pop(key, None)
    for key, times in plan.slips.items():
        found[last_year][key] = type(found[last_year][key])(found[last_year][key] * type(found[last_year][key])(times))
    return dict(sorted(found.items()))


def _year(course: dict[str, float], revenue: float, back: int, random: Random) -> dict[str, Any]:
    def about(value: float, by: float = 0.03) -> float:
        return value * (1 + random.uniform(-by, by))

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
        "transfers": round(course["transfers"]) + random.choice((0, 0, 1)),
        "employees": staff,
        "st_staff": science,
        "rd_staff": max(1, round(science * 0.8)),
        "masters_staff": round(science * 0.3),
        "doctors_staff": round(science * 0.04),
        "total_assets": yuan(assets),
        "liabilities": yuan(debts),
        "net_assets": yuan(assets) - yuan(debts),
    }
    if "quality" in course and back < 4:
        values["quality_score"] = Decimal(str(round(about(course["quality"] - 2 * back, 0.02), 1)))
    return values


def yuan(wan: float) -> Decimal:
    """Yuan of an amount in 万元, as statements print it: to a hundred yuan."""
    return Decimal(round(wan * 100)) * 100
