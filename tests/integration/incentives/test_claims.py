"""Claiming, deciding, paying, taking back: who may, from which state, and never twice for one thing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from crm.firms.models import Industry
from crm.incentives.claims import ALLOWED, TAKEN_BACK, claim_entitlement, decide, may, pay, take_back_payment, withdraw
from crm.incentives.models import PAID_OUT, Claim, ClaimPayment, ClaimState
from crm.incentives.provisions import save_provision
from crm.incentives.queries import asked, sums, taken_by_year
from crm.kernel import audit, clock
from crm.kernel.audit import Change
from crm.kernel.errors import DomainError, EditConflictError, NotAllowedError, NotFoundError
from crm.notices.models import Notice, NoticeKind
from crm.registers.models import RegisterEntry
from tests.factories import make_firm
from tests.integration.incentives.makers import (
    YEAR,
    adopt,
    claim_contract,
    contract,
    figures,
    institution,
    paid,
    paper,
)


@pytest.fixture(autouse=True)
def signed(session, park) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    for incentive in ("contract_receiver", "contract_provider", "institution_award"):
        adopt(park, incentive)


@pytest.fixture
def claim(park) -> Claim:
    return claim_contract(park.firm, park.officer, contract(park.firm))


def test_a_claim_keeps_the_arithmetic_of_its_day_with_the_rules_hash(session, park, claim) -> None:
    assert (claim.state, claim.amount, claim.claimed_on) == (ClaimState.CLAIMED, Decimal(170_000), clock.today())
    kept = claim.arithmetic
    assert kept["steps"][0]["zh"] == "合同额 850 万元 × 2 % = 17 万元，不超过 20 万元"
    assert kept["rule"] == "contract_receiver.chenzhou.2013"
    assert len(kept["hash"]) == 64
    assert kept["terms"] == {"rate": "1/50", "cap": "20"}
    assert kept["provision"]["document"] == "益政发〔2019〕9号"
    adopt(park, "contract_receiver", organisation=park.park, since=date(2021, 1, 1), rate="0.01")
    session.expire_all()
    assert claim.amount == Decimal(170_000), "later numbers change no claim"


def test_the_whole_way_is_told_and_kept_in_the_history(session, park, claim) -> None:
    audit.sign(session, park.manager.id, audit.Via.PAGE)
    paid(claim, park.manager)
    assert (claim.state, claim.decided_amount, claim.paid_amount) == (
        ClaimState.PAID,
        Decimal(170_000),
        Decimal(170_000),
    )
    told = session.execute(select(Notice.user_id, Notice.kind).where(Notice.firm_id == park.firm.id)).all()
    for person in (park.officer, park.firm_user):
        kinds = {kind for user_id, kind in told if user_id == person.id}
        assert {NoticeKind.CLAIM_APPROVED, NoticeKind.CLAIM_PAID} <= kinds
    steps = select(Change.new).where(Change.entity == "claim", Change.field == "state").order_by(Change.id)
    assert session.scalars(steps).all() == ["approved", "paid"]


def test_the_firm_claims_itself_and_its_officer_is_told(session, park) -> None:
    audit.sign(session, park.firm_user.id, audit.Via.PAGE)
    claim_contract(park.firm, park.firm_user, contract(park.firm))
    told = session.scalars(select(Notice.user_id).where(Notice.kind == NoticeKind.CLAIM_MADE)).all()
    assert told == [park.officer.id]


VERBS = {
    "decide": lambda claim, park: decide(claim, actor=park.manager, approve=True),
    "pay": lambda claim, park: pay(claim, actor=park.manager),
    "take_back_payment": lambda claim, park: take_back_payment(claim, actor=park.manager, reason="重复登记"),
    "withdraw": lambda claim, park: withdraw(claim, actor=park.officer),
}


@pytest.mark.parametrize("state", list(ClaimState))
@pytest.mark.parametrize("verb", list(VERBS))
def test_each_verb_starts_only_from_its_states(session, park, claim, state, verb) -> None:
    claim.state = state
    claim.decided_amount, claim.decided_on = claim.amount, claim.claimed_on
    if state in PAID_OUT:
        part = Decimal(100_000) if state is ClaimState.PART_PAID else Decimal(170_000)
        claim.payments.append(ClaimPayment(on=claim.claimed_on, amount=part, entered_by_id=park.manager.id))
        claim.paid_on, claim.paid_amount = claim.claimed_on, part
    session.flush()
    if state in ALLOWED[verb]:
        VERBS[verb](claim, park)
    else:
        assert not may(claim, verb)
        with pytest.raises(DomainError, match="不能再这样处理"):
            VERBS[verb](claim, park)
        assert claim.state is state


def test_officers_do_not_decide_or_pay(park, claim) -> None:
    with pytest.raises(NotAllowedError):
        decide(claim, actor=park.officer, approve=True)
    decide(claim, actor=park.manager, approve=True)
    with pytest.raises(NotAllowedError):
        pay(claim, actor=park.officer)
    with pytest.raises(NotAllowedError, match="请联系专员"):
        withdraw(claim, actor=park.firm_user)


def test_refusing_or_giving_more_than_counted_needs_a_reason(park, claim) -> None:
    with pytest.raises(DomainError, match="原因"):
        decide(claim, actor=park.manager, approve=False)
    with pytest.raises(DomainError, match="原因"):
        decide(claim, actor=park.manager, approve=True, amount=Decimal("170000.01"))
    decide(claim, actor=park.manager, approve=True, amount=Decimal("170000.01"), reason="市长办公会议定")
    assert claim.decided_amount == Decimal("170000.01")
    decide(claim, actor=park.manager, approve=False, reason="成果没有在本市转化")
    assert (claim.state, claim.decided_amount) == (ClaimState.REFUSED, None)


def test_no_more_is_paid_than_was_approved_and_not_before(park, claim) -> None:
    decide(claim, actor=park.manager, approve=True, amount=Decimal(100_000))
    with pytest.raises(DomainError, match="不能超过核定"):
        pay(claim, actor=park.manager, amount=Decimal("100000.01"))
    with pytest.raises(DomainError, match="早于"):
        pay(claim, actor=park.manager, on=clock.today() - timedelta(days=1))
    with pytest.raises(DomainError, match="晚于今天"):
        pay(claim, actor=park.manager, on=clock.today() + timedelta(days=1))
    pay(claim, actor=park.manager, amount=Decimal(60_000))
    with pytest.raises(DomainError, match="还没有付的 4 万元"):
        pay(claim, actor=park.manager, amount=Decimal(60_000))


def test_what_is_approved_is_paid_by_instalment(session, park, claim) -> None:
    audit.sign(session, park.manager.id, audit.Via.PAGE)
    decide(claim, actor=park.manager, approve=True)
    pay(claim, actor=park.manager, amount=Decimal(100_000))
    assert (claim.state, claim.paid_amount, claim.left) == (ClaimState.PART_PAID, Decimal(100_000), Decimal(70_000))
    with pytest.raises(DomainError, match="不能改为不予兑现"):
        decide(claim, actor=park.manager, approve=False, reason="不给了")
    with pytest.raises(DomainError, match="不能比它少"):
        decide(claim, actor=park.manager, approve=True, amount=Decimal(99_999))
    with pytest.raises(DomainError, match="不能再这样处理"):
        withdraw(claim, actor=park.manager)
    pay(claim, actor=park.manager)
    assert (claim.state, claim.paid_amount, claim.left) == (ClaimState.PAID, Decimal(170_000), Decimal(0))
    assert [each.amount for each in claim.payments] == [Decimal(100_000), Decimal(70_000)]
    take_back_payment(claim, actor=park.manager, reason="付错了", payment_id=claim.payments[0].id)
    assert (claim.state, claim.paid_amount) == (ClaimState.PART_PAID, Decimal(70_000))
    decide(claim, actor=park.manager, approve=True, amount=Decimal(70_000))
    assert (claim.state, claim.left) == (ClaimState.PAID, Decimal(0)), "no more is to come"
    kept = session.execute(select(Change.action, Change.firm_id).where(Change.entity == "claim_payment")).all()
    assert {firm_id for _action, firm_id in kept} == {park.firm.id}
    assert {action for action, _firm_id in kept} == {"created", "deleted"}


def test_sums_and_counts_follow_what_was_paid_so_far(session, park, claim) -> None:
    decide(claim, actor=park.manager, approve=True)
    pay(claim, actor=park.manager, amount=Decimal(100_000))
    (summed,) = sums(asked(park.manager, {}))
    assert (summed.state, summed.number) == (ClaimState.PART_PAID, 1)
    assert (summed.amount, summed.left) == (Decimal(100_000), Decimal(70_000))
    taken = taken_by_year(park.manager, "contract_receiver")[YEAR]
    assert (taken.paid, taken.paid_amount) == (1, Decimal(100_000))


def test_a_claim_refused_or_withdrawn_may_be_made_again_and_is_the_same_row(session, park, claim) -> None:
    withdraw(claim, actor=park.officer)
    entry_id = int(claim.cause.partition(":")[2])
    again = claim_entitlement(
        park.firm, "contract_receiver", YEAR, f"register_entry:{entry_id}", actor=park.officer, document=claim.document
    )
    assert again is claim
    assert again.state is ClaimState.CLAIMED
    with pytest.raises(DomainError, match="已经申领过了"):
        claim_entitlement(
            park.firm, "contract_receiver", YEAR, claim.cause, actor=park.officer, document=claim.document
        )


def test_the_same_contract_is_never_paid_in_another_year(session, park, claim) -> None:
    paid(claim, park.manager)
    entry = session.get_one(type(contract(park.firm)), int(claim.cause.partition(":")[2]))
    entry.on = date(YEAR - 1, 5, 1)  # its day is corrected: it now belongs to the year before
    session.flush()
    with pytest.raises(DomainError, match="不能重复兑现"):
        claim_entitlement(
            park.firm, "contract_receiver", YEAR - 1, claim.cause, actor=park.officer, document=claim.document
        )


def test_nor_entered_again_under_its_number_by_this_firm_or_another(session, park) -> None:
    first = contract(park.firm, number="JS2025-7")
    claim_contract(park.firm, park.officer, first)
    with pytest.raises(DomainError, match="不能重复兑现"):
        claim_contract(park.firm, park.officer, contract(park.firm, number="js2025-7"))
    neighbour = make_firm(session, park.park, officer_id=park.officer.id)
    with pytest.raises(DomainError, match="另一家企业名下"):
        claim_contract(neighbour, park.officer, contract(neighbour, number="JS2025-7"))
    assert claim_contract(neighbour, park.officer, contract(neighbour, number="JS2025-8")).amount == Decimal(170_000)


def test_an_institution_is_awarded_once_a_level_and_anew_when_raised(session, park) -> None:
    entry = institution(park.firm, "city")
    document = paper(park.firm, park.officer)
    cause = f"register_entry:{entry.id}"
    first = claim_entitlement(
        park.firm, "institution_award", YEAR, f"{cause}/city", actor=park.officer, document=document
    )
    paid(first, park.manager)
    entry.level, entry.on = "provincial", date(YEAR, 12, 1)
    session.flush()
    raised = claim_entitlement(
        park.firm, "institution_award", YEAR, f"{cause}/provincial", actor=park.officer, document=document
    )
    assert (first.amount, raised.amount) == (Decimal(50_000), Decimal(200_000))
    with pytest.raises(NotFoundError):
        claim_entitlement(park.firm, "institution_award", YEAR, f"{cause}/city", actor=park.officer, document=document)


def test_what_cannot_be_claimed_says_why(session, park) -> None:
    business = contract(park.firm, party="演示自动化有限公司")
    with pytest.raises(DomainError, match="不符合条件"):
        claim_contract(park.firm, park.officer, business)
    good = contract(park.firm)
    cause = f"register_entry:{good.id}"
    with pytest.raises(DomainError, match="请附上申领材料"):
        claim_entitlement(park.firm, "contract_receiver", YEAR, cause, actor=park.officer, document=None)
    document = paper(park.firm, park.officer)
    with pytest.raises(NotFoundError):  # what is the provider's is nothing of the receiver's
        claim_entitlement(park.firm, "contract_provider", YEAR, cause, actor=park.officer, document=document)
    for year in (YEAR - 1, YEAR):
        figures(park.firm, park.officer, year, rd="100" if year == YEAR else "80")
    adopt(park, "rd_growth", rate="0.1")
    with pytest.raises(DomainError, match="到“项目申报”选"):
        claim_entitlement(park.firm, "rd_growth", YEAR, actor=park.officer, document=document)


def test_a_payment_that_was_none_is_taken_back_for_a_reason_and_may_be_made_again(session, park, claim) -> None:
    audit.sign(session, park.manager.id, audit.Via.PAGE)
    paid(claim, park.manager)
    with pytest.raises(NotAllowedError):
        take_back_payment(claim, actor=park.officer, reason="重复登记")
    with pytest.raises(DomainError, match="原因"):
        take_back_payment(claim, actor=park.manager, reason=" ")
    with pytest.raises(EditConflictError):
        take_back_payment(claim, actor=park.manager, reason="重复登记", version=1)
    take_back_payment(claim, actor=park.manager, reason="款付给了另一家企业")
    assert (claim.state, claim.paid_on, claim.paid_amount, claim.payments) == (ClaimState.APPROVED, None, None, [])
    assert claim.reason is None, "the reason of the decision, not of what was taken back"
    (why,) = session.scalars(select(Change.new).where(Change.entity == "claim", Change.field == TAKEN_BACK))
    assert why.startswith("撤回") and why.endswith("的 17 万元：款付给了另一家企业")
    kept = session.execute(
        select(Change.field, Change.old, Change.new).where(Change.entity == "claim").order_by(Change.id)
    ).all()
    assert ("paid_amount", None, "170000") in kept and ("paid_amount", "170000", None) in kept
    told = set(session.scalars(select(Notice.user_id).where(Notice.kind == NoticeKind.CLAIM_UNPAID)))
    assert told == {park.officer.id, park.firm_user.id}
    with pytest.raises(DomainError, match="已经申领过了"):
        claim_entitlement(
            park.firm, "contract_receiver", YEAR, claim.cause, actor=park.officer, document=claim.document
        )
    assert pay(claim, actor=park.manager, amount=Decimal(150_000)).paid_amount == Decimal(150_000)


def test_who_is_told_of_a_payment_taken_back_reads_what_is_left(session, park, claim) -> None:
    audit.sign(session, park.manager.id, audit.Via.PAGE)
    decide(claim, actor=park.manager, approve=True)
    pay(claim, actor=park.manager, amount=Decimal(100_000))
    pay(claim, actor=park.manager, amount=Decimal(50_000))
    take_back_payment(claim, actor=park.manager, reason="重复登记")
    amounts = {
        each.values["amount"] for each in session.scalars(select(Notice).where(Notice.kind == NoticeKind.CLAIM_UNPAID))
    }
    assert set(map(Decimal, amounts)) == {Decimal(70_000)}


def test_an_estimate_takes_what_the_tax_return_says_and_is_not_paid_out(session, park) -> None:
    figures(park.firm, park.officer, rd="320")
    park.firm.industry_code = None
    session.flush()
    document = paper(park.firm, park.officer)
    claim = claim_entitlement(
        park.firm, "super_deduction", YEAR, actor=park.firm_user, document=document, declared=Decimal(3_000_000)
    )
    assert claim.amount == Decimal(750_000)
    assert "申报的可加计研发费用 300 万元" in claim.arithmetic["steps"][0]["zh"]
    decide(claim, actor=park.manager, approve=True, reason="按申报表核对")
    with pytest.raises(DomainError, match="纳税申报"):
        pay(claim, actor=park.manager)


def test_an_amount_no_document_names_is_said_by_who_decides(session, park) -> None:
    adopt(park, "rd_intensity")
    for year in (YEAR - 2, YEAR - 1, YEAR):
        figures(park.firm, park.officer, year, revenue="3000", rd="150")
    claim = claim_entitlement(
        park.firm, "rd_intensity", YEAR, actor=park.officer, document=paper(park.firm, park.officer)
    )
    assert claim.amount is None, "unknown, not zero"
    with pytest.raises(DomainError, match="请填写核定金额"):
        decide(claim, actor=park.manager, approve=True)
    assert decide(claim, actor=park.manager, approve=True, amount=Decimal(30_000)).decided_amount == Decimal(30_000)


def test_the_second_of_two_people_is_told(park, claim) -> None:
    seen = claim.version
    decide(claim, actor=park.manager, approve=True, version=seen)
    with pytest.raises(EditConflictError):
        decide(claim, actor=park.administrator, approve=False, reason="不同意", version=seen)


def test_numbers_of_a_place_follow_one_another_and_do_not_overlap(session, park) -> None:
    first = adopt(park, "rd_intensity", rate="0.05")

    def second(since: date) -> None:
        adopt(park, "rd_intensity", since=since, rate="0.08")

    with pytest.raises(DomainError, match="同时施行"):
        second(date(YEAR, 1, 1))
    save_provision(
        first,
        actor=park.administrator,
        incentive="rd_intensity",
        organisation=park.city,
        since=first.since,
        until=date(YEAR - 1, 12, 31),
        document=first.document,
        document_on=first.document_on,
        values={"rate": Decimal("0.05")},
    )
    second(date(YEAR, 1, 1))
    for year in (YEAR - 3, YEAR - 2, YEAR - 1, YEAR):
        figures(park.firm, park.officer, year, revenue="3000", rd="200")
    document = paper(park.firm, park.officer)
    amounts = [
        claim_entitlement(park.firm, "rd_intensity", year, actor=park.officer, document=document).amount
        for year in (YEAR - 1, YEAR)
    ]
    assert amounts == [Decimal(100_000), Decimal(160_000)]
    with pytest.raises(DomainError, match="只填一个"):
        adopt(park, "rd_growth", rate="0.05", amount="3")
    with pytest.raises(NotAllowedError):
        save_provision(
            None,
            actor=park.manager,
            incentive="rd_growth",
            organisation=park.county,
            since=date(2020, 1, 1),
            until=None,
            document="x",
            document_on=date(2020, 1, 1),
            values={},
        )


def test_an_institution_claimed_before_its_level_was_known_is_not_awarded_again(session, park) -> None:
    entry = institution(park.firm, None)
    cause, document = f"register_entry:{entry.id}", paper(park.firm, park.officer)
    early = claim_entitlement(park.firm, "institution_award", YEAR, cause, actor=park.officer, document=document)
    with pytest.raises(DomainError, match="请写明原因"):  # what could not be judged is not approved in silence
        decide(early, actor=park.manager, approve=True, amount=Decimal(50_000))
    decide(early, actor=park.manager, approve=True, amount=Decimal(50_000), reason="已核对认定文件，为市级")
    pay(early, actor=park.manager)
    entry.level = "city"
    session.flush()
    with pytest.raises(DomainError, match="不能重复兑现"):
        claim_entitlement(park.firm, "institution_award", YEAR, f"{cause}/city", actor=park.officer, document=document)


def test_nor_is_one_whose_level_was_taken_out_again(session, park) -> None:
    entry = institution(park.firm, "city", number="YF-7")
    cause, document = f"register_entry:{entry.id}", paper(park.firm, park.officer)
    claim_entitlement(park.firm, "institution_award", YEAR, f"{cause}/city", actor=park.officer, document=document)
    entry.level = None
    again = institution(park.firm, None, number="yf-7")
    for one in (entry, again):
        with pytest.raises(DomainError, match="不能重复兑现"):
            claim_entitlement(
                park.firm,
                "institution_award",
                YEAR,
                f"register_entry:{one.id}",
                actor=park.officer,
                document=document,
            )


def test_the_expense_of_a_year_is_deducted_by_one_rule_only(session, park) -> None:
    figures(park.firm, park.officer, rd="320")
    figures(park.firm, park.officer, YEAR - 1, rd="300")
    session.add(Industry(code="3973", name="集成电路制造", level="4"))
    park.firm.industry_code = "3973"
    session.flush()
    document = paper(park.firm, park.officer)
    claim_entitlement(park.firm, "super_deduction", YEAR, actor=park.officer, document=document)
    with pytest.raises(DomainError, match="不能重复加计扣除"):
        claim_entitlement(park.firm, "super_deduction_ic", YEAR, actor=park.officer, document=document)
    before = claim_entitlement(park.firm, "super_deduction_ic", YEAR - 1, actor=park.officer, document=document)
    assert before.amount == Decimal(900_000)


def test_what_the_tax_return_declares_is_more_than_nothing(session, park) -> None:
    figures(park.firm, park.officer, rd="320")
    document = paper(park.firm, park.officer)
    with pytest.raises(DomainError, match="应大于 0") as refused:
        claim_entitlement(
            park.firm, "super_deduction", YEAR, actor=park.firm_user, document=document, declared=Decimal(0)
        )
    assert refused.value.field == "declared"


def test_a_year_that_is_not_over_has_no_deduction_to_claim(session, park) -> None:
    with pytest.raises(NotFoundError):
        claim_entitlement(
            park.firm,
            "super_deduction",
            YEAR + 1,
            actor=park.firm_user,
            document=paper(park.firm, park.officer),
            declared=Decimal(3_000_000),
        )


def test_what_was_taken_out_and_entered_again_is_not_paid_again(session, park, claim) -> None:
    paid(claim, park.manager)
    again, other = contract(park.firm), contract(park.firm)
    other.name = "另一项成果转让"
    session.delete(session.get_one(RegisterEntry, int(claim.cause.partition(":")[2])))
    session.flush()
    with pytest.raises(DomainError, match="不能重复兑现"):
        claim_contract(park.firm, park.officer, again)
    session.flush()
    assert claim_contract(park.firm, park.officer, other).state is ClaimState.CLAIMED


def test_an_institution_whose_entry_is_gone_may_still_rise(session, park) -> None:
    entry, document = institution(park.firm, "city"), paper(park.firm, park.officer)
    cause = f"register_entry:{entry.id}/city"
    claim_entitlement(park.firm, "institution_award", YEAR, cause, actor=park.officer, document=document)
    session.delete(entry)
    again, risen = institution(park.firm, "city"), institution(park.firm, "provincial")
    with pytest.raises(DomainError, match="不能重复兑现"):
        cause = f"register_entry:{again.id}/city"
        claim_entitlement(park.firm, "institution_award", YEAR, cause, actor=park.officer, document=document)
    cause = f"register_entry:{risen.id}/provincial"
    raised = claim_entitlement(park.firm, "institution_award", YEAR, cause, actor=park.officer, document=document)
    assert raised.amount == Decimal(200_000)
