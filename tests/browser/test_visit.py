"""A visit in under a minute: at a firm's door with a thumb, and at a desk without a mouse."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.steps import Sit, arrive, drafted, photo, register, tab_to

MOST_TOUCHES = 15
SPEECH = """() => {
  window.SpeechRecognition = undefined;
  window.webkitSpeechRecognition = class {
    start() { window.ear = this; }
    stop() { this.onend(); }
  };
}"""
DEAF = "() => { window.SpeechRecognition = window.webkitSpeechRecognition = undefined; }"


class Thumb:
    """Taps and writes, and counts how often."""

    def __init__(self) -> None:
        self.touches = 0

    def tap(self, target: Locator) -> None:
        self.touches += 1
        target.tap()

    def write(self, target: Locator, text: str) -> None:
        self.touches += 1
        target.fill(text)

    def photograph(self, target: Locator) -> None:
        self.touches += 1
        target.set_input_files({"name": "车间.png", "mimeType": "image/png", "buffer": photo()})


def chip(page: Page, text: str) -> Locator:
    return page.locator("label.choice").filter(has_text=re.compile(f"^\\s*{text}\\s*$")).locator("visible=true").first


def opened(sit: Sit, name: str, **where: Any) -> tuple[Page, str]:
    page = sit("officer", **where)
    firm = register(page, name)
    page.goto(f"{firm}/visits/new")
    return page, firm


def test_a_whole_visit_takes_a_thumb_at_most_fifteen_touches(sit: Sit) -> None:
    """What was said, why they do not innovate, a figure, a need, a promise and a photo."""
    page, firm = opened(sit, "云岭一分钟", phone=True)
    hand = Thumb()
    hand.write(page.get_by_label("谈话内容"), "怕投了没有结果。")
    hand.tap(chip(page, "研发投入"))
    hand.tap(chip(page, "不敢"))
    hand.write(page.get_by_label(re.compile(r"\d{4} 年职工总数")), "86")
    hand.tap(page.get_by_text("记一条诉求"))
    hand.write(page.get_by_label("诉求", exact=True).first, "缺一台检测设备")
    hand.tap(chip(page, "技术攻关"))
    hand.tap(page.get_by_text("记一件承诺的事"))
    hand.write(page.get_by_label("要办的事").first, "约检测中心")
    hand.tap(chip(page, "3 天"))
    hand.photograph(page.get_by_label("拍照"))
    hand.tap(page.get_by_role("button", name="保存走访"))
    assert hand.touches <= MOST_TOUCHES

    expect(page.get_by_text("走访已记下")).to_be_visible()
    for shown in ("怕投了没有结果。", "研发投入", "不敢", "86 人", "去核实", "缺一台检测设备", "约检测中心"):
        expect(page.locator("#main").get_by_text(shown).first).to_be_visible()
    expect(page.get_by_role("img", name="车间.png")).to_have_js_property("naturalWidth", 8)
    page.get_by_role("link", name="去核实").click()
    arrive(page, r"/figures/\d+$")
    expect(page.get_by_text("86").first).to_be_visible()
    page.goto(f"{firm}/brief")
    for shown in ("不敢创新", "约检测中心", "缺一台检测设备", "当面问三件事"):
        expect(page.get_by_text(shown).first).to_be_visible()


def test_a_visit_is_written_with_the_keyboard_alone(sit: Sit) -> None:
    page, _firm = opened(sit, "云岭键盘")

    def go(target: Locator, *keys: str, text: str = "") -> None:
        tab_to(page, target)
        for key in keys:
            page.keyboard.press(key)
        page.keyboard.insert_text(text)

    go(page.get_by_label("谈话内容"), text="只用键盘写下的。")
    go(page.get_by_label("研发投入"), "Space")
    tab_to(page, page.get_by_label("没有谈到"))  # the one that is chosen has the focus of its group
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_label("不能", exact=True)).to_be_checked()
    go(page.locator("#needs summary").first, "Enter")
    go(page.get_by_label("诉求", exact=True).first, text="缺焊工")
    go(page.locator("[name='needs-0-kind']").first, "Space", "ArrowRight")
    go(page.locator("#tasks summary").first, "Enter")
    go(page.get_by_label("要办的事").first, text="对接职校")
    go(page.get_by_role("button", name="保存走访"), "Enter")
    expect(page.get_by_text("走访已记下")).to_be_visible()
    for shown in ("只用键盘写下的。", "不能", "人才招用", "缺焊工", "对接职校"):
        expect(page.locator("#main").get_by_text(shown).first).to_be_visible()


def test_reluctance_is_taken_back_with_a_tap(sit: Sit) -> None:
    page, _firm = opened(sit, "云岭改口", phone=True)
    chip(page, "不想").tap()
    expect(page.get_by_label("不想", exact=True)).to_be_checked()
    chip(page, "没有谈到").tap()
    expect(page.get_by_label("不想", exact=True)).not_to_be_checked()


def test_what_is_said_is_written_down_where_the_browser_listens(sit: Sit) -> None:
    """The recogniser is the browser's own and listens through the network: here something stands in for it."""
    page, _firm = opened(sit, "云岭听写", phone=True)
    page.context.add_init_script(f"({SPEECH})()")
    page.reload()
    field, button = page.get_by_label("谈话内容"), page.get_by_role("button", name="说话记下")
    field.fill("先写一句。")
    button.tap()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("正在听")).to_be_visible()
    page.evaluate("() => ear.onresult({ results: [[{ transcript: '今年投入' }], [{ transcript: '三百万' }]] })")
    expect(field).to_have_value("先写一句。\n今年投入三百万")
    button.tap()
    expect(button).to_have_attribute("aria-pressed", "false")
    button.tap()
    expect(button).to_have_attribute("aria-pressed", "true")
    page.evaluate("() => { ear.onerror({ error: 'not-allowed' }); ear.onend(); }")
    expect(page.get_by_text("没有使用麦克风的权限")).to_be_visible()


