"""Without network: the day, the briefs and the visit form; what is written is sent once, whatever happens on the way."""

from __future__ import annotations

import re
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

from playwright.sync_api import Browser, expect
from sqlalchemy import select

from crm.accounts.models import User
from crm.firms.duplicates import service as merges
from crm.firms.models import Firm
from crm.kernel import audit
from crm.kernel.db import db
from tests.browser.conftest import SECONDS, Place, sign_in
from tests.browser.devices import (
    PHOTO,
    Device,
    carry,
    cut,
    mend,
    nothing_kept,
    only_files,
    own_firm,
    save,
    save_unsent,
    sent,
    start,
    unsent,
    visits,
    write,
)
from tests.browser.network import Network


def test_a_visit_written_without_network_outlives_the_browser_and_is_sent_once(
    browser: Browser, network: Network, park: Place, tmp_path: Path
) -> None:
    context, page = start(browser, network, tmp_path)
    sign_in(page, "officer")
    path, name = own_firm(page, "云岭离线")
    carry(page, path)
    cut(page, network)
    page.goto("/day")
    expect(page.locator(".strip")).to_contain_text("离线，内容为")
    expect(page.get_by_role("heading", name="今日", level=1)).to_be_visible()
    page.goto(f"{path}/brief")
    expect(page.locator(".strip")).to_contain_text("离线，内容为")
    expect(page.locator("main")).to_contain_text(name)
    page.goto("/policies/none")
    expect(page.get_by_text("您要打开的页面没有存在这台设备上")).to_be_visible()
    write(page, path, "没有信号的车间里写的", [PHOTO, {**PHOTO, "name": "设备.png"}])
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    save(page)
    expect(page).to_have_url(re.compile("/offline/unsent$"))
    assert asked == []  # it is kept: nobody is asked whether to leave
    unsent(page, 1)
    expect(page.locator("[data-forms]")).to_contain_text(name)
    expect(page.locator("[data-forms]")).to_contain_text("2 个照片或文件")
    context.close()

    context, page = start(browser, network, tmp_path)
    cut(page, network)
    page.goto("/")
    expect(page).to_have_url(re.compile("/day$"))
    unsent(page, 1)
    assert visits(park, path) == []
    mend(page, network)
    sent(page)
    expect(page.locator(".strip")).not_to_contain_text("离线，内容为")  # the day as it is now
    page.goto("/day")
    expect(page.locator(".strip")).to_have_count(0)
    context.close()
    assert visits(park, path) == [("没有信号的车间里写的", "演示专员甲", 2)]


def test_the_firms_that_are_kept_are_there_to_pick(device: Device, network: Network) -> None:
    page = device("officer")
    path, name = own_firm(page, "云岭随身")
    carry(page, path)
    expect(page.locator("[data-keeping]")).to_contain_text("离线内容已备好")
    page.goto("/day")
    expect(page.locator("[data-keeping]")).to_contain_text("离线内容已备好")
    cut(page, network)
    page.goto("/visits/new")
    expect(page.get_by_role("searchbox", name="走访了哪家企业")).to_be_hidden()
    page.get_by_role("link", name=name).click()
    expect(page.get_by_label("谈话内容")).to_be_visible()
    assert urlsplit(page.url).path == f"{path}/visits/new"


def test_an_answer_that_is_lost_does_no_harm(device: Device, network: Network, park: Place) -> None:
    page = device("officer")
    path, _name = own_firm(page, "云岭失答")
    write(page, path, "答复丢在路上", [PHOTO])
    network.losing = 1
    save(page)
    sent(page)
    assert len(network.posts) == 2
    assert visits(park, path) == [("答复丢在路上", "演示专员甲", 1)]


def test_a_tab_that_is_killed_while_sending_loses_nothing(device: Device, network: Network, park: Place) -> None:
    page = device("officer")
    path, _name = own_firm(page, "云岭断页")
    write(page, path, "还没等到答复页面就关了", [PHOTO])
    network.holding = Event()
    save(page)
    assert network.held.wait(SECONDS)
    other = page.context.new_page()
    page.close()
    release, network.holding = network.holding, None
    other.goto("/day")
    sent(other)
    release.set()
    assert visits(park, path) == [("还没等到答复页面就关了", "演示专员甲", 1)]


def test_a_server_in_trouble_is_asked_again(device: Device, network: Network, park: Place) -> None:
    page = device("officer")
    path, _name = own_firm(page, "云岭故障")
    write(page, path, "服务器出过错", [PHOTO])
    network.failing = 2
    save(page)
    expect(page).to_have_url(re.compile("/offline/unsent$"))
    expect(page.locator("[data-tried]")).to_contain_text("试过一次")
    unsent(page, 1)
    page.get_by_role("button", name="现在发送").click()
    sent(page)
    assert visits(park, path) == [("服务器出过错", "演示专员甲", 1)]


