"""Setting targets: taken over, edited, handed down and entered, each by who may, with sums told and conflicts shown."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.permissions import Role
from crm.firms.ip.models import IpKind
from crm.firms.models import Division
from crm.insight.targets import now, service
from crm.insight.targets.models import Indicator, IndicatorValue, TargetPlan, ValueKind
from crm.insight.targets.pipeline import forecast
from crm.insight.targets.refresh import refresh
from crm.kernel import clock
from crm.ladder.models import Rung, Stage
from tests.factories import Park, make_user
from tests.integration.insight.opening import page
from tests.integration.insight.plans import indicator, many_firms, patents, shipped, taken, titles
from tests.integration.ladder.makers import TODAY
from tests.pages import check_page, text_of

SignIn = Callable[[Any], FlaskClient]


@pytest.fixture
def plan(session: Session, park: Park) -> TargetPlan:
    return taken(session, park.administrator)


def words(client: FlaskClient, address: str) -> str:
    return text_of(page(client, address))


def values(session: Session, plan: TargetPlan, key: str) -> dict[tuple[str, int, int | None, int | None], Decimal]:
    rows = session.scalars(
        select(IndicatorValue).join(Indicator).where(IndicatorValue.plan_id == plan.id, Indicator.key == key)
    )
    return {(each.kind.value, each.year, each.organisation_id, each.officer_id): each.value for each in rows}


def numbers_address(plan: TargetPlan, wanted: Indicator, end: str = "numbers") -> str:
    return f"/targets/{plan.id}/indicators/{wanted.id}/{end}"


def version_of(client: FlaskClient, address: str) -> str:
    fields = [field for field in page(client, address).iter("input") if field.get("name") == "version"]
    return str(fields[0].get("value"))


def test_a_place_takes_a_shipped_plan_over_once(session: Session, park: Park, sign_in: SignIn) -> None:
    document = shipped(session)
    client = sign_in(park.manager)
    assert "600 家" in words(client, f"/targets/{document.id}")
    answer = client.post(f"/targets/{document.id}/take-over", follow_redirects=True)
    assert "高新技术企业数" in text_of(check_page(answer))
    mine = session.scalars(select(TargetPlan).where(TargetPlan.organisation_id == park.county.id)).one()
    assert values(session, mine, "hte_count") == values(session, document, "hte_count")
    again = client.post(f"/targets/{document.id}/take-over", follow_redirects=True)
    assert "已经采用" in again.text
    # The document's own numbers are nobody's to change.
    assert client.get(numbers_address(document, indicator(session, "hte_count"))).status_code == 403


def test_each_level_sees_its_own_and_what_is_below(
    session: Session, park: Park, plan: TargetPlan, sign_in: SignIn
) -> None:
    assert "专员甲 ·" in words(sign_in(park.officer), f"/targets/{plan.id}")
    assert "资阳区 ·" in words(sign_in(park.manager), f"/targets/{plan.id}")
    manager = sign_in(park.manager)
    assert manager.get(f"/targets/{plan.id}?node={park.park.id}").status_code == 200
    assert manager.get(f"/targets/{plan.id}?node={park.city.id}").status_code == 404
    assert manager.get(f"/targets/{plan.id}?node={park.other_park.id}").status_code == 404
    assert manager.get(f"/targets/{plan.id}?node=o{park.officer.id}").status_code == 200
    assert manager.get(f"/targets/{plan.id}?node=o{park.other_officer.id}").status_code == 404
    # A plan of the county is not for a park beside it.
    own = taken(session, park.manager, "chenzhou.2013")
    assert sign_in(park.other_manager).get(f"/targets/{own.id}").status_code == 404
    assert sign_in(park.administrator).get(f"/targets/{own.id}").status_code == 200


def test_numbers_are_set_with_who_is_in_charge_and_a_changed_one_is_not_the_documents(
    session: Session, park: Park, plan: TargetPlan, sign_in: SignIn
) -> None:
    client, hte = sign_in(park.administrator), indicator(session, "hte_count")
    address = numbers_address(plan, hte)
    sent = {
        "base_2015": "81",
        "base_2020": "312",
        "target_2023": "480",
        "target_2025": "650",
        "unit_in_charge": "市科技局",
        "version": version_of(client, address),
    }
    client.post(address, data=sent)
    found = {
        (each.kind, each.year): each
        for each in session.scalars(
            select(IndicatorValue).where(IndicatorValue.plan_id == plan.id, IndicatorValue.indicator_id == hte.id)
        )
    }
    assert found[ValueKind.TARGET, 2025].value == 650
    assert found[ValueKind.TARGET, 2025].article is None
    assert found[ValueKind.BASE, 2020].article == "一（一）"
    assert found[ValueKind.TARGET, 2023].unit_in_charge == "市科技局"
    assert "市科技局" in words(client, f"/targets/{plan.id}?year=2023")
    # The county does not set the city's numbers, and nobody counts half a firm.
    assert sign_in(park.manager).get(address).status_code == 403
    wrong = client.post(address, data={**sent, "target_2023": "480.5", "version": version_of(client, address)})
    assert "请填整数" in wrong.text


def test_two_people_set_the_same_numbers(session: Session, park: Park, plan: TargetPlan, sign_in: SignIn) -> None:
    client, address = sign_in(park.administrator), numbers_address(plan, indicator(session, "hte_count"))
    first, sent = version_of(client, address), {"base_2015": "81", "base_2020": "312"}
    client.post(address, data={**sent, "target_2025": "610", "version": first})
    answer = client.post(address, data={**sent, "target_2025": "640", "version": first})
    assert "别人" in text_of(check_page(answer))
    assert values(session, plan, "hte_count")["target", 2025, None, None] == 610
    again = next(f.get("value") for f in check_page(answer).iter("input") if f.get("name") == "version")
    client.post(address, data={**sent, "target_2025": "640", "version": str(again)})
    assert values(session, plan, "hte_count")["target", 2025, None, None] == 640


def test_two_people_name_who_is_in_charge_and_neither_is_lost(
    session: Session, park: Park, plan: TargetPlan, sign_in: SignIn
) -> None:
    client, address = sign_in(park.administrator), numbers_address(plan, indicator(session, "hte_count"))
    first, sent = version_of(client, address), {"base_2015": "81", "base_2020": "312", "target_2025": "600"}
    client.post(address, data={**sent, "unit_in_charge": "市科技局", "version": first})
    answer = client.post(address, data={**sent, "unit_in_charge": "市工信局", "version": first})
    told = text_of(check_page(answer))
    assert "责任单位" in told and "市科技局" in told and "别人" in told
    assert "市科技局" in words(client, f"/targets/{plan.id}?year=2025")
    nowhere = {"base_2015": "81", "base_2020": "312", "target_2025": "", "unit_in_charge": "市科技局"}
    alone = client.post(address, data={**nowhere, "version": version_of(client, address)})
    assert "请先填目标" in alone.text, "it would be saved nowhere"


def test_a_number_of_another_unit_is_asked_about(
    session: Session, park: Park, plan: TargetPlan, sign_in: SignIn
) -> None:
    client, address = sign_in(park.administrator), numbers_address(plan, indicator(session, "rd_expense"))
    sent = {"base_2015": "12.78", "base_2020": "34.94", "target_2025": "61.6"}
    right = client.post(address, data={**sent, "version": version_of(client, address)}, follow_redirects=True)
    assert "已保存" in right.text and "请核对单位" not in right.text
    wrong = client.post(
        address, data={**sent, "target_2025": "616000", "version": version_of(client, address)}, follow_redirects=True
    )
    assert "相差 100 倍以上（12.78 和 616,000），请核对单位是不是“亿元”" in wrong.text
    gdp = indicator(session, "high_tech_value_added")
    entered = client.post(
        f"/targets/{plan.id}/actuals?year=2025",
        data={f"actual_{gdp.id}": "4291100", "source": "统计公报", "version": ""},
        follow_redirects=True,
    )
    assert "429.11 和 4,291,100" in entered.text


def test_a_target_is_handed_down_and_the_difference_is_told(
    session: Session, park: Park, plan: TargetPlan, sign_in: SignIn
) -> None:
    hte = indicator(session, "hte_count")
    client = sign_in(park.administrator)
    address = numbers_address(plan, hte, "split") + "?year=2025"
    shown = page(client, address + "&by=equal")
    suggested = {f.get("name"): f.get("value") for f in shown.iter("input") if str(f.get("name")).startswith("part_")}
    county, other = f"part_{park.county.id}", f"part_{park.other_park.id}"
    assert suggested == {county: "300", other: "300"}
    # Looking kept nothing.
    assert ("target", 2025, park.county.id, None) not in values(session, plan, "hte_count")
    answer = client.post(
        address, data={county: "350", other: "240", "version": version_of(client, address)}, follow_redirects=True
    )
    assert "少 10 家" in answer.text
    assert "合计 590 家，比本级目标少 10" in text_of(check_page(answer))
    # The county hands its 350 on to its park, and sees no more than that.
    manager = sign_in(park.manager)
    assert "350" in words(manager, numbers_address(plan, hte, "").rstrip("/") + "?year=2025")
    mine = numbers_address(plan, hte, "split") + "?year=2025"
    manager.post(mine, data={f"part_{park.park.id}": "350", "version": version_of(manager, mine)})
    # The park hands on to its officers.
    officers = f"{mine}&node={park.park.id}"
    second = make_user(session, Role.OFFICER, "专员丁", organisation_id=park.park.id)
    session.commit()
    sent = {f"part_o{park.officer.id}": "200", f"part_o{second.id}": "150", "version": version_of(manager, officers)}
    done = manager.post(officers, data=sent, follow_redirects=True)
    assert "与本级目标相等" in text_of(check_page(done))
    found = values(session, plan, "hte_count")
    assert found["target", 2025, None, park.officer.id] == 200
    assert found["target", 2025, park.park.id, None] == 350
    assert "200" in words(sign_in(park.officer), f"/targets/{plan.id}?year=2025")
    # What lies above or beside is not the county's to set.
    assert manager.get(f"{mine}&node={park.city.id}").status_code == 404


def test_by_base_needs_a_base(
    session: Session, park: Park, plan: TargetPlan, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, hte = sign_in(park.administrator), indicator(session, "hte_count")
    address = numbers_address(plan, hte, "split") + "?year=2025&by=base"
    assert "基数都是零" in words(client, address)
    with monkeypatch.context() as large:
        large.setattr(now, "LARGE", 0)
        assert "没有基数" in words(client, address)  # not counted yet
    titles(session, many_firms(session, park.park, 3), Rung.HTE)
    titles(session, many_firms(session, park.other_park, 1), Rung.HTE)
    session.commit()
    refresh()
    shown = page(client, address)
    suggested = {f.get("name"): f.get("value") for f in shown.iter("input") if str(f.get("name")).startswith("part_")}
    assert suggested == {f"part_{park.county.id}": "450", f"part_{park.other_park.id}": "150"}


def test_ratios_do_not_add_up(session: Session, park: Park, plan: TargetPlan, sign_in: SignIn) -> None:
    client, ratio = sign_in(park.administrator), indicator(session, "above_scale_rd_ratio")
    address = numbers_address(plan, ratio, "split") + "?year=2025&by=same"
    shown = page(client, address)
    assert {f.get("value") for f in shown.iter("input") if str(f.get("name")).startswith("part_")} == {"1.6"}
    assert "已分解合计" not in text_of(shown)


def test_what_was_reached_is_entered_with_its_source_or_pasted_whole(
    session: Session, park: Park, plan: TargetPlan, sign_in: SignIn
) -> None:
    client = sign_in(park.administrator)
    address = f"/targets/{plan.id}/actuals?year=2025"
    gdp, fund = indicator(session, "gdp"), indicator(session, "science_fund")
    refused = client.post(address, data={f"actual_{gdp.id}": "2500"})
    assert "请写明数据来源" in text_of(check_page(refused))
    client.post(address, data={f"actual_{gdp.id}": "2500", "source": "统计公报"})
    # One line that says nothing keeps all of them out.
    pasted = "市级财政科技专项经费\t3,100\t财政决算\n没有这个指标\t5\n高新技术产业增加值\t七百"
    answer = client.post(address, data={f"actual_{gdp.id}": "2500", "pasted": pasted})
    told = text_of(check_page(answer))
    assert "第 2 行" in told
    assert "第 3 行" in told
    assert values(session, plan, "science_fund").get(("actual", 2025, None, None)) is None
    whole = {f"actual_{gdp.id}": "2500", "pasted": "市级财政科技专项经费\t3,100\t财政决算"}
    client.post(address, data={**whole, "version": version_of(client, address)})
    kept = session.scalars(
        select(IndicatorValue).where(IndicatorValue.plan_id == plan.id, IndicatorValue.kind == ValueKind.ACTUAL)
    ).all()
    assert {(each.indicator_id, each.value, each.source) for each in kept} == {
        (gdp.id, Decimal(2500), "统计公报"),
        (fund.id, Decimal(3100), "财政决算"),
    }
    # Cleared, the number is the data's again.
    now = version_of(client, address)
    client.post(address, data={f"actual_{gdp.id}": "", f"actual_{fund.id}": "3100", "version": now})
    assert values(session, plan, "gdp") == {}
    assert sign_in(park.officer).get(address).status_code == 403


def test_the_sheet_has_the_columns_of_the_office(
    session: Session, park: Park, plan: TargetPlan, sign_in: SignIn
) -> None:
    titles(session, many_firms(session, park.park, 3), Rung.HTE)
    session.commit()
    refresh()
    answer = sign_in(park.administrator).get(f"/targets/{plan.id}/sheet.xlsx?year=2025")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    rows = book.get_sheet_by_name("目标完成表").to_python()
    head = next(number for number, row in enumerate(rows) if row[0] == "指标")
    assert rows[head][:9] == [
        "指标",
        "单位",
        "基数",
        "规划目标",
        "2025 年目标",
        "完成值",
        "完成率（%）",
        "责任单位",
        "状态",
    ]
    hte = next(row for row in rows if row[0] == "高新技术企业数")
    assert hte[2:7] == [312, 600, 600, 3, 0.5]
    rd = next(row for row in rows if row[0] == "全社会研发经费支出")
    assert rd[5] == ""  # unknown, not zero


def test_an_administrator_edits_indicators_and_a_measure_has_to_fit(
    session: Session, park: Park, plan: TargetPlan, sign_in: SignIn
) -> None:
    client = sign_in(park.administrator)
    sent = {
        "key": "loans",
        "title": "科技贷款额",
        "title_en": "Loans",
        "unit": "亿元",
        "measure": "amount:loan",
        "place": "5",
    }
    assert "对不上" in text_of(check_page(client.post("/targets/indicators/new", data={**sent, "unit": "家"})))
    client.post("/targets/indicators/new", data=sent)
    made = indicator(session, "loans")
    assert made.measure == "amount:loan"
    assert "已有编号" in client.post("/targets/indicators/new", data=sent).text
    growth = {**sent, "key": "loan_growth", "unit": "%", "measure": "growth:loans", "quality_of": "loans"}
    client.post("/targets/indicators/new", data=growth)
    assert indicator(session, "loan_growth").quality_of == "loans"
    # The key stays whatever is sent; a unit with numbers stays too.
    hte = indicator(session, "hte_count")
    edit = f"/targets/indicators/{hte.id}/edit"
    form = {"key": "other", "title": "高企数", "title_en": "HTE", "unit": "家", "measure": "held.hte"}
    client.post(edit, data={**form, "version": str(hte.version)})
    session.refresh(hte)
    assert (hte.key, hte.title) == ("hte_count", "高企数")
    refused = client.post(edit, data={**form, "unit": "个", "version": str(hte.version)})
    assert "不能再改" in refused.text
    assert sign_in(park.manager).get("/targets/indicators/new").status_code == 403
    page(client, "/targets/indicators")


def test_a_plan_of_ones_own_begins_empty_and_can_be_taken_out(session: Session, park: Park, sign_in: SignIn) -> None:
    shipped(session)
    client = sign_in(park.manager)
    made = {"title": "资阳区目标", "document_number": "", "from_year": "2026", "to_year": "2024"}
    assert "不能早于" in text_of(check_page(client.post("/targets/new", data=made)))
    answer = client.post("/targets/new", data={**made, "to_year": "2030"}, follow_redirects=True)
    assert "还没有指标" in text_of(check_page(answer))
    plan = session.scalars(select(TargetPlan).where(TargetPlan.organisation_id == park.county.id)).one()
    hte = indicator(session, "hte_count")
    chosen = client.get(f"/targets/{plan.id}/add?indicator={hte.id}")
    assert chosen.headers["Location"].endswith("/numbers")
    client.post(chosen.headers["Location"], data={"base_2025": "9", "target_2030": "30"})
    # 9 + 21 / 5 is 13.2: fourteen firms. Computed and not stored.
    assert "14推算" in words(client, f"/targets/{plan.id}?year=2026").replace(" ", "")
    assert "推算" in words(client, f"/targets/{plan.id}?year=2026")
    plan_id = plan.id
    client.post(f"/targets/{plan_id}/remove")
    assert session.scalars(select(TargetPlan.id).where(TargetPlan.id == plan_id)).all() == []
    assert session.scalars(select(IndicatorValue.id).where(IndicatorValue.plan_id == plan_id)).all() == []


def test_the_forecast_adds_up_with_its_range() -> None:
    past = {
        "days": 100,
        "hte": {
            "stages": {"applied": [20, 15, "3/4", 60], "pool": [4, 1, None, None]},
            "renewals": [20, 16],
        },
    }
    numbers = {"held.hte": [50], "lapsing.hte": [10], "case.hte.applied": [8], "case.hte.pool": [3]}
    found = forecast(Rung.HTE, numbers, past)
    assert [step.stage for step in found.steps] == [Stage.POOL, Stage.APPLIED]
    assert found.steps[1].expected == 6
    assert found.lost == 2  # of ten, one in five is not renewed
    # Of the three in the pool nobody can tell: no number, and a range with none or all of them.
    assert found.expected is None
    # 50 − 2 + 6 = 54, two deviations of √(10·0.8·0.2 + 8·0.75·0.25) = 1.76: 50.47 to 57.53, and three more.
    assert (found.low, found.high) == (50, 61)
    told = forecast(Rung.HTE, {**numbers, "case.hte.pool": [0]}, past)
    assert told.expected == 54
    assert (told.low, told.high) == (50, 58)


def test_the_page_of_an_indicator_shows_the_forecast_of_this_year(
    session: Session, park: Park, sign_in: SignIn
) -> None:
    shipped(session)
    client = sign_in(park.administrator)
    client.post("/targets/new", data={"title": "目标", "from_year": "2026", "to_year": "2030"})
    plan = session.scalars(select(TargetPlan).where(TargetPlan.organisation_id == park.city.id)).one()
    hte = indicator(session, "hte_count")
    client.post(numbers_address(plan, hte), data={"base_2025": "2", "target_2026": "9"})
    titles(session, many_firms(session, park.park, 4), Rung.HTE, since=date(2024, 6, 1), until=date(2026, 10, 1))
    session.commit()
    refresh()
    shown = words(client, numbers_address(plan, hte, "").rstrip("/"))
    assert "到年末的预测" in shown
    assert "0 – 4" in shown  # four lapse, and nobody knows how many are renewed
    page(client, f"{numbers_address(plan, hte, '').rstrip('/')}?node={park.county.id}")


def test_two_people_enter_what_was_reached_at_once(
    session: Session, park: Park, plan: TargetPlan, sign_in: SignIn
) -> None:
    client, address = sign_in(park.administrator), f"/targets/{plan.id}/actuals?year=2025"
    gdp, fund = f"actual_{indicator(session, 'gdp').id}", f"actual_{indicator(session, 'science_fund').id}"
    empty = version_of(client, address)
    client.post(address, data={gdp: "2500", "source": "统计公报", "version": empty})
    second = {fund: "3100", "source": "财政决算"}
    answer = client.post(address, data={gdp: "", **second, "version": empty})  # opened before the first was sent
    assert "别人" in text_of(check_page(answer))
    assert values(session, plan, "gdp")["actual", 2025, None, None] == 2500, "not taken out unseen"
    now = version_of(client, address)
    client.post(address, data={gdp: "2500", **second, "version": now})
    assert values(session, plan, "science_fund")["actual", 2025, None, None] == 3100


def test_a_small_park_is_counted_when_it_is_looked_at(
    session: Session, park: Park, plan: TargetPlan, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A title recorded a minute ago counts here as it does in the funnel; a large park's number says when it was counted."""
    year = clock.today().year
    own = service.make_plan(actor=park.manager, title="本区计划", document_number=None, from_year=year, to_year=year)
    hte = indicator(session, "hte_count")
    session.add(IndicatorValue(plan=own, indicator=hte, kind=ValueKind.TARGET, year=year, value=Decimal(5)))
    session.commit()
    refresh()
    titles(session, [park.firm.id], Rung.HTE, date(year - 1, 1, 1), date(year + 1, 1, 1))
    session.commit()
    client, address = sign_in(park.manager), numbers_address(own, hte, "")[:-1]
    assert "1家完成值" in words(client, address).replace(" ", "")
    assert "（现在）" in words(client, f"/targets/{own.id}")
    monkeypatch.setattr(now, "LARGE", 0)
    assert "0家完成值" in words(client, address).replace(" ", "")
    large = words(client, f"/targets/{own.id}")
    assert "每小时更新" in large and "现在重算" in large and "（现在）" not in large


