"""What may be done with claims, and when: claim, decide, pay, take a payment back, withdraw. Nothing else writes them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from crm.accounts.models import User
from crm.accounts.permissions import Permission, Role
from crm.firms.models import Document, Firm, FirmStatus
from crm.firms.words import STATUSES as FIRM_STATUSES
from crm.incentives.lines import Entitlement
from crm.incentives.models import PAID_OUT, Claim, ClaimPayment, ClaimState
from crm.incentives.once import claim_of, refuse_twice
from crm.incentives.rules import Kind, incentives
from crm.incentives.subjects import find
from crm.incentives.telling import tell_claimed, tell_decided, tell_paid, tell_payment_taken_back
from crm.incentives.words import STATES
from crm.kernel import audit, clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, EditConflictError, NotAllowedError, NotFoundError
from crm.ladder.service.common import require, written
from crm.policy.answers.verdict import NOT_MET, UNKNOWN
from crm.web.conflict import is_outdated
from crm.web.formatting import day as day_text
from crm.web.formatting import money_text
from crm.web.language import language

# The verb → the states it may start from. A claim refused or withdrawn may be made again; what is
# approved may be paid by instalment, and of what is left another amount be approved.
ALLOWED: dict[str, frozenset[ClaimState]] = {
    "claim": frozenset({ClaimState.REFUSED, ClaimState.WITHDRAWN}),
    "decide": frozenset({ClaimState.CLAIMED, ClaimState.APPROVED, ClaimState.PART_PAID, ClaimState.REFUSED}),
    "pay": frozenset({ClaimState.APPROVED, ClaimState.PART_PAID}),
    "take_back_payment": frozenset(PAID_OUT),
    "withdraw": frozenset({ClaimState.CLAIMED, ClaimState.APPROVED}),
}
LONGEST_REASON = 500
TAKEN_BACK = "taken_back"  # in the history of a claim: which payment was none, and why


def may(claim: Claim, verb: str) -> bool:
    """Whether the verb is allowed in the claim's state."""
    return claim.state in ALLOWED[verb]


def is_undecided(claim: Claim) -> bool:
    """Whether it was not known, when it was claimed, that the firm is entitled: whoever approves it says why."""
    return claim.arithmetic.get("verdict") == UNKNOWN and bool(claim.arithmetic.get("missing"))


def claim_entitlement(
    firm: Firm,
    incentive: str,
    year: int,
    cause: str = "",
    *,
    actor: User,
    document: Document | None,
    declared: Decimal | None = None,
) -> Claim:
    """Claim one line for the firm, with a document; its arithmetic of today is kept with the rule's hash.

    `declared`: of an estimate, what the tax return deducts from (yuan). Raises NotFoundError where the firm has no such
    line, DomainError where it is not entitled, where it is asked for elsewhere, or where it was claimed before.
    """
    if actor.role is not Role.FIRM:
        require(actor, Permission.CULTIVATE)
    if declared is not None and declared <= 0:
        raise DomainError(_("应大于 0；没有就留空，按账面研发费用估算。"), field="declared")
    line = find(firm, incentive, year, cause, declared)
    if line is None:
        raise NotFoundError(_("这家企业没有这一项可兑现的政策，可能登记的内容已变动，请刷新页面。"))
    _check(line, firm)
    known = claim_of(firm.id, incentive, year, cause)
    if known is not None and not may(known, "claim"):
        raise DomainError(_("这一项已经申领过了：%(state)s。", state=STATES[known.state]))
    refuse_twice(firm, line, known)
    if document is None:
        raise DomainError(_("请附上申领材料（认定文件、合同、纳税申报表等）。"), field="file")
    values: dict[str, Any] = {
        "amount": line.amount,
        "arithmetic": frozen(line, declared),
        "state": ClaimState.CLAIMED,
        "claimed_on": clock.today(),
        "claimed_by": actor,
        "document": document,
        "decided_on": None,
        "decided_by": None,
        "decided_amount": None,
        "reason": None,
    }
    if known is None:
        known = _add(Claim(firm=firm, incentive=incentive, year=year, cause=cause, **values))
    else:
        for name, value in values.items():
            setattr(known, name, value)
        db.session.flush()
    tell_claimed(known)
    return known


