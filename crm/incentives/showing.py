"""What pages show of entitlements and claims, in the reader's language."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.editions.certainty import certainty_of
from crm.firms.models import Firm
from crm.incentives.claims import TAKEN_BACK, may, why_not
from crm.incentives.lines import Entitlement
from crm.incentives.models import Claim, ClaimState
from crm.incentives.once import entry_id
from crm.incentives.queries import claims_of
from crm.incentives.rules import TERMS, Kind, Rule, Term, Terms, incentives, rules
from crm.incentives.subjects import entitlements_of, years_shown
from crm.incentives.words import COMES, HAND_IN, KINDS, LOOKS, STATES, incentive_title
from crm.kernel import clock
from crm.kernel.audit import Change
from crm.kernel.db import db
from crm.ladder.facts import place_of
from crm.policy.answers.verdict import MET, NOT_MET
from crm.policy.language.edition import least_certain
from crm.policy.vocabulary import title_of
from crm.registers.models import RegisterEntry
from crm.web.formatting import day
from crm.web.language import language


@dataclass(frozen=True)
class Line:
    """One entitlement with what became of it. `badge` is kind, icon and text; `mend` links to what is missing.

    `until`: till when, in words; `expired`: the document it rests on is over.
    """

    entitlement: Entitlement
    title: str
    subject: str | None
    badge: tuple[str, str, Any]
    steps: list[str]
    missing: list[str]
    mend: list[tuple[str, str]]
    claim: Claim | None
    claim_badge: tuple[str, str, Any] | None
    claim_url: str | None
    blocked: str | None
    certainty: str
    notes: list[str]
    comes: Any
    hand_in: Any
    until: str
    expired: bool

    @property
    def rule(self) -> Rule:
        return self.entitlement.rule

    @property
    def claimable(self) -> bool:
        """Whether it is sure, and may be claimed here and now by whoever reads."""
        return self.entitlement.verdict == MET and self.claim_url is not None and self.blocked is None


@dataclass(frozen=True)
class Group:
    """Lines that stand together on the firm's page, the newest year first. `total` in yuan, of those whose amount is known."""

    key: str
    lines: list[Line]

    @property
    def total(self) -> Decimal | None:
        known = [line.entitlement.amount for line in self.lines if line.entitlement.amount is not None]
        return sum(known, Decimal(0)) if known else None

    @property
    def unnamed(self) -> int:
        return sum(1 for line in self.lines if line.entitlement.amount is None)


READY, ELSEWHERE, MISSING, TAX, DONE, NOT_FITTING, EXPIRED = (
    "ready", "elsewhere", "missing", "tax", "done", "not_fitting", "expired",
)  # fmt: skip


def lines_of(firm: Firm, user: User) -> list[Line]:
    """What a firm is, or is not, entitled to, the newest year first; entries without a date before them."""
    claims, late = claims_of(firm.id), years_shown()
    years = sorted({*late, *(year for _name, year, _cause in claims)})
    lines = [
        line(firm, each, claims, user)
        for each in entitlements_of(firm, years)
        # Of years long past only what was claimed: their figures are looked at for nothing else.
        if each.entry is not None or each.year in late or (each.rule.incentive, each.year, each.cause) in claims
    ]
    return sorted(lines, key=lambda each: (each.entitlement.year is None, each.entitlement.year or 0), reverse=True)


def groups_of(lines: Iterable[Line]) -> list[Group]:
    """The lines as the firm's page has them: what it can ask for first, what does not fit it last."""
    order = (READY, ELSEWHERE, MISSING, TAX, DONE, NOT_FITTING, EXPIRED)
    found: dict[str, list[Line]] = {key: [] for key in order}
    for each in lines:
        found[_group(each)].append(each)
    return [Group(key, found[key]) for key in order if found[key]]


def _group(each: Line) -> str:
    verdict, rule = each.entitlement.verdict, each.rule
    if each.claim is not None:
        return DONE
    if verdict == NOT_MET:
        return NOT_FITTING
    if each.expired:
        return EXPIRED
    if rule.kind is Kind.FILING and verdict == MET:
        return DONE
    if verdict != MET:
        return MISSING
    if rule.elsewhere is not None:
        return ELSEWHERE
    return TAX if rule.kind is Kind.ESTIMATE else READY


def without_a_line(firm: Firm, lines: Iterable[Line]) -> list[Claim]:
    """The firm's claims of things that are no longer on record as they were claimed."""
    shown = {each.claim.id for each in lines if each.claim is not None}
    return [claim for claim in claims_of(firm.id).values() if claim.id not in shown]


def line(firm: Firm, each: Entitlement, claims: Mapping[tuple[str, int, str], Claim], user: User) -> Line:
    here, rule = language(), each.rule
    claim = claims.get((rule.incentive, each.year or 0, each.cause))
    open_ = claim is None or may(claim, "claim")
    arguments: dict[str, Any] = {
        "firm_id": firm.id,
        "incentive": rule.incentive,
        "year": each.year or 0,
        "cause": each.cause or None,
    }
    until = each.terms.until
    return Line(
        entitlement=each,
        title=rule.title[here],
        subject=each.subject,
        badge=badge_of(each),
        steps=[step[here] for step in each.steps],
        missing=[text[here] for text in each.missing],
        mend=_mend(firm, each, user),
        claim=claim,
        claim_badge=state_badge(claim) if claim else None,
        claim_url=url_for("incentives.claim_line", **arguments) if open_ else None,
        blocked=why_not(each, firm) if open_ else None,
        certainty=certainty_of_rule(rule),
        notes=[note.text[here] for note in rule.notes],
        comes=COMES[rule.kind],
        hand_in=HAND_IN[rule.kind],
        until=until_words(each.terms),
        expired=until is not None and until < clock.today(),
    )


