"""Asking for a comparison, waiting for it, reading it: as a person does it in the browser."""

from __future__ import annotations

import io
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from crm.editions.library import edition_named
from crm.editions.models import EditionRecord
from crm.firms.models import Firm
from crm.kernel import jobs
from crm.ladder.facts import facts_of
from crm.park.models import ComparedFirm, Comparison, Verdict
from crm.policy import Facts, evaluate
from tests.factories import Park, make_firm
from tests.integration.park.crowds import near_the_line
from tests.pages import check_page, text_of
from tests.queries import count_queries

ON = date(2026, 4, 1)
SWITCH = {"rung": "srdi", "purpose": "new", "before": "srdi.2022", "after": "srdi.2026"}
HT_04 = "number criteria[HT-04].value"


def form(park: Park, **values: Any) -> dict[str, Any]:
    return {"on": ON.isoformat(), "organisation_id": park.city.id, **values}


def ask(client: Any, park: Park, address: dict[str, str] | None = None, **values: Any) -> str:
    """Ask by the page; the address of the comparison."""
    answer = client.post("/park/comparisons/new", query_string=address or SWITCH, data=form(park, **values))
    assert answer.status_code == 302, text_of(check_page(answer))
    return urlsplit(answer.headers["Location"]).path


@pytest.fixture
def crowd(session: Any, park: Park) -> None:
    near_the_line(session, park.park, park.officer, ON, 50, seed=5)
    near_the_line(session, park.other_park, park.officer, ON, 20, seed=6)


def test_from_the_empty_list_to_the_firms(app, session, sign_in, park: Park, crowd) -> None:
    client = sign_in(park.administrator)
    assert "还没有做过对比" in text_of(check_page(client.get("/park/comparisons")))
    assert "请选择变更前和变更后的版本" in text_of(check_page(client.get("/park/comparisons/new")))
    page = check_page(client.get("/park/comparisons/new", query_string=SWITCH))
    day = next(element for element in page.iter("input") if element.get("name") == "on")
    assert day.get("value") == "2026-04-01", "the first day of the later edition"

    address = ask(client, park)
    assert "正在测算" in text_of(check_page(client.get(address)))
    waiting = client.get(f"{address}/progress")
    assert "HX-Refresh" not in waiting.headers
    jobs.work_until_empty(app)
    assert client.get(f"{address}/progress").headers["HX-Refresh"] == "true"

    found = session.scalars(select(Comparison)).one()
    counts = found.counts
    text = text_of(check_page(client.get(address)))
    lost = counts["met"]["not_met"] + counts["met"]["unknown"]
    assert f"{lost} 不再符合" in text
    tiles = [
        text_of(element)
        for element in check_page(client.get(address)).iter()
        if element.get("class", "").split()[:1] == ["stat"]
    ]
    assert len(tiles) == 5 and sum(int(tile.split()[0]) for tile in tiles) == 72, "each firm is in one tile"
    assert f"其中 {counts['met']['unknown']} 家变为待补数据" in tiles[1]
    assert "2026年4月1日" in text and "共 72 家企业" in text  # the two of the park fixture among them
    assert f"{lost}" in text_of(check_page(client.get("/park/comparisons")))


def test_the_list_shows_exactly_the_firms_of_a_movement_with_what_is_in_their_way(
    app, session, sign_in, park: Park, crowd
) -> None:
    client = sign_in(park.administrator)
    address = ask(client, park)
    jobs.work_until_empty(app)
    fallen = session.scalars(
        select(ComparedFirm).where(ComparedFirm.before == Verdict.MET, ComparedFirm.after == Verdict.NOT_MET)
    ).all()
    assert 0 < len(fallen) <= 80
    rows, number, page = [], 0, None
    while page is None or f"page={number + 1}" in hrefs(page):
        number += 1
        page = check_page(client.get(address, query_string={"clauses": 1, "movement": "met-not_met", "page": number}))
        rows += [row for table in page.iter("table") for row in table.iter("tr") if "/ladder?" in hrefs(row)]
    assert {name_of(row) for row in rows} == {row.firm.name for row in fallen}
    for row in rows:
        assert "全部符合" in text_of(row) and any(word in text_of(row) for word in ("还差", "超出", "须")), text_of(row)
    assert "on=2026-04-01" in hrefs(rows[0]) and "rung=srdi" in hrefs(rows[0])

    elsewhere = check_page(
        client.get(address, query_string={"clauses": 1, "movement": "met-not_met", "organisation": park.other_park.id})
    )
    shown = {name_of(row) for row in elsewhere.iter("tr") if "/ladder?" in hrefs(row)}
    assert shown == {row.firm.name for row in fallen if row.firm.organisation_id == park.other_park.id}


