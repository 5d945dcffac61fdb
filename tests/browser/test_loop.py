"""The loop, as people walk it: in by spreadsheet, the record, a visit, a firm's own figures, the ladder, the funnel."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import expect

from crm.kernel import clock
from tests.browser.records import HEADER, workbook
from tests.browser.steps import Sit, arrive, photo, register
from tests.factories import credit_code


def test_firms_come_in_from_a_spreadsheet_and_go_again(sit: Sit) -> None:
    """Mapping by hand, preview with a refused row, the run, and its undoing."""
    page = sit("officer")
    rows = [
        ("云岭进表机械有限公司", credit_code(9_100_001), "2016-05-18", "0730-8000001"),
        ("云岭错码有限公司", "1234", "2018-01-01", "0730-8000002"),
    ]
    content = workbook(rows, (*HEADER, "老板热线"))
    page.goto("/imports/new")
    page.get_by_label("文件").set_input_files({"name": "企业.xlsx", "mimeType": "application/xlsx", "buffer": content})
    page.get_by_role("button", name="上传并核对列").click()

    expect(page.get_by_role("heading", name="核对各列")).to_be_visible()
    expect(page.get_by_label("“企业名称”导入为")).to_have_value("name")
    expect(page.get_by_label("“老板热线”导入为")).to_have_value("")
    page.get_by_label("“老板热线”导入为").select_option(label="电话")
    page.get_by_role("button", name="下一步：预览").click()

    expect(page.get_by_role("heading", name="预览：还没有保存")).to_be_visible()
    expect(page.get_by_role("row", name="云岭错码有限公司")).to_contain_text("要改")
    page.get_by_role("button", name="确认导入 1 行").click()

    expect(page.get_by_role("heading", name="导入结果")).to_be_visible()
    done = page.url
    page.goto("/firms?q=进表机械")
    page.get_by_role("link", name="云岭进表机械有限公司").click()
    expect(page.get_by_role("link", name="0730-8000001")).to_be_visible()

    page.goto(done)
    page.get_by_role("button", name="撤销这次导入").click()
    page.get_by_role("dialog").get_by_role("button", name="确定").click()
    expect(page.get_by_text("已全部撤销")).to_be_visible()
    page.goto("/firms?q=进表机械")
    expect(page.get_by_text("没有符合条件的企业")).to_be_visible()


def test_an_edit_is_history_and_a_second_editor_is_told(sit: Sit) -> None:
    page, other = sit("officer"), sit("manager")
    firm = register(page, "云岭记录")
    for each in (page, other):
        each.goto(f"{firm}/edit")
    page.get_by_label("地址", exact=True).fill("兴业路 1 号")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("兴业路 1 号")).to_be_visible()

    other.get_by_label("地址", exact=True).fill("兴业路 2 号")
    other.get_by_role("button", name="保存").click()
    difference = other.locator("#conflict").get_by_role("row", name="兴业路 1 号")
    expect(difference).to_contain_text("兴业路 2 号")
    other.get_by_role("button", name="保存").click()
    expect(other).to_have_url(f"{firm}/profile")  # what is compared says the same words
    expect(other.get_by_text("兴业路 2 号")).to_be_visible()

    page.goto(f"{firm}/history")
    newest = page.get_by_role("row").nth(1)
    for text in ("演示负责人", "地址", "兴业路 1 号", "兴业路 2 号"):
        expect(newest).to_contain_text(text)


def test_a_visit_with_a_photo_is_on_the_timeline_and_its_task_on_the_day(sit: Sit) -> None:
    page = sit("officer", phone=True)
    firm = register(page, "云岭走访")
    page.get_by_role("link", name="记一次走访").click()
    arrive(page, "/visits/new")
    page.get_by_label("谈话内容").fill("企业要申报高企，缺研发辅助账。")
    page.get_by_label("拍照").set_input_files({"name": "车间.png", "mimeType": "image/png", "buffer": photo()})
    page.get_by_text("记一件承诺的事").click()
    promise = f"送辅助账样表 {firm.rsplit('/', 1)[1]}"
    page.get_by_label("要办的事").first.fill(promise)
    page.get_by_text("换个日期或承办人").first.click()
    page.get_by_label("期限").first.fill((clock.today() + timedelta(days=3)).isoformat())
    page.get_by_role("button", name="保存走访").click()

    expect(page.get_by_text("走访已记下")).to_be_visible()
    expect(page.get_by_role("img", name="车间.png")).to_have_js_property("naturalWidth", 8)
    page.goto(firm)
    expect(page.locator("#timeline")).to_contain_text("缺研发辅助账")
    page.goto("/day")
    page.locator("#main details").evaluate_all("all => all.forEach(one => one.open = true)")
    expect(page.get_by_text(promise)).to_be_visible()


def test_a_firm_proposes_figures_and_sees_what_was_decided(sit: Sit) -> None:
    """One value is accepted, one refused with a reason."""
    firm, officer = sit("firm"), sit("officer")
    firm.goto("/own/figures/2024")
    firm.locator("details.disclosure").evaluate_all("all => all.forEach(one => one.open = true)")
    firm.get_by_label("硕士以上人员").fill("7")
    firm.get_by_label("博士以上人员").fill("99")
    firm.get_by_label("给园区的说明").fill("按年末花名册更正")
    firm.get_by_role("button", name="提交给园区").click()
    expect(firm.get_by_text("已提交，园区处理后您会在“我的申请”看到结果")).to_be_visible()
    firm.goto("/own/proposals")
    firm.get_by_role("table", name="我的申请").get_by_role("link").first.click()
    expect(firm).to_have_url(re.compile(r"/own/proposals/\d+$"))
    number = firm.url.rsplit("/", 1)[1]

    officer.goto(f"/proposals/{number}")
    expect(officer.get_by_text("按年末花名册更正")).to_be_visible()
    good = officer.locator("section", has_text="硕士以上人员").last
    good.get_by_label("接受", exact=True).check()
    bad = officer.locator("section", has_text="博士以上人员").last
    bad.get_by_label("不接受", exact=True).check()
    bad.get_by_label("理由").fill("花名册上只有两位博士")
    officer.get_by_role("button", name="保存处理结果").click()
    expect(officer.get_by_text("已处理，企业会看到结果和理由")).to_be_visible()

    firm.reload()
    expect(firm.locator("section", has_text="硕士以上人员").last).to_contain_text("已接受")
    expect(firm.locator("section", has_text="博士以上人员").last).to_contain_text("花名册上只有两位博士")
    firm.goto("/own/figures/2024")
    expect(firm.get_by_label("硕士以上人员")).to_have_value("7")
    # What came back opens as it was sent, with the reason beside it.
    expect(firm.get_by_label("博士以上人员")).to_have_value("99")
    expect(firm.get_by_text("园区没有接受：花名册上只有两位博士")).to_be_visible()


def test_where_a_firm_stands_clause_by_clause(sit: Sit) -> None:
    """Each rung opens its clauses with article, verdict, figures and a gap in real units."""
    page = sit("firm")
    page.goto("/own/ladder")
    rungs = page.get_by_role("table", name="各级一览").get_by_role("link")
    for number in range(rungs.count()):
        title = rungs.nth(number).inner_text()
        rungs.nth(number).click()
        opened = page.locator("#opened")
        expect(opened.get_by_role("heading", name=title)).to_be_visible()
        clauses = opened.locator(".clauses > li")
        expect(clauses.first).to_contain_text(re.compile("第.+条|[（(].+[）)]"))
        expect(clauses.first).to_contain_text(re.compile("符合|待补数据"))


def test_a_blocked_move_opens_what_is_missing_in_place(sit: Sit) -> None:
    """Pool to cultivating needs a declaration; to ready all criteria: each missing one leads to where it is mended."""
    page, manager = sit("officer"), sit("manager")
    firm = register(page, "云岭培育")
    page.goto(f"{firm}/ladder")
    page.get_by_label("培育方向").select_option(value="tech_sme")
    page.get_by_role("button", name="入库", exact=True).click()
    expect(page).to_have_url(re.compile(r"/cases/\d+$"))
    case = page.url
    move = page.locator("#move")
    move.get_by_role("button", name="移到“培育”").click()
    expect(move.get_by_role("alert")).to_be_visible()
    willing = move.locator("#item-willing")
    expect(willing).to_contain_text("未完成")
    willing.get_by_role("button", name="确认").click()
    expect(willing).to_contain_text("演示专员甲")
    move.get_by_role("button", name="移到“培育”").click()
    expect(page.get_by_role("heading", name="移到“达标”需要")).to_be_visible()

    move.get_by_role("button", name="移到“达标”").click()
    expect(move.get_by_role("alert")).to_be_visible()
    mend = move.get_by_role("link", name="去补正").first
    mend.click()
    expect(page.locator(":target")).to_be_visible()

    manager.goto(case)
    manager.get_by_label("仍要移动的理由").fill("企业月底前补齐数据，先行推进以免错过批次")
    manager.get_by_role("button", name="移到“达标”").click()
    expect(manager.get_by_role("heading", name="移到“申报”需要")).to_be_visible()
    expect(manager.get_by_text("先行推进以免错过批次").first).to_be_visible()


def test_every_number_of_the_funnel_opens_exactly_its_firms(sit: Sit) -> None:
    page = sit("manager")
    page.goto("/funnel")
    links = page.get_by_role("table", name="各级各阶段的企业数").get_by_role("link")
    numbers = [(links.nth(i).get_attribute("href"), int(links.nth(i).inner_text())) for i in range(links.count())]
    assert any(number > 1 for _address, number in numbers)
    for address, number in numbers:
        assert address is not None
        page.goto(address)
        rows = page.get_by_role("table", name="企业名录").locator("tbody tr")
        expect(rows).to_have_count(number)


def test_the_language_is_switched_and_stays(sit: Sit) -> None:
    page = sit("officer")
    page.goto("/day")
    expect(page.get_by_role("heading", level=1)).to_have_text("今日")
    page.locator(".user-menu").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")
    page.goto("/firms")
    expect(page.get_by_role("heading", level=1)).to_have_text("Firms")
    page.locator(".user-menu").click()
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("企业")
