"""Which register entries of two firms that are one say the same."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from crm.ladder.merging import SAYS, entries

CONTRACT: dict[str, Any] = {
    **dict.fromkeys(SAYS),
    "id": 1,
    "register": "contract",
    "name": "减速机 技术开发",
    "on": date(2026, 3, 1),
    "role": "provider",
    "party": "云岭学院",
    "amount": Decimal(100),
}


@pytest.mark.parametrize(
    ("other", "left"),
    [
        ({"name": "减速机技术开发"}, [2]),
        ({"role": None}, [2]),
        ({"role": "receiver"}, []),  # the other side of the same contract
        ({"party": "松江学院"}, []),
        ({"amount": Decimal(200)}, []),
        ({"on": None}, []),
    ],
)
def test_the_same_contract_entered_twice_counts_once(other: dict[str, Any], left: list[int]) -> None:
    assert list(entries([CONTRACT], [{**CONTRACT, "id": 2, **other}]).left) == left
