"""What is unlikely in a year's figures. A finding warns and is kept with the row; it never refuses.

One list, used by the form, the import and the proposals alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l

from crm.firms.figures.keys import KEYS
from crm.firms.words import FIGURE_KEYS

Values = Mapping[str, Any]  # figure key → value in yuan, people, items; None or absent: unknown

# (the part, the whole it cannot exceed)
NOT_ABOVE = (
    ("rd", "revenue"),
    ("main_revenue", "revenue"),
    ("ht_revenue", "total_income"),
    ("rd_domestic", "rd"),
    ("st_staff", "employees"),
    ("college_staff", "st_staff"),
    ("rd_staff", "employees"),
    ("masters_staff", "employees"),
    ("doctors_staff", "employees"),
)
UNIT_ERROR = 1000  # yuan and 万元 mixed up differ by 10,000
BALANCE_TOLERANCE = Decimal("0.001")  # of the total assets
BALANCE_TOLERANCE_AT_LEAST = Decimal(10_000)  # yuan: what rounding to 万元 makes


@dataclass(frozen=True)
class Rule:
    """`broken(values, neighbours)` is asked once all of `keys` are known; `neighbours` are the years before and after."""

    name: str
    keys: tuple[str, ...]
    text: Any
    broken: Callable[[Values, tuple[Values, ...]], bool]


def _not_above(part: str, whole: str) -> Rule:
    text = _l("%(part)s高于%(whole)s，请核对是否填错或单位不一致。", part=FIGURE_KEYS[part], whole=FIGURE_KEYS[whole])
    return Rule(f"{part}_above_{whole}", (part, whole), text, lambda values, _neighbours: values[part] > values[whole])


def _unbalanced(values: Values, _neighbours: tuple[Values, ...]) -> bool:
    difference = abs(values["net_assets"] - (values["total_assets"] - values["liabilities"]))
    return difference > max(BALANCE_TOLERANCE_AT_LEAST, abs(values["total_assets"]) * BALANCE_TOLERANCE)


def _jump(key: str) -> Rule:
    def broken(values: Values, neighbours: tuple[Values, ...]) -> bool:
        here = abs(values[key])
        others = [abs(other[key]) for other in neighbours if other.get(key) is not None]
        return any(there and here and max(here, there) >= UNIT_ERROR * min(here, there) for there in others)

    text = _l("%(title)s与相邻年度相差一千倍以上，可能把元和万元弄混了，请核对。", title=FIGURE_KEYS[key])
    return Rule(f"{key}_jump", (key,), text, broken)


RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        *(_not_above(part, whole) for part, whole in NOT_ABOVE),
        Rule(
            "unbalanced",
            ("net_assets", "total_assets", "liabilities"),
            _l("净资产不等于资产总额减负债总额，请核对这三项。"),
            _unbalanced,
        ),
        *(_jump(key.name) for key in KEYS.values() if key.is_money),
    )
}


def warnings_of(values: Values, neighbours: Iterable[Values] = ()) -> list[str]:
    """The names of the rules that a year breaks, in the order of `RULES`. What is unknown breaks none."""
    around = tuple(neighbours)
    return [
        rule.name
        for rule in RULES.values()
        if all(values.get(key) is not None for key in rule.keys) and rule.broken(values, around)
    ]


def texts_of(names: Iterable[str]) -> list[str]:
    """The sentences of warnings, in the reader's language."""
    return [str(RULES[name].text) for name in names if name in RULES]


def texts_by_key(names: Iterable[str]) -> dict[str, list[Any]]:
    """Figure key → the sentences that mark its cell."""
    found: dict[str, list[Any]] = {}
    for name in names:
        if name in RULES:
            for key in RULES[name].keys:
                found.setdefault(key, []).append(RULES[name].text)
    return found
