"""The pages: what a firm, its officer, a manager and the administrator see and do; each number opens what it counts."""

from __future__ import annotations

import io
import re
from datetime import date
from decimal import Decimal

import pytest
from python_calamine import load_workbook
from sqlalchemy import select

from crm.firms.models import State
from crm.incentives.claims import decide, pay, take_back_payment
from crm.incentives.effect import refresh
from crm.incentives.models import Claim, ClaimState, EntitlementRow, PolicyEffect, Provision
from crm.incentives.rules import incentives
from crm.kernel import audit, jobs
from crm.registers.models import RegisterEntry
from tests.factories import make_firm
from tests.integration.incentives.makers import YEAR, adopt, claim_contract, contract, figures, institution, paid, paper
from tests.pages import check_page
from tests.queries import count_queries


@pytest.fixture(autouse=True)
def signed(session, park) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    for incentive in ("contract_receiver", "contract_provider", "institution_award"):
        adopt(park, incentive)


def address(firm, entry) -> str:
    return f"/firms/{firm.id}/incentives/contract_receiver/{YEAR}?cause=register_entry:{entry.id}"


def test_the_firm_sees_what_it_may_claim_how_much_from_where_and_what_to_hand_in(session, park, sign_in) -> None:
    contract(park.firm)
    institution(park.firm, "provincial", on=None)
    figures(park.firm, park.officer, rd="320")
    answer = sign_in(park.firm_user).get(f"/firms/{park.firm.id}/incentives")
    check_page(answer)
    page = answer.text
    assert "合同额 850 万元 × 2 % = 17 万元，不超过 20 万元" in page
    ready, missing = page.index('id="ready"'), page.index('id="missing"')
    assert ready < page.index("合同额 850 万元") < missing < page.index("少缴企业所得税 80 万元")
    assert "合计 17 万元" in page and "要交：技术合同、付款凭证" in page and "文件没有写申领期限" in page
    assert "输出科技成果补助" not in page, "what is the provider's is not the receiver's"
    assert "年份不明" in page and "日期（决定算在哪一年）" in page
    assert "320 万元 × 25 % = 少缴企业所得税 80 万元" in page
    assert "国民经济行业代码" in page, "trade decides, and is not known"
    assert f'href="/firms/{park.firm.id}/incentives/contract_receiver/{YEAR}?cause=register_entry' in page


def test_what_is_missing_leads_staff_to_where_it_is_entered(park, sign_in) -> None:
    institution(park.firm, None)
    page = sign_in(park.officer).get(f"/firms/{park.firm.id}/incentives").text
    assert f'href="/firms/{park.firm.id}/registers#institution"' in page
    assert f'href="/firms/{park.firm.id}/figures/{YEAR}/edit#rd"' in page or f"figures/{YEAR}" in page


def test_from_the_claim_to_the_payment_by_page(session, park, sign_in) -> None:
    entry = contract(park.firm)
    firm_user, manager = sign_in(park.firm_user), sign_in(park.manager)
    refused = firm_user.post(address(park.firm, entry), data={})
    assert "请附上申领材料" in refused.text
    file = (io.BytesIO(b"%PDF-1.7 x"), "合同.pdf")
    answer = firm_user.post(address(park.firm, entry), data={"file": file}, follow_redirects=True)
    check_page(answer)
    assert "已申领，待核定" in answer.text
    claim = session.scalars(select(Claim)).one()
    page = manager.get(f"/incentives/claims/{claim.id}").text
    assert 'value="17"' in page
    wrong = manager.post(f"/incentives/claims/{claim.id}/decide", data={"verdict": "refuse", "version": claim.version})
    assert wrong.status_code == 422
    assert "请写明原因" in wrong.text
    good = {"verdict": "approve", "amount": "16.5", "version": claim.version, "on": claim.claimed_on.isoformat()}
    assert manager.post(f"/incentives/claims/{claim.id}/decide", data=good).status_code == 302
    again = manager.post(f"/incentives/claims/{claim.id}/decide", data=good)
    assert "别人刚刚处理过" in again.text
    pay = {"amount": "16.5", "on": claim.claimed_on.isoformat(), "version": claim.version}
    assert manager.post(f"/incentives/claims/{claim.id}/pay", data=pay).status_code == 302
    assert (claim.state, claim.paid_amount) == (ClaimState.PAID, Decimal(165_000))
    seen = firm_user.get(f"/incentives/claims/{claim.id}").text
    assert "已兑付" in seen
    assert "保存核定" not in seen
    history = sign_in(park.officer).get(f"/firms/{park.firm.id}/history").text
    assert "政策申领" in history and "已兑付" in history


