"""What may be done with entries of registers: add, edit, verify, remove."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from crm.accounts.models import User
from crm.firms.models import Document, Firm, State
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.registers.kinds import REGISTERS, SEVERITIES, TERMS, choices_of, titles_of
from crm.registers.models import Register, RegisterEntry
from crm.web import conflict
from crm.web.formatting import day, money_text, percent


def add_entry(
    *, actor: User, firm: Firm, register: Register, document: Document | None = None, **values: Any
) -> RegisterEntry:
    """Enter something in a register; `values` are the columns it uses. Raises DomainError on the field that is wrong."""
    check_entry(register, values)
    require_new(firm, register, values)
    entry = RegisterEntry(firm=firm, firm_id=firm.id, register=register, document=document, **values)
    db.session.add(entry)
    db.session.flush()
    return entry


def require_new(firm: Firm, register: Register, values: Mapping[str, Any], entry: RegisterEntry | None = None) -> None:
    """Raise DomainError: a firm has a registered contract once, on one side; its number is its own (技术合同认定登记编号).

    `entry`: the one that is changed, which may have it. The import finds an entry by the same rule.
    """
    if register is not Register.CONTRACT or not values.get("number"):
        return
    there = db.session.scalar(
        select(RegisterEntry.name).where(
            RegisterEntry.firm_id == firm.id,
            RegisterEntry.register == register,
            func.upper(RegisterEntry.number) == func.upper(values["number"]),
            RegisterEntry.id.is_distinct_from(None if entry is None else entry.id),
        )
    )
    if there is not None:
        raise DomainError(_("这个编号的合同已登记：%(name)s。", name=there), field="number")


def edit_entry(
    *,
    actor: User,
    entry: RegisterEntry,
    document: Document | None,
    expected_version: int | str | None = None,
    **values: Any,
) -> RegisterEntry:
    """Set columns of an entry; what was verified is declared again when it changes.

    Raises DomainError as `add_entry`, and EditConflictError if someone else saved it since `expected_version`.
    """
    kind = REGISTERS[entry.register]
    before = {name: getattr(entry, name) for name in kind.fields}
    check_entry(entry.register, {**before, **values}, before)
    if expected_version is not None:
        conflict.check_version(
            entry, expected_version, values, kind.fields, lambda name, value: shown(entry.register, name, value)
        )
    changed = {name: value for name, value in values.items() if getattr(entry, name) != value}
    if "number" in changed:
        require_new(entry.firm, entry.register, changed, entry)
    for name, value in changed.items():
        setattr(entry, name, value)
    entry.document = document
    if changed:
        entry.state = State.DECLARED
    db.session.flush()
    return entry


def verify_entry(
    *, actor: User, entry: RegisterEntry, against: str | None = None, expected_version: int | str | None = None
) -> None:
    """Mark an entry as checked against its document; one without says in words what it was checked `against`, in its note.

    Raises EditConflictError if it is no longer the `expected_version` that the checker saw.
    """
    conflict.check_seen(entry, expected_version)
    if entry.document_id is None:
        if not against or not against.strip():
            raise DomainError(_("没有附文件：请写明是对照什么核实的。"), field="against")
        told = _("%(on)s核实，对照：%(what)s", on=day(clock.today()), what=against.strip())
        entry.note = "\n".join(text for text in (entry.note, told) if text)
    entry.state = State.VERIFIED
    db.session.flush()


def remove_entry(*, actor: User, entry: RegisterEntry) -> None:
    """Take an entry out. The history keeps it."""
    db.session.delete(entry)
    db.session.flush()


def check_entry(register: Register, values: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> None:
    """Raise DomainError on the field that an entry of the register cannot have so; None is unknown and allowed.

    A term that is no longer offered may stay where it was `before`.
    """
    kind = REGISTERS[register]
    for name in values:
        if name not in kind.fields:
            raise DomainError(_("%(register)s不用“%(name)s”这一项。", register=kind.title, name=name), field=name)
    for name in sorted(kind.required):
        if values.get(name) is None or not str(values[name]).strip():
            raise DomainError(_("请填写%(title)s。", title=kind.fields[name]), field=name)
    for name in (*TERMS, "severity"):
        if values.get(name) is None:
            continue
        allowed = SEVERITIES if name == "severity" else choices_of(register, name, (before or {}).get(name))
        if values[name] not in allowed:
            raise DomainError(_("%(title)s不在可选范围内。", title=kind.fields[name]), field=name)
    on, valid_to = values.get("on"), values.get("valid_to")
    if on is not None and on > clock.today():
        raise DomainError(_("%(title)s不能晚于今天。", title=kind.fields["on"]), field="on")
    if on is not None and valid_to is not None and valid_to < on:
        raise DomainError(_("有效期不能早于%(title)s。", title=kind.fields["on"]), field="valid_to")
    if values.get("amount") is not None and values["amount"] < 0:
        raise DomainError(_("%(title)s不能是负数。", title=kind.fields["amount"]), field="amount")
    if values.get("share") is not None and not 0 <= values["share"] <= 1:
        raise DomainError(_("%(title)s在 0 到 100%% 之间。", title=kind.fields["share"]), field="share")
    if values.get("rank") is not None and values["rank"] < 1:
        raise DomainError(_("%(title)s从 1 开始。", title=kind.fields["rank"]), field="rank")


def shown(register: Register, name: str, value: Any) -> Any:
    """A column's value for a reader, money in 万元."""
    if value is None:
        return conflict.plain_words(None)
    if name in TERMS or name == "severity":
        return titles_of(register, name).get(value, value)
    if name == "share":
        return percent(value, 4)
    return money_text(value) if name == "amount" else conflict.plain_words(value)
