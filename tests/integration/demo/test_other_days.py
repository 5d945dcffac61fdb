"""The demonstration may be started for the first time on any day: its plans come true on the hard ones too."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from crm.demo.city import load
from crm.demo.commands import prepare
from crm.kernel import clock
from crm.kernel.db import db
from crm.ladder.models import Case
from tests.integration.demo.conftest import make_app


@pytest.mark.parametrize("day", ["2027-01-02", "2028-02-29"])
def test_every_case_comes_as_far_as_planned(day: str, tmp_path: Path) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'demo.sqlite3'}", tmp_path / "files")
    with app.app_context(), clock.pretend(datetime.fromisoformat(f"{day}T09:00:00+08:00")):
        prepare()
        found = {
            (case.firm.name, case.rung.value): (case.stage.value, case.status.value)
            for case in db.session.scalars(select(Case))
        }
        db.session.rollback()
    app.extensions["database"].dispose()
    planned = {}
    for firm in load().firms:
        for case in firm.cases:
            reached = {"certified": "certified", "rejected": "applied"}.get(case.get("ended"), case.get("stage"))
            planned[firm.name, case["rung"]] = (reached, case.get("ended", "open"))
    assert found == planned
