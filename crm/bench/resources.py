"""What a big city has to offer its firms, and the words by which resources, rights and needs are found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from crm.accounts.models import Organisation
from crm.firms.ip.models import IpRight
from crm.firms.text_index import file_texts
from crm.kernel.db import db
from crm.registers.resources.models import Resource, ResourceRegister
from crm.registers.resources.service import search_columns
from crm.visits.models import Need

RESOURCES, TIES = 20_000, 100_000
AT_ONCE = 50_000
WORDS = [
    "减速机",
    "齿轮",
    "轴承",
    "锂电",
    "储能",
    "石墨",
    "导热",
    "光模块",
    "激光",
    "封装",
    "茶叶",
    "保鲜",
    "检测",
    "模具",
    "注塑",
    "自动化",
    "视觉",
    "焊接",
    "涂层",
    "铸造",
    "锻造",
    "数控",
    "机床",
    "芯片",
    "传感",
    "雷达",
    "通信",
    "医药",
    "疫苗",
    "试剂",
    "发酵",
    "污水",
    "节能",
    "光伏",
    "风电",
    "氢能",
    "电机",
    "变频",
    "软件",
    "物联网",
    "纺织",
    "陶瓷",
    "玻璃",
    "钢铁",
]
Row = dict[str, Any]


def resources(random: Random, today: date) -> Iterator[Row]:
    """Half of them experts, the others of all registers."""
    organisations = list(db.session.scalars(select(Organisation.id).order_by(Organisation.id)))
    for number in range(1, RESOURCES + 1):
        register = list(ResourceRegister)[number % 9] if number % 2 else ResourceRegister.EXPERT
        about = Resource(
            name=f"{random.choice(WORDS)}{random.choice(WORDS)}演示{number}",
            holder=f"性能{random.choice(WORDS)}学院",
            words=" ".join(random.sample(WORDS, 4)),
            number=f"N{number}",
        )
        yield {
            "id": number,
            "register": register,
            "organisation_id": random.choice(organisations),
            "kind": "other",
            **{name: getattr(about, name) for name in ("name", "holder", "words", "number")},
            **search_columns(about),
            "on": today - timedelta(days=random.randrange(2000)),
        }


def ties(firm_ids: list[int], random: Random, today: date) -> Iterator[Row]:
    for number in range(1, TIES + 1):
        since = today - timedelta(days=random.randrange(400, 1200))
        yield {
            "id": number,
            "resource_id": random.randint(1, RESOURCES),
            "firm_id": random.choice(firm_ids),
            "since": since,
            "until": since + timedelta(days=random.randrange(10, 390)) if number % 3 == 0 else None,
        }


def file_all() -> None:
    """The index by which texts are found, a part at a time."""
    for model, column in ((Resource, Resource.search_text), (IpRight, IpRight.title), (Need, Need.text)):
        key: Any = model.id
        last = 0
        while rows := db.session.execute(select(key, column).where(key > last).order_by(key).limit(AT_ONCE)).all():
            file_texts(db.session.connection(), model.__tablename__, ((row[0], row[1]) for row in rows))
            last = rows[-1][0]