def test_a_form_that_is_refused_waits_for_its_author_with_its_photos(
    device: Device, network: Network, park: Place
) -> None:
    page = device("officer")
    path, _name = own_firm(page, "云岭改正")
    carry(page, path)
    write(page, path, "日期写错了", [PHOTO])
    page.get_by_text("日期、地点、见了谁、相册").click()
    page.get_by_label("走访日期").fill("2099-01-01")
    cut(page, network)
    save_unsent(page)
    mend(page, network)
    expect(page.get_by_text("要改正")).to_be_visible()
    page.get_by_role("link", name="打开修改").click()
    expect(page.get_by_role("alert")).to_contain_text("日期不能晚于今天")
    expect(page.get_by_label("谈话内容")).to_have_value("日期写错了")
    expect(page.locator("[data-upload-list] li")).to_have_count(1)
    page.get_by_label("走访日期").fill("2025-03-18")
    save(page)
    expect(page.get_by_text("走访已记下")).to_be_visible()
    expect(page.locator(".strip")).to_have_count(0)
    assert visits(park, path) == [("日期写错了", "演示专员甲", 1)]


def test_what_is_refused_at_once_is_a_draft_and_nothing_unsent(device: Device, network: Network, park: Place) -> None:
    page = device("officer")
    path, _name = own_firm(page, "云岭空表")
    page.goto(f"{path}/visits/new")
    save(page)  # nothing is written
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator(".strip")).to_have_count(0)
    page.goto(f"{path}/visits/new")
    expect(page.get_by_role("button", name="恢复草稿")).to_have_count(0)
    write(page, path, "日期写错，又没改", [PHOTO])
    page.get_by_text("日期、地点、见了谁、相册").click()
    page.get_by_label("走访日期").fill("2099-01-01")
    for _again in range(2):
        before = page.locator("form[data-queue]").element_handle()
        save(page)
        page.wait_for_function("(before) => !before.isConnected", arg=before)
        expect(page.get_by_role("alert")).to_contain_text("日期不能晚于今天")
        expect(page.locator("[data-upload-list] li")).to_have_count(1)
        nothing_kept(page)
        expect(page.locator("[data-unsent]:visible")).to_have_count(0)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/offline/unsent")
    expect(page.get_by_text("没有未发送的内容")).to_be_visible()
    page.goto(f"{path}/visits/new")
    page.get_by_role("button", name="恢复草稿").click()
    expect(page.get_by_label("谈话内容")).to_have_value("日期写错，又没改")
    expect(page.locator("[data-upload-list] li")).to_have_count(1)
    expect(page.get_by_label("走访日期")).to_be_visible()  # what was written lies open
    expect(page.get_by_label("要办的事").first).to_be_hidden()
    page.get_by_label("走访日期").fill("2025-03-18")
    save(page)
    expect(page.get_by_text("走访已记下")).to_be_visible()
    assert visits(park, path) == [("日期写错，又没改", "演示专员甲", 1)]


def test_without_network_an_empty_form_is_not_kept_and_one_that_waits_is_offered_again(
    device: Device, network: Network, park: Place
) -> None:
    page = device("officer")
    path, _name = own_firm(page, "云岭续篇")
    carry(page, path)
    cut(page, network)
    page.goto(f"{path}/visits/new")
    save(page)
    expect(page.locator("#messages")).to_contain_text("还什么都没写")
    write(page, path, "先写这些")
    save_unsent(page)
    page.get_by_text("看内容").click()
    expect(page.locator("[data-lines]")).to_contain_text("先写这些")
    expect(page.locator("[data-lines]")).not_to_contain_text("多久办好")
    expect(page.locator("[data-lines]")).not_to_contain_text("承办人")
    page.goto(f"{path}/visits/new")
    page.get_by_role("link", name="这家企业有一份未发送的走访，继续写？").click()
    expect(page.get_by_label("谈话内容")).to_have_value("先写这些")
    expect(page.get_by_label("要办的事").first).to_be_hidden()
    page.get_by_label("谈话内容").fill("先写这些，再写这些")
    save_unsent(page)
    mend(page, network)
    sent(page)
    assert visits(park, path) == [("先写这些，再写这些", "演示专员甲", 0)]


def test_a_visit_to_a_firm_that_was_merged_meanwhile_is_sent_to_the_one_that_is_kept(
    device: Device, network: Network, park: Place
) -> None:
    page = device("officer")
    stays, _name = own_firm(page, "云岭留下")
    path, _name = own_firm(page, "云岭并走")
    carry(page, path)
    cut(page, network)
    write(page, path, "合并前写的")
    save_unsent(page)
    with park.app().app_context():
        kept, gone = (db.session.get_one(Firm, int(each.rsplit("/", 1)[1])) for each in (stays, path))
        officer = db.session.scalars(select(User).where(User.name == "演示专员甲")).one()
        audit.sign(db.session, officer.id, audit.Via.COMMAND)
        merges.merge(actor=officer, kept=kept, gone=gone, wanted=(), kept_version=None, gone_version=None)
        db.session.commit()
    mend(page, network)
    sent(page)
    assert visits(park, stays) == [("合并前写的", "演示专员甲", 0)]


