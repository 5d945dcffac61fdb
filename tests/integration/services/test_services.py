"""Service packages by rung: offered, given, declined and owed; and needs put together with who could answer them."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest
from sqlalchemy import event, func, insert, select
from sqlalchemy.orm import Session

from crm.firms.loaders import visible_firms
from crm.firms.models import Firm, FirmStatus
from crm.firms.reference import load_reference
from crm.firms.reference.working_days import add_working_days
from crm.kernel import audit, clock
from crm.kernel.errors import DomainError, NotAllowedError
from crm.ladder import service as ladder
from crm.ladder.models import Credential, Rung
from crm.registers.resources import service as resources
from crm.registers.resources.models import Resource, ResourceFirm, ResourceRegister
from crm.services import loading, matching, queries, service
from crm.services.models import MatchState, NeedMatch, Phase, ServiceItem, ServiceRecord, ServiceState
from crm.visits.models import Need
from tests.factories import Park, make_firm
from tests.pages import check_page, text_of
from tests.queries import count_queries

SINCE = date(2025, 11, 3)


def item(session: Session, title: str, rung: Rung | None = None, **values) -> ServiceItem:
    made = ServiceItem(rung=rung, phase=Phase.CULTIVATE, title=title, title_en=title, **values)
    session.add(made)
    session.flush()
    return made


def hold(park: Park, firm, rung: Rung = Rung.HTE) -> None:
    ladder.grant_credential(
        firm, rung, number=f"GR{firm.id}", valid_from=SINCE, valid_to=date(2028, 11, 2), actor=park.officer
    )


def names(firm) -> dict[str, str]:
    return {due.item.title: due.state for due in queries.package_of(firm)}


def test_a_firm_is_due_the_package_of_the_titles_it_holds(session, park: Park) -> None:
    for title, rung in (("摸底", None), ("年报", Rung.HTE), ("信贷", Rung.TECH_SME), ("旧的", Rung.HTE)):
        item(session, title, rung, disabled=title == "旧的")
    assert names(park.firm) == {"摸底": "owed"}
    hold(park, park.firm)
    assert names(park.firm) == {"年报": "owed"}


def test_what_is_recorded_stands_until_taken_back_and_history_keeps_it(session, park: Park) -> None:
    hold(park, park.firm)
    due = item(session, "年报", Rung.HTE, days=30)
    service.record_service(actor=park.officer, firm=park.firm, item=due, state=ServiceState.OFFERED)
    [shown] = queries.package_of(park.firm)
    assert (shown.state, shown.is_owed, shown.by) == ("offered", True, add_working_days(SINCE, 30))
    service.record_service(actor=park.officer, firm=park.firm, item=due, state=ServiceState.GIVEN, note="上门讲解")
    [shown] = queries.package_of(park.firm)
    assert (shown.state, shown.is_owed, shown.is_late) == ("given", False, False)
    service.take_back(actor=park.officer, firm=park.firm, item=due)
    assert names(park.firm) == {"年报": "owed"}
    told = session.scalars(select(audit.Change.action).where(audit.Change.entity == "service_record")).all()
    assert audit.Action.DELETED in told


def test_declining_needs_a_reason_and_tomorrow_is_no_day(session, park: Park) -> None:
    due = item(session, "摸底")
    with pytest.raises(DomainError) as refused:
        service.record_service(actor=park.officer, firm=park.firm, item=due, state=ServiceState.DECLINED)
    assert refused.value.field == "note"
    with pytest.raises(DomainError):
        service.record_service(
            actor=park.officer, firm=park.firm, item=due, state=ServiceState.GIVEN, on=clock.today() + timedelta(days=1)
        )
    with pytest.raises(NotAllowedError):
        service.record_service(actor=park.firm_user, firm=park.firm, item=due, state=ServiceState.GIVEN)


def test_the_page_counts_who_is_owed_and_its_numbers_open_the_firms(session, park: Park, sign_in) -> None:
    holders = [make_firm(session, park.park) for _ in range(4)]
    for firm in holders:
        hold(park, firm)
    due = item(session, "年报", Rung.HTE)
    for firm, state in zip(holders, (ServiceState.GIVEN, ServiceState.OFFERED, ServiceState.DECLINED), strict=False):
        service.record_service(actor=park.officer, firm=firm, item=due, state=state, note="按规定")
    # One recorded while it held the title and holds it no more is counted nowhere.
    service.record_service(actor=park.officer, firm=park.firm, item=due, state=ServiceState.GIVEN)
    found = queries.counts(park.officer)[due.id]
    assert found == {"firms": 4, "owed": 2, "offered": 1, "given": 1, "declined": 1}
    assert queries.counts(park.other_officer)[due.id]["firms"] == 0
    client = sign_in(park.officer)
    assert "4 家企业" in text_of(check_page(client.get("/services")))
    for state, expected in (("owed", [holders[1], holders[3]]), ("given", [holders[0]]), ("declined", [holders[2]])):
        page = text_of(check_page(client.get(f"/firms?service={due.id}.{state}")))
        assert [firm for firm in holders if firm.name in page] == expected, state


def test_an_officer_records_on_the_page_and_the_firm_reads_it(session, park: Park, sign_in) -> None:
    due = item(session, "摸底", text="了解主业")
    client = sign_in(park.officer)
    assert "还欠 1 项，共 1 项" in text_of(check_page(client.get(f"/firms/{park.firm.id}/services")))
    page = f"/firms/{park.firm.id}/services/{due.id}"
    check_page(client.get(page))
    refused = client.post(page, data={"state": "declined", "on": clock.today().isoformat(), "note": ""})
    assert "请写明企业为什么不需要" in refused.text
    client.post(page, data={"state": "given", "on": clock.today().isoformat(), "note": "已上门"})
    firm = sign_in(park.firm_user)
    said = text_of(check_page(firm.get(f"/firms/{park.firm.id}/services")))
    assert "已提供" in said and "已上门" in said and "记下" not in said
    assert firm.post(page, data={"state": "given"}).status_code == 403


def test_the_shipped_packages_load_once_and_edited_ones_stay(session, park: Park, sign_in) -> None:
    load_reference()
    first = session.scalars(select(ServiceItem).order_by(ServiceItem.id)).all()
    assert {item.rung for item in first} >= {None, Rung.TECH_SME, Rung.HTE, Rung.SRDI, Rung.LITTLE_GIANT}
    form = {
        "title": "首次走访摸底", "title_en": "", "phase": "discover", "days": "20", "place": "1",
        "version": first[0].version,
    }  # fmt: skip
    answer = sign_in(park.administrator).post(f"/services/items/{first[0].id}", data=form)
    assert answer.status_code == 302
    load_reference()
    session.expire_all()
    again = session.scalars(select(ServiceItem).order_by(ServiceItem.id)).all()
    assert len(again) == len(first) and again[0].days == 20
    taken = sign_in(park.administrator).post("/services/items/new", data=form)
    assert "已有一项服务叫" in taken.text


def test_two_who_record_a_service_at_once_leave_one_record(session, park: Park) -> None:
    due = item(session, "年报", Rung.HTE)
    connection = session.connection()
    came: list[bool] = []

    @event.listens_for(connection, "after_cursor_execute")
    def rival(_connection, _cursor, statement, *_rest) -> None:
        """Somebody else's record comes between the look for one and the writing of ours."""
        if "FROM service_record" in statement and not came:
            came.append(True)
            row = {"firm_id": park.firm.id, "item_id": due.id, "state": ServiceState.OFFERED, "on": clock.today()}
            connection.execute(insert(ServiceRecord.__table__).values(**row, by_id=park.manager.id, version=1))

    kept = service.record_service(actor=park.officer, firm=park.firm, item=due, state=ServiceState.GIVEN)
    event.remove(connection, "after_cursor_execute", rival)
    assert came
    [record] = session.scalars(select(ServiceRecord))
    assert record is kept
    assert (record.state, record.by) == (ServiceState.GIVEN, park.officer)