def test_what_is_in_the_way_comes_after_the_page(app, session, sign_in, park: Park, crowd) -> None:
    """Judging twenty firms twice is not waited for: the page names them and leads to the same page with the clauses."""
    client = sign_in(park.administrator)
    address = ask(client, park)
    jobs.work_until_empty(app)
    page = check_page(client.get(address, query_string={"movement": "met-not_met"}))
    list_ = next(each for each in page.iter("div") if each.get("id") == "compared")
    assert "待判断" in text_of(list_) and "还差" not in text_of(list_)
    later = list_.get("hx-get") or ""
    assert later in hrefs(list_), "without JavaScript a link leads there"
    whole = check_page(client.get(later))
    check_page(client.get(address, query_string={"comparison_id": "9", "_scheme": "x", "_anchor": "y"}))
    judged = next(each for each in whole.iter("div") if each.get("id") == "compared")
    assert judged.get("hx-get") is None and "待判断" not in text_of(judged) and "全部符合" in text_of(judged)
    firms = [
        [link.get("href") for link in each.iter("a") if "/ladder?" in link.get("href", "")] for each in (list_, judged)
    ]
    assert firms[0] == firms[1] != []


def hrefs(element: Any) -> str:
    return " ".join(link.get("href", "") for link in element.iter("a"))


def name_of(row: Any) -> str:
    return text_of(next(row.iter("a")))


def test_a_full_page_of_firms_asks_as_often_as_one_of_five(app, session, sign_in, park: Park) -> None:
    client = sign_in(park.administrator)
    asked = []
    for number in (3, 100):
        for _ in range(number):
            make_firm(session, park.park)
        address = ask(client, park, on="2026-04-02" if number == 3 else "2026-04-03")
        jobs.work_until_empty(app)
        comparison = session.scalars(select(Comparison).order_by(Comparison.id.desc()).limit(1)).one()
        # No firm here has facts: each stays unknown. The list is given its firms by hand.
        for firm_id in session.scalars(select(Firm.id)):
            session.add(
                ComparedFirm(comparison_id=comparison.id, firm_id=firm_id, before=Verdict.MET, after=Verdict.NOT_MET)
            )
        session.commit()
        with count_queries(session) as statements:
            page = check_page(client.get(address, query_string={"clauses": 1, "movement": "lost"}))
        rows = [row for row in page.iter("tr") if "/ladder?" in hrefs(row)]
        asked.append((len(rows), len(statements)))
    assert [rows for rows, _ in asked] == [5, 20]
    assert asked[0][1] == asked[1][1]
    assert "page=2" in hrefs(page)
    assert "此后资料有变" in text_of(page), "the stored verdicts are not those of today's record"


def test_only_numbers_that_differ_count(app, session, sign_in, park: Park, crowd) -> None:
    client = sign_in(park.administrator)
    same = {"rung": "hte", "purpose": "new", "before": "hte.2016", "after": "hte.2016"}
    page = check_page(client.get("/park/comparisons/new", query_string=same))
    fields = {element.get("name"): element.get("value") for element in page.iter("input")}
    assert fields[HT_04] == "10", "ratios are typed in per cent"
    numbers = {name: value for name, value in fields.items() if name and name.startswith("number ")}

    answer = client.post("/park/comparisons/new", query_string=same, data=form(park, **numbers))
    assert answer.status_code == 422
    assert "完全一样" in text_of(check_page(answer))

    address = ask(client, park, same, **{**numbers, HT_04: "15 %"})
    jobs.work_until_empty(app)
    assert session.scalars(select(Comparison.numbers)).one() == {"criteria[HT-04].value": "3/20"}
    text = text_of(check_page(client.get(address)))
    assert "10% → 15%" in text and "改动 1 个数字" in text
    book = CalamineWorkbook.from_filelike(io.BytesIO(client.get(f"{address}.xlsx").data))
    assert ["改动的数字", "criteria[HT-04].value = 0.15"] in [row[:2] for row in book.get_sheet_by_index(0).to_python()]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("十五", "不是数字"), ("-5", "不能是负数"), ("9" * 30, "数字太大"), ("1.23456", "小数最多 4 位")],
)
def test_a_number_that_is_none_is_refused_beside_its_field(session, sign_in, park: Park, typed, sentence) -> None:
    same = {"rung": "hte", "purpose": "new", "before": "hte.2016", "after": "hte.2016"}
    answer = sign_in(park.officer).post(
        "/park/comparisons/new", query_string=same, data=form(park, organisation_id=park.park.id, **{HT_04: typed})
    )
    assert answer.status_code == 422
    page = check_page(answer)
    assert sentence in text_of(page)
    details = next(element for element in page.iter("details") if sentence in text_of(element))
    assert "open" in details.attrib, "the wrong field is in sight"
    assert session.scalars(select(Comparison)).all() == []


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"on": "1980-01-01"}, "之间的日期"),
        ({"on": "2026-02-30"}, "没有“2026-02-30”这一天"),
        ({"on": ""}, "请填写日期"),
        ({"organisation_id": 999999}, ""),
    ],
)
def test_a_day_or_an_organisation_that_makes_no_sense_is_refused(
    session, sign_in, park: Park, values, sentence
) -> None:
    answer = sign_in(park.officer).post(
        "/park/comparisons/new", query_string=SWITCH, data=form(park, **{"organisation_id": park.park.id, **values})
    )
    assert answer.status_code == 422
    assert sentence in text_of(check_page(answer))
    assert session.scalars(select(Comparison)).all() == []


