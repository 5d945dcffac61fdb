"""What pages show of entitlements and claims, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.editions.certainty import certainty_of
from crm.firms.models import Firm
from crm.incentives.claims import entry_id, may, why_not
from crm.incentives.lines import Entitlement
from crm.incentives.models import Claim, ClaimState
from crm.incentives.queries import claims_of
from crm.incentives.rules import TERMS, Kind, Rule, Term, incentives, rules
from crm.incentives.subjects import entitlements_of, years_shown
from crm.incentives.words import KINDS, LOOKS, STATES, incentive_title
from crm.kernel.db import db
from crm.ladder.facts import place_of
from crm.policy.answers.verdict import MET, NOT_MET
from crm.policy.language.edition import CERTAINTIES, least_certain
from crm.policy.vocabulary import title_of
from crm.registers.models import RegisterEntry
from crm.web.language import language


@dataclass(frozen=True)
class Line:
    """One entitlement with what became of it. `badge` is kind, icon and text; `mend` links to what is missing."""

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

    @property
    def rule(self) -> Rule:
        return self.entitlement.rule


@dataclass(frozen=True)
class Year:
    """The lines of a year (None: of entries without a date): those that may come to something, and the others."""

    year: int | None
    lines: list[Line]
    others: list[Line]


def years_of(firm: Firm, user: User) -> list[Year]:
    """What a firm is entitled to, by year, the newest first; entries without a date before them."""
    claims = claims_of(firm.id)
    years = sorted({*years_shown(), *(year for _name, year, _cause in claims)})
    found: dict[int | None, tuple[list[Line], list[Line]]] = {}
    for each in entitlements_of(firm, years):
        shown = line(firm, each, claims, user)
        good, others = found.setdefault(each.year, ([], []))
        (others if each.verdict == NOT_MET and shown.claim is None else good).append(shown)
    order = sorted(found, key=lambda year: (year is None, year or 0), reverse=True)
    return [Year(year, *found[year]) for year in order]


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
        blocked=why_not(each, user) if open_ else None,
        certainty=certainty_of_rule(rule),
        notes=[note.text[here] for note in rule.notes],
    )


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
    rule = incentives().get(claim.incentive)
    if claim.state is ClaimState.APPROVED and rule is not None and not rule.paid:
        return "good", "check", _("已核定")
    return kind, icon, STATES[claim.state]


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


def certainty_words() -> dict[str, str]:
    return {name: text[language()] for name, text in CERTAINTIES.items()}


def cause_titles(claims: Iterable[Claim]) -> dict[int, str | None]:
    """What each claim of a list is for: the name of its entry."""
    of_claims = {claim.id: entry_id(claim.cause) for claim in claims}
    ids = {id_ for id_ in of_claims.values() if id_ is not None}
    names = dict(
        db.session.execute(select(RegisterEntry.id, RegisterEntry.name).where(RegisterEntry.id.in_(ids))).all()
    )
    return {claim_id: names.get(id_) if id_ is not None else None for claim_id, id_ in of_claims.items()}
