"""What several journeys do: register a firm of their own, and walk with the keyboard."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from itertools import count

from playwright.sync_api import Locator, Page, expect

Sit = Callable[..., Page]
serial = count(1)


def arrive(page: Page, address: str) -> None:
    """Wait for the page at an address (a pattern): all of it, and its scripts, before which nothing that is done is heard."""
    expect(page).to_have_url(re.compile(address))
    page.wait_for_load_state()


def register(page: Page, name: str) -> str:
    """Register a firm through the page, in the officer's charge; its address. The name gets a number of its own."""
    page.goto("/firms/new")
    page.get_by_label("企业名称").fill(f"{name}{next(serial)}有限公司")
    page.get_by_label("负责专员").select_option(label="演示专员甲")
    page.get_by_role("button", name="登记", exact=True).click()
    arrive(page, r"/firms/\d+$")
    return page.url


def tab_to(page: Page, target: Locator, presses: int = 120) -> None:
    """Press Tab until the target has the focus; fails where the keyboard does not get there."""
    expect(target).to_be_attached()
    page.wait_for_load_state()  # in half a page the way round is another
    for _press in range(presses):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"the keyboard does not reach {target}")


DRAFTED = """([words, files]) => new Promise((done, fail) => {
  const request = indexedDB.open("tidu-drafts");
  request.onerror = () => fail(request.error);
  request.onsuccess = () => {
    const look = () => {
      request.result.transaction("drafts").objectStore("drafts").getAll().onsuccess = ({ target }) => {
        const kept = target.result.some((each) => each.files === files && JSON.stringify(each.values).includes(words));
        kept ? done(request.result.close()) : setTimeout(look, 20);
      };
    };
    look();
  };
})"""


def drafted(page: Page, words: str, files: int = 0) -> None:
    """Wait until the device has a draft with these words and so many files."""
    page.evaluate(DRAFTED, [words, files])


def photo() -> bytes:
    """A small valid PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\x20\x80\x60" * 8) * 8)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
