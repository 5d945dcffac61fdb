"""Phones that lose their network: what several journeys do with one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import func, select

from crm.accounts.models import User
from crm.kernel.db import db
from crm.visits.models import Visit, visit_document
from tests.browser.conftest import OPTIONS, SECONDS, Place, chromium
from tests.browser.network import Network
from tests.browser.steps import photo, register

PHOTO = {"name": "车间.png", "mimeType": "image/png", "buffer": photo()}
Device = Callable[..., Page]


def start(browser: Browser, network: Network, folder: Path) -> tuple[BrowserContext, Page]:
    """A phone's browser whose storage lies in a folder: started again there, it is the same phone."""
    context = browser.browser_type.launch_persistent_context(
        str(folder), executable_path=chromium(), args=["--no-sandbox"], base_url=network.address, **OPTIONS
    )
    context.set_default_timeout(SECONDS * 1000)
    return context, context.pages[0]


def cut(page: Page, network: Network) -> None:
    network.up = False
    page.context.set_offline(True)


def mend(page: Page, network: Network) -> None:
    network.up = True
    page.context.set_offline(False)


def own_firm(page: Page, name: str) -> tuple[str, str]:
    """Register a firm: the path of its page, and its name."""
    path = urlsplit(register(page, name)).path
    return path, page.get_by_role("heading", level=1).inner_text().split("\n")[0].strip()


def carry(page: Page, path: str) -> None:
    """Open the day, and wait until the device has the firm's pages with it: the brief is the last of them."""
    page.goto("/day")
    page.goto("/offline/unsent")
    many = 5 * SECONDS * 1000  # it fetches the pages of all its firms, one after the other
    expect(page.locator(f'[data-pages] a[href^="{path}/visits/new"]')).to_be_visible(timeout=many)
    expect(page.locator(f'[data-pages] a[href="{path}/brief"]')).to_be_visible()


def write(page: Page, path: str, said: str, files: list | None = None) -> None:
    page.goto(f"{path}/visits/new")
    page.get_by_label("谈话内容").fill(said)
    if files:
        page.get_by_label("相册或文件").set_input_files(files)
        expect(page.locator("[data-upload-list] li")).to_have_count(len(files))


def save(page: Page) -> None:
    page.get_by_role("button", name="保存走访").click()


def save_unsent(page: Page) -> None:
    """Save what cannot be sent now, and wait for the page that says so: what is clicked before it comes is lost to it."""
    save(page)
    expect(page).to_have_url(re.compile("/offline/unsent$"))
    unsent(page, 1)


def only_files(page: Page) -> None:
    """Wait until the device keeps nobody's pages, only the built files."""
    page.wait_for_function("async () => (await caches.keys()).join() === 'tidu-files'")


NOTHING_KEPT = """() => new Promise((done, fail) => {
  const request = indexedDB.open("tidu");
  request.onerror = () => fail(request.error);
  request.onsuccess = () => {
    const look = () => {
      request.result.transaction("forms").objectStore("forms").count().onsuccess = ({ target }) =>
        target.result ? setTimeout(look, 20) : done(request.result.close());
    };
    look();
  };
})"""


def nothing_kept(page: Page) -> None:
    """Wait until the device holds no form to be sent: what was refused is a draft by then."""
    page.evaluate(NOTHING_KEPT)


def visits(park: Place, path: str) -> list[tuple[str, str, int]]:
    """What the server has of a firm's visits: text, officer, number of files."""
    with park.app().app_context():
        files = select(func.count()).where(visit_document.c.visit_id == Visit.id).scalar_subquery()
        statement = select(Visit.said, User.name, files).join(User, User.id == Visit.officer_id)
        return [tuple(row) for row in db.session.execute(statement.where(Visit.firm_id == int(path.rsplit("/", 1)[1])))]


def unsent(page: Page, number: int) -> None:
    expect(page.locator(".strip")).to_contain_text(f"{number} 条未发送")


def sent(page: Page) -> None:
    expect(page.locator(".strip")).to_contain_text("已发送")
    expect(page.locator(".strip")).not_to_contain_text("未发送")
