"""Two rules over the whole park: the job that swaps the edition, its memory, and the page of firms with what is in their way.

`python -m tests.bench.comparisons URL FILES` measures in a process of its own, so that its peak is nobody else's, and prints JSON.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from datetime import date
from pathlib import Path
from time import perf_counter

from config import ROOT, Settings
from crm import create_app
from crm.accounts.system import root_organisation, system_user
from crm.kernel import audit, jobs
from crm.kernel.db import db
from crm.park import comparisons, rules
from tests.bench.people import SECRET, sign_in
from tests.bench.table import Figure, Line

SWAP, MEMORY = 30, 1024  # seconds, MB


def measure(url: str, files: Path) -> list[Line]:
    command = [sys.executable, "-m", "tests.bench.comparisons", url, str(files)]
    answer = subprocess.run(command, cwd=ROOT, env=os.environ, check=True, stdout=subprocess.PIPE)
    found = json.loads(answer.stdout)
    return [
        Line("srdi from 63号 to 2号 over the park, the job", {"s": Figure(found["job"], target=SWAP)}),
        Line("the same, peak memory", {"MB": Figure(found["megabytes"], target=MEMORY)}),
        Line("80 firms of it with what is in their way, page", {"p50 ms": Figure(found["page"] * 1000)}),
    ]


def main(url: str, files: str) -> None:
    app = create_app(Settings(database_url=url, secret_key=SECRET, files=Path(files), testing=True))
    with app.app_context():
        audit.sign(db.session, system_user().id, audit.Via.COMMAND)
        comparison = comparisons.ask(
            actor=system_user(),
            organisation=root_organisation(),
            before=rules.rule("srdi.2022"),
            after=rules.rule("srdi.2026"),
            on=date(2026, 4, 1),
        )
        address = f"/park/comparisons/{comparison.id}?movement=lost"
        db.session.commit()
    begun = perf_counter()
    jobs.work_until_empty(app)
    found = {"job": perf_counter() - begun}
    found["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    client, times = sign_in(app, "manager"), []
    for number in range(1, 8):
        begun = perf_counter()
        answer = client.get(f"{address}&page={number}")
        times.append(perf_counter() - begun)
        assert answer.status_code == 200, answer.status
    print(json.dumps(found | {"page": sorted(times)[len(times) // 2]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
