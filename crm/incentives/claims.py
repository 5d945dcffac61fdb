"""What may be done with claims, and when: claim, decide, pay, withdraw. Nothing else writes them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from unicodedata import normalize

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.exc import IntegrityError

from crm.accounts.models import User
from crm.accounts.permissions import Permission, Role
from crm.firms.models import Document, Firm
from crm.incentives.lines import Entitlement, Entry
from crm.incentives.models import Claim, ClaimState
from crm.incentives.rules import LEVELS, Kind, incentives
from crm.incentives.subjects import find
from crm.incentives.telling import tell_claimed, tell_decided, tell_paid
from crm.incentives.words import STATES, incentive_title
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, EditConflictError, NotAllowedError, NotFoundError
from crm.ladder.service.common import require, written
from crm.policy.answers.verdict import NOT_MET, UNKNOWN
from crm.registers.models import RegisterEntry
from crm.web.conflict import is_outdated
from crm.web.formatting import day as day_text
from crm.web.formatting import wan

# The verb → the states it may start from. A claim refused or withdrawn may be made again; a payment may be corrected.
ALLOWED: dict[str, frozenset[ClaimState]] = {
    "claim": frozenset({ClaimState.REFUSED, ClaimState.WITHDRAWN}),
    "decide": frozenset({ClaimState.CLAIMED, ClaimState.APPROVED, ClaimState.REFUSED}),
    "pay": frozenset({ClaimState.APPROVED, ClaimState.PAID}),
    "withdraw": frozenset({ClaimState.CLAIMED, ClaimState.APPROVED}),
}
UNDER_WAY = (ClaimState.CLAIMED, ClaimState.APPROVED, ClaimState.PAID)
LONGEST_REASON = 500


def may(claim: Claim, verb: str) -> bool:
    """Whether the verb is allowed in the claim's state."""
    return claim.state in ALLOWED[verb]


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
    line, DomainError where it is not entitled, where the money is another's, or where it was claimed before.
    """
    if actor.role is not Role.FIRM:
        require(actor, Permission.CULTIVATE)
    if declared is not None and declared <= 0:
        raise DomainError(_("应大于 0；没有就留空，按账面研发费用估算。"), field="declared")
    line = find(firm, incentive, year, cause, declared)
    if line is None:
        raise NotFoundError(_("这家企业没有这一项可兑现的政策，可能登记的内容已变动，请刷新页面。"))
    _check(line, actor)
    known = _claim_of(firm.id, incentive, year, cause)
    if known is not None and not may(known, "claim"):
        raise DomainError(_("这一项已经申领过了：%(state)s。", state=STATES[known.state]))
    _refuse_twice(firm, line, known)
    if document is None:
        raise DomainError(_("请附上申领材料（认定文件、合同、纳税申报表等）。"), field="file")
    values: dict[str, Any] = {
        "amount": line.amount,
        "arithmetic": frozen(line),
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
    """Approve an amount, or refuse with a reason; again until it is paid. More than was counted, or what could not be judged, needs a reason too."""
    require(actor, Permission.SIGN_OFF)
    _require(claim, "decide", version)
    on = _day(on, claim.claimed_on)
    if approve:
        amount = claim.amount if amount is None else amount
        if amount is None:
            raise DomainError(_("文件没有写明数额，请填写核定金额。"), field="amount")
        if amount <= 0:
            raise DomainError(_("核定金额应大于 0；不兑现请选“不予兑现”。"), field="amount")
        undecided = claim.arithmetic.get("verdict") == UNKNOWN and bool(claim.arithmetic.get("missing"))
        if undecided or (claim.amount is not None and amount > claim.amount):
            reason = written(reason)
    else:
        reason, amount = written(reason), None
    if len(reason or "") > LONGEST_REASON:
        raise DomainError(_("最多 %(length)s 字。", length=LONGEST_REASON), field="reason")
    claim.state = ClaimState.APPROVED if approve else ClaimState.REFUSED
    claim.decided_on, claim.decided_by, claim.decided_amount = on, actor, amount
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
    """Record what was paid and when; again, to correct it. At most what was approved."""
    require(actor, Permission.SIGN_OFF)
    _require(claim, "pay", version)
    rule = incentives().get(claim.incentive)
    if rule is not None and not rule.paid:
        raise DomainError(_("这一项通过纳税申报享受，没有款项要兑付。"))
    assert claim.decided_amount is not None
    assert claim.decided_on is not None
    on = _day(on, claim.decided_on)
    amount = claim.decided_amount if amount is None else amount
    if amount <= 0:
        raise DomainError(_("兑付金额应大于 0。"), field="amount")
    if amount > claim.decided_amount:
        raise DomainError(
            _("兑付金额不能超过核定的 %(amount)s 万元；要多付请先重新核定。", amount=wan(claim.decided_amount)),
            field="amount",
        )
    claim.state, claim.paid_on, claim.paid_amount = ClaimState.PAID, on, amount
    db.session.flush()
    tell_paid(claim)
    return claim


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


def frozen(line: Entitlement) -> dict[str, Any]:
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
        "subject": line.subject,
        "party": line.party,
        "steps": [{"zh": step.zh, "en": step.en} for step in line.steps],
        "missing": [{"zh": each.zh, "en": each.en} for each in line.missing],
        "on": clock.today().isoformat(),
    }


# --- checks --------------------------------------------------------------------------------------------------------------


def why_not(line: Entitlement, actor: User) -> str | None:
    """Why this person cannot claim the line; None where they can."""
    if line.rule.kind is Kind.FILING:
        return _("备案不用申领：把备案号和日期登记在研发准备金台账里即可。")
    if line.verdict == NOT_MET:
        return _("不符合条件，不能申领。")
    if line.year is None:
        return _("请先补上日期，再申领。")
    if line.rule.kind is Kind.TOP_UP and line.paths:
        return _("请先补上还缺的数据，再申领。")
    if line.party is not None and actor.role is Role.FIRM:
        return _("这笔补助归输出方，由专员代为登记。")
    return None


def _check(line: Entitlement, actor: User) -> None:
    reason = why_not(line, actor)
    if reason is not None:
        raise DomainError(reason)
    if line.rule.kind is Kind.ESTIMATE and line.amount is None:
        raise DomainError(_("请填写可加计的研发费用，或先补上这一年的研发费用。"), field="declared")


def _claim_of(firm_id: int, incentive: str, year: int, cause: str) -> Claim | None:
    return db.session.scalar(
        select(Claim).where(
            Claim.firm_id == firm_id, Claim.incentive == incentive, Claim.year == year, Claim.cause == cause
        )
    )


def _refuse_twice(firm: Firm, line: Entitlement, known: Claim | None) -> None:
    """The same institution or contract is never paid twice: in another year, or entered again under its number.

    Who asks about one of them waits for whoever is claiming it at the moment.
    """
    if line.entry is None:
        _refuse_deducted(firm, line)
        return
    same = select(Claim).where(
        Claim.incentive == line.rule.incentive, Claim.state.in_(UNDER_WAY), _same_cause(firm, line)
    )
    if known is not None:
        same = same.where(Claim.id != known.id)
    other = db.session.scalar(same.limit(1)) or _claim_of_a_lost_entry(firm, line)
    if other is None:
        return
    whose = "" if other.firm_id == firm.id else _("（另一家企业名下）")
    raise DomainError(
        _(
            "同一事由%(whose)s已在 %(on)s 申领过这项政策（%(year)s 年度，%(state)s），不能重复兑现。",
            whose=whose,
            on=day_text(other.claimed_on),
            year=other.year,
            state=STATES[other.state],
        )
    )


def _refuse_deducted(firm: Firm, line: Entitlement) -> None:
    """The expense of a year is deducted by one rule only, whichever rate it has."""
    if line.rule.kind is not Kind.ESTIMATE:
        return
    db.session.execute(select(Firm.id).where(Firm.id == firm.id).with_for_update())
    others = [
        name
        for name, rule in incentives().items()
        if rule.kind is Kind.ESTIMATE and rule.base == line.rule.base and name != line.rule.incentive
    ]
    other = db.session.scalar(
        select(Claim)
        .where(Claim.firm_id == firm.id, Claim.year == line.year, Claim.incentive.in_(others))
        .where(Claim.state.in_(UNDER_WAY))
        .limit(1)
    )
    if other is not None:
        raise DomainError(
            _(
                "%(year)s 年的研发费用已按“%(what)s”申领（%(state)s），不能重复加计扣除。",
                year=other.year,
                what=incentive_title(other.incentive),
                state=STATES[other.state],
            )
        )


def _alike(entry: Entry) -> list[int]:
    """The entry, and those of any firm under its number, locked."""
    same = RegisterEntry.id == entry.id
    if entry.number:
        of_number = func.upper(RegisterEntry.number) == entry.number.upper()
        same = or_(same, and_(RegisterEntry.register == entry.register, of_number))
    return list(db.session.scalars(select(RegisterEntry.id).where(same).order_by(RegisterEntry.id).with_for_update()))


def _claim_of_a_lost_entry(firm: Firm, line: Entitlement) -> Claim | None:
    """A claim of the year for a thing of this name whose entry is gone: taken out and entered again, or left at a merge."""
    assert line.entry is not None
    of_year = db.session.scalars(
        select(Claim).where(
            Claim.firm_id == firm.id,
            Claim.incentive == line.rule.incentive,
            Claim.year == line.year,
            Claim.state.in_(UNDER_WAY),
        )
    )
    by_entry = {entry_id(each.cause): each for each in of_year if _names(each) == _plain(line.entry.name)}
    if not by_entry:
        return None
    there = set(db.session.scalars(select(RegisterEntry.id).where(RegisterEntry.id.in_(by_entry))))
    level = line.entry.level if line.rule.kind is Kind.BY_LEVEL else None
    lost = [each for id_, each in by_entry.items() if id_ not in there]
    return next((each for each in lost if level in (None, each.cause.partition("/")[2] or level)), None)


def _names(claim: Claim) -> str:
    return _plain(claim.arithmetic.get("subject") or "")


def _plain(name: str) -> str:
    return "".join(normalize("NFKC", name).split()).casefold()


def entry_id(cause: str) -> int | None:
    """The entry a cause names."""
    head, _colon, rest = cause.partition(":")
    number = rest.partition("/")[0]
    return int(number) if head == "register_entry" and number.isdigit() else None


def _same_cause(firm: Firm, line: Entitlement) -> ColumnElement[bool]:
    """The condition on `Claim`: this firm's for the entry, or any firm's for one under its number."""
    assert line.entry is not None
    others = _causes(line, [id_ for id_ in _alike(line.entry) if id_ != line.entry.id])
    own = and_(Claim.firm_id == firm.id, Claim.cause.in_(_causes(line, [line.entry.id])))
    return or_(own, Claim.cause.in_(others))


def _causes(line: Entitlement, entry_ids: list[int]) -> list[str]:
    """What claims for the entries name: of an institution at the same level, or where one of the two is not said."""
    heads = [f"register_entry:{id_}" for id_ in entry_ids]
    if line.rule.kind is not Kind.BY_LEVEL:
        return heads
    level = line.cause.partition("/")[2]
    return [*heads, *(f"{head}/{each}" for head in heads for each in ([level] if level else LEVELS))]


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