def test_where_the_browser_cannot_listen_nothing_is_offered(sit: Sit) -> None:
    page, _firm = opened(sit, "云岭无声", phone=True)
    page.context.add_init_script(f"({DEAF})()")
    page.reload()
    expect(page.get_by_label("谈话内容")).to_be_visible()
    expect(page.get_by_role("button", name="记下位置")).to_be_visible()  # the scripts have run
    expect(page.get_by_text("说话记下")).to_be_hidden()


def test_the_place_is_kept_on_request_and_a_refusal_says_so(sit: Sit) -> None:
    page, firm = opened(sit, "云岭定位", phone=True)
    page.context.clear_permissions()
    page.get_by_role("button", name="记下位置").tap()
    expect(page.get_by_text("没有使用位置的权限，走访照样能保存")).to_be_visible()

    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 28.57, "longitude": 112.36, "accuracy": 25})
    page.goto(f"{firm}/visits/new")
    page.get_by_role("button", name="记下位置").tap()
    expect(page.get_by_text("已记下位置，误差约 25 米")).to_be_visible()
    page.get_by_label("谈话内容").fill("在车间。")

    # The tab is lost: with the draft the place is back, and said to be.
    drafted(page, "在车间。")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{firm}/visits/new")
    expect(page.get_by_role("button", name="不记位置")).to_be_hidden()
    page.get_by_role("button", name="恢复草稿").tap()
    expect(page.get_by_text("已记下位置，误差约 25 米")).to_be_visible()
    expect(page.get_by_role("button", name="不记位置")).to_be_visible()
    page.get_by_role("button", name="保存走访").tap()
    expect(page.get_by_text("误差约 25 米")).to_be_visible()
    expect(page.get_by_role("link", name="28.57000, 112.36000")).to_be_visible()


def test_a_draft_comes_back_though_a_figure_is_no_longer_asked(sit: Sit) -> None:
    """Somebody else entered it meanwhile: the form has one field less, and everything else is there again."""
    page, firm = opened(sit, "云岭草稿", phone=True)
    page.get_by_label("谈话内容").fill("写到一半。")
    page.get_by_text("记一件承诺的事").tap()
    page.get_by_label("要办的事").first.fill("送样表")
    asked = page.get_by_label(re.compile(r"\d{4} 年职工总数"))
    name = asked.get_attribute("name") or ""
    asked.fill("90")
    drafted(page, "送样表")
    year = name.split(".")[2]
    other = sit("manager")
    other.goto(f"{firm}/figures/{year}/edit")
    other.get_by_label("职工总数").fill("88")
    other.get_by_role("button", name="保存").first.click()
    expect(other.get_by_text(f"{year} 年的数据已保存")).to_be_visible()

    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{firm}/visits/new")
    expect(page.locator(f"[name='{name}']")).to_have_count(0)
    page.get_by_role("button", name="恢复草稿").tap()
    expect(page.get_by_label("谈话内容")).to_have_value("写到一半。")
    page.get_by_text("记一件承诺的事").tap()
    expect(page.get_by_label("要办的事").first).to_have_value("送样表")
