"""Scenarios: kept under a name, opened with today's record, overwritten by whoever saw the last version, of one side only."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from crm.accounts.models import User
from crm.firms.figures.queries import figures_of_year
from crm.firms.figures.service import record_figures
from crm.firms.models import Firm
from crm.kernel.audit import Action, Change
from crm.outlook.models import Scenario
from tests.factories import Park
from tests.integration.outlook.makers import ON, WAN
from tests.pages import check_page, text_of
from tests.queries import count_queries

MORE_RD = {"rung": "hte", "purpose": "new", "on": ON, "years.2025.rd": "240"}


@pytest.fixture
def save(park: Park, firm: Firm, sign_in):
    def call(name: str, who: User | None = None, **changes: Any):
        data = {**MORE_RD, **changes, "name": name}
        return sign_in(who or park.officer).post(f"/firms/{firm.id}/scenarios", data=data, follow_redirects=True)

    return call


def kept(session) -> list[Scenario]:
    session.expire_all()
    return list(session.scalars(select(Scenario).order_by(Scenario.id)))


def test_what_was_changed_is_kept_and_opened_again(session, park: Park, firm: Firm, save, sign_in) -> None:
    page = save("多投研发", **{"add.ip.invention": "2", "years.2025.st_staff": ""})
    check_page(page)
    (scenario,) = kept(session)
    assert scenario.changes == {"years.2025.rd": ["240"], "add.ip.invention": ["2"], "years.2025.st_staff": [""]}
    assert (scenario.name, scenario.internal, scenario.created_by) == ("多投研发", True, park.officer)
    assert "档案里这一级要看的数据没有变化" in page.text
    opened = sign_in(park.manager).get(f"/firms/{firm.id}/what-if?scenario={scenario.id}")
    check_page(opened)
    for text in ("240 万元", "另加 2 项", "14 人 → ", "HT-05a"):
        assert text in opened.text, text


def test_opening_says_what_the_record_has_become(session, park: Park, firm: Firm, save, sign_in) -> None:
    save("多投研发")
    (scenario,) = kept(session)
    record_figures(
        actor=park.officer, firm=firm, year=2025, values={"rd": Decimal(210 * WAN), "liabilities": Decimal(1)}
    )
    session.commit()
    page = sign_in(park.officer).get(f"/firms/{firm.id}/what-if?scenario={scenario.id}")
    told = text_of(check_page(page))
    assert "档案有变化" in told
    assert "2025 年研发费用：193.8 万元 → 210 万元" in told
    assert "负债总额" not in told, "hte does not read it"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "请给方案起个名字"),
        ({"name": "长" * 61}, "60"),
        ({"years.2025.rd": "很多"}, "方案没有保存"),
        ({"years.2025.rd": "193.8"}, "还没有改动任何数据"),
    ],
)
def test_what_cannot_be_kept_is_said(session, park: Park, firm: Firm, sign_in, changes, sentence: str) -> None:
    answer = sign_in(park.officer).post(f"/firms/{firm.id}/scenarios", data={**MORE_RD, "name": "方案", **changes})
    assert answer.status_code == 422
    check_page(answer)
    assert sentence in answer.text
    assert kept(session) == []


def test_a_name_is_taken_once_a_side(session, park: Park, save) -> None:
    save("甲")
    again = save("甲")
    assert "已有名为“甲”的方案" in again.text
    save("甲", who=park.firm_user)
    assert [(each.name, each.internal) for each in kept(session)] == [("甲", True), ("甲", False)]


def test_each_side_sees_its_own_alone(session, park: Park, firm: Firm, save, sign_in) -> None:
    save("园区的打算")
    save("企业自己的打算", who=park.firm_user)
    own, theirs = sign_in(park.firm_user), sign_in(park.officer)
    address = f"/firms/{firm.id}/scenarios"
    for client, sees, not_sees in ((own, "企业自己的打算", "园区的打算"), (theirs, "园区的打算", "企业自己的打算")):
        page = client.get(address)
        check_page(page)
        assert sees in page.text
        assert not_sees not in page.text
    internal, external = kept(session)
    assert own.post(f"/scenarios/{internal.id}/remove").status_code == 404
    assert theirs.post(f"/scenarios/{external.id}/rename", data={"name": "乙"}).status_code == 404
    assert "园区的打算" not in own.get(f"/firms/{firm.id}/what-if?scenario={internal.id}").text
    history = text_of(check_page(theirs.get(f"/firms/{firm.id}/history")))
    assert "园区的打算" in history
    assert "企业自己的打算" not in history
    assert sign_in(park.other_officer).get(address).status_code == 404
    assert own.post(f"/scenarios/{external.id}/remove").status_code == 302


def test_overwriting_needs_the_version_that_was_seen(session, park: Park, firm: Firm, save, sign_in) -> None:
    save("甲")
    (scenario,) = kept(session)
    opened = str(scenario.version)
    client, address = sign_in(park.manager), f"/scenarios/{scenario.id}/overwrite"
    first = client.post(address, data={**MORE_RD, "years.2025.rd": "260", "version": opened}, follow_redirects=True)
    assert "已覆盖" in first.text
    second = client.post(address, data={**MORE_RD, "years.2025.rd": "280", "version": opened}, follow_redirects=True)
    check_page(second)
    assert "有人改过方案" in second.text
    assert "280 万元" in second.text, "what this person changed is still there"
    assert kept(session)[0].changes == {"years.2025.rd": ["260"]}


def test_a_scenario_is_renamed_and_removed_with_history(session, park: Park, firm: Firm, save, sign_in) -> None:
    save("甲")
    save("乙")
    first, _second = kept(session)
    client, address = sign_in(park.officer), f"/scenarios/{first.id}/rename"
    taken = client.post(address, data={"name": "乙", "version": first.version})
    check_page(taken)
    assert (taken.status_code, "已有名为“乙”的方案" in taken.text) == (422, True)
    renamed = client.post(address, data={"name": "丙", "version": first.version}, follow_redirects=True)
    assert "已改名为“丙”" in renamed.text
    client.post(f"/scenarios/{first.id}/remove")
    assert [each.name for each in kept(session)] == ["乙"]
    actions = session.scalars(select(Change.action).where(Change.entity == "scenario").order_by(Change.id)).all()
    assert actions == [Action.CREATED, Action.CREATED, Action.UPDATED, Action.DELETED]
    history = client.get(f"/firms/{firm.id}/history")
    check_page(history)
    assert "假设方案" in history.text


def test_two_or_three_are_compared_side_by_side(session, park: Park, firm: Firm, save, sign_in) -> None:
    save("多投研发")
    save("少投研发", **{"years.2025.rd": "200"})
    save("看专精特新", rung="srdi", **{"years.2025.revenue": "8000"})
    ids = [each.id for each in kept(session)]
    client, address = sign_in(park.officer), f"/firms/{firm.id}/scenarios"
    page = client.get(address, query_string={"compare": ids})
    told = text_of(check_page(page))
    for text in ("方案比较", "档案：193.8 万元", "240 万元", "200 万元", "还差 40 万元", "专精特新中小企业"):
        assert text in told, text
    assert "至少要选两个" in client.get(address, query_string={"compare": ids[:1]}).text
    for strange in ("x", "99999999999", "-1"):
        assert check_page(client.get(f"{address}?compare={strange}&compare={ids[0]}")) is not None


def test_the_list_asks_the_same_for_any_number(session, park: Park, firm: Firm, save, sign_in) -> None:
    save("甲")
    client, address = sign_in(park.officer), f"/firms/{firm.id}/scenarios"
    with count_queries(session) as few:
        client.get(address)
    for name in "乙丙丁":
        save(name)
    with count_queries(session) as many:
        client.get(address)
    assert len(many) == len(few)
    assert figures_of_year(firm.id, 2025).rd == Decimal("193.8") * WAN