def test_two_devices_edit_one_visit_and_the_person_decides(device: Device, network: Network, park: Place) -> None:
    first, second = device("officer"), device("officer")
    path, _name = own_firm(first, "云岭两机")
    write(first, path, "最初的记录")
    save(first)
    expect(first.get_by_text("走访已记下")).to_be_visible()
    edit = f"{first.url}/edit"
    carry(second, path)
    for each in (first, second):
        each.goto(edit)
    first.get_by_label("谈话内容").fill("第一台设备写的")
    save(first)
    expect(first.get_by_text("走访记录已更新")).to_be_visible()
    cut(second, network)
    second.get_by_label("谈话内容").fill("第二台设备写的")
    save_unsent(second)
    mend(second, network)
    second.goto("/offline/unsent")
    expect(second.get_by_text("别人改过同一条记录，等您决定")).to_be_visible()
    second.get_by_role("link", name="打开修改").click()
    difference = second.locator("#conflict")
    expect(difference).to_contain_text("第一台设备写的")
    expect(difference).to_contain_text("第二台设备写的")
    assert difference.locator("caption").bounding_box()["height"] < 60  # its words in one line
    second.get_by_label("谈话内容").fill("两台设备写的合在一起")
    save(second)
    expect(second.get_by_text("走访记录已更新")).to_be_visible()
    expect(second.locator(".strip")).to_have_count(0)
    assert visits(park, path) == [("两台设备写的合在一起", "演示专员甲", 0)]


def test_what_is_changed_after_it_was_saved_is_shown_and_not_saved_twice(
    device: Device, network: Network, park: Place
) -> None:
    """The answer was lost, the person does not know that it is saved, and writes on."""
    page = device("officer")
    path, _name = own_firm(page, "云岭续写")
    carry(page, path)
    write(page, path, "先写的")
    network.losing = 1
    network.holding = Event()
    save(page)
    assert network.held.wait(SECONDS)
    cut(page, network)
    network.holding.set()
    network.holding = None
    unsent(page, 1)
    page.get_by_role("link", name="打开修改").click()
    expect(page.get_by_label("谈话内容")).to_have_value("先写的")
    page.get_by_label("谈话内容").fill("先写的，又补了一句")
    save(page)
    expect(page).to_have_url(re.compile("/offline/unsent$"))
    mend(page, network)
    expect(page.get_by_text("这条已经保存过一次")).to_be_visible()
    page.get_by_text("看内容").click()
    expect(page.locator("[data-lines]")).to_contain_text("又补了一句")
    assert visits(park, path) == [("先写的", "演示专员甲", 0)]
    page.get_by_role("link", name="打开已保存的记录").click()
    expect(page).to_have_url(re.compile(r"/visits/\d+$"))
    expect(page.locator("main")).to_contain_text("先写的")


def test_nothing_of_one_person_is_shown_or_sent_to_the_next(device: Device, network: Network, park: Place) -> None:
    page = device("officer")
    path, name = own_firm(page, "云岭换人")
    carry(page, path)
    write(page, path, "专员甲的秘密", [PHOTO])
    cut(page, network)
    save_unsent(page)
    page.context.clear_cookies()
    mend(page, network)
    page.goto("/day")
    expect(page.locator(".strip")).to_contain_text("演示专员甲的 1 条未发送，等本人登录后发送")
    only_files(page)

    sign_in(page, "manager")
    page.goto("/offline/unsent")
    expect(page.locator(".strip")).to_contain_text("演示专员甲的 1 条未发送，等本人登录后发送")
    expect(page.get_by_text("没有未发送的内容")).to_be_visible()
    for secret in ("专员甲的秘密", name):
        assert secret not in page.content()
    assert network.posts == []
    page.context.clear_cookies()

    sign_in(page, "officer")
    sent(page)
    assert visits(park, path) == [("专员甲的秘密", "演示专员甲", 1)]


def test_signing_out_asks_and_takes_the_kept_pages_along(device: Device, network: Network, park: Place) -> None:
    page = device("officer")
    path, _name = own_firm(page, "云岭退出")
    carry(page, path)
    write(page, path, "退出前没有发出去")
    network.failing = 5
    save_unsent(page)
    page.locator(".user-menu").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("dialog")).to_contain_text("还有 1 条没有发送")
    page.get_by_role("dialog").get_by_role("button", name="确定").click()
    expect(page.get_by_role("button", name="登录", exact=True)).to_be_visible()
    only_files(page)
    cut(page, network)
    page.goto("/day")
    expect(page.get_by_role("heading", name="没有网络")).to_be_visible()
    mend(page, network)
    network.failing = 0
    sign_in(page, "officer")
    sent(page)
    assert visits(park, path) == [("退出前没有发出去", "演示专员甲", 0)]
