"""The made-up firms: who they are, their contacts, three years of figures with sources, five rights each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from crm.bench.days import EPOCH, MORNING
from crm.firms.duplicates.cores import name_core
from crm.firms.figures.models import YearlyFigures
from crm.firms.ip.models import Acquired, IpKind, IpStatus
from crm.firms.models import FirmStatus, State
from crm.firms.search import search_columns
from crm.kernel.db import db
from crm.kernel.identifiers.credit_code import check_character

PLACES = "云岭 松江 石湾 白鹿 青溪 龙泉 凤台 梅岭 兰亭 竹园 桃源 荷塘 柳河 枫林 金沙 银湖 铜陵 铁山 锡城 玉屏".split()  # noqa: SIM905
WORDS = "恒远信达瑞丰华盛鼎新德诚科创智慧博雅宏图永昌中和天泽海纳晨星"
TRADES = (
    "精密机械 电子科技 新材料 生物医药 环保设备 智能装备 信息技术 食品 纺织 化工 "  # noqa: SIM905
    "汽车零部件 光电 船舶配件 竹木制品 半导体 新能源 仪器仪表 模具 软件 包装".split()
)
YEARS = (2023, 2024, 2025)
Row = dict[str, Any]


def firm_name(number: int) -> str:
    """The name of firm `number` (from 0), unlike any other's for the first 26 million."""
    place, rest = PLACES[number % len(PLACES)], number // len(PLACES)
    first, rest = WORDS[rest % len(WORDS)], rest // len(WORDS)
    second, rest = WORDS[rest % len(WORDS)], rest // len(WORDS)
    trade, rest = TRADES[(rest + number) % len(TRADES)], rest // len(TRADES)
    third = WORDS[rest] if rest else ""
    return f"{place}{first}{second}{third}{trade}有限公司"


def firm_code(number: int) -> str:
    body = f"91430900MAB{number:06d}"
    return body + check_character(body)


def firms(ids: list[int], random: Random, officers: list[tuple[int, int]], industries: list[str]) -> Iterator[Row]:
    for number, firm_id in enumerate(ids):
        name = firm_name(number)
        officer_id, park_id = random.choice(officers)
        yield {
            "id": firm_id,
            "credit_code": firm_code(number),
            "name": name,
            "name_core": name_core(name),
            **search_columns(name),
            "organisation_id": park_id,
            "officer_id": officer_id,
            "industry_code": random.choice(industries),
            "tech_field": random.randint(1, 8),
            "status": FirmStatus.ACTIVE,
            "registered_on": EPOCH - timedelta(days=random.randint(200, 8000)),
            "registered_capital": random.randint(1, 5000) * 10000,
            "capital_currency": "CNY",
            "telephone": f"0730-8{number:06d}",
            "created_at": MORNING,
        }


def contacts(ids: list[int]) -> Iterator[Row]:
    for number, firm_id in enumerate(ids):
        yield {"firm_id": firm_id, "name": f"联系人{number}", "telephone": f"0730-8{number:06d}", "main": True}


def figures(ids: list[int], random: Random) -> Iterator[Row]:
    for firm_id in ids:
        revenue = random.randint(100, 60000) * 10000
        staff = random.randint(3, 600)
        for year in YEARS:
            revenue = revenue * random.randint(90, 125) // 100
            rd = revenue * random.randint(0, 90) // 1000
            yield {
                "firm_id": firm_id,
                "year": year,
                "revenue": revenue,
                "main_revenue": revenue * 9 // 10,
                "ht_revenue": revenue * random.randint(30, 95) // 100,
                "total_income": revenue,
                "cost_expense": revenue * 8 // 10,
                "rd": rd,
                "rd_domestic": rd,
                "employees": staff,
                "st_staff": staff * random.randint(3, 40) // 100,
                "rd_staff": staff * random.randint(2, 30) // 100,
                "total_assets": revenue * 2,
                "net_assets": revenue,
                "liabilities": revenue,
                "net_profit": revenue // 20,
                "transfers": random.randint(0, 6),
                "college_staff": staff * random.randint(20, 60) // 100,
                "operating_cash_flow": revenue * random.randint(-5, 15) // 100,
            }


def sources(actor: int) -> Iterator[Row]:
    """Where the values that pages show come from."""
    for figures_id in db.session.scalars(select(YearlyFigures.id).order_by(YearlyFigures.id)).all():
        for key in ("revenue", "rd", "employees", "rd_staff"):
            yield {
                "figures_id": figures_id,
                "key": key,
                "state": State.VERIFIED if key == "revenue" else State.DECLARED,
                "entered_by_id": actor,
                "entered_at": MORNING,
            }


def rights(ids: list[int], random: Random) -> Iterator[Row]:
    kinds = (IpKind.INVENTION, IpKind.UTILITY_MODEL, IpKind.UTILITY_MODEL, IpKind.DESIGN, IpKind.SOFTWARE)
    for number, firm_id in enumerate(ids):
        for place, kind in enumerate(kinds):
            filed = EPOCH - timedelta(days=random.randint(400, 3600))
            yield {
                "firm_id": firm_id,
                "kind": kind,
                "number": f"B{number:07d}{place}",
                "title": f"一种{random.choice(TRADES)}装置",
                "filed_on": filed,
                "granted_on": filed + timedelta(days=300),
                "status": IpStatus.VALID,
                "acquired": Acquired.TRANSFER if number % 7 == place else Acquired.SELF,
                "owner_rank": 1,
                "core_product": place < 3,
                "in_use": True,
                "state": State.DECLARED,
            }