# --- needs and who could answer them ---------------------------------------------------------------------------


@pytest.fixture
def need(session, park: Park) -> Need:
    park.firm.industry_code = None
    made = Need(
        firm=park.firm,
        raised_on=clock.today(),
        kind="technology",
        text="铸造件表面裂纹多，想找做热处理和无损检测的专家。",
    )
    session.add(made)
    session.flush()
    return made


def expert(park: Park, name: str, words: str | None = None, **values) -> Resource:
    return resources.add_resource(
        actor=park.manager, register=ResourceRegister.EXPERT, organisation=park.city, name=name, words=words, **values
    )


def test_resources_are_found_by_words_in_common_and_the_reason_is_told(park: Park, need: Need) -> None:
    both = expert(park, "演示专家甲", "热处理、无损检测")
    one = expert(park, "演示专家乙", "无损检测，机器视觉")
    expert(park, "演示专家丙", "财务")
    expert(park, "演示专家丁", "热处理", valid_to=clock.today() - timedelta(days=1))
    found = matching.matches_for(park.officer, need)
    assert [(each.resource.id, each.words) for each in found] == [
        (both.id, ("热处理", "无损检测")),
        (one.id, ("无损检测",)),
    ]


def test_pieces_of_specialities_and_titles_find_behind_whole_words(park: Park, need: Need, sign_in) -> None:
    need.text = "数控机床主轴发热，加工精度上不去，想找人解决技术问题"
    whole = expert(park, "演示专家甲", "机床，液压")
    near = expert(park, "演示专家乙", "数控加工")
    expert(park, "演示专家丙", "食品加工、技术咨询")
    expert(park, "主轴", "财务")  # a person's name says nothing
    result = resources.add_resource(
        actor=park.manager, register=ResourceRegister.ACHIEVEMENT, organisation=park.city, name="一种主轴冷却装置"
    )
    found = matching.matches_for(park.officer, need)
    assert [(each.resource.id, each.words, each.near) for each in found] == [
        (whole.id, ("机床",), ()),
        (near.id, (), (("数控加工", "数控"),)),
        (result.id, (), (("一种主轴冷却装置", "主轴"),)),
    ]
    page = text_of(check_page(sign_in(park.officer).get(f"/needs/{need.id}/matches")))
    assert "“数控加工”与诉求里的“数控”相近" in page