def is_over(rule: Rule, carried_on: Collection[str]) -> bool:
    """Whether the document has ended, and no document of the reader's place carries it on."""
    return rule.until is not None and rule.until < clock.today() and rule.incentive not in carried_on


def until_words(terms: Terms) -> str:
    """Till when the documents hold, as far as they say it."""
    until, lapsed = terms.until, terms.rule.until
    if until is not None and until < clock.today():
        return _("依据的文件施行到%(day)s，已经到期；以后的年度不再按它测算", day=day(until))
    if until is not None:
        return _("依据的文件施行到%(day)s；没有写申领期限", day=day(until))
    if terms.provision is not None and lapsed is not None:
        return _("上位文件施行到%(day)s，之后按本地文件执行；没有写申领期限", day=day(lapsed))
    return _("文件没有写申领期限，也没有写停止日期")


def badge_of(each: Entitlement) -> tuple[str, str, Any]:
    """Kind, icon and words of what an entitlement is."""
    if each.verdict == NOT_MET:
        filing = each.rule.kind is Kind.FILING
        return ("neutral", "cross", _("没有备案") if filing else _("不符合"))
    if each.rule.kind is Kind.FILING:
        return ("good", "check", _("已备案")) if each.verdict == MET else ("unknown", "unknown", _("未知"))
    if each.verdict != MET:
        return ("unknown", "unknown", _("尚不能判定"))
    if each.amount is None:
        return ("unknown", "unknown", _("可享受，数额未知"))
    return ("good", "check", _("可享受"))


def state_badge(claim: Claim) -> tuple[str, str, Any]:
    """Kind, icon and words of a claim's state; what is never paid out is settled once it is approved."""
    kind, icon = LOOKS[claim.state]
    if claim.state is ClaimState.APPROVED and not is_payable(claim):
        return "good", "check", _("已核定")
    return kind, icon, STATES[claim.state]


def is_payable(claim: Claim) -> bool:
    """Whether money is paid out for it at all; a tax relief never is."""
    rule = incentives().get(claim.incentive)
    return rule is None or rule.paid


def _mend(firm: Firm, each: Entitlement, user: User) -> list[tuple[str, str]]:
    """Where staff enter what is missing; a firm is asked for it elsewhere."""
    if not user.can(Permission.EDIT_FIRMS) or each.verdict == NOT_MET:
        return []
    here = language()
    found = []
    for path in each.paths:
        endpoint, arguments = place_of(firm.id, path)
        found.append((title_of(path)[here], url_for(endpoint, **arguments)))
    if each.entry is not None and each.missing:
        found.append((_("补登记"), url_for("registers.entries", firm_id=firm.id, _anchor=each.entry.register)))
    return found


def steps_kept(claim: Claim) -> list[str]:
    """The arithmetic of the day, in the reader's language."""
    return [step[language()] for step in claim.arithmetic.get("steps", ())]


def missing_kept(claim: Claim) -> list[str]:
    return [each[language()] for each in claim.arithmetic.get("missing", ())]


def taken_back(claim: Claim) -> list[str]:
    """The payments of it that were none, each with the reason, as the history has them."""
    told = select(Change.new).where(
        Change.entity == Claim.__tablename__, Change.entity_id == claim.id, Change.field == TAKEN_BACK
    )
    return list(db.session.scalars(told.order_by(Change.id)))


def rule_kept(claim: Claim) -> Rule | None:
    """The rule a claim was counted by, where it is still on file unchanged."""
    return next((rule for rule in rules() if rule.hash == claim.arithmetic.get("hash")), None)


def certainty_of_rule(rule: Rule) -> str:
    """How well the rule is known today: the worst of its document, condition and numbers."""
    stated = [certainty_of(rule.document), *(certainty_of(term) for term in rule.terms.values())]
    return least_certain([*stated, certainty_of(rule.whom)])


def rule_terms(rule: Rule) -> list[tuple[Term, str, str]]:
    """The numbers of a rule in words, each with its certainty today."""
    here = language()
    order = TERMS[rule.kind]
    terms = sorted(rule.terms.values(), key=lambda term: order.index(term.key))
    return [(term, term.title[here], term.text[here]) for term in terms]


def titles() -> dict[str, str]:
    """Every incentive by name, for selects."""
    return {name: incentive_title(name) for name in incentives()}


def kind_title(rule: Rule) -> Any:
    return KINDS[rule.kind]


def cause_titles(claims: Iterable[Claim]) -> dict[int, str | None]:
    """What each claim of a list is for: the name of its entry."""
    of_claims = {claim.id: entry_id(claim.cause) for claim in claims}
    ids = {id_ for id_ in of_claims.values() if id_ is not None}
    names = dict(
        db.session.execute(select(RegisterEntry.id, RegisterEntry.name).where(RegisterEntry.id.in_(ids))).all()
    )
    return {claim_id: names.get(id_) if id_ is not None else None for claim_id, id_ in of_claims.items()}
