"""The pages of the IP register."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crm.firms.ip import queries as ip_queries
from crm.firms.ip import service as ip_service
from crm.firms.ip.models import IpKind, IpRight, IpStatus
from crm.firms.models import State
from crm.kernel import clock
from crm.kernel.identifiers.patent import check_digit
from tests.factories import Park
from tests.pages import check_page
from tests.queries import count_queries


def patent(kind: int = 1, year: int = 2017, serial: int = 1) -> str:
    digits = f"{year}{kind}{serial:07d}"
    return f"{digits}.{check_digit(digits)}"


def add(park: Park, number: str, title: str = "一种阶梯装置", **values) -> IpRight:
    return ip_service.add_right(actor=park.officer, firm=park.firm, number=number, title=title, **values)


def test_an_empty_register_says_what_to_do(session, park: Park, sign_in) -> None:
    answer = sign_in(park.officer).get(f"/firms/{park.firm.id}/ip")
    check_page(answer)
    assert "还没有登记知识产权" in answer.text


def test_a_right_is_entered_by_its_number_alone(session, park: Park, sign_in) -> None:
    client = sign_in(park.officer)
    address = f"/firms/{park.firm.id}/ip/new"
    check_page(client.get(address))
    data = {
        "number": "ZL" + patent(2),
        "title": "踏板",
        "filed_on": "2017-05-06",
        "core_product": "no",
        "status": "valid",
    }
    answer = client.post(address, data=data, follow_redirects=True)
    check_page(answer)
    assert "已登记“踏板”" in answer.text
    right = ip_queries.rights_of(park.firm.id)[0]
    assert (right.kind, right.number, right.core_product, right.in_use) == (
        IpKind.UTILITY_MODEL,
        patent(2),
        False,
        None,
    )
    assert "Ⅱ类" in answer.text
    assert "2027年5月6日" in answer.text, "the end of its term"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"number": "", "title": "甲"}, "请填写编号。"),
        ({"number": "201710601862.4", "title": "甲"}, "校验位应为“3”"),
        ({"number": patent(2), "kind": "invention", "title": "甲"}, "不能登记为发明专利"),
        ({"number": patent(2), "title": ""}, "请填写名称。"),
        ({"number": patent(2), "title": "甲", "filed_on": "2999-01-01"}, "日期不能晚于今天"),
        ({"number": patent(2), "title": "甲", "owner_rank": "0"}, "不能小于 1。"),
    ],
)
def test_bad_input_is_said_and_nothing_saved(session, park: Park, sign_in, data: dict, sentence: str) -> None:
    answer = sign_in(park.officer).post(f"/firms/{park.firm.id}/ip/new", data=data)
    check_page(answer)
    assert sentence in answer.text
    assert ip_queries.rights_of(park.firm.id) == []


def test_editing_keeps_what_was_not_touched_and_tells_of_a_conflict(session, park: Park, sign_in) -> None:
    right = add(park, patent(1), status=IpStatus.PENDING, owner_rank=2)
    opened = right.version
    session.commit()
    client = sign_in(park.officer)
    address = f"/ip/{right.id}/edit"
    check_page(client.get(address))
    data = {
        "version": str(opened),
        "number": patent(1),
        "kind": "invention",
        "title": "新名",
        "status": "valid",
        "owner_rank": "2",
    }
    assert client.post(address, data=data).status_code == 302
    late = client.post(address, data={**data, "title": "别名"})
    check_page(late)
    assert "新名" in late.text
    assert "您的修改还没有保存" in late.text
    session.expire_all()
    assert (right.title, right.status, right.owner_rank) == ("新名", IpStatus.VALID, 2)


def test_the_same_number_at_another_firm_is_a_warning(session, park: Park, sign_in) -> None:
    ip_service.add_right(actor=park.other_officer, firm=park.other_firm, number=patent(1), title="共有")
    session.commit()
    answer = sign_in(park.officer).post(
        f"/firms/{park.firm.id}/ip/new", data={"number": patent(1), "title": "甲"}, follow_redirects=True
    )
    assert "另有 1 家企业登记了同一编号" in answer.text
    assert park.other_firm.name not in answer.text
    assert park.other_firm.name in sign_in(park.administrator).get(f"/firms/{park.firm.id}/ip").text


def test_counts_lead_to_exactly_their_rights(session, park: Park, sign_in) -> None:
    add(park, patent(1, serial=1), "甲发明", status=IpStatus.VALID)
    add(park, patent(1, serial=2), "乙发明", status=IpStatus.PENDING)
    add(park, patent(2, serial=3), "丙新型", status=IpStatus.VALID)
    session.commit()
    client = sign_in(park.officer)
    base = f"/firms/{park.firm.id}/ip"
    check_page(client.get(base))
    shown = client.get(f"{base}?ip_class=one&status=valid")
    assert [name in shown.text for name in ("甲发明", "乙发明", "丙新型")] == [True, False, False]
    shown = client.get(f"{base}?kind=utility_model")
    assert [name in shown.text for name in ("甲发明", "乙发明", "丙新型")] == [False, False, True]
    none = client.get(f"{base}?status=lapsed")
    check_page(none)
    assert "没有符合条件的知识产权" in none.text
    assert "甲发明" in client.get(f"{base}?kind=nonsense&page=zero").text


def test_the_next_fee_is_named_and_a_missed_one_too(session, park: Park, sign_in) -> None:
    today = clock.today()
    filed_on = date(today.year - 5, today.month, 1) - timedelta(days=20)
    add(
        park,
        patent(1, filed_on.year),
        filed_on=filed_on,
        granted_on=filed_on + timedelta(days=400),
        status=IpStatus.VALID,
    )
    session.commit()
    answer = sign_in(park.officer).get(f"/firms/{park.firm.id}/ip")
    assert "第 7 年度，2,000 元（未减缴）" in answer.text
    assert "第 6 年度年费已于" in answer.text


def test_verifying_and_removing(session, park: Park, sign_in) -> None:
    right = add(park, patent(1))
    session.commit()
    client = sign_in(park.officer)
    seen = {"version": str(right.version)}
    assert "已核实" in client.post(f"/ip/{right.id}/verify", data=seen, follow_redirects=True).text
    session.expire_all()
    assert right.state is State.VERIFIED
    assert "已从台账删除" in client.post(f"/ip/{right.id}/remove", follow_redirects=True).text
    assert ip_queries.rights_of(park.firm.id) == []


@pytest.mark.parametrize("sends_version", [True, False])
def test_what_changed_since_it_was_seen_is_not_verified(session, park: Park, sign_in, sends_version) -> None:
    right = add(park, patent(1))
    seen = {"version": str(right.version)} if sends_version else {}
    ip_service.edit_right(actor=park.manager, right=right, document=None, title="别的装置")
    session.commit()
    page = sign_in(park.officer).post(f"/ip/{right.id}/verify", data=seen, follow_redirects=True)
    check_page(page)
    assert "有人改过这条记录" in page.text
    session.expire_all()
    assert right.state is State.DECLARED


def test_a_form_without_a_version_does_not_overwrite(session, park: Park, sign_in) -> None:
    right = add(park, patent(1))
    session.commit()
    sign_in(park.officer).post(f"/ip/{right.id}/edit", data={"number": right.number, "title": "别的装置"})
    session.expire_all()
    assert right.title == "一种阶梯装置"


def test_another_parks_officer_finds_nothing(session, park: Park, sign_in) -> None:
    right = add(park, patent(1))
    session.commit()
    client = sign_in(park.other_officer)
    for address in (f"/firms/{park.firm.id}/ip", f"/firms/{park.firm.id}/ip/new", f"/ip/{right.id}/edit"):
        assert client.get(address).status_code == 404, address
    for address in (
        f"/firms/{park.firm.id}/ip/new",
        f"/ip/{right.id}/edit",
        f"/ip/{right.id}/verify",
        f"/ip/{right.id}/remove",
    ):
        assert client.post(address, data={}).status_code == 404, address
    assert len(ip_queries.rights_of(park.firm.id)) == 1


def test_a_page_of_eighty_asks_as_much_as_a_page_of_one(session, park: Park, sign_in) -> None:
    client = sign_in(park.officer)

    def questions() -> int:
        session.commit()
        session.expire_all()
        with count_queries(session) as seen:
            assert client.get(f"/firms/{park.firm.id}/ip").status_code == 200
        return len(seen)

    add(park, patent(1, serial=1))
    few = questions()
    for serial in range(2, 90):
        add(park, patent(1, serial=serial), f"装置 {serial}")
    assert questions() == few
    second = client.get(f"/firms/{park.firm.id}/ip?page=2")
    check_page(second)
    assert second.text.count('/edit"') == 9