def test_instalments_are_shown_with_what_is_left_and_taken_back_one_by_one(session, park, sign_in) -> None:
    claim = claim_contract(park.firm, park.officer, contract(park.firm))
    decide(claim, actor=park.manager, approve=True)
    session.commit()
    client, address = sign_in(park.manager), f"/incentives/claims/{claim.id}"
    on = claim.claimed_on.isoformat()
    for amount, told in (("10", "累计 10 万元，还差 7 万元"), ("2", "累计 12 万元，还差 5 万元")):
        data = {"amount": amount, "on": on, "version": claim.version}
        page = client.post(f"{address}/pay", data=data, follow_redirects=True)
        check_page(page)
        assert told in page.text and "部分兑付" in page.text and "&lt;span" not in page.text
    assert re.search(r'id="paid-amount"[^>]*value="5"', page.text), "what is left is offered"
    listed = client.get("/incentives/claims").text
    assert "还差 5" in listed and "已付 12 万元" in listed
    assert "另有 1 笔部分兑付" in client.get("/incentives").text
    first = claim.payments[0]
    data = {"payment": str(first.id), "reason": "付给了别家", "version": claim.version}
    page = client.post(f"{address}/take-back", data=data, follow_redirects=True)
    assert "还有 15 万元待兑付" in page.text
    session.expire_all()
    assert [each.amount for each in claim.payments] == [Decimal(20_000)]
    assert "已兑付 2 万元" in sign_in(park.firm_user).get(f"/firms/{park.firm.id}/incentives").text


def test_who_decides_is_told_when_nobody_verified_what_the_amount_rests_on(session, park, sign_in) -> None:
    entry = contract(park.firm)
    claim = claim_contract(park.firm, park.officer, entry)
    session.commit()
    client, address = sign_in(park.manager), f"/incentives/claims/{claim.id}"
    page = client.get(address)
    check_page(page)
    assert "还没有核实" in page.text and "没有附文件" in page.text
    assert "还没有核实" not in sign_in(park.firm_user).get(address).text
    entry.state, entry.document = State.VERIFIED, claim.document
    session.commit()
    assert "金额的依据要留意" not in client.get(address).text


def test_the_list_adds_up_by_state_narrows_and_exports(session, park, sign_in) -> None:
    first = claim_contract(park.firm, park.officer, contract(park.firm))
    paid(claim_contract(park.firm, park.officer, contract(park.firm, "400")), park.manager)
    far = claim_contract(park.other_firm, park.administrator, contract(park.other_firm, "300"))
    client = sign_in(park.officer)
    answer = client.get("/incentives/claims")
    check_page(answer)
    assert far.firm.name not in answer.text, "outside the officer's scope"
    stats = re.sub(r"<[^>]+>", " ", answer.text)
    assert re.search(r"17\s*万元", stats) and re.search(r"8\s*万元", stats)
    only = client.get("/incentives/claims?state=paid").text
    assert f'/incentives/claims/{first.id}"' not in only
    sheet = client.get(f"/incentives/claims.xlsx?year={YEAR}")
    rows = load_workbook(io.BytesIO(sheet.data)).get_sheet_by_index(0).to_python()
    assert [row[6] for row in rows[-2:]] == [8.0, 17.0]
    assert "没有符合条件的申领" in client.get("/incentives/claims?year=1999").text


