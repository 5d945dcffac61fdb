"""What a firm asks to have entered, or changed, in its registers: decided by its officer like everything else it proposes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask_babel import gettext as _

from crm.accounts.models import User
from crm.firms.models import Firm
from crm.firms.proposals.models import ProposalField, Target
from crm.firms.proposals.targets import Handling, offer_handling
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.kernel.plain import plain, revive
from crm.registers import service
from crm.registers.kinds import REGISTERS
from crm.registers.models import Register, RegisterEntry

# Incidents are what an office found, not what a firm says of itself.
PROPOSABLE = tuple(register for register in Register if register is not Register.INCIDENT)


def offer_entries(app: Flask) -> None:
    """An entry that is accepted stands in its register."""
    offer_handling(app, Target.ENTRY, Handling(_title, _accept, _stands, _check, _text, _key))


def entry_of(firm: Firm, target_key: str | None) -> RegisterEntry | None:
    """The firm's entry of that id, if it is still there."""
    entry = db.session.get(RegisterEntry, int(target_key)) if target_key is not None else None
    return entry if entry is not None and entry.firm_id == firm.id else None


def _stands(firm: Firm, target_key: str | None, field: str) -> dict[str, Any] | None:
    entry = entry_of(firm, target_key)
    return None if entry is None else {name: plain(getattr(entry, name)) for name in REGISTERS[Register(field)].fields}


def _check(firm: Firm, target_key: str | None, field: str, new: Mapping[str, Any]) -> dict[str, Any]:
    register = Register(field)
    before = _stands(firm, target_key, field)
    if target_key is not None and before is None:
        raise DomainError(_("这一条已不在登记册里，请作为新增提交。"))
    service.check_entry(register, new, before)
    if target_key is None:
        service.require_new(firm, register, new)
    return {name: plain(value) for name, value in new.items()}


def _accept(actor: User, asked: ProposalField) -> None:
    register, firm = Register(asked.field), asked.proposal.firm
    values = {name: revive(RegisterEntry, name, value) for name, value in (asked.new or {}).items()}
    entry = entry_of(firm, asked.target_key)
    try:
        if asked.target_key is None:
            service.add_entry(actor=actor, firm=firm, register=register, document=asked.document, **values)
        elif entry is not None:
            service.edit_entry(actor=actor, entry=entry, document=asked.document or entry.document, **values)
        else:
            raise DomainError(_("这一条已不在登记册里，不能更新。"))
    except DomainError as error:  # say it at the row that cannot be accepted
        raise DomainError(error.message, field=f"field-{asked.id}") from error


def _key(asked: ProposalField) -> str:
    """A change by its entry; something new by what tells the register's entries apart."""
    new, kind = asked.new or {}, REGISTERS[Register(asked.field)]
    told_apart = dict.fromkeys(("name", "number", *kind.apart))
    return asked.target_key or " ".join([asked.field, *(str(new.get(name)) for name in told_apart)])


def _title(asked: ProposalField) -> str:
    kind = REGISTERS[Register(asked.field)]
    if asked.target_key is None:
        return str(kind.add)
    entry = entry_of(asked.proposal.firm, asked.target_key)
    return _("修改%(register)s：%(name)s", register=kind.title, name=entry.name if entry else asked.target_key)


def _text(asked: ProposalField, value: Mapping[str, Any]) -> str:
    register = Register(asked.field)
    said = (
        (title, service.shown(register, name, revive(RegisterEntry, name, value[name])))
        for name, title in REGISTERS[register].fields.items()
        if name in value and (value[name] is not None or asked.target_key is not None)
    )
    return _("；").join(f"{title} {text}" for title, text in said) or _("只补充证明材料")
