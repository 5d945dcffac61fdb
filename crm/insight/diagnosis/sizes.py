"""How large a firm is by the statistics' lines (大中小微), from `seeds/reference/sizes.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any

import yaml
from flask_babel import lazy_gettext as _l

from crm.firms.reference import FOLDER

WAN = 10_000 * 100  # fen


class Size(StrEnum):
    LARGE = "large"
    MEDIUM = "medium"
    SMALL = "small"
    MICRO = "micro"


SIZES: dict[Any, Any] = {
    Size.LARGE: _l("大型"),
    Size.MEDIUM: _l("中型"),
    Size.SMALL: _l("小型"),
    Size.MICRO: _l("微型"),
}


def size_of(industry: str | None, employees: int | None, revenue: int | None, assets: int | None) -> Size | None:
    """The size by people and by revenue and assets in fen; None where a number that decides is not known, or no line is set.

    A firm is of a size when it reaches every line of it. One known number below its line is enough to fall short.
    """
    lines = _lines_of(industry) if industry else None
    if lines is None:
        return None
    known: Mapping[str, int | None] = {
        "employees": employees,
        "revenue": revenue,
        "assets": assets,
    }
    for size in (Size.LARGE, Size.MEDIUM, Size.SMALL):
        reached: bool | None = True
        for name, line in lines[size.value].items():
            value = known[name]
            if value is None:
                reached = None if reached else reached
            elif value < (line if name == "employees" else line * WAN):
                reached = False
                break
        if reached is None:
            return None
        if reached:
            return size
    return Size.MICRO


@cache
def _lines_of(industry: str) -> dict[str, dict[str, int]] | None:
    return next((each for each in _trades() if industry.startswith(tuple(each["begins"]))), None)


@cache
def _trades() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((FOLDER / "sizes.yaml").read_text(encoding="utf-8"))["trades"]
    return found