def test_many_are_approved_at_once_after_a_look_and_all_or_none(session, park, sign_in) -> None:
    chosen = [claim_contract(park.firm, park.officer, _checked(park, wan)) for wan in ("850", "300")]
    values = [f"{claim.id}.{claim.version}" for claim in chosen]
    client = sign_in(park.manager)
    data = {"claim": values, "on": chosen[0].claimed_on.isoformat()}
    look = client.post("/incentives/claims", data=data)
    check_page(look)
    assert "同意兑现 2 笔，合计 23 万元" in look.text
    assert {claim.state for claim in chosen} == {ClaimState.CLAIMED}, "only looked at"
    stale = client.post("/incentives/claims", data={**data, "claim": [values[0], f"{chosen[1].id}.99"], "sure": "y"})
    assert "刚刚有变动" in stale.text
    assert {claim.state for claim in chosen} == {ClaimState.CLAIMED}, "all or none"
    assert client.post("/incentives/claims", data={**data, "sure": "y"}).status_code == 302
    assert [claim.decided_amount for claim in chosen] == [Decimal(170_000), Decimal(60_000)]
    assert sign_in(park.officer).post("/incentives/claims", data=data).status_code == 403


def _checked(park, wan: str) -> RegisterEntry:
    """A contract that somebody verified, with its document."""
    return contract(park.firm, wan, state=State.VERIFIED, document=paper(park.firm, park.officer))


def test_what_rests_on_nothing_sure_is_left_out_of_many(session, park, sign_in) -> None:
    gone, unverified = contract(park.firm, "850"), contract(park.firm, "300", document=paper(park.firm, park.officer))
    claims = [claim_contract(park.firm, park.officer, entry) for entry in (gone, unverified)]
    session.delete(gone)
    session.flush()
    data = {"claim": [f"{each.id}.{each.version}" for each in claims], "on": claims[0].claimed_on.isoformat()}
    answer = sign_in(park.manager).post("/incentives/claims", data={**data, "sure": "y"})
    check_page(answer)
    assert "这 2 笔不能批量核定" in answer.text
    assert "申领的事由已不在登记册里" in answer.text and "还没有核实" in answer.text
    assert {each.state for each in claims} == {ClaimState.CLAIMED}


def test_what_nobody_could_judge_is_left_out_of_many_and_said_with_the_reason(session, park, sign_in) -> None:
    sure = claim_contract(park.firm, park.officer, _checked(park, "850"))
    doubtful = claim_contract(park.firm, park.officer, contract(park.firm, "300", party="演示矿冶研究院有限公司"))
    unnamed = claim_contract(park.firm, park.officer, contract(park.firm, None))
    client = sign_in(park.manager)
    data = {
        "claim": [f"{each.id}.{each.version}" for each in (sure, doubtful, unnamed)],
        "on": sure.claimed_on.isoformat(),
    }
    look = client.post("/incentives/claims", data=data)
    check_page(look)
    assert "同意兑现 1 笔，合计 17 万元" in look.text and "这 2 笔不能批量核定" in look.text
    assert "尚不能判定，还缺：输出方“演示矿冶研究院有限公司”是否为高校" in look.text and "没有测算金额" in look.text
    done = client.post("/incentives/claims", data={**data, "sure": "y"}, follow_redirects=True)
    assert "已核定 1 笔" in done.text and done.text.count("没有核定：") == 2
    assert [each.state for each in (sure, doubtful, unnamed)] == [
        ClaimState.APPROVED, ClaimState.CLAIMED, ClaimState.CLAIMED,
    ]  # fmt: skip
    alone = client.post("/incentives/claims", data={**data, "claim": [data["claim"][1]], "sure": "y"})
    check_page(alone)
    assert "这 1 笔不能批量核定" in alone.text and 'value="y"' not in alone.text


