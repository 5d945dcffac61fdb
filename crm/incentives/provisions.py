"""What a place's own documents say of incentives: entered and changed by an administrator, with document and day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from crm.accounts.models import Organisation, User
from crm.accounts.permissions import Permission
from crm.accounts.scope import organisations_of
from crm.incentives.models import Provision
from crm.incentives.rules import TERM_TITLES, TERMS, incentives, unit_of
from crm.incentives.words import PROVISION_FIELDS
from crm.kernel import clock
from crm.kernel.db import db
from crm.kernel.errors import DomainError, NotFoundError
from crm.ladder.service.common import require
from crm.web import conflict
from crm.web.formatting import money_text
from crm.web.language import language


def provisions_of(incentive: str, user: User) -> list[Provision]:
    """The provisions of an incentive in the user's organisations and those above them, the newest first."""
    return list(
        db.session.scalars(
            select(Provision)
            .where(Provision.incentive == incentive, Provision.organisation_id.in_(_in_sight(user)))
            .options(joinedload(Provision.organisation), joinedload(Provision.entered_by))
            .order_by(Provision.since.desc(), Provision.id.desc())
        )
    )


def carried_on(user: User) -> set[str]:
    """The incentives that a document of the user's place, or of one above or below it, follows today."""
    on = clock.today()
    return set(
        db.session.scalars(
            select(Provision.incentive).where(
                Provision.organisation_id.in_(_in_sight(user)),
                Provision.since <= on,
                or_(Provision.until.is_(None), Provision.until >= on),
            )
        )
    )


def _in_sight(user: User) -> set[int]:
    paths = user.organisation.path.split("/") if user.organisation else []
    return {each.id for each in organisations_of(user)} | {int(step) for step in paths if step}


def load_provision(user: User, provision_id: int) -> Provision:
    """A provision of an organisation in the user's scope. Raises NotFoundError for any other."""
    found = db.session.get(Provision, provision_id)
    if found is None or found.organisation_id not in {each.id for each in organisations_of(user)}:
        raise NotFoundError(_("没有这条本地规定，或它不在您的管辖范围内。"))
    return found


def save_provision(
    provision: Provision | None,
    *,
    actor: User,
    incentive: str,
    organisation: Organisation,
    since: date,
    until: date | None,
    document: str,
    document_on: date,
    values: Mapping[str, Decimal | None],
    version: int | str | None = None,
) -> Provision:
    """Enter what a document of the place says, or correct it. `values`: term → 万元 or fraction; None: not named.

    What one document says ends the day before the next begins; two at once are refused.
    """
    require(actor, Permission.ADMINISTER_REFERENCE)
    rule = incentives().get(incentive)
    if rule is None:
        raise NotFoundError(_("没有这项政策。"))
    if organisation.id not in {each.id for each in organisations_of(actor)}:
        raise DomainError(_("请选择本单位或下级单位。"), field="organisation_id")
    if until is not None and until < since:
        raise DomainError(_("停止日期早于施行日期。"), field="until")
    named = {key: format(value.normalize(), "f") for key in TERMS[rule.kind] if (value := values.get(key)) is not None}
    for key, text in named.items():
        if Decimal(text) <= 0:
            raise DomainError(_("应大于 0；文件没有写明的请留空。"), field=key)
    if "amount" in named and "rate" in named:
        raise DomainError(_("定额和比例只填一个。"), field="rate")
    if "cap" in named and "rate" not in named and rule.terms.get("rate") is not None and rule.is_open:
        raise DomainError(_("有上限就要有比例。"), field="rate")
    _refuse_two_at_once(provision, organisation, incentive, since, until)
    given: dict[str, Any] = {
        "since": since,
        "until": until,
        "document": document.strip(),
        "document_on": document_on,
        "values": named,
    }
    if provision is None:
        provision = Provision(organisation=organisation, incentive=incentive, entered_by=actor, **given)
        db.session.add(provision)
    else:
        if version is not None:
            conflict.check_version(provision, version, given, PROVISION_FIELDS, _shown)
        for name, value in given.items():
            setattr(provision, name, value)
        provision.entered_by = actor
    db.session.flush()
    return provision


def remove_provision(provision: Provision, *, actor: User) -> None:
    """Take back one entered by mistake; the history keeps it, and claims keep their arithmetic."""
    require(actor, Permission.ADMINISTER_REFERENCE)
    db.session.delete(provision)
    db.session.flush()


def values_text(values: Mapping[str, str]) -> str:
    """The numbers as a person reads them: 比例 5 %，最高 50 万元."""
    here = language()
    parts = []
    for key in TERM_TITLES:  # in their order, which a database does not keep
        if key not in values:
            continue
        number = Decimal(values[key])
        shown = f"{(number * 100).normalize():f} %" if unit_of(key) == "比例" else money_text(number * 10000)
        parts.append(f"{TERM_TITLES[key][here]} {shown}")
    return _("，").join(parts)


def _shown(name: str, value: object) -> object:
    return values_text(value) if isinstance(value, dict) else conflict.plain_words(value)


def _refuse_two_at_once(
    provision: Provision | None, organisation: Organisation, incentive: str, since: date, until: date | None
) -> None:
    others = db.session.scalars(
        select(Provision).where(Provision.organisation_id == organisation.id, Provision.incentive == incentive)
    )
    for other in others:
        if other is provision:
            continue
        if since <= (other.until or date.max) and other.since <= (until or date.max):
            raise DomainError(
                _(
                    "与《%(document)s》（%(since)s 起）同时施行。请先给它填上停止日期。",
                    document=other.document,
                    since=other.since.isoformat(),
                ),
                field="since",
            )
