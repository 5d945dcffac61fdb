"""The whole park at once: loading, every current edition, keeping the answers, a refresh of some firms, and the peak of memory.

`python -m tests.bench.park URL` measures in a process of its own, so that its peak is nobody else's, and prints JSON.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import select

from config import ROOT, Settings
from crm import create_app
from crm.accounts.system import system_user
from crm.editions.library import library
from crm.firms.models import Firm
from crm.kernel import audit, clock
from crm.kernel.db import db
from crm.park.columns import park_columns
from crm.park.refresh import refresh
from crm.policy import evaluate_park
from tests.bench.people import SECRET
from tests.bench.table import Figure, Line

LOADED, WHOLE, MEMORY = 5, 20, 1024  # seconds, seconds, MB
CHANGED = 100


def measure(url: str, files: Path) -> list[Line]:
    command = [sys.executable, "-m", "tests.bench.park", url, str(files)]
    answer = subprocess.run(command, cwd=ROOT, env=os.environ, check=True, stdout=subprocess.PIPE)
    found = json.loads(answer.stdout)
    return [
        Line(f"the park, {found['editions']} editions, once loaded", {"s": Figure(found["judged"], target=LOADED)}),
        Line("the park, loading and judging", {"s": Figure(found["loaded"] + found["judged"], target=WHOLE)}),
        Line("the park, peak memory of this", {"MB": Figure(found["megabytes"], target=MEMORY)}),
        Line("readiness, all firms, kept for the first time", {"s": Figure(found["first"])}),
        Line("readiness, all firms again", {"s": Figure(found["again"])}),
        Line(f"readiness, {CHANGED} changed firms", {"s": Figure(found["changed"])}),
        Line("readiness, a look where nothing changed", {"s": Figure(found["look"])}),
        Line("readiness, peak memory", {"MB": Figure(found["megabytes_of_refresh"], target=MEMORY)}),
    ]


def main(url: str, files: str) -> None:
    app = create_app(Settings(database_url=url, secret_key=SECRET, files=Path(files), testing=True))
    found: dict[str, Any] = {}
    on = clock.today()
    with app.app_context():
        editions = [edition for edition in library() if edition.region is None and edition.in_force(on)]
        db.session.rollback()
        with db.reading():
            begun = perf_counter()
            columns, _ids = park_columns(None, on)
            found["loaded"] = perf_counter() - begun
        begun = perf_counter()
        for result in evaluate_park(editions, columns, on):
            assert len(result.codes) == columns.size
        found |= {"editions": len(editions), "judged": perf_counter() - begun, "megabytes": _peak()}
        del columns, result
        for name, everything in (("first", True), ("again", True), ("changed", False), ("look", False)):
            if name == "changed":
                _change()
            begun = perf_counter()
            refresh(everything)
            found[name] = perf_counter() - begun
        found["megabytes_of_refresh"] = _peak()
    print(json.dumps(found))


def _change() -> None:
    """A hundred firms move to another field, each by its own change in the history."""
    audit.sign(db.session, system_user().id, audit.Via.COMMAND)
    for firm in db.session.scalars(select(Firm).order_by(Firm.id).limit(CHANGED)):
        firm.tech_field = 1 + (firm.tech_field or 0) % 8
    db.session.commit()


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
