"""What may be done with the resources of the place: enter, edit, end, remove; and tie firms to them, the one way for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from crm.accounts.models import Organisation, User
from crm.firms.models import Firm
from crm.firms.naming import normal, search_text, sort_key
from crm.firms.reference.terms import term_titles
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.registers.resources.kinds import RESOURCES, TIE_FIELDS
from crm.registers.resources.models import Resource, ResourceFirm, ResourceRegister
from crm.registers.resources.words import shown, shown_of_tie
from crm.web import conflict

# --- resources ---------------------------------------------------------------------------------------------------


def add_resource(*, actor: User, register: ResourceRegister, organisation: Organisation, **values: Any) -> Resource:
    """Enter a resource, kept by `organisation`; `values` are the columns its register uses.

    Raises DomainError on the field that is wrong, and where the organisation keeps the same one already.
    """
    check_resource(register, values)
    _require_new(register, organisation, values)
    resource = Resource(register=register, organisation=organisation, organisation_id=organisation.id, **values)
    db.session.add(resource)
    db.session.flush()
    return resource


def _require_new(register: ResourceRegister, organisation: Organisation, values: Mapping[str, Any]) -> None:
    """Pressed twice, or entered by two people, it is one: see `ResourceKind` for what tells two of one name apart."""
    kind = RESOURCES[register]
    told_apart = ("name", *kind.apart, *(("number",) if kind.numbered else ()))
    same = [getattr(Resource, name) == values.get(name) for name in told_apart]  # == None is IS NULL
    here = (Resource.register == register, Resource.organisation_id == organisation.id)
    if db.session.scalar(select(Resource.id).where(*here, *same).limit(1)) is not None:
        titles = _("、").join(str(kind.fields[name]) for name in told_apart)
        raise DomainError(_("已登记过（%(titles)s都相同）。有变动请修改那一条。", titles=titles), field="name")


def edit_resource(
    *,
    actor: User,
    resource: Resource,
    organisation: Organisation | None = None,
    expected_version: int | str | None = None,
    **values: Any,
) -> Resource:
    """Set columns of a resource, and who keeps it.

    Raises DomainError as `add_resource`, and EditConflictError if someone else saved it since `expected_version`.
    """
    register = resource.register
    kind = RESOURCES[register]
    check_resource(register, {**{name: getattr(resource, name) for name in kind.fields}, **values}, resource)
    if expected_version is not None:
        conflict.check_version(
            resource, expected_version, values, kind.fields, lambda name, value: shown(register, name, value)
        )
    for name, value in values.items():
        setattr(resource, name, value)
    if organisation is not None:
        resource.organisation, resource.organisation_id = organisation, organisation.id
    db.session.flush()
    return resource


def end_resource(*, actor: User, resource: Resource, on: date) -> None:
    """A term of office, an alliance or a carrier ends: `on` is its last day. Its ties stay as they are."""
    if not RESOURCES[resource.register].timed:
        raise DomainError(_("%(register)s没有任期。", register=RESOURCES[resource.register].title))
    if resource.on is not None and on < resource.on:
        raise DomainError(_("不能早于开始的日期。"), field="valid_to")
    resource.valid_to = on
    db.session.flush()


def remove_resource(*, actor: User, resource: Resource) -> None:
    """Take out a resource that no firm is or was tied to. Raises DomainError otherwise: it is ended instead."""
    if db.session.scalar(select(ResourceFirm.id).where(ResourceFirm.resource_id == resource.id).limit(1)) is not None:
        raise DomainError(_("“%(name)s”关联着企业，不能删除。可以填结束日期。", name=resource.name))
    db.session.delete(resource)
    db.session.flush()


def check_resource(register: ResourceRegister, values: Mapping[str, Any], present: Resource | None = None) -> None:
    """Raise DomainError on the field that a resource of the register cannot have so; None is unknown and allowed."""
    kind = RESOURCES[register]
    for name in values:
        if name not in kind.fields:
            raise DomainError(_("%(register)s不用“%(name)s”这一项。", register=kind.title, name=name), field=name)
    for name in sorted(kind.required):
        if values.get(name) is None or not str(values[name]).strip():
            raise DomainError(_("请填写%(title)s。", title=kind.fields[name]), field=name)
    for name, vocabulary in (("kind", f"{register}.kind"), ("level", "level")):
        if values.get(name) is not None and values[name] not in term_titles(vocabulary):
            raise DomainError(_("%(title)s不在可选范围内。", title=kind.fields[name]), field=name)
    on, valid_to = values.get("on"), values.get("valid_to")
    if on is not None and valid_to is not None and valid_to < on:
        raise DomainError(_("不能早于%(title)s。", title=kind.fields["on"]), field="valid_to")
    for name in ("amount", "capacity"):
        if values.get(name) is not None and values[name] < 0:
            raise DomainError(_("%(title)s不能是负数。", title=kind.fields[name]), field=name)


# --- ties --------------------------------------------------------------------------------------------------------


def tie(
    *,
    actor: User,
    resource: Resource,
    firm: Firm,
    role: str | None = None,
    since: date | None = None,
    until: date | None = None,
    outcome: str | None = None,
    note: str | None = None,
) -> ResourceFirm:
    """Tie a firm to a resource from a day. The caller has loaded both for the actor (`load_resource`, `load_firm_for`).

    `since` None is unknown; to an event the firm comes on its day. `until` is the first day it is tied no longer.
    Raises DomainError where the firm is tied to it at that time already, or a value cannot be.
    """
    since, until = dates_of_tie(resource, since, until)
    values = {"role": role, "since": since, "until": until, "outcome": outcome, "note": note}
    check_tie(resource, firm.id, values)
    made = ResourceFirm(resource=resource, resource_id=resource.id, firm=firm, firm_id=firm.id, **values)
    db.session.add(made)
    db.session.flush()
    return made


def edit_tie(
    *, actor: User, tied: ResourceFirm, expected_version: int | str | None = None, **values: Any
) -> ResourceFirm:
    """Set role, dates, outcome or note of a tie. Raises as `tie`, and EditConflictError."""
    check_tie(tied.resource, tied.firm_id, {**{name: getattr(tied, name) for name in _TIE_VALUES}, **values}, tied)
    if expected_version is not None:
        conflict.check_version(
            tied,
            expected_version,
            values,
            TIE_FIELDS,
            lambda name, value: shown_of_tie(tied.resource.register, name, value),
        )
    for name, value in values.items():
        setattr(tied, name, value)
    db.session.flush()
    return tied


def remove_tie(*, actor: User, tied: ResourceFirm) -> None:
    """Take out a tie that was entered by mistake. The history keeps it."""
    db.session.delete(tied)
    db.session.flush()


def tie_many(
    *,
    actor: User,
    resource: Resource,
    firms: Sequence[Firm],
    role: str | None = None,
    since: date | None = None,
    note: str | None = None,
) -> list[ResourceFirm]:
    """Tie those of the firms that are not tied to it at that time already; the new ties."""
    taken = {each.firm_id for each in _at_that_time(resource, *dates_of_tie(resource, since, None))}
    return [
        tie(actor=actor, resource=resource, firm=firm, role=role, since=since, note=note)
        for firm in firms
        if firm.id not in taken
    ]


def dates_of_tie(resource: Any, since: date | None, until: date | None) -> tuple[date | None, date | None]:
    """To what happens on a day, a firm comes on that day."""
    if not RESOURCES[resource.register].moment:
        return since, until
    since = since or resource.on
    return since, until or since


_TIE_VALUES = ("role", "since", "until", "outcome", "note")


def check_tie(resource: Resource, firm_id: int, values: Mapping[str, Any], present: ResourceFirm | None = None) -> None:
    """Raise DomainError on the field that a tie of this firm to this resource cannot have so."""
    check_tie_values(resource, values, present)
    others = [
        each for each in _at_that_time(resource, values["since"], values["until"], firm_id) if each is not present
    ]
    if others:
        raise DomainError(_("这家企业在这段时间里已经登记过了。"), field="since")


def check_tie_values(resource: Any, values: Mapping[str, Any], present: Any = None) -> None:
    """The same of the values alone, whatever other ties there are. `resource` and `present` may be rows of their tables."""
    register = resource.register
    for name in ("role", "outcome"):
        if values[name] is not None and values[name] not in term_titles(f"{register}.{name}"):
            raise DomainError(_("%(title)s不在可选范围内。", title=TIE_FIELDS[name]), field=name)
    since, until = values["since"], values["until"]
    if since is not None and until is not None and until < since:
        raise DomainError(_("结束日期不能早于开始日期。"), field="until")
    if until is not None and until > clock.today() and values["outcome"] is not None:
        raise DomainError(_("还没有结束，不能填结果；到时再填。"), field="outcome")
    ended = resource.valid_to
    if ended is not None and since is not None and since > ended and (present is None or present.since != since):
        raise DomainError(
            _("“%(name)s”到 %(on)s 为止，不能从之后开始。", name=resource.name, on=ended.isoformat()), field="since"
        )


def _at_that_time(
    resource: Resource, since: date | None, until: date | None, firm_id: int | None = None
) -> Iterable[ResourceFirm]:
    """Ties to the resource that share a day with these dates; one that begins on the day another ends does not."""
    ties = select(ResourceFirm).where(ResourceFirm.resource_id == resource.id)
    if firm_id is not None:
        ties = ties.where(ResourceFirm.firm_id == firm_id)
    return [each for each in db.session.scalars(ties) if share_a_day(each, since, until)]


def share_a_day(tied: Any, since: date | None, until: date | None) -> bool:
    """Whether a tie holds on a day that lies between these; one that begins on the day another ends does not."""
    if (tied.since, tied.until) == (since, until):
        return True
    return (since is None or tied.until is None or tied.until > since) and (
        until is None or tied.since is None or tied.since < until
    )


# --- what lists are ordered and searched by ----------------------------------------------------------------------


def search_columns(resource: Resource) -> dict[str, str]:
    """The two columns derived from the others: the order of lists, and what a search compares, one line each."""
    key = sort_key(resource.name)
    own = (
        search_text(resource.name, resource.holder),
        key,
        normal(resource.words or ""),
        normal(resource.number or ""),
    )
    return {"sort_key": key, "search_text": "\n".join(filter(None, own))}


def _derive(session: Session, _context: Any, _instances: Any) -> None:
    for record in (*session.new, *session.dirty):
        if isinstance(record, Resource) and session.is_modified(record):
            for name, value in search_columns(record).items():
                if getattr(record, name) != value:
                    setattr(record, name, value)


event.listen(Session, "before_flush", _derive)
