"""Pages of the staff: their list, many at once, programmes and windows, and what is told of an application elsewhere."""

from __future__ import annotations

import io
from datetime import timedelta

from python_calamine import load_workbook
from sqlalchemy import select

from crm.applications import service, together
from crm.applications.machine import State
from crm.applications.models import Application, Programme, Window
from crm.applications.papers import papers_of
from crm.firms.documents.service import store_document
from crm.firms.figures.models import YearlyFigures
from crm.kernel import jobs
from tests.factories import make_firm
from tests.integration.ladder.makers import TODAY, pdf
from tests.pages import check_page, text_of

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


def test_a_question_put_in_place_of_another_does_not_inherit_its_answers(hall, session, sign_in) -> None:
    hall.project.asks = [{"key": "a1", "title": "技改内容", "title_en": "Content", "required": True}]
    application = hall.fill(hall.draft(hall.project))
    session.commit()
    assert application.answers["words"] == {"a1": "我们这样写"}
    form = {"title": hall.project.title, "purpose": hall.project.purpose.value, "asks-0-key": "a1", "asks-0-title": ""}
    administrator = sign_in(hall.park.administrator)
    for more in ({}, {"asks-1-key": "", "asks-1-title": "设备清单"}):  # taken out, and another put in
        data = {**form, **more, "version": str(hall.project.version)}
        assert administrator.post(f"/programmes/{hall.project.id}", data=data).status_code == 302
        session.expire_all()
    [ask] = hall.project.asks
    assert ask["title"] == "设备清单" and ask["key"] not in application.answers["words"]


def test_a_programme_and_its_window_stand_once_and_the_days_belong_to_the_year(hall, session, sign_in) -> None:
    administrator = sign_in(hall.park.administrator)
    assert (
        "已有一个项目叫"
        in administrator.post("/programmes/new", data={"title": hall.project.title, "purpose": "new"}).text
    )
    new = f"/programmes/{hall.project.id}/windows/new"
    data = {
        "year": "2026",
        "title": "第一批",
        "division_code": "430900",
        "opens_on": "2026-06-01",
        "closes_on": "2026-06-30",
    }
    assert "已经有了" in administrator.post(new, data=data).text
    assert "对不上" in administrator.post(new, data={**data, "closes_on": "2062-06-30"}).text
    assert administrator.post(new, data={**data, "title": "第二批"}).status_code == 302
    same = {**data, "version": str(hall.project_window.version)}
    assert administrator.post(f"/programme-windows/{hall.project_window.id}", data=same).status_code == 302


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
    assert "项目申报 · 科技型中小企业" in words and "申报材料" in words