def decide(
    claim: Claim,
    *,
    actor: User,
    approve: bool,
    amount: Decimal | None = None,
    reason: str | None = None,
    on: date | None = None,
    version: int | str | None = None,
) -> Claim:
    """Approve an amount, or refuse with a reason; again until it is paid whole. More than was counted, or what could not be judged, needs a reason too."""
    require(actor, Permission.SIGN_OFF)
    _require(claim, "decide", version)
    on = _day(on, claim.claimed_on)
    if approve:
        amount = claim.amount if amount is None else amount
        if amount is None:
            raise DomainError(_("文件没有写明数额，请填写核定金额。"), field="amount")
        if amount <= 0:
            raise DomainError(_("核定金额应大于 0；不兑现请选“不予兑现”。"), field="amount")
        if is_undecided(claim) or (claim.amount is not None and amount > claim.amount):
            reason = written(reason)
        if amount < (claim.paid_amount or 0):
            raise DomainError(
                _(
                    "已兑付 %(amount)s，核定金额不能比它少；多付了的先撤回那一笔兑付。",
                    amount=money_text(claim.paid_amount),
                ),
                field="amount",
            )
    else:
        if claim.paid_amount is not None:
            raise DomainError(_("已经兑付过，不能改为不予兑现；请先撤回兑付。"), field="verdict")
        reason, amount = written(reason), None
    if len(reason or "") > LONGEST_REASON:
        raise DomainError(_("最多 %(length)s 字。", length=LONGEST_REASON), field="reason")
    claim.decided_on, claim.decided_by, claim.decided_amount = on, actor, amount
    claim.state = _state_of(claim) if approve else ClaimState.REFUSED
    claim.reason = (reason or "").strip() or None
    db.session.flush()
    tell_decided(claim)
    return claim


def pay(
    claim: Claim,
    *,
    actor: User,
    on: date | None = None,
    amount: Decimal | None = None,
    version: int | str | None = None,
) -> Claim:
    """Record a payment: what is left, if no amount is given, and at most that. The claim is paid when nothing is left."""
    require(actor, Permission.SIGN_OFF)
    _require(claim, "pay", version)
    rule = incentives().get(claim.incentive)
    if rule is not None and not rule.paid:
        raise DomainError(_("这一项通过纳税申报享受，没有款项要兑付。"))
    assert claim.left is not None
    assert claim.decided_on is not None
    on = _day(on, claim.decided_on)
    amount = claim.left if amount is None else amount
    if amount <= 0:
        raise DomainError(_("兑付金额应大于 0。"), field="amount")
    if amount > claim.left:
        raise DomainError(
            _("兑付金额不能超过核定后还没有付的 %(amount)s；要多付请先重新核定。", amount=money_text(claim.left)),
            field="amount",
        )
    claim.payments.append(ClaimPayment(on=on, amount=amount, entered_by_id=actor.id))
    _add_up(claim)
    db.session.flush()
    tell_paid(claim, amount)
    return claim


def _add_up(claim: Claim) -> None:
    """The claim's sum, first day and state follow from its payments."""
    paid = sum((each.amount for each in claim.payments), Decimal(0))
    claim.paid_amount = paid if claim.payments else None
    claim.paid_on = min((each.on for each in claim.payments), default=None)
    claim.state = _state_of(claim)


def _state_of(claim: Claim) -> ClaimState:
    """Of a claim that is approved, by what is paid of it."""
    if claim.paid_amount is None:
        return ClaimState.APPROVED
    return ClaimState.PART_PAID if claim.left else ClaimState.PAID


def take_back_payment(
    claim: Claim,
    *,
    actor: User,
    reason: str | None,
    payment_id: int | None = None,
    version: int | str | None = None,
) -> Claim:
    """A payment that was entered wrongly, the last unless another is named, was none: its amount is left to pay again."""
    require(actor, Permission.SIGN_OFF)
    _require(claim, "take_back_payment", version)
    found = [each for each in claim.payments if payment_id in (None, each.id)]
    if not found:
        raise DomainError(_("这笔兑付已经撤回，请刷新页面。"))
    payment = found[-1]
    told = _(
        "撤回 %(on)s 兑付的 %(amount)s：%(reason)s",
        on=day_text(payment.on),
        amount=money_text(payment.amount),
        reason=written(reason),
    )
    db.session.delete(payment)
    db.session.flush()
    db.session.expire(claim, ["payments"])
    _add_up(claim)
    db.session.flush()
    _note_taken_back(claim, told)
    tell_payment_taken_back(claim)
    return claim