def test_another_citys_numbers_are_not_taken_for_ones_own(session: Session, park: Park, sign_in: SignIn) -> None:
    """Before it is taken over, and for as long as any of its numbers is still the other city's."""
    document, client = shipped(session, "chenzhou.2013"), sign_in(park.administrator)
    assert "这是郴州市的规划" in words(client, f"/targets/{document.id}")
    assert "规划期 2013–2020 年已过" in words(client, "/targets")
    mine = taken(session, park.administrator, "chenzhou.2013")
    rows = session.scalars(select(IndicatorValue).where(IndicatorValue.plan_id == mine.id)).all()
    assert f"还有 {len(rows)} 个数是郴州市的" in words(client, f"/targets/{mine.id}")
    for row in rows:
        row.article = None
    session.commit()
    assert "郴州市的" not in words(client, f"/targets/{mine.id}")
    session.add(Division(code="431000", name="郴州市"))
    session.flush()
    park.city.division_code = "431000"
    session.commit()
    assert "这是郴州市的规划" not in words(client, f"/targets/{document.id}")


def test_a_target_on_the_way_is_a_whole_firm(session: Session, park: Park, sign_in: SignIn) -> None:
    """From 10 to 21 in four years: 12.75 after one, which is 13 firms."""
    year = TODAY.year
    shipped(session)
    own = service.make_plan(actor=park.manager, title="本区", document_number=None, from_year=year, to_year=year + 3)
    for key, base, end in (("hte_count", 10, 21), ("zero_patent_firms", 21, 10), ("rd_to_gdp", 1, 2)):
        for kind, when, value in ((ValueKind.BASE, year - 1, base), (ValueKind.TARGET, year + 3, end)):
            session.add(
                IndicatorValue(plan=own, indicator=indicator(session, key), kind=kind, year=when, value=Decimal(value))
            )
    session.commit()
    client = sign_in(park.manager)
    for key, whole in (("hte_count", "13家"), ("zero_patent_firms", "18家"), ("rd_to_gdp", "1.25%")):
        said = words(client, numbers_address(own, indicator(session, key), "")[:-1]).replace(" ", "")
        assert f"{whole}{year}年目标" in said, key
        assert "12.75" not in said and "18.25" not in said


