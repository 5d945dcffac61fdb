"""Firms near the line: the firm of the policy sentences, which qualifies everywhere, with a few facts moved, taken away or drawn."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from crm.accounts.models import Organisation, User
from crm.firms.models import Firm, Industry
from crm.policy.language.source import read_yaml
from tests.factories import make_firm
from tests.integration.park.makers import INDUSTRIES, store
from tests.unit.policy.parks import FirmMaker

GOOD = read_yaml(Path(__file__).parents[2] / "policies" / "firm.yaml")
# Around the numbers of hte.2016, srdi and little_giant, before and after 2026-04-01.
AROUND: dict[str, tuple[Any, ...]] = {
    "niche_years": (1, 1.9, 2, 2.9, 3, 4),
    "digital_level": (1, 2),
    "years.2025.st_staff": (19, 20, 21, 29, 30, 31),
    "years.2025.revenue": (999.99, 1000, 1499.99, 1500, 4999.99, 5000),
    "years.2025.liabilities": (4400, 5600, 5600.01, 6400, 6400.01),
    "years.2025.rd": (99.99, 100, 191.99, 192, 350),
    "years.2024.rd": (99.99, 100, 150),
    "years.2025.main_revenue": (4479, 4480, 5119.99, 5120, 5759.99, 5760),
    "years.2025.quality_score": (49, 50, 59, 60, 65),
    "market_share": (0.0999, 0.1, 0.2),
    "ip": ([],),
    "credentials": ([],),
}


def near_the_line(
    session: Session, organisation: Organisation, actor: User, on: date, count: int, *, seed: int
) -> list[Firm]:
    """Firms of which some meet a rule, some miss it by little, and of some nobody knows."""
    for code in INDUSTRIES:
        session.merge(Industry(code=code, name=code, level="小类"))
    random, maker = Random(seed), FirmMaker(seed, on)  # noqa: S311 (test data)
    firms = []
    for _ in range(count):
        firm = make_firm(session, organisation)
        document = plain(deepcopy(GOOD))
        for _turn in range(random.choice((0, 1, 1, 2))):
            _move(document, random, maker.firm())
        store(session, firm, actor, document, on, random)
        firms.append(firm)
    session.flush()
    session.expire_all()
    return firms


def _move(document: dict[str, Any], random: Random, drawn: dict[str, Any]) -> None:
    path = random.choice(list(AROUND))
    *above, key = path.split(".")
    place = document
    for step in above:
        place = place[step]
    kind = random.random()
    if kind < 0.6:
        place[key] = random.choice(AROUND[path])
    elif kind < 0.8:
        place.pop(key, None)
    else:
        name = random.choice([name for name in drawn if name not in ("years", "expert", "choices")])
        document[name] = drawn[name]


def plain(value: Any) -> Any:
    """The file's exact numbers and dates as a facts document has them."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else float(value)
    return value.isoformat() if isinstance(value, date) else value