def _note_taken_back(claim: Claim, told: str) -> None:
    """Only the history has it: the claim's own reason is that of its decision."""
    about = {"action": audit.Action.UPDATED, "entity": Claim.__tablename__, "entity_id": claim.id}
    audit.record_changes(db.session, [{**about, "firm_id": claim.firm_id, "field": TAKEN_BACK, "new": told}])


def withdraw(claim: Claim, *, actor: User, version: int | str | None = None) -> Claim:
    """Take a claim back before it is paid; it may be made again."""
    if actor.role is not Role.FIRM:
        require(actor, Permission.CULTIVATE)
    _require(claim, "withdraw", version)
    if actor.role is Role.FIRM and claim.state is ClaimState.APPROVED:
        raise NotAllowedError(_("已经核定，请联系专员撤回。"))
    claim.state = ClaimState.WITHDRAWN
    claim.decided_on, claim.decided_by, claim.decided_amount = None, None, None
    db.session.flush()
    return claim


def frozen(line: Entitlement, declared: Decimal | None) -> dict[str, Any]:
    """The line as it was counted, for keeping: amounts as decimal text, sentences in both languages."""
    provision = line.terms.provision
    return {
        "rule": line.rule.id,
        "hash": line.rule.hash,
        "document": line.rule.document.number,
        "article": line.rule.article,
        "terms": {key: None if value is None else str(value) for key, value in line.terms.values.items()},
        "provision": provision
        and {
            "document": provision.document,
            "on": provision.document_on.isoformat(),
            "since": provision.since.isoformat(),
        },
        "verdict": line.verdict,
        "amount": None if line.amount is None else str(line.amount),
        "declared": None if declared is None else str(declared),
        "subject": line.subject,
        "steps": [{"zh": step.zh, "en": step.en} for step in line.steps],
        "missing": [{"zh": each.zh, "en": each.en} for each in line.missing],
        "on": clock.today().isoformat(),
    }


# --- checks --------------------------------------------------------------------------------------------------------------


def why_not(line: Entitlement, firm: Firm) -> str | None:
    """Why the firm cannot claim the line here; None where it can."""
    if firm.status is not FirmStatus.ACTIVE:
        return _("企业状态是“%(status)s”，不能申领；状态有误的先更正企业信息。", status=FIRM_STATUSES[firm.status])
    if line.rule.kind is Kind.FILING:
        return _("备案不用申领：把备案号和日期登记在研发准备金台账里即可。")
    if line.verdict == NOT_MET:
        return _("不符合条件，不能申领。")
    if line.rule.elsewhere is not None:
        return line.rule.elsewhere[language()]
    if line.year is None:
        return _("请先补上日期，再申领。")
    if line.rule.kind is Kind.TOP_UP and line.paths:
        return _("请先补上还缺的数据，再申领。")
    return None


def _check(line: Entitlement, firm: Firm) -> None:
    reason = why_not(line, firm)
    if reason is not None:
        raise DomainError(reason)
    if line.rule.kind is Kind.ESTIMATE and line.amount is None:
        raise DomainError(_("请填写可加计的研发费用，或先补上这一年的研发费用。"), field="declared")


def _add(claim: Claim) -> Claim:
    """The constraint is the truth: where someone else claimed it in this moment, say so."""
    try:
        with db.session.begin_nested():
            db.session.add(claim)
            db.session.flush()
    except IntegrityError:
        raise DomainError(_("这一项刚刚被别人申领了，请刷新页面。")) from None
    return claim


def _require(claim: Claim, verb: str, version: int | str | None) -> None:
    if is_outdated(claim, version):
        raise EditConflictError(
            _("别人刚刚处理过这笔申领，您的操作没有执行。请核对现在的情况后再试。"),
            [(_("状态"), STATES[claim.state], "")],
            version=claim.version,
        )
    if not may(claim, verb):
        raise DomainError(_("这笔申领%(state)s，不能再这样处理。", state=STATES[claim.state]))


def _day(on: date | None, not_before: date) -> date:
    on = on or clock.today()
    if on > clock.today():
        raise DomainError(_("日期不能晚于今天。"), field="on")
    if on < not_before:
        raise DomainError(_("日期不能早于上一步的日期 %(on)s。", on=not_before.isoformat()), field="on")
    return on
