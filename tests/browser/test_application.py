"""An application, as people walk it: the firm fills it in, the officer reviews it, the manager recommends it, the certificate is a title."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import Page, expect

from crm.kernel import clock
from tests.browser.steps import Sit, arrive

PDF = b"%PDF-1.4 made up"


def hand_in_papers(page: Page) -> None:
    """Upload every paper that is still missing."""
    for _paper in range(10):
        page.wait_for_load_state()  # all rows are there to be counted
        rows = page.locator("#papers li").filter(has=page.get_by_role("button", name="交上"))
        if rows.count() == 0:
            return
        name = f"材料{_paper}.pdf"
        rows.first.locator("input[type=file]").set_input_files(
            {"name": name, "mimeType": "application/pdf", "buffer": PDF}
        )
        rows.first.get_by_role("button", name="交上").click()
        expect(page.get_by_role("link", name=name)).to_be_visible()


def decide_what_waits(page: Page, application: str) -> None:
    """The officer accepts what the firm asked to enter, as long as the page says that some of it waits."""
    for _proposal in range(10):
        page.goto(application)
        waiting = page.locator("#open li").filter(has_text="企业填报的数据还没有核对")
        if waiting.count() == 0:
            return
        waiting.first.get_by_role("link", name="去看").click()
        arrive(page, r"/proposals/\d+$")
        for choice in page.get_by_label("接受", exact=True).all():
            choice.check()
        page.get_by_role("button", name="保存处理结果").click()
        expect(page.get_by_text("已处理，企业会看到结果和理由")).to_be_visible()


def test_from_the_firms_draft_to_its_certificate(sit: Sit) -> None:
    firm, officer, manager = sit("firm", phone=True), sit("officer"), sit("manager")
    firm.goto("/own/applications")
    row = firm.get_by_role("listitem").filter(has_text="创新型中小企业评价")
    expect(row).to_contain_text("正在开放")
    row.get_by_role("button", name="申报：创新型中小企业评价").click()
    expect(firm.get_by_role("heading", name="提交前还缺")).to_be_visible()
    application = firm.url

    hand_in_papers(firm)
    firm.get_by_label("主导产品").fill("智能分拣机")
    for box in firm.locator("#declared input").all():
        box.check()
    firm.get_by_role("button", name="保存并提交").click()
    expect(firm.get_by_text("已提交。园区审核后会通知您。")).to_be_visible()

    officer.goto("/applications")
    officer.get_by_role("row").filter(has_text="创新型中小企业评价").get_by_role("link").first.click()
    officer.get_by_text("退回修改", exact=True).click()
    officer.get_by_label("要修改的内容").fill("写明产品型号")
    officer.get_by_role("button", name="退回企业修改").click()
    expect(officer.get_by_text("现在是“退回修改”")).to_be_visible()
    firm.goto(application)
    expect(firm.get_by_text("请修改这 1 处")).to_be_visible()
    expect(firm.get_by_text("写明产品型号").first).to_be_visible()
    firm.get_by_label("主导产品").fill("智能分拣机 XH-3")
    firm.get_by_role("button", name="保存并提交").click()
    expect(firm.get_by_text("已提交。园区审核后会通知您。")).to_be_visible()

    decide_what_waits(officer, application)
    officer.get_by_role("button", name="审核通过").click()
    expect(officer.get_by_text("现在是“待推荐”")).to_be_visible()
    manager.goto(application)
    manager.get_by_role("button", name="签批推荐").click()
    expect(manager.get_by_text("现在是“已推荐”")).to_be_visible()

    today = clock.today()
    officer.goto(application)
    officer.get_by_text("登记公示", exact=True).first.click()
    officer.get_by_label("公示起").fill((today - timedelta(days=8)).isoformat())
    officer.get_by_label("公示止").fill((today - timedelta(days=1)).isoformat())
    officer.get_by_role("button", name="登记公示").click()
    expect(officer.get_by_text("现在是“公示中”")).to_be_visible()

    manager.goto(application)
    manager.get_by_label("证书或入库编号").fill("YL-CX-2026-001")
    manager.get_by_label("有效期自").fill(today.isoformat())
    manager.get_by_label("有效期至").fill((today + timedelta(days=1094)).isoformat())
    manager.get_by_label("证书或公布文件").set_input_files(
        {"name": "证书.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    manager.get_by_role("button", name="登记认定").click()
    expect(manager.get_by_text("现在是“已认定”")).to_be_visible()

    firm.goto(application)
    expect(firm.get_by_text("证书 YL-CX-2026-001")).to_be_visible()
    firm.goto("/own")
    expect(firm.get_by_text("YL-CX-2026-001")).to_be_visible()
