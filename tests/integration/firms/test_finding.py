"""Find anything: the suggestions below the box, what each says was found, the list for the same words, the scope."""

from __future__ import annotations

from datetime import date, timedelta
from xml.etree.ElementTree import Element

import html5lib
import pytest

from crm.firms import service
from crm.firms.ip.service import add_right
from crm.firms.models import Firm
from crm.kernel import clock
from crm.ladder import service as ladder
from crm.ladder.models import Rung
from tests.factories import Park, make_firm
from tests.pages import check_page, text_of
from tests.queries import count_queries


@pytest.fixture
def firm(session, park: Park) -> Firm:
    """One that can be found by everything."""
    firm = make_firm(session, park.park, "桃江竹海新材料有限公司", short_name="竹海材料", stock_code="830999")
    service.rename(actor=park.officer, firm=firm, name="湖南青岚复合材料股份有限公司", on=date(2026, 1, 5))
    add_right(actor=park.officer, firm=firm, number="201710601862.3", title="一种装置")
    service.add_contact(actor=park.officer, firm=firm, name="甲乙丙", telephone="0737-6543210")
    ladder.grant_credential(
        firm,
        Rung.HTE,
        number="GR202643009001",
        valid_from=clock.today() - timedelta(days=9),
        valid_to=clock.today() + timedelta(days=900),
        actor=park.officer,
    )
    session.commit()
    return firm


@pytest.fixture
def options(sign_in, park):
    """options(typed, person) → what stands in each option."""

    def ask(typed: str, person=None) -> list[tuple[str, str, str]]:
        answer = sign_in(person or park.manager).get("/firms/found", query_string={"q": typed})
        assert answer.status_code == 200
        fragment: Element = html5lib.parseFragment(answer.text, namespaceHTMLElements=False)
        found = [option for option in fragment.iter("a") if option.get("role") == "option"]
        assert len({option.get("id") for option in found}) == len(found)
        return [
            (text_of(option.find("span")), text_of(small), option.get("href"))
            for option in found
            if (small := option.find("small")) is not None
        ]

    return ask


@pytest.mark.parametrize(
    ("typed", "said", "page"),
    [
        ("青岚", "", ""),
        ("qinglan", "", ""),
        ("qlfh", "", ""),
        ("竹海新", "曾用名：桃江竹海新材料有限公司", ""),
        ("tjzh", "曾用名：桃江竹海新材料有限公司", ""),
        ("竹海材料", "简称：竹海材料", ""),
        ("830999", "股票代码：830999", ""),
        ("201710601862.3", "专利号：201710601862.3", "/ip"),
        ("2017106018623", "专利号：201710601862.3", "/ip"),
        ("ZL 2017 1 0601862.3", "专利号：201710601862.3", "/ip"),
        ("zl20171060186", "专利号：201710601862.3", "/ip"),
        ("GR202643009001", "证书编号：GR202643009001", "/ladder"),
        ("gr20264300", "证书编号：GR202643009001", "/ladder"),
        ("甲乙丙", "联系人：甲乙丙", "/profile"),
        ("甲乙", "联系人：甲乙丙", "/profile"),
        ("07376543210", "电话：0737-6543210", "/profile"),
        ("654321", "电话：0737-6543210", "/profile"),
        ("０７３７－６５４３２１０", "电话：0737-6543210", "/profile"),
    ],
)
def test_whatever_is_known_of_a_firm_finds_it_and_says_what(typed, said, page, firm, options, park, sign_in) -> None:
    ((name, why, url),) = options(typed)
    assert name == "湖南青岚复合材料股份有限公司"
    assert why == (f"{said} · 长春园区" if said else "长春园区")
    assert url.startswith(f"/firms/{firm.id}")
    assert url.endswith(page)
    # Enter: the list finds the same.
    tree = check_page(sign_in(park.manager).get("/firms", query_string={"q": typed}))
    (heading,) = tree.findall(".//tbody//th")
    assert name in text_of(heading)
    if page:
        assert said in text_of(heading)


def test_any_piece_of_a_credit_code_finds_the_firm(firm, options) -> None:
    code = firm.credit_code
    for start in (0, 5, 10, 14):
        piece = code[start:18]
        assert any(url == f"/firms/{firm.id}" and code in why for _name, why, url in options(piece)), piece
    ((_name, why, _url),) = options(f"{code[:4]} {code[4:10]} {code[10:]}")
    assert why == f"信用代码：{code} · 长春园区"


def test_nothing_outside_the_scope_is_suggested(firm, options, park, sign_in) -> None:
    for typed in ("青岚", "201710601862.3", "GR202643009001", "甲乙丙", "07376543210", firm.credit_code, "830999"):
        assert options(typed, park.other_officer) == []
        assert "复合材料股份" not in sign_in(park.other_officer).get("/firms", query_string={"q": typed}).text
    assert sign_in(park.firm_user).get("/firms/found?q=青岚").status_code == 403


def test_filters_of_the_list_hold_for_what_a_record_finds(firm, park, sign_in) -> None:
    found = sign_in(park.manager).get("/firms?q=201710601862.3&officer=none").text
    assert "青岚" in found
    assert "青岚" not in sign_in(park.manager).get(f"/firms?q=201710601862.3&officer={park.officer.id}").text


def test_suggestions_are_few_and_cost_the_same_however_many_there_are(session, firm, park, sign_in) -> None:
    client = sign_in(park.manager)
    client.get("/firms/found?q=材料")
    with count_queries(session) as few:
        client.get("/firms/found?q=材料")
    for number in range(30):
        make_firm(session, park.park, f"材料{number}有限公司")
    session.commit()
    with count_queries(session) as many:
        text = client.get("/firms/found?q=材料").text
    assert len(many) == len(few) <= 10
    assert text.count("<small>") == 8


def test_nothing_typed_and_nothing_found(firm, options, sign_in, park) -> None:
    client = sign_in(park.manager)
    assert client.get("/firms/found?q=").text.strip() == ""
    assert options("并不存在") == []
    assert "查看“并不存在”的全部结果" in client.get("/firms/found?q=并不存在").text
    for strange in ("%", "'", "\\", "9" * 300, "ZL", ".", "  "):
        assert client.get("/firms/found", query_string={"q": strange}).status_code == 200


def test_the_box_is_a_combobox_on_every_page_of_the_staff(sign_in, park) -> None:
    tree = check_page(sign_in(park.officer).get("/firms"))
    box = tree.find(".//input[@id='search-box']")
    assert box is not None
    assert (box.get("role"), box.get("aria-expanded"), box.get("aria-controls")) == (
        "combobox",
        "false",
        "search-found",
    )
    assert box.get("hx-sync") == "this:replace"
    assert box.get("hx-get") == "/firms/found"


def test_signs_that_name_nobody_find_nobody(firm, sign_in, park) -> None:
    client = sign_in(park.officer)
    for typed in ("%", "_", "'", "\\", "云\x00", "\x00" * 8 + "0737", "云\U0010ffff", "云\ud7ff"):
        answer = client.get("/firms/found", query_string={"q": typed})
        assert answer.status_code == 200
        if "云" not in typed:
            assert firm.name not in answer.text
        assert client.get("/firms", query_string={"q": typed}).status_code == 200
