"""One served park a worker, and browsers in it.

The park is built once a run, by whichever worker comes first, and copied. The server is the one that `make run` starts.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect, sync_playwright

from config import ROOT, Settings
from crm import create_app
from crm.demo.city import load
from crm.demo.commands import prepare
from tests.browser.network import Network, network_to
from tests.browser.records import add_missing

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
DESK = {"viewport": {"width": 1440, "height": 900}}
LOCALES = {"zh": "zh-CN", "en": "en-US"}
OPTIONS = {"locale": LOCALES["zh"], "timezone_id": "Asia/Shanghai", "reduced_motion": "reduce", **PHONE}
SECRET = "a key for browsers that is long enough"
SECONDS = 60  # that a loaded machine may take for what takes a moment

expect.set_options(timeout=SECONDS * 1000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


# --- the park ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A database and the files beside it."""

    folder: Path

    @property
    def database(self) -> str:
        return f"sqlite:///{self.folder / 'park.sqlite3'}"

    @property
    def files(self) -> Path:
        return self.folder / "files"

    def app(self) -> Flask:
        """The app on this place, to look things up with."""
        return create_app(Settings(database_url=self.database, secret_key=SECRET, files=self.files, demo=True))


@pytest.fixture(scope="session")
def park(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """This worker's own copy of the demonstration park."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    template = Place(shared / "park")
    with (shared / "park.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not template.folder.exists():
            build(template)
    copy = Place(tmp_path_factory.mktemp("served") / "park")
    shutil.copytree(template.folder, copy.folder)
    return copy


def build(place: Place) -> None:
    place.folder.mkdir()
    app = place.app()
    with app.app_context():
        prepare()
    add_missing(app)
    app.extensions["database"].dispose()


@pytest.fixture(scope="session")
def address(park: Place) -> Iterator[str]:
    """Where the park is served."""
    settings = {
        "DEMO": "1",
        "DATABASE_URL": park.database,
        "FILES_DIR": str(park.files),
        "PORT": "0",
        "SECRET_KEY": SECRET,
    }
    command = [sys.executable, "-m", "flask", "--app", "app", "demo"]
    with (park.folder / "log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **settings}, stdout=subprocess.PIPE, stderr=log, text=True
        )
    assert server.stdout is not None
    try:
        line = next((line for line in server.stdout if "http://" in line), None)
        assert line is not None, (park.folder / "log").read_text()
        here = line.split()[-1]
        asked = HTTPConnection(here.removeprefix("http://"), timeout=10 * SECONDS)
        asked.request("GET", "/sign-in")  # it listens before its workers have started
        asked.getresponse().read()
        asked.close()
        yield here
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


# --- browsers ----------------------------------------------------------------------------------------------------


def chromium() -> str | None:
    """The system's Chromium; None: the one that playwright installed (see scripts/browser)."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next((found for name in names if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=options)
        yield browser
        browser.close()


@dataclass
class Desk:
    """A person's browser. `complaints` is what its console said: refused scripts and styles, errors of our own."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)


Sit = Callable[..., Page]


@pytest.fixture(scope="session")
def signed_in(browser: Browser, address: str) -> Callable[[str], StorageState | None]:
    """The cookies of each role, signed in once a worker through the form."""
    known: dict[str, StorageState] = {}

    def cookies(role: str) -> StorageState | None:
        if role == "nobody":
            return None
        if role not in known:
            context = browser.new_context(base_url=address, locale=LOCALES["zh"])
            page = context.new_page()
            sign_in(page, role)
            known[role] = context.storage_state()
            context.close()
        return known[role]

    return cookies


def account(role: str) -> tuple[str, str]:
    """E-mail and password of the demonstration's account of a role."""
    person = next(person for person in load().accounts if person.role == role)
    return person.email, person.password or ""


def sign_in(page: Page, role: str) -> None:
    email, password = account(role)
    page.goto("/sign-in")
    page.get_by_label("邮箱").fill(email)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_text("退出登录")).to_be_attached()


@pytest.fixture
def sit(
    browser: Browser, address: str, signed_in: Callable[[str], StorageState | None]
) -> Iterator[Callable[..., Page]]:
    """sit(role, language="zh", phone=False) → a page of that person's browser. No console may complain in the end."""
    desks: list[Desk] = []

    def at(role: str, language: str = "zh", *, phone: bool = False) -> Page:
        context = browser.new_context(
            base_url=address,
            locale=LOCALES[language],
            timezone_id="Asia/Shanghai",
            storage_state=signed_in(role),
            reduced_motion="reduce",
            service_workers="block",  # see test_offline.py: elsewhere nothing stands between a page and the server
            **(PHONE if phone else DESK),
        )
        context.set_default_timeout(SECONDS * 1000)
        desk = Desk(context, context.new_page())
        listen(desk)
        desks.append(desk)
        return desk.page

    yield at
    complaints = [complaint for desk in desks for complaint in desk.complaints]
    for desk in desks:
        desk.context.close()
    assert not complaints, "\n".join(complaints)


def listen(desk: Desk) -> None:
    def said(message) -> None:
        # A page that is missing on purpose is no complaint of the page that shows it.
        if message.type == "error" and "Failed to load resource" not in message.text:
            desk.complaints.append(f"{desk.page.url}: {message.text}")

    desk.page.on("console", said)
    desk.page.on("pageerror", lambda error: desk.complaints.append(f"{desk.page.url}: {error}"))


# --- without network ------------------------------------------------------------------------------------------


@pytest.fixture
def network(address: str) -> Iterator[Network]:
    with network_to(address) as network:
        yield network


@pytest.fixture
def device(browser: Browser, network: Network) -> Iterator[Callable[..., Page]]:
    """device(role) → a page on a phone of its own where that person has just signed in."""
    desks: list[Desk] = []

    def at(role: str) -> Page:
        context = browser.new_context(base_url=network.address, **OPTIONS)
        context.set_default_timeout(SECONDS * 1000)
        desk = Desk(context, context.new_page())
        listen(desk)
        desks.append(desk)
        sign_in(desk.page, role)
        return desk.page

    yield at
    for desk in desks:
        desk.context.close()
    complaints = [complaint for desk in desks for complaint in desk.complaints]
    assert not complaints, "\n".join(complaints)
