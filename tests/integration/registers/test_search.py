"""One search over all registers, by those who may see each."""

from __future__ import annotations

import pytest

from crm.firms.ip import service as rights
from crm.firms.ip.bulk import RightRow, bulk_record_rights
from crm.firms.ip.models import IpKind
from crm.firms.models import Firm
from crm.kernel import clock
from crm.registers.resources.models import ResourceRegister
from crm.visits import service as visits
from tests.factories import Park, make_firm
from tests.integration.registers.test_resource_service import make_resource
from tests.pages import check_page
from tests.queries import count_queries


def add_right(park: Park, firm: Firm, number: str, title: str) -> None:
    rights.add_right(actor=park.officer, firm=firm, number=number, title=title)


def raise_need(park: Park, firm: Firm, text: str) -> None:
    account = visits.Account(on=clock.today(), said="谈了技术。")
    visits.log_visit(park.administrator, firm, account, needs=[visits.Asked(kind="technology", text=text)])


@pytest.fixture
def filled(session, park: Park) -> Park:
    make_firm(session, park.park, "云岭减速机制造有限公司")
    add_right(park, park.firm, "201710601862.3", "一种行星减速机装置")
    add_right(park, park.other_firm, "201810203040.4", "另一种减速机壳体")
    make_resource(park, name="演示专家甲", words="减速机 齿轮")
    make_resource(park, ResourceRegister.SPECIAL, name="云岭减速机试验场")
    make_resource(park, ResourceRegister.ACHIEVEMENT, name="高精度减速机技术")
    make_resource(park, ResourceRegister.INSTRUMENT, name="减速机试验台")
    raise_need(park, park.firm, "想找人解决减速机的噪声")
    raise_need(park, park.other_firm, "减速机壳体开裂，要材料专家")
    return park


def test_two_characters_find_in_every_register_what_the_reader_may_see(filled: Park, sign_in) -> None:
    page = sign_in(filled.officer).get("/registers/search?q=减速")
    check_page(page)
    for seen in (
        "云岭减速机制造有限公司", "一种行星减速机装置", "演示专家甲", "云岭减速机试验场", "高精度减速机技术", "减速机试验台",
        "想找人解决减速机的噪声",
    ):  # fmt: skip
        assert seen in page.text, seen
    assert "另一种减速机壳体" not in page.text
    assert "开裂" not in page.text
    whole = sign_in(filled.administrator).get("/registers/search?q=减速").text
    assert "另一种减速机壳体" in whole
    assert "开裂" in whole


@pytest.mark.parametrize(
    ("typed", "found", "not_found"),
    [
        ("2017106018623", "一种行星减速机装置", "另一种"),
        ("ZL201810203040.4", "另一种减速机壳体", "行星"),
        ("行星减速机", "一种行星减速机装置", "另一种减速机壳体"),
        ("减速机 壳体", "另一种减速机壳体", "行星"),
        ("噪声", "想找人解决减速机的噪声", "开裂"),
        ("减", "请输入两个字", "行星减速机装置"),
        ("壳体减速", "没有找到的：企业、专利等知识产权、专家", "另一种减速机壳体"),
    ],
)
def test_words_and_numbers_find_rights_and_needs(filled: Park, sign_in, typed: str, found: str, not_found: str) -> None:
    text = sign_in(filled.administrator).get("/registers/search", query_string={"q": typed}).text
    assert found in text
    assert not_found not in text


def test_one_register_is_seen_in_full(filled: Park, sign_in) -> None:
    page = sign_in(filled.officer).get("/registers/search?q=减速&shelf=right")
    check_page(page)
    assert "一种行星减速机装置" in page.text
    assert "演示专家甲" not in page.text
    assert sign_in(filled.officer).get("/registers/search?q=减速&shelf=nothing").status_code == 404


def test_a_right_that_came_in_bulk_or_was_renamed_is_found_by_its_title(session, park: Park, sign_in) -> None:
    def imported(title: str) -> None:
        row = RightRow(park.firm.id, "201710601862.3", IpKind.INVENTION, {"title": title})
        bulk_record_rights(session, [row], park.officer)

    def found(typed: str) -> bool:
        return "201710601862.3" in sign_in(park.officer).get(f"/registers/search?q={typed}").text

    imported("一种夹具")
    assert (found("夹具"), found("轴承")) == (True, False)
    imported("一种轴承")
    assert (found("夹具"), found("轴承")) == (False, True)


def test_a_page_of_hits_asks_no_more_than_one_of_few(filled: Park, session, sign_in) -> None:
    client = sign_in(filled.administrator)

    def asked() -> int:
        client.get("/registers/search?q=减速")
        with count_queries(session) as statements:
            assert client.get("/registers/search?q=减速").status_code == 200
        return len(statements)

    few = asked()
    for number in range(8):
        make_resource(filled, name=f"演示专家{number}号", words="减速机")
        raise_need(filled, filled.firm, f"减速机第{number}项")
    assert asked() == few


def test_nothing_typed_and_signs_find_nothing(filled: Park, sign_in) -> None:
    client = sign_in(filled.officer)
    check_page(client.get("/registers/search"))
    answer = client.get("/registers/search", query_string={"q": "，。！%_"})
    check_page(answer)
    assert client.get("/registers/search", query_string={"q": "减速\x00"}).status_code == 200
    assert "演示专家甲" not in answer.text
    assert sign_in(filled.firm_user).get("/registers/search?q=减速").status_code == 403