@pytest.mark.parametrize(
    "address",
    [
        {"rung": "nothing", "before": "nowhere"},
        {"rung": "hte", "before": "srdi.2022", "after": "srdi.2026"},
        {"rung": "srdi", "purpose": "review", "before": "srdi.2022", "after": "srdi.2026"},
        {"before": "srdi.2022", "after": "srdi.2026.review"},
    ],
)
def test_editions_that_do_not_fit_together_are_not_taken(sign_in, park: Park, address) -> None:
    page = check_page(sign_in(park.officer).get("/park/comparisons/new", query_string=address))
    assert "开始测算" not in text_of(page)


def test_an_address_that_names_two_editions_is_enough(sign_in, park: Park) -> None:
    client = sign_in(park.officer)
    two = {"before": "little_giant.2022", "after": "little_giant.2026"}
    assert "开始测算" in text_of(check_page(client.get("/park/comparisons/new", query_string=two)))


def test_nobody_sees_what_lies_outside_their_scope(app, session, sign_in, park: Park) -> None:
    address = ask(sign_in(park.administrator), park)
    for stranger in (park.officer, park.other_manager):
        for path in (address, f"{address}/progress", f"{address}.xlsx"):
            assert sign_in(stranger).get(path).status_code == 404, path
        assert sign_in(stranger).post(f"{address}/delete").status_code == 404
        assert "还没有做过对比" in text_of(check_page(sign_in(stranger).get("/park/comparisons")))
    answer = sign_in(park.officer).post("/park/comparisons/new", query_string=SWITCH, data=form(park))
    assert answer.status_code == 422, "an officer does not ask for the whole city"
    assert sign_in(park.firm_user).get("/park/comparisons").status_code == 403


def test_only_who_asked_deletes(app, session, sign_in, park: Park, crowd) -> None:
    address = ask(sign_in(park.officer), park, organisation_id=park.park.id)
    jobs.work_until_empty(app)
    manager = sign_in(park.manager)
    assert "删除" not in text_of(check_page(manager.get(address)))
    manager.post(f"{address}/delete")
    assert "只能删除自己发起的对比" in text_of(check_page(manager.get(address)))
    assert sign_in(park.officer).post(f"{address}/delete").status_code == 302
    assert session.scalars(select(Comparison)).all() == []
    assert session.scalars(select(ComparedFirm)).all() == []


def test_the_workbook_has_the_counts_and_every_firm(app, session, sign_in, park: Park, crowd) -> None:
    client = sign_in(park.administrator)
    address = ask(client, park)
    assert client.get(f"{address}.xlsx").status_code == 400, "there is nothing to take away yet"
    make_firm(session, park.park, "=1+1有限公司")
    jobs.work_until_empty(app)
    book = CalamineWorkbook.from_filelike(io.BytesIO(client.get(f"{address}.xlsx").data))
    summary, firms = (book.get_sheet_by_index(place).to_python() for place in (0, 1))
    counts = session.scalars(select(Comparison.counts)).one()
    cells = {row[0]: row for row in summary}
    assert cells["符合"][1:4] == [counts["met"]["met"], counts["met"]["unknown"], counts["met"]["not_met"]]
    assert len(firms) - 1 == len(session.scalars(select(ComparedFirm)).all()) > 0
    assert firms[0] == ["企业", "统一社会信用代码", "园区", "变更前", "变更后"]


# --- drafts ------------------------------------------------------------------------------------------------------

DRAFT = {"before": "srdi.2026", "after": "srdi.2027"}
REVENUE = "criteria[Z26-2a].any[0].value"


@pytest.fixture
def made(session: Any, sign_in: Any, park: Park) -> Any:
    """A draft made by page: a copy of 2号 that asks for 7,000 万元 of revenue instead of 1,500. Its administrator's browser."""
    client = sign_in(park.administrator)
    copy = client.post("/editions/srdi.2026/copy", data={"name": "srdi.2027", "since": "2027-01-01"})
    assert copy.status_code == 302
    change_revenue(client, "7000")
    return client


