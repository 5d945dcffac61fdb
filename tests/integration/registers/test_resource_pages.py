"""Pages of the resources: lists, one resource, ties from both sides, pasted lists."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from python_calamine import CalamineWorkbook

from crm.firms.models import FirmName
from crm.kernel import clock
from crm.ladder import service as ladder
from crm.ladder.models import Rung
from crm.registers.resources import queries, service
from crm.registers.resources.models import Resource, ResourceRegister
from crm.registers.resources.showing import sheet_of
from tests.factories import Park, make_firm
from tests.integration.registers.test_resource_service import make_resource, tie
from tests.pages import check_page, text_of
from tests.queries import count_queries

TODAY = clock.today()
FILLED = {
    ResourceRegister.EXPERT: {"name": "演示专家甲", "kind": "professor", "level": "national", "words": "减速机"},
    ResourceRegister.SERVANT: {"name": "演示科技官甲", "kind": "chief_officer", "on": "2025-03-01"},
    ResourceRegister.ACHIEVEMENT: {"name": "行星减速技术", "kind": "technology", "amount": "80.5"},
    ResourceRegister.SPECIAL: {"name": "云岭石英", "kind": "raw_material", "level": "provincial"},
    ResourceRegister.INSTITUTE: {"name": "云岭理工大学", "kind": "university", "telephone": "0737-0000000"},
    ResourceRegister.INSTRUMENT: {"name": "三坐标测量机", "kind": "measuring", "number": "ZEISS-1", "amount": "120"},
    ResourceRegister.CARRIER: {"name": "演示孵化器", "kind": "incubator", "level": "provincial", "capacity": "40"},
    ResourceRegister.ALLIANCE: {"name": "传动产业联盟", "kind": "strategic", "on": "2024-05-06"},
    ResourceRegister.EVENT: {"name": "校企对接会", "kind": "joint", "on": "2026-04-01", "capacity": "60"},
}


@pytest.mark.parametrize("register", list(ResourceRegister))
def test_a_resource_of_every_register_is_made_seen_edited_and_removed(
    session, park: Park, sign_in, register: ResourceRegister
) -> None:
    client = sign_in(park.officer)
    check_page(client.get(f"/resources?register={register.value}"))
    new = f"/resources/new/{register.value}"
    check_page(client.get(new))
    data = {**FILLED[register], "organisation_id": str(park.park.id)}
    page = client.post(new, data=data, follow_redirects=True)
    check_page(page)
    assert f"已登记“{data['name']}”" in page.text
    resource = session.query(Resource).one()
    listed = client.get(f"/resources?register={register.value}")
    check_page(listed)
    assert data["name"] in listed.text
    edit = f"/resources/{resource.id}/edit"
    check_page(client.get(edit))
    changed = {**data, "name": "新名称", "version": str(resource.version)}
    assert "“新名称”已保存" in client.post(edit, data=changed, follow_redirects=True).text
    assert "“新名称”已删除" in client.post(f"/resources/{resource.id}/remove", follow_redirects=True).text
    assert session.query(Resource).count() == 0


def test_a_form_without_a_name_says_what_is_missing(session, park: Park, sign_in) -> None:
    answer = sign_in(park.officer).post("/resources/new/expert", data={"organisation_id": str(park.park.id)})
    check_page(answer)
    assert "请填写姓名。" in answer.text


def test_a_resource_is_kept_only_by_an_organisation_of_ones_own(session, park: Park, sign_in) -> None:
    data = {**FILLED[ResourceRegister.EXPERT], "organisation_id": str(park.other_park.id)}
    assert "请从列出的选项中选一个。" in sign_in(park.officer).post("/resources/new/expert", data=data).text
    assert session.query(Resource).count() == 0


def test_a_list_is_narrowed_by_words_kind_level_and_trade(session, park: Park, sign_in) -> None:
    make_resource(park, name="演示专家甲", kind="professor", level="national", words="减速机")
    make_resource(park, name="演示专家乙", kind="engineer", level="city", words="锂电池")
    client = sign_in(park.other_officer)
    for narrowed in ("q=减速", "kind=professor", "level=national", "q=yszjj"):
        text = client.get(f"/resources?register=expert&{narrowed}").text
        assert ("演示专家甲" in text, "演示专家乙" in text) == (True, False), narrowed
    assert "没有符合条件的条目" in client.get("/resources?register=expert&q=没有的词").text


def test_a_tab_counts_what_its_list_shows(session, park: Park, sign_in) -> None:
    make_resource(park, name="演示专家甲", kind="professor")
    make_resource(park, name="演示专家乙", kind="professor", valid_to=TODAY)
    make_resource(park, name="演示专家丙", kind="professor", valid_to=TODAY - timedelta(days=1))
    tree = check_page(sign_in(park.officer).get("/resources?register=expert"))
    [body] = tree.iter("tbody")
    assert len(list(body.iter("tr"))) == 2
    [tab] = [a for a in tree.iter("a") if a.get("href") == "/resources?register=expert" and a.get("aria-current")]
    assert "2" in text_of(tab).split()[-1]


def test_the_list_goes_out_as_a_workbook(session, park: Park, sign_in) -> None:
    make_resource(park, name="=演示专家甲", kind="professor")
    answer = sign_in(park.officer).get("/resources/export?register=expert")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert [cell for row in rows for cell in row if "演示专家甲" in str(cell)] == ["'=演示专家甲"]
    assert "高校专家" in [cell for row in rows for cell in row]


def test_a_workbook_says_where_it_was_cut(session, app, park: Park) -> None:
    wanted = queries.Wanted(register=ResourceRegister.EXPERT)
    make_resource(park)
    [listed] = queries.all_resources(park.officer, wanted)
    assert sheet_of(wanted, [listed]).about == []
    [(told, _value)] = sheet_of(wanted, [listed] * queries.MOST_EXPORTED).about
    assert "20000" in told


@pytest.mark.parametrize("register", ["expert", "event"])
def test_a_longer_list_asks_no_more_questions(session, park: Park, sign_in, register: str) -> None:
    def asked(address: str) -> int:
        client.get(address)
        with count_queries(session) as statements:
            assert client.get(address).status_code == 200
        return len(statements)

    client = sign_in(park.officer)
    first = make_resource(park, ResourceRegister(register))
    tie(park, first)
    pages = [f"/resources?register={register}", f"/resources/{first.id}", f"/firms/{park.firm.id}/resources"]
    few = [asked(page) for page in pages]
    for number in range(12):
        each = make_resource(park, ResourceRegister(register), name=f"演示{number}")
        tie(park, each)
        tie(park, first, make_firm(session, park.park))
    assert [asked(page) for page in pages] == few


def test_a_firm_is_tied_from_the_resource_and_from_the_firm(session, park: Park, sign_in) -> None:
    client = sign_in(park.officer)
    expert = make_resource(park, words="减速机")
    picked = client.get(f"/resources/{expert.id}/firms?q=云梯")
    check_page(picked)
    form = f"/resources/{expert.id}/firms/{park.firm.id}"
    assert form in picked.text
    check_page(client.get(form))
    page = client.post(form, data={"role": "adviser", "since": "2026-01-05"}, follow_redirects=True)
    check_page(page)
    assert park.firm.name in page.text
    tab = client.get(f"/firms/{park.firm.id}/resources")
    check_page(tab)
    assert "演示专家甲" in tab.text
    found = client.get(f"/firms/{park.firm.id}/resources/new?register=expert&q=减速")
    check_page(found)
    assert "演示专家甲" in found.text
    (tied,) = queries.resources_of(park.firm.id)
    check_page(client.get(f"/resource-ties/{tied.id}?back=firm"))
    ended = {
        "role": "adviser", "since": "2026-01-05", "until": TODAY.isoformat(), "outcome": "solved",
        "version": str(tied.version),
    }  # fmt: skip
    page = client.post(f"/resource-ties/{tied.id}?back=firm", data=ended, follow_redirects=True)
    assert "解决难题" in page.text
    assert page.request.path == f"/firms/{park.firm.id}/resources"
    number = f"/firms?resource={expert.id}&amp;tie=before&amp;outcome=solved"
    assert number in client.get(f"/resources/{expert.id}").text
    assert park.firm.name in client.get(number.replace("&amp;", "&")).text
    client.post(f"/resource-ties/{tied.id}/remove")
    assert queries.resources_of(park.firm.id) == []


def test_a_firm_outside_the_scope_is_neither_tied_nor_named(session, park: Park, sign_in) -> None:
    carrier = make_resource(park, ResourceRegister.CARRIER, name="演示孵化器", capacity=4)
    service.tie(actor=park.administrator, resource=carrier, firm=park.other_firm)
    client = sign_in(park.officer)
    assert client.get(f"/resources/{carrier.id}/firms/{park.other_firm.id}").status_code == 404
    page = client.get(f"/resources/{carrier.id}")
    check_page(page)
    assert park.other_firm.name not in page.text
    assert "另有 1 家不在您的管辖范围内" in page.text
    assert "25%" in page.text
    assert park.other_firm.name not in client.get(f"/firms?resource={carrier.id}").text
    assert client.get(f"/firms/{park.firm.id}/resources").status_code == 200
    assert sign_in(park.firm_user).get("/resources").status_code == 403


def test_two_people_edit_a_resource_and_the_second_is_told(session, park: Park, sign_in) -> None:
    expert = make_resource(park)
    seen = str(expert.version)
    data = {"name": "演示专家甲", "organisation_id": str(park.park.id), "version": seen}
    edit = f"/resources/{expert.id}/edit"
    sign_in(park.manager).post(edit, data={**data, "words": "轴承"})
    answer = sign_in(park.officer).post(edit, data={**data, "words": "齿轮"})
    check_page(answer)
    assert "别人刚刚保存过" in answer.text
    session.expire_all()
    assert session.get_one(Resource, expert.id).words == "轴承"


def test_graduates_are_counted_by_the_rung_they_reached_and_each_number_opens_its_firms(
    session, park: Park, sign_in
) -> None:
    carrier = make_resource(park, ResourceRegister.CARRIER, name="演示孵化器", capacity=40)
    graduates = [make_firm(session, park.park, f"毕业企业{number}号") for number in range(3)]
    for firm in graduates:
        tied = tie(park, carrier, firm, since=date(2023, 1, 1))
        service.edit_tie(actor=park.officer, tied=tied, until=TODAY, outcome="graduated")
    moved = make_firm(session, park.park, "迁走企业")
    tied = tie(park, carrier, moved, since=date(2023, 1, 1))
    service.edit_tie(actor=park.officer, tied=tied, until=TODAY, outcome="moved")
    for firm in (*graduates[:2], moved):
        ladder.grant_credential(
            firm,
            Rung.HTE,
            number=f"GR20254300{firm.id:04d}",
            valid_from=TODAY - timedelta(days=100),
            valid_to=TODAY + timedelta(days=900),
            actor=park.officer,
        )
    client = sign_in(park.officer)
    page = client.get(f"/resources/{carrier.id}")
    check_page(page)
    address = f"/firms?resource={carrier.id}&amp;outcome=graduated&amp;reached=hte"
    assert address in page.text
    numbers = page.text.split(address)[1].split("</a>")[0]
    assert '<span class="stat__number">2</span>' in numbers
    opened = client.get(address.replace("&amp;", "&"))
    assert [firm.name in opened.text for firm in (*graduates, moved)] == [True, True, False, False]


def test_firms_without_a_servant_are_a_filter_of_the_list(session, park: Park, sign_in) -> None:
    other = make_firm(session, park.park, "没有对口的企业")
    servant = make_resource(park, ResourceRegister.SERVANT, name="演示科技官甲")
    tie(park, servant)
    client = sign_in(park.officer)

    def listed(value: str) -> list[bool]:
        text = client.get(f"/firms?served={value}").text
        return [firm.name in text for firm in (park.firm, other)]

    assert (listed("any"), listed("none")) == ([True, False], [False, True])


def test_a_pasted_list_is_shown_before_it_is_saved(session, park: Park, sign_in) -> None:
    event = make_resource(park, ResourceRegister.EVENT, name="校企对接会", kind="joint", on=TODAY)
    renamed = make_firm(session, park.park, "改过名的企业")
    session.add(FirmName(firm=renamed, name="从前的（云岭）企业"))
    session.flush()
    address = f"/resources/{event.id}/paste"
    client = sign_in(park.officer)
    check_page(client.get(address))
    assert park.firm.credit_code is not None
    text = f"{park.firm.credit_code.lower()}\n从前的(云岭)企业\n不存在的公司\n{park.other_firm.name}\n{park.firm.name}"
    seen = client.post(address, data={"firms_typed": text, "since": TODAY.isoformat()})
    check_page(seen)
    assert seen.text.count('name="firm"') == 2
    assert "2 行没有找到" in seen.text
    assert queries.resources_of(park.firm.id) == []
    ticked = {"firm": [str(park.firm.id), str(renamed.id), str(park.other_firm.id)]}
    page = client.post(
        address, data={"firms_typed": text, "save": "1", "role": "guest", **ticked}, follow_redirects=True
    )
    assert "已登记 2 家企业" in page.text
    assert queries.resources_of(park.other_firm.id) == []
    again = client.post(address, data={"firms_typed": text})
    assert "已经登记过的" in again.text
    assert "没有可以新登记的企业" in again.text


def test_the_year_of_events_stands_above_their_list(session, park: Park, sign_in) -> None:
    make_resource(park, ResourceRegister.EVENT, name="校企对接会", kind="joint", on=TODAY)
    page = sign_in(park.officer).get("/resources?register=event")
    assert f"{TODAY.year} 年举办的活动" in page.text
    assert f"/resources?register=event&amp;kind=joint&amp;year={TODAY.year}" in page.text
    past = sign_in(park.officer).get(f"/resources?register=event&year={TODAY.year - 1}")
    assert "没有符合条件的条目" in past.text