def test_a_payment_is_taken_back_by_page_and_every_sum_follows(session, park, sign_in) -> None:
    claim = paid(claim_contract(park.firm, park.officer, contract(park.firm)), park.manager)
    refresh()
    manager, address = sign_in(park.manager), f"/incentives/claims/{claim.id}"
    assert _paid_firms(manager) == "1"
    check_page(manager.get(address))
    wrong = manager.post(f"{address}/take-back", data={"version": claim.version, "reason": ""})
    assert wrong.status_code == 422 and "请写明原因" in wrong.text
    given = {"version": claim.version, "reason": "重复登记", "payment": str(claim.payments[0].id)}
    answer = manager.post(f"{address}/take-back", data=given, follow_redirects=True)
    check_page(answer)
    assert "已核定，待兑付" in answer.text and "重复登记" in answer.text
    assert "重复登记" in sign_in(park.firm_user).get(address).text
    refresh()
    assert _paid_firms(manager) == "0"
    assert session.scalars(select(PolicyEffect.paid)).all() == [False], "entitled, and not paid"
    assert "没有符合条件的申领" in manager.get("/incentives/claims?state=paid").text


def test_reasons_of_what_was_taken_back_stand_apart_and_a_claim_is_decided_again(session, park, sign_in) -> None:
    claim = claim_contract(park.firm, park.officer, contract(park.firm))
    decide(claim, actor=park.manager, approve=True, reason="按合同核定")
    for number in range(4):
        pay(claim, actor=park.manager)
        take_back_payment(claim, actor=park.manager, reason=f"第{number}次" + "登记有误" * 40)
    manager, address = sign_in(park.manager), f"/incentives/claims/{claim.id}"
    page = manager.get(address).text
    prefilled = re.search(r'<textarea[^>]*id="reason"[^>]*>([^<]*)<', page)
    assert prefilled is not None and prefilled.group(1).strip() == "按合同核定"
    data = {"verdict": "approve", "amount": "16", "reason": "按合同核定", "on": claim.claimed_on.isoformat()}
    again = manager.post(f"{address}/decide", data={**data, "version": claim.version}, follow_redirects=True)
    assert "已记录核定结果" in again.text and "第0次" in again.text and "第3次" in again.text


def _paid_firms(client) -> str:
    """The number of firms paid, over all years, as the policy's page has it."""
    page = client.get("/incentives/policies/contract_receiver").text
    found = re.search(r'incentive=contract_receiver\.any\.paid"[^>]*>\s*(\d+)', page)
    assert found is not None
    return found.group(1)


def test_of_two_subsidies_for_rd_the_page_says_which_is_in_force_and_where(session, park, sign_in) -> None:
    for year, rd in ((YEAR - 1, "200"), (YEAR, "320")):
        figures(park.firm, park.officer, year, rd=rd)
    adopt(park, "rd_growth", rate="0.1").until = date(2025, 12, 31)
    session.commit()
    client = sign_in(park.firm_user)
    page = client.get(f"/firms/{park.firm.id}/incentives")
    check_page(page)
    over = page.text.index("文件已到期的")
    assert over < page.text.index("新增研发投入省级奖补", over), "the plan ended with 2025"
    assert "施行到2025年12月31日，已经到期" in page.text and "到“项目申报”选" in page.text
    assert "新增研发投入省级奖补" not in page.text[:over]
    fits = client.get(f"/firms/{park.firm.id}/applications").text
    assert "新增研发投入省级奖补</a>" not in fits.partition("可以兑现的政策")[2]
    staff = sign_in(park.officer)
    index = staff.get("/incentives")
    check_page(index)
    assert index.text.index("文件已于2025年12月31日到期") > index.text.index("接收科技成果补助"), (
        "what is over stands last"
    )
    policy = staff.get("/incentives/policies/rd_growth")
    check_page(policy)
    assert "文件已到期" in policy.text and "到“项目申报”选" in policy.text


def test_a_claim_whose_entry_is_gone_still_stands_on_the_firms_page(session, park, sign_in) -> None:
    entry = contract(park.firm)
    claim = claim_contract(park.firm, park.officer, entry)
    session.delete(entry)
    session.commit()
    page = sign_in(park.firm_user).get(f"/firms/{park.firm.id}/incentives")
    check_page(page)
    assert f"/incentives/claims/{claim.id}" in page.text and "已申领，待核定" in page.text