def change_revenue(client: Any, typed: str) -> None:
    page = check_page(client.get("/editions/srdi.2027/numbers"))
    form = next(form for form in page.iter("form") if any(field.get("name") == REVENUE for field in form.iter("input")))
    fields = {field.get("name"): field.get("value") or "" for field in form.iter("input")}
    assert client.post("/editions/srdi.2027/numbers", data={**fields, REVENUE: typed}).status_code == 302


def test_who_a_draft_would_bring_and_cost_is_what_the_exact_reading_says(app, session, park: Park, crowd, made) -> None:
    page = check_page(made.get("/park/comparisons/new", query_string=DRAFT))
    day = next(element for element in page.iter("input") if element.get("name") == "on")
    assert day.get("value") == "2027-01-01", "the draft's first day"
    address = ask(made, park, DRAFT)
    jobs.work_until_empty(app)

    before, after = edition_named("srdi.2026"), edition_named("srdi.2027", drafts=True)
    by_hand = {}
    for firm in session.scalars(select(Firm)):
        facts = Facts.from_document(facts_of(firm, ON).document)
        by_hand[firm.name] = evaluate(before, facts, ON).verdict, evaluate(after, facts, ON).verdict
    lost = {name for name, pair in by_hand.items() if pair == ("met", "not_met")}
    page = check_page(made.get(address, query_string={"clauses": 1, "movement": "met-not_met"}))
    rows = [row for row in page.iter("tr") if "/ladder?" in hrefs(row)]
    assert lost and {name_of(row) for row in rows} == lost
    assert all("营业收入还差" in text_of(row) for row in rows)


def test_a_draft_is_for_those_who_may_write_it(app, session, sign_in, park: Park, made) -> None:
    manager = sign_in(park.manager)
    page = text_of(check_page(manager.get("/park/comparisons/new", query_string=DRAFT)))
    assert "开始测算" not in page and "没有可用的版本 srdi.2027" in page
    address = ask(made, park, DRAFT, organisation_id=park.park.id)
    jobs.work_until_empty(app)
    assert manager.get(address).status_code == 404
    assert "还没有做过对比" in text_of(check_page(manager.get("/park/comparisons")))


def test_a_draft_that_changed_or_went_since_is_said(app, session, park: Park, crowd, made) -> None:
    address = ask(made, park, DRAFT)
    jobs.work_until_empty(app)
    assert "又改过" not in text_of(check_page(made.get(address)))
    change_revenue(made, "8000")
    assert "版本在测算之后又改过" in text_of(check_page(made.get(address)))
    waiting = ask(made, park, DRAFT)
    version = session.scalars(select(EditionRecord.version)).one()
    assert made.post("/editions/srdi.2027/discard", data={"version": version}).status_code == 302
    text = text_of(check_page(made.get(address)))
    assert "参加对比的版本有一个已不在" in text and "不再符合" in text
    jobs.work_until_empty(app)
    failed = text_of(check_page(made.get(waiting)))
    assert "没有算出结果" in failed and "srdi.2027" in failed


def test_a_firm_that_went_elsewhere_is_not_shown_to_those_it_left(app, session, sign_in, park: Park, crowd) -> None:
    client = sign_in(park.officer)
    address = ask(client, park, organisation_id=park.park.id)
    jobs.work_until_empty(app)
    moved = session.scalars(
        select(Firm).join(ComparedFirm).where(ComparedFirm.before == Verdict.MET, ComparedFirm.after == Verdict.NOT_MET)
    ).first()
    pages = (f"{address}?movement=met-not_met", f"{address}.xlsx")

    def shown(page: str) -> str:
        answer = client.get(page)
        if page.endswith("xlsx"):
            return str(CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(1).to_python())
        return answer.text

    assert all(moved.name in shown(page) for page in pages)
    moved.organisation = park.other_park
    session.commit()
    assert not any(moved.name in shown(page) for page in pages)


def test_a_worker_that_died_in_the_middle_is_not_shown_as_working(app, session, sign_in, park: Park) -> None:
    client = sign_in(park.officer)
    address = ask(client, park, organisation_id=park.park.id)
    jobs.note_progress(f"comparison-{address.rpartition('/')[2]}", 30, 100)
    assert "这次测算中断了" in text_of(check_page(client.get(address)))


@pytest.mark.parametrize(
    ("day", "sentence"), [(" ", "请填写日期"), ("gestern", "“gestern”不是日期"), ("9999-12-31", "之间的日期")]
)
def test_a_day_that_is_none_is_said(session, sign_in, park: Park, day: str, sentence: str) -> None:
    answer = sign_in(park.officer).post(
        "/park/comparisons/new", query_string=SWITCH, data=form(park, organisation_id=park.park.id, on=day)
    )
    assert answer.status_code == 422
    assert sentence in text_of(check_page(answer))
