"""Pages of the registers: all of a firm on one page, one register in full, the form of an entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.facts.statements import AGAINST, Statement, statements_of
from crm.firms.loaders import load_firm_for, load_for
from crm.firms.models import Firm, State
from crm.kernel import clock
from crm.kernel.errors import DomainError, EditConflictError, NotFoundError
from crm.registers import queries, service
from crm.registers.forms import EntryForm, VerifyForm, form_of
from crm.registers.kinds import REGISTERS, RegisterGroup, RegisterKind
from crm.registers.models import REGISTER_LISTS, Register, RegisterEntry
from crm.web.conflict import version_sent
from crm.web.errors import land
from crm.web.paging import page_number

blueprint = Blueprint("registers", __name__)

BELOW_THE_NAME = ("name", "number", "party", "niche", "note")
ALWAYS_SHOWN = ("kind", "level", "role", "amount", "on")


@blueprint.get("/firms/<int:firm_id>/registers")
@requires(Permission.VIEW_RECORD)
def entries(firm_id: int) -> str:
    """All registers, or one in full with ?register=…"""
    firm = load_firm_for(current_user, firm_id)
    one = request.args.get("register")
    page = queries.entries_page(firm.id, _register(one), page_number()) if one else None
    found = {_register(one): page.rows} if page is not None and one else queries.newest_entries(firm.id)
    parts = _parts(found)
    return render_template(
        "registers/entries.html",
        firm=firm,
        page=page,
        parts=parts,
        counts=queries.counts_of(firm.id),
        nones=[] if page is not None else _nones(parts, statements_of(firm.id, clock.today())),
        shown=service.shown,
    )


@dataclass(frozen=True)
class Part:
    """A group of a firm's page: the registers in which something stands, and those that are empty."""

    group: RegisterGroup
    filled: list[tuple[Register, RegisterKind, list[str], Sequence[RegisterEntry]]]  # with the columns to show
    empty: list[tuple[Register, RegisterKind]]

    @property
    def may_be_none(self) -> list[tuple[Register, Any, str]]:
        """What may be stated to be none, in words and as the criteria call it: the empty registers that they read, and of
        those that count against the firm whatever is not entered."""
        empty = [(register, kind.title) for register, kind in self.empty]
        others = [
            (register, _("其他%(what)s", what=kind.title))
            for register, kind, _columns, _found in self.filled
            if REGISTER_LISTS.get(register) in AGAINST
        ]
        read = [(register, what) for register, what in (*empty, *others) if register in REGISTER_LISTS]
        return [(register, what, REGISTER_LISTS[register]) for register, what in read]


def _parts(found: Mapping[Register, Sequence[RegisterEntry]]) -> list[Part]:
    parts = {group: Part(group, [], []) for group in RegisterGroup}
    for register, kind in REGISTERS.items():
        if found.get(register):
            parts[kind.group].filled.append((register, kind, _columns(kind, found[register]), found[register]))
        elif register in found:
            parts[kind.group].empty.append((register, kind))
    return [part for part in parts.values() if part.filled or part.empty]


def _nones(parts: Iterable[Part], stated: Mapping[str, Statement]) -> list[tuple[str, Any, Statement | None]]:
    """What may be stated to be none, with what was stated: what is too old first, then what nobody has said yet."""
    found = [(name, what, stated.get(name)) for part in parts for _register, what, name in part.may_be_none]
    return sorted(found, key=lambda each: 1 if each[2] is None else 0 if each[2].stale else 2)


def _columns(kind: RegisterKind, entries: Sequence[RegisterEntry]) -> list[str]:
    """What stands beside the name: always what every entry should say, the rest where an entry says it."""
    beside = [name for name in kind.fields if name not in BELOW_THE_NAME]
    return [
        name for name in beside if name in ALWAYS_SHOWN or any(getattr(entry, name) is not None for entry in entries)
    ]


