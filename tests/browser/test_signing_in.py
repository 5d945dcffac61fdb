"""Signing in: with the mouse, with the keyboard alone, and with a wrong password."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import account
from tests.browser.steps import Sit, tab_to


def test_a_wrong_password_is_said_and_the_right_one_leads_to_the_first_page(sit: Sit) -> None:
    page = sit("nobody")
    email, password = account("administrator")
    page.goto("/funnel")
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    page.get_by_label("邮箱").fill(email)
    page.get_by_label("密码").fill("not the password")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_contain_text("邮箱或密码不对")
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="培育漏斗")).to_be_visible()


def test_signing_out_ends_the_session(sit: Sit) -> None:
    page = sit("nobody")
    email, password = account("manager")
    page.goto("/sign-in")
    page.get_by_label("邮箱").fill(email)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    page.locator("summary.user-menu").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    page.goto("/firms")
    expect(page.get_by_role("heading", name="登录")).to_be_visible()


def test_signing_in_and_logging_a_visit_with_the_keyboard_alone(sit: Sit) -> None:
    """No mouse from the first page to the saved visit."""
    page = sit("nobody")
    email, password = account("officer")
    page.goto("/sign-in")
    expect(page.get_by_label("邮箱")).to_be_focused()
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("今日")
    tab_to(page, page.locator("main").get_by_role("link", name="记走访").first)
    page.keyboard.press("Enter")
    tab_to(page, page.locator("#firms").get_by_role("link").first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="保存走访")).to_be_visible()
    tab_to(page, page.get_by_label("谈话内容"))
    page.keyboard.type("只用键盘记下的走访")
    tab_to(page, page.get_by_role("button", name="保存走访"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/visits/\d+$"))
    expect(page.get_by_text("只用键盘记下的走访")).to_be_visible()
