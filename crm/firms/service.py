"""Verbs of a firm's own record: profile, who is in charge, contacts, facts. Each flushes; the request commits.

The rules of what may be written stand in `rules`; bulk ways in use them too. Figures, IP rights and proposals have
services of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Unpack

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.firms import rules
from crm.firms.duplicates.models import ids_of_new_firms
from crm.firms.loaders import visible_firms
from crm.firms.models import Contact, Document, Firm, FirmFact, FirmName, State
from crm.firms.rules import Profile
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotAllowedError
from crm.kernel.sentinel import NOT_PROVIDED, NotProvided
from crm.policy.vocabulary import LISTS
from crm.web.conflict import check_seen


class CodeTakenError(DomainError):
    """Another firm has this credit code. `firm_id` is that firm's if the actor may see it, else None."""

    def __init__(self, firm: Firm | None) -> None:
        if firm is not None:
            message = _("“%(name)s”已用这个信用代码登记。请打开那家企业，不要重复登记。", name=firm.name)
        else:
            message = _("这个信用代码已经登记，但那家企业不在您的管辖范围内。请联系上级管理员。")
        super().__init__(message, field="credit_code")
        self.firm_id = firm.id if firm is not None else None


def create_firm(
    *, actor: User, organisation_id: int | None, officer_id: int | None = None, **values: Unpack[Profile]
) -> Firm:
    """Register a firm. Raises DomainError on the field that is wrong; CodeTakenError for a code already registered."""
    cleaned = rules.clean_profile({"name": None, **values})
    organisation = rules.organisation_for(actor, organisation_id)
    officer = rules.officer_for(organisation, officer_id)
    _refuse_taken_code(actor, cleaned.get("credit_code"))
    (number,) = ids_of_new_firms(db.session, 1)
    firm = Firm(id=number, organisation=organisation, officer=officer, **cleaned)
    db.session.add(firm)
    _flush(actor, firm)
    return firm


def update_profile(*, actor: User, firm: Firm, **values: Unpack[Profile]) -> Firm:
    """Change what is given of the profile and nothing else. A name that changes is kept as a former one."""
    cleaned = rules.clean_profile(values, firm)
    code = cleaned.get("credit_code")
    if code != firm.credit_code:
        _refuse_taken_code(actor, code)
    if "name" in cleaned:
        _rename(firm, cleaned.pop("name"), clock.today())
    for field, value in cleaned.items():
        setattr(firm, field, value)
    _flush(actor, firm)
    return firm


def rename(*, actor: User, firm: Firm, name: str, on: date | None = None) -> Firm:
    """Give the firm a new name from the day `on` (today); the old one is kept as a former name until then."""
    _rename(firm, rules.clean_profile({"name": name}, firm)["name"], on or clock.today())
    db.session.flush()
    return firm


def _rename(firm: Firm, name: str, on: date) -> None:
    if name == firm.name:
        return
    former = next((entry for entry in firm.former_names if entry.name == firm.name), None)
    if former is None:
        firm.former_names.append(FirmName(name=firm.name, until=on))
    else:
        former.until = on
    firm.name = name


def _refuse_taken_code(actor: User, code: str | None) -> None:
    if code is None:
        return
    taken = db.session.scalar(select(Firm.id).where(Firm.credit_code == code))
    if taken is not None:
        raise CodeTakenError(db.session.scalar(select(Firm).where(Firm.id == taken, visible_firms(actor))))


def _flush(actor: User, firm: Firm) -> None:
    """Flush; where someone registered the same code in this very moment, say so."""
    code = firm.credit_code
    try:
        db.session.flush()
    except IntegrityError as error:
        if "credit_code" not in str(error.orig):
            raise
        db.session.rollback()
        _refuse_taken_code(actor, code)
        raise


def assign(
    *,
    actor: User,
    firm: Firm,
    organisation_id: int | NotProvided | None = NOT_PROVIDED,
    officer_id: int | NotProvided | None = NOT_PROVIDED,
) -> Firm:
    """Hand the firm to another organisation or officer within the actor's scope. Its visits and cases stay as they are.

    `officer_id` None: nobody is in charge. What stays as it is need not be in use any more, save that an officer must
    work where the firm goes.
    """
    place = firm.organisation_id if organisation_id is NOT_PROVIDED else organisation_id
    moved = place != firm.organisation_id
    if moved:
        firm.organisation = rules.organisation_for(actor, place)
    wanted = firm.officer_id if officer_id is NOT_PROVIDED else officer_id
    if wanted != firm.officer_id or moved:
        firm.officer = rules.officer_for(firm.organisation, wanted)
    db.session.flush()
    if moved:
        follow_moved([firm.id])
    return firm


