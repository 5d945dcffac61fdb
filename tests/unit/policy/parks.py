"""Random firms for the tests of the two readings: figures at, just below and just above every threshold, with gaps."""

from datetime import date, timedelta
from random import Random
from typing import Any

from crm.policy.vocabulary import FIGURES, IP_KINDS, LISTS, PROFILE, RUNGS, Shape

RATIOS = (
    0.005,
    0.01,
    0.02,
    0.03,
    0.04,
    0.05,
    0.06,
    0.08,
    0.1,
    0.15,
    0.2,
    0.25,
    0.3,
    0.5,
    0.55,
    0.6,
    0.7,
    0.75,
    0.8,
    0.9,
    1,
)
REVENUES = (0, 100, 500, 1000, 1500, 3000, 5000, 8000, 10000, 20000, 30000, 40000, 60000, 100000, 150000)
NUDGES = ("0", "0.0001", "-0.0001", "0.01", "-0.01", "1", "-1")


class FirmMaker:
    """Makes facts documents; `gaps` is the share of facts left out."""

    def __init__(self, seed: int, on: date, gaps: float = 0.1) -> None:
        self.random, self.on, self.gaps = Random(seed), on, gaps  # noqa: S311 (test data)

    def firm(self) -> dict[str, Any]:
        """One facts document."""
        document: dict[str, Any] = {"years": {}, "expert": {}}
        for name, key in PROFILE.items():
            self.keep(document, name, self.value(name, key.shape))
        revenue = self.random.choice(REVENUES)
        for year in range(self.on.year - 4, self.on.year + 1):
            revenue = max(0, round(revenue * self.random.choice((0.8, 1, 1.02, 1.05, 1.1, 1.15, 1.2, 1.25, 1.35))))
            self.keep(document["years"], str(year), self.year(revenue))
        for name in LISTS:
            count = (
                self.random.choice((0, 0, 1, 2, 4, 7)) if name in ("ip", "equity") else self.random.choice((0, 0, 1, 2))
            )
            self.keep(document, name, [self.entry(name) for _ in range(count)])
        for key in ("ip_advancement", "ip_core_support", "transfer", "mgmt_system", "growth_sales", "local_points"):
            self.keep(document["expert"], key, self.random.choice((0, 1, 3, 5, 7.5, 8, 20, 30)))
        if self.random.random() < 0.5:
            document["choices"] = {"tech_sme_rd_route": self.random.choice(("sales", "cost"))}
        self.keep(document, "unconfirmed", [name for name in LISTS if self.random.random() < 0.1])
        return document

    def keep(self, target: dict[str, Any], name: str, value: Any) -> None:
        if self.random.random() >= self.gaps:
            target[name] = value

    def day(self) -> str:
        back = self.random.choice((0, 1, 364, 365, 366, 400, 730, 731, 1095, 1096, 1500, 2500, -1))
        first = self.random.choice((self.on, date(self.on.year, 1, 1)))
        return (first - timedelta(days=back)).isoformat()

    def value(self, name: str, shape: Shape) -> Any:
        random = self.random
        match shape:
            case Shape.FLAG:
                return random.random() < (
                    0.05 if name in ("banned_products", "abnormal_list", "dishonest_list") else 0.7
                )
            case Shape.DATE:
                return self.day()
            case Shape.TEXT:
                return random.choice(("6510", "I6512", "3912", "C3990"))
            case Shape.FIELD:
                return random.randint(1, 8)
            case Shape.RANK:
                return random.randint(1, 5)
            case Shape.RATIO | Shape.RATE:
                return random.choice(RATIOS)
            case _:
                return random.choice(
                    (0, 1, 2, 3, 4, 10, 100, 200, 500, 3000, 5000, 40000, 100000, 150000, 200000, 300000)
                )

    def year(self, revenue: int) -> dict[str, Any]:
        employees = self.random.choice((0, 5, 50, 100, 499, 500, 501))
        figures: dict[str, Any] = {"employees": employees, "revenue": revenue, "transfers": self.random.randint(0, 6)}
        for name, key in FIGURES.items():
            if name in figures:
                continue
            base = employees if key.shape is Shape.COUNT else revenue
            figures[name] = self.near(base * self.random.choice(RATIOS), key.shape)
        figures["quality_score"] = self.random.choice((49, 50, 55.5, 59, 60, 80))
        return {name: value for name, value in figures.items() if self.random.random() >= self.gaps / 3}

    def near(self, amount: float, shape: Shape) -> Any:
        if shape is Shape.COUNT:
            return max(0, round(amount) + self.random.choice((-1, 0, 0, 1)))
        if shape in (Shape.RATE, Shape.RATIO):
            return self.random.choice(RATIOS)
        moved = round(amount, 4) + float(self.random.choice(NUDGES))
        signed = -1 if shape is Shape.SIGNED and self.random.random() < 0.15 else 1
        return f"{max(0, moved) * signed:.4f}"

    def entry(self, name: str) -> dict[str, Any]:
        words = {"kind": IP_KINDS} if name == "ip" else {}
        entry: dict[str, Any] = {}
        for attribute, key in LISTS[name].items():
            if key.shape is Shape.DATE:
                value: Any = self.day()
            elif key.shape is Shape.FLAG:
                value = self.random.random() < 0.8
            elif key.shape is Shape.RANK:
                value = self.random.randint(1, 6)
            elif key.shape is Shape.AMOUNT:
                value = self.random.choice((500, 999.99, 1000, "2000.0001", 3000, 8000))
            elif attribute == "rung":
                value = self.random.choice(list(RUNGS)[:5])
            elif name == "honours" and attribute == "name":
                value = self.random.choice(("chuangke_top50", "chuangke_top500", "ip_demo", "other"))
            else:
                value = self.random.choice(words.get(attribute) or key.values or ("x",))
            if self.random.random() >= self.gaps / 3:
                entry[attribute] = value
        return entry
