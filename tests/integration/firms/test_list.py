"""The list of firms: who sees which, found by what, narrowed by what, and at what cost."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask

from crm.firms import search, service
from crm.firms.models import Chain, Firm, FirmGram, FirmStatus, Industry
from crm.firms.queries import Filter
from crm.firms.tabs import Badge
from crm.kernel import clock
from crm.visits import service as visits
from crm.web.formatting import day
from tests.factories import Park, credit_code, make_firm
from tests.pages import check_page, text_of
from tests.queries import count_queries


@pytest.fixture
def names(sign_in, park):
    """names(q=…, …) → the names on the list as the manager of the county sees it."""
    client = sign_in(park.manager)

    def ask(**arguments) -> list[str]:
        tree = check_page(client.get("/firms", query_string=arguments))
        return [link.text for link in tree.findall(".//tbody//th//a")]

    return ask


@pytest.fixture
def firms(session, park: Park) -> dict[str, Firm]:
    """A handful of firms in the county, in no order."""
    made = {
        name: make_firm(session, park.park, name, **values)
        for name, values in {
            "益阳重庆路竹艺有限公司": {},
            "湖南蓝海生物科技股份有限公司": {"short_name": "蓝海生物", "stock_code": "300999"},
            "ＴＣＬ（益阳）电子厂": {"status": FirmStatus.REVOKED},
            "360智能装备有限责任公司": {"registration_number": "430900000012345", "credit_code": None},
        }.items()
    }
    session.commit()
    return made


def test_the_bar_offers_titles_and_stages_and_keeps_what_was_chosen(sign_in, park: Park) -> None:
    tree = check_page(sign_in(park.officer).get("/firms?held=none&stage=pool&rung=hte"))
    chosen = {
        each.get("name"): [option.get("value") for option in each.iter("option") if option.get("selected") is not None]
        for each in tree.iter("select")
    }
    assert (chosen["held"], chosen["stage"]) == (["none"], ["pool"])
    kept = [each.get("name") for each in tree.iter("input") if each.get("type") == "hidden"]
    assert "rung" in kept


def test_firms_that_nobody_visited_for_long_are_found_and_each_row_says_when_somebody_was_there(
    session, park: Park, firms, names, sign_in
) -> None:
    made = list(firms.values())
    for firm, days in zip(made[:3], (29, 91, 400), strict=True):
        visits.log_visit(park.officer, firm, visits.Account(on=clock.today() - timedelta(days=days), said="看了车间。"))
    visits.log_visit(park.officer, made[2], visits.Account(on=clock.today() - timedelta(days=5), said="又去了一次。"))
    session.commit()
    never = {made[3].name, park.firm.name}
    assert {*names(unseen="never")} == never
    assert {*names(unseen="30")} == {*names(unseen="90")} == {made[1].name, *never}
    assert {*names(unseen="180")} == never
    assert {*names(unseen="180", status="active")} <= never
    assert {*names(unseen="nonsense")} == {firm.name for firm in made} | {park.firm.name}
    tree = check_page(sign_in(park.officer).get("/firms?unseen=90&page=1"))
    chosen = [option.get("value") for option in tree.iter("option") if option.get("selected") is not None]
    assert "90" in chosen
    notes = {text_of(each) for each in tree.iter("span") if "上次走访" in text_of(each)}
    on = day(clock.today() - timedelta(days=91))
    assert notes == {f"上次走访：{on}", "上次走访：从未"}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("竹艺", "益阳重庆路竹艺有限公司"),  # two characters
        ("重庆路竹艺", "益阳重庆路竹艺有限公司"),
        ("蓝海 科技", "湖南蓝海生物科技股份有限公司"),  # two words
        ("蓝海生物", "湖南蓝海生物科技股份有限公司"),  # the short name too
        ("yycqlzy", "益阳重庆路竹艺有限公司"),  # initials; 重 read as chong
        ("CQL", "益阳重庆路竹艺有限公司"),
        ("lanhai", "湖南蓝海生物科技股份有限公司"),  # pinyin
        ("zhuyi", "益阳重庆路竹艺有限公司"),
        ("tcl", "ＴＣＬ（益阳）电子厂"),  # full width, brackets
        ("TCL益阳", "ＴＣＬ（益阳）电子厂"),
        ("厂", "ＴＣＬ（益阳）电子厂"),  # one character, the last of its name
        ("竹", "益阳重庆路竹艺有限公司"),
        ("360", "360智能装备有限责任公司"),
        ("300999", "湖南蓝海生物科技股份有限公司"),  # stock code
        ("0012345", "360智能装备有限责任公司"),  # a piece of the registration number
        ("责任", "360智能装备有限责任公司"),  # a pair too common to be indexed
    ],
)
def test_search_finds(typed: str, found: str, names, firms) -> None:
    assert names(q=typed) == [found]


def test_search_by_credit_code_whole_and_in_part(names, firms) -> None:
    code = firms["益阳重庆路竹艺有限公司"].credit_code
    for typed in (code, code.lower(), code[10:18], code[9:16]):
        assert "益阳重庆路竹艺有限公司" in names(q=typed)
    assert names(q=code) == ["益阳重庆路竹艺有限公司"]


def test_search_that_finds_nothing_says_what_to_try(names, sign_in, park, firms) -> None:
    assert names(q="并不存在") == []
    assert names(q="xqzk") == []
    page = sign_in(park.manager).get("/firms?q=并不存在").text
    assert "没有符合条件的企业" in page


def test_common_words_and_blanks_list_everything_in_pinyin_order(names, firms) -> None:
    everything = names()
    assert names(q="  ") == everything
    assert [name for name in everything if name in firms] == [
        "360智能装备有限责任公司",
        "湖南蓝海生物科技股份有限公司",
        "ＴＣＬ（益阳）电子厂",
        "益阳重庆路竹艺有限公司",
    ]
    assert "ＴＣＬ（益阳）电子厂" not in names(q="有限公司")
    assert "益阳重庆路竹艺有限公司" in names(q="公司")


def test_former_name_finds_the_firm_and_stands_under_it(session, names, park, firms, sign_in) -> None:
    firm = firms["益阳重庆路竹艺有限公司"]
    service.rename(actor=park.officer, firm=firm, name="桃江青竹科技有限公司", on=date(2026, 1, 5))
    session.commit()
    assert names(q="竹艺") == ["桃江青竹科技有限公司"]
    assert names(q="青竹") == ["桃江青竹科技有限公司"]
    assert "曾用名：益阳重庆路竹艺有限公司" in sign_in(park.manager).get("/firms?q=竹艺").text


def test_list_shows_only_the_scope(names, park, sign_in) -> None:
    assert names() == ["益阳云梯精密机械有限公司"]
    assert names(q="远山") == []
    assert "远山新材料" in sign_in(park.other_officer).get("/firms?q=远山").text
    assert sign_in(park.firm_user).get("/firms").status_code == 403


def test_filters(session, names, park, firms) -> None:
    session.add_all([Industry(code="X", name="试验门类", level="门类"), Chain(name="试验链", name_en="Trial")])
    session.flush()
    session.add(Industry(code="X99", name="试验大类", level="大类", parent_code="X"))
    session.flush()
    chain = session.query(Chain).filter_by(name="试验链").one()
    firm = firms["湖南蓝海生物科技股份有限公司"]
    firm.industry_code, firm.chain_id, firm.officer_id = "X99", chain.id, park.officer.id
    session.commit()
    assert names(industry="X") == [firm.name]
    assert names(chain=chain.id) == [firm.name]
    assert names(status="revoked") == ["ＴＣＬ（益阳）电子厂"]
    assert names(officer=park.officer.id) == [firm.name, "益阳云梯精密机械有限公司"]
    assert "益阳云梯精密机械有限公司" not in names(officer="none")
    assert names(organisation=park.county.id) == names()
    assert names(organisation=park.other_park.id) == []
    assert names(officer=park.officer.id, q="蓝海") == [firm.name]
    # What means nothing is left out, not an error.
    assert names(organisation="x", officer="x", chain="x", status="x", division="x") == names()


def test_active_filters_are_chips_that_can_be_taken_away(park, sign_in) -> None:
    tree = check_page(sign_in(park.manager).get(f"/firms?status=active&officer={park.officer.id}&q=云梯&page=1"))
    links = {link.get("aria-label"): link.get("href") for link in tree.iter("a")}
    assert f"officer={park.officer.id}" in links["去掉条件：登记状态 在业"]
    assert "status" not in links["去掉条件：登记状态 在业"]
    assert "officer" not in links["去掉条件：专员 专员甲"]


def test_what_an_address_says_is_never_taken_for_the_words_of_an_address(park, sign_in) -> None:
    tree = check_page(sign_in(park.manager).get("/firms?status=active&_scheme=gopher&endpoint=x&q=竹"))
    [link] = [link.get("href") for link in tree.iter("a") if link.get("aria-label") == "去掉条件：登记状态 在业"]
    assert link == "/firms?q=%E7%AB%B9"


def test_a_chain_is_called_in_the_readers_language(session, park, sign_in) -> None:
    chain = Chain(name="竹产业", name_en="Bamboo")
    session.add(chain)
    firm = make_firm(session, park.park, chain=chain)
    session.commit()
    client = sign_in(park.manager)
    client.post("/language", data={"language": "en"})
    tree = check_page(client.get(f"/firms?chain={chain.id}"))
    assert "Bamboo" in [text_of(option) for option in tree.iter("option") if option.get("selected") is not None]
    assert any("Bamboo" in (link.get("aria-label") or "") for link in tree.iter("a")), "the chip"
    assert "Bamboo" in text_of(check_page(client.get(f"/firms/{firm.id}/profile")))


def test_rooms_above_offer_filters_and_badges(app: Flask, monkeypatch, park, names, firms, sign_in) -> None:
    name = "湖南蓝海生物科技股份有限公司"
    firm_id = firms[name].id
    monkeypatch.setitem(
        app.extensions, "firm_filters", {"trial": Filter("试验", lambda value: Firm.id == int(value), str)}
    )
    monkeypatch.setitem(app.extensions, "firm_list_badges", lambda _ids: {firm_id: [Badge("试验徽章", "rung-2")]})
    assert names(trial=firm_id) == [name]
    page = sign_in(park.manager).get(f"/firms?trial={firm_id}").text
    assert "试验徽章" in page
    assert f'name="trial" value="{firm_id}"' in page  # searching on keeps the condition


def test_pages_of_80_in_order_without_gap_or_double(session, names, park) -> None:
    for number in range(95):
        make_firm(session, park.park, f"分页企业{number:03d}有限公司")
    session.commit()
    first, second = names(q="分页"), names(q="分页", page=2)
    assert (len(first), len(second)) == (80, 15)
    assert first + second == [f"分页企业{number:03d}有限公司" for number in range(95)]


def test_cost_of_the_list_does_not_grow_with_its_rows(session, park, sign_in) -> None:
    client = sign_in(park.manager)
    client.get("/firms")
    with count_queries(session) as few:
        client.get("/firms?q=机械")
    for number in range(60):
        make_firm(session, park.park, f"机械{number}有限公司", officer_id=park.officer.id)
    session.commit()
    with count_queries(session) as many:
        client.get("/firms?q=机械")
    assert len(many) == len(few)
    assert len(many) <= 16


def test_empty_list_leads_to_import_and_entry(session, park, sign_in) -> None:
    session.delete(park.firm_user)
    session.delete(park.firm)
    session.commit()
    page = sign_in(park.officer).get("/firms").text
    assert "还没有企业" in page
    assert "/firms/new" in page
    assert "/imports" in page


# --- the index itself --------------------------------------------------------------------------------------------


def grams(session, firm: Firm) -> set[str]:
    return {gram for (gram,) in session.query(FirmGram.gram).filter_by(firm_id=firm.id)}


def test_index_follows_the_firm(session, park) -> None:
    firm = make_firm(session, park.park, "旧名机电有限公司")
    assert "机电" in grams(session, firm)
    firm.name = "新名光学有限公司"
    session.flush()
    assert "光学" in grams(session, firm)
    assert "机电" not in grams(session, firm)
    session.delete(firm)
    session.flush()
    assert grams(session, firm) == set()


def test_bulk_index_equals_the_one_kept_by_itself(session, park) -> None:
    firm = make_firm(session, park.park, "湖南蓝海生物科技股份有限公司", short_name="蓝海")
    by_itself = grams(session, firm)
    search.forget_firms(session, [firm.id])
    assert grams(session, firm) == set()
    search.index_firms(session, [{"id": firm.id, **search.search_columns("湖南蓝海生物科技股份有限公司", "蓝海", [])}])
    assert grams(session, firm) == by_itself
    search.reindex_firms(session, [firm.id])
    assert grams(session, firm) == by_itself


def test_codes_are_unique_in_the_list_of_a_scope(session, park, names) -> None:
    code = credit_code()
    make_firm(session, park.park, "唯一代码有限公司", credit_code=code)
    session.commit()
    assert names(q=code) == ["唯一代码有限公司"]


def test_who_and_what_lies_outside_the_scope_is_not_named(session, sign_in, park) -> None:
    """An address with another's number tells nothing, not even a name."""
    client = sign_in(park.officer)
    for name, record in {
        "officer": park.other_officer,
        "organisation": park.other_park,
    }.items():
        tree = check_page(client.get("/firms", query_string={name: record.id}))
        assert record.name not in "".join(tree.itertext())
        assert tree.findall(".//tbody//th//a") == []
        assert "没有符合条件的企业" in "".join(tree.itertext())
    assert park.other_officer.name in sign_in(park.administrator).get(f"/firms?officer={park.other_officer.id}").text