def test_a_need_for_an_institute_finds_those_of_its_kind_before_whoever_says_a_vague_word(
    park: Park, need: Need
) -> None:
    need.text = "寻找做加速老化试验的检测机构"
    vague = expert(park, "演示专家甲", "食品、检测")
    institute = resources.add_resource(
        actor=park.manager,
        register=ResourceRegister.INSTITUTE,
        organisation=park.city,
        name="云岭质检中心",
        kind="testing_agency",
    )
    found = matching.matches_for(park.officer, need)
    assert [(each.resource.id, each.words, each.near) for each in found] == [
        (institute.id, (), (("检验检测机构", "检测机构"),)),
        (vague.id, ("检测",), ()),
    ]


def test_what_a_quarter_of_many_resources_have_tells_none_from_the_others(park: Park, need: Need) -> None:
    need.text = "数控铣床老旧"
    for number in range(matching.MANY):
        expert(park, f"演示专家{number}", "数控加工" if number % 2 else "财务")
    rare = expert(park, "演示专家另", "铣床改造")
    assert [each.resource.id for each in matching.matches_for(park.officer, need)] == [rare.id]


def test_the_firm_reads_a_telephone_or_whom_to_ask(park: Park, need: Need, sign_in) -> None:
    matching.put_to(
        actor=park.officer, need=need, resource=expert(park, "演示专家甲", "热处理", telephone="0000-5550001")
    )
    matching.put_to(actor=park.officer, need=need, resource=expert(park, "演示专家乙", "无损检测"))
    page = text_of(check_page(sign_in(park.firm_user).get(f"/own/needs/{need.id}")))
    assert "演示专家甲 0000-5550001" in page
    assert f"没有登记电话，请专员引见：{park.officer.name} {park.officer.email}" in page


def test_the_trade_finds_too_but_behind_words(session, park: Park, need: Need) -> None:
    load_reference()
    park.firm.industry_code = "C3391"
    trade = expert(park, "演示专家甲", industry_code="C339")
    words = expert(park, "演示专家乙", "热处理")
    expert(park, "演示专家丙", industry_code="C2710")
    found = matching.matches_for(park.officer, need)
    assert [(each.resource.id, each.trade) for each in found] == [(words.id, None), (trade.id, "C339")]


