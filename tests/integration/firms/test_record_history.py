"""What belongs to no firm has its history too: who changed which number of a plan, a rule, a resource, from what to what."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from crm.applications.models import Programme
from crm.applications.programmes import create_programme, create_window, edit_window
from crm.insight.targets import service as targets
from crm.insight.targets.models import Indicator, TargetPlan, ValueKind
from crm.insight.targets.service import Wanted
from crm.kernel import audit
from crm.ladder.models import Purpose
from crm.lists import service as lists
from crm.registers.resources import service as resources
from crm.registers.resources.models import ResourceRegister
from crm.services.models import Phase
from crm.services.service import keep_item
from tests.factories import Park
from tests.integration.applications.test_results import Lists
from tests.integration.insight.plans import indicator, shipped, taken
from tests.pages import check_page, text_of

RULE = """criteria:
  - id: A-1
    title: {zh: 上年研发费用, en: R&D last year}
    article: 第三条
    certainty: ours
    measure: {figure: rd, year: -1}
    operator: ">="
    value: %s
    unit: 万元
"""


SERVICE: dict[str, Any] = {
    "rung": None, "towards": None, "phase": Phase.DISCOVER, "title": "政策宣讲", "title_en": "Talk", "text": None,
    "days": 5, "place": 0, "disabled": False,
}  # fmt: skip


def indicator_of(session: Any) -> Indicator:
    shipped(session)
    return indicator(session, "hte_count")


def told(client: Any, entity: str, record_id: int) -> str:
    return text_of(check_page(client.get(f"/history/{entity}/{record_id}")))


def aim(park: Park, plan: TargetPlan, session: Any, value: Decimal | None, unit: str | None) -> None:
    wanted = [Wanted(ValueKind.TARGET, 2024, Decimal(550)), Wanted(ValueKind.TARGET, 2025, value)]
    targets.set_numbers(
        actor=park.administrator, plan=plan, indicator=indicator(session, "hte_count"), wanted=wanted,
        unit_in_charge=unit, seen=None,
    )  # fmt: skip
    session.commit()


def test_a_changed_target_is_told_with_its_indicator_year_and_who(session, park: Park, sign_in) -> None:
    plan = taken(session, park.administrator)
    aim(park, plan, session, Decimal(610), "市科技局")
    said = told(sign_in(park.administrator), "target_plan", plan.id)
    assert "高新技术企业数 · 2025 · 目标 · 数值 600 610 管理员甲" in said
    assert "高新技术企业数 · 2025 · 目标 · 责任单位" in said and "市科技局" in said
    aim(park, plan, session, None, "市科技局")
    gone = told(sign_in(park.administrator), "target_plan", plan.id)
    assert "高新技术企业数 · 2025 · 目标 删除" in gone, "also of a number that was taken out"
    assert sign_in(park.administrator).get(f"/targets/{plan.id}").text.count(f"/history/target_plan/{plan.id}") == 1
    # Shares of other counties stand in it: who does not set the plan reads what is theirs on its own pages.
    assert sign_in(park.manager).get(f"/history/target_plan/{plan.id}").status_code == 404
    assert sign_in(park.officer).get(f"/history/target_plan/{plan.id}").status_code == 404


def test_a_resource_a_list_and_a_chain_tell_what_was_changed(session, park: Park, sign_in) -> None:
    audit.sign(session, park.administrator.id, audit.Via.PAGE)
    expert = resources.add_resource(
        actor=park.officer,
        register=ResourceRegister.EXPERT,
        organisation=park.park,
        name="演示专家甲",
        kind="professor",
    )
    named = {"title": "重点企业", "title_en": "Key firms", "rule": RULE % 100}
    chosen = lists.add_list(actor=park.administrator, key="key_w", quota=30, **named)
    chain = lists.add_chain(actor=park.administrator, key="chain_w", title="专利扫零", title_en="Patents", rule=None)
    for key, title in (("one", "申请专利"), ("two", "研发中心")):
        lists.add_link(
            actor=park.administrator, chain=chain, key=key, title=title, title_en=title, place=0, rule=RULE % 1
        )
    session.commit()
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    resources.edit_resource(actor=park.officer, resource=expert, words="热处理")
    lists.edit_list(actor=park.administrator, firm_list=chosen, **{**named, "quota": 50})
    lists.remove_link(actor=park.administrator, link=chain.links[1])
    session.commit()
    due = keep_item(actor=park.administrator, item=None, **SERVICE)
    wanted = indicator_of(session)
    session.commit()
    keep_item(actor=park.administrator, item=due, **{**SERVICE, "days": 10})
    wanted.title = "高企数"
    session.commit()
    client = sign_in(park.officer)
    assert "服务包 · 政策宣讲 · 几个工作日内提供 5 10" in told(client, "service_item", due.id)
    assert "指标名称 高新技术企业数 高企数" in told(client, "indicator", wanted.id)
    kept = sign_in(park.administrator)
    assert f"/history/service_item/{due.id}" in kept.get(f"/services/items/{due.id}").text
    assert f"/history/indicator/{wanted.id}" in kept.get(f"/targets/indicators/{wanted.id}/edit").text
    assert "热处理 专员甲" in told(client, "resource", expert.id)
    assert "重点企业 · 名额 30 50 专员甲" in told(client, "firm_list", chosen.id)
    assert "培育链的环节 · 研发中心" in told(client, "cultivation_chain", chain.id)


def test_programmes_are_read_by_who_keeps_them_and_a_list_by_its_unit(app, session, park: Park, sign_in) -> None:
    values = {"title": "技改补贴", "title_en": "x", "rung": None, "purpose": Purpose.NEW, "asks": [], "papers": []}
    programme = create_programme(actor=park.administrator, values=values)
    days = {"year": 2026, "title": None, "division_code": None, "opens_on": None, "closes_on": date(2026, 6, 30)}
    window = create_window(programme, actor=park.administrator, values=days)
    session.commit()
    edit_window(window, actor=park.administrator, values={**days, "closes_on": date(2026, 7, 15)})
    session.commit()
    said = told(sign_in(park.administrator), "programme", session.scalars(select(Programme.id)).one())
    assert "截止日期 2026年6月30日 2026年7月15日" in said
    assert sign_in(park.officer).get(f"/history/programme/{programme.id}").status_code == 404
    results = Lists(app, session, park).take_in((park.firm.name, park.firm.credit_code or "", "GR1"))
    assert "认定名单" in told(sign_in(park.officer), "result_list", results.id)
    assert sign_in(park.other_officer).get(f"/history/result_list/{results.id}").status_code == 404
    assert sign_in(park.officer).get(f"/history/firm/{park.firm.id}").status_code == 404
    assert sign_in(park.firm_user).get(f"/history/result_list/{results.id}").status_code == 403
