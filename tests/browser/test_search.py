"""The search box of every page: suggestions while one types, by keyboard on a desk and by finger on a phone."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Sit


def test_a_firm_is_found_with_the_keyboard_alone(sit: Sit) -> None:
    page = sit("officer")
    page.goto("/tasks")
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="查找企业")
    expect(box).to_be_focused()
    page.keyboard.type("yunling")
    options = page.get_by_role("option")
    expect(options.last).to_contain_text("“yunling”")  # not what a part of the word may mean: that is replaced
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "search-option-1")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")  # past the end: what was typed
    expect(box).not_to_have_attribute("aria-activedescendant", re.compile("."))
    page.keyboard.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("yunling")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/firms/\d+$"))


def test_enter_opens_everything_found(sit: Sit) -> None:
    page = sit("officer")
    page.goto("/tasks")
    page.keyboard.press("/")
    page.keyboard.type("云岭")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/firms\?q="))


def test_on_a_phone_a_button_opens_the_box(sit: Sit) -> None:
    page = sit("officer", phone=True)
    page.goto("/tasks")
    page.get_by_role("link", name="查找企业").tap()
    box = page.get_by_role("combobox", name="查找企业")
    expect(box).to_be_focused()
    page.keyboard.type("云岭")
    option = page.get_by_role("option").first
    expect(option).to_be_visible()
    option.tap()
    expect(page).to_have_url(re.compile(r"/firms/\d+$"))


def test_on_a_phone_a_view_is_saved_with_all_of_its_form_in_sight(sit: Sit) -> None:
    page = sit("officer", phone=True)
    page.goto("/firms?held=srdi")
    page.get_by_text("保存这个视图").tap()
    expect(page.get_by_label("视图名称")).to_be_visible()
    box = page.locator(".views__save").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    page.get_by_label("视图名称").fill("专精特新要看的")
    page.locator(".views__save").get_by_role("button", name="保存").tap()
    expect(page.get_by_role("link", name="专精特新要看的")).to_have_attribute("aria-current", "page")
