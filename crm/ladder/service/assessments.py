"""Keeping an assessment by hand."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.firms.models import Firm
from crm.kernel.db import db
from crm.kernel.errors import DomainError
from crm.ladder.assessments.keeping import kept_assessment
from crm.ladder.models import Assessment, Purpose, Rung
from crm.ladder.service.common import day_of, require


def keep_assessment(
    firm: Firm, rung: Rung, *, actor: User, on: date | None = None, purpose: Purpose = Purpose.NEW
) -> tuple[Assessment, bool]:
    """Keep the assessment of a day by hand. What is kept already, word for word, is not kept twice: then the second is False.

    Raises DomainError for a day to come, and where no edition is in force.
    """
    require(actor, Permission.CULTIVATE)
    kept, lack = kept_assessment(firm, rung, actor=actor, on=day_of(on), purpose=purpose)
    if kept is None:
        raise DomainError(_("不能存档：%(why)s", why=lack))
    same = db.session.scalars(
        select(Assessment)
        .where(
            Assessment.firm_id == firm.id,
            Assessment.rung == rung,
            Assessment.purpose == purpose,
            Assessment.on == kept.on,
            Assessment.edition_hash == kept.edition_hash,
        )
        .order_by(Assessment.id.desc())
    )
    for earlier in same:
        if (earlier.facts, earlier.sources, earlier.result) == (kept.facts, kept.sources, kept.result):
            return earlier, False
    db.session.add(kept)
    db.session.flush()
    return kept, True
