"""What was written and not saved yet, and what waits to be sent: there again, and said where the officer looks."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.conftest import Place, sign_in
from tests.browser.devices import (
    PHOTO,
    Device,
    carry,
    cut,
    mend,
    own_firm,
    save_unsent,
    sent,
    start,
    unsent,
    visits,
    write,
)
from tests.browser.network import Network
from tests.browser.steps import drafted

LARGE = {"name": "材料.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n" + b"%" * 500_000}


def test_a_draft_comes_back_under_the_key_it_was_written_with(device: Device) -> None:
    page = device("officer")
    path, _name = own_firm(page, "云岭草稿")
    key = page.locator('form[data-queue] input[name="key"]')
    write(page, path, "写到一半")
    written = key.input_value()
    drafted(page, "写到一半")
    other = page.context.new_page()
    page.close()
    other.goto(f"{path}/visits/new")
    again = other.locator('form[data-queue] input[name="key"]')
    assert again.input_value() != written
    other.get_by_role("button", name="恢复草稿").click()
    expect(other.get_by_label("谈话内容")).to_have_value("写到一半")
    assert again.input_value() == written


def test_a_draft_has_its_photos_though_the_phone_died_while_the_visit_was_written(
    browser: Browser, network: Network, park: Place, tmp_path: Path
) -> None:
    context, page = start(browser, network, tmp_path)
    sign_in(page, "officer")
    path, _name = own_firm(page, "云岭拍照")
    carry(page, path)
    cut(page, network)
    write(page, path, "先拍了两张", [PHOTO, LARGE])
    drafted(page, "先拍了两张", files=2)
    context.close()

    context, page = start(browser, network, tmp_path)
    cut(page, network)
    page.goto(f"{path}/visits/new")
    page.get_by_role("button", name="恢复草稿").click()
    expect(page.get_by_label("谈话内容")).to_have_value("先拍了两张")
    expect(page.locator("[data-upload-list] li")).to_have_count(2)
    expect(page.locator("#messages")).to_be_empty()
    save_unsent(page)
    mend(page, network)
    sent(page)
    page.goto(f"{path}/visits/new")
    expect(page.get_by_role("button", name="恢复草稿")).to_have_count(0)
    context.close()
    assert visits(park, path) == [("先拍了两张", "演示专员甲", 2)]


def test_the_day_says_what_is_written_and_is_made_anew_once_it_is_sent(
    device: Device, network: Network, park: Place
) -> None:
    page = device("officer")
    path, _name = own_firm(page, "云岭写好")
    page.goto(f"{path}/visits/plan")
    page.get_by_role("button", name="安排走访").click()
    expect(page).to_have_url(re.compile(r"/visits/planned/\d+$"))
    carry(page, path)
    cut(page, network)
    page.goto("/day")
    offered = page.locator(f'main a.btn[href^="{path}/visits/new"]')
    offered.click()
    page.get_by_label("谈话内容").fill("今天去过了")
    save_unsent(page)
    expect(page.locator("[data-forms] [data-open]")).to_have_text("打开修改")
    page.goto("/day")
    expect(offered).to_have_text("已写好，未发送")
    offered.click()
    expect(page.get_by_label("谈话内容")).to_have_value("今天去过了")
    page.goto("/day")
    mend(page, network)
    sent(page)
    expect(offered).to_have_count(0)
    expect(page.locator(".strip")).not_to_contain_text("离线，内容为")
    assert visits(park, path) == [("今天去过了", "演示专员甲", 0)]


def test_a_session_that_ended_is_said_where_something_waits(device: Device, network: Network, park: Place) -> None:
    page = device("officer")
    path, _name = own_firm(page, "云岭过期")
    carry(page, path)
    cut(page, network)
    write(page, path, "会话过期前写的")
    save_unsent(page)
    page.goto("/day")
    unsent(page, 1)
    page.context.clear_cookies()
    mend(page, network)
    expect(page.locator(".strip")).to_contain_text("登录已过期，登录后自动发送")
    page.locator(".strip a").click()
    expect(page.get_by_role("button", name="登录", exact=True)).to_be_visible()
    sign_in(page, "officer")
    sent(page)
    assert visits(park, path) == [("会话过期前写的", "演示专员甲", 0)]