def test_the_administrator_names_what_the_document_leaves_open(session, park, sign_in) -> None:
    for year in (YEAR - 2, YEAR - 1, YEAR):
        figures(park.firm, park.officer, year, revenue="3000", rd="200")
    client, officer = sign_in(park.administrator), sign_in(park.officer)
    policy = client.get("/incentives/policies/rd_intensity")
    check_page(policy)
    assert "测算金额未知，不是零" in policy.text
    assert "× 5 %" not in officer.get(f"/firms/{park.firm.id}/incentives").text
    data = {
        "organisation_id": str(park.city.id),
        "document": "益科发〔2024〕5号",
        "document_on": "2023-12-01",
        "since": "2020-01-01",
        "rate": "5",
        "cap": "30",
    }
    answer = client.post(
        "/incentives/policies/rd_intensity/provisions/new",
        data=data,  # a notice may price the years before it
        follow_redirects=True,
    )
    assert "比例 5 %，最高 30 万元" in answer.text
    kept = session.scalars(select(Provision).where(Provision.incentive == "rd_intensity")).one()
    assert kept.values == {"rate": "0.05", "cap": "30"}
    assert "研发费用 200 万元 × 5 % = 10 万元，不超过 30 万元" in officer.get(f"/firms/{park.firm.id}/incentives").text
    page = client.get(f"/incentives/provisions/{kept.id}")
    check_page(page)
    assert 'value="5"' in page.text
    assert officer.get(f"/incentives/provisions/{kept.id}").status_code == 403


def test_each_number_of_a_policy_opens_its_firms(session, park, sign_in) -> None:
    names = {}
    for kind in ("paid", "claimed", "idle"):
        firm = make_firm(session, park.park, f"益阳{kind}有限公司", officer_id=park.officer.id)
        names[kind] = firm.name
        entry = contract(firm)
        if kind != "idle":
            claim = claim_contract(firm, park.officer, entry)
            if kind == "paid":
                paid(claim, park.manager)
    refresh()
    client = sign_in(park.manager)
    answer = client.get("/incentives/policies/contract_receiver")
    check_page(answer)
    assert "不能证明政策有效" in answer.text
    opened = {}
    for what in ("entitled", "claimed", "paid", "unclaimed"):
        value = f"contract_receiver.{YEAR}.{what}"
        assert f"incentive={value}" in answer.text
        page = client.get(f"/firms?incentive={value}").text
        opened[what] = {kind for kind, name in names.items() if name in page}
    assert opened == {
        "entitled": {"paid", "claimed", "idle"},
        "claimed": {"paid", "claimed"},
        "paid": {"paid"},
        "unclaimed": {"idle"},
    }
    assert client.get("/firms?incentive=contract_receiver.any.nonsense").status_code == 200
    sheet = client.get("/incentives/policies/contract_receiver.xlsx")
    assert load_workbook(io.BytesIO(sheet.data)).get_sheet_by_index(0).to_python()[0][0].startswith("各年度")
    index = client.get("/incentives")
    check_page(index)
    assert "接收科技成果补助" in index.text


def test_the_numbers_of_incentives_are_confirmed_like_any_others(park, sign_in) -> None:
    client, cap = sign_in(park.administrator), incentives()["contract_receiver"].terms["cap"]
    page = client.get(f"/editions/certainty/{cap.fingerprint}").text
    assert "接收科技成果补助：最高" in page
    assert "郴政发〔2013〕4号" in page
    assert cap.fingerprint in client.get("/incentives/policies/contract_receiver").text
    for number in range(1, 20):
        listed = client.get(f"/editions/certainty?page={number}").text
        if cap.fingerprint in listed:
            break
    assert "惠企政策" in listed
    client.post(
        f"/editions/certainty/{cap.fingerprint}", data={"on": "2026-01-05", "source": "政府公报 2013 年第 4 期"}
    )
    assert cap.fingerprint not in client.get("/incentives/policies/contract_receiver").text, (
        "nothing is left to confirm of it"
    )


