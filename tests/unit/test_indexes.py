"""No table pays twice for one index."""

from __future__ import annotations

from collections import Counter

import pytest

import crm.commands  # noqa: F401  (every room's tables)
from crm.kernel.db import Base


@pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=str)
def test_no_index_stands_twice(table) -> None:
    same = Counter(
        (*(column.name for column in index.columns), index.unique, str(index.dialect_options["sqlite"]["where"]))
        for index in table.indexes
    )
    assert [index for index, times in same.items() if times > 1] == []
