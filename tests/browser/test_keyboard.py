"""What opens and closes, with the keyboard alone: the focus goes in, is seen, and comes back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import tab_to

Sit = Callable[..., Page]
# Whether the point in the middle of what has the focus belongs to it, and not to a bar that lies over it (2.4.11).
UNCOVERED = """() => {
  const node = document.activeElement, box = node.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 20));
  return node === document.body || node.contains(top) || top?.contains(node) || box.width < 2 || "covered: " + node.outerHTML.slice(0, 120);
}"""


def test_the_skip_link_leads_past_the_navigation(sit: Sit) -> None:
    page = sit("officer")
    page.goto("/tasks")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_menu_opens_closes_and_gives_the_focus_back(sit: Sit) -> None:
    page = sit("officer")
    page.goto("/tasks")
    opener, account = page.locator(".user-menu"), page.get_by_role("link", name="我的账号")
    tab_to(page, opener)
    page.keyboard.press("Enter")
    expect(account).to_be_visible()
    page.keyboard.press("Escape")
    expect(account).to_be_hidden()
    expect(opener).to_be_focused()


def test_the_sheet_of_a_phone_holds_what_the_bar_does_not(sit: Sit) -> None:
    page = sit("officer", phone=True)
    page.goto("/tasks")
    bar = page.get_by_role("navigation", name="主导航（手机）")
    opener, far = bar.locator("summary"), bar.get_by_role("link", name="漏斗")
    tab_to(page, opener)
    page.keyboard.press("Enter")
    expect(far).to_be_visible()
    tab_to(page, far, presses=20)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("漏斗")


def test_the_place_one_is_at_lies_in_sight_in_a_long_rail(sit: Sit) -> None:
    page = sit("manager")
    page.goto("/day")
    last = page.locator(".rail a").last
    expect(last).not_to_be_in_viewport()
    page.goto(last.get_attribute("href"))
    expect(page.locator(".rail [aria-current]")).to_be_in_viewport(ratio=1)


def test_the_bar_of_a_phone_holds_what_an_officer_needs_on_the_way(sit: Sit) -> None:
    page = sit("manager", phone=True)
    page.goto("/day")
    bar = page.get_by_role("navigation", name="主导航（手机）")
    expect(bar.locator("> ul > li > a")).to_have_text(["今日", "企业", "记走访", "走访日历"])
    log = bar.get_by_role("link", name="记走访").get_attribute("href")
    expect(page.locator(f"a[href='{log}']:visible")).to_have_count(1)


def test_a_dialog_asks_with_the_safe_answer_and_gives_the_focus_back(sit: Sit) -> None:
    page = sit("officer")
    page.goto("/styleguide")
    delete = page.locator("#buttons").get_by_role("button", name="删除")
    delete.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("button", name="取消")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(delete).to_be_focused()


def test_the_filters_of_a_phone_unfold(sit: Sit) -> None:
    page = sit("officer", phone=True)
    page.goto("/styleguide")
    fold, choice = page.locator(".filter__fold summary"), page.locator("#filter-park")
    expect(choice).to_be_hidden()
    fold.focus()
    page.keyboard.press("Enter")
    expect(choice).to_be_visible()


@pytest.mark.parametrize("phone", [False, True])
def test_what_has_the_focus_is_never_under_a_bar(sit: Sit, phone: bool) -> None:
    page = sit("officer", phone=phone)
    page.goto("/styleguide")
    for _press in range(120):
        page.keyboard.press("Tab")
        assert page.evaluate(UNCOVERED) is True
    for _press in range(60):
        page.keyboard.press("Shift+Tab")
        assert page.evaluate(UNCOVERED) is True