def test_an_officer_recommends_one_the_firm_reads_it_and_using_it_ties_them(
    session, park: Park, need: Need, sign_in
) -> None:
    resource = expert(park, "演示专家甲", "热处理", telephone="0000-5550001")
    client = sign_in(park.officer)
    page = f"/needs/{need.id}/matches"
    assert "诉求里提到：热处理" in text_of(check_page(client.get(page)))
    client.post(page, data={"resource": resource.id})
    assert "已经推荐过" in client.post(page, data={"resource": resource.id}, follow_redirects=True).text
    assert "园区为您找的演示专家甲" in text_of(
        check_page(sign_in(park.firm_user).get(f"/own/needs/{need.id}"))
    ).replace(" ", "").replace("有电话的可以直接联系，也可以请专员引见", "")
    [match] = session.scalars(select(NeedMatch))
    assert match.reason == {"words": ["热处理"], "near": [], "trade": None}
    client.post(f"/need-matches/{match.id}", data={"used": "1"})
    session.expire_all()
    assert match.state is MatchState.USED
    [tied] = session.scalars(select(ResourceFirm))
    assert (tied.firm_id, tied.resource_id, tied.since) == (park.firm.id, resource.id, clock.today())
    again = client.post(f"/need-matches/{match.id}", data={}, follow_redirects=True)
    assert "已经处理过" in again.text
    assert matching.matches_for(park.officer, need) == []


def test_nobody_matches_needs_of_firms_they_do_not_see(park: Park, need: Need, sign_in) -> None:
    resource = expert(park, "演示专家甲", "热处理")
    stranger = sign_in(park.other_officer)
    assert stranger.get(f"/needs/{need.id}/matches").status_code == 404
    assert stranger.post(f"/needs/{need.id}/matches", data={"resource": resource.id}).status_code == 404
    match = matching.put_to(actor=park.officer, need=need, resource=resource)
    assert stranger.post(f"/need-matches/{match.id}", data={"used": "1"}).status_code == 404


def test_pages_ask_a_few_questions_however_much_there_is(session, park: Park, need: Need, sign_in) -> None:
    client, asked = sign_in(park.officer), {}
    for round_ in range(2):
        for number in range(12 * round_ + 1):
            expert(park, f"演示专家{round_}{number}", "热处理")
            item(session, f"服务{round_}{number}", Rung.HTE)
        for page in ("/services", f"/needs/{need.id}/matches", f"/firms/{park.firm.id}/services"):
            client.get(page)
            with count_queries(session) as statements:
                client.get(page)
            asked.setdefault(page, []).append(len(statements))
    assert all(few == many for few, many in asked.values()), asked


def test_of_two_who_say_what_became_of_a_service_the_second_is_told(session, park: Park, sign_in) -> None:
    due = item(session, "摸底")
    session.commit()
    client, address = sign_in(park.officer), f"/firms/{park.firm.id}/services/{due.id}"
    opened = next(
        each.get("value") for each in check_page(client.get(address)).iter("input") if each.get("name") == "version"
    )
    today = clock.today().isoformat()
    client.post(address, data={"state": "given", "on": today, "note": "上门辅导", "version": opened or ""})
    second = client.post(address, data={"state": "declined", "on": today, "note": "不需要", "version": opened or ""})
    told = text_of(check_page(second))
    assert "别人" in told and "已提供" in told and "企业不需要" in told
    [record] = session.scalars(select(ServiceRecord))
    assert (record.state, record.note) == (ServiceState.GIVEN, "上门辅导")
    client.post(address, data={"state": "declined", "on": today, "note": "不需要", "version": str(record.version)})
    session.expire_all()
    assert record.state is ServiceState.DECLINED


def test_what_was_recommended_and_has_ended_is_not_used(session, park: Park, need: Need, sign_in) -> None:
    resource = expert(park, "演示专家甲", "热处理")
    match = matching.put_to(actor=park.officer, need=need, resource=resource)
    resources.end_resource(actor=park.officer, resource=resource, on=date(2025, 1, 1))
    session.commit()
    answer = sign_in(park.officer).post(f"/need-matches/{match.id}", data={"used": "1"}, follow_redirects=True)
    session.expire_all()
    assert "为止" in answer.text
    assert match.state is MatchState.PROPOSED, "nothing half done"


