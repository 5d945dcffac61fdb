"""Pages of applications, as the firm, the officer, the manager and the administrator use them."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from python_calamine import load_workbook
from sqlalchemy import select

from crm.applications import service, together
from crm.applications.fits import Fit, offer_fits
from crm.applications.machine import State
from crm.applications.models import Application, Programme, Window
from crm.applications.papers import papers_of
from crm.firms.documents.service import store_document
from crm.firms.figures.models import YearlyFigures
from crm.firms.models import Division
from crm.kernel import jobs
from crm.ladder.models import CaseStatus
from tests.factories import make_firm
from tests.integration.ladder.makers import TODAY, pdf
from tests.pages import check_page, text_of
from tests.pdf import pages_of
from tests.queries import count_queries

PDF = b"%PDF-1.7 test"


def upload(name: str = "附件.pdf"):
    return (io.BytesIO(PDF), name)


def only(session) -> Application:
    session.expire_all()
    return session.scalars(select(Application)).one()


def version(application: Application) -> str:
    return str(application.version)


# --- the whole way ------------------------------------------------------------------------------------------------


def test_from_what_fits_to_the_certificate(hall, session, sign_in) -> None:
    own, officer, manager = sign_in(hall.own), sign_in(hall.officer), sign_in(hall.manager)
    firm_id = hall.firm.id

    page = own.get("/own/applications", follow_redirects=True)
    tree = check_page(page)
    assert "科技型中小企业评价入库" in page.text and "2026年8月31日 截止，还有 77 天" in text_of(tree)
    opening = next(
        field.get("value")
        for field in tree.iter("input")
        if field.get("name") == "opening" and "tech_sme" in field.get("value")
    )
    answer = own.post(f"/firms/{firm_id}/applications", data={"opening": opening})
    application = only(session)
    assert answer.location == f"/applications/{application.id}"
    page = own.get(answer.location)
    assert "提交前还缺 5 项" in text_of(check_page(page))
    assert "80 万元" in page.text and hall.firm.credit_code in page.text

    # Handed in too early, what was filled in stays and the page says what is missing.
    data = {"version": version(application), "word-main_products": "精密轴承", "declared": "truthful", "then": "submit"}
    page = own.post(f"/applications/{application.id}", data=data, follow_redirects=True)
    assert "还有 3 项没有完成" in page.text and "精密轴承" in page.text
    paper = {"version": version(only(session)), "file-application_form": upload("申报书.pdf")}
    paper |= {"word-main_products": "精密轴承", "declared": "truthful"}
    page = own.post(f"/applications/{application.id}", data=paper, follow_redirects=True)
    assert "申报书.pdf" in page.text
    data |= {"version": version(only(session)), "declared": ["truthful", "willing", "self_assessed"]}
    page = own.post(f"/applications/{application.id}", data=data, follow_redirects=True)
    assert "已提交" in page.text and only(session).state is State.SUBMITTED

    # The officer sends it back with two points; the firm sees exactly these and hands it in again.
    address = f"/applications/{application.id}"
    assert "云梯精密" in officer.get("/applications").text
    sent = {"send_back-version": version(only(session)), "send_back-changes": "写清型号\n补合同"}
    officer.post(f"{address}/send-back", data=sent)
    page = own.get(address)
    assert "请修改这 2 处" in page.text and "<li>写清型号</li><li>补合同</li>" in page.text
    data |= {"version": version(only(session)), "word-main_products": "精密轴承 7008C"}
    own.post(address, data=data)

    officer.post(f"{address}/review", data={"review-version": version(only(session))})
    assert only(session).state is State.REVIEWED
    assert officer.post(f"{address}/recommend", data={}).status_code == 403
    page = manager.get(address)
    assert "签批推荐" in page.text
    manager.post(f"{address}/recommend", data={"recommend-version": version(only(session))})
    notice = {"announce-since": "2026-06-01", "announce-until": "2026-06-14"}
    officer.post(f"{address}/announce", data={**notice, "announce-version": version(only(session))})
    assert only(session).state is State.ON_NOTICE
    certificate = {
        "grant-version": version(only(session)),
        "grant-number": "202643090008000001",
        "grant-valid_from": "2026-06-15",
        "grant-valid_to": "2026-12-31",
        "grant-file": upload("入库登记.pdf"),
    }
    manager.post(f"{address}/grant", data=certificate)
    granted = only(session)
    assert granted.state is State.GRANTED and granted.case.status is CaseStatus.CERTIFIED
    page = own.get(address)
    check_page(page)
    assert "证书 202643090008000001" in page.text
    assert "202643090008000001" in own.get(f"/firms/{firm_id}/ladder").text
    assert "精密轴承 7008C" in "\n".join(pages_of(own.get(f"{address}.pdf").data))


def test_what_the_gate_refuses_is_shown_on_the_page_that_was_pressed(hall, session, sign_in) -> None:
    application = hall.at(State.SUBMITTED)
    session.query(YearlyFigures).one().employees = 2000
    session.commit()
    answer = sign_in(hall.officer).post(
        f"/applications/{application.id}/review", data={"review-version": version(application)}
    )
    assert answer.status_code == 422
    words = text_of(check_page(answer))
    assert "这一步还缺" in words and "职工总数" in words
    assert only(session).state is State.SUBMITTED and only(session).case is None


def test_a_step_from_an_older_page_is_not_taken(hall, session, sign_in) -> None:
    application = hall.at(State.SUBMITTED)
    old = version(application)
    officer = sign_in(hall.officer)
    officer.post(f"/applications/{application.id}/review", data={"review-version": old})
    again = officer.post(f"/applications/{application.id}/review", data={"review-version": old})
    assert again.status_code == 422 and "待推荐" in again.text
    back = officer.post(
        f"/applications/{application.id}/send-back", data={"send_back-version": old, "send_back-changes": "改"}
    )
    assert back.status_code == 422 and "有过改动" in back.text
    assert [event.to_state for event in only(session).events].count(State.REVIEWED) == 1


def test_pressed_twice_only_one_application_is_begun(hall, session, sign_in) -> None:
    own = sign_in(hall.own)
    key = hall.opening(hall.title).key
    for _again in range(2):
        own.post(f"/firms/{hall.firm.id}/applications", data={"opening": key})
    assert only(session).state is State.DRAFT


def test_the_second_editor_sees_what_the_first_saved(hall, session, sign_in) -> None:
    application = hall.draft()
    session.commit()
    old = version(application)
    sign_in(hall.own).post(f"/applications/{application.id}", data={"version": old, "word-main_products": "轴承"})
    answer = sign_in(hall.officer).post(
        f"/applications/{application.id}", data={"version": old, "word-main_products": "齿轮"}
    )
    assert answer.status_code == 422
    assert "别人刚刚保存过" in answer.text and "轴承" in answer.text and "齿轮" in answer.text
    assert only(session).answers["words"] == {"main_products": "轴承"}


def test_a_wrong_number_is_told_at_its_field_and_nothing_is_kept(hall, session, sign_in) -> None:
    session.query(YearlyFigures).one().rd_staff = None
    application = hall.draft(hall.project)
    session.commit()
    answer = sign_in(hall.own).post(
        f"/applications/{application.id}",
        data={"version": version(application), "fact-years-2025-rd_staff": "很多", "word-topic": "轴承国产化"},
    )
    assert answer.status_code == 422 and "“很多”不是数字" in answer.text and "轴承国产化" in answer.text
    assert only(session).answers == {}


def test_what_was_typed_outlives_an_upload(hall, session, sign_in) -> None:
    application = hall.draft()
    session.commit()
    data = {"version": version(application), "word-main_products": "精密轴承", "declared": "truthful"}
    page = sign_in(hall.own).post(
        f"/applications/{application.id}",
        data={**data, "file-application_form": upload("申报书.pdf")},
        follow_redirects=True,
    )
    assert "申报书.pdf" in page.text and "精密轴承" in page.text
    kept = only(session)
    assert (kept.answers, len(kept.papers)) == ({"words": {"main_products": "精密轴承"}, "declared": ["truthful"]}, 1)
    # The paper taken out again, what was typed meanwhile stays too.
    data |= {"version": version(kept), "word-main_products": "精密轴承 7008C", "remove": "application_form"}
    sign_in(hall.own).post(f"/applications/{application.id}", data=data)
    kept = only(session)
    assert (kept.answers["words"], kept.papers) == ({"main_products": "精密轴承 7008C"}, [])


def test_what_was_typed_outlives_an_upload_that_failed(hall, session, sign_in) -> None:
    application = hall.draft()
    session.commit()
    data = {"version": version(application), "word-main_products": "精密轴承"}
    data["file-application_form"] = (io.BytesIO(b"MZ no paper"), "申报书.exe")
    page = sign_in(hall.own).post(f"/applications/{application.id}", data=data, follow_redirects=True)
    assert "填的内容已保存，文件没有交上" in page.text and "不是可收的文件" in page.text and "精密轴承" in page.text
    assert only(session).answers["words"] == {"main_products": "精密轴承"} and only(session).papers == []


def test_a_paper_is_kept_and_all_that_was_typed_stays_when_a_number_is_wrong(hall, session, sign_in) -> None:
    session.query(YearlyFigures).one().rd_staff = None
    application = hall.draft(hall.project)
    session.commit()
    data = {"version": version(application), "fact-years-2025-rd_staff": "很多", "word-topic": "轴承国产化"}
    data |= {"declared": "truthful", "file-project_plan": upload("申报书.pdf")}
    page = sign_in(hall.own).post(f"/applications/{application.id}", data=data)
    tree = check_page(page)
    assert "“很多”不是数字" in page.text and "轴承国产化" in page.text and "申报书.pdf" in page.text
    assert [box.get("checked") is not None for box in tree.iter("input") if box.get("value") == "truthful"] == [True]
    assert [paper.key for paper in only(session).papers] == ["project_plan"] and only(session).answers == {}


def test_the_officer_sees_what_was_mended(hall, session, sign_in) -> None:
    application = hall.at(State.RETURNED)
    session.commit()
    address, own = f"/applications/{application.id}", sign_in(hall.own)
    data = {"version": version(application), "word-main_products": "我们这样写", "then": "submit"}
    data["declared"] = application.answers["declared"]
    refused = own.post(address, data=data, follow_redirects=True)
    assert "退回后还没有改动" in text_of(check_page(refused)) and only(session).state is State.RETURNED
    data |= {"version": version(only(session)), "word-main_products": "精密轴承 7008C", "note": "型号已写清"}
    own.post(address, data=data)
    words = text_of(check_page(sign_in(hall.officer).get(address)))
    told = words[words.index("退回后改了什么") :]
    for each in ("补充销售合同", "主要产品或服务", "我们这样写", "精密轴承 7008C", hall.own.name, "型号已写清"):
        assert each in told


@pytest.mark.parametrize("state", list(State))
def test_every_state_makes_a_page_for_each_reader(hall, session, sign_in, state) -> None:
    application = hall.at(state)
    session.commit()
    for reader in (hall.own, hall.officer, hall.manager):
        check_page(sign_in(reader).get(f"/applications/{application.id}"))
    for stranger in (hall.park.other_firm_user, hall.park.other_officer):
        client = sign_in(stranger)
        assert client.get(f"/applications/{application.id}").status_code == 404
        assert client.get(f"/applications/{application.id}.pdf").status_code == 404


def test_a_draft_has_nothing_to_print(hall, session, sign_in) -> None:
    application = hall.draft()
    session.commit()
    assert sign_in(hall.own).get(f"/applications/{application.id}.pdf").status_code == 404


def test_the_print_is_of_what_was_filed(hall, session, sign_in) -> None:
    application = hall.at(State.SUBMITTED)
    session.query(YearlyFigures).one().rd = 10
    hall.firm.address = "后来搬了"
    session.commit()
    words = "\n".join(pages_of(sign_in(hall.own).get(f"/applications/{application.id}.pdf").data))
    assert "80 万元" in words and "后来搬了" not in words
    for each in (
        "科技型中小企业评价入库",
        hall.firm.name,
        "我们这样写",
        "application_form.pdf",
        "符合",
        "企业承诺申报内容真实",
    ):
        assert each in words


# --- what fits ----------------------------------------------------------------------------------------------------


def test_what_fits_says_until_when_and_how_the_firm_stands(hall, session, sign_in) -> None:
    page = sign_in(hall.officer).get(f"/firms/{hall.firm.id}/applications")
    words = text_of(check_page(page))
    first, second = words.index("市级科技计划项目（揭榜挂帅）"), words.index("科技型中小企业评价入库")
    assert first < second  # the first to close stands first
    assert "2026年6月30日 截止，还有 15 天" in words
    assert "专精特新中小企业认定" in words[words.index("另有") :] and "还没有公布申报时间" in words
    hall.at(State.SUBMITTED, hall.project)
    session.commit()
    assert "正在办：待审核" in sign_in(hall.own).get(f"/firms/{hall.firm.id}/applications").text


def test_a_firm_elsewhere_is_not_offered_what_its_region_does_not_open(hall, session, sign_in) -> None:
    elsewhere = make_firm(session, hall.park.park, division_code="330000")
    session.commit()
    page = sign_in(hall.officer).get(f"/firms/{elsewhere.id}/applications")
    assert "6月30日" not in page.text
    answer = sign_in(hall.officer).post(
        f"/firms/{elsewhere.id}/applications", data={"opening": str(hall.project_window.id)}, follow_redirects=True
    )
    assert "已截止或停止受理" in answer.text and session.scalars(select(Application)).all() == []


def test_a_firm_without_a_division_is_where_its_park_is(hall, session, sign_in) -> None:
    hall.firm.division_code, hall.park.park.division_code = None, "430900"
    session.commit()
    assert "6月30日" in sign_in(hall.own).get(f"/firms/{hall.firm.id}/applications").text


def test_a_window_can_be_of_any_division_known_here(hall, session, sign_in) -> None:
    page = sign_in(hall.park.administrator).get(f"/programmes/{hall.project.id}/windows/new")
    choice = next(field for field in check_page(page).iter("select") if field.get("name") == "division_code")
    offered = [option.get("value") for option in choice.iter("option")]
    assert offered == ["", *session.scalars(select(Division.code).order_by(Division.code))]


def test_other_rooms_say_what_fits_too(app, hall, sign_in) -> None:
    before = list(app.extensions["fits"])
    offer_fits(
        app, lambda firm, day: [Fit(heading="可以兑现的政策", title=f"{firm.name}的奖补", when="随时", until=day)]
    )
    try:
        page = sign_in(hall.own).get(f"/firms/{hall.firm.id}/applications")
    finally:
        app.extensions["fits"] = before
    assert "可以兑现的政策" in page.text and "云梯精密机械有限公司的奖补" in page.text


def test_the_pages_ask_no_more_for_more_rows(hall, session, sign_in) -> None:
    officer = sign_in(hall.officer)

    def queries(address: str) -> int:
        with count_queries(session) as statements:
            assert officer.get(address).status_code == 200
        return len(statements)

    hall.at(State.SUBMITTED, hall.project)
    session.commit()
    officer.get("/applications")
    addresses = ("/applications", f"/firms/{hall.firm.id}/applications")
    before = [queries(address) for address in addresses]
    for _more in range(4):
        window = Window(programme=hall.project, year=2026, closes_on=TODAY + timedelta(days=30))
        session.add(window)
        session.flush()
        session.add(
            Application(firm=hall.firm, window=window, state=State.SUBMITTED, state_since=TODAY, answers={}, changes=[])
        )
        other = make_firm(session, hall.park.park)
        session.add(
            Application(firm=other, window=window, state=State.SUBMITTED, state_since=TODAY, answers={}, changes=[])
        )
    session.commit()
    assert [queries(address) for address in addresses] == before


# --- the staff's list ---------------------------------------------------------------------------------------------


def test_the_list_shows_what_waits_the_longest_waiting_first(hall, session, sign_in) -> None:
    title, project = hall.at(State.SUBMITTED), hall.at(State.REVIEWED, hall.project)
    project.state_since = TODAY - timedelta(days=9)
    outside = make_firm(session, hall.park.other_park, "益阳别处有限公司")
    session.add(
        Application(firm=outside, window=title.window, state=State.SUBMITTED, state_since=TODAY, answers={}, changes=[])
    )
    session.commit()
    officer = sign_in(hall.officer)

    def shown(query: str) -> list[str]:
        tree = check_page(officer.get(f"/applications{query}"))
        return [box.get("value") for box in tree.iter("input") if box.get("name") == "application"]

    assert shown("") == [str(project.id), str(title.id)]
    assert shown(f"?programme={hall.title.id}") == [str(title.id)]
    assert shown("?state=reviewed") == [str(project.id)]
    assert shown("?state=granted") == [] and shown("?year=2025") == []
    assert shown("?year=2026&mine=1") == [str(project.id), str(title.id)]
    assert shown(f"?organisation={hall.park.park.id}") == [str(project.id), str(title.id)]
    service.withdraw(title, "不报了", actor=hall.own)
    session.commit()
    assert shown("") == [str(project.id)] and str(title.id) in shown("?state=all")


def test_the_list_goes_out_as_a_workbook(hall, session, sign_in) -> None:
    hall.at(State.SUBMITTED, hall.project)
    session.commit()
    answer = sign_in(hall.officer).get("/applications.xlsx?state=all")
    rows = load_workbook(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    row = next(row for row in rows if row[0] == hall.firm.name)
    assert row[4] == "市级科技计划项目（揭榜挂帅）" and row[7] == "待审核"


def test_many_at_once_go_by_the_verb_of_one_after_a_preview(app, hall, session, sign_in) -> None:
    good, bad = hall.at(State.SUBMITTED, hall.project), hall.at(State.SUBMITTED)
    session.query(YearlyFigures).one().employees = 2000
    session.commit()
    ids = {"application": [str(good.id), str(bad.id)], "act": "review"}
    officer, manager = sign_in(hall.officer), sign_in(hall.manager)

    def answer_to(client, data) -> str:
        page = client.post("/applications/bulk?state=all", data=data).location
        assert page.endswith("?state=all") and "可以离开这一页" in text_of(check_page(client.get(page)))
        assert "HX-Refresh" not in client.get(page.replace("?", "/progress?")).headers
        jobs.work_until_empty(app)
        assert client.get(page.replace("?", "/progress?")).headers["HX-Refresh"] == "true"
        session.expire_all()
        return text_of(check_page(client.get(page)))

    words = answer_to(officer, {**ids, "step": "preview"})
    assert "能办 1 份，不能办 1 份" in words and "职工总数" in words and "确认办理 1 份" in words
    assert (good.state, bad.state) == (State.SUBMITTED, State.SUBMITTED)
    assert "办成 1 份，没有办成 1 份" in answer_to(officer, ids)
    assert (good.state, bad.state) == (State.REVIEWED, State.SUBMITTED)
    assert good.events[-1].actor is hall.officer
    # An officer does not recommend, also not many at once.
    recommended = {"application": [str(good.id)], "act": "recommend"}
    assert "办成 0 份，没有办成 1 份" in answer_to(officer, recommended)
    answer_to(manager, recommended)
    assert good.state is State.RECOMMENDED


def test_what_was_done_for_many_before_it_broke_off_stays_and_is_shown(app, hall, session, sign_in) -> None:
    application = hall.at(State.SUBMITTED, hall.project)
    run = together.ask(actor=hall.officer, ids=[application.id], act="review", done=True)
    session.commit()
    together.work(run.id)
    together.failed(None, run.id)
    session.commit()
    page = sign_in(hall.officer).get(f"/applications/bulk/{run.id}")
    words = text_of(check_page(page))
    assert "办理中断" in words and hall.firm.name in words and "待推荐" in words
    # It is of its own kind, and the officer's alone.
    assert sign_in(hall.officer).get(f"/cases/bulk/{run.id}").status_code == 404
    assert sign_in(hall.manager).get(f"/applications/bulk/{run.id}").status_code == 404


def test_nothing_ticked_or_too_much_is_told(hall, sign_in) -> None:
    officer = sign_in(hall.officer)
    assert "请至少勾选一份申报" in officer.post("/applications/bulk", data={"act": "review"}).text
    answer = officer.post("/applications/bulk", data={"act": "review", "application": [str(n) for n in range(1, 300)]})
    assert answer.status_code == 422 and "一次最多办理 200 份" in answer.text


# --- the administrator's ------------------------------------------------------------------------------------------


def test_an_administrator_adds_a_programme_with_a_window_and_a_firm_sees_it(hall, session, sign_in) -> None:
    administrator = sign_in(hall.park.administrator)
    form = {
        "title": "园区技改补贴",
        "purpose": "new",
        "asks-0-title": "技改内容",
        "asks-0-required": "y",
        "asks-1-title": "上一年营业收入",
        "asks-1-fact": "years.-1.revenue",
        "papers-0-title": "设备发票",
        "papers-0-required": "y",
    }
    answer = administrator.post("/programmes/new", data=form)
    programme = session.scalars(select(Programme).where(Programme.title == "园区技改补贴")).one()
    assert answer.location == f"/programmes/{programme.id}"
    assert [(ask["key"], ask["required"], ask.get("fact")) for ask in programme.asks] == [
        ("a1", True, None),
        ("a2", False, "years.-1.revenue"),
    ]
    window = {"year": "2026", "closes_on": "2026-06-20", "opens_on": "2026-06-21"}
    wrong = administrator.post(f"/programmes/{programme.id}/windows/new", data=window)
    assert wrong.status_code == 200 and "截止日期早于开放日期" in wrong.text
    administrator.post(
        f"/programmes/{programme.id}/windows/new", data={**window, "opens_on": "", "division_code": "430900"}
    )
    check_page(administrator.get(f"/programmes/{programme.id}"))
    own = sign_in(hall.own)
    assert "园区技改补贴" in own.get(f"/firms/{hall.firm.id}/applications").text
    row = session.scalars(select(Window).where(Window.programme_id == programme.id)).one()
    administrator.post(
        f"/programme-windows/{row.id}", data={**window, "opens_on": "", "disabled": "y", "version": str(row.version)}
    )
    page = own.get(f"/firms/{hall.firm.id}/applications").text
    assert "6月20日" not in page
    session.expire_all()
    edited = {**form, "asks-0-key": "a1", "asks-0-title": "", "disabled": "y", "version": str(programme.version)}
    administrator.post(f"/programmes/{programme.id}", data=edited)
    session.expire_all()
    assert [ask["title"] for ask in programme.asks] == ["上一年营业收入"] and programme.disabled
    assert "园区技改补贴" not in own.get(f"/firms/{hall.firm.id}/applications").text


def test_two_administrators_are_told(hall, session, sign_in) -> None:
    administrator = sign_in(hall.park.administrator)
    old = str(hall.project_window.version)
    data = {"year": "2026", "closes_on": "2026-07-01", "opens_on": "2026-06-01", "title": "第一批", "version": old}
    administrator.post(f"/programme-windows/{hall.project_window.id}", data=data)
    again = administrator.post(f"/programme-windows/{hall.project_window.id}", data={**data, "closes_on": "2026-07-09"})
    assert "别人刚刚保存过" in again.text
    session.expire_all()
    assert hall.project_window.closes_on.isoformat() == "2026-07-01"


def test_the_windows_of_a_notice_are_shown_but_not_edited(hall, session, sign_in) -> None:
    application = hall.draft()
    session.commit()
    administrator = sign_in(hall.park.administrator)
    page = administrator.get(f"/programmes/{hall.title.id}").text
    assert "通知里的窗口" in page and "工企业函〔2026〕160号" in page
    assert administrator.get(f"/programme-windows/{application.window_id}").status_code == 404


def test_loading_again_changes_nothing_that_people_edited(hall, session) -> None:
    from crm.applications.loading import load_programmes

    hall.project.title = "我们的揭榜挂帅"
    session.flush()
    number = len(session.scalars(select(Programme)).all())
    load_programmes()
    session.expire_all()
    assert hall.project.title == "我们的揭榜挂帅"
    assert len(session.scalars(select(Programme)).all()) == number


def test_a_firm_merged_keeps_one_application_a_window(hall, session) -> None:
    from crm.applications.merging import applications as rule
    from crm.firms.duplicates.rows import rows_of

    mine = hall.at(State.SUBMITTED, hall.project)
    other = make_firm(session, hall.park.park)
    theirs = Application(
        firm=other, window=mine.window, state=State.SUBMITTED, state_since=TODAY, answers={}, changes=[]
    )
    session.add(theirs)
    session.flush()
    table = Application.__table__

    def rows(firm):
        return rows_of(table, table.c.firm_id, firm.id)

    assert len(rule(rows(hall.firm), rows(other)).forbidden) == 1
    theirs.state = State.WITHDRAWN
    session.flush()
    assert rule(rows(hall.firm), rows(other)).forbidden == []


def test_a_paper_of_the_staffs_own_is_not_named_to_the_firm(hall, session, sign_in) -> None:
    application = hall.draft(hall.project)
    paper = store_document(hall.officer, hall.firm, pdf("内部意见.pdf"), internal=True)
    key = papers_of(application, TODAY)[0].key
    service.attach(application, key, actor=hall.officer, document=paper)
    session.commit()
    page = f"/applications/{application.id}"
    assert "内部意见" in sign_in(hall.officer).get(page).text
    assert "内部意见" not in text_of(check_page(sign_in(hall.own).get(page)))


def test_the_history_tells_of_an_application_in_words(hall, session, sign_in) -> None:
    hall.at(State.RETURNED)
    session.commit()
    words = text_of(check_page(sign_in(hall.officer).get(f"/firms/{hall.firm.id}/history")))
    assert "我们这样写；承诺 3 项" in words and "补充销售合同" in words and "提交的内容，见申报书" in words
    assert "{'" not in words and "declared" not in words
