"""Facts changed in thought: clauses and verdict move at once, nothing is written, bad input stands at its field."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from sqlalchemy import func, select

from crm.firms.figures.models import YearlyFigures
from crm.firms.models import Firm, FirmFact
from crm.kernel.audit import Change
from tests.factories import Park
from tests.integration.outlook.makers import ON, TODAY, WAN
from tests.pages import check_page, parse, text_of
from tests.queries import count_queries

HTMX = {"HX-Request": "true"}


@pytest.fixture
def ask(park: Park, firm: Firm, sign_in):
    """ask(who="officer", headers=None, **fields) → the answer of the what-if of the worked firm under hte."""

    def call(who: str = "officer", headers: Any = None, **fields: Any):
        query = {"rung": "hte", "on": ON, **{name.replace("__", "."): value for name, value in fields.items()}}
        return sign_in(getattr(park, who)).get(f"/firms/{firm.id}/what-if", query_string=query, headers=headers)

    return call


def by_id(tree: Element, name: str) -> Element:
    found = next((element for element in tree.iter() if element.get("id") == name), None)
    assert found is not None, f"nothing has the id {name}"
    return found


def bar(answer) -> str:
    html = answer.text if "<html" in answer.text else f"<!doctype html><title>.</title>{answer.text}"
    return text_of(by_id(parse(html), "what-if-bar"))


def changed(answer) -> str:
    """The text of the card of changed clauses."""
    outcome = text_of(by_id(parse(answer.text), "outcome"))
    return outcome.partition("有变化的条款")[2].partition("改动了什么")[0]


def test_the_page_shows_every_fact_the_edition_reads_with_what_is_known(ask) -> None:
    answer = ask()
    tree = check_page(answer)
    for name, value in {
        "years.2025.rd": "193.8",
        "years.2023.revenue": "3000",
        "registered_on": "2019-04-12",
        "expert.ip_advancement": "6",
        "expert.ip_quantity": "",
        "add.ip.invention": "",
    }.items():
        assert (by_id(tree, name).get("value") or "") == value, name
    assert "不符合" in bar(answer)
    assert "还没有改动" in bar(answer)


def test_more_rd_meets_the_clause_and_shows_what_it_was(ask) -> None:
    just_below, enough = ask(years__2025__rd="239.99"), ask(years__2025__rd="240")
    assert "还差 0.01 万元" in changed(just_below)
    assert "4.58%" in changed(enough), "what it was"
    assert "5%" in changed(enough)
    assert "HT-05a" in changed(enough)
    assert "HT-05b" not in changed(enough), "another firm's band"
    assert bar(just_below).count("不符合") == 1
    assert "符合" in bar(enough).partition("变为")[0]
    assert "档案：193.8 万元" in enough.text


def test_a_fact_is_made_unknown_by_leaving_it_blank(ask) -> None:
    answer = ask(years__2025__st_staff="")
    assert "HT-04" in changed(answer)
    assert "待补数据" in changed(answer)
    assert "档案：14 人" in answer.text


def test_the_same_number_in_other_words_changes_nothing(ask) -> None:
    assert "还没有改动" in bar(ask(years__2025__rd="193.80", expert__ip_advancement="6.0"))


def test_rights_are_added_left_out_and_a_list_made_unknown(ask) -> None:
    added = ask(add__ip__utility_model="3")
    assert "另加 3 项" in added.text
    assert "5 件" in changed(added)
    tree = parse(ask().text)
    marks = [box.get("value") for box in tree.iter("input") if box.get("name") == "leave.ip"]
    assert len(marks) == 2
    without = ask(leave__ip=marks)
    assert "HT-02" in changed(without)
    assert "还差 1 件" in changed(without)
    unknown = ask(list__ip="unknown")
    assert "HT-02" in changed(unknown)
    assert "待补数据" in changed(unknown)


def test_what_is_added_stands_beside_what_there_is_of_its_kind(ask) -> None:
    """The firm has one invention and one utility model: two rights, and no software."""
    tree = parse(ask(add__ip__invention="1", add__ip__software="2").text)
    assert text_of(by_id(tree, "note-add-ip-invention")) == "档案：1 项"
    assert text_of(by_id(tree, "note-add-ip-software")) == "档案：0 项"


def test_of_a_rung_that_is_reached_the_facts_are_folded_by_group(session, park: Park, firm: Firm, ask) -> None:
    """Nothing is to be looked at first, and nobody has to scroll past everything.

    R&D is 550 of 11,000, 5 %. IP 8 + 8 + 8 + 6, transfers 19 at least, management 16, growth 10 at least: 75 points.
    """
    for figures in session.scalars(select(YearlyFigures).where(YearlyFigures.firm_id == firm.id)):
        figures.rd = figures.rd_domestic = Decimal(240 * WAN) if figures.year == 2025 else figures.rd
    points = {"ip_advancement": 8, "ip_core_support": 8, "ip_acquisition": 6, "ip_quantity": 8}
    for fact in session.scalars(select(FirmFact).where(FirmFact.firm_id == firm.id)):
        fact.value = points.pop(fact.key.removeprefix("expert."), fact.value)
    for name, value in points.items():
        session.add(FirmFact(firm=firm, key=f"expert.{name}", value=value, as_of=TODAY, entered_by=park.officer))
    session.commit()
    answer = ask()
    assert "先看这些" not in answer.text, "all is met"
    folds = [each for each in check_page(answer).iter("details") if each.get("open") is None]
    titles = [text_of(next(each.iter("summary"))) for each in folds]
    assert {"研发", "知识产权"} <= set(titles), titles


def test_nothing_is_written(session, firm: Firm, ask) -> None:
    before = session.scalar(select(func.count()).select_from(Change))
    assert ask(years__2025__rd="999", add__ip__invention="2", registered_on="2020-01-01").status_code == 200
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(Change)) == before
    assert (by_id(parse(ask().text), "years.2025.rd").get("value")) == "193.8"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("years.2025.rd", "很多", "“很多”不是数字"),
        ("years.2025.employees", "-3", "不能是负数"),
        ("registered_on", "2019-02-30", "没有“2019-02-30”这一天"),
        ("tech_field", "9", "请从列出的选项中选一个"),
        ("add.ip.invention", "1.5", "请填整数"),
        ("add.ip.invention", "100", "数字太大"),
        ("years.2025.rd", "1" * 30, "数字太大"),
        ("list.ip", "none", "请从列出的选项中选一个"),
    ],
)
def test_bad_input_stands_at_its_field_and_nothing_is_judged(ask, name: str, value: str, sentence: str) -> None:
    whole, part = ask(**{name: value}), ask(headers=HTMX, **{name: value})
    tree = check_page(whole)
    note = by_id(tree, f"note-{name.replace('.', '-')}")
    assert sentence in text_of(note)
    assert (part.status_code, "有填写错误，未测算" in bar(part)) == (422, True)
    assert sentence in part.text
    assert "改动了什么" not in part.text
    assert text_of(note) in text_of(by_id(tree, "outcome")), "the summary leads to the field"


def test_more_rd_than_revenue_is_allowed_with_a_warning(ask) -> None:
    answer = ask(years__2025__rd="5000")
    assert "研发费用高于营业收入" in text_of(by_id(parse(answer.text), "note-years-2025-rd"))
    assert "有变化的条款" in answer.text


def test_by_htmx_only_the_answer_comes_and_the_address_follows(ask, firm: Firm) -> None:
    answer = ask(headers=HTMX, years__2025__rd="240", years__2025__revenue="4400", expert__ip_quantity="")
    assert "<html" not in answer.text
    for part in ('id="outcome"', 'id="what-if-bar"', 'id="note-years-2025-rd"'):
        assert part in answer.text
    assert answer.headers["HX-Replace-Url"] == f"/firms/{firm.id}/what-if?rung=hte&on={ON}&years.2025.rd=240"


def test_what_the_edition_does_not_read_is_said(ask) -> None:
    answer = ask(years__2025__operating_cash_flow="3", market_share="12")
    assert "有 2 项改动与这一级的条款无关" in answer.text


def test_a_day_without_an_edition_is_said(park: Park, firm: Firm, sign_in) -> None:
    answer = sign_in(park.officer).get(f"/firms/{firm.id}/what-if?rung=hte&on=1999-01-01&years.2025.rd=3")
    check_page(answer)
    assert "这一天没有可用的认定条件版本" in answer.text


def test_by_htmx_a_day_without_an_edition_opens_the_page_that_says_so(park: Park, firm: Firm, sign_in) -> None:
    address = f"/firms/{firm.id}/what-if?rung=hte&on=1999-01-01"
    answer = sign_in(park.officer).get(address, headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, address)


@pytest.mark.parametrize("path", ["outlook", "outlook/ways", "what-if"])
def test_a_day_too_far_off_is_refused_with_a_sentence(park: Park, firm: Firm, sign_in, path: str) -> None:
    answer = sign_in(park.officer).get(f"/firms/{firm.id}/{path}?rung=listed_star&on=9999-12-31")
    told = text_of(check_page(answer))
    assert path.endswith("ways") or "请填不晚于" in told


@pytest.mark.parametrize("number", ["99999999999", "7", "x"])
def test_a_scenario_that_is_gone_is_said(park: Park, firm: Firm, ask, number: str) -> None:
    assert "要打开的方案不在了" in text_of(check_page(ask(scenario=number)))
    assert "要打开的方案不在了" not in text_of(check_page(ask()))


@pytest.mark.parametrize(
    "query", ["rung=nonsense", "on=gestern", "purpose=nonsense", "scenario=99999999999", "scenario=x"]
)
def test_a_strange_address_still_gives_a_page(park: Park, firm: Firm, sign_in, query: str) -> None:
    assert check_page(sign_in(park.officer).get(f"/firms/{firm.id}/what-if?{query}")) is not None


def test_a_firm_changes_its_own_facts_and_nobody_elses(park: Park, firm: Firm, ask, sign_in) -> None:
    assert "HT-05a" in changed(ask(who="firm_user", years__2025__rd="240"))
    assert sign_in(park.other_firm_user).get(f"/firms/{firm.id}/what-if").status_code == 404
    assert sign_in(park.other_officer).get(f"/firms/{firm.id}/what-if").status_code == 404


def test_changes_ask_the_database_nothing_more(session, ask) -> None:
    ask()
    with count_queries(session) as plain:
        ask()
    with count_queries(session) as with_changes:
        ask(years__2025__rd="240", add__ip__invention="2", expert__ip_quantity="8")
    assert len(with_changes) == len(plain)
    with count_queries(session) as fragment:
        ask(headers=HTMX, years__2025__rd="240")
    assert len(fragment) <= 16, fragment


def test_without_javascript_the_whole_form_is_sent_and_means_the_same(ask, park: Park, firm: Firm, sign_in) -> None:
    form = next(form for form in parse(ask().text).iter("form") if "what-if__facts" in (form.get("class") or ""))
    sent = {box.get("name"): box.get("value") or "" for box in form.iter("input") if box.get("type") != "checkbox"}
    for box in form.iter("select"):
        chosen = next((each for each in box.iter("option") if each.get("selected") is not None), None)
        sent[box.get("name")] = (chosen.get("value") or "") if chosen is not None else ""
    assert len(sent) > 40
    answer = sign_in(park.officer).get(f"/firms/{firm.id}/what-if", query_string={**sent, "years.2025.rd": "240"})
    check_page(answer)
    assert "改 1 项" in bar(answer)
