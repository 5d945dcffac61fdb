"""The history of every firm of the demonstration is told in words: no key, no stored form, no number in a record's place."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
from sqlalchemy import select

from crm.firms.history.words import Line, history_of
from crm.firms.models import Firm
from crm.kernel.db import db
from tests.integration.demo.conftest import Demonstration

RAW = re.compile(r"^[a-z][a-z0-9_.:]+$|[{\[]['\"]|^\[\]$|编号 \d")


def read(line: Line) -> dict[str, str]:
    told = {"what it is called": line.subject, f"{line.field} before": line.old, f"{line.field} after": line.new}
    return {str(name): str(value) for name, value in [*told.items(), *line.values] if value is not None}


@pytest.mark.any_database
def test_nothing_is_told_by_its_key_or_its_number(built: Demonstration) -> None:
    raw: defaultdict[str, set[str]] = defaultdict(set)
    with built.app.test_request_context():
        for firm_id in db.session.scalars(select(Firm.id)).all():
            page, more = 1, True
            while more:
                found = history_of(firm_id, None, page)
                for line in found.rows:
                    for name, value in read(line).items():
                        if RAW.search(value):
                            raw[f"{line.entity}: {name}"].add(value[:60])
                page, more = page + 1, found.more
    assert not raw, dict(raw)
