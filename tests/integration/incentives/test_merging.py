"""Two firms become one: what was paid to either stays on record, what nobody paid yet is settled first, and it can be undone."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from crm.firms.duplicates import service
from crm.firms.duplicates.models import FirmMerge
from crm.firms.models import Firm
from crm.incentives.doubts import doubts_of
from crm.incentives.models import Claim, ClaimPayment, ClaimState
from crm.incentives.queries import asked, sums
from crm.kernel import audit, clock
from crm.kernel.errors import DomainError
from tests.factories import Park, make_firm
from tests.integration.incentives.makers import YEAR
from tests.pages import check_page, text_of

S = ClaimState
COUNTED = {
    "rule": "rd_intensity.test", "hash": "0" * 64, "document": "益政发〔2019〕9号", "article": "第 1 条", "terms": {},
    "verdict": "met", "steps": [], "missing": [], "subject": None, "provision": None,
}  # fmt: skip


@pytest.fixture
def gone(session, park: Park) -> Firm:
    audit.sign(session, park.manager.id, audit.Via.PAGE)
    return make_firm(session, park.park, "云梯轴承（重复）有限公司", credit_code=None)


def claim(park: Park, session, firm: Firm, state: ClaimState, wan: str = "12") -> Claim:
    """A year claimed, paid where the state says so."""
    amount, today = Decimal(wan) * 10_000, clock.today()
    made = Claim(
        firm=firm, incentive="rd_intensity", year=YEAR, amount=amount, arithmetic=COUNTED, state=state, claimed_on=today,
        claimed_by=park.officer, decided_on=today, decided_by=park.manager, decided_amount=amount,
    )  # fmt: skip
    if state is S.PAID:
        made.paid_on, made.paid_amount = today, amount
        made.payments.append(ClaimPayment(on=today, amount=amount, entered_by_id=park.manager.id))
    session.add(made)
    session.flush()
    return made


def merge(park: Park, gone: Firm) -> FirmMerge:
    kept = park.firm
    return service.merge(
        actor=park.manager,
        kept=kept,
        gone=gone,
        wanted=(),
        kept_version=str(kept.version),
        gone_version=str(gone.version),
    )


def of(session, firm_id: int) -> dict[int, str]:
    session.expire_all()
    return dict(session.execute(select(Claim.id, Claim.cause).where(Claim.firm_id == firm_id)).all())


def paid_in_all(park: Park) -> Decimal:
    return sum((each.amount for each in sums(asked(park.manager, {})) if each.state is S.PAID), Decimal(0))


def test_a_year_paid_to_both_keeps_both_payments_says_so_and_is_undone(
    session, sign_in, park: Park, gone: Firm
) -> None:
    first, second = claim(park, session, park.firm, S.PAID), claim(park, session, gone, S.PAID, "8")
    session.commit()
    client, before = sign_in(park.manager), paid_in_all(park)
    page = check_page(client.get(f"/firms/{park.firm.id}/merge/{gone.id}"))
    assert "两家都兑付过" in text_of(page) and "20 万元" in text_of(page)
    links = {link.get("href") for link in page.iter("a")}
    assert {f"/incentives/claims/{first.id}", f"/incentives/claims/{second.id}"} <= links
    told = merge(park, gone)
    assert of(session, park.firm.id) == {first.id: "", second.id: f"merged:{second.id}"}
    assert session.query(ClaimPayment).count() == 2 and paid_in_all(park) == before == Decimal(200_000)
    assert any("同一年度只能享受一次" in doubt for doubt in doubts_of(second))
    own = text_of(check_page(client.get(f"/firms/{park.firm.id}/incentives")))
    assert "合并前的两家企业各申领过这一项" in own
    check_page(client.get(f"/incentives/claims/{second.id}"))
    back = service.undo(actor=park.manager, merge=told)
    assert of(session, park.firm.id) == {first.id: ""} and of(session, back.id) == {second.id: ""}


def test_of_two_that_are_not_both_paid_the_unpaid_one_is_named_to_be_settled(session, sign_in, park, gone) -> None:
    for kept_state, gone_state, words, named in (
        (S.PAID, S.APPROVED, "请先撤回没有兑付的这一笔", (False, True)),
        (S.CLAIMED, S.PAID, "请先撤回没有兑付的这一笔", (True, False)),
        (S.CLAIMED, S.APPROVED, "请先撤回其中一笔", (True, True)),
    ):
        first, second = claim(park, session, park.firm, kept_state), claim(park, session, gone, gone_state)
        session.commit()
        with pytest.raises(DomainError, match=words):
            merge(park, gone)
        session.rollback()
        audit.sign(session, park.manager.id, audit.Via.PAGE)
        page = check_page(sign_in(park.manager).get(f"/firms/{park.firm.id}/merge/{gone.id}"))
        assert words in text_of(page)
        links = {link.get("href") for link in page.iter("a")}
        assert tuple(f"/incentives/claims/{each.id}" in links for each in (first, second)) == named
        session.delete(first)
        session.delete(second)
        session.commit()


def test_a_claim_that_came_to_nothing_makes_room_on_either_side(session, park: Park, gone: Firm) -> None:
    first, second = claim(park, session, park.firm, S.WITHDRAWN), claim(park, session, gone, S.PAID)
    session.commit()
    told = merge(park, gone)
    assert of(session, park.firm.id) == {first.id: f"merged:{first.id}", second.id: ""}
    assert doubts_of(session.get_one(Claim, first.id)) == []
    back = service.undo(actor=park.manager, merge=told)
    assert of(session, park.firm.id) == {first.id: ""} and of(session, back.id) == {second.id: ""}
    first.state, second.state = S.PAID, S.REFUSED
    session.commit()
    merge(park, back)
    assert of(session, park.firm.id) == {first.id: ""}, "the refused one stays with the record of the merge"
