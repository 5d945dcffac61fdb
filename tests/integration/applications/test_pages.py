"""Pages of applications, as the firm, the officer, the manager and the administrator use them."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.applications.fits import Fit, offer_fits
from crm.applications.machine import State
from crm.applications.models import Application, Window
from crm.firms.figures.models import YearlyFigures
from crm.firms.models import Division
from crm.ladder.models import CaseStatus
from tests.factories import make_firm
from tests.integration.applications.pressing import only, upload, version
from tests.integration.ladder.makers import TODAY
from tests.pages import check_page, text_of
from tests.pdf import pages_of
from tests.queries import count_queries

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


def test_one_action_of_the_page_stands_out(hall, session, sign_in) -> None:
    """Several windows are open and nothing speaks against them: the one that closes first is the one to begin with."""
    for number, programme in enumerate((hall.project, hall.title), 1):
        session.add(
            Window(
                programme=programme,
                year=2026,
                title=f"加批{number}",
                division_code="430900",
                opens_on=TODAY - timedelta(days=3),
                closes_on=TODAY + timedelta(days=number),
            )
        )
    session.commit()
    for user in (hall.own, hall.officer):
        page = check_page(sign_in(user).get(f"/firms/{hall.firm.id}/applications"))
        [first] = [each for each in page.iter("button") if "btn-primary" in (each.get("class") or "")]
        assert first.get("aria-label") == f"去申报：{hall.project.title}"
