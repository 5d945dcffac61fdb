"""No table pays twice for one index."""

from __future__ import annotations

from collections import Counter

import pytest

import crm.commands  # noqa: F401  (every room's tables)
from crm.kernel.db import Base


@pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=str)
def test_no_index_stands_twice(table) -> None:
    columns = Counter((tuple(column.name for column in index.columns), index.unique) for index in table.indexes)
    assert [index for index, times in columns.items() if times > 1] == []
