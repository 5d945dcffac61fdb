"""Who is told of claims: who is in charge of the firm when it claims, both sides when it is decided and paid."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from crm.firms.people import in_charge
from crm.firms.telling import tell_both
from crm.incentives.models import Claim, ClaimState
from crm.notices.models import NoticeKind
from crm.notices.service import notify, path_of


def tell_claimed(claim: Claim) -> None:
    notify(
        in_charge(claim.firm),
        NoticeKind.CLAIM_MADE,
        key=f"claim {claim.id} made {claim.version}",
        path=path_of("incentives.claim", claim_id=claim.id),
        firm_id=claim.firm_id,
        firm=claim.firm.name,
        incentive=claim.incentive,
        amount=_text(claim.amount),
    )


def tell_decided(claim: Claim) -> None:
    kind = NoticeKind.CLAIM_REFUSED if claim.state is ClaimState.REFUSED else NoticeKind.CLAIM_APPROVED
    _tell(claim, kind, "decided", _text(claim.decided_amount))


def tell_paid(claim: Claim, amount: Decimal) -> None:
    """Of one payment; what is left of the approved amount stands on the claim's page."""
    _tell(claim, NoticeKind.CLAIM_PAID, "paid", _text(amount))


def tell_payment_taken_back(claim: Claim) -> None:
    """Who was told of a payment is told that it was none, and what is left to be paid."""
    _tell(claim, NoticeKind.CLAIM_UNPAID, "unpaid", _text(claim.left))


def _tell(claim: Claim, kind: NoticeKind, what: str, amount: str | None) -> None:
    path = path_of("incentives.claim", claim_id=claim.id)
    values: dict[str, Any] = {"incentive": claim.incentive, "amount": amount}
    tell_both(
        claim.firm, kind, key=f"claim {claim.id} {what} {claim.version}", staff_path=path, own_path=path, **values
    )


def _text(amount: Any) -> str | None:
    return None if amount is None else str(amount)