def test_what_lies_within_the_scope_narrows_and_is_named(session, sign_in, park, names) -> None:
    client = sign_in(park.manager)
    for name, record in {"officer": park.officer, "organisation": park.park}.items():
        assert names(**{name: record.id}) == [park.firm.name]
        chip = check_page(client.get("/firms", query_string={name: record.id})).find(
            ".//ul[@aria-label='正在使用的条件']"
        )
        assert record.name in "".join(chip.itertext())


def test_what_every_line_would_repeat_is_left_out(session, park: Park, firms, sign_in) -> None:
    make_firm(session, park.park, "湖南海蓝机械有限公司", short_name="海机")
    session.commit()
    of_one_park = text_of(check_page(sign_in(park.officer).get("/firms")).find(".//main//table"))
    assert "园区" not in of_one_park
    assert "海机" in of_one_park
    assert of_one_park.count("蓝海生物") == 1, "the short name is a part of the name"
    assert "园区" in text_of(check_page(sign_in(park.manager).get("/firms")).find(".//main//table"))


@pytest.mark.parametrize(("query", "opened"), [("", False), ("?held=none", False), ("?status=active", True)])
def test_rare_filters_lie_behind_a_button_unless_one_is_set(sign_in, park: Park, query: str, opened: bool) -> None:
    tree = check_page(sign_in(park.officer).get(f"/firms{query}"))
    assert (tree.find(".//details[@class='filter__more']").get("open") is not None) is opened
