"""Photos from a phone: each is large, and together they still fit."""

from __future__ import annotations

import base64
import struct

from playwright.sync_api import Page, expect

from tests.browser.steps import Sit, register

DRAWN = """() => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [3000, 1500];
  canvas.getContext("2d").fillRect(0, 0, 1500, 1500);
  return canvas.toDataURL("image/jpeg").split(",")[1];
}"""
SIZE = """async (address) => {
  const image = new Image();
  image.src = address;
  await image.decode();
  return [image.naturalWidth, image.naturalHeight];
}"""


def large_photo(page: Page) -> bytes:
    """A JPEG of 3000 × 1500 points and 12 MB that says in its EXIF part where it was taken."""

    def segment(marker: int, data: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data

    drawn = base64.b64decode(page.evaluate(DRAWN))
    return drawn[:2] + segment(0xE1, b"Exif\0\0GPS") + segment(0xFE, b"x" * 60_000) * 200 + drawn[2:]


def test_photos_too_large_together_are_shrunk_and_kept_without_their_place(sit: Sit) -> None:
    page = sit("officer", phone=True)
    firm = register(page, "益阳照片测试")
    page.goto(f"{firm}/visits/new")
    photo = large_photo(page)
    files = [{"name": f"车间{n}.jpeg", "mimeType": "image/jpeg", "buffer": photo} for n in (1, 2)]
    page.get_by_label("谈话内容").fill("看了车间")
    page.get_by_text("日期、地点、见了谁、相册").click()
    page.get_by_label("相册或文件").set_input_files(files)
    page.get_by_role("button", name="保存走访").click()  # at once: it waits for them
    expect(page.get_by_text("走访已记下")).to_be_visible()
    for number in (1, 2):
        address = page.get_by_role("link", name=f"车间{number}.jpg").first.get_attribute("href") or ""
        assert page.evaluate(SIZE, address) == [2000, 1000]
        kept = page.request.get(address).body()
        assert kept.startswith(b"\xff\xd8")
        assert b"Exif" not in kept
        assert len(kept) < 1_000_000