def test_a_firm_that_is_tied_already_can_still_be_said_to_use_what_was_recommended(
    session, park: Park, need: Need, sign_in
) -> None:
    resource = expert(park, "演示专家甲", "热处理")
    resources.tie(actor=park.officer, resource=resource, firm=park.firm, since=date(2025, 1, 1))
    match = matching.put_to(actor=park.officer, need=need, resource=resource)
    answer = sign_in(park.officer).post(f"/need-matches/{match.id}", data={"used": "1"}, follow_redirects=True)
    session.expire_all()
    assert "已记下" in answer.text and match.state is MatchState.USED
    assert len(session.scalars(select(ResourceFirm)).all()) == 1


def test_a_firm_out_of_business_is_owed_nothing(session, park: Park) -> None:
    due = item(session, "摸底")
    left = make_firm(session, park.park, status=FirmStatus.DEREGISTERED)
    assert names(left) == {}
    before = queries.counts(park.officer)[due.id]
    service.record_service(actor=park.officer, firm=left, item=due, state=ServiceState.GIVEN)
    assert queries.counts(park.officer)[due.id] == before
    assert names(left) == {"摸底": "given"}


def test_every_count_is_that_of_the_firms_it_opens(session, park: Park) -> None:
    random = Random(5)  # noqa: S311  data, not secrets
    made = [item(session, "摸底"), item(session, "年报", Rung.HTE), item(session, "信贷", Rung.TECH_SME)]
    places = (park.park, park.other_park)
    for _ in range(30):
        status = random.choice((FirmStatus.ACTIVE, FirmStatus.ACTIVE, FirmStatus.DEREGISTERED))
        firm = make_firm(session, random.choice(places), status=status)
        for rung in random.sample((Rung.HTE, Rung.TECH_SME), random.randint(0, 2)):
            session.add(Credential(firm_id=firm.id, rung=rung, number="X", valid_from=SINCE))
        for each in random.sample(made, random.randint(0, 3)):
            state, by = random.choice(list(ServiceState)), park.officer.id
            session.add(ServiceRecord(firm_id=firm.id, item_id=each.id, state=state, on=clock.today(), by_id=by))
    session.flush()
    for user in (park.manager, park.officer):
        found = queries.counts(user)
        for each in made:
            for state in (*ServiceState, queries.OWED):
                firms = select(func.count(Firm.id)).where(visible_firms(user), queries.in_state(each, state))
                assert found[each.id][state] == session.scalar(firms), (each.title, state)


def test_a_service_towards_a_title_is_owed_no_more_to_who_holds_it(session, park: Park, sign_in) -> None:
    towards = item(session, "小巨人申报辅导", Rung.SRDI, towards=Rung.LITTLE_GIANT)
    hold(park, park.firm, Rung.SRDI)
    still = make_firm(session, park.park)
    hold(park, still, Rung.SRDI)
    assert names(park.firm)["小巨人申报辅导"] == "owed"
    hold(park, park.firm, Rung.LITTLE_GIANT)
    (due,) = [each for each in queries.package_of(park.firm) if each.item is towards]
    assert (due.state, due.is_owed) == ("reached", False)
    assert queries.counts(park.officer)[towards.id] == {
        "firms": 2, "owed": 1, "offered": 0, "given": 0, "declined": 0,
    }  # fmt: skip
    owed = session.scalars(select(Firm.id).where(queries.in_state(towards, "owed"))).all()
    assert owed == [still.id]
    session.commit()
    page = sign_in(park.officer).get(f"/firms/{park.firm.id}/services")
    check_page(page)
    assert "已有该资质，不用再提供" in page.text and "还欠 0 项" in page.text
    service.record_service(actor=park.officer, firm=park.firm, item=towards, state=ServiceState.GIVEN)
    assert queries.counts(park.officer)[towards.id]["owed"] == 1, "given is not taken off twice"


def test_what_is_overdue_is_marked_with_its_day(session, park: Park, sign_in) -> None:
    item(session, "年报", Rung.HTE, days=5)
    hold(park, park.firm)
    session.commit()
    page = sign_in(park.officer).get(f"/firms/{park.firm.id}/services").text
    assert "已逾期，应于" in page
    assert "其中逾期 1 项" in page


def test_the_shipped_package_says_what_each_service_leads_to(session) -> None:
    loading.load()
    known = dict(session.execute(select(ServiceItem.title, ServiceItem.towards)).all())
    assert known["小巨人申报辅导"] is Rung.LITTLE_GIANT and known["上市意向摸底"] is None
