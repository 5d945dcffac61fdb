"""Asking for changes, and deciding on them field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import User
from crm.firms import queries, rules, service
from crm.firms.figures import queries as figure_queries
from crm.firms.figures import service as figure_service
from crm.firms.figures.models import YearlyFigures
from crm.firms.ip import service as ip_service
from crm.firms.ip.models import IpRight
from crm.firms.models import Document, Firm, FirmFact
from crm.firms.proposals.models import Decision, Proposal, ProposalField, Target
from crm.firms.proposals.targets import handling_of
from crm.firms.proposals.telling import tell_decided, tell_submitted
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
NEW_RIGHT, CHANGED_RIGHT = "right", "changed_right"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One value a firm asks for: of its profile, of a year's figures, or of the firm as a whole; a new IP right (`new` its
    columns) or other columns of one it has (`target_key` its number); a paper of a case (`new` its name); or an entry of the
    register `field`, a new one or other columns of one it has (`target_key` its id).
    """

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
    """Ask for changes. What already stands so, or waits so, is left out; what waits with another value is withdrawn for it.
    A document sent after a wish that waits is put to it.

    Raises DomainError when nothing is left to ask, and for what the record itself would refuse.
    """
    _hold_firm(firm.id)
    proposal = Proposal(firm=firm, submitted_by=actor, note=note or None)
    record, waiting = Record(firm), _waiting(firm)
    proved: Proposal | None = None  # what waits already and was only given its proof
    for wish in wanted:
        old = record.value(wish.target, wish.target_key, wish.field)
        new = _checked(firm, wish)
        if isinstance(old, dict) and isinstance(new, dict):
            new = {key: value for key, value in new.items() if value != old[key]}
            old = {key: old[key] for key in new}
        # The proof of an entry may be all that is new.
        if old == new and (wish.target is not Target.ENTRY or document is None):
            continue
        asked = ProposalField(
            target=wish.target,
            target_key=wish.target_key,
            field=wish.field,
            old=old,
            new=new,
            document_id=document.id if document else None,
        )
        before = waiting.get(key_of(asked))
        if before is not None and before.new == new and wish.target is not Target.PAPER:
            if document is not None and before.document_id != document.id:
                before.document_id, proved = document.id, before.proposal
            continue
        if before is not None:
            _take_back(before)
        proposal.fields.append(asked)
    if not proposal.fields and proved is not None:
        db.session.flush()
        return proved
    if not proposal.fields:
        raise DomainError(_("没有改动，无需提交。"))
    db.session.add(proposal)
    db.session.flush()
    tell_submitted(proposal)
    return proposal


def key_of(field: ProposalField) -> tuple[Target, str | None, str]:
    """What a field is about, whenever it was asked for: a fact whatever its day, a right by its number."""
    match field.target:
        case Target.FACT:
            return field.target, None, field.field
        case Target.IP:
            return field.target, None, field.target_key or str((field.new or {}).get("number"))
        case Target.ENTRY:
            handling = handling_of(field.target)
            return field.target, None, handling.key(field) if handling is not None else field.field
    return field.target, field.target_key, field.field


def _waiting(firm: Firm) -> dict[tuple[Target, str | None, str], ProposalField]:
    """What the firm asked for and nobody decided yet."""
    fields = db.session.scalars(
        select(ProposalField)
        .join(Proposal)
        .where(Proposal.firm_id == firm.id, Proposal.open, ProposalField.decision == Decision.PENDING)
        .order_by(ProposalField.id)
    )
    return {key_of(field): field for field in fields}


def _take_back(field: ProposalField) -> None:
    field.decision, field.decided_at = Decision.WITHDRAWN, clock.now()
    field.proposal.open = any(other.decision is Decision.PENDING for other in field.proposal.fields)


def _checked(firm: Firm, wish: Wanted) -> Any:
    """What is asked for, in its normal form and as JSON holds it, judged by the rules of the record."""
    if wish.target is Target.FIRM:
        return plain(rules.clean_profile({wish.field: wish.new}, firm)[wish.field])
    if wish.target is Target.FIGURES:
        figure_service.check_values({wish.field: wish.new})
        if wish.new is not None:
            figure_service.check_founded(firm.registered_on, int(wish.target_key or 0))
        return plain(wish.new)
    if wish.target is Target.FACT:
        if wish.new is not None:
            rules.fact(wish.field, wish.new)
        rules.as_of(date.fromisoformat(wish.target_key or ""))
        return wish.new
    if (handling := handling_of(wish.target)) is not None:
        return handling.check(firm, wish.target_key, wish.field, wish.new)
    ip_service.check_right(wish.new)
    columns = dict(wish.new)
    if wish.field == NEW_RIGHT:
        columns["kind"], columns["number"] = ip_service.read_number(columns["number"], columns["kind"])
    return {key: plain(value) for key, value in columns.items()}


