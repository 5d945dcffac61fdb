"""What criteria read of the made-up firms beside figures and rights: facts of the firm as a whole, and the registers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from crm.firms.models import State
from crm.registers.models import Level, Register

Row = dict[str, Any]


def firm_facts(ids: list[int], random: Random, actor: int, on: date) -> Iterator[Row]:
    """About a dozen facts a firm, each known of nine firms in ten; an expert has judged one firm in five."""
    for firm_id in ids:
        about = {"firm_id": firm_id, "state": State.DECLARED, "as_of": on, "entered_by_id": actor}
        facts: dict[str, Any] = {
            "resident_cn": True,
            "banned_products": random.random() < 0.01,
            "abnormal_list": random.random() < 0.02,
            "dishonest_list": random.random() < 0.01,
            "niche_years": random.randint(0, 15),
            "market_share": random.randint(0, 40) / 100,
            "domestic_rank": random.randint(1, 20),
            "key_chain_link": random.random() < 0.4,
            "strategic_industry": random.random() < 0.4,
            "own_brand": random.random() < 0.7,
            "information_system": random.random() < 0.7,
            "management_certified": random.random() < 0.6,
            "digital_level": random.randint(1, 4),
            "incidents": [],
        }
        if random.random() < 0.2:
            facts |= {
                "expert.ip_advancement": random.randint(2, 8),
                "expert.transfer": random.randint(6, 30),
                "expert.mgmt_system": random.randint(2, 6),
            }
        for key, value in facts.items():
            if random.random() < 0.9:
                yield {**about, "key": key, "value": value}


def register_entries(ids: list[int], random: Random, on: date) -> Iterator[Row]:
    """One institution for every third firm, an equity round for every tenth, some awards, standards, honours, incidents."""
    levels = (Level.PROVINCIAL, Level.CITY, Level.BELOW)
    often = {
        Register.INSTITUTION: 0.33,
        Register.EQUITY: 0.1,
        Register.AWARD: 0.05,
        Register.STANDARD: 0.1,
        Register.HONOUR: 0.05,
        Register.INCIDENT: 0.02,
    }
    for firm_id in ids:
        for register, share in often.items():
            if random.random() >= share:
                continue
            entry: Row = {
                "firm_id": firm_id,
                "register": register,
                "name": f"条目{random.randint(1, 999)}",
                "on": on - timedelta(days=random.randint(10, 2000)),
                "state": State.DECLARED,
            }
            if register is Register.INSTITUTION:
                entry |= {"kind": "technology_centre", "level": random.choice(levels)}
            elif register is Register.EQUITY:
                entry |= {"kind": "a", "amount": random.randint(100, 9000) * 10000, "qualified": random.random() < 0.7}
            elif register is Register.AWARD:
                entry |= {"kind": "progress", "level": Level.PROVINCIAL, "rank": random.randint(1, 6)}
            elif register is Register.STANDARD:
                entry |= {"kind": "new", "level": random.choice(list(Level)[:3]), "rank": random.randint(1, 9)}
            elif register is Register.HONOUR:
                entry["kind"] = random.choice(
                    ("technology_innovation_demo", "ip_advantage", "chuangke_top500", "other")
                )
            else:
                entry |= {"kind": random.choice(("safety", "environment"))}
            yield entry
