"""The four real files beside the checkout go in as they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from crm.firms.figures.models import YearlyFigures
from crm.firms.ip.models import IpRight
from crm.firms.models import Firm, FirmName, FirmStatus
from crm.firms.search import find
from crm.kernel.db import db
from tests.integration.exchange.test_commands import run

pytestmark = pytest.mark.shared_data


def test_the_four_files_go_in_and_a_second_time_change_nothing(
    fresh_app: Callable[[], Flask], shared_data: Path
) -> None:
    app = fresh_app()
    fixtures = shared_data / "fixtures"
    firms = run(app, "firms", "import", fixtures / "enterprises_sd_a.csv")
    assert (firms["rows"], firms["created"], firms["rejected"]) == (1322, 1322, 0)
    listed = run(app, "firms", "import", fixtures / "szse_a_list_20251230.xlsx")
    assert (listed["rows"], listed["created"], listed["rejected"]) == (2880, 2880, 0)
    figures = run(app, "figures", "import", fixtures / "rd_finance_2019_2021_a.csv")
    # A negative revenue and 1,491,543,852,576 technicians; sixty rows know nothing.
    assert (figures["rows"], figures["created"], figures["unchanged"], figures["rejected"]) == (5876, 5814, 60, 2)
    assert figures["warnings"] > 1000
    rights = run(app, "ip", "import", fixtures / "patents_a.csv")
    assert (rights["rows"], rights["created"], rights["rejected"]) == (3684, 1707, 1977)

    with app.app_context():
        session = db.session

        def count(model: type, *conditions: object) -> int | None:
            return session.scalar(select(func.count()).select_from(model).where(*conditions))  # type: ignore[arg-type]

        assert count(Firm, Firm.credit_code.is_not(None)) == 1322
        assert count(Firm, Firm.status == FirmStatus.DEREGISTERED) == 32
        assert count(FirmName) >= 351
        assert count(YearlyFigures) == 5814
        assert count(IpRight) == 1707
        # Listed firms with figures are one firm, known by its stock code under its full name.
        assert session.scalars(select(Firm.name).where(Firm.stock_code == "002032")).all() == ["浙江苏泊尔股份有限公司"]
        assert len(find(session, "纸业", [], limit=100)) > 5
        names = session.scalar(select(Firm).where(Firm.stock_code == "000002"))
        assert names is not None and names.industry_code == "K"

    for kind, name in (
        ("firms", "enterprises_sd_a.csv"),
        ("firms", "szse_a_list_20251230.xlsx"),
        ("figures", "rd_finance_2019_2021_a.csv"),
        ("ip", "patents_a.csv"),
    ):
        again = run(app, kind, "import", fixtures / name)
        assert (again["created"], again["updated"]) == (0, 0), name


def test_the_list_of_the_exchange_names_firms_that_came_in_by_their_figures(
    fresh_app: Callable[[], Flask], shared_data: Path
) -> None:
    """The other order: figures first, then the list with the full names."""
    app = fresh_app()
    fixtures = shared_data / "fixtures"
    figures = run(app, "figures", "import", fixtures / "rd_finance_2019_2021_a.csv")
    assert (figures["created"], figures["rejected"]) == (5814, 2)
    listed = run(app, "firms", "import", fixtures / "szse_a_list_20251230.xlsx")
    assert listed["created"] + listed["updated"] == 2880 and listed["rejected"] == 0
    with app.app_context():
        firm = db.session.scalars(select(Firm).where(Firm.stock_code == "002032")).one()
        assert firm.name == "浙江苏泊尔股份有限公司"
        assert firm.former_names == []
