"""The firm at its desk, twice a year: its place, what it has to fill in, a table, a need; on a phone and at a desk."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.records import workbook
from tests.browser.steps import Sit


@pytest.mark.parametrize("phone", [True, False], ids=["390", "1440"])
def test_the_firm_sees_its_place_fills_in_uploads_and_asks(sit: Sit, phone: bool) -> None:
    page = sit("firm", phone=phone)
    page.goto("/own")
    expect(page.get_by_role("list", name="培育阶梯")).to_be_visible()
    expect(page.get_by_role("heading", name="园区答应您的事")).to_be_visible()
    page.get_by_role("link", name="去填报").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("填报")
    for state in ("还不能开始", "未开始", "填写中", "已完成", "需要修改"):
        expect(page.get_by_text(state, exact=True).first).to_be_visible()

    # What came back opens as it was sent, with the reason.
    page.get_by_text("退回：").first.scroll_into_view_if_needed()
    page.get_by_role("link", name=re.compile(r"^\d{4} 年数据$")).nth(1).click()
    expect(page.get_by_text("园区没有接受").first).to_be_visible()

    # An agent's list, as it is.
    page.goto("/own/uploads/new?kind=ip")
    number = "202010000001.1" if phone else "202010000002.6"
    content = workbook([("一种新夹具", number, "发明", "授权")], ("专利名称", "专利号", "专利类型", "法律状态"))
    page.get_by_label("文件").set_input_files({"name": "清单.xlsx", "mimeType": "application/xlsx", "buffer": content})
    page.get_by_role("button", name="上传并预览").click()
    expect(page.get_by_role("heading", name="预览：还没有提交")).to_be_visible()
    expect(page.get_by_role("row", name="一种新夹具")).to_contain_text("新增")
    page.get_by_role("button", name="提交 1 项给园区").click()
    expect(page).to_have_url(re.compile(r"/own/proposals/\d+$"))

    # A need, and an answer to rate.
    page.goto("/own/needs")
    page.get_by_label("哪一类").select_option(label="用地用房")
    page.get_by_label("需要园区帮什么").fill("想就近租 2000 平方米厂房")
    page.get_by_role("button", name="提交诉求").click()
    expect(page.get_by_text("由演示专员甲办理")).to_be_visible()
    if phone:
        page.goto("/own/needs")
        page.get_by_role("listitem").filter(has_text="已答复，请评价").get_by_role("link").first.click()
        page.get_by_label("5 分，解决了").check()
        page.get_by_role("button", name="提交评价").click()
        expect(page.get_by_text("谢谢，专员会看到您的评价")).to_be_visible()


def test_the_officer_sees_the_same_list_and_the_need(sit: Sit) -> None:
    firm, officer = sit("firm"), sit("officer")
    firm.goto("/own/ladder")
    number = re.search(r"/firms/(\d+)/", firm.url)
    assert number is not None
    officer.goto(f"/firms/{number[1]}/filling")
    expect(officer.get_by_text("企业在自己的页面看到的就是这张清单")).to_be_visible()
    expect(officer.get_by_text("需要修改", exact=True).first).to_be_visible()
    officer.goto("/needs")
    expect(officer.get_by_role("table", name="企业诉求")).to_contain_text("去年研发奖补还没有到账")
