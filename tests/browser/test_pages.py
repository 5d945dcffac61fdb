"""Every page, as every role, in both languages: accessible (axe), quiet in the console, light, and never wider than its screen.

The addresses come from the app's own map, so that a new page is checked without being named here.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from crm.accounts.permissions import ROLE_PERMISSIONS, Role
from tests.browser.conftest import Place
from tests.browser.records import Address, addresses
from tests.browser.walk import MISSING, Walk

ROLES = ["nobody", *(role.value for role in Role)]
# Pages with something in their address that the map does not show.
MORE = {
    "nobody": [MISSING],
    "administrator": [],
    "manager": ["/firms?q=没有这家", "/firms?q=科技&status=active"],
    "officer": [
        MISSING,
        "/firms?q=科技",
        "/funnel?on=2025-06-30",
        "/cases/bulk/1",
        "/cases/bulk/2",
        "/applications/bulk/3",
    ],
    "firm": [MISSING],
}


@pytest.fixture(scope="session")
def every(park: Place) -> list[Address]:
    return addresses(park.app())


@pytest.fixture(scope="session")
def examined() -> set[str]:
    """What was looked at already."""
    return set()


@pytest.mark.parametrize(
    ("role", "language"),
    # A language stays with one worker (tests/groups.py), so that its roles share what was examined.
    [(role, language) for language in ("zh", "en") for role in ROLES],
)
def test_every_page(
    role: str, language: str, every: list[Address], sit: Callable[..., Page], examined: set[str]
) -> None:
    """Chinese at a desk, English on a phone: both layouts and both languages are gone through."""
    walk = Walk(sit(role, language, phone=language == "en"), phone=language == "en", examined=examined)
    for path in [*(each.path for each in every if may(role, each)), *MORE[role]]:
        walk.open(path)
    assert walk.seen, "not one page was opened"
    assert not walk.wrong, "\n".join(walk.wrong)


def may(role: str, each: Address) -> bool:
    if each.access == "public":
        return True
    return role != "nobody" and each.access in ROLE_PERMISSIONS[Role(role)]