@pytest.mark.parametrize(
    ("last", "now_", "said"),
    [
        # To 15 June 2026 thirty patents; of last year's twenty, twelve had come by then: 30 ÷ (12 ÷ 20) = 50.
        ((12, 8), 30, ["≈ 50", "30 ÷（12 ÷ 20）= 30 ÷ 60% ≈ 50"]),
        # Last year's were too few: 166 of 365 days are gone.
        ((1, 2), 10, ["≈ 22", "10 ÷ 166 天 × 365 天 ≈ 21.99", "改按天数推算"]),
    ],
)
def test_a_yearly_sum_is_forecast_from_its_pace(
    session: Session, park: Park, sign_in: SignIn, last: tuple[int, int], now_: int, said: list[str]
) -> None:
    shipped(session)
    year, granted = TODAY.year, indicator(session, "patents_granted")
    own = service.make_plan(actor=park.manager, title="本区", document_number=None, from_year=year, to_year=year)
    session.add(IndicatorValue(plan=own, indicator=granted, kind=ValueKind.TARGET, year=year, value=Decimal(60)))
    for on, count in ((date(year - 1, 6, 15), last[0]), (date(year - 1, 6, 16), last[1]), (date(year, 2, 1), now_)):
        patents(session, [park.firm.id], IpKind.UTILITY_MODEL, on, each_has=count)
    session.commit()
    client = sign_in(park.manager)
    told = words(client, numbers_address(own, granted, "")[:-1])
    for each in said:
        assert each in told, told
    rd = indicator(session, "rd_expense")
    assert "年度数据次年上报，不预测" in words(client, numbers_address(own, rd, "")[:-1])


def test_units_are_told_in_the_readers_language(
    session: Session, plan: TargetPlan, park: Park, sign_in: SignIn
) -> None:
    client = sign_in(park.manager)
    assert "家" in words(client, f"/targets/{plan.id}")
    client.post("/language", data={"language": "en"})
    tree = page(client, f"/targets/{plan.id}")
    units = {text_of(each) for each in tree.iter("span") if "cell__note" in (each.get("class") or "")}
    assert "firms" in units
    assert "家" not in units
