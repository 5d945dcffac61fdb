"""A chart saved as a picture: it needs no stylesheet, stands on white, and has its title and colours; on desk and phone."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import Sit

# Size, the colour of a corner, and whether a colour is somewhere in the picture.
LOOK = """async ([picture, wanted]) => {
  const image = new Image();
  image.src = `data:image/png;base64,${picture}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0);
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  const found = new Set();
  for (let at = 0; at < data.length; at += 4) found.add(`rgb(${data[at]}, ${data[at + 1]}, ${data[at + 2]})`);
  return { size: [canvas.width, canvas.height], corner: [...data.slice(0, 4)], coloured: found.has(wanted), colours: found.size };
}"""


def saved(page: Page, drawn: str) -> dict[str, Any]:
    """What the first picture of the page looks like when it is saved; `drawn` is a coloured part of it."""
    button = page.get_by_role("button", name="保存为图片").first
    expect(button).to_be_visible()
    wanted = page.locator(drawn).locator("visible=true").first.evaluate("part => getComputedStyle(part).fill")
    with page.expect_download() as waiting:
        button.click()
    download = waiting.value
    picture = base64.b64encode(Path(download.path()).read_bytes()).decode()
    return {"name": download.suggested_filename, **page.evaluate(LOOK, [picture, wanted])}


@pytest.mark.parametrize("phone", [False, True])
def test_the_funnel_is_saved_as_it_is_seen(sit: Sit, phone: bool) -> None:
    page = sit("manager", phone=phone)
    page.goto("/funnel")
    found = saved(page, ".funnel__step[height]")
    assert found["name"] == "培育漏斗.png"
    assert found["corner"] == [255, 255, 255, 255]
    assert found["coloured"], "the steps have lost their colour"
    assert found["colours"] > 20
    width, height = found["size"]
    assert width >= 1500 and height >= 800


def test_any_chart_of_the_house_is_saved(sit: Sit) -> None:
    page = sit("manager")
    page.goto("/funnel/stuck")
    found = saved(page, "figure.chart rect")
    assert (found["name"], found["corner"], found["coloured"]) == ("停留多久.png", [255, 255, 255, 255], True)
