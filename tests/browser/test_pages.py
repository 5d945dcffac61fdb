"""Every page, as every role, in both languages: accessible (axe), quiet in the console, never wider than a phone.

The addresses come from the app's own map, so that a new page is checked without being named here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, Page, expect

from crm.accounts.permissions import ROLE_PERMISSIONS, Role
from tests.browser.conftest import DESK, PHONE, Place
from tests.browser.records import Address, addresses

MISSING = "/no-such-page"
ROLES = ["nobody", *(role.value for role in Role)]
# Pages with something in their address that the map does not show.
MORE = {
    "nobody": [MISSING],
    "administrator": [],
    "manager": ["/firms?q=没有这家", "/firms?q=科技&status=active"],
    "officer": [MISSING, "/firms?q=科技", "/funnel?on=2025-06-30"],
    "firm": [MISSING],
}
OPTIONS = {"resultTypes": ["violations"]}
TOKEN = re.compile(r'name="csrf_token"[^>]*')


@pytest.fixture(scope="session")
def every(park: Place) -> list[Address]:
    return addresses(park.app())


@pytest.fixture(scope="session")
def examined() -> set[str]:
    """What axe has seen already: most pages of a manager are an officer's to the letter."""
    return set()


@pytest.mark.parametrize(
    ("role", "language"),
    # A language stays with one worker, so that its roles share what was examined.
    [pytest.param(role, each, marks=pytest.mark.xdist_group(each)) for each in ("zh", "en") for role in ROLES],
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


@dataclass
class Walk:
    """One person's way through the pages, and what is wrong with them."""

    page: Page
    phone: bool
    examined: set[str]
    seen: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        try:
            answer = self.page.goto(path)
        except Error as error:
            if "Download is starting" in error.message:
                return
            raise
        assert answer is not None
        if answer.status != (404 if path == MISSING else 200):
            self.wrong.append(f"{path}: {answer.status}")
        elif self.page.url not in self.seen and "<!doctype html>" in answer.text()[:200].lower():
            self.seen.add(self.page.url)
            self.check(path)

    def check(self, path: str) -> None:
        # Until the parts that a page loads after itself are there.
        expect(self.page.locator(".htmx-request")).to_have_count(0)
        likeness = f"{self.phone} {TOKEN.sub('', self.page.locator('main').inner_html())}"
        if self.seen and likeness in self.examined:
            return
        self.examined.add(likeness)
        self.wrong += [f"{path}: {rule} at {places}" for rule, places in violations(self.page)]
        if not self.phone:
            self.page.set_viewport_size(PHONE["viewport"])
        self.wrong += too_wide(self.page, path)
        if not self.phone:
            self.page.set_viewport_size(DESK["viewport"])


def violations(page: Page) -> list[tuple[str, str]]:
    found = Axe().run(page, options=OPTIONS).response["violations"]
    return [(violation["id"], "; ".join(str(node["target"]) for node in violation["nodes"][:3])) for violation in found]


def too_wide(page: Page, path: str) -> list[str]:
    width, screen = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    return [f"{path}: {width} px wide on a screen of {screen}"] if width > screen else []
