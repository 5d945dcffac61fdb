"""The four real files are read as they are."""

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from crm.exchange.mapping import check_needed, propose
from crm.exchange.models import ImportKind
from crm.exchange.reading import Sheet, read_sheet
from crm.exchange.rows import ConvertedRow, convert_rows

pytestmark = pytest.mark.shared_data


def converted(path: Path, kind: ImportKind) -> tuple[Sheet, dict[str | None, str], list[ConvertedRow]]:
    sheet = read_sheet(path.read_bytes(), kind)
    matches = propose(sheet, kind)
    check_needed(matches, kind)
    return sheet, {match.key: match.header for match in matches}, list(convert_rows(sheet, kind, matches))


def test_enterprises(shared_data: Path) -> None:
    _, headers, rows = converted(shared_data / "fixtures" / "enterprises_sd_a.csv", ImportKind.FIRMS)
    assert len(rows) == 1322
    assert [row.number for row in rows if row.problems] == []
    assert len({row.values["credit_code"] for row in rows}) == 1322
    assert headers.keys() >= {"former_names", "registration_number", "industry", "address", "business_scope"}
    assert Counter(row.values["capital_currency"] for row in rows) == {"CNY": 1268, None: 39, "USD": 14, "EUR": 1}
    assert min(row.values["registered_on"] for row in rows) == date(1984, 7, 2)
    assert sum(bool(row.warnings) for row in rows) == 1246
    assert not [name for row in rows for name in row.values["former_names"] or () if "查看更多" in name]


def test_szse_list(shared_data: Path) -> None:
    sheet, headers, rows = converted(shared_data / "fixtures" / "szse_a_list_20251230.xlsx", ImportKind.FIRMS)
    assert (sheet.name, sheet.header_row_number, len(rows)) == ("A股列表", 1, 2880)
    assert [row.number for row in rows if row.problems] == []
    assert headers["name"] == "公司全称"
    assert headers["stock_code"] == "A股代码"
    assert headers["province"] == "省 份"
    assert "credit_code" not in headers
    assert rows[0].values["stock_code"] == "000001"


def test_patents(shared_data: Path) -> None:
    _, _, rows = converted(shared_data / "fixtures" / "patents_a.csv", ImportKind.IP)
    assert len(rows) == 3684
    assert Counter(problem.key for row in rows for problem in row.problems) == {"owners": 1977}
    assert sum(len(row.warnings) for row in rows) == 0
    assert Counter(row.values["kind"].value for row in rows) == {"utility_model": 2671, "invention": 938, "design": 75}


def test_figures(shared_data: Path) -> None:
    _, headers, rows = converted(shared_data / "fixtures" / "rd_finance_2019_2021_a.csv", ImportKind.FIGURES)
    assert len(rows) == 5876
    assert headers["short_name"] == "证券简称"
    # One revenue below zero and one headcount of 1.5 trillion: refused with a reason, the other 5,874 rows stand.
    assert Counter(problem.key for row in rows for problem in row.problems) == {"revenue": 1, "st_staff": 1}
    first = rows[0].values
    assert (first["stock_code"], first["year"], first["revenue"]) == ("605228", 2020, Decimal("1486336159.28"))
    assert (first["employees"], first["doctors_staff"]) == (1795, None)