@blueprint.route("/firms/<int:firm_id>/registers/<register>/new", methods=["GET", "POST"])
@requires(Permission.EDIT_FIRMS)
def create(firm_id: int, register: str) -> str | Response:
    firm = load_firm_for(current_user, firm_id)
    chosen = _register(register)
    form = form_of(chosen)(firm)
    if form.validate_on_submit():
        try:
            entry = service.add_entry(
                actor=current_user,
                firm=firm,
                register=chosen,
                document=form.document(current_user, firm),
                **form.values,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("已登记“%(name)s”。", name=entry.name), "success")
            return redirect(_page_of(firm, chosen))
    return _form_page(firm, form, chosen, None)


@blueprint.route("/register-entries/<int:entry_id>/edit", methods=["GET", "POST"])
@requires(Permission.EDIT_FIRMS)
def edit(entry_id: int) -> str | Response:
    entry = load_for(current_user, RegisterEntry, entry_id)
    firm, register = entry.firm, entry.register
    form = form_of(register, entry)(firm, obj=entry)
    if form.validate_on_submit():
        try:
            service.edit_entry(
                actor=current_user,
                entry=entry,
                document=form.document(current_user, firm),
                expected_version=form.version.data,
                **form.values,
            )
        except DomainError as error:
            land(form, error)
        else:
            flash(_("“%(name)s”已保存。", name=entry.name), "success")
            return redirect(_page_of(firm, register))
    return _form_page(firm, form, register, entry)


@blueprint.post("/register-entries/<int:entry_id>/verify")
@requires(Permission.EDIT_FIRMS)
def verify(entry_id: int) -> Any:
    """Checked against its document; without one, against what is said in words."""
    entry = load_for(current_user, RegisterEntry, entry_id)
    form = VerifyForm() if entry.document_id is None else None
    try:
        if form and not form.validate_on_submit():
            return _edit_page(entry, form), 422
        against = form.against.data if form else None
        service.verify_entry(actor=current_user, entry=entry, against=against, expected_version=version_sent())
    except EditConflictError as error:
        flash(str(error), "danger")
        return redirect(url_for("registers.edit", entry_id=entry.id))
    except DomainError as error:
        assert form is not None
        land(form, error)
        return _edit_page(load_for(current_user, RegisterEntry, entry_id), form), 422
    flash(_("“%(name)s”已核实。", name=entry.name), "success")
    return redirect(_page_of(entry.firm, entry.register))


@blueprint.post("/register-entries/<int:entry_id>/remove")
@requires(Permission.EDIT_FIRMS)
def remove(entry_id: int) -> Response:
    entry = load_for(current_user, RegisterEntry, entry_id)
    firm, register, name = entry.firm, entry.register, entry.name
    service.remove_entry(actor=current_user, entry=entry)
    flash(_("“%(name)s”已删除，变更记录里仍可查到。", name=name), "success")
    return redirect(_page_of(firm, register))


def _register(name: Any) -> Register:
    try:
        return Register(name)
    except ValueError:
        raise NotFoundError(_("没有这种登记册。")) from None


def _page_of(firm: Firm, register: Register) -> str:
    return url_for("registers.entries", firm_id=firm.id, _anchor=register.value)


def _form_page(
    firm: Firm,
    form: EntryForm,
    register: Register,
    entry: RegisterEntry | None,
    verify: VerifyForm | None = None,
) -> str:
    unverified = entry is not None and entry.state is not State.VERIFIED
    if verify is None and entry is not None and unverified and entry.document_id is None:
        verify = VerifyForm(formdata=None, data={"version": str(entry.version)})
    return render_template(
        "registers/form.html",
        firm=firm,
        form=form,
        kind=REGISTERS[register],
        entry=entry,
        verified=State.VERIFIED,
        verify=verify,
    )


def _edit_page(entry: RegisterEntry, verify: VerifyForm) -> str:
    form = form_of(entry.register, entry)(entry.firm, formdata=None, obj=entry)
    return _form_page(entry.firm, form, entry.register, entry, verify)
