"""Which tests stay together when several workers share a run: those that share something that takes long to make."""

from __future__ import annotations

import re

from xdist.scheduler import LoadScopeScheduling

# The demonstration is built once for each database; the pages of a language are not looked at twice (tests/browser/walk.py).
TOGETHER = re.compile(
    r"(?P<room>tests/integration/demo/|tests/browser/test_pages\.py).*[\[-](?P<kind>sqlite|postgresql|zh|en)[\]-]"
)


class Together(LoadScopeScheduling):
    """Gives a worker a whole group, the largest first, and every other test alone.

    pytest-xdist's own groups (`--dist loadgroup`) are written into the test's name, which pytest 9.2 does not allow.
    """

    def _split_scope(self, nodeid: str) -> str:
        found = TOGETHER.search(nodeid)
        return "".join(found.groups()) if found else nodeid