def follow_moved(firm_ids: Sequence[int]) -> None:
    """Tell the rooms above that firms went to another organisation: what they gave to people there is handed on."""
    for follow in current_app.extensions.get("firm_moved", []):
        follow(firm_ids)


# --- contacts ----------------------------------------------------------------------------------------------------


def add_contact(
    *,
    actor: User,
    firm: Firm,
    name: str,
    position: str | None = None,
    telephone: str | None = None,
    email: str | None = None,
    main: bool = False,
) -> Contact:
    """Add a person at the firm. There is at most one main contact."""
    contact = Contact(firm=firm, name="", main=False)
    _tell(contact, {"name": name, "position": position, "telephone": telephone, "email": email, "main": main})
    db.session.add(contact)
    db.session.flush()
    return contact


def update_contact(
    *,
    actor: User,
    contact: Contact,
    name: str | NotProvided = NOT_PROVIDED,
    position: str | NotProvided | None = NOT_PROVIDED,
    telephone: str | NotProvided | None = NOT_PROVIDED,
    email: str | NotProvided | None = NOT_PROVIDED,
    main: bool | NotProvided = NOT_PROVIDED,
) -> Contact:
    """Change what is given of a contact."""
    values = {"name": name, "position": position, "telephone": telephone, "email": email, "main": main}
    _tell(contact, {field: value for field, value in values.items() if value is not NOT_PROVIDED})
    db.session.flush()
    return contact


def remove_contact(*, actor: User, contact: Contact) -> None:
    """Take a person off the list; the history keeps them."""
    db.session.delete(contact)
    db.session.flush()


def _tell(contact: Contact, values: dict[str, Any]) -> None:
    for field, value in rules.clean_contact(values).items():
        setattr(contact, field, value)
    if values.get("main"):
        others = select(Contact).where(Contact.firm_id == contact.firm.id, Contact.main)
        for other in db.session.scalars(others):
            other.main = other is contact


# --- facts -------------------------------------------------------------------------------------------------------


def set_fact(
    *,
    actor: User,
    firm: Firm,
    key: str,
    value: Any,
    as_of: date | None,
    document: Document | None = None,
    verified: bool = False,
) -> FirmFact | None:
    """Record a fact of the firm as a whole, or with None that it is unknown.

    `key` and the shape of `value` are those of the facts contract (amounts in 万元, shares as fractions).
    """
    fact = fact_of(firm, key)
    if value is None:
        if fact is not None:
            db.session.delete(fact)
            db.session.flush()
        return None
    rules.fact(key, value)
    if fact is None:
        fact = FirmFact(firm=firm, key=key)
        db.session.add(fact)
    fact.value = value
    fact.as_of = rules.as_of(as_of)
    fact.document = document
    fact.state = State.VERIFIED if verified else State.DECLARED
    fact.entered_by = actor
    db.session.flush()
    return fact


def confirm_none(firm: Firm, name: str, *, actor: User, on: date | None = None) -> FirmFact:
    """Record that the firm had no entry in a list the criteria read (no title, no award) on a day, today unless said: known, not
    unknown. What was stated of a later day stands.
    """
    if not actor.can(Permission.EDIT_FIRMS):
        raise NotAllowedError(_("您没有做这一步的权限，请联系本单位的负责人。"))
    if name not in LISTS:
        raise DomainError(_("没有这个登记簿。"))
    on, stated = on or clock.today(), fact_of(firm, name)
    if stated is not None and stated.as_of > on:
        return stated
    fact = set_fact(actor=actor, firm=firm, key=name, value=[], as_of=on, verified=True)
    assert fact is not None
    return fact


def verify_fact(*, actor: User, firm: Firm, key: str, expected_version: str | None = None) -> FirmFact:
    """An officer has checked the fact against its evidence.

    Raises EditConflictError if it is no longer the `expected_version` that the officer saw.
    """
    fact = fact_of(firm, key)
    if fact is None:
        raise DomainError(_("这一项还没有填写，不能核实。"), field=key)
    check_seen(fact, expected_version)
    fact.state = State.VERIFIED
    fact.entered_by = actor
    db.session.flush()
    return fact


def fact_of(firm: Firm, key: str) -> FirmFact | None:
    return db.session.scalar(select(FirmFact).where(FirmFact.firm_id == firm.id, FirmFact.key == key))