def test_a_page_asks_the_database_as_often_for_many_as_for_few(session, park, sign_in) -> None:
    client = sign_in(park.manager)
    claim_contract(park.firm, park.officer, contract(park.firm))
    asked = []
    for more in (0, 12):
        for number in range(more):
            firm = make_firm(session, park.park, f"益阳许多{number}有限公司")
            claim_contract(firm, park.officer, contract(firm))
            institution(park.firm, "city", on=date(YEAR, 3, 1 + number))
        for path in (
            "/incentives/claims",
            f"/firms/{park.firm.id}/incentives",
            "/incentives",
            "/incentives/policies/contract_receiver",
        ):
            session.commit()
            with count_queries(session) as statements:
                assert client.get(path).status_code == 200
            asked.append(len(statements))
    assert asked[:4] == asked[4:]
    assert max(asked) <= 30


def test_what_may_be_claimed_stands_beside_the_programmes_that_fit(park, sign_in) -> None:
    entry = contract(park.firm)
    for person in (park.firm_user, park.officer):
        answer = sign_in(person).get(f"/firms/{park.firm.id}/applications")
        check_page(answer)
        assert "可以兑现的政策" in answer.text
        assert "合同额 850 万元 × 2 % = 17 万元" in answer.text
        assert f"cause=register_entry:{entry.id}" in answer.text
    claim_contract(park.firm, park.officer, entry)
    assert "合同额 850 万元 × 2 %" not in sign_in(park.firm_user).get(f"/firms/{park.firm.id}/applications").text


def test_an_odd_year_in_the_address_is_a_page_there_is_not(session, park, sign_in) -> None:
    undated = institution(park.firm, "city", on=None)
    client = sign_in(park.officer)
    for incentive in ("institution_award", "super_deduction", "rd_reserve"):
        for year in ("0", "1", "9999", "10000", "2147483647"):
            address = f"/firms/{park.firm.id}/incentives/{incentive}/{year}?cause=register_entry:{undated.id}"
            assert client.get(address).status_code == 404, address


def test_who_did_not_claim_is_counted_and_opens_just_those(session, park, sign_in) -> None:
    claim_contract(park.firm, park.officer, contract(park.firm))
    left = make_firm(session, park.park)
    contract(left)
    session.commit()
    refresh()
    client = sign_in(park.manager)
    page = client.get("/incentives/policies/contract_receiver")
    check_page(page)
    found = re.search(rf'href="([^"]*contract_receiver\.{YEAR}\.unclaimed[^"]*)"[^>]*>\s*(\d+)', page.text)
    assert found is not None and found[2] == "1"
    listed = client.get(found[1].replace("&amp;", "&")).text
    assert left.name in listed and park.firm.name not in listed


def test_the_numbers_say_how_old_they_are_and_are_worked_out_anew_on_request(session, app, park, sign_in) -> None:
    refresh()
    contract(park.firm)
    session.commit()
    client = sign_in(park.officer)
    page = client.get("/incentives")
    check_page(page)
    assert "每小时更新" in page.text and "重新测算" in page.text
    assert session.scalars(select(EntitlementRow)).all() == []
    told = client.post("/incentives/count", data={"incentive": "contract_receiver"}, follow_redirects=True)
    assert "已安排重新测算" in told.text and "每小时更新" in told.text
    jobs.work_until_empty(app)
    session.expire_all()
    assert "contract_receiver" in session.scalars(select(EntitlementRow.incentive)).all()


def test_a_total_that_differs_from_its_rounded_years_says_so(session, park, sign_in) -> None:
    for number in range(2):  # 0.12345 万元 a year: 0.12 + 0.12 beside 0.25
        contract(park.firm, "6.1725", on=date(YEAR - number, 5, 1))
    session.commit()
    refresh()
    page = sign_in(park.manager).get("/incentives/policies/contract_receiver").text
    assert "0.25" in page and "先相加再四舍五入" in page


def test_english_reads_money_as_english_does(session, park, sign_in) -> None:
    claim = claim_contract(park.firm, park.officer, contract(park.firm))
    decide(claim, actor=park.manager, approve=True)
    pay(claim, actor=park.manager, on=claim.claimed_on, amount=Decimal(120_000))
    session.commit()
    client = sign_in(park.manager)
    client.post("/language", data={"language": "en"})
    assert "¥120,000 paid, ¥50,000 to go" in client.get("/incentives/claims").text