def settle(*, proposal: Proposal) -> None:
    """The firm lets what was refused stand: nothing more is asked of it."""
    refused = [field for field in proposal.fields if field.decision is Decision.REFUSED and field.settled_at is None]
    if not refused:
        raise DomainError(_("这份申请里没有需要修改的内容。"))
    for field in refused:
        field.settled_at = clock.now()
    db.session.flush()


def withdraw(*, proposal: Proposal) -> None:
    """The firm takes back what is not decided yet."""
    _hold(proposal)
    if not proposal.open:
        raise DomainError(_("这份申请已经处理完，不能撤回。"))
    for field in proposal.fields:
        if field.decision is Decision.PENDING:
            _take_back(field)
    db.session.flush()


def _hold_firm(firm_id: int) -> None:
    """One asks or decides at a firm at a time: sent twice at once, the second reads what the first asked for."""
    db.session.execute(select(Firm.id).where(Firm.id == firm_id).with_for_update(key_share=True))


def _hold(proposal: Proposal) -> None:
    """Keep others from deciding or withdrawing until this request ends, and read what they decided before it."""
    _hold_firm(proposal.firm_id)
    db.session.refresh(proposal, with_for_update=True)
    fields = select(ProposalField).where(ProposalField.proposal_id == proposal.id)
    db.session.scalars(fields.execution_options(populate_existing=True)).all()


class Record:
    """What stands in a firm's record now. Its figures, facts and rights are read once."""

    def __init__(self, firm: Firm) -> None:
        self._firm = firm

    @cached_property
    def _years(self) -> dict[int, YearlyFigures]:
        return {figures.year: figures for figures in figure_queries.years_of(self._firm.id)}

    @cached_property
    def _facts(self) -> dict[str, FirmFact]:
        return queries.facts_of(self._firm.id)

    @cached_property
    def rights(self) -> dict[str, IpRight]:
        found = db.session.scalars(select(IpRight).where(IpRight.firm_id == self._firm.id))
        return {right.number: right for right in found}

    def value(self, target: Target, target_key: str | None, field: str) -> Any:
        """The value as JSON holds it. None: unknown, or not there yet."""
        if target is Target.FIRM:
            return plain(getattr(self._firm, field))
        if target is Target.FACT:
            return self._facts[field].value if field in self._facts else None
        if (handling := handling_of(target)) is not None:
            return handling.stands(self._firm, target_key, field)
        if field == CHANGED_RIGHT:
            right = self.rights.get(target_key or "")
            if right is None:
                raise DomainError(_("登记簿里没有编号 %(number)s，请作为新增提交。", number=target_key))
            return {column.key: plain(getattr(right, column.key)) for column in IpRight.__table__.columns}
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
    tell_decided(proposal, {field_id: verdict.decision for field_id, verdict in verdicts.items()})


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
            _apply_right(actor, firm, field)
        elif field.target is Target.FACT:
            as_of = date.fromisoformat(field.target_key or "")
            service.set_fact(
                actor=actor,
                firm=firm,
                key=field.field,
                value=field.new,
                as_of=as_of,
                document=field.document,
                verified=verify,
            )
        elif (handling := handling_of(field.target)) is not None:
            handling.accept(actor, field)


def _apply_right(actor: User, firm: Firm, field: ProposalField) -> None:
    values = {key: revive(IpRight, key, value) for key, value in (field.new or {}).items()}
    if field.field == NEW_RIGHT:
        try:
            ip_service.add_right(actor=actor, firm=firm, document=field.document, **values)
        except DomainError as error:  # say it at the row that cannot be accepted
            raise DomainError(error.message, field=f"field-{field.id}") from error
        return
    right = Record(firm).rights.get(field.target_key or "")
    if right is None:
        gone = _("编号 %(number)s 已不在登记簿里，不能更新。", number=field.target_key)
        raise DomainError(gone, field=f"field-{field.id}")
    ip_service.edit_right(actor=actor, right=right, document=field.document or right.document, **values)
