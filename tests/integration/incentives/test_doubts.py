"""What changed since a claim is told to whoever decides it, and is not approved among many."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crm.firms.models import FirmStatus, State
from crm.incentives.claims import claim_entitlement, withdraw
from crm.incentives.doubts import doubts_of
from crm.incentives.models import ClaimState
from crm.kernel import audit
from crm.kernel.errors import DomainError
from crm.registers.models import RegisterEntry
from tests.integration.incentives.makers import YEAR, adopt, claim_contract, contract, figures, paper
from tests.pages import check_page


@pytest.fixture(autouse=True)
def signed(session, park) -> None:
    audit.sign(session, park.officer.id, audit.Via.PAGE)
    adopt(park, "contract_receiver")


def _checked(park, wan: str) -> RegisterEntry:
    """A contract that somebody verified, with its document."""
    return contract(park.firm, wan, state=State.VERIFIED, document=paper(park.firm, park.officer))


def test_what_says_something_else_since_the_claim_is_told_and_left_out_of_many(session, park, sign_in) -> None:
    less, another, moved = (_checked(park, wan) for wan in ("1000", "850", "300"))
    claims = [claim_contract(park.firm, park.officer, entry) for entry in (less, another, moved)]
    session.commit()
    client = sign_in(park.manager)
    assert "金额的依据要留意" not in client.get(f"/incentives/claims/{claims[0].id}").text
    less.amount = Decimal("1000100.01")
    another.party = "演示机械有限公司"
    moved.role = "provider"
    session.commit()
    for claim, said in zip(
        claims,
        (
            "按今天登记的内容测算为 2.0002 万元，申领时为 20 万元",
            "按今天登记的内容不符合条件：输出方“演示机械有限公司”是企业",
            "今天已没有这一项",
        ),
        strict=True,
    ):
        page = client.get(f"/incentives/claims/{claim.id}")
        check_page(page)
        assert said in page.text
    data = {"claim": [f"{each.id}.{each.version}" for each in claims], "on": claims[0].claimed_on.isoformat()}
    answer = client.post("/incentives/claims", data={**data, "sure": "y"})
    assert "这 3 笔不能批量核定" in answer.text
    assert {each.state for each in claims} == {ClaimState.CLAIMED}


def test_a_deduction_is_looked_at_again_by_what_the_tax_return_declared(session, park, sign_in) -> None:
    park.firm.industry_code = None
    figures(park.firm, park.officer, rd="100")
    claim = claim_entitlement(
        park.firm, "super_deduction", YEAR, actor=park.officer, document=paper(park.firm, park.officer),
        declared=Decimal(800_000),
    )  # fmt: skip
    figures(park.firm, park.officer, rd="120")
    assert doubts_of(claim) == []
    withdraw(claim, actor=park.officer)
    claim = claim_entitlement(
        park.firm, "super_deduction", YEAR, actor=park.officer, document=paper(park.firm, park.officer)
    )
    figures(park.firm, park.officer, rd="90")
    [said] = doubts_of(claim)
    assert "22.5 万元" in said and "30 万元" in said


def test_a_firm_out_of_business_claims_nothing_and_who_pays_is_told(session, park, sign_in) -> None:
    claim, other = (claim_contract(park.firm, park.officer, _checked(park, wan)) for wan in ("850", "300"))
    withdraw(other, actor=park.officer)
    park.firm.status = FirmStatus.DEREGISTERED
    session.commit()
    assert "企业现在的状态是“注销”" in sign_in(park.manager).get(f"/incentives/claims/{claim.id}").text
    page = sign_in(park.officer).get(f"/firms/{park.firm.id}/incentives")
    check_page(page)
    assert "企业状态是“注销”，不能申领" in page.text
    with pytest.raises(DomainError, match="不能申领"):
        claim_entitlement(
            park.firm, "contract_receiver", YEAR, other.cause, actor=park.officer, document=other.document
        )
