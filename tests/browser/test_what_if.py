"""Facts changed in thought, in a browser: the verdict moves while one types, and what was tried is kept."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import Sit, arrive


def look_at(page: Page, rung: str) -> None:
    """Go from a page of the firm's cultivation to what it takes to reach a rung."""
    page.get_by_role("link", name="路径", exact=True).click()
    arrive(page, "/outlook$")
    page.get_by_label("哪一级", exact=True).select_option(label=rung)  # the page sends it at once
    arrive(page, r"/outlook\?.*rung=")


@pytest.mark.parametrize("role", ["officer", "firm"])
def test_a_number_is_changed_the_verdict_moves_and_the_scenario_is_kept(sit: Sit, role: str) -> None:
    page = sit(role, phone=role == "firm")
    page.goto("/own/ladder" if role == "firm" else "/firms?q=星河智能")
    if role == "officer":
        page.get_by_role("link", name="云岭星河智能装备有限公司").click()
        page.get_by_role("link", name="培育与申报", exact=True).click()
    look_at(page, "高新技术企业")
    page.get_by_role("link", name="改一改数据看看").click()
    arrive(page, "/what-if")

    bar, outcome = page.locator("#what-if-bar"), page.locator("#outcome")
    expect(bar).to_contain_text("还没有改动")
    rd = page.get_by_label("研发费用 2025 年", exact=True)
    before = rd.input_value()
    rd.fill("-1")
    expect(page.locator("#note-years-2025-rd")).to_contain_text("不能是负数")
    expect(bar).to_contain_text("有填写错误")
    rd.fill("900")
    expect(bar).to_contain_text("改 1 项")
    expect(page.locator("#note-years-2025-rd")).to_contain_text("档案：")
    expect(outcome.locator("#clause-HT-05a")).to_contain_text(re.compile("原来：\\s*不符合"))
    expect(page).to_have_url(re.compile(r"years\.2025\.rd=900"))
    expect(rd).to_be_focused()
    expect(bar).to_be_in_viewport()

    outcome.get_by_label("方案名称").fill("浏览器里试的")
    outcome.get_by_role("button", name="存为新方案").click()
    expect(page.get_by_text("已存为方案“浏览器里试的”")).to_be_visible()
    expect(page.get_by_label("研发费用 2025 年", exact=True)).to_have_value("900")
    page.get_by_role("link", name="一键清除").click()
    expect(page.get_by_label("研发费用 2025 年", exact=True)).to_have_value(before)
    page.get_by_role("link", name="已存方案").click()
    expect(page.get_by_role("link", name="浏览器里试的")).to_be_visible()


def test_a_way_is_computed_after_the_page_and_opens_filled_in(sit: Sit) -> None:
    page = sit("officer")
    page.goto("/firms?q=星河智能")
    page.get_by_role("link", name="云岭星河智能装备有限公司").click()
    page.get_by_role("link", name="培育与申报", exact=True).click()
    look_at(page, "高新技术企业")
    ways = page.locator("#ways")
    expect(ways).to_contain_text("照此重算")
    ways.get_by_text("假设的单价").click()
    ways.get_by_label("研发费用").fill("2")
    cost = ways.locator(".way__cost").first.inner_text()
    ways.get_by_role("button", name="按这些单价重排").click()
    expect(ways.locator(".way__cost").first).not_to_have_text(cost)
    ways.get_by_role("link", name="在假设测算中打开").first.click()
    expect(page.locator("#what-if-bar")).to_contain_text(re.compile("改 \\d+ 项"))
