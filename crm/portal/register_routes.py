"""What the firm asks to have entered in its registers: products, technology contracts, institutions, loans …"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.firms.models import Firm
from crm.firms.proposals import service as proposals
from crm.firms.proposals.models import Decision, ProposalField, Target
from crm.firms.proposals.service import Wanted
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.kernel.plain import revive
from crm.portal.filling import asked_by
from crm.portal.filling_routes import asked_again, say_sent
from crm.portal.routes import blueprint, own_firm
from crm.registers.forms import form_of
from crm.registers.kinds import REGISTERS, RegisterGroup
from crm.registers.models import Register, RegisterEntry
from crm.registers.proposing import PROPOSABLE, entry_of
from crm.registers.queries import counts_of
from crm.registers.service import shown
from crm.web.conflict import check_version
from crm.web.errors import land


@blueprint.get("/own/registers")
@requires(Permission.KEEP_OWN_RECORD)
def own_registers() -> str:
    """What became of the entries the firm sent in, and the registers to which it can add."""
    firm = own_firm()
    asked = asked_by(firm)
    return render_template(
        "portal/registers.html",
        firm=firm,
        registers=REGISTERS,
        groups={
            group: found
            for group in RegisterGroup
            if (found := [register for register in PROPOSABLE if REGISTERS[register].group is group])
        },
        counts=counts_of(firm.id),
        pending=_named(asked.fields(Target.ENTRY, None, Decision.PENDING).values()),
        refused=_named(asked.fields(Target.ENTRY, None, Decision.REFUSED).values()),
    )


def _named(fields: Collection[ProposalField]) -> Iterable[tuple[ProposalField, str]]:
    """Wishes with the name of what they are about: a change holds only what it changes."""
    ids = [int(field.target_key) for field in fields if field.target_key is not None]
    entries = db.session.execute(select(RegisterEntry.id, RegisterEntry.name).where(RegisterEntry.id.in_(ids)))
    names = {row.id: row.name for row in entries}
    return [(field, names.get(int(field.target_key or 0)) or (field.new or {}).get("name") or "") for field in fields]


@blueprint.route("/own/registers/<proposable>/new", methods=["GET", "POST"])
@requires(Permission.KEEP_OWN_RECORD)
def new_entry(proposable: str) -> str | Response:
    """An entry; `?again=<id>` opens the form with one that was refused."""
    firm = own_firm()
    if proposable not in PROPOSABLE:
        raise NotFoundError(_("没有这种登记册。"))
    return _propose(firm, Register(proposable), None)


@blueprint.route("/own/register-entries/<int:entry_id>/edit", methods=["GET", "POST"])
@requires(Permission.KEEP_OWN_RECORD)
def change_entry(entry_id: int) -> str | Response:
    """Other values of an entry that stands."""
    firm = own_firm()
    entry = entry_of(firm, str(entry_id))
    if entry is None or entry.register not in PROPOSABLE:
        raise NotFoundError(_("登记册里没有这一条。"))
    return _propose(firm, entry.register, entry)


def _propose(firm: Firm, register: Register, entry: RegisterEntry | None) -> str | Response:
    form, kind = form_of(register, entry)(firm, obj=entry), REGISTERS[register]
    again = _refused(firm, register, entry)
    if form.validate_on_submit():
        key = str(entry.id) if entry is not None else None
        try:
            if entry is not None:
                check_version(entry, form.version.data, form.values, kind.fields, partial(shown, register))
            document = form.document(current_user, firm)
            proposals.propose(
                actor=current_user,
                firm=firm,
                wanted=[Wanted(target=Target.ENTRY, target_key=key, field=register.value, new=form.values)],
                note=None,
                document=None if entry is not None and document is entry.document else document,
            )
        except DomainError as error:
            land(form, error)
        else:
            say_sent()
            return redirect(url_for("portal.own_registers"))
    if again is not None and not form.is_submitted():
        for name, value in (again.new or {}).items():
            form[name].data = revive(RegisterEntry, name, value)
    return render_template("portal/entry.html", form=form, kind=kind, entry=entry, again=again)


def _refused(firm: Firm, register: Register, entry: RegisterEntry | None) -> ProposalField | None:
    found = asked_again(firm)
    about = (Target.ENTRY, register.value, str(entry.id) if entry is not None else None)
    return found if found is not None and (found.target, found.field, found.target_key) == about else None
