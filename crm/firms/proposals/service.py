"""Asking for changes, and deciding on them field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import User
from crm.firms import rules, service
from crm.firms.figures import queries as figure_queries
from crm.firms.figures import service as figure_service
from crm.firms.figures.models import YearlyFigures
from crm.firms.ip import service as ip_service
from crm.firms.ip.models import IpRight
from crm.firms.models import Document, Firm
from crm.firms.proposals.models import Decision, Proposal, ProposalField, Target
from crm.kernel import clock
from crm.kernel.audit import Via, signed_via
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.kernel.plain import plain, revive

# What a firm may ask to change in its profile. Where it belongs and who is in charge is the park's to say.
PROPOSABLE = (
    "name",
    "short_name",
    "english_name",
    "registered_on",
    "registered_capital",
    "industry_code",
    "tech_field",
    "address",
    "business_scope",
    "website",
)
NEW_RIGHT = "right"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One value a firm asks for: of its profile, of a year's figures, or a new IP right (`new` its columns)."""

    target: Target
    field: str
    new: Any
    target_key: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What an officer says of one field. A refusal needs its reason."""

    decision: Decision
    reason: str | None = None


def propose(
    *, actor: User, firm: Firm, wanted: Sequence[Wanted], note: str | None, document: Document | None
) -> Proposal:
    """Ask for changes. What already stands so is left out.

    Raises DomainError when nothing is left to ask, and for what the record itself would refuse.
    """
    proposal = Proposal(firm=firm, submitted_by=actor, note=note or None)
    record = Record(firm)
    for wish in wanted:
        old = record.value(wish.target, wish.target_key, wish.field)
        new = _checked(firm, wish)
        if old != new:
            proposal.fields.append(
                ProposalField(
                    target=wish.target,
                    target_key=wish.target_key,
                    field=wish.field,
                    old=old,
                    new=new,
                    document_id=document.id if document else None,
                )
            )
    if not proposal.fields:
        raise DomainError(_("没有改动，无需提交。"))
    db.session.add(proposal)
    db.session.flush()
    return proposal


def _checked(firm: Firm, wish: Wanted) -> Any:
    """What is asked for, in its normal form and as JSON holds it, judged by the rules of the record."""
    if wish.target is Target.FIRM:
        return plain(rules.clean_profile({wish.field: wish.new}, firm)[wish.field])
    if wish.target is Target.FIGURES:
        figure_service.check_values({wish.field: wish.new})
        return plain(wish.new)
    kind, number = ip_service.read_number(wish.new["number"], wish.new["kind"])
    ip_service.check_right(wish.new)
    return {key: plain(value) for key, value in {**wish.new, "kind": kind, "number": number}.items()}


def withdraw(*, proposal: Proposal) -> None:
    """The firm takes back what is not decided yet."""
    _hold(proposal)
    if not proposal.open:
        raise DomainError(_("这份申请已经处理完，不能撤回。"))
    for field in proposal.fields:
        if field.decision is Decision.PENDING:
            field.decision = Decision.WITHDRAWN
            field.decided_at = clock.now()
    proposal.open = False
    db.session.flush()


def _hold(proposal: Proposal) -> None:
    """Keep others from deciding or withdrawing until this request ends, and read what they decided before it."""
    db.session.refresh(proposal, with_for_update=True)
    fields = select(ProposalField).where(ProposalField.proposal_id == proposal.id)
    db.session.scalars(fields.execution_options(populate_existing=True)).all()


class Record:
    """What stands in a firm's record now. Its figures are read once."""

    def __init__(self, firm: Firm) -> None:
        self._firm = firm

    @cached_property
    def _years(self) -> dict[int, YearlyFigures]:
        return {figures.year: figures for figures in figure_queries.years_of(self._firm.id)}

    def value(self, target: Target, target_key: str | None, field: str) -> Any:
        """The value as JSON holds it. None: unknown, or not there yet."""
        if target is Target.FIRM:
            return plain(getattr(self._firm, field))
        figures = self._years.get(int(target_key or 0)) if target is Target.FIGURES else None
        return None if figures is None else plain(getattr(figures, field))


def decide(*, actor: User, proposal: Proposal, verdicts: Mapping[int, Verdict], verify: bool = False) -> None:
    """Accept or refuse fields (by their ids); what is not named stays pending. All of it or nothing is kept.

    `verify` marks accepted figures as checked against the evidence. Raises DomainError on `field-<id>` for a refusal
    without reason, for a field already decided, and whatever the record itself refuses.
    """
    _hold(proposal)
    fields = {field.id: field for field in proposal.fields}
    accepted = []
    for field_id, verdict in verdicts.items():
        field = fields[field_id]
        if field.decision is not Decision.PENDING:
            raise DomainError(_("这一项已经处理过，请刷新页面。"), field=f"field-{field_id}")
        if verdict.decision is Decision.REFUSED and not (verdict.reason or "").strip():
            raise DomainError(_("请写明不接受的理由，企业会看到。"), field=f"field-{field_id}")
        field.decision = verdict.decision
        field.reason = (verdict.reason or "").strip() or None
        field.decided_by_id = actor.id
        field.decided_at = clock.now()
        if verdict.decision is Decision.ACCEPTED:
            accepted.append(field)
    if not verdicts:
        raise DomainError(_("请至少对一项作出处理。"))
    proposal.open = any(field.decision is Decision.PENDING for field in proposal.fields)
    db.session.flush()
    with signed_via(db.session, Via.PROPOSAL):
        _apply(actor, proposal.firm, accepted, verify)


def _apply(actor: User, firm: Firm, fields: Sequence[ProposalField], verify: bool) -> None:
    profile = {field.field: revive(Firm, field.field, field.new) for field in fields if field.target is Target.FIRM}
    if profile:
        service.update_profile(actor=actor, firm=firm, **profile)
    years = sorted({int(field.target_key or 0) for field in fields if field.target is Target.FIGURES})
    for year in years:
        of_year = [f for f in fields if f.target is Target.FIGURES and f.target_key == str(year)]
        figures = figure_service.record_figures(
            actor=actor,
            firm=firm,
            year=year,
            values={field.field: revive(YearlyFigures, field.field, field.new) for field in of_year},
            document=of_year[0].document,
        )
        known = [field.field for field in of_year if field.new is not None]
        if verify and known:
            figure_service.verify_figures(actor=actor, figures=figures, keys=known, document=of_year[0].document)
    for field in fields:
        if field.target is Target.IP:
            values = {key: revive(IpRight, key, value) for key, value in (field.new or {}).items()}
            ip_service.add_right(actor=actor, firm=firm, document=field.document, **values)
